from odoo import api, fields, models


class KmopBureauAppointment(models.Model):
    """A contact that the government appointed to audit, for some years."""

    _name = "kmop.bureau.appointment"
    _description = "Appointment of an audit bureau"
    _inherit = ["kmop.dated.mixin"]
    _order = "date_from desc, id"
    _rec_names_search = ["partner_id"]

    partner_id = fields.Many2one(
        "res.partner",
        string="Audit bureau",
        required=True,
        index=True,
        ondelete="restrict",
    )

    @api.depends("partner_id.name")
    def _compute_display_name(self):
        for appointment in self:
            appointment.display_name = appointment.partner_id.name

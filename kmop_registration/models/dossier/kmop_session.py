from odoo import api, fields, models
from odoo.tools import format_date


class KmopSession(models.Model):
    """A day on which the training or the advice of a dossier takes place."""

    _name = "kmop.session"
    _description = "Day of the service"
    _inherit = ["kmop.guarded.mixin"]
    _order = "date, time_from, id"

    order_id = fields.Many2one(
        "sale.order", string="Dossier", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True)
    date = fields.Date(required=True, default=lambda self: self._default_date())
    time_from = fields.Float(string="Starts at", default=9.0)
    time_to = fields.Float(string="Ends at", default=17.0)
    place = fields.Char(help="Where it isn't that of the dossier.")

    _times_ordered = models.Constraint(
        "CHECK (time_from >= 0 AND time_to <= 24 AND time_from <= time_to)",
        "A day ends after it begins, and within 24 hours.",
    )

    def _default_date(self):
        return self.env.company._kmop_today()

    @api.model_create_multi
    def create(self, vals_list):
        sessions = super().create(vals_list)
        sessions.order_id._kmop_plan()
        return sessions

    def unlink(self):
        orders = self.order_id
        result = super().unlink()
        orders.exists()._kmop_plan()
        return result

    def write(self, vals):
        result = super().write(vals)
        if {"date", "order_id"} & vals.keys():
            self.order_id._kmop_plan()
        return result

    @api.depends("date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for session in self:
            day = session.date
            session.display_name = day and format_date(self.env, day)

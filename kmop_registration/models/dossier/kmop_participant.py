from odoo import api, fields, models


class KmopParticipant(models.Model):
    """Somebody who follows the training of a dossier."""

    _name = "kmop.participant"
    _description = "Participant"
    _inherit = ["kmop.guarded.mixin"]
    _order = "order_id, name, id"
    _check_company_auto = True

    order_id = fields.Many2one(
        "sale.order", string="Dossier", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Contact",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    name = fields.Char(
        compute="_compute_from_partner",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    email = fields.Char(
        compute="_compute_from_partner", store=True, readonly=False, precompute=True
    )
    lang = fields.Selection(
        selection=lambda self: self._selection_lang(),
        string="Language",
        help="Of the certificate and the questions; empty: the client's.",
    )
    enterprise_id = fields.Many2one(
        "res.partner",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="Where it isn't the enterprise of the dossier.",
    )
    attended = fields.Boolean(
        default=True, help="Untick who wasn't there: they get no certificate."
    )
    result = fields.Char(help="Printed on the certificate where there was a test.")

    def _selection_lang(self):
        return self.env["res.lang"].get_installed()

    @api.depends("partner_id")
    def _compute_from_partner(self):
        for participant in self:
            partner = participant.partner_id
            participant.name = partner.name or participant.name
            participant.email = partner.email or participant.email

    def _get_lang(self):
        """Return the language that the participant reads: else the client's."""
        self.ensure_one()
        installed = dict(self._selection_lang())
        return self.lang if self.lang in installed else self.order_id._get_lang()

    def _get_enterprise(self):
        """Return the enterprise that the participant works for."""
        self.ensure_one()
        return self.enterprise_id or self.order_id.kmop_enterprise_id

from odoo import fields, models


class KmopEvidenceSupersede(models.TransientModel):
    """Chooses the newer piece that takes the place of accepted evidence."""

    _name = "kmop.evidence.supersede"
    _description = "Supersede evidence"
    _inherit = ["kmop.target.mixin"]

    evidence_id = fields.Many2one("kmop.evidence", required=True, ondelete="cascade")
    registration_id = fields.Many2one(related="evidence_id.registration_id")
    by_id = fields.Many2one(
        "kmop.evidence",
        string="Replaced by",
        required=True,
        ondelete="cascade",
        domain="[('registration_id', '=', registration_id), ('id', '!=', evidence_id),"
        " ('state', 'not in', ('rejected', 'superseded'))]",
    )

    def action_confirm(self):
        self.ensure_one()
        self.evidence_id.supersede(self.by_id)
        return {"type": "ir.actions.act_window_close"}

from odoo import fields, models


class KmopFindingCheck(models.TransientModel):
    """Asks whether the measure helped, and how that was seen."""

    _name = "kmop.finding.check"
    _description = "Check the effect of a measure"
    _inherit = ["kmop.target.mixin"]

    finding_id = fields.Many2one(
        "kmop.finding",
        required=True,
        ondelete="cascade",
        default=lambda self: self._default_finding_id(),
    )
    measure = fields.Text(related="finding_id.measure")
    date_measured = fields.Date(related="finding_id.date_measured")
    result = fields.Selection(
        [
            ("effective", "It helped: close the finding"),
            ("ineffective", "It didn't help enough: open the finding again"),
        ],
        required=True,
    )
    note = fields.Text(string="How it was checked", required=True)

    def _default_finding_id(self):
        return self.env.context.get("active_id")

    def action_confirm(self):
        self.ensure_one()
        self.finding_id.check_effect(self.result == "effective", self.note)
        return {"type": "ir.actions.act_window_close"}

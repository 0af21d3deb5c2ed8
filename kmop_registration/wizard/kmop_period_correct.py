from odoo import api, fields, models


class KmopPeriodCorrect(models.TransientModel):
    """Replaces a granted period by a corrected one."""

    _name = "kmop.period.correct"
    _description = "Correction of a period"
    _inherit = ["kmop.target.mixin"]

    period_id = fields.Many2one(
        "kmop.registration.period", required=True, ondelete="cascade"
    )
    date_start = fields.Date(
        required=True,
        string="From",
        compute="_compute_dates",
        store=True,
        readonly=False,
    )
    date_end = fields.Date(
        required=True,
        string="Until",
        compute="_compute_dates",
        store=True,
        readonly=False,
    )
    reason = fields.Text(required=True)

    @api.depends("period_id")
    def _compute_dates(self):
        for wizard in self:
            wizard.date_start = wizard.period_id.date_start
            wizard.date_end = wizard.period_id.date_end

    def action_confirm(self):
        self.ensure_one()
        self.period_id.correct(self.date_start, self.date_end, self.reason)
        return {"type": "ir.actions.act_window_close"}

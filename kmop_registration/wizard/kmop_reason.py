from odoo import fields, models


class KmopReason(models.TransientModel):
    """Asks why, for the actions that may not happen without a reason."""

    _name = "kmop.reason"
    _description = "Reason"

    action = fields.Selection(
        [
            ("cancel_audit", "Cancel the audit"),
            ("cancel_finding", "Cancel the finding"),
            ("cancel_milestone", "Cancel the milestone"),
            ("refuse_finding", "Refuse the measure"),
            ("reject_evidence", "Reject the evidence"),
            ("withdraw_registration", "Withdraw the registration"),
        ],
        required=True,
    )
    reason = fields.Text(required=True)
    date = fields.Date(
        default=lambda self: self._default_date(),
        help="First day without registration.",
    )

    def _default_date(self):
        return fields.Date.context_today(self)

    def action_confirm(self):
        self.ensure_one()
        getattr(self, f"_{self.action}")(self.env.context.get("active_ids", []))
        return {"type": "ir.actions.act_window_close"}

    def _cancel_audit(self, ids):
        self.env["kmop.audit"].browse(ids).cancel(self.reason)

    def _cancel_finding(self, ids):
        self.env["kmop.finding"].browse(ids).cancel(self.reason)

    def _cancel_milestone(self, ids):
        self.env["kmop.milestone"].browse(ids).cancel(self.reason)

    def _refuse_finding(self, ids):
        self.env["kmop.finding"].browse(ids).refuse(self.reason)

    def _reject_evidence(self, ids):
        self.env["kmop.evidence"].browse(ids).reject(self.reason)

    def _withdraw_registration(self, ids):
        for registration in self.env["kmop.registration"].browse(ids):
            registration.withdraw(self.date, self.reason)

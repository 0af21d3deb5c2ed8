from odoo import fields, models

from ..tools import read_records


class KmopReason(models.TransientModel):
    """Asks why, for the actions that may not happen without a reason."""

    _name = "kmop.reason"
    _description = "Reason"
    _inherit = ["kmop.target.mixin"]

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
        return self.env.company._kmop_today()

    def action_confirm(self):
        self.ensure_one()
        self._get_acts()[self.action]()
        return {"type": "ir.actions.act_window_close"}

    def _get_acts(self):
        return {
            "cancel_audit": self._cancel_audit,
            "cancel_finding": self._cancel_finding,
            "cancel_milestone": self._cancel_milestone,
            "refuse_finding": self._refuse_finding,
            "reject_evidence": self._reject_evidence,
            "withdraw_registration": self._withdraw_registration,
        }

    def _get_chosen(self, model_name):
        chosen = self.env.context.get("active_ids")
        return read_records(self.env[model_name], chosen)

    def _cancel_audit(self):
        self._get_chosen("kmop.audit").cancel(self.reason)

    def _cancel_finding(self):
        self._get_chosen("kmop.finding").cancel(self.reason)

    def _cancel_milestone(self):
        self._get_chosen("kmop.milestone").cancel(self.reason)

    def _refuse_finding(self):
        self._get_chosen("kmop.finding").refuse(self.reason)

    def _reject_evidence(self):
        self._get_chosen("kmop.evidence").reject(self.reason)

    def _withdraw_registration(self):
        for registration in self._get_chosen("kmop.registration"):
            registration.withdraw(self.date, self.reason)

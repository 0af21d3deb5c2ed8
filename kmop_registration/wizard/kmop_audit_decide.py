from odoo import api, fields, models

from ..models.audit.kmop_audit import OUTCOMES


class KmopAuditDecide(models.TransientModel):
    """Records a decision, and shows the period that follows before it is granted."""

    _name = "kmop.audit.decide"
    _description = "Decision on an audit"
    _inherit = ["kmop.target.mixin"]

    audit_id = fields.Many2one("kmop.audit", required=True, ondelete="cascade")
    outcome = fields.Selection(OUTCOMES, required=True, default="positive")
    date_decided = fields.Date(
        required=True,
        string="Decided on",
        default=lambda self: self._default_date_decided(),
    )
    number = fields.Char(
        string="Registration number",
        compute="_compute_number",
        store=True,
        readonly=False,
    )
    date_registration = fields.Date(
        string="Registration date",
        compute="_compute_proposal",
        store=True,
        readonly=False,
        help="As on the attest. The rule proposes it: change it where they differ.",
    )
    date_end = fields.Date(
        string="Registered until",
        compute="_compute_date_end",
        store=True,
        readonly=False,
        help="Last day, as on the attest. The rule proposes it.",
    )
    reason = fields.Text(help="Needed where the dates differ from the rule.")

    def _default_date_decided(self):
        return self.env.company._kmop_today()

    @api.depends("audit_id")
    def _compute_number(self):
        for wizard in self:
            wizard.number = wizard.audit_id.registration_id.number

    @api.depends("audit_id", "outcome", "date_decided")
    def _compute_proposal(self):
        for wizard in self:
            wizard.date_registration = wizard._propose()[0]

    @api.depends("audit_id", "outcome", "date_decided", "date_registration")
    def _compute_date_end(self):
        for wizard in self:
            wizard.date_end = wizard._propose(wizard.date_registration)[1]

    def _propose(self, registration_date=None):
        if self.outcome == "negative" or not (self.audit_id and self.date_decided):
            return False, False
        return self.env["kmop.registration.period"]._propose_for(
            self.audit_id, self.date_decided, self.outcome, registration_date
        )

    def action_confirm(self):
        self.ensure_one()
        self.audit_id.decide(
            self.outcome,
            registration_date=self.date_registration,
            number=self.number,
            date_end=self.date_end,
            reason=self.reason,
            date_decided=self.date_decided,
        )
        return {"type": "ir.actions.act_window_close"}

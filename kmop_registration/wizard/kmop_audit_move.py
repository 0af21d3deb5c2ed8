from odoo import api, fields, models


class KmopAuditMove(models.TransientModel):
    """Asks for what the next step of an audit needs."""

    _name = "kmop.audit.move"
    _description = "Next step of an audit"
    _inherit = ["kmop.target.mixin"]

    audit_id = fields.Many2one("kmop.audit", required=True, ondelete="cascade")
    move = fields.Selection(
        [
            ("request", "Request the audit"),
            ("plan", "Plan the visit"),
            ("visit", "Record the visit"),
        ],
        required=True,
    )
    date = fields.Date(required=True, default=lambda self: self._default_date())
    bureau_id = fields.Many2one(
        "res.partner",
        string="Audit bureau",
        compute="_compute_from_audit",
        store=True,
        readonly=False,
    )
    auditor_id = fields.Many2one(
        "res.partner",
        compute="_compute_from_audit",
        store=True,
        readonly=False,
    )

    def _default_date(self):
        return self.env.company._kmop_today()

    @api.depends("audit_id")
    def _compute_from_audit(self):
        for wizard in self:
            wizard.bureau_id = wizard.audit_id.bureau_id
            wizard.auditor_id = wizard.audit_id.auditor_id

    def action_confirm(self):
        self.ensure_one()
        self._get_moves()[self.move]()
        return {"type": "ir.actions.act_window_close"}

    def _get_moves(self):
        return {
            "request": self._confirm_request,
            "plan": self._confirm_plan,
            "visit": self._confirm_visit,
        }

    def _confirm_request(self):
        self.audit_id.request(self.bureau_id, self.date)

    def _confirm_plan(self):
        self.audit_id.plan(self.date)
        self.audit_id.auditor_id = self.auditor_id

    def _confirm_visit(self):
        self.audit_id.visit(self.date)

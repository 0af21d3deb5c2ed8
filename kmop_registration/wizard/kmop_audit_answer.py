from odoo import api, fields, models
from odoo.exceptions import UserError


class KmopAuditAnswer(models.TransientModel):
    """Takes down what the bureau answered: the day, the auditor, the price."""

    _name = "kmop.audit.answer"
    _description = "Answer of an audit bureau"
    _inherit = ["kmop.target.mixin"]

    audit_id = fields.Many2one("kmop.audit", required=True, ondelete="cascade")
    bureau_id = fields.Many2one(related="audit_id.bureau_id")
    currency_id = fields.Many2one(related="audit_id.currency_id")
    date_answered = fields.Date(
        string="Answer received on",
        required=True,
        default=lambda self: self._default_date_answered(),
    )
    date_planned = fields.Date(
        string="Date of the visit",
        compute="_compute_date_planned",
        store=True,
        readonly=False,
        help="Empty: the bureau gave no date yet.",
    )
    auditor_id = fields.Many2one(
        "res.partner", compute="_compute_auditor_id", store=True, readonly=False
    )
    hours_quoted = fields.Float(
        string="Hours of the audit",
        compute="_compute_hours_quoted",
        store=True,
        readonly=False,
        help="By VLAIO's timetable, which is the same at every bureau.",
    )
    price_hourly = fields.Monetary(
        string="Price per hour",
        compute="_compute_price_hourly",
        store=True,
        readonly=False,
        help="Proposed from the settings, and uncertain: enter what the bureau asks.",
    )
    price_total = fields.Monetary(
        string="Price of the audit", compute="_compute_price_total"
    )
    answer_note = fields.Text(
        string="Remarks of the bureau",
        compute="_compute_answer_note",
        store=True,
        readonly=False,
    )

    def _default_date_answered(self):
        return self.env.company._kmop_today()

    # One by one: a method for all would take back what create() was given.

    @api.depends("audit_id")
    def _compute_date_planned(self):
        for wizard in self:
            wizard.date_planned = wizard.audit_id.date_planned

    @api.depends("audit_id")
    def _compute_auditor_id(self):
        for wizard in self:
            wizard.auditor_id = wizard.audit_id.auditor_id

    @api.depends("audit_id")
    def _compute_hours_quoted(self):
        for wizard in self:
            wizard.hours_quoted = wizard.audit_id.hours_quoted

    @api.depends("audit_id")
    def _compute_price_hourly(self):
        for wizard in self:
            audit = wizard.audit_id
            proposed = audit.company_id.kmop_audit_price
            wizard.price_hourly = audit.price_hourly or proposed

    @api.depends("audit_id")
    def _compute_answer_note(self):
        for wizard in self:
            wizard.answer_note = wizard.audit_id.answer_note

    @api.depends("hours_quoted", "price_hourly")
    def _compute_price_total(self):
        for wizard in self:
            wizard.price_total = wizard.hours_quoted * wizard.price_hourly

    def action_confirm(self):
        """Store the answer on the audit, and plan the visit where it has a date."""
        self.ensure_one()
        self._check()
        if self.date_planned and self.date_planned != self.audit_id.date_planned:
            self.audit_id.plan(self.date_planned)
        self.audit_id.write(
            {
                "date_answered": self.date_answered,
                "auditor_id": self.auditor_id.id,
                "hours_quoted": self.hours_quoted,
                "price_hourly": self.price_hourly if self.hours_quoted else 0,
                "answer_note": self.answer_note,
            }
        )
        return {"type": "ir.actions.act_window_close"}

    def _check(self):
        if self.audit_id.state not in ("requested", "planned"):
            raise UserError(
                self.env._("A bureau answers what was asked: request the audit first.")
            )
        if self.hours_quoted < 0 or self.price_hourly < 0:
            raise UserError(self.env._("Hours and price can't be negative."))
        day = self.audit_id._get_past_day(self.date_answered)
        self.audit_id._check_order(self.audit_id.date_requested, day)

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class KmopAudit(models.Model):
    """Which bureau audits, and what it answered: when, how long, at what price."""

    _inherit = "kmop.audit"

    bureau_id = fields.Many2one(
        "res.partner", string="Audit bureau", check_company=True, tracking=True
    )
    bureau_warning = fields.Char(compute="_compute_bureau_warning")
    auditor_id = fields.Many2one("res.partner", check_company=True, tracking=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_answered = fields.Date(copy=False, string="Answer received on", tracking=True)
    hours_quoted = fields.Float(
        copy=False,
        string="Hours of the audit",
        tracking=True,
        help="By VLAIO's timetable, which is the same at every bureau.",
    )
    price_hourly = fields.Monetary(
        copy=False, string="Price per hour", tracking=True, help="Without VAT."
    )
    price_total = fields.Monetary(
        compute="_compute_price_total",
        store=True,
        string="Price of the audit",
        help="Hours × price per hour, without VAT.",
    )
    answer_note = fields.Text(copy=False, string="Remarks of the bureau")
    meeting_count = fields.Integer(compute="_compute_meeting_count")

    _answer_positive = models.Constraint(
        "CHECK (hours_quoted >= 0 AND price_hourly >= 0)",
        "Hours and price can't be negative.",
    )

    @api.depends("hours_quoted", "price_hourly")
    def _compute_price_total(self):
        for audit in self:
            audit.price_total = audit.hours_quoted * audit.price_hourly

    @api.depends("bureau_id", "date_requested", "state")
    @api.depends_context("lang")
    def _compute_bureau_warning(self):
        self.bureau_warning = False
        for audit in self.filtered("is_open"):
            day = audit.date_requested or audit.company_id._kmop_today()
            audit.bureau_warning = audit.bureau_id._kmop_get_bureau_warning(day)

    def _compute_meeting_count(self):
        self.meeting_count = 0
        if "calendar.event" not in self.env:
            return
        meetings = self.env["calendar.event"]
        domain = self._get_meeting_domain()
        for audit, count in meetings._read_group(domain, ["res_id"], ["__count"]):
            self.browse(audit).meeting_count = count

    def _get_meeting_domain(self):
        return Domain("res_model", "=", self._name) & Domain("res_id", "in", self.ids)

    def _get_link(self, bureau):
        """Return the address of the page on which ``bureau`` finds the dossier.

        That is the page of one of its people who was invited, and still may look.
        """
        self.ensure_one()
        people = bureau.commercial_partner_id
        live = self.access_ids.filtered(
            lambda a: a.state == "live" and a.partner_id.commercial_partner_id == people
        )
        return live[:1]._get_url() if bureau and live else False

    def action_open_meetings(self):
        self.ensure_one()
        if "calendar.event" not in self.env:
            raise UserError(self.env._("The calendar isn't installed."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Meetings"),
            "res_model": "calendar.event",
            "view_mode": "list,form",
            "domain": list(self._get_meeting_domain()),
            "context": {"create": False},
        }

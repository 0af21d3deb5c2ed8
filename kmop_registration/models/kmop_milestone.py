import logging

from odoo import api, fields, models
from odoo.fields import Domain

_logger = logging.getLogger(__name__)

BATCH = 100


class KmopMilestone(models.Model):
    """A planned moment of a registration, and the reminder that goes with it."""

    _name = "kmop.milestone"
    _description = "Milestone"
    _inherit = ["kmop.guarded"]
    _order = "date_planned, id"
    _check_company_auto = True
    _guarded_fields = frozenset({"state", "date_sent", "error", "date_error"})

    name = fields.Char(related="rule_id.name")
    registration_id = fields.Many2one(
        "kmop.registration", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="registration_id.company_id", store=True, index=True
    )
    rule_id = fields.Many2one(
        "kmop.milestone.rule", required=True, index=True, ondelete="restrict"
    )
    user_id = fields.Many2one(related="registration_id.user_id")
    recipient_id = fields.Many2one(related="registration_id.user_id.partner_id")
    date_anchor = fields.Date(required=True, string="Deadline")
    date_planned = fields.Date(required=True, string="Remind on")
    date_sent = fields.Datetime(readonly=True, string="Sent on")
    error = fields.Text(readonly=True)
    date_error = fields.Date(readonly=True, string="Failed on")
    state = fields.Selection(
        [
            ("planned", "Planned"),
            ("sent", "Sent"),
            ("superseded", "Superseded"),
        ],
        required=True,
        default="planned",
        readonly=True,
    )
    days_left = fields.Integer(compute="_compute_days", help="Until the deadline.")
    days_late = fields.Integer(
        compute="_compute_days", help="Since the planned reminder."
    )

    _once = models.UniqueIndex(
        "(registration_id, rule_id, date_anchor)",
        "This milestone is planned already.",
    )
    _due_idx = models.Index("(date_planned) WHERE state = 'planned'")

    @api.depends("name", "date_anchor")
    def _compute_display_name(self):
        for milestone in self:
            milestone.display_name = f"{milestone.name} ({milestone.date_anchor})"

    @api.depends("date_anchor", "date_planned")
    def _compute_days(self):
        for milestone in self:
            today = milestone.company_id._kmop_today()
            milestone.days_left = (milestone.date_anchor - today).days
            milestone.days_late = max(0, (today - milestone.date_planned).days)

    # ------------------------------------------------------------------ planning

    @api.model
    def _plan(self, registrations):
        """Plan the milestones of ``registrations``; supersede those that moved."""
        # sudo: planning follows from a decision, whoever took it
        milestones = self.sudo()
        rules = milestones.env["kmop.milestone.rule"].search([("active", "=", True)])
        wanted = {
            (registration.id, rule.id, anchor)
            for registration in registrations.sudo()
            for rule in rules
            if (anchor := registration._get_anchor(rule.anchor))
        }
        existing = milestones.search([("registration_id", "in", registrations.ids)])
        keys = {
            m: (m.registration_id.id, m.rule_id.id, m.date_anchor) for m in existing
        }
        open_ones = existing.filtered(lambda m: m.state == "planned")
        open_ones.filtered(lambda m: keys[m] not in wanted).state = "superseded"
        existing.filtered(
            lambda m: keys[m] in wanted and m.state == "superseded"
        ).state = "planned"
        milestones.create(
            [milestones._prepare(*key) for key in sorted(wanted - set(keys.values()))]
        )

    @api.model
    def _prepare(self, registration_id, rule_id, anchor):
        rule = self.env["kmop.milestone.rule"].browse(rule_id)
        return {
            "registration_id": registration_id,
            "rule_id": rule_id,
            "date_anchor": anchor,
            "date_planned": rule._get_date(anchor),
        }

    # ------------------------------------------------------------------- sending

    @api.model
    def _cron_process_due(self):
        """Send what is due, batch by batch, each batch committed with its log."""
        while processed := self._process_due():
            remaining = self.search_count(self._due_domain())
            if not self.env["ir.cron"]._commit_progress(processed, remaining=remaining):
                break

    @api.model
    def _process_due(self, limit=BATCH):
        """Send one batch of due milestones, late ones included; return its size.

        A milestone is marked in the transaction that queues its mail, so it is
        neither lost nor sent twice. What fails is tried again the next day.
        """
        due = self.search(
            self._due_domain(), limit=limit, order="id"
        ).try_lock_for_update()
        for template, milestones in due.grouped(
            lambda m: m.rule_id.template_id
        ).items():
            milestones._send(template)
        return len(due)

    @api.model
    def _due_domain(self):
        """Due is what each company's own calendar says, and wasn't tried today."""
        companies = self.env["res.company"].search([("active", "=", True)])
        return Domain.OR(
            Domain("state", "=", "planned")
            & Domain("company_id", "in", in_zone.ids)
            & Domain("date_planned", "<=", today)
            & (Domain("date_error", "=", False) | Domain("date_error", "<", today))
            for today, in_zone in companies.grouped(lambda c: c._kmop_today()).items()
        )

    def _send(self, template):
        """Queue the mails in one go; where that fails, find out which one it is."""
        try:
            with self.env.cr.savepoint():
                self._queue_mails(template)
        except Exception as error:  # a template can raise anything
            if len(self) == 1:
                return self._log_failure(error)
            for milestone in self:
                milestone._send(template)

    def _queue_mails(self, template):
        without = self.filtered(lambda m: not m.recipient_id.email)
        without._log_failure(self.env._("The responsible has no e-mail address."))
        ready = self - without
        template.send_mail_batch(ready.ids)
        ready.write(
            {"state": "sent", "date_sent": fields.Datetime.now(), "error": False}
        )

    def _log_failure(self, error):
        for milestone in self:
            _logger.warning("Milestone %s isn't sent: %s", milestone.id, error)
            milestone.write(
                {"error": str(error), "date_error": milestone.company_id._kmop_today()}
            )

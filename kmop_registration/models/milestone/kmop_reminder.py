import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

_logger = logging.getLogger(__name__)

BATCH = 200
# When what failed is tried again, in hours; after the last, it is given up.
RETRIES = (1, 4, 24, 24, 24)
# How soon to see what became of what is in the mail queue.
PATIENCE = timedelta(hours=1)

STATES = [
    ("waiting", "Waiting"),
    ("queued", "In the mail queue"),
    ("sent", "Sent"),
    ("failed", "Failed"),
    ("skipped", "Not wanted"),
    ("withdrawn", "Withdrawn"),
]


class KmopReminder(models.Model):
    """The queue and the log: one line per milestone, recipient and occasion."""

    _name = "kmop.reminder"
    _description = "Reminder"
    _inherit = []
    _order = "id desc"
    _rec_name = "milestone_id"

    milestone_id = fields.Many2one(
        "kmop.milestone", required=True, index=True, ondelete="cascade", readonly=True
    )
    registration_id = fields.Many2one(related="milestone_id.registration_id")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, readonly=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Recipient",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    email = fields.Char(string="Address", readonly=True)
    kind = fields.Selection(
        [
            ("reminder", "Reminder"),
            ("escalation", "Not done"),
            ("undelivered", "Not delivered"),
        ],
        required=True,
        readonly=True,
    )
    # With the kind, the occasion: one milestone may be planned anew.
    date_anchor = fields.Date(string="Deadline", required=True, readonly=True)
    state = fields.Selection(STATES, required=True, default="waiting", readonly=True)
    mail_id = fields.Many2one(
        "mail.mail",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        groups="base.group_system",
    )
    date_queued = fields.Datetime(string="Queued on", readonly=True)
    date_sent = fields.Datetime(string="Sent on", readonly=True)
    attempts = fields.Integer(readonly=True)
    date_retry = fields.Datetime(string="Tried again on", readonly=True)
    error = fields.Text(readonly=True)

    _once = models.UniqueIndex(
        "(milestone_id, partner_id, kind, date_anchor)",
        "This person is reminded of this already.",
    )
    _waiting_idx = models.Index("(partner_id) WHERE state = 'waiting'")
    _queued_idx = models.Index("(mail_id) WHERE state = 'queued'")

    # ------------------------------------------------------------------- the queue

    @api.model
    def _queue(self, kind, recipients):
        """Queue a line for each recipient of each milestone, that isn't there yet.

        :param recipients: ``{milestone: partners}``
        """
        milestones = self.env["kmop.milestone"].union(*recipients)
        # Each comes from a record of its own: read them at once.
        self.env["res.partner"].union(*recipients.values()).fetch(["email"])
        there = self.search_fetch(
            [("milestone_id", "in", milestones.ids), ("kind", "=", kind)],
            ["milestone_id", "partner_id", "date_anchor"],
        )
        known = {(r.milestone_id, r.partner_id, r.date_anchor) for r in there}
        return self.create(
            [
                self._prepare(kind, milestone, partner)
                for milestone, partners in recipients.items()
                for partner in partners
                if (milestone, partner, milestone.date_anchor) not in known
            ]
        )

    @api.model
    def _prepare(self, kind, milestone, partner):
        return {
            "kind": kind,
            "milestone_id": milestone.id,
            "company_id": milestone.company_id.id,
            "partner_id": partner.id,
            "email": partner.email,
            "date_anchor": milestone.date_anchor,
        }

    @api.model
    def _withdraw(self, milestones):
        """Take back what is still to be sent about milestones that ended."""
        # sudo: lines are nobody's to write
        lines = self.sudo().search(
            [("milestone_id", "in", milestones.ids), ("state", "=", "waiting")]
        )
        lines.write({"state": "withdrawn", "date_retry": False})

    @api.model
    def _waiting_domain(self):
        now = fields.Datetime.now()
        return Domain("state", "=", "waiting") & (
            Domain("date_retry", "=", False) | Domain("date_retry", "<=", now)
        )

    @api.model
    def _get_next_moments(self):
        """Return when to look again: at the first retry, and at the mail queue.

        Odoo tells nobody of a mail that a server was too slow for.
        """
        domain = [("state", "=", "waiting"), ("date_retry", "!=", False)]
        ((first,),) = self._read_group(domain, [], ["date_retry:min"])
        moments = [first] if first else []
        if self.search_count([("state", "=", "queued")], limit=1):
            moments.append(fields.Datetime.now() + PATIENCE)
        return moments

    # --------------------------------------------------------------------- sending

    @api.model
    def _process_waiting(self, limit=BATCH):
        """Make the mails for one batch of people; return the number of lines.

        A line is marked in the transaction that makes its mail, which Odoo's own
        queue then sends. Several lines of one person become one mail.
        """
        lines = self._get_next(limit)._lock_by_person()
        wanted = lines - lines._skip_unwanted()
        again = wanted.filtered("mail_id")
        again._send_again()
        (wanted - again)._send_new()
        return len(lines)

    @api.model
    def _get_next(self, limit):
        """Return all waiting lines of the next ``limit`` people."""
        domain = self._waiting_domain()
        groups = self._read_group(
            domain, ["partner_id"], limit=limit, order="partner_id"
        )
        ids = [partner.id for (partner,) in groups]
        return self.search(domain & Domain("partner_id", "in", ids), order="id")

    def _lock_by_person(self):
        """Return the lines of people whose first line could be locked.

        Two runs at once would else divide the lines of one person, and send two mails.
        """
        firsts = [lines[:1].id for lines in self.grouped("partner_id").values()]
        held = self.browse(firsts).try_lock_for_update()
        people = {line.partner_id for line in held}
        mine = self.filtered(lambda r: r.partner_id in people)
        return mine.try_lock_for_update()

    def _skip_unwanted(self):
        unwanted = self.filtered(lambda r: r._is_optional() and r._is_unwanted())
        unwanted.write({"state": "skipped"})
        return unwanted

    def _is_unwanted(self):
        rule = self.milestone_id.rule_id
        return bool((rule | rule.shared_id) & self.partner_id.kmop_optout_ids)

    def _is_optional(self):
        return self.kind == "reminder" and self.milestone_id.rule_id.optional

    def _send_again(self):
        """Offer mails that failed to Odoo's queue once more."""
        # Somebody may have sent it by hand meanwhile, or cancelled it.
        self.mail_id.filtered(lambda m: m.state == "exception").mark_outgoing()
        self.write({"state": "queued", "date_retry": False})
        if self:
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    # ------------------------------------------------------------ what became of it

    @api.model
    def _process_sent(self, limit=BATCH):
        """Note what Odoo's mail queue did; return the number of lines."""
        lines = self.search(self._answered_domain(), limit=limit, order="id")
        lines = lines.try_lock_for_update()
        sent = lines.filtered(lambda r: r.mail_id.state == "sent")
        now = fields.Datetime.now()
        sent.write({"state": "sent", "date_sent": now, "error": False})
        for line in lines - sent:
            reason = line.mail_id.failure_reason
            line._log_failure(
                " ".join(reason.split())
                if reason
                else self.env._("The mail was cancelled or deleted.")
            )
        return len(lines)

    @api.model
    def _answered_domain(self):
        return Domain("state", "=", "queued") & (
            Domain("mail_id", "=", False)
            | Domain("mail_id.state", "in", ("sent", "exception", "cancel"))
        )

    def _log_failures(self, error):
        for line in self:
            line._log_failure(error)

    def _log_failure(self, error):
        """Mark the line, to be tried again later or, at last, given up."""
        _logger.warning("Reminder %s isn't sent: %s", self.id, error)
        attempts = self.attempts + 1
        hours = RETRIES[attempts - 1] if attempts <= len(RETRIES) else None
        # A mail that somebody cancelled isn't sent behind their back.
        gone = self.state == "queued" and self.mail_id.state in (False, "cancel")
        final = gone or not self.partner_id or hours is None
        later = not final and fields.Datetime.now() + timedelta(hours=hours)
        self.write(
            {
                "state": "failed" if final else "waiting",
                "attempts": attempts,
                "date_retry": later,
                "error": error,
            }
        )
        if final and self.kind == "reminder":
            self._tell_undelivered()

    def _tell_undelivered(self):
        """Have the administrators know whom a reminder didn't reach."""
        milestone = self.milestone_id
        others = self.company_id.kmop_administrator_ids.partner_id - self.partner_id
        self._queue("undelivered", {milestone: others})

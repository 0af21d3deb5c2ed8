import logging
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.mail import email_normalize

from ..tools import attempt, shift

_logger = logging.getLogger(__name__)

BATCH = 200
LAYOUT = "kmop_registration.reminder_layout"
# When what failed is tried again, in hours; after the last, it is given up.
RETRIES = (1, 4, 24, 24, 24)

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
        string="Mail",
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
    def _get_retries(self):
        """Return when the first failed line is tried again, in a list."""
        domain = [("state", "=", "waiting"), ("date_retry", "!=", False)]
        ((first,),) = self._read_group(domain, [], ["date_retry:min"])
        return [first] if first else []

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
        return self.milestone_id.rule_id in self.partner_id.kmop_optout_ids

    def _is_optional(self):
        return self.kind == "reminder" and self.milestone_id.rule_id.optional

    def _send_new(self):
        """Render the lines, template by template, and put them together by person."""
        contents = {}
        able = self - self._log_unreachable()
        for template, lines in able.grouped(lambda r: r._get_template()).items():
            attempt(
                lines,
                lambda some, template=template: contents.update(some._render(template)),
                type(self)._log_failure,
            )
        ready = able.filtered(lambda r: r.id in contents)
        bundles = {
            lines[0]: lines
            for lines in ready.grouped(lambda r: (r.company_id, r.partner_id)).values()
        }
        attempt(
            self.browse().union(*bundles),
            lambda some: some._make_mails(bundles, contents),
            lambda first, error: bundles[first]._log_failures(error),
        )

    def _make_mails(self, bundles, contents):
        """Make one mail for each of these lines and those that go with it."""
        mails = self.env["mail.mail"].create(
            [bundles[first]._prepare_mail(contents) for first in self]
        )
        for first, mail in zip(self, mails, strict=True):
            lines = bundles[first]
            lines.write({"mail_id": mail.id, "email": first.partner_id.email})
        self.union(*(bundles[first] for first in self)).write(
            {
                "state": "queued",
                "date_queued": fields.Datetime.now(),
                "date_retry": False,
                "error": False,
            }
        )
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    def _get_template(self):
        if self.kind != "reminder":
            return self.env.ref(f"kmop_registration.mail_template_{self.kind}")
        own = self.milestone_id.rule_id.template_id
        return own or self.env.ref("kmop_registration.mail_template_reminder")

    def _render(self, template):
        """Return what the mails say, by line."""
        return template._generate_template(
            self.ids, ("body_html", "email_from", "reply_to", "subject")
        )

    def _log_unreachable(self):
        """Mark and return the lines that have nobody to go to."""
        problems = {line: line._get_problem() for line in self}
        unreachable = self.filtered(problems.get)
        for line in unreachable:
            line._log_failure(problems[line])
        return unreachable

    def _get_problem(self):
        if not self.partner_id:
            return self.env._("The recipient was deleted.")
        if email_normalize(self.partner_id.email):
            return False
        return self.env._(
            "%(person)s has no valid e-mail address.", person=self.partner_id.name
        )

    def _prepare_mail(self, contents):
        """Return the values of one mail to one person, of one or more lines."""
        lines = self.with_context(lang=self[0]._get_lang())
        first = lines.sorted(lambda r: (r.milestone_id.date_anchor, r.id))[0]
        mine = [contents[line.id] for line in lines]
        vals = {**contents[first.id]}
        if len(lines) > 1:
            vals["subject"] = lines._get_common_subject()
        body = lines._encapsulate([content["body_html"] for content in mine])
        return {
            **vals,
            "body": body,
            "body_html": body,
            "model": self._name,
            "res_id": first.id,
            "recipient_ids": [fields.Command.link(self.partner_id.id)],
            "auto_delete": False,
            "headers": repr(lines._get_headers()),
        }

    def _get_common_subject(self):
        names = dict.fromkeys(line.milestone_id.name for line in self)
        return self.env._(
            "kmo-portefeuille: %(count)s reminders (%(names)s)",
            count=len(self),
            names=", ".join(names),
        )

    def _encapsulate(self, bodies):
        company = self.company_id
        return self.env["mail.render.mixin"]._render_encapsulate(
            LAYOUT,
            Markup().join(bodies),
            add_context={"company": company, "lines": self},
            context_record=self[0],
        )

    def _get_headers(self):
        """Let mail programs offer to unsubscribe, where all may be done without."""
        if not all(line._is_optional() for line in self):
            return {}
        return {
            "List-Unsubscribe": f"<{self[0]._get_preferences_url()}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }

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

    # -------------------------------------------------------------- for the templates

    def _get_lang(self):
        company = self.company_id.partner_id.lang
        return self.partner_id.lang or company or self.env.lang

    def _get_record(self):
        return self.milestone_id._get_record()

    def _get_last_day(self):
        """Return the last day on which the client can apply for the subsidy."""
        rule = self._get_record()._kmop_get_rules("application")[:1]
        return shift(self.date_anchor, rule.days, "days")

    def _get_service_name(self):
        return self._get_record()._kmop_get_service_name()

    def _get_undelivered(self):
        failed = self.milestone_id.reminder_ids
        return failed.filtered(lambda r: r.state == "failed" and r.kind == "reminder")

    def _get_url(self):
        """Return where the recipient sees what it is about, or nothing."""
        record = self._get_record()
        base = record.get_base_url()
        if any(not user.share for user in self.partner_id.user_ids):
            return f"{base}{self._get_path(record)}"
        portal = getattr(record, "get_portal_url", None)
        return f"{base}{portal()}" if portal else False

    def _get_path(self, record):
        if record._name == "kmop.registration":
            return f"/odoo/kmop/{record.id}"
        return f"/odoo/{record._name}/{record.id}"

    # -------------------------------------------------------------------- preferences

    def _get_preferences_url(self):
        partner = self.partner_id
        token = partner._kmop_get_reminder_token()
        return f"{partner.get_base_url()}/kmop/reminders/{partner.id}/{token}"

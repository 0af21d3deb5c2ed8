import logging

from odoo import api, fields, models
from odoo.fields import Command, Domain
from odoo.service.model import retrying

from ...tools import attempt, shift

_logger = logging.getLogger(__name__)

BATCH = 500
TODO = "kmop_registration.mail_activity_type_milestone"


class KmopMilestone(models.Model):
    """What happens when the day of a milestone has come."""

    _inherit = "kmop.milestone"

    @api.model
    def _cron_process_due(self):
        """Do all that is due, batch by batch, each batch committed with its log.

        What a killed run did is there, and what it didn't do is done by the next.
        """
        # sudo: whomever the scheduled action is made to run as
        milestones = self.sudo()
        reminders = milestones.env["kmop.reminder"]
        handed_out = milestones._do_all(
            milestones._process_met,
            milestones._process_due,
            milestones._process_overdue,
            reminders._process_sent,
        )
        # Where another run has due ones in hand, that one sends them with these.
        alone = not milestones.search_count(milestones._due_domain(), limit=1)
        if handed_out and alone and milestones._do_all(reminders._process_waiting):
            milestones._wake_up_next()
        self.env["ir.cron"]._commit_progress(remaining=milestones._count_remaining())

    @api.model
    def _do_all(self, *steps):
        """Repeat each step until nothing is left; tell whether there was time."""
        for step in steps:
            while done := retrying(step, self.env):
                left = self.env["ir.cron"]._commit_progress(
                    done, remaining=self._count_remaining()
                )
                if not left:
                    return False
        return True

    @api.model
    def _count_remaining(self):
        reminders = self.env["kmop.reminder"]
        return (
            self.search_count(self._due_domain())
            + self.search_count(self._overdue_domain())
            + reminders.search_count(reminders._waiting_domain())
        )

    # ------------------------------------------------------------------------- due

    @api.model
    def _process_due(self, limit=BATCH):
        """Hand out one batch of due milestones, late ones included; return its size.

        A milestone is marked in the transaction that queues its reminders, so it is
        neither lost nor sent twice. What fails is tried again the next day.
        """
        due = self.search(self._due_domain(), limit=limit, order="date_planned, id")
        due = due.try_lock_for_update()
        found = len(due)
        due._follow_records()
        due = due.filtered_domain(self._due_domain())
        due -= due._supersede_met()
        due -= due._supersede_overtaken()
        attempt(due, type(self)._hand_out, type(self)._log_failure)
        return found

    @api.model
    def _due_domain(self):
        """Due is what each company's own calendar says, and wasn't tried today."""
        return self._active_domain() & self.env["res.company"]._kmop_day_domain(
            lambda today: (
                Domain("state", "=", "planned")
                & Domain("date_planned", "<=", today)
                & self._not_tried_domain(today)
            )
        )

    @api.model
    def _not_tried_domain(self, today):
        return Domain("date_error", "=", False) | Domain("date_error", "<", today)

    @api.model
    def _active_domain(self):
        """Return the domain of milestones of companies that aren't archived."""
        return Domain("company_id.active", "=", True)

    def _follow_records(self):
        """Move what a changed date moved, should nobody have said so in time."""
        for model_name, milestones in (
            self.filtered("rule_id").grouped("res_model").items()
        ):
            ids = milestones.mapped("res_id")
            records = self.env[model_name].browse(ids).exists()
            self._forget(model_name, sorted({*ids} - {*records.ids}))
            self._plan(records)

    def _supersede_met(self):
        met = self._get_met()
        met._close("superseded", self.env._("What it asks for was there already."))
        return met

    def _supersede_overtaken(self):
        """Keep the last of several reminders of one thing, after a time of silence."""
        ruled = self.filtered("rule_id")
        found = self.search(
            self._due_domain()
            & Domain("registration_id", "in", ruled.registration_id.ids)
            & Domain("rule_id", "!=", False)
        )
        rivals = found.grouped(lambda m: m._get_subject())
        overtaken = ruled.filtered(
            lambda m: any(map(m._is_overtaken_by, rivals.get(m._get_subject(), ())))
        )
        overtaken._close("superseded", self.env._("A later reminder was due as well."))
        return overtaken

    def _get_subject(self):
        """Return the date that it reminds of."""
        return self.rule_id.anchor, self.res_model, self.res_id, self.date_anchor

    def _is_overtaken_by(self, other):
        """Tell whether ``other``, of the same date, makes this one say nothing new.

        A mail that nobody may refuse isn't replaced by one that somebody refused.
        """
        rule, later = self.rule_id, other.rule_id
        return (
            other.date_planned > self.date_planned
            and rule.role_id == later.role_id
            and rule._get_mail_roles() <= later._get_mail_roles()
            and (rule.optional or not later.optional)
            and (
                rule.offset_direction == "before"
                or (rule.purpose and rule.purpose == later.purpose)
            )
        )

    def _hand_out(self):
        """Make the to-dos and queue the mails."""
        records = self._get_records()
        recipients = {m: m._get_recipients(records[m]) for m in self}
        self._create_todos()
        reminders = self.env["kmop.reminder"]
        reminders._queue("reminder", recipients)
        now = fields.Datetime.now()
        self.write({"state": "sent", "date_sent": now, "error": False})
        for (company, days), some in self.grouped(
            lambda m: (m.company_id, m.rule_id.escalation_days)
        ).items():
            today = company._kmop_today()
            some.date_escalation = days and shift(today, days, "days")

    def _get_recipients(self, record):
        """Return whom to mail to; where nobody would know, the administrators."""
        people = (
            self.rule_id._get_recipients(record)
            if self.rule_id
            else self.user_id.partner_id
        )
        return people if people or self._has_todo() else self._get_administrators()

    def _get_administrators(self):
        people = self.company_id.kmop_administrator_ids.partner_id
        if not people:
            raise ValueError(self.env._("There is nobody to remind."))
        return people

    def _has_todo(self):
        wanted = self.rule_id.activity_type_id or not self.rule_id
        return bool(wanted and self.user_id.active)

    def _create_todos(self):
        """Give the people inside their to-do, without a mail of Odoo's own."""
        mine = self.filtered(lambda m: m._has_todo())
        mine._follow_by_doers()
        activities = self.env["mail.activity"].with_context(
            mail_activity_quick_update=True, kmop_followed=True
        )
        model_id = self.env["ir.model"]._get_id(self._name)
        default_type = self.env.ref(TODO, raise_if_not_found=False)
        todos = activities.create(
            [
                {
                    "res_model_id": model_id,
                    "res_id": milestone.id,
                    "activity_type_id": (
                        milestone.rule_id.activity_type_id or default_type
                    ).id,
                    "summary": milestone.with_context(lang=milestone.user_id.lang).name,
                    "user_id": milestone.user_id.id,
                    "date_deadline": milestone._get_todo_deadline(),
                }
                for milestone in mine
            ]
        )
        for milestone, todo in zip(mine, todos, strict=True):
            milestone.todo_id = todo

    def _follow_by_doers(self):
        """Make those who have a to-do followers, all at once."""
        followers = self.env["mail.followers"].sudo()  # sudo: as the host itself does
        there = followers.search_fetch(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)],
            ["res_id", "partner_id"],
        )
        known = {(follower.res_id, follower.partner_id) for follower in there}
        kinds, *_others = self.env["mail.message.subtype"].default_subtypes(self._name)
        followers.create(
            [
                {
                    "res_model": self._name,
                    "res_id": milestone.id,
                    "partner_id": milestone.user_id.partner_id.id,
                    "subtype_ids": [Command.set(kinds.ids)],
                }
                for milestone in self
                if (milestone.id, milestone.user_id.partner_id) not in known
            ]
        )

    def _get_todo_deadline(self):
        """Return when it must be done: before the administrators are told."""
        today = self.company_id._kmop_today()
        days = self.rule_id.escalation_days
        return shift(today, days, "days") if days else max(self.date_anchor, today)

    def _log_failure(self, error):
        _logger.warning("Milestone %s isn't handed out: %s", self.id, error)
        self.write({"error": error, "date_error": self.company_id._kmop_today()})

    # ------------------------------------------------------------------ escalation

    @api.model
    def _process_overdue(self, limit=BATCH):
        """Tell the administrators what stays undone; return how many."""
        overdue = self.search(self._overdue_domain(), limit=limit, order="id")
        overdue = overdue.try_lock_for_update()
        attempt(overdue, type(self)._escalate, type(self)._log_failure)
        return len(overdue)

    def _escalate(self):
        self.env["kmop.reminder"]._queue(
            "escalation", {m: m._get_administrators() for m in self}
        )
        now = fields.Datetime.now()
        self.write({"date_escalation": False, "date_escalated": now, "error": False})

    @api.model
    def _overdue_domain(self):
        return self._active_domain() & self.env["res.company"]._kmop_day_domain(
            lambda today: (
                Domain("state", "=", "sent")
                & Domain("date_escalation", "<=", today)
                & self._not_tried_domain(today)
            )
        )

    # --------------------------------------------------------------------- reviewing

    @api.model
    def _process_met(self, limit=BATCH):
        """End what was reminded of and is there now, its to-do too; return how many."""
        sent = self.search(
            Domain("state", "=", "sent") & Domain("rule_id.purpose", "!=", False)
        )
        met = sent._get_met()[:limit].try_lock_for_update()
        met._close("done", self.env._("What it asks for is there."))
        return len(met)

    @api.model
    def _review_about(self, records):
        # sudo: as in _plan
        milestones = self.sudo()
        about = milestones._about_domain(records._name, records.ids)
        milestones.search(self._open_domain() & about)._review()

    def _review(self):
        """End what a step just made superfluous, without waiting for its day."""
        # sudo: as in _plan
        met = self.sudo().filtered_domain(self._open_domain())._get_met()
        planned = met.filtered(lambda m: m.state == "planned")
        planned._close("superseded", self.env._("What it asks for was there already."))
        (met - planned)._close("done", self.env._("What it asks for is there."))

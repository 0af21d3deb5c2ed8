"""Sheets of a few lines each: findings, audits, periods, and all of them by day."""

from datetime import date, datetime
from typing import NamedTuple

from odoo.tools import LazyTranslate

from ..tools import iterate_chunks
from .audit_sheet import AuditSheet, Shown, mark
from .xlsx_sheet import BAD, DOUBT, GOOD

_lt = LazyTranslate(__name__)

FINDING_SIGNS = {"closed": GOOD, "cancelled": None}
OUTCOME_SIGNS = {"positive": GOOD, "conditional": DOUBT, "negative": BAD}


class FindingSheet(AuditSheet):
    name = "finding"
    label = _lt("Findings")
    help = _lt("What was found, which measure was taken, and if it helped.")
    model = reads = "kmop.finding"

    def get_state(self, finding):
        label = self.states[finding.state]
        if finding.overdue:
            return mark(BAD, self.env._("%(state)s, late", state=label))
        return mark(FINDING_SIGNS.get(finding.state, DOUBT), label)

    def get_source(self, finding):
        return finding.audit_id.display_name or finding.source_name

    def get_effect(self, finding):
        if not finding.date_checked:
            return ""
        if finding.effect_ok:
            return mark(GOOD, self.env._("Yes"))
        return mark(BAD, self.env._("No"))

    columns = (
        Shown("name", 34, _lt("What was found, in short."), label=_lt("Finding")),
        Shown(
            "state",
            16,
            _lt("How far it is; ✗ where it is late."),
            "mark",
            get=get_state,
        ),
        Shown("origin", 16, _lt("What brought it to light.")),
        Shown(
            "source_name",
            24,
            _lt("The audit or the document that it comes from."),
            get=get_source,
        ),
        Shown("severity", 16, _lt("How serious it is.")),
        Shown("requirement_id", 24, _lt("The basic requirement that it touches.")),
        Shown("indicator_id", 24, _lt("The indicator that it touches.")),
        Shown("date_found", 12, _lt("The day that it was found.")),
        Shown("date_deadline", 12, _lt("The day that it must be solved by.")),
        Shown("user_id", 18, _lt("Who sees to it.")),
        Shown("description", 40, label=_lt("What was seen")),
        Shown("cause", 32),
        Shown("measure", 40, _lt("What is done about it.")),
        Shown("date_proposed", 12, _lt("The day of the proposal.")),
        Shown("date_measured", 12, _lt("The day that the measure was taken.")),
        Shown("date_checked", 12, _lt("The day that its effect was checked.")),
        Shown("effect_ok", 12, _lt("Whether it helped."), "mark", get=get_effect),
        Shown("effect_note", 32, _lt("How that was seen.")),
    )

    def get_records(self):
        self.states = self.get_labels(self.env["kmop.finding"]._fields["state"])
        findings = self.env["kmop.finding"].search(
            [("registration_id", "=", self.pack.registration.id)],
            order="date_found, id",
        )
        for chunk in iterate_chunks(findings):
            yield from chunk


class RegistrationAuditSheet(AuditSheet):
    name = "audit"
    label = _lt("Audits")
    help = _lt("Each audit of this registration, and its outcome.")
    model = "kmop.audit"
    columns = (
        Shown("part_id", 26, _lt("Which part of the track was audited.")),
        Shown("kind", 16, _lt("The kind of audit.")),
        Shown("bureau_id", 22, _lt("Who carries out the audit.")),
        Shown("auditor_id", 20, _lt("The person who comes.")),
        Shown("date_requested", 12, _lt("The day that the bureau was asked.")),
        Shown("date_planned", 12, _lt("The day that was agreed.")),
        Shown("date_visited", 12, _lt("The day that the auditor came.")),
        Shown("date_reported", 12, _lt("The day that the report came.")),
        Shown("date_decided", 12, _lt("The day of the decision.")),
        Shown("state", 12, _lt("How far the audit is.")),
        Shown("outcome", 14, _lt("What was decided."), "mark", signs=OUTCOME_SIGNS),
        Shown(
            "cancel_reason",
            40,
            _lt("Why it was cancelled, where it was."),
            label=_lt("Remarks"),
        ),
    )

    def get_records(self):
        return self.pack.registration.audit_ids.sorted("id")


class PeriodSheet(AuditSheet):
    name = "period"
    label = _lt("Periods")
    help = _lt("The periods that were granted, and the gaps between them.")
    model = "kmop.registration.period"

    def get_remarks(self, period):
        remarks = [
            period.conditional and self.env._("Conditional"),
            period.correction_ids and self.env._("Corrected: doesn't count"),
            period.override_reason,
        ]
        return "\n".join(filter(None, remarks))

    columns = (
        Shown(
            "part_id",
            32,
            _lt("The part of the track that it was granted for."),
            label=_lt("Period"),
        ),
        Shown("date_registration", 18),
        Shown("date_start", 12),
        Shown("date_end", 12),
        Shown("gap_days", 16, kind="number"),
        Shown(
            "remarks",
            60,
            _lt("Conditions, corrections and their reasons."),
            label=_lt("Remarks"),
            get=get_remarks,
        ),
    )

    def get_records(self):
        return self.pack.registration.period_ids.sorted("date_start")


class Event(NamedTuple):
    date: date
    kind: str
    event: str
    subject: str | None = None
    sent: datetime | None = None
    responsible: str | None = None


class TimelineSheet(AuditSheet):
    """Milestones to come and all that happened, day by day."""

    name = "timeline"
    label = _lt("Milestones and history")
    help = _lt("What happened and what is planned, in order of date.")
    columns = (
        Shown(
            "date",
            12,
            _lt("The day that it happened or is planned."),
            label=_lt("Date"),
        ),
        Shown("kind", 16, _lt("Registration, audit or milestone."), label=_lt("Kind")),
        Shown("event", 60, _lt("What happened or is planned."), label=_lt("Event")),
        Shown(
            "subject",
            44,
            _lt("The part or the period that it is about."),
            label=_lt("Subject"),
        ),
        Shown(
            "sent",
            16,
            _lt("When the reminder of a milestone was sent."),
            label=_lt("Sent on"),
        ),
        Shown(
            "responsible",
            22,
            _lt("Who is reminded, or who sees to it."),
            label=_lt("Responsible"),
        ),
    )

    def get_records(self):
        registration = self.pack.registration
        events = [
            *self.get_audit_events(registration),
            *self.get_period_events(registration),
            *self.get_milestones(registration),
        ]
        if registration.date_withdrawn:
            reason = registration.withdraw_reason
            label, withdrawn = self.env._("Registration"), self.env._("Withdrawn")
            events.append(Event(registration.date_withdrawn, label, withdrawn, reason))
        return sorted((e for e in events if e.date), key=lambda event: event.date)

    def get_audit_events(self, registration):
        kind = self.env._("Audit")
        outcomes = self.get_labels(self.env["kmop.audit"]._fields["outcome"])
        for audit in registration.audit_ids:
            outcome = outcomes.get(audit.outcome, "")
            for day, event in (
                (audit.date_requested, self.env._("Requested")),
                (audit.date_planned, self.env._("Visit planned")),
                (audit.date_visited, self.env._("Visited")),
                (audit.date_reported, self.env._("Report received")),
                (audit.date_decided, self.env._("Decided: %(what)s", what=outcome)),
            ):
                # sudo: who may read the audit may know who sees to it
                who = audit.sudo().user_id.name
                yield Event(day, kind, event, audit.part_id.display_name, None, who)

    def get_period_events(self, registration):
        kind = self.env._("Registration")
        for period in registration.period_ids:
            subject = period.display_name
            yield Event(period.date_start, kind, self.env._("Period begins"), subject)
            last = period.date_last
            if last:
                yield Event(last, kind, self.env._("Last day of the period"), subject)

    def get_milestones(self, registration):
        kind = self.env._("Milestone")
        milestones = self.env["kmop.milestone"].search(
            [("registration_id", "=", registration.id)]
        )
        for milestone in milestones:
            # sudo: who may read the milestone may know whom it reminds
            who = milestone.sudo().user_id.name
            sent = milestone.date_sent
            yield Event(milestone.date_planned, kind, milestone.name, None, sent, who)

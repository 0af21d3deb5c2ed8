"""Sheets of a few lines each: findings, audits, periods, and all of them by day."""

from odoo.tools import LazyTranslate

from ..tools import iterate_chunks
from .audit_sheet import AuditSheet, FieldColumn, mark
from .xlsx_sheet import BAD, DOUBT, GOOD

_lt = LazyTranslate(__name__)

FINDING_SIGNS = {"closed": GOOD, "cancelled": None}
OUTCOME_SIGNS = {"positive": GOOD, "conditional": DOUBT, "negative": BAD}


class FindingSheet(AuditSheet):
    name = "finding"
    label = _lt("Findings")
    help = _lt("What was found, which measure was taken, and if it helped.")
    model = "kmop.finding"

    def get_state(self, finding):
        label = self.states[finding.state]
        if finding.overdue:
            return mark(BAD, self.env._("%(state)s, late", state=label))
        return mark(FINDING_SIGNS.get(finding.state, DOUBT), label)

    def get_source(self, finding):
        return finding.audit_id.display_name or finding.source_name

    def get_responsible(self, finding):
        # sudo: who may read the finding may know who sees to it
        return finding.sudo().user_id.name

    def get_effect(self, finding):
        if not finding.date_checked:
            return ""
        if finding.effect_ok:
            return mark(GOOD, self.env._("Yes"))
        return mark(BAD, self.env._("No"))

    columns = (
        FieldColumn(
            "name", 34, label=_lt("Finding"), help=_lt("What was found, in short.")
        ),
        FieldColumn(
            "state",
            16,
            "mark",
            help=_lt("How far it is; ✗ where it is late."),
            get=get_state,
        ),
        FieldColumn("origin", 16, help=_lt("What brought it to light.")),
        FieldColumn(
            "source_name",
            24,
            help=_lt("The audit or the document that it comes from."),
            get=get_source,
        ),
        FieldColumn("severity", 16, help=_lt("How serious it is.")),
        FieldColumn(
            "requirement_id", 24, help=_lt("The basic requirement that it touches.")
        ),
        FieldColumn("indicator_id", 24, help=_lt("The indicator that it touches.")),
        FieldColumn("date_found", 12, help=_lt("The day that it was found.")),
        FieldColumn(
            "date_deadline", 12, help=_lt("The day that it must be solved by.")
        ),
        FieldColumn("user_id", 18, help=_lt("Who sees to it."), get=get_responsible),
        FieldColumn("description", 40, label=_lt("What was seen")),
        FieldColumn("cause", 32),
        FieldColumn("measure", 40, help=_lt("What is done about it.")),
        FieldColumn("date_proposed", 12, help=_lt("The day of the proposal.")),
        FieldColumn(
            "date_measured", 12, help=_lt("The day that the measure was taken.")
        ),
        FieldColumn(
            "date_checked", 12, help=_lt("The day that its effect was checked.")
        ),
        FieldColumn(
            "effect_ok", 12, "mark", help=_lt("Whether it helped."), get=get_effect
        ),
        FieldColumn("effect_note", 32, help=_lt("How that was seen.")),
    )

    def is_readable(self):
        return self.env["kmop.finding"].has_access("read")

    def get_records(self):
        self.states = self.get_labels(self.env["kmop.finding"]._fields["state"])
        findings = self.env["kmop.finding"].search(
            [("registration_id", "=", self.subject.registration.id)],
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
        FieldColumn("part_id", 26, help=_lt("Which part of the track was audited.")),
        FieldColumn("kind", 16, help=_lt("The kind of audit.")),
        FieldColumn("bureau_id", 22, help=_lt("Who carries out the audit.")),
        FieldColumn("auditor_id", 20, help=_lt("The person who comes.")),
        FieldColumn(
            "date_requested", 12, help=_lt("The day that the bureau was asked.")
        ),
        FieldColumn("date_planned", 12, help=_lt("The day that was agreed.")),
        FieldColumn("date_visited", 12, help=_lt("The day that the auditor came.")),
        FieldColumn("date_reported", 12, help=_lt("The day that the report came.")),
        FieldColumn("date_decided", 12, help=_lt("The day of the decision.")),
        FieldColumn("state", 12, help=_lt("How far the audit is.")),
        FieldColumn(
            "outcome", 14, "mark", help=_lt("What was decided."), signs=OUTCOME_SIGNS
        ),
        FieldColumn(
            "cancel_reason",
            40,
            label=_lt("Remarks"),
            help=_lt("Why it was cancelled, where it was."),
        ),
    )

    def get_records(self):
        return self.subject.registration.audit_ids.sorted("id")


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
        FieldColumn(
            "part_id",
            32,
            label=_lt("Period"),
            help=_lt("The part of the track that it was granted for."),
        ),
        FieldColumn("date_registration", 18),
        FieldColumn("date_start", 12),
        FieldColumn("date_end", 12),
        FieldColumn("gap_days", 16, "number"),
        FieldColumn(
            "remarks",
            60,
            label=_lt("Remarks"),
            help=_lt("Conditions, corrections and their reasons."),
            get=get_remarks,
        ),
    )

    def get_records(self):
        return self.subject.registration.period_ids.sorted("date_start")


class TimelineSheet(AuditSheet):
    """Milestones to come and all that happened, day by day."""

    name = "timeline"
    label = _lt("Milestones and history")
    help = _lt("What happened and what is planned, in order of date.")
    columns = (
        FieldColumn(
            "date",
            12,
            label=_lt("Date"),
            help=_lt("The day that it happened or is planned."),
        ),
        FieldColumn(
            "kind", 16, label=_lt("Kind"), help=_lt("Registration, audit or milestone.")
        ),
        FieldColumn(
            "event", 60, label=_lt("Event"), help=_lt("What happened or is planned.")
        ),
        FieldColumn(
            "subject",
            44,
            label=_lt("Subject"),
            help=_lt("The part or the period that it is about."),
        ),
        FieldColumn(
            "date_sent",
            16,
            label=_lt("Sent on"),
            help=_lt("When the reminder of a milestone was sent."),
        ),
        FieldColumn(
            "user_id",
            22,
            label=_lt("Responsible"),
            help=_lt("Who is reminded, or who sees to it."),
        ),
    )

    def get_rows(self):
        registration = self.subject.registration
        events = [
            *self.get_audit_events(registration),
            *self.get_period_events(registration),
            *self.get_milestones(registration),
        ]
        if registration.date_withdrawn:
            reason = registration.withdraw_reason
            label, withdrawn = self.env._("Registration"), self.env._("Withdrawn")
            events.append((registration.date_withdrawn, label, withdrawn, reason))
        return sorted((e for e in events if e[0]), key=lambda event: event[0])

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
                yield day, kind, event, audit.part_id.display_name, None, who

    def get_period_events(self, registration):
        kind = self.env._("Registration")
        for period in registration.period_ids:
            subject = period.display_name
            yield period.date_start, kind, self.env._("Period begins"), subject
            last = period.date_last
            if last:
                yield last, kind, self.env._("Last day of the period"), subject

    def get_milestones(self, registration):
        kind = self.env._("Milestone")
        milestones = self.env["kmop.milestone"].search(
            [("registration_id", "=", registration.id)]
        )
        for milestone in milestones:
            # sudo: who may read the milestone may know whom it reminds
            who = milestone.sudo().user_id.name
            sent = milestone.date_sent
            yield milestone.date_planned, kind, milestone.name, None, sent, who

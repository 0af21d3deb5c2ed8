from odoo import models

from .xlsx_sheet import Column


class KmopXlsxTimeline(models.AbstractModel):
    """Milestones to come and all that happened, day by day."""

    _name = "kmop.xlsx.timeline"
    _inherit = "kmop.xlsx.sheet"
    _description = "Milestones and history in the audit workbook"

    def _get_name(self):
        return self.env._("Milestones and history")

    def _get_help(self):
        return self.env._("What happened and what is planned, in order of date.")

    def _get_columns(self):
        return [
            Column(
                self.env._("Date"),
                12,
                self.env._("The day that it happened or is planned."),
            ),
            Column(
                self.env._("Kind"), 16, self.env._("Registration, audit or milestone.")
            ),
            Column(self.env._("Event"), 60, self.env._("What happened or is planned.")),
            Column(
                self.env._("Subject"),
                44,
                self.env._("The part or the period that it is about."),
            ),
            Column(
                self.env._("Sent on"),
                16,
                self.env._("When the reminder of a milestone was sent."),
            ),
            Column(
                self.env._("Responsible"),
                22,
                self.env._("Who is reminded, or who sees to it."),
            ),
        ]

    def _get_rows(self, book):
        registration = book.registration
        events = [
            *self._get_audit_events(registration),
            *self._get_period_events(registration),
            *self._get_milestones(registration),
        ]
        if registration.date_withdrawn:
            reason = registration.withdraw_reason
            label, withdrawn = self.env._("Registration"), self.env._("Withdrawn")
            events.append((registration.date_withdrawn, label, withdrawn, reason))
        return sorted((e for e in events if e[0]), key=lambda event: event[0])

    def _get_audit_events(self, registration):
        kind = self.env._("Audit")
        for audit in registration.audit_ids:
            outcome = self._get_label(audit, "outcome")
            for name, event in (
                ("date_requested", self.env._("Requested")),
                ("date_planned", self.env._("Visit planned")),
                ("date_visited", self.env._("Visited")),
                ("date_reported", self.env._("Report received")),
                ("date_decided", self.env._("Decided: %(what)s", what=outcome)),
            ):
                # sudo: who may read the audit may know who sees to it
                who = audit.sudo().user_id.name
                yield audit[name], kind, event, audit.part_id.display_name, None, who

    def _get_period_events(self, registration):
        kind = self.env._("Registration")
        for period in registration.period_ids:
            subject = period.display_name
            yield period.date_start, kind, self.env._("Period begins"), subject
            last = period.date_last
            if last:
                yield last, kind, self.env._("Last day of the period"), subject

    def _get_milestones(self, registration):
        kind = self.env._("Milestone")
        milestones = self.env["kmop.milestone"].search(
            [("registration_id", "=", registration.id)]
        )
        for milestone in milestones:
            # sudo: who may read the milestone may know whom it reminds
            who = milestone.sudo().user_id.name
            sent = milestone.date_sent
            yield milestone.date_planned, kind, milestone.name, None, sent, who

from odoo import models

from .xlsx_sheet import Column

LEVELS = {"closed": "good", "cancelled": None}


class KmopXlsxFinding(models.AbstractModel):
    _name = "kmop.xlsx.finding"
    _inherit = "kmop.xlsx.sheet"
    _description = "Findings in the audit workbook"

    def _get_name(self):
        return self.env._("Findings")

    def _get_help(self):
        return self.env._("What was found, which measure was taken, and if it helped.")

    def _is_readable(self):
        return self.env["kmop.finding"].has_access("read")

    def _get_columns(self):
        return [
            Column(self.env._("Finding"), 34, self.env._("What was found, in short.")),
            Column(
                self.env._("State"),
                16,
                self.env._("How far it is; ✗ where it is late."),
                "mark",
            ),
            Column(self.env._("Origin"), 16, self.env._("What brought it to light.")),
            Column(
                self.env._("Source"),
                24,
                self.env._("The audit or the document that it comes from."),
            ),
            Column(self.env._("Severity"), 16, self.env._("How serious it is.")),
            Column(
                self.env._("Requirement"),
                24,
                self.env._("The basic requirement that it touches."),
            ),
            Column(
                self.env._("Indicator"),
                24,
                self.env._("The indicator that it touches."),
            ),
            Column(
                self.env._("Found on"), 12, self.env._("The day that it was found.")
            ),
            Column(
                self.env._("Deadline"),
                12,
                self.env._("The day that it must be solved by."),
            ),
            Column(self.env._("Responsible"), 18, self.env._("Who sees to it.")),
            Column(self.env._("What was seen"), 40, self.env._("The finding in full.")),
            Column(self.env._("Cause"), 32, self.env._("Why it could happen.")),
            Column(
                self.env._("Corrective measure"),
                40,
                self.env._("What is done about it."),
            ),
            Column(
                self.env._("Proposed on"), 12, self.env._("The day of the proposal.")
            ),
            Column(
                self.env._("Carried out on"),
                12,
                self.env._("The day that the measure was taken."),
            ),
            Column(
                self.env._("Checked on"),
                12,
                self.env._("The day that its effect was checked."),
            ),
            Column(
                self.env._("Effective"), 12, self.env._("Whether it helped."), "mark"
            ),
            Column(self.env._("Effect check"), 32, self.env._("How that was seen.")),
        ]

    def _get_rows(self, book):
        findings = self.env["kmop.finding"].search(
            [("registration_id", "=", book.registration.id)], order="date_found, id"
        )
        for chunk in self._iterate(findings):
            yield from map(self._get_row, chunk)

    def _get_row(self, finding):
        return (
            finding.name,
            self._get_state(finding),
            self._get_label(finding, "origin"),
            finding.audit_id.display_name or finding.source_name,
            self._get_label(finding, "severity"),
            finding.requirement_id.display_name,
            finding.indicator_id.display_name,
            finding.date_found,
            finding.date_deadline,
            # sudo: who may read the finding may know who sees to it
            finding.sudo().user_id.name,
            finding.description,
            finding.cause,
            finding.measure,
            finding.date_proposed,
            finding.date_measured,
            finding.date_checked,
            self._get_effect(finding),
            finding.effect_note,
        )

    def _get_state(self, finding):
        label = self._get_label(finding, "state")
        if finding.overdue:
            return self._mark("bad", self.env._("%(state)s, late", state=label))
        return self._mark(LEVELS.get(finding.state, "doubt"), label)

    def _get_effect(self, finding):
        if not finding.date_checked:
            return ""
        if finding.effect_ok:
            return self._mark("good", self.env._("Yes"))
        return self._mark("bad", self.env._("No"))

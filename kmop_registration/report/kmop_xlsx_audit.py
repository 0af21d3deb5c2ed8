from odoo import models

from .xlsx_sheet import Column

LEVELS = {"positive": "good", "conditional": "doubt", "negative": "bad"}


class KmopXlsxAudit(models.AbstractModel):
    _name = "kmop.xlsx.audit"
    _inherit = "kmop.xlsx.sheet"
    _description = "Audits in the audit workbook"

    def _get_name(self):
        return self.env._("Audits")

    def _get_help(self):
        return self.env._("Each audit of this registration, and its outcome.")

    def _get_columns(self):
        return [
            Column(
                self.env._("Part"),
                26,
                self.env._("Which part of the track was audited."),
            ),
            Column(self.env._("Kind"), 16, self.env._("The kind of audit.")),
            Column(
                self.env._("Audit bureau"), 22, self.env._("Who carries out the audit.")
            ),
            Column(self.env._("Auditor"), 20, self.env._("The person who comes.")),
            Column(
                self.env._("Requested on"),
                12,
                self.env._("The day that the bureau was asked."),
            ),
            Column(
                self.env._("Planned visit"), 12, self.env._("The day that was agreed.")
            ),
            Column(
                self.env._("Visited on"),
                12,
                self.env._("The day that the auditor came."),
            ),
            Column(
                self.env._("Report received on"),
                12,
                self.env._("The day that the report came."),
            ),
            Column(
                self.env._("Decided on"), 12, self.env._("The day of the decision.")
            ),
            Column(self.env._("State"), 12, self.env._("How far the audit is.")),
            Column(self.env._("Outcome"), 14, self.env._("What was decided."), "mark"),
            Column(
                self.env._("Remarks"),
                40,
                self.env._("Why it was cancelled, where it was."),
            ),
        ]

    def _get_rows(self, book):
        return map(self._get_row, book.registration.audit_ids.sorted("id"))

    def _get_row(self, audit):
        outcome = self._get_label(audit, "outcome")
        return (
            audit.part_id.display_name,
            self._get_label(audit, "kind"),
            audit.bureau_id.display_name,
            audit.auditor_id.display_name,
            audit.date_requested,
            audit.date_planned,
            audit.date_visited,
            audit.date_reported,
            audit.date_decided,
            self._get_label(audit, "state"),
            self._mark(LEVELS.get(audit.outcome), outcome),
            audit.cancel_reason,
        )

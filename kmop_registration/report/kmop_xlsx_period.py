from odoo import models

from .xlsx_sheet import Column


class KmopXlsxPeriod(models.AbstractModel):
    _name = "kmop.xlsx.period"
    _inherit = "kmop.xlsx.sheet"
    _description = "Periods in the audit workbook"

    def _get_name(self):
        return self.env._("Periods")

    def _get_help(self):
        return self.env._("The periods that were granted, and the gaps between them.")

    def _get_columns(self):
        return [
            Column(
                self.env._("Period"),
                32,
                self.env._("The part of the track that it was granted for."),
            ),
            Column(
                self.env._("Registration date"),
                18,
                self.env._("The date on VLAIO's attest."),
            ),
            Column(self.env._("From"), 12, self.env._("First day.")),
            Column(self.env._("Until"), 12, self.env._("Last day, included.")),
            Column(
                self.env._("Gap before (days)"),
                16,
                self.env._("Days without registration before this period."),
                "number",
            ),
            Column(
                self.env._("Remarks"),
                60,
                self.env._("Conditions, corrections and their reasons."),
            ),
        ]

    def _get_rows(self, book):
        return map(self._get_row, book.registration.period_ids.sorted("date_start"))

    def _get_row(self, period):
        remarks = [
            period.conditional and self.env._("Conditional"),
            period.correction_ids and self.env._("Corrected: doesn't count"),
            period.override_reason,
        ]
        return (
            period.part_id.display_name,
            period.date_registration,
            period.date_start,
            period.date_end,
            period.gap_days,
            "\n".join(filter(None, remarks)),
        )

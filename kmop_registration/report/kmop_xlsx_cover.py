from odoo import api, models
from odoo.tools import format_date

from .xlsx_sheet import Column, Sheet

# Of the cells that were cut, how many are named.
NAMED = 10


class KmopXlsxCover(models.AbstractModel):
    """The first sheet: whose dossier it is, what is in it, and what was found."""

    _name = "kmop.xlsx.cover"
    _inherit = "kmop.xlsx.sheet"
    _description = "Cover of the audit workbook"

    def _get_name(self):
        return self.env._("Cover")

    def _get_columns(self):
        return [Column("", 34), Column("", 90)]

    @api.model
    def _open(self, book):
        """Take the first place; what it says is known when the others are written."""
        return Sheet(book, self._get_name(), self._get_columns())

    @api.model
    def _fill(self, cover, book, sheets):
        """Write the cover, with the ``sheets`` that came after it."""
        bold = book.get_format(bold=True, font_size=12)
        cover.add_title(self._get_title(book))
        for label, value in self._get_facts(book):
            cover.add_row((label, value))
        for title, lines in self._get_blocks(book, sheets):
            cover.row += 1
            cover.add_line(title, bold)
            for line in lines:
                cover.add_row(line)

    def _get_title(self, book):
        return book.registration.display_name

    def _get_blocks(self, book, sheets):
        contents = [(sheet._get_name(), sheet._get_help()) for sheet in sheets]
        notes = [("", note) for note in [*book.notes, *self._get_cut_notes(book)]]
        nothing = [("", self.env._("Nothing out of the ordinary."))]
        return [
            (self.env._("In this workbook"), contents),
            (self.env._("What this export found"), notes or nothing),
        ]

    def _get_facts(self, book):
        registration = book.registration
        today = registration.company_id._kmop_today()
        return [
            (self.env._("Provider"), registration.partner_id.display_name),
            (self.env._("Company number"), registration.partner_id.vat),
            (self.env._("Service"), self._get_label(registration, "service")),
            (self.env._("Registration number"), registration.number),
            (self.env._("Track"), registration.track_id.name),
            (self.env._("Step"), self._get_label(registration, "step")),
            (
                self.env._("Validity on %(date)s", date=format_date(self.env, today)),
                self._get_label(registration, "validity"),
            ),
            (self.env._("Registered from"), registration.date_start),
            (self.env._("Registered until"), registration.date_end),
            *self._get_audit_facts(book.audit),
            (self.env._("Date of this export"), today),
            (self.env._("Made by"), self._get_maker(book)),
        ]

    def _get_maker(self, _book):
        return self.env.user.name

    def _get_audit_facts(self, audit):
        if not audit:
            return [(self.env._("Audit"), self.env._("None yet"))]
        day = audit.date_visited or audit.date_planned
        return [
            (self.env._("Audit"), audit.part_id.display_name),
            (self.env._("State of the audit"), self._get_label(audit, "state")),
            (self.env._("Audit bureau"), audit.bureau_id.display_name),
            (self.env._("Auditor"), audit.auditor_id.display_name),
            (self.env._("Day of the visit"), day),
            (self.env._("Outcome"), self._get_label(audit, "outcome")),
        ]

    def _get_cut_notes(self, book):
        if not book.cut:
            return []
        places = [
            f"{name}!{chr(65 + column % 26)}{row + 1}"
            for name, row, column in book.cut[:NAMED]
        ]
        return [
            self.env._(
                "%(count)s texts were longer than a cell holds, and end in […]:"
                " %(places)s",
                count=len(book.cut),
                places=", ".join(places) + ("…" if len(book.cut) > NAMED else ""),
            )
        ]

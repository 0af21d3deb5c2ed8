from odoo import api, models
from odoo.fields import Domain

from .xlsx_sheet import Book

SHEETS = (
    "kmop.xlsx.requirement",
    "kmop.xlsx.evidence",
    "kmop.xlsx.file",
    "kmop.project.xlsx",
    "kmop.xlsx.satisfaction",
    "kmop.xlsx.finding",
    "kmop.xlsx.audit",
    "kmop.xlsx.period",
    "kmop.xlsx.timeline",
    "kmop.xlsx.legend",
)


class KmopAuditXlsx(models.AbstractModel):
    """The workbook that an auditor receives, with the access rights of who asks."""

    _name = "kmop.audit.xlsx"
    _description = "Audit workbook"

    @api.model
    def _get_sheets(self):
        """Return the models of the sheets after the cover, in their order."""
        return [self.env[name] for name in SHEETS]

    @api.model
    def _write(self, record, file, pack=None):
        """Write the workbook of one registration to the open binary ``file``.

        :param pack: the archive that it goes in, whose files it then leads to
        """
        with Book(file) as book:
            self._prepare(book, record)
            book.pack = pack
            book.sheets = self._get_readable(book)
            cover = self._get_cover()
            first = cover._open(book)
            for sheet in book.sheets:
                sheet._add(book)
            cover._fill(first, book, book.sheets)

    def _prepare(self, book, registration):
        """Say what the workbook is about."""
        book.registration = registration
        book.audit = self._get_audit(registration)
        book.evidences = Domain("registration_id", "=", registration.id)

    def _get_cover(self):
        return self.env["kmop.xlsx.cover"]

    def _get_readable(self, book):
        readable = []
        for sheet in self._get_sheets():
            if sheet._is_readable():
                readable.append(sheet)
            elif note := sheet._get_missing_note():
                book.notes.append(note)
        return readable

    @api.model
    def _get_audit(self, registration):
        """Return the audit to come, or else the latest that wasn't cancelled."""
        held = registration.audit_ids.filtered(lambda a: a.state != "cancelled")
        return registration.open_audit_id or held.sorted("id")[-1:]

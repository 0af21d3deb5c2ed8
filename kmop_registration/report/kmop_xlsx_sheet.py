from odoo import api, models
from odoo.tools import split_every

from .xlsx_sheet import BAD, DOUBT, GOOD, Sheet

# Rows read at a time: few queries, and no more than these in memory.
CHUNK = 1000


class KmopXlsxSheet(models.AbstractModel):
    """One sheet of the audit workbook: extend its columns and rows by ``_inherit``."""

    _name = "kmop.xlsx.sheet"
    _description = "Sheet of the audit workbook"

    @api.model
    def _get_name(self):
        """Return the name on the tab."""
        raise NotImplementedError

    @api.model
    def _get_help(self):
        """Return what the sheet is for, in one sentence."""
        raise NotImplementedError

    @api.model
    def _get_columns(self):
        """Return the columns, each with what it explains of itself."""
        raise NotImplementedError

    @api.model
    def _get_rows(self, book):
        """Yield the lines of the table; ``book`` says of which registration."""
        raise NotImplementedError

    @api.model
    def _is_readable(self):
        """Tell whether the user may have the sheet at all."""
        return True

    @api.model
    def _get_missing_note(self):
        """Return what the cover says where the sheet isn't there, if anything."""
        return None

    @api.model
    def _add(self, book):
        sheet = Sheet(book, self._get_name(), self._get_columns())
        sheet.add_table(self._get_rows(book))
        return sheet

    # ---------------------------------------------------------- for all the sheets

    @api.model
    def _iterate(self, records, names=()):
        """Yield ``records`` in chunks, each read at once, and forgotten afterwards."""
        for ids in split_every(CHUNK, records.ids):
            chunk = records.browse(ids)
            if names:
                chunk.fetch(names)
            yield chunk
            self.env.invalidate_all()

    @api.model
    def _get_labels(self, record, field):
        """Return the labels of a selection field, in the reader's language."""
        return dict(record._fields[field]._description_selection(self.env))

    @api.model
    def _get_label(self, record, field):
        return self._get_labels(record, field).get(record[field], "")

    @api.model
    def _mark(self, level, text):
        """Return ``text`` with a sign that also tells it without colours."""
        sign = {"good": GOOD, "doubt": DOUBT, "bad": BAD}.get(level)
        return f"{sign} {text}" if sign and text else text

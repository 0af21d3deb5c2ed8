"""Rows of a worksheet that are written at once, in the bytes that xlsxwriter writes.

Cell by cell, xlsxwriter takes most of the time of a long export; and text that looks
like its own markup, as ``<r>…</r>``, would go in as markup.
"""

import re
from datetime import datetime, timedelta

from xlsxwriter.worksheet import Worksheet

# What Excel would read as one character.
ESCAPED = re.compile("_x[0-9a-fA-F]{4}_")
DAY = timedelta(days=1)
# Excel's first day: it counts a 29 February 1900 that never was.
EPOCH = datetime(1899, 12, 30)
DAY_ZERO = EPOCH.toordinal()


class RowSheet(Worksheet):
    """A worksheet of a workbook in constant memory, that takes whole rows."""

    def write_cells(self, row, cells, columns, height=None):
        """Write a row of ``cells`` that are XML; nothing else may be in it.

        :param columns: the numbers of the first and the last column in the row
        """
        # Comes first: what was said of the rows before.
        self._write_single_row(row)
        # A reader may trust the range of the sheet, and skip what lies outside it.
        for column in columns:
            self._check_dimensions(row, column)
        size = f' ht="{height}" customHeight="1"' if height else ""
        self.fh.write(f'<row r="{row + 1}"{size}>{cells}</row>')


def get_text_cell(place, style, text):
    """Return a cell that is text, whatever it looks like; ``text`` is clean."""
    return f'<c r="{place}" s="{style}" t="inlineStr">{get_text(text)}</c>'


def get_text(text):
    """Return what is in such a cell: the same for all cells of that text."""
    if "_x" in text:
        text = ESCAPED.sub(r"_x005F\g<0>", text)
    if "\r" in text:
        text = text.replace("\r", "_x000D_")
    space = "" if text == text.strip() else ' xml:space="preserve"'
    return f"<is><t{space}>{escape(text)}</t></is>"


def get_blank_cell(place, style):
    return f'<c r="{place}" s="{style}"/>'


def get_number_cell(place, style, number):
    return f'<c r="{place}" s="{style}"><v>{number:.16G}</v></c>'


def get_date_cell(place, style, day):
    return f'<c r="{place}" s="{style}"><v>{day.toordinal() - DAY_ZERO}</v></c>'


def get_moment_cell(place, style, moment):
    return get_number_cell(place, style, (moment - EPOCH) / DAY)


def get_link_cell(place, style, url, text):
    """Return a link as a formula: a sheet holds 65,530 of the other kind only."""
    address, shown = (part.replace('"', '""') for part in (url, text))
    formula = escape(f'HYPERLINK("{address}","{shown}")')
    return (
        f'<c r="{place}" s="{style}" t="str"><f>{formula}</f><v>{escape(text)}</v></c>'
    )


def escape(text):
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    return text

"""How rows get into a worksheet; the only file that knows xlsxwriter's private parts.

Cell by cell, xlsxwriter takes most of the time of a long export. Where its private
parts are as expected, whole rows are written at once, in the bytes that it would write
itself; only formats that a sheet first uses in its last row get other numbers. With any
other version each cell goes through its public methods.
"""

import logging
import re
from datetime import datetime
from functools import lru_cache
from io import BytesIO

from xlsxwriter import Workbook
from xlsxwriter import __version__ as xlsxwriter_version
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

_logger = logging.getLogger(__name__)

# Text from outside stays text: no formula, no link, whatever it begins with.
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
# What Excel would read as one character.
ESCAPED = re.compile("_x[0-9a-fA-F]{4}_")
# Texts up to this length are kept for the next cell that is the same.
KNOWN = 200

get_letters = lru_cache(maxsize=None)(xl_col_to_name)


class PlainSheet(Worksheet):
    """A worksheet that is written from left to right, row by row."""

    def put_text(self, row, column, text, style):
        if text.startswith("<r>") and text.endswith("</r>"):
            # xlsxwriter would take it for markup of its own, and not escape it.
            text += " "
        self.write_string(row, column, text, style)

    def put_number(self, row, column, number, style):
        self.write_number(row, column, number, style)

    def put_blank(self, row, column, style):
        self.write_blank(row, column, None, style)

    def put_link(self, row, column, url, text, style):
        self.write_formula(row, column, f"={get_formula(url, text)}", style, text)

    def end_row(self, row, height=None):
        if height:
            self.set_row(row, height)


class FastSheet(Worksheet):
    """The same, by the row: nothing else than these methods may write cells in it."""

    def __init__(self):
        super().__init__()
        self.cells = []
        self.first = self.last = 0

    def put_text(self, row, column, text, style):
        found = get_known_text(text) if len(text) <= KNOWN else get_text(text)
        self._put(row, column, style, f' t="inlineStr">{found}</c>')

    def put_number(self, row, column, number, style):
        self._put(row, column, style, f"><v>{number:.16G}</v></c>")

    def put_blank(self, row, column, style):
        self._put(row, column, style, "/>")

    def put_link(self, row, column, url, text, style):
        formula, shown = escape(get_formula(url, text)), escape(text)
        content = f' t="str"><f>{formula}</f><v>{shown}</v></c>'
        self._put(row, column, style, content)

    def _put(self, row, column, style, content):
        if not self.cells:
            self.first = column
        self.last = column
        place, number = f"{get_letters(column)}{row + 1}", style._get_xf_index()
        self.cells.append(f'<c r="{place}" s="{number}"{content}')

    def end_row(self, row, height=None):
        if not self.cells:
            return
        # Ends the row before; the title above a table is one of those.
        self._write_single_row(row)
        # A reader may trust the range of the sheet, and skip what lies outside it.
        self._check_dimensions(row, self.first)
        self._check_dimensions(row, self.last)
        size = f' ht="{height}" customHeight="1"' if height else ""
        self.fh.write(f'<row r="{row + 1}"{size}>{"".join(self.cells)}</row>')
        self.cells.clear()


def get_formula(url, text):
    """Return a link as a formula: a sheet holds 65,530 of the other kind only."""
    address, shown = (part.replace('"', '""') for part in (url, text))
    return f'HYPERLINK("{address}","{shown}")'


def get_text(text):
    """Return what is in the cell of a text that has no control characters."""
    if "_x" in text:
        text = ESCAPED.sub(r"_x005F\g<0>", text)
    if "\r" in text:
        text = text.replace("\r", "_x000D_")
    space = "" if text == text.strip() else ' xml:space="preserve"'
    return f"<is><t{space}>{escape(text)}</t></is>"


get_known_text = lru_cache(maxsize=4096)(get_text)


def escape(text):
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    return text


# ----------------------------------------------------------------- which of the two


def write_sample(kind):
    """Return a workbook with a cell of each sort, on a sheet of this kind."""
    file = BytesIO()
    workbook = Workbook(file, OPTIONS)
    workbook.set_properties({"created": datetime(2026, 1, 1)})
    style = workbook.add_format({"bold": True})
    sheet = workbook.add_worksheet("1", kind)
    sheet.put_text(0, 1, ' <a> & "b"\r_x0041_ ', style)
    sheet.put_number(0, 2, 1 / 3, style)
    sheet.end_row(0)
    sheet.put_link(2, 0, "https://example.com?a&b", 'a "b"', style)
    sheet.put_blank(2, 5, style)
    sheet.end_row(2, 30)
    workbook.close()
    return file.getvalue()


def choose_sheet():
    """Return the fast kind of sheet where this xlsxwriter writes the same file."""
    reason = "the file is another one"
    try:
        if write_sample(FastSheet) == write_sample(PlainSheet):
            return FastSheet
    except Exception as error:  # whatever is missing or other than expected
        reason = error
    _logger.warning(
        "Workbooks are written cell by cell, which takes longer: xlsxwriter %s isn't as"
        " expected (%s).",
        xlsxwriter_version,
        reason,
    )
    return PlainSheet


SHEET = choose_sheet()

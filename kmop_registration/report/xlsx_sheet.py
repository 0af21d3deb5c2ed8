"""Writing a worksheet row by row, with each cell's type said and never guessed."""

import re
from datetime import date
from math import ceil

from xlsxwriter import Workbook

MIMETYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CELL_LIMIT = 32_767
LINE_HEIGHT, MAX_HEIGHT = 14, 392
# Of a fact: what it is about flows over the columns before it.
FACT_COLUMN = 3
# Text from outside stays text: no formula, no link, whatever it begins with.
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
CUT = " […]"
# Excel's calendar has no earlier days, and a 29 February 1900 that never was.
FIRST_DAY = date(1900, 3, 1)


def open_workbook(file):
    """Return a workbook that streams to ``file`` in constant memory."""
    return Workbook(file, OPTIONS)


def clean(text):
    """Return ``text`` without control characters, cut visibly at a cell's limit."""
    text = CONTROL.sub("", str(text))
    units = text.encode("utf-16-le")  # what Excel counts: two bytes each
    if len(units) <= 2 * CELL_LIMIT:
        return text
    return units[: 2 * (CELL_LIMIT - len(CUT))].decode("utf-16-le", "ignore") + CUT


class Sheet:
    """A worksheet that is filled from top to bottom."""

    def __init__(self, workbook, name, widths):
        self.sheet = workbook.add_worksheet(name)
        self.header = workbook.add_format(
            {
                "bold": True,
                "bg_color": "#DDE7EE",
                "border": 1,
                "text_wrap": True,
                "valign": "top",
            }
        )
        self.text = workbook.add_format({"text_wrap": True, "valign": "top"})
        self.date = workbook.add_format(
            {"num_format": "yyyy-mm-dd", "align": "left", "valign": "top"}
        )
        self.title = workbook.add_format({"bold": True, "font_size": 14})
        self.plain = workbook.add_format({"align": "left"})
        self.plain_date = workbook.add_format(
            {"num_format": "yyyy-mm-dd", "align": "left"}
        )
        self.workbook = workbook
        self.numbers = {}
        self.row = 0
        # Letters vary in width: count with fewer than fit.
        self.widths = [width * 0.85 for width in widths]
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width)
        self._set_up_print()

    def _set_up_print(self):
        self.sheet.set_paper(9)
        self.sheet.set_landscape()
        self.sheet.fit_to_pages(1, 0)
        self.sheet.set_footer("&L&A&R&P / &N")

    def add_title(self, text):
        self.sheet.write_string(self.row, 0, clean(text), self.title)
        self.row += 2

    def add_fact(self, label, value):
        """Write a line above a table, free of the widths of the table's columns."""
        self._write(0, label, self.plain)
        is_date = isinstance(value, date)
        self._write(FACT_COLUMN, value, self.plain_date if is_date else self.plain)
        self.row += 1

    def set_number_formats(self, formats):
        """Say how the numbers of a column show: ``{column: format}``."""
        style = {"align": "right", "indent": 1, "valign": "top"}
        self.numbers = {
            column: self.workbook.add_format({**style, "num_format": code})
            for column, code in formats.items()
        }

    def add_table(self, labels, rows):
        """Write a header that stays in view, then ``rows``, with a filter on them."""
        top = self.row
        self.add_row(labels, self.header)
        self.sheet.freeze_panes(self.row, 0)
        self.sheet.repeat_rows(top)
        for row in rows:
            self.add_row(row)
        self.sheet.autofilter(top, 0, max(top, self.row - 1), len(labels) - 1)

    def add_row(self, values, cell_format=None):
        self.sheet.set_row(self.row, self._get_height(values))
        for column, value in enumerate(values):
            self._write(column, value, cell_format)
        self.row += 1

    def _get_height(self, values):
        """Return the height (points) in which all wrapped text shows.

        Said per row: not every program that opens the file works it out itself.
        """
        lines = max(
            (
                self._count_lines(v, w)
                for v, w in zip(values, self.widths, strict=False)
            ),
            default=1,
        )
        return min(lines * LINE_HEIGHT, MAX_HEIGHT)

    def _count_lines(self, value, width):
        if not isinstance(value, str) or len(value) > CELL_LIMIT:
            return 1
        return sum(max(1, ceil(len(line) / width)) for line in value.split("\n"))

    def _write(self, column, value, cell_format):
        if isinstance(value, date) and value < FIRST_DAY:
            value = value.isoformat()
        if isinstance(value, date):
            self.sheet.write_datetime(self.row, column, value, cell_format or self.date)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            number = cell_format or self.numbers.get(column, self.text)
            self.sheet.write_number(self.row, column, value, number)
        elif value:
            self.sheet.write_string(
                self.row, column, clean(value), cell_format or self.text
            )
        else:
            self.sheet.write_blank(self.row, column, None, cell_format)

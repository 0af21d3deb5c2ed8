"""Writing a workbook row by row, with each cell's type said and never guessed."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil, isfinite
from typing import NamedTuple

from xlsxwriter import Workbook

from .xlsx_engine import OPTIONS, SHEET

CELL_LIMIT = 32_767
# Fits in a cell, whatever its characters take.
SHORT = CELL_LIMIT // 2
ROW_LIMIT = 1_048_576
NAME_LIMIT = 31
# What a formula takes as text, and so a link as its address.
LINK_LIMIT = 255
LINE_HEIGHT, MAX_HEIGHT = 15, 390
# What an A4 on its side holds in letters that can be read.
PAGE_WIDTH = 210
# Of a fact: what it is about flows over the columns before it.
FACT_COLUMN = 3
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
CUT = " […]"
# Excel's calendar has no earlier days, and a 29 February 1900 that never was.
FIRST_DAY = date(1900, 3, 1)
EPOCH = datetime(1899, 12, 30)
DAY = timedelta(days=1)

# How a number shows, by the kind of its column.
NUMBER_FORMATS = {
    "amount": "#,##0.00",
    "hours": "0.00",
    "percentage": "0%",
    "number": "#,##0",
    "score": "0.0",
}
# A sign in front says on paper what a colour says on the screen.
GOOD, DOUBT, BAD = "✓", "!", "✗"
MARKS = {
    GOOD: {"bg_color": "#E2F0D9", "font_color": "#1E4620"},
    DOUBT: {"bg_color": "#FFF2CC", "font_color": "#5C4400", "italic": True},
    BAD: {"bg_color": "#F8D7DA", "font_color": "#6B0F1A", "bold": True},
}
LINE = {"bottom": 1, "bottom_color": "#C8C8C8"}


@dataclass(frozen=True)
class Column:
    """A column of a sheet: its header, its width, and what it holds."""

    label: str
    width: float
    help: str = ""
    kind: str = "text"


class Link(NamedTuple):
    """A cell that leads to a page or a file; both texts are the program's own."""

    url: str
    text: str


def clean(text):
    """Return ``text`` without control characters, cut visibly at a cell's limit."""
    text = str(text)
    if len(text) <= SHORT and text.isprintable():
        return text
    text = CONTROL.sub("", text)
    units = text.encode("utf-16-le")  # what Excel counts: two bytes each
    if len(units) <= 2 * CELL_LIMIT:
        return text
    return units[: 2 * (CELL_LIMIT - len(CUT))].decode("utf-16-le", "ignore") + CUT


def is_empty(value):
    return not value and type(value) not in (int, float)


def clean_name(text, taken=()):
    """Return ``text`` as the name of a sheet, unlike those that are ``taken``."""
    # Excel keeps the name History to itself.
    name = re.sub(r"[\[\]:*?/\\\x00-\x1f]", "_", text).strip("' ") or "_"
    name = f"{name}_" if name.lower() == "history" else name
    used = {other.lower() for other in taken}
    number, unique = 1, cut_name(name)
    while unique.lower() in used:
        number += 1
        unique = cut_name(name, f" ({number})")
    return unique


def cut_name(name, ending=""):
    room = 2 * (NAME_LIMIT - len(ending))
    return name.encode("utf-16-le")[:room].decode("utf-16-le", "ignore") + ending


class Book:
    """A workbook on its way to a file, with its formats."""

    def __init__(self, file):
        self.workbook = Workbook(file, OPTIONS)
        self.workbook.use_zip64()
        self.formats = {}
        # Cells of which the text had to be cut: their sheet, row and column.
        self.cut = []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.workbook.close()

    def get_format(self, **properties):
        key = tuple(sorted(properties.items()))
        if key not in self.formats:
            self.formats[key] = self.workbook.add_format(properties)
        return self.formats[key]

    def add_worksheet(self, name):
        names = [sheet.name for sheet in self.workbook.worksheets()]
        return self.workbook.add_worksheet(clean_name(name, names), SHEET)


class Sheet:
    """A worksheet that is filled from top to bottom."""

    def __init__(self, book, name, columns):
        self.book = book
        self.name = name
        self.columns = columns
        get = book.get_format
        self.text = get(text_wrap=True, valign="top")
        self.header = get(
            bold=True, bg_color="#DDE7EE", border=1, text_wrap=True, valign="top"
        )
        self.title = get(bold=True, font_size=14)
        self.plain = get(align="left")
        self.plain_date = get(align="left", num_format="yyyy-mm-dd")
        self.link = get(valign="top", font_color="#1155CC", underline=1, text_wrap=True)
        self.date = get(num_format="yyyy-mm-dd", align="left", valign="top")
        self.moment = get(num_format="yyyy-mm-dd hh:mm", align="left", valign="top")
        self.numbers = [self._get_number_format(column) for column in columns]
        # Letters vary in width, and words aren't broken: count with fewer than fit.
        self.widths = [column.width * 0.95 for column in columns]
        self._open()

    def _get_number_format(self, column):
        code = NUMBER_FORMATS.get(column.kind)
        if not code:
            return self.text
        return self.book.get_format(
            num_format=code, align="right", indent=1, valign="top"
        )

    def _open(self):
        """Begin a worksheet: the first, or one for rows beyond what it holds."""
        self.sheet = self.book.add_worksheet(self.name)
        self.row = 0
        for number, column in enumerate(self.columns):
            self.sheet.set_column(number, number, column.width)
        self.sheet.set_paper(9)
        self.sheet.set_landscape()
        self._fit_pages()
        self.sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        self.sheet.set_footer("&L&A&R&P / &N")

    def _fit_pages(self):
        """Fit a page in width, or as many as it takes to be read."""
        pages = ceil(sum(column.width for column in self.columns) / PAGE_WIDTH)
        self.sheet.fit_to_pages(pages, 0)
        if pages > 1:
            self.sheet.repeat_columns(0, 1)

    # ------------------------------------------------------------ above the table

    def add_title(self, text):
        self._write([(0, text, self.title)])
        self.row += 1

    def add_fact(self, label, value, column=FACT_COLUMN):
        """Write a line above a table, free of the widths of the table's columns."""
        style = self.plain_date if isinstance(value, date) else self.plain
        self._write([(0, label, self.plain), (column, value, style)])

    def add_line(self, text, style=None):
        self._write([(0, text, style or self.plain)])

    def add_header(self, labels):
        """Write the labels of the columns; those of a table stay in view."""
        cells = [(number, label, self.header) for number, label in enumerate(labels)]
        self._write(cells, self._count_lines(labels))

    def _write(self, cells, lines=1):
        """Write a row of cells: each with its column, its value and its format."""
        for column, value, style in cells:
            self._put(column, value, style)
        self._end_row(lines)

    # ------------------------------------------------------------------ the table

    def add_table(self, rows):
        """Write a header that stays in view, then ``rows``, with a filter on them.

        Rows beyond what a sheet holds go on in a next one, under the same header.
        """
        self._open_table()
        for row in rows:
            if self.row >= ROW_LIMIT:
                self._close_table()
                self._open()
                self._open_table()
            self.add_row(row)
        self._close_table()

    def _open_table(self):
        self.top = self.row
        self.add_header([column.label for column in self.columns])
        self.sheet.freeze_panes(self.row, 0)
        self.sheet.repeat_rows(self.top)

    def _close_table(self):
        last, right = max(self.top, self.row - 1), len(self.columns) - 1
        self.sheet.autofilter(self.top, 0, last, right)
        for number, column in enumerate(self.columns):
            if column.kind == "mark":
                self._add_marks(number, last)
        self._add_lines(last, right)

    def _add_marks(self, number, last):
        for mark, properties in MARKS.items():
            rule = {
                "type": "text",
                "criteria": "begins with",
                "value": mark,
                "format": self.book.get_format(**properties, **LINE),
            }
            self.sheet.conditional_format(self.top + 1, number, last, number, rule)

    def _add_lines(self, last, right):
        """Draw a line under each row, for the eye to follow it where it's empty."""
        line = self.book.get_format(**LINE)
        rule = {"type": "formula", "criteria": "=TRUE", "format": line}
        first = self.top + 1
        self.sheet.conditional_format(first, 0, max(first, last), right, rule)

    def add_row(self, values):
        """Write one line of the table; what is empty stays so.

        The height is said per row: not every program that opens the file works it
        out itself.
        """
        lines, widths = 1, self.widths
        for column, value in enumerate(values):
            if type(value) is str and (len(value) > widths[column] or "\n" in value):
                lines = max(lines, self._count_text_lines(value, column))
            if value or not is_empty(value):
                self._put(column, value)
        self._end_row(lines)

    def _end_row(self, lines):
        height = min(lines * LINE_HEIGHT, MAX_HEIGHT) if lines > 1 else None
        self.sheet.end_row(self.row, height)
        self.row += 1

    def _count_lines(self, values):
        return max(
            self._count_text_lines(value, column) for column, value in enumerate(values)
        )

    def _count_text_lines(self, value, column):
        if len(value) > CELL_LIMIT:
            return 1
        width = self.widths[column]
        return sum(1 + int(len(line) / width) for line in value.split("\n"))

    # ------------------------------------------------------------------ the cells

    def _put(self, column, value, style=None):
        """Write a cell of its own kind: from text, no number or formula is made."""
        kind = type(value)
        if kind is str:
            self._put_text(column, value, style)
        elif kind is int or (kind is float and isfinite(value)):
            style = style or self.numbers[column]
            self.sheet.put_number(self.row, column, value, style)
        elif isinstance(value, date):
            self._put_date(column, value, style)
        elif isinstance(value, Link) and max(map(len, value)) <= LINK_LIMIT:
            self.sheet.put_link(self.row, column, *value, self.link)
        elif is_empty(value):
            self.sheet.put_blank(self.row, column, style or self.text)
        else:
            shown = value.text if isinstance(value, Link) else str(value)
            self._put_text(column, shown, style)

    def _put_text(self, column, value, style):
        text = self._clean(column, value)
        self.sheet.put_text(self.row, column, text, style or self.text)

    def _put_date(self, column, value, style):
        if isinstance(value, datetime):
            number, style = (value - EPOCH) / DAY, style or self.moment
        elif value < FIRST_DAY:
            return self._put_text(column, value.isoformat(), style)
        else:
            number, style = value.toordinal() - EPOCH.toordinal(), style or self.date
        self.sheet.put_number(self.row, column, number, style)

    def _clean(self, column, value):
        if value.isprintable() and len(value) <= SHORT:
            return value
        text = clean(value)
        if text.endswith(CUT) and text != value:
            self.book.cut.append((self.sheet.name, self.row, column))
        return text

"""Writing a workbook row by row, with each cell's type said and never guessed."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from math import ceil, isfinite
from typing import NamedTuple

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name

from .xlsx_rows import (
    RowSheet,
    get_blank_cell,
    get_date_cell,
    get_link_cell,
    get_moment_cell,
    get_number_cell,
    get_text,
    get_text_cell,
)

MIMETYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CELL_LIMIT = 32_767
# Texts up to this length are kept for the next cell that is the same.
KNOWN = 200
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


@lru_cache(maxsize=4096)
def get_known_text(text):
    """Return the inside of a cell of a text, of which many cells are the same."""
    return get_text(clean(text))


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
    """A workbook on its way to a file: its formats, and what was found."""

    def __init__(self, file):
        self.workbook = Workbook(file, OPTIONS)
        self.workbook.use_zip64()
        self.formats = {}
        # What the reader has to know, such as text that had to be cut.
        self.notes = []
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

    def get_style(self, **properties):
        """Return the number by which cells name a format."""
        return self.get_format(**properties)._get_xf_index()

    def add_worksheet(self, name):
        names = [sheet.name for sheet in self.workbook.worksheets()]
        return self.workbook.add_worksheet(clean_name(name, names), RowSheet)


class Sheet:
    """A worksheet that is filled from top to bottom."""

    def __init__(self, book, name, columns):
        self.book = book
        self.name = name
        self.columns = columns
        get = book.get_style
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
        self.numbers = [self._get_number_style(column) for column in columns]
        self.letters = [xl_col_to_name(number) for number in range(len(columns))]
        # Letters vary in width, and words aren't broken: count with fewer than fit.
        self.widths = [column.width * 0.95 for column in columns]
        self._open()

    def _get_number_style(self, column):
        code = NUMBER_FORMATS.get(column.kind)
        if not code:
            return self.text
        return self.book.get_style(
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
        """Write a row of cells: each with its column, its value and its style."""
        found = [self._get_cell(column, value, style) for column, value, style in cells]
        self._write_cells(found, lines, (cells[0][0], cells[-1][0]))

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
        cells, lines, widths, columns = [], 1, self.widths, []
        for column, value in enumerate(values):
            if type(value) is str and (len(value) > widths[column] or "\n" in value):
                lines = max(lines, self._count_text_lines(value, column))
            if value or not is_empty(value):
                cells.append(self._get_cell(column, value))
                columns.append(column)
        self._write_cells(cells, lines, columns)

    def _write_cells(self, cells, lines, columns):
        if cells:
            height = min(lines * LINE_HEIGHT, MAX_HEIGHT) if lines > 1 else None
            ends = columns[0], columns[-1]
            self.sheet.write_cells(self.row, "".join(cells), ends, height)
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

    def _get_cell(self, column, value, style=None):
        """Return a cell of its own kind: from text, no number or formula is made."""
        place = f"{self.letters[column]}{self.row + 1}"
        kind = type(value)
        if kind is str:
            if len(value) <= KNOWN:
                known, style = get_known_text(value), style or self.text
                return f'<c r="{place}" s="{style}" t="inlineStr">{known}</c>'
            return get_text_cell(place, style or self.text, self._clean(column, value))
        if kind is int or (kind is float and isfinite(value)):
            return get_number_cell(place, style or self.numbers[column], value)
        if isinstance(value, date):
            return self._get_date_cell(place, value, style)
        if isinstance(value, Link) and max(map(len, value)) <= LINK_LIMIT:
            return get_link_cell(place, self.link, *value)
        if is_empty(value):
            return get_blank_cell(place, style or self.text)
        shown = value.text if isinstance(value, Link) else str(value)
        return get_text_cell(place, style or self.text, self._clean(column, shown))

    def _get_date_cell(self, place, value, style):
        if isinstance(value, datetime):
            return get_moment_cell(place, style or self.moment, value)
        if value < FIRST_DAY:
            return get_text_cell(place, style or self.text, value.isoformat())
        return get_date_cell(place, style or self.date, value)

    def _clean(self, column, value):
        if value.isprintable() and len(value) <= SHORT:
            return value
        text = clean(value)
        if text.endswith(CUT) and text != value:
            self.book.cut.append((self.sheet.name, self.row, column))
        return text

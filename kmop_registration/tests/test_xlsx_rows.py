import io
import math
from datetime import date, datetime
from decimal import Decimal
from unittest.mock import patch
from zipfile import ZipFile

from openpyxl import load_workbook

from odoo.tests import TransactionCase, tagged

from ..report import xlsx_engine, xlsx_sheet
from ..report.xlsx_engine import FastSheet, PlainSheet, choose_sheet
from ..report.xlsx_sheet import Book, Column, Link, Sheet, clean
from .test_export_xlsx import HOSTILE

COLUMNS = (
    Column("Text", 30),
    Column("Amount", 12, kind="amount"),
    Column("Day", 12),
    Column("Moment", 16),
    Column("Link", 20),
    Column("", 8),
)
RICH = [
    "<r><t>vet</t></r>",
    "<r>&</r>",
    '<r></r></is></c><c r="B2"><f>1+1</f></c><c><is><r></r>',
]
MOMENT = datetime(2026, 5, 4, 10, 30, 15)
NUMBERS = (0, -1, 1150.5, 0.1, 1 / 3, 12_345_678.9, 1e15, 1e-7)
TEXTS = [*HOSTILE, " spaties ", "\n", "a\tb\n", "_x000D_", "x_x00e9_y", "a\rb"]
ROWS = [
    *((text, 1.5, date(2026, 5, 4), MOMENT, None, text) for text in TEXTS),
    *(("", number, date(1900, 3, 1)) for number in NUMBERS),
    (None, None, None, None, None, None),
    ("", None, None, None, Link("https://x/?a=1&b=<2>", 'Zie "dit"'), None),
    ("kort", 1, None, None, Link("https://x", "Open"), True),
]


def write(rows, kind=FastSheet, columns=COLUMNS):
    """Return a workbook with a title, facts and a table, on sheets of this kind."""
    file = io.BytesIO()
    with patch.object(xlsx_sheet, "SHEET", kind), Book(file) as book:
        book.workbook.set_properties({"created": datetime(2026, 1, 1)})
        sheet = Sheet(book, "Rows", columns)
        sheet.add_title("Titel & <ondertitel>")
        sheet.add_fact("Dag", date(2026, 5, 4))
        sheet.add_fact("Leeg", None)
        sheet.row += 1
        sheet.add_table(rows)
    return file


def unpack(file):
    """Return the parts of a workbook by name; its sheets are split in rows."""
    archive = ZipFile(file)
    return {name: archive.read(name).split(b"<row") for name in archive.namelist()}


def read_column(file, letter):
    """Return what is in the table, as others read it."""
    return [cell.value for cell in load_workbook(file)["Rows"][letter][6:]]


@tagged("post_install", "-at_install")
class TestEngine(TransactionCase):
    """The rows are written past xlsxwriter's own way of doing so."""

    def test_the_very_file_of_xlsxwriter(self):
        """Each part of it, of the same cells by its public methods alone."""
        self.assertIs(xlsx_engine.SHEET, FastSheet)
        ours, theirs = (unpack(write(ROWS, kind)) for kind in (FastSheet, PlainSheet))
        self.assertGreater(len(ours["xl/worksheets/sheet1.xml"]), 40)
        self.assertEqual(list(ours), list(theirs))
        for name, part in ours.items():
            with self.subTest(part=name):
                self.assertEqual(part, theirs[name])

    def test_a_reader_that_trusts_the_range_of_a_sheet(self):
        """Such as openpyxl in its mode for large files: it gets all columns."""
        file = write([("a", 1.5, date(2026, 5, 4), None, None, "f"), ("b",)])
        xml = ZipFile(file).read("xl/worksheets/sheet1.xml")
        self.assertIn(b'<dimension ref="A1:F8"/>', xml)
        rows = list(load_workbook(file, read_only=True)["Rows"].values)
        self.assertEqual({len(row) for row in rows}, {len(COLUMNS)})
        self.assertEqual(rows[6][::5], ("a", "f"))

    def test_an_xlsxwriter_that_is_other_inside(self):
        """Its public methods do, whatever became of the rest."""
        for name, changed in (
            ("_write_single_row", None),
            ("_check_dimensions", lambda *args: 0),
        ):
            with (
                self.subTest(name=name),
                patch.object(FastSheet, name, changed),
                self.assertLogs(xlsx_engine.__name__, "WARNING"),
            ):
                self.assertIs(choose_sheet(), PlainSheet)

    def test_text_that_looks_like_rich_text(self):
        """Which xlsxwriter would take for its own markup, and let through."""
        for kind in (FastSheet, PlainSheet):
            file = write([(text, 1.0) for text in RICH], kind)
            found = [text.removesuffix(" ") for text in read_column(file, "A")]
            self.assertEqual(found, RICH)
            self.assertEqual(read_column(file, "B"), [1] * len(RICH))

    def test_what_is_no_number(self):
        """Said as text: as a number it would make the file unreadable."""
        values = [math.nan, math.inf, Decimal("1.5"), True, False, 0]
        found = read_column(write([("", value) for value in values]), "B")
        self.assertEqual(found, ["nan", "inf", "1.5", "True", None, 0])

    def test_cells_are_read_back(self):
        found = read_column(write([(text,) for text in HOSTILE]), "A")
        plain = [t.replace("_x000D_", "\r").replace("_x005F_", "_") for t in found]
        self.assertEqual(plain, [clean(text) for text in HOSTILE])

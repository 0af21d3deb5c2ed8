import io
import math
from datetime import date, datetime
from decimal import Decimal
from zipfile import ZipFile

from openpyxl import load_workbook
from xlsxwriter import Workbook

from odoo.tests import TransactionCase, tagged

from ..report.xlsx_sheet import OPTIONS, Book, Column, Link, Sheet, clean
from .test_export_xlsx import HOSTILE
from .xlsx_calls import get_args, iterate_calls, make_formats

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


@tagged("post_install", "-at_install")
class TestRows(TransactionCase):
    """The rows are written past xlsxwriter's own way of doing so."""

    def _write(self, rows, columns=COLUMNS):
        file = io.BytesIO()
        with Book(file) as book:
            sheet = Sheet(book, "Rows", columns)
            sheet.add_title("Titel & <ondertitel>")
            sheet.add_fact("Dag", date(2026, 5, 4))
            sheet.add_fact("Leeg", None)
            sheet.row += 1
            sheet.add_table(rows)
        return file

    def _write_by_xlsxwriter(self, file):
        """Write the cells in ``file`` again, one by one."""
        again = io.BytesIO()
        with Workbook(again, OPTIONS) as workbook:
            sheet = workbook.add_worksheet()
            formats = make_formats(workbook, 20)
            for _sheet, method, args in iterate_calls(file):
                getattr(sheet, method)(*get_args(formats, args))
        return again

    def _get_rows(self, file):
        xml = ZipFile(file).read("xl/worksheets/sheet1.xml")
        return xml[xml.index(b"<sheetData>") : xml.index(b"</sheetData>")]

    def _read_column(self, file, letter):
        """Return what is in the table, as others read it."""
        return [cell.value for cell in load_workbook(file)["Rows"][letter][6:]]

    def test_the_very_bytes_of_xlsxwriter(self):
        moment = datetime(2026, 5, 4, 10, 30, 15)
        numbers = (0, -1, 1150.5, 0.1, 1 / 3, 12_345_678.9, 1e15, 1e-7)
        texts = [*HOSTILE, " spaties ", "\n", "a\tb\n", "_x000D_", "x_x00e9_y", "a\rb"]
        file = self._write(
            [
                *((text, 1.5, date(2026, 5, 4), moment, None, text) for text in texts),
                *(("", number, date(1900, 3, 1)) for number in numbers),
                ("", None, None, None, Link("https://x/?a=1&b=<2>", 'Zie "dit"'), None),
                ("kort", 1, None, None, Link("https://x", "Open"), True),
            ]
        )
        again = self._write_by_xlsxwriter(file)
        ours, theirs = (self._get_rows(each) for each in (file, again))
        self.assertGreater(ours.count(b"<c "), 100)
        self.assertEqual(ours.split(b"<row"), theirs.split(b"<row"))

    def test_a_reader_that_trusts_the_range_of_a_sheet(self):
        """Such as openpyxl in its mode for large files: it gets all columns."""
        file = self._write([("a", 1.5, date(2026, 5, 4), None, None, "f"), ("b",)])
        xml = ZipFile(file).read("xl/worksheets/sheet1.xml")
        self.assertIn(b'<dimension ref="A1:F8"/>', xml)
        rows = list(load_workbook(file, read_only=True)["Rows"].values)
        self.assertEqual({len(row) for row in rows}, {len(COLUMNS)})
        self.assertEqual(rows[6][::5], ("a", "f"))

    def test_text_that_looks_like_rich_text(self):
        """Which xlsxwriter would take for its own markup, and let through."""
        file = self._write([(text, 1.0) for text in RICH])
        self.assertEqual(self._read_column(file, "A"), RICH)
        self.assertEqual(self._read_column(file, "B"), [1] * len(RICH))
        broken = self._get_rows(self._write_by_xlsxwriter(self._write([(RICH[2],)])))
        self.assertIn(b"<f>1+1</f>", broken)

    def test_what_is_no_number(self):
        """Said as text: as a number it would make the file unreadable."""
        values = [math.nan, math.inf, Decimal("1.5"), True, False, 0]
        file = self._write([("", value) for value in values])
        found = [
            c.value for [c] in load_workbook(file)["Rows"].iter_rows(7, None, 2, 2)
        ]
        self.assertEqual(found, ["nan", "inf", "1.5", "True", None, 0])

    def test_cells_are_read_back(self):
        file = self._write([(text,) for text in HOSTILE])
        found = [
            c.value for [c] in load_workbook(file)["Rows"].iter_rows(7, None, 1, 1)
        ]
        plain = [t.replace("_x000D_", "\r").replace("_x005F_", "_") for t in found]
        self.assertEqual(plain, [clean(text) for text in HOSTILE])

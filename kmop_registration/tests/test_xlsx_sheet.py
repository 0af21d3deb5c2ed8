import io
from datetime import date, datetime
from unittest.mock import patch

from openpyxl import load_workbook

from odoo.tests import TransactionCase, tagged

from ..report import xlsx_sheet
from ..report.xlsx_sheet import Book, Column, Link, Sheet, clean_name
from .test_export_xlsx import XlsxCommon

COLUMNS = (Column("Name", 20), Column("State", 12, kind="mark"))


@tagged("post_install", "-at_install")
class TestSheet(TransactionCase):
    def _write(self, rows, columns=COLUMNS):
        file = io.BytesIO()
        with Book(file) as book:
            sheet = Sheet(book, "Rows", columns)
            sheet.add_table(rows)
        return load_workbook(file), book

    def test_more_rows_than_a_sheet_holds(self):
        """They go on in a next sheet, under the same header; none is lost."""
        rows = [(f"r{number}", "") for number in range(7)]
        with patch.object(xlsx_sheet, "ROW_LIMIT", 4):
            workbook, _book = self._write(rows)
        self.assertEqual(workbook.sheetnames, ["Rows", "Rows (2)", "Rows (3)"])
        found = []
        for sheet in workbook:
            values = [row[0] for row in sheet.iter_rows(values_only=True)]
            self.assertEqual(values[0], "Name")
            self.assertEqual(sheet.freeze_panes, "A2")
            self.assertEqual(sheet.auto_filter.ref, f"A1:B{len(values)}")
            found += values[1:]
        self.assertEqual(found, [row[0] for row in rows])

    def test_names_of_sheets(self):
        for text, name in (
            (r"a[b]c:d*e?f/g\h", "a_b_c_d_e_f_g_h"),
            ("'x'", "x"),
            ("", "_"),
            ("History", "History_"),
            ("x" * 40, "x" * 31),
            ("🎓" * 20, "🎓" * 15),
        ):
            with self.subTest(text=text):
                self.assertEqual(clean_name(text), name)
        self.assertEqual(clean_name("rows", ["Rows", "rows (2)"]), "rows (3)")
        self.assertEqual(clean_name("x" * 40, ["x" * 31]), "x" * 27 + " (2)")

    def test_marks(self):
        """Colours for the screen; a sign in front, and a line, for paper."""
        workbook, _book = self._write([("a", "✓ Good"), ("b", "✗ Bad")])
        marks, lines = workbook["Rows"].conditional_formatting
        self.assertEqual(str(marks.sqref), "B2:B3")
        self.assertEqual(len(marks.rules), 3)
        self.assertEqual(str(lines.sqref), "A2:B3")
        # Of rules that differ, programs follow the first.
        first = min(marks.rules + lines.rules, key=lambda rule: rule.priority)
        self.assertIn(first, marks.rules)

    def test_cut_text_is_remembered(self):
        _workbook, book = self._write([("short", ""), ("x" * 40_000, "")])
        self.assertEqual(book.cut, [("Rows", 2, 0)])

    def test_links(self):
        rows = [(Link('https://x/"a"', "Open"), ""), (Link("x" * 300, "x" * 300), "")]
        sheet = self._write(rows)[0]["Rows"]
        self.assertEqual(sheet["A2"].value, '=HYPERLINK("https://x/""a""","Open")')
        self.assertEqual(sheet["A3"].data_type, "s")

    def test_kinds(self):
        columns = [Column("D", 9), Column("A", 9, kind="amount"), Column("M", 9)]
        moment = datetime(2026, 5, 4, 10, 30)
        sheet = self._write([(date(2026, 5, 4), 1150.5, moment)], columns)[0]["Rows"]
        day, amount, time = sheet[2]
        self.assertEqual(
            (day.value, day.number_format), (datetime(2026, 5, 4), "yyyy-mm-dd")
        )
        self.assertEqual((amount.value, amount.number_format), (1150.5, "#,##0.00"))
        self.assertEqual((time.value, time.is_date), (moment, True))


@tagged("post_install", "-at_install")
class TestAuditSheets(XlsxCommon):
    def _get_dicts(self, sheet, label):
        header, rows = self._get_rows(sheet, label)
        labels = [cell.value for cell in header]
        return [dict(zip(labels, [c.value for c in row], strict=True)) for row in rows]

    def test_requirements(self):
        audit = self.registration.start_audit()
        evidence = self._accepted(name="Statuten")
        indicator = evidence.indicator_ids[0]
        score = audit.score_ids.filtered(lambda s: s.indicator_id == indicator)
        score.write({"self_conformity": "T", "remark": "Nog nalezen"})
        lines = self._get_dicts(self._export()["Requirements"], "Requirement")
        self.assertEqual(len(lines), len(audit.score_ids))
        line = next(line for line in lines if line["Code"] == indicator.code)
        self.assertEqual(line["Own conformity"], "T (sufficient)")
        self.assertEqual(line["Description"], "✓ Supported")
        self.assertEqual(line["Describing evidence"], f"{evidence.id} Statuten")
        self.assertEqual(line["Application"], "✗ Missing")
        self.assertEqual(line["Remark"], "Nog nalezen")
        exempt = self.part1.exempt_requirement_ids.indicator_ids[0]
        line = next(line for line in lines if line["Code"] == exempt.code)
        self.assertEqual(line["Description"], "Not tested")
        self.assertEqual(line["Exempt because of"], self.part1.display_name)

    def test_more_support_than_is_named(self):
        pieces = [self._accepted(name=f"Stuk {number}") for number in range(7)]
        code = pieces[0].indicator_ids[0].code
        lines = self._get_dicts(self._export()["Requirements"], "Requirement")
        line = next(line for line in lines if line["Code"] == code)
        names = line["Describing evidence"].split("\n")
        self.assertEqual(names[0], f"{pieces[-1].id} Stuk 6")
        self.assertEqual(names[-1], "and 2 more: see Evidence")

    def test_findings(self):
        finding = (
            self.env["kmop.finding"]
            .with_user(self.officer)
            .create(
                {
                    "name": "Lijst ontbreekt",
                    "registration_id": self.registration.id,
                    "date_found": date(2025, 1, 1),
                    "date_deadline": date(2025, 2, 1),
                }
            )
        )
        finding.propose("Lijst bijhouden")
        [line] = self._get_dicts(self._export()["Findings"], "Finding")
        self.assertEqual(line["State"], "✗ Measure proposed, late")
        self.assertEqual(line["Corrective measure"], "Lijst bijhouden")
        self.assertEqual(line["Responsible"], self.officer.name)
        self.assertEqual(line["Deadline"], datetime(2025, 2, 1))

    def test_milestones_and_history(self):
        self._decide(self.registration, date(2026, 3, 1))
        lines = self._get_dicts(self._export()["Milestones and history"], "Date")
        days = [line["Date"] for line in lines]
        self.assertEqual(days, sorted(days))
        self.assertIn(
            (datetime(2026, 3, 1), "Decided: Positive"),
            {(line["Date"], line["Event"]) for line in lines},
        )
        planned = self.registration.milestone_ids
        kinds = [line["Kind"] for line in lines]
        self.assertEqual(kinds.count("Milestone"), len(planned))

    def test_every_column_is_explained(self):
        workbook = self._export()
        lines = self._get_dicts(workbook["Explanation"], "Sheet")
        self.assertTrue(all(line["What it holds"] for line in lines))
        self.assertLessEqual(
            {line["Sheet"] for line in lines}, set(workbook.sheetnames)
        )
        told = {line["Column"] for line in lines if line["Sheet"] == "Evidence"}
        header, _rows = self._get_rows(workbook["Evidence"], "Number")
        self.assertEqual(told, {cell.value for cell in header})

    def test_cut_text_is_said(self):
        self._create_evidence(self.registration, name="x" * 40_000)
        found = [cell.value for cell in self._export()["Cover"]["B"] if cell.value]
        said = "end in […]: Evidence!B2"
        self.assertTrue([text for text in found if said in str(text)])

    def test_no_projects_is_said(self):
        found = [cell.value for cell in self._export()["Cover"]["B"] if cell.value]
        self.assertIn(
            "The project list isn't here: Officer may not see quotations.", found
        )

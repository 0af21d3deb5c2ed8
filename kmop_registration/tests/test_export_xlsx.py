import io
from datetime import date, datetime
from tempfile import TemporaryFile
from unittest.mock import patch
from urllib.parse import unquote

from openpyxl import load_workbook

from odoo.fields import Command
from odoo.tests import HttpCase, freeze_time, tagged

from ..report.record_sheets import RegistrationAuditSheet
from ..report.xlsx_sheet import CELL_LIMIT, clean
from ..tools import rows
from .test_evidence import EvidenceCommon

HOSTILE = [
    "=1+1",
    '=HYPERLINK("https://example.com","klik")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1;1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "https://example.com/",
    "mailto:iemand@example.com",
    "{=1+1}",
    "007",
    "1e5",
    "2026-01-01",
    "TRUE",
    "#N/A",
    "bel\x07 en esc\x1b",
    "_x0041_",
    "<b>vet</b> & 'zo' \"meer\"",
    "‮txt.exe",
    "مرحبا بالعالم",
    "🎓🏳️‍🌈",
    "a" * 40_000,
    "🎓" * 20_000,
    "￾￿",
    "regel 1\nregel 2",
]


class XlsxCommon(EvidenceCommon):
    def _export(self, user=None, registration=None):
        """Return the workbook as ``user`` gets it, read back."""
        user = user or self.officer
        registration = (registration or self.registration).with_user(user)
        registration = registration.with_context(lang=user.lang)
        with TemporaryFile() as file:
            registration._write_workbook(file)
            return load_workbook(io.BytesIO(self._read(file)))

    def _read(self, file):
        file.seek(0)
        return file.read()

    def _get_rows(self, sheet, label):
        """Return the cells under the header that begins with ``label``."""
        rows = list(sheet.iter_rows())
        top = next(i for i, row in enumerate(rows) if row[0].value == label)
        return rows[top], rows[top + 1 :]

    def _get_values(self, sheet, label):
        return [[cell.value for cell in row] for row in self._get_rows(sheet, label)[1]]


@tagged("post_install", "-at_install")
class TestExportXlsx(XlsxCommon):
    # ------------------------------------------------------------------ content

    def test_sheets(self):
        workbook = self._export()
        self.assertEqual(
            workbook.sheetnames,
            ["Cover", "Requirements", "Evidence", "Files", "Satisfaction", "Findings"]
            + ["Audits", "Periods", "Milestones and history", "Explanation"],
        )

    @freeze_time("2026-05-04 10:00")
    def test_registration(self):
        self.company.partner_id.vat = "BE0477472701"
        self._decide(self.registration, date(2026, 3, 1), number="DV.O123456")
        sheet = self._export()["Cover"]
        self.assertEqual(sheet["A1"].value, "Leerhuis Test – Training")
        values = {row[0].value: row[1].value for row in sheet.iter_rows(3, 19)}
        self.assertEqual(
            values,
            {
                "Provider": "Leerhuis Test",
                "Company number": "BE0477472701",
                "Service": "Training",
                "Registration number": "DV.O123456",
                "Track": "Starters' track",
                "Step": "Perform and document",
                "Validity on 05/04/2026": "Valid",
                "Registered from": datetime(2026, 3, 1),
                "Registered until": datetime(2028, 2, 29),
                "Audit": "Starters' track: Part 1",
                "State of the audit": "Decided",
                "Audit bureau": "Auditbureau",
                "Auditor": None,
                "Day of the visit": datetime(2026, 2, 15),
                "Outcome": "Positive",
                "Date of this export": datetime(2026, 5, 4),
                "Made by": "Officer",
            },
        )

    def test_periods(self):
        self._decide(self.registration, date(2026, 3, 1))
        self._decide(self.registration, date(2028, 4, 11), "conditional")
        sheet = self._export()["Periods"]
        header, rows = self._get_rows(sheet, "Period")
        self.assertEqual(
            [cell.value for cell in header],
            ["Period", "Registration date", "From", "Until", "Gap before (days)"]
            + ["Remarks"],
        )
        self.assertEqual(
            [[cell.value for cell in row[1:]] for row in rows],
            [
                [datetime(2026, 3, 1)] * 2 + [datetime(2028, 2, 29), 0, None],
                [datetime(2028, 4, 11)] * 2
                + [datetime(2029, 4, 10), 41, "Conditional"],
            ],
        )
        for row in rows:
            self.assertEqual([c.data_type for c in row[:5]], ["s", "d", "d", "d", "n"])
            self.assertTrue(all(cell.is_date for cell in row[1:4]))

    def test_corrected_period(self):
        self._decide(self.registration, date(2026, 3, 1))
        self.registration.period_ids.correct("2026-03-02", "2028-03-01", "Attest")
        remarks = [
            row[5] for row in self._get_values(self._export()["Periods"], "Period")
        ]
        self.assertEqual(remarks, ["Corrected: doesn't count", "Attest"])

    def test_audits(self):
        self._decide(self.registration, date(2026, 3, 1))
        self.registration.start_audit()
        sheet = self._export()["Audits"]
        header, rows = self._get_rows(sheet, "Part")
        self.assertEqual(header[-2].value, "Outcome")
        first, second = [[cell.value for cell in row[1:]] for row in rows]
        self.assertEqual(
            first,
            [
                "Starters' audit",
                "Auditbureau",
                None,
                datetime(2025, 12, 17),
                datetime(2026, 2, 15),
                datetime(2026, 2, 15),
                None,
                datetime(2026, 3, 1),
                "Decided",
                "✓ Positive",
                None,
            ],
        )
        self.assertEqual(second[-3:], ["Draft", None, None])

    def test_evidence(self):
        order = self._create_order(date_order=datetime(2026, 2, 2, 12))
        linked = self._link(order)
        file = self._create_attachment("a.pdf") + self._create_attachment("b.pdf")
        kept = self._accepted(
            attachment_ids=[Command.set(file.ids)], date_effective=date(2026, 1, 5)
        )
        header, rows = self._get_rows(self._export()["Evidence"], "Number")
        labels = [cell.value for cell in header]
        quote, document = [
            dict(zip(labels, (cell.value for cell in row), strict=True)) for row in rows
        ]
        url = f"{linked.get_base_url()}/odoo/kmop-evidence/{linked.id}"
        self.assertEqual(
            quote,
            {
                "Number": linked.id,
                "Evidence": linked.name,
                "Type": "Quote or contract",
                "Requirements": "\n".join(
                    linked.requirement_ids.mapped("display_name")
                ),
                "Indicators": ", ".join(linked.indicator_ids.mapped("code")),
                "Aspect": "Application (demonstrability)",
                "Effective date": datetime(2026, 2, 2),
                "Review on": None,
                "State": "Draft",
                "Accepted on": None,
                "Source": order.display_name,
                "Project dossier": order.name,
                "Files": None,
                "SHA-256": None,
                "Kept elsewhere": None,
                "In Odoo": f'=HYPERLINK("{url}","Open")',
            },
        )
        self.assertEqual(document["Effective date"], datetime(2026, 1, 5))
        self.assertEqual(document["Accepted on"].date(), kept.date_accepted)
        self.assertEqual(document["State"], "✓ Accepted")
        names = dict(
            zip(
                document["Files"].split("\n"),
                document["SHA-256"].split("\n"),
                strict=True,
            )
        )
        frozen = {file.name: file.sha256 for file in kept.file_ids}
        self.assertEqual(names, frozen)
        self.assertEqual(set(names), {"a.pdf", "b.pdf"})
        self.assertTrue(rows[0][6].is_date and rows[1][9].is_date)

    def test_empty(self):
        workbook = self._export(
            registration=self._create_registration(service="advice")
        )
        self.assertFalse(self._get_values(workbook["Audits"], "Part"))
        self.assertFalse(self._get_values(workbook["Evidence"], "Number"))

    def test_layout(self):
        """The header stays in view and on each page, and can be filtered."""
        self._create_evidence(self.registration)
        sheet = self._export()["Evidence"]
        self.assertEqual(sheet.freeze_panes, "A2")
        self.assertEqual(sheet.auto_filter.ref, "A1:P2")
        self.assertEqual(sheet.print_title_rows, "$1:$1")
        self.assertEqual(sheet.page_setup.orientation, "landscape")

    # ------------------------------------------------------------- hostile text

    def test_hostile_text(self):
        """Whatever a name says, its cell is that text: no formula, link or number."""
        names = [name.replace("\x00", "") for name in HOSTILE]
        for name in names:
            self._create_evidence(self.registration, name=name)
        _header, rows = self._get_rows(self._export()["Evidence"], "Number")
        self.assertEqual(len(rows), len(names))
        for name, row in zip(names, rows, strict=True):
            with self.subTest(name=name[:30]):
                self.assertIn(row[1].data_type, ("s", "inlineStr"))
                self.assertIsNone(row[1].hyperlink)
                self.assertEqual(
                    self._normalise(row[1].value), self._normalise(clean(name))
                )

    def _normalise(self, text):
        # The format escapes these; this reader doesn't undo that, Excel does.
        return text.replace("_x000D_", "\r").replace("_x005F_", "_")

    def test_hostile_everywhere(self):
        """The same through each other name on the sheets."""
        hostile = '=HYPERLINK("https://example.com")\x07'
        self._decide(self.registration, date(2026, 3, 1), number="=1+1")
        self.company.partner_id.write({"name": hostile})
        (self.bureau + self.client).write({"name": hostile})
        self.starter.name = self.legal_type.name = self.part1.name = "=2+2"
        self._link(self._create_order(client_order_ref=hostile))
        file = self._create_attachment("=3+3")
        self._create_evidence(self.registration, attachment_ids=file.ids)
        cells = [c for sheet in self._export() for row in sheet for c in row]
        # The only formulas are the links of the program's own.
        links = [c.value for c in cells if c.data_type == "f"]
        self.assertTrue(links)
        for link in links:
            self.assertRegex(
                link, r'^=HYPERLINK\("[^"]*/odoo/kmop-evidence/\d+","Open"\)$'
            )
        self.assertFalse([c for c in cells if c.hyperlink])

    def test_cut_at_what_a_cell_holds(self):
        """In the units that Excel counts, of which an emoji takes two."""
        for text in ("a" * CELL_LIMIT, "🎓" * (CELL_LIMIT // 2)):
            self.assertEqual(clean(text), text)
        for text in ("a" * (CELL_LIMIT + 1), "🎓" * (CELL_LIMIT // 2 + 1)):
            cut = clean(text)
            self.assertTrue(cut.endswith(" […]"))
            self.assertIn(
                len(cut.encode("utf-16-le")) // 2, (CELL_LIMIT, CELL_LIMIT - 1)
            )

    def test_days_before_excels_calendar(self):
        """A slip of the keyboard stays readable."""
        for day in (date(202, 3, 1), date(1899, 12, 31), date(1900, 2, 28)):
            self._create_evidence(self.registration, date_effective=day)
        self._create_evidence(self.registration, date_effective=date(1900, 3, 1))
        values = self._get_values(self._export()["Evidence"], "Number")
        self.assertEqual(
            [row[6] for row in values],
            ["0202-03-01", "1899-12-31", "1900-02-28", datetime(1900, 3, 1)],
        )

    # -------------------------------------------------------- language and access

    def test_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("nl_BE")
        self.env["ir.module.module"]._load_module_terms(
            ["kmop_registration"], ["nl_BE"]
        )
        self._create_evidence(self.registration)
        self.reader.lang = "nl_BE"
        workbook = self._export(self.reader)
        self.assertIn("Bewijsstukken", workbook.sheetnames)
        cover = workbook.worksheets[0]
        self.assertEqual(cover["A1"].value, "Leerhuis Test – Opleiding")
        english = self._export(self.officer)
        self.assertEqual(english["Cover"]["A1"].value, "Leerhuis Test – Training")

    def test_rows_of_other_registrations(self):
        advice = self._create_registration(service="advice")
        self._create_evidence(advice, name="Van advies")
        self._create_evidence(self.registration, name="Van opleiding")
        values = self._get_values(self._export()["Evidence"], "Number")
        self.assertEqual([row[1] for row in values], ["Van opleiding"])

    def test_rows_that_a_rule_hides(self):
        """Who sees less exports less, without an error."""
        self._create_evidence(self.registration, name="Zichtbaar")
        self._create_evidence(self.registration, name="Verborgen")
        self.env["ir.rule"].create(
            {
                "name": "Hidden",
                "model_id": self.env["ir.model"]._get_id("kmop.evidence"),
                "domain_force": "[('name', '!=', 'Verborgen')]",
            }
        )
        values = self._get_values(self._export(self.reader)["Evidence"], "Number")
        self.assertEqual([row[1] for row in values], ["Zichtbaar"])

    def test_source_and_files_that_the_reader_may_not_open(self):
        """Their names are part of the register, for who may read the register."""
        file = self._create_attachment("loon.pdf", user=self.manager)
        file.sudo().write(
            {"res_model": "sale.order", "res_id": self._create_order().id}
        )
        self._create_evidence(self.registration, self.env.user, attachment_ids=file.ids)
        order = self._create_order(user_id=self.manager.id)
        self._link(order)
        self.env.invalidate_all()
        values = self._get_values(self._export(self.reader)["Evidence"], "Number")
        self.assertEqual([row[12] for row in values], ["loon.pdf", None])
        self.assertEqual([row[10] for row in values], [None, order.display_name])

    @freeze_time("2026-05-04 10:00")
    def test_effects_and_the_end(self):
        findings = self.env["kmop.finding"].with_user(self.officer)
        for name, ok in (("Lijst", True), ("Klacht", False)):
            finding = findings.create(
                {"name": name, "registration_id": self.registration.id}
            )
            finding.propose("Nazien")
            finding.implement()
            finding.check_effect(ok, "Nagekeken")
        self.registration.withdraw("2026-05-04", "Gestopt")
        workbook = self._export()
        header, rows = self._get_rows(workbook["Findings"], "Finding")
        names = [cell.value for cell in header]
        column = next(i for i, name in enumerate(names) if "ffect" in (name or ""))
        effects = {row[0].value: row[column].value for row in rows}
        self.assertIn("Yes", effects["Lijst"])
        self.assertIn("No", effects["Klacht"])
        history = workbook["Milestones and history"]
        words = [cell.value for row in history.iter_rows() for cell in row]
        self.assertIn("Withdrawn", words)
        self.assertIn("Gestopt", words)


@tagged("post_install", "-at_install")
class TestExportBudget(XlsxCommon):
    def _fill(self, count):
        orders = self.env["sale.order"].create(
            [
                {"partner_id": self.client.id, "company_id": self.company.id}
                for _i in range(count)
            ]
        )
        evidences = orders._kmop_link(self.registration, self.quote_type)
        for index, evidence in enumerate(evidences):
            evidence.attachment_ids = self._create_attachment(f"{index}.pdf")
        return evidences

    def _count_queries(self):
        """Return the queries of an export by a server that is warm."""
        for _round in range(3):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            self._export(self.reader)
        return self.env.cr.sql_log_count - start

    def test_queries_do_not_grow(self):
        self._fill(10)
        few = self._count_queries()
        self._fill(290)
        many = self._count_queries()
        # One more or less: which partners happen to come along in one read.
        self.assertAlmostEqual(few, many, delta=1)
        self.assertLessEqual(many, 60)

    def test_chunks(self):
        """All rows once, in order, whatever the size of a chunk."""
        for index in range(7):
            self._create_evidence(self.registration, name=f"Stuk {index}")
        for size in (1, 3, 7, 8):
            with self.subTest(size=size), patch.object(rows, "CHUNK", size):
                values = self._get_values(self._export()["Evidence"], "Number")
                self.assertEqual(
                    [r[1] for r in values], [f"Stuk {i}" for i in range(7)]
                )


@tagged("post_install", "-at_install")
class TestExportRoute(HttpCase, XlsxCommon):
    def setUp(self):
        super().setUp()
        self.authenticate(self.reader.login, self.reader.login)

    def _get(self, method="GET"):
        url = f"/kmop/registration/{self.registration.id}/audit.xlsx"
        return self.url_open(url, method=method)

    def _get_filename(self, name):
        self.company.partner_id.name = name
        disposition = self._get().headers["Content-Disposition"]
        self.assertTrue(disposition.startswith("attachment; filename*=UTF-8''"))
        return unquote(disposition.split("''", 1)[1])

    def test_headers(self):
        answer = self._get()
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(
            answer.headers["Content-Type"],
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        )
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(
            load_workbook(io.BytesIO(answer.content)).sheetnames[0], "Cover"
        )

    def test_head(self):
        answer = self._get("HEAD")
        self.assertEqual((answer.status_code, answer.content), (200, b""))

    @freeze_time("2026-05-04 22:30")
    def test_filename(self):
        self.assertEqual(
            self._get_filename("Leerhuis Test"),
            "Leerhuis Test – Training 2026-05-05.xlsx",
        )

    def test_hostile_filename(self):
        for name in (
            r"a/b\c:d*?[]",
            "../../etc/passwd",
            'x"; filename="evil.exe',
            "x\r\nSet-Cookie: a=b",
            "‮fdp.exe",
            "مرحبا",
            "🎓",
            "a" * 40_000,
            "=1+1",
        ):
            with self.subTest(name=name[:20]):
                filename = self._get_filename(name)
                self.assertRegex(filename, r"^[\w. –-]{1,100}\.xlsx$")
                self.assertLess(len(filename), 100)

    def test_no_other_cookie_or_header(self):
        self.company.partner_id.name = "x\r\nX-Injected: 1"
        self.assertNotIn("X-Injected", self._get().headers)

    def test_read_only_transaction(self):
        """A replica can serve it: nothing is written, and nothing is tried again."""
        transactions = []
        registrations = self.env.registry["kmop.registration"]
        write = registrations._write_workbook

        def spy(registration, file):
            transactions.append(registration.env.cr.readonly)
            return write(registration, file)

        self._create_evidence(self.registration, self.reader)
        with patch.object(registrations, "_write_workbook", spy):
            self.assertEqual(self._get().status_code, 200)
        self.assertEqual(transactions, [True])

    def test_an_error_is_no_half_file(self):
        with (
            patch.object(RegistrationAuditSheet, "add", side_effect=OSError),
            self.assertLogs("odoo.http", "ERROR"),
        ):
            self.assertEqual(self._get().status_code, 500)

    def test_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("nl_BE")
        self.env["ir.module.module"]._load_module_terms(
            ["kmop_registration"], ["nl_BE"]
        )
        self.reader.lang = "nl_BE"
        self.authenticate(self.reader.login, self.reader.login)
        workbook = load_workbook(io.BytesIO(self._get().content))
        self.assertIn("Bewijsstukken", workbook.sheetnames)

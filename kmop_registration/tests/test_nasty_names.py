"""Whatever somebody is called, it stays a name: in forms, mail, reports, exports."""

import io
import itertools
import re
import unicodedata
from email.message import EmailMessage
from tempfile import TemporaryFile
from zipfile import ZipFile

from lxml import etree, html
from openpyxl import load_workbook

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..report.xlsx_sheet import clean
from ..tools import examine
from .access import TableCommon
from .nasty import FAMILIES, FORMULAS, HEADERS, IMPOSSIBLE, MARKUP, NAMES, RECKONED

TEXTS = ("char", "text", "html")
ESCAPED = r"_x([0-9A-F]{4})_"
LINK = re.compile(r'=HYPERLINK\("(?:[^"]|"")*","((?:[^"]|"")*)"\)', re.DOTALL)
# How many of the names each field gets: all of them in turn, over all fields.
PER_FIELD = 6
# Names of each family, for what is made one by one.
FEW = [name for family in FAMILIES for name in family[:: max(len(family) // 5, 1)]]


def squeeze(text):
    """Return a text as it can be compared: without what a page doesn't show."""
    kept = (c for c in text if unicodedata.category(c)[0] not in "CZ")
    return "".join(kept)


def find_markup(root):
    """Return what of a page was made of a name: an element, or what one would do."""
    found = []
    for node in root.iter():
        if not isinstance(node.tag, str):
            continue
        own = node.text if node.tag in ("script", "style") else ""
        if "nasty" in f"{node.tag} {own}".lower():
            found.append(etree.tostring(node)[:100])
        for name, value in node.attrib.items():
            runs = name.startswith("on") and "nasty" in value.lower()
            link = re.sub(r"\s", "", value).lower()
            leads = name in ("href", "src", "action") and link.startswith(
                ("javascript:", "vbscript:", "data:text")
            )
            marked = name in ("class", "id") and "nasty" in value.split()
            if "nasty" in name or runs or leads or marked:
                found.append((node.tag, name, value[:80]))
    return found


class NastyCommon(TableCommon):
    def _assert_only_names(self, page, names=()):
        """Compare with what a browser would make of the page."""
        root = html.document_fromstring(page)
        self.assertEqual(find_markup(root), [])
        shown = squeeze(root.text_content())
        self.assertNotIn(RECKONED, shown)
        lost = [name for name in names if squeeze(name) not in shown]
        self.assertEqual(lost, [])

    def _create_all(self, model, **vals):
        """Return a record for each of the names, made by the officer."""
        records = self.env[model].with_user(self.officer)
        return records.create([{"name": name, **vals} for name in NAMES])

    def _create_named(self):
        """Give everything that documents show one of the names, or all of them."""
        registration = {"registration_id": self.registration.id}
        evidences = self._create_all(
            "kmop.evidence",
            **registration,
            type_id=self.legal_type.id,
            url="https://intranet.dekade.example.com/x",
        )
        findings = self._create_all("kmop.finding", **registration)
        order = self._create_dossier()
        people = self.env["kmop.participant"].create(
            [{"name": name, "order_id": order.id} for name in NAMES]
        )
        self.env.flush_all()
        return evidences, findings, order, people


@tagged("post_install", "-at_install")
class TestNastyNames(HttpCase, NastyCommon):
    def test_there_are_several_hundred(self):
        self.assertGreater(len(NAMES), 350)
        self.assertEqual(len(NAMES), len(set(NAMES)))

    def test_the_check_can_fail(self):
        for bad in ("<script>nasty()</script>", "<img src=x onerror=nasty()>",
                    "<a href='java\nscript:nasty()'>x</a>", "<b class=nasty>x</b>",
                    "<nasty>x</nasty>", RECKONED):  # fmt: skip
            with self.subTest(bad=bad), self.assertRaises(AssertionError):
                self._assert_only_names(f"<p>{bad}</p>")
        with self.assertRaises(AssertionError):
            self._assert_only_names("<p>x</p>", ["y"])

    # --------------------------------------------------------------------- forms

    def _get_text_fields(self):
        """Yield each text that people write on our models, with a record."""
        for model in sorted(self.registry):
            record = self._get_one(model) if model.startswith("kmop.") else None
            if record is None or record._abstract or not record:
                continue
            for name, field in sorted(record._fields.items()):
                # The discussion's own fields are the host's.
                own = not name.startswith(("message_", "activity_"))
                if field.type in TEXTS and field.store and own and not field.readonly:
                    yield record, name

    @mute_logger("odoo.sql_db")
    def test_forms(self):
        """What was written is there, found again, and nothing but what was written."""
        names, fields, kept = itertools.cycle(NAMES), 0, 0
        for record, field in self._get_text_fields():
            fields += 1
            for name in itertools.islice(names, PER_FIELD):
                kept += self._write(record.with_user(self.manager), field, name)
        self.assertGreater(fields, 30)
        self.assertGreater(kept, fields)

    def _write(self, record, field, name):
        """Write a name, and read it back; tell whether the model let it."""
        with self.subTest(model=record._name, field=field, name=name[:60]):
            savepoint = self.env.cr.savepoint()
            try:
                record.write({field: name})
                record.flush_recordset()
                record.invalidate_recordset()
                if record._fields[field].type == "html":
                    self._assert_only_names(f"<div>{record[field]}</div>")
                else:
                    self.assertEqual(record[field] or "", name)
                    found = record.search([(field, "=", name), ("id", "=", record.id)])
                    self.assertEqual(found, record)
                self.assertIsInstance(record.display_name, (str, bool))
                return True
            except UserError as error:
                self.assertTrue(str(error))
            finally:
                savepoint.close(rollback=True)
                self.env.clear()
        return False

    @mute_logger("odoo.sql_db")
    def test_all_at_once(self):
        """Nothing is lost of any of the names, and each is found by itself."""
        for model in (
            "kmop.evidence",
            "kmop.finding",
        ):
            vals = {"registration_id": self.registration.id}
            if model == "kmop.evidence":
                vals["type_id"] = self.legal_type.id
            records = self._create_all(model, **vals)
            records.flush_recordset()
            records.invalidate_recordset()
            self.assertEqual(records.mapped("name"), NAMES)
            for record, name in zip(records, NAMES, strict=True):
                with self.subTest(model=model, name=name[:60]):
                    found = records.search([("name", "=", name)])
                    self.assertEqual(found, record)
            for name in FEW:
                with self.subTest(model=model, search=name[:60]):
                    records.name_search(name, limit=3)
                    records.search_count([("name", "ilike", name)])

    @mute_logger("odoo.sql_db")
    def test_what_no_database_keeps(self):
        """It is refused before anything is written, by whatever way it comes."""
        for name in IMPOSSIBLE:
            with self.subTest(name=name):
                # The host's own error: no text column of PostgreSQL can hold it.
                with self.assertRaises(ValueError), self.env.cr.savepoint():
                    self._create_evidence(self.registration, name=name)
            evidence = self._put(self._create_evidence(self.registration), "submitted")
            evidence.reject(f"Onleesbaar{name}")
            self.assertTrue(evidence.reject_reason.startswith("Onleesbaar"))

    # ---------------------------------------------------------------------- mail

    def test_mail(self):
        """A name makes no header, no recipient and no markup."""
        data = self.env["ir.model.data"].search(
            [("module", "=", "kmop_registration"), ("model", "=", "mail.template")]
        )
        templates = self.env["mail.template"].browse(data.mapped("res_id"))
        self.assertGreater(len(templates), 5)
        of_dossiers = self.env.ref("kmop_registration.mail_template_application")
        of_dossier = self._remind_of_dossier()
        for template in templates:
            record = self.records[template.model]
            record = of_dossier if template == of_dossiers else record
            for name in [*HEADERS[::3], *MARKUP[::16], *FEW[::8]]:
                with self.subTest(template=template.name, name=name[:60]):
                    self._send(template, record, name)

    def _remind_of_dossier(self):
        order = self.records["sale.order"]
        vals = {"title": "Aanvraag", "registration_id": self.registration.id}
        vals |= {"res_model": order._name, "res_id": order.id, "state": "sent"}
        milestone = self.env["kmop.milestone"].create(
            {**vals, "date_planned": "2026-06-01", "date_anchor": "2026-06-20"}
        )
        people = {milestone: self.officer.partner_id}
        return self.env["kmop.reminder"]._queue("reminder", people)

    def _send(self, template, record, name):
        savepoint = self.env.cr.savepoint()
        try:
            self._rename(name)
            self.env.flush_all()
            mail = self.env["mail.mail"].browse(template.send_mail(record.id))
            self._assert_only_names(mail.body_html)
            self._assert_headers(mail)
        finally:
            savepoint.close(rollback=True)
            self.env.clear()

    def _rename(self, name):
        """Give everybody and everything that mail is about this name."""
        people = self.company.partner_id + self.auditor + self.client + self.bureau
        people.write({"name": name})
        self.officer.name = name
        self.records["survey.survey"].title = name
        self.part1.name = name
        self.registration.sudo().number = name
        self.records["kmop.milestone"].sudo().title = name

    def _assert_headers(self, mail):
        for values in mail._prepare_outgoing_list():
            message = self.env["ir.mail_server"]._build_email__(
                email_from=values["email_from"] or "x@example.com",
                email_to=values["email_to"] or ["y@example.com"],
                subject=values["subject"],
                body=values["body"],
            )
            self.assertIsInstance(message, EmailMessage)
            self.assertNotIn("Bcc", message)
            self.assertNotIn("Set-Cookie", message)
            self.assertNotIn(RECKONED, message["Subject"] or "")
            self.assertNotIn("Location", message)
            self.assertNotIn("\n", message["Subject"] or "")

    # ------------------------------------------------------------------- reports

    def test_reports(self):
        _evidences, findings, order, _people = self._create_named()
        order.kmop_place = MARKUP[0]
        order.kmop_session_ids = [(0, 0, {"date": "2026-09-01", "place": MARKUP[10]})]
        subjects = {
            "sale.order": order,
            "kmop.finding": findings,
            "kmop.audit": self.records["kmop.audit"],
            "kmop.registration": self.registration,
        }
        shown = {"kmop.finding": NAMES}
        data = self.env["ir.model.data"].search(
            [("module", "=", "kmop_registration"), ("model", "=", "ir.actions.report")]
        )
        for report in self.env["ir.actions.report"].browse(data.mapped("res_id")):
            records = subjects.get(report.model)
            if records is None:
                records = self.env[report.model].with_user(self.officer)
                records = records.create(self._get_vals(records))
            self._rename('Opleider "<script>nasty()</script>"')
            with self.subTest(report=report.report_name):
                page, kind = report._render_qweb_html(report.id, records.ids)
                self.assertEqual(kind, "html")
                self._assert_only_names(page.decode(), shown.get(report.model, ()))
        certificates = "kmop_registration.kmop_certificate_report"
        page = report._render_qweb_html(certificates, order.ids)[0].decode()
        self._assert_only_names(page, [name for name in NAMES if name.strip()])

    # ------------------------------------------------------------------- exports

    def test_workbook(self):
        self._create_named()
        self._rename(FORMULAS[0])
        registration = self.registration.with_user(self.officer)
        with TemporaryFile() as file:
            registration._write_workbook(file)
            file.seek(0)
            workbook = load_workbook(io.BytesIO(file.read()))
        cells = [c for sheet in workbook for row in sheet.iter_rows() for c in row]
        texts = {self._get_text(cell) for cell in cells if cell.value is not None}
        lost = [n for n in NAMES if squeeze(clean(n)) not in texts and n.strip()]
        self.assertEqual(lost, [])
        self.assertNotIn(RECKONED, texts)

    def _get_text(self, cell):
        """Return what a cell shows; the only formula is a link, of two texts."""
        if cell.data_type != "f":
            # What the format escapes, Excel reads back; this reader doesn't.
            read = re.sub(ESCAPED, lambda one: chr(int(one[1], 16)), str(cell.value))
            return squeeze(read)
        link = LINK.fullmatch(cell.value)
        self.assertTrue(link, cell.value)
        return squeeze(link[1].replace('""', '"'))

    def test_archive(self):
        every = NAMES[::2]
        # What ends like a program is refused, whatever else is the matter.
        names = [name for name in every if not examine(name, name.encode())[1]]
        self.assertGreater(len(names), len(every) * 9 // 10)
        files = self.env["ir.attachment"].with_user(self.officer)
        text = {"mimetype": "text/plain"}
        files = files.create([{"name": n, "raw": n.encode(), **text} for n in names])
        evidences = self.env["kmop.evidence"].with_user(self.officer)
        evidences = evidences.create(
            [
                {
                    "name": name,
                    "registration_id": self.registration.id,
                    "type_id": self.legal_type.id,
                    "attachment_ids": [(6, 0, file.ids)],
                }
                for name, file in zip(names, files, strict=True)
            ]
        )
        self.env.flush_all()
        registration = self.registration.with_user(self.officer)
        archive = ZipFile(io.BytesIO(b"".join(registration._stream_dossier())))
        self.assertIsNone(archive.testzip())
        paths = archive.namelist()
        self.assertGreaterEqual(len(paths), len(evidences))
        self.assertEqual(len(paths), len({path.casefold() for path in paths}))
        for path in paths:
            for part in path.split("/"):
                with self.subTest(path=path):
                    self.assertNotIn(part, ("", ".", ".."))
                    self.assertNotRegex(part, r'[<>:"\\|?*\x00-\x1f\u202e]|^\.\.|[. ]$')
                    self.assertLessEqual(len(part.encode()), 255)

    # ------------------------------------------------------------ page and badge

    def test_auditors_page(self):
        evidences, findings, *_rest = self._create_named()
        evidences.submit()
        evidences.accept()
        self._rename("</title><script>nasty()</script>")
        audit = self.records["kmop.audit"]
        page = f"/my/kmop/audits/{audit.id}?access_token={self.link}"
        answer = self.url_open(page, timeout=120)
        self.assertEqual(answer.status_code, 200)
        self._assert_only_names(answer.text, [n for n in NAMES if n.strip()])
        for name in FEW[::3]:
            answer = self.url_open(page, params={"search": name[:150]}, timeout=60)
            with self.subTest(search=name[:60]):
                self.assertEqual(answer.status_code, 200)
                self._assert_only_names(answer.text)

    def test_badge(self):
        drawn = {"svg", "title", "rect", "path", "text"}
        for name in NAMES:
            self.registration.partner_id.sudo().name = name
            with self.subTest(name=name[:60]):
                root = etree.fromstring(self.registration._render_badge())
                tags = {etree.QName(node).localname for node in root.iter()}
                self.assertEqual(tags, drawn)
                self.assertEqual(find_markup(root), [])
                self.assertNotIn(RECKONED, "".join(root.itertext()))

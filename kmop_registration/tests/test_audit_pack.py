import io
from hashlib import sha256
from zipfile import ZipFile

from openpyxl import load_workbook

from odoo.tests import tagged

from .files import get_place
from .test_audit_page import AuditPageCase
from .test_dossier import DossierCommon

PACK = ("/summary.pdf", "/audit.xlsx", "/dossier.zip")


class AuditPackCase(AuditPageCase):
    def _get_workbook(self):
        answer = self._open("/audit.xlsx")
        self.assertEqual(answer.status_code, 200)
        return load_workbook(io.BytesIO(answer.content))

    def _get_archive(self):
        answer = self._open("/dossier.zip")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["Content-Type"], "application/zip")
        return ZipFile(io.BytesIO(answer.content))

    def _get_text(self, workbook):
        cells = (cell for sheet in workbook for row in sheet.values for cell in row)
        return "\n".join(str(cell) for cell in cells if cell is not None)

    def _hide(self):
        """Make what no auditor may see of this registration; return its names."""
        names = ["Klad", "Ander traject"]
        files = self._create_attachment("geheim.txt")
        self._create_evidence(
            self.registration, name=names[0], attachment_ids=files.ids
        )
        advice = self._create_registration(service="advice")
        other = self._create_evidence(
            advice, name=names[1], attachment_ids=files.copy().ids
        )
        other.submit()
        other.accept()
        return [*names, "geheim"]


@tagged("post_install", "-at_install")
class TestAuditPackAccess(AuditPackCase):
    """The same are let in as to the page, and nobody else."""

    def _assert_all_closed(self, **params):
        for path in PACK:
            with self.subTest(path=path):
                self._assert_closed(self._open(path, **params))

    def test_with_the_link(self):
        page = self._open().text
        for path in PACK:
            with self.subTest(path=path):
                self.assertIn(f"{self.base}{path}?", page)
                answer = self._open(path)
                self.assertEqual(answer.status_code, 200)
                self.assertEqual(answer.headers["Cache-Control"], "no-store")
                self.assertEqual(answer.headers["Referrer-Policy"], "same-origin")
                kind, name = self._get_log()[-1]
                self.assertEqual(kind, "download")
                self.assertIn(self.audit.part_id.name, name)

    def test_without_the_link(self):
        self._assert_all_closed(token="")

    def test_link_of_another_audit(self):
        other = self._create_registration(service="advice").start_audit()
        self._assert_all_closed(token=self._invite(other, self.auditor)._get_token())
        self.assertFalse(self._get_log())

    def test_expired(self):
        self._expire()
        self._assert_all_closed()
        self.assertEqual(
            self._get_log(), [("refused", f"{self.base}{path}") for path in PACK]
        )

    def test_withdrawn(self):
        self.access.revoke()
        self._assert_all_closed()

    def test_people_who_are_logged_in(self):
        for user in (self.portal, self.salesman, self.officer, self.stranger):
            self.authenticate(user.login, user.login)
            self._assert_all_closed(token="")


@tagged("post_install", "-at_install")
class TestAuditPackContent(AuditPackCase, DossierCommon):
    """No more than the page shows."""

    def test_archive(self):
        hidden = self._hide()
        archive = self._get_archive()
        self.assertIsNone(archive.testzip())
        names = archive.namelist()
        found = [name for name in names if name.endswith(".pdf")]
        self.assertEqual(len(found), 1)
        self.assertEqual(sha256(archive.read(found[0])).hexdigest(), self.file.sha256)
        sums = archive.read("SHA256SUMS").decode()
        self.assertIn(f"{self.file.sha256}  {found[0]}", sums)
        for word in hidden:
            self.assertNotIn(word, "\n".join([*names, sums]))

    def test_workbook(self):
        hidden = self._hide()
        workbook = self._get_workbook()
        self.assertEqual(
            workbook.sheetnames,
            ["Cover", "Requirements", "Evidence", "Files", "Explanation"],
        )
        text = self._get_text(workbook)
        for word in ("Statuten", self.file.sha256, "An Auditor"):
            self.assertIn(word, text)
        for word in (*hidden, "/odoo/", "To judge"):
            self.assertNotIn(word, text)

    def test_same_workbook_in_the_archive(self):
        archive = self._get_archive()
        name = next(name for name in archive.namelist() if name.endswith(".xlsx"))
        workbook = load_workbook(io.BytesIO(archive.read(name)))
        self.assertEqual(workbook.sheetnames, self._get_workbook().sheetnames)

    def test_projects_only_where_shared(self):
        dossier = self._create_dossier()
        dossier.sudo().write({"state": "sale"})
        other = self._create_order(state="sale")
        self.assertNotIn(dossier.name, self._get_text(self._get_workbook()))
        self.assertNotIn("subsidised", self._open("/summary.pdf").text)
        self.access.share_projects = True
        text = self._get_text(self._get_workbook())
        self.assertIn(dossier.name, text)
        self.assertNotIn(other.name, text)
        self.assertIn("subsidised", self._open("/summary.pdf").text)

    def test_summary(self):
        """Our own findings, and what isn't accepted yet, stay inside."""
        self.env["kmop.finding"].with_user(self.officer).create(
            {
                "name": "Interne zwakte",
                "registration_id": self.registration.id,
                "audit_id": self.audit.id,
                "origin": "audit",
            }
        )
        self.access.sudo()._find({"name": "Lijst ontbreekt", "severity": "minor"})
        self._hide()
        text = self._open("/summary.pdf").text
        self.assertIn("Audit summary", text)
        self.assertIn("Lijst ontbreekt", text)
        for word in ("Interne zwakte", "To judge"):
            self.assertNotIn(word, text)

    def test_altered_file_is_not_handed_over(self):
        """The rest is; the provider sees in the log which one is lost."""
        other = self._create_attachment("tarieven.txt", raw=b"prices")
        self._accepted(name="Tarieven", attachment_ids=other.ids)
        attachment = self.file.attachment_id.sudo()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ir_attachment SET store_fname = NULL, db_datas = %s WHERE id = %s",
            (b"forged", attachment.id),
        )
        self.env.invalidate_all()
        archive = self._get_archive()
        found = [archive.read(name) for name in archive.namelist()]
        self.assertIn(b"prices", found)
        self.assertNotIn(b"forged", found)
        self.assertIn("missing", [kind for kind, _name in self._get_log()])
        read_me = next(n for n in archive.namelist() if n.endswith("Read me.txt"))
        self.assertIn("statuten.pdf", archive.read(read_me).decode("utf-8-sig"))

    def test_file_that_is_lost(self):
        """Neither it nor what took its place reaches the auditor."""
        attachment = self._create_attachment("weg.txt", raw=b"weg")
        frozen = self._accepted(attachment_ids=attachment.ids).file_ids
        copy = frozen.attachment_id.sudo()
        get_place(copy).unlink()
        answer = self._open("/dossier.zip")
        archive = ZipFile(io.BytesIO(answer.content))
        self.assertFalse([n for n in archive.namelist() if n.endswith("weg.txt")])
        self.assertIn("weg.txt", archive.read("Read me.txt").decode("utf-8-sig"))

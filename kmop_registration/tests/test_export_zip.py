import hashlib
import io
import os
import subprocess
import tempfile
from datetime import date
from unittest.mock import patch
from zipfile import ZipFile

from openpyxl import load_workbook

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from ..report import dossier_archive
from ..report.dossier_files import DossierFiles
from ..report.zip_stream import ZipStream
from ..tools import make_unique, safe_name
from .files import get_place, make_content
from .test_evidence import EvidenceCommon

HOSTILE = [
    "../../etc/passwd",
    "..\\..\\windows\\system32\\evil.pdf",
    "/etc/passwd",
    "CON",
    "con.pdf",
    "LPT1.tar.gz",
    "aux .pdf",
    "=1+1.pdf",
    "+1.pdf",
    "-rf.pdf",
    "@x.pdf",
    "\tx.pdf",
    "a\nb.pdf",
    "‮fdp.exe",
    "مرحبا.pdf",
    "🎓🏳️‍🌈.pdf",
    "x" * 300 + ".pdf",
    "é" * 200 + ".pdf",
    " . ",
    "...",
    "C:\\x.pdf",
    "a:b*c?d|e<f>g.pdf",
    "naam.",
    "naam ",
    "50%25 #1.pdf",
    "x.pdf\x00.exe",
    "\ud83c",
]


class ZipCommon(EvidenceCommon):
    def _pack(self, user=None, registration=None):
        """Return the archive as ``user`` gets it, read back."""
        user = user or self.officer
        registration = (registration or self.registration).with_user(user)
        registration = registration.with_context(lang=user.lang)
        self.env.flush_all()
        pieces = registration._stream_dossier()
        return ZipFile(io.BytesIO(b"".join(pieces)))

    def _accept_file(self, file_name, raw=None, **vals):
        raw = raw or make_content(file_name)
        attachment = self._create_attachment(file_name, raw=raw)
        return self._accepted(attachment_ids=[Command.set(attachment.ids)], **vals)

    def _get_path(self, evidence):
        """Return where the content of the (only) frozen file is kept."""
        return get_place(evidence.file_ids.attachment_id)

    def _find(self, archive, ending):
        """Return the names in the archive that end like this."""
        return [name for name in archive.namelist() if name.endswith(ending)]

    def _read_me(self, archive):
        return archive.read("Read me.txt").decode("utf-8-sig")

    def _check_sums(self, archive):
        """Unpack, and check as a person would; return the code and what it says."""
        with tempfile.TemporaryDirectory() as folder:
            archive.extractall(folder)
            found = subprocess.run(
                ["sha256sum", "-c", "SHA256SUMS"],
                cwd=folder,
                capture_output=True,
                text=True,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
                check=False,
            )
        return found.returncode, found.stdout + found.stderr


@tagged("post_install", "-at_install")
class TestSafeName(EvidenceCommon):
    def test_hostile_names(self):
        for text in HOSTILE:
            name = safe_name(text)
            with self.subTest(text=text[:20]):
                self.assertNotIn("/", name)
                self.assertNotRegex(name, r'[<>:"\\|?*#%\x00-\x1f\u202e]')
                self.assertNotIn(name, ("", ".", ".."))
                self.assertEqual(name, name.strip(" ."))
                self.assertLessEqual(len(name.encode()), 100)
                self.assertNotIn(name.split(".")[0].upper().strip(), ("CON", "LPT1"))

    def test_ordinary_names_stay(self):
        for name in ("Offerte S00021.pdf", "Évaluatie (2).docx", "a.tar.gz"):
            self.assertEqual(safe_name(name), name)

    def test_ending_stays(self):
        self.assertTrue(safe_name("x" * 300 + ".pdf").endswith("x.pdf"))

    def test_unique_in_any_case(self):
        taken = set()
        names = ["a.pdf", "A.pdf", "a.PDF", "é", "e\u0301"]
        unique = [make_unique(name, taken) for name in names]
        self.assertEqual(unique[:3], ["a.pdf", "A (2).pdf", "a (3).PDF"])
        self.assertEqual(len(taken), len(names))


@tagged("post_install", "-at_install")
class TestDossierZip(ZipCommon):
    def test_content(self):
        """By requirement and indicator, with the workbook, and all of it listed."""
        evidence = self._accept_file("statuten.txt")
        archive = self._pack()
        self.assertIsNone(archive.testzip())
        indicator = evidence.indicator_ids[0]
        folders = ["Evidence", indicator.requirement_id.display_name]
        path = "/".join(
            [*folders, safe_name(indicator.display_name, 50)]
            + [f"{evidence.id} statuten.txt"]
        )
        self.assertEqual(
            archive.namelist(),
            [path, "Audit dossier.xlsx", "Read me.txt", "SHA256SUMS"],
        )
        self.assertEqual(archive.read(path), b"statuten.txt")
        sums = dict(
            reversed(line.split("  ", 1))
            for line in archive.read("SHA256SUMS").decode().splitlines()
        )
        self.assertEqual(sums[path], evidence.file_ids.sha256)
        self.assertEqual(set(sums), set(archive.namelist()) - {"SHA256SUMS"})
        for name, checksum in sums.items():
            self.assertEqual(hashlib.sha256(archive.read(name)).hexdigest(), checksum)
        self.assertIn("as they were accepted", self._read_me(archive))

    def test_checked_as_a_person_would(self):
        self._accept_file("statuten.txt")
        self._accept_file("ünïcode – 🎓.pdf")
        code, said = self._check_sums(self._pack())
        self.assertEqual(code, 0, said)
        self.assertEqual(said.count(": OK"), 4)

    def test_workbook_leads_to_the_files(self):
        evidence = self._accept_file("statuten.txt")
        archive = self._pack()
        sheet = load_workbook(io.BytesIO(archive.read("Audit dossier.xlsx")))["Files"]
        row = [cell.value for cell in sheet[2]]
        [path] = self._find(archive, "statuten.txt")
        self.assertEqual(row[0], evidence.id)
        self.assertEqual(row[5], evidence.file_ids.sha256)
        self.assertEqual(row[6], "✓ As it was accepted")
        self.assertEqual(row[7], f'=HYPERLINK("{path}","{path}")')

    def test_snapshot(self):
        """What a linked document looked like when it was accepted comes along."""
        evidence = self._link(self._create_order())
        evidence.submit()
        evidence.with_user(self.officer).accept()
        snapshot = evidence.file_ids
        self.assertEqual(snapshot.kind, "snapshot")
        [path] = self._find(self._pack(), snapshot.name)
        self.assertIn("Evidence/", path)

    def test_other_states_are_apart(self):
        """Nothing is left out, and what counts is not mixed with what doesn't."""
        draft = self._create_evidence(
            self.registration, attachment_ids=self._create_attachment("kladje.txt").ids
        )
        old, new = self._accept_file("oud.txt"), self._accept_file("nieuw.txt")
        old.supersede(new)
        archive = self._pack()
        self.assertEqual(
            self._find(archive, "kladje.txt"),
            [f"Other evidence/Draft/{draft.id} kladje.txt"],
        )
        self.assertEqual(
            self._find(archive, "oud.txt"),
            [f"Other evidence/Superseded/{old.id} oud.txt"],
        )
        self.assertEqual(len(self._find(archive, "nieuw.txt")), 1)

    def test_reports_and_certificates(self):
        audit = self._visit(self.registration, date(2026, 3, 1))
        audit.report_attachment_ids = self._create_attachment("rapport.pdf")
        self.env["kmop.exemption"].create(
            {
                "registration_id": self.registration.id,
                "requirement_id": self.env.ref(
                    "kmop_registration.kmop_requirement_activity"
                ).id,
                "ground": "iso9001",
                "attachment_ids": self._create_attachment("iso.pdf").ids,
            }
        )
        archive = self._pack()
        [report] = self._find(archive, "rapport.pdf")
        self.assertTrue(report.startswith("Audit reports/"))
        [certificate] = self._find(archive, "iso.pdf")
        self.assertTrue(certificate.startswith("Exemptions/ISO 9001"))

    def test_empty(self):
        advice = self._create_registration(service="advice")
        archive = self._pack(registration=advice)
        self.assertEqual(len(archive.namelist()), 3)

    # ------------------------------------------------------------ what went wrong

    def test_altered_file(self):
        """It is in the archive, named everywhere, and fails its check."""
        evidence = self._accept_file("statuten.txt", b"goed")
        self._accept_file("andere.txt", b"ook goed")
        self._get_path(evidence).write_bytes(b"fout")
        archive = self._pack()
        [path] = self._find(archive, "statuten.txt")
        self.assertEqual(archive.read(path), b"fout")
        self.assertIn(f"Altered since it was accepted: {path}", self._read_me(archive))
        code, said = self._check_sums(archive)
        self.assertEqual(code, 1)
        self.assertIn(f"{path}: FAILED", said)
        self.assertEqual(said.count(": OK"), 3)
        book = load_workbook(io.BytesIO(archive.read("Audit dossier.xlsx")))
        self.assertEqual(book["Files"]["G2"].value, "✗ Altered")
        cover = [cell.value for cell in book["Cover"]["B"]]
        self.assertIn("Files that aren't what was accepted: 1", cover)

    def test_missing_file(self):
        evidence = self._accept_file("statuten.txt", b"weg")
        self._get_path(evidence).unlink()
        archive = self._pack()
        self.assertFalse(self._find(archive, "statuten.txt"))
        self.assertIn("Missing: Evidence/", self._read_me(archive))
        code, said = self._check_sums(archive)
        self.assertEqual(code, 1)
        self.assertIn("statuten.txt: FAILED open or read", said)
        book = load_workbook(io.BytesIO(archive.read("Audit dossier.xlsx")))
        self.assertEqual(book["Files"]["G2"].value, "✗ Missing")
        self.assertIsNone(book["Files"]["H2"].value)

    def _get_states(self):
        """Return what the workbook alone says of each file."""
        registration = self.registration.with_context(lang="en_US")
        self.env.flush_all()
        file = io.BytesIO()
        registration._write_workbook(file)
        return [cell.value for cell in load_workbook(file)["Files"]["G"]][1:]

    def test_workbook_alone_sees_what_is_missing(self):
        """By what Odoo notes of a file: the workbook alone reads none of them."""
        for name, size in (("a.txt", 0), ("b.txt", 18), ("c.txt", None)):
            attachment = self._accept_file(name).file_ids.attachment_id
            if size is not None:
                self.env.flush_all()
                self.env.cr.execute(
                    "UPDATE ir_attachment SET file_size = %s WHERE id = %s",
                    [size, attachment.id],
                )
                self.env.invalidate_all()
        self.assertEqual(self._get_states(), ["✗ Missing", "✗ Altered", "✓ There"])

    def test_hostile_names(self):
        kept = 0
        for name in HOSTILE:
            name = name.replace("\x00", "").replace("\ud83c", "_")
            if name.endswith((".exe", ".gz")):
                with self.assertRaises(ValidationError):
                    self._accept_file(name)
            else:
                self._accept_file(name)
                kept += 1
        archive = self._pack()
        self.assertIsNone(archive.testzip())
        names = archive.namelist()
        self.assertEqual(len(names), kept + 3)
        self.assertEqual(len({name.casefold() for name in names}), len(names))
        for name in names:
            self.assertFalse(name.startswith("/"))
            self.assertLess(len(name.encode()), 250)
            for part in name.split("/"):
                self.assertEqual(part, safe_name(part, 250))
        code, said = self._check_sums(archive)
        self.assertEqual(code, 0, said)

    def test_same_names(self):
        files = [self._create_attachment(name) for name in ("a.txt", "A.TXT", "a.txt")]
        evidence = self._create_evidence(
            self.registration, attachment_ids=[file.id for file in files]
        )
        names = self._find(self._pack(), ("txt", "TXT"))
        mine = [name for name in names if f"/{evidence.id} " in name]
        self.assertEqual(len({name.casefold() for name in mine}), 3)

    def test_empty_file(self):
        """None can be added; one that got there all the same stops nothing."""
        evidence = self._accept_file("leeg.txt", b"x")
        attachment = evidence.file_ids.attachment_id.sudo()
        self.env.cr.execute(
            "UPDATE ir_attachment SET store_fname = NULL, file_size = 0 WHERE id = %s",
            [attachment.id],
        )
        self.env.cr.execute(
            "UPDATE kmop_evidence_file SET size = 0, sha256 = %s WHERE id = %s",
            [hashlib.sha256(b"").hexdigest(), evidence.file_ids.id],
        )
        self.env.invalidate_all()
        archive = self._pack()
        [path] = self._find(archive, "leeg.txt")
        self.assertEqual(archive.read(path), b"")
        self.assertEqual(self._check_sums(archive)[0], 0)

    def test_kept_in_the_database(self):
        evidence = self._accept_file("databank.txt", b"hier")
        self.env.cr.execute(
            "UPDATE ir_attachment SET store_fname = NULL, db_datas = %s WHERE id = %s",
            [b"hier", evidence.file_ids.attachment_id.id],
        )
        self.env.invalidate_all()
        archive = self._pack()
        [path] = self._find(archive, "databank.txt")
        self.assertEqual(archive.read(path), b"hier")

    # -------------------------------------------------------------------- access

    def test_files_that_the_reader_may_not_open(self):
        """Said, not sent."""
        file = self._create_attachment("loon.pdf")
        self._create_evidence(self.registration, attachment_ids=file.ids)
        # As a draft of before may link a file of another record.
        order = self._create_order(user_id=self.manager.id)
        file.sudo().write({"res_model": "sale.order", "res_id": order.id})
        self.env.invalidate_all()
        archive = self._pack(self.reader)
        self.assertFalse(self._find(archive, "loon.pdf"))
        self.assertIn("Left out, as this user may not open it", self._read_me(archive))

    def test_evidence_that_a_rule_hides(self):
        self._accept_file("zichtbaar.txt", name="Zichtbaar")
        self._accept_file("verborgen.txt", name="Verborgen")
        self.env["ir.rule"].create(
            {
                "name": "Hidden",
                "model_id": self.env["ir.model"]._get_id("kmop.evidence"),
                "domain_force": "[('name', '!=', 'Verborgen')]",
            }
        )
        archive = self._pack(self.reader)
        self.assertTrue(self._find(archive, "zichtbaar.txt"))
        self.assertFalse(self._find(archive, "verborgen.txt"))

    def test_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("nl_BE")
        self.env["ir.module.module"]._load_module_terms(
            ["kmop_registration"], ["nl_BE"]
        )
        self._accept_file("statuten.txt")
        self.reader.lang = "nl_BE"
        [path] = self._find(self._pack(self.reader), "statuten.txt")
        self.assertTrue(path.startswith("Bewijsstukken/"))

    def test_missing_report_of_an_audit(self):
        """Others than evidence go missing too: the pack is there without them."""
        report = self._create_attachment("verslag.pdf", raw=b"%PDF-1.4 verslag")
        audit = self.registration.start_audit()
        audit.sudo().report_attachment_ids = report
        get_place(report).unlink()
        archive = self._pack()
        self.assertFalse(self._find(archive, "verslag.pdf"))
        self.assertIn("SHA256SUMS", archive.namelist())

    def test_more_is_missing_than_is_named(self):
        with patch.object(dossier_archive, "NAMED", 1):
            for name in ("a.txt", "b.txt"):
                evidence = self._accept_file(name, name.encode())
                self._get_path(evidence).unlink()
            self.assertIn("and 1 more: see the workbook", self._read_me(self._pack()))

    def test_missing_file_of_a_draft(self):
        attachment = self._create_attachment("klad.txt", raw=b"klad")
        self._create_evidence(self.registration, attachment_ids=attachment.ids)
        get_place(attachment).unlink()
        archive = self._pack()
        self.assertRegex(self._read_me(archive), "Missing: .*klad.txt")
        self.assertNotIn(b"klad.txt", archive.read("SHA256SUMS"))

    def test_folder_without_an_indicator(self):
        files = DossierFiles(self.env)
        names = files.get_folder_names("accepted", self.env["kmop.indicator"])
        self.assertEqual(names, ("Evidence", "No indicator"))


@tagged("post_install", "-at_install")
class TestZipStream(EvidenceCommon):
    def test_two_gigabytes(self):
        """Sent while it is read: what is held at a time stays small."""
        size, piece = 2**31 + 2**20, b"\0" * 2**20
        archive = ZipStream(date(2026, 5, 4))
        largest = total = 0
        with tempfile.TemporaryFile() as file:
            pieces = (piece for _i in range(size // len(piece)))
            for found in archive.add("groot.txt", pieces, size):
                largest = max(largest, len(found))
                total += len(found)
                file.write(found)
            for rest in [*archive.add_sums("SHA256SUMS"), *archive.close()]:
                file.write(rest)
            with ZipFile(file) as packed:
                self.assertEqual(packed.getinfo("groot.txt").file_size, size)
                self.assertEqual(packed.namelist(), ["groot.txt", "SHA256SUMS"])
        self.assertLessEqual(largest, 2 * len(piece))
        self.assertTrue(total)

    def test_packed_kinds_are_stored(self):
        archive = ZipStream(date(2026, 5, 4))
        content = b"x" * 10_000
        sent = b"".join(
            [
                *archive.add("a.pdf", [content], len(content)),
                *archive.add("a.txt", [content], len(content)),
                *archive.add_sums("SHA256SUMS"),
                *archive.close(),
            ]
        )
        packed = ZipFile(io.BytesIO(sent))
        self.assertEqual(packed.getinfo("a.pdf").compress_size, len(content))
        self.assertLess(packed.getinfo("a.txt").compress_size, 200)


@tagged("post_install", "-at_install")
class TestDossierRoute(HttpCase, ZipCommon):
    def _get(self, method="GET"):
        self.authenticate(self.reader.login, self.reader.login)
        url = f"/kmop/registration/{self.registration.id}/dossier.zip"
        return self.url_open(url, method=method)

    def test_download(self):
        self._accept_file("statuten.txt")
        answer = self._get()
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["Content-Type"], "application/zip")
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        self.assertNotIn("Content-Length", answer.headers)
        archive = ZipFile(io.BytesIO(answer.content))
        self.assertIsNone(archive.testzip())
        self.assertTrue(self._find(archive, "statuten.txt"))
        filename = answer.headers["Content-Disposition"]
        self.assertRegex(filename, r"Dossier%20\d{4}-\d\d-\d\d\.zip$")

    def test_head(self):
        answer = self._get("HEAD")
        self.assertEqual((answer.status_code, answer.content), (200, b""))

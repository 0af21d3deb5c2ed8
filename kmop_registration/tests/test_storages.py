import io
import json
import os
from zipfile import ZipFile

from odoo import http
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .files import get_place
from .test_audit_page import PDF, AuditPageCase
from .test_export_background import BackgroundCommon

LOCATION = "ir_attachment.location"


class StorageTests:
    """From upload to download, on one storage: ``kind`` says which it must be."""

    def _get_kinds(self, attachments):
        """Return where the contents are: ``db``, ``file`` or the code of a storage."""
        kinds = set()
        for attachment in attachments.sudo():
            code, sign, _path = (attachment.store_fname or "").partition("://")
            kinds.add(code if sign else "file" if attachment.store_fname else "db")
        return kinds

    def _tamper(self, attachment, content):
        """Change the content behind Odoo's back; lose it where there is none."""
        self.env.flush_all()
        attachment = attachment.sudo()
        if not attachment.store_fname:
            self.env.cr.execute(
                "UPDATE ir_attachment SET db_datas = %s WHERE id = %s",
                [content, attachment.id],
            )
        elif content is None:
            get_place(attachment).unlink()
        else:
            get_place(attachment).write_bytes(content)
        self.env.invalidate_all()

    def _accept_pdf(self, name="polis.pdf"):
        # Of its own: others with the same content would share its place on the disk.
        raw = b"%PDF-1.4 " + os.urandom(40).hex().encode()
        attachment = self._create_attachment(name, raw=raw)
        return self._accepted(attachment_ids=attachment.ids), raw

    def _pack(self):
        self.env.flush_all()
        registration = self.registration.with_user(self.officer)
        pieces = registration._stream_dossier()
        return ZipFile(io.BytesIO(b"".join(pieces)))

    def _read_packed(self, archive, ending):
        (name,) = (name for name in archive.namelist() if name.endswith(ending))
        return archive.read(name)

    def _store_in_database(self):
        if "fs.storage" in self.env:
            storages = self.env["fs.storage"].search([])
            storages.use_as_default_for_attachments = False
        self.env["ir.config_parameter"].sudo().set_param(LOCATION, "db")

    # ------------------------------------------------------------------ whole and well

    def test_kept_as_it_was_uploaded(self):
        evidence, raw = self._accept_pdf()
        file = evidence.file_ids
        self.assertEqual(file.attachment_id, evidence.attachment_ids)
        self.assertEqual(file.size, len(raw))
        self.assertEqual(evidence.verify()[evidence.id]["state"], "intact")
        self.assertEqual(self._get_kinds(file.attachment_id), {self.kind})

    def test_snapshot(self):
        evidence = self._link(self._create_order())
        evidence.submit()
        evidence.with_user(self.officer).accept()
        self.assertEqual(evidence.file_ids.kind, "snapshot")
        self.assertEqual(evidence.verify()[evidence.id]["state"], "intact")
        self.assertEqual(self._get_kinds(evidence.file_ids.attachment_id), {self.kind})

    def test_copy_of_another_record(self):
        raw = b"%PDF-1.4 van een ander"
        owner = {"res_model": "kmop.registration", "res_id": self.registration.id}
        other = self._create_attachment("cv.pdf", raw=raw, **owner)
        evidence = self._accepted(attachment_ids=other.ids)
        self.assertNotEqual(evidence.attachment_ids, other)
        self.assertEqual(evidence.file_ids.attachment_id.raw, raw)
        self.assertEqual(self._get_kinds(evidence.attachment_ids), {self.kind})

    def test_archive(self):
        _evidence, raw = self._accept_pdf()
        draft = self._create_attachment("klad.pdf", raw=b"%PDF klad")
        self._create_evidence(self.registration, attachment_ids=draft.ids)
        archive = self._pack()
        self.assertIsNone(archive.testzip())
        self.assertEqual(self._read_packed(archive, "polis.pdf"), raw)
        self.assertEqual(self._read_packed(archive, "klad.pdf"), b"%PDF klad")

    def test_export_in_the_background(self):
        _evidence, raw = self._accept_pdf()
        export = self._request()
        self._run()
        self.assertEqual((export.state, export.error), ("done", False))
        self.assertEqual(self._get_kinds(export.part_ids), {self.kind})
        self.authenticate(self.reader.login, self.reader.login)
        answer = self.url_open(export.action_download()["url"])
        archive = ZipFile(io.BytesIO(answer.content))
        self.assertEqual(self._read_packed(archive, "polis.pdf"), raw)

    def test_downloads_of_the_auditor(self):
        evidence, raw = self._accept_pdf()
        path = f"/files/{evidence.file_ids.id}"
        shown, saved = self._open(path), self._open(path, download=1)
        self.assertEqual((shown.content, saved.content), (raw, raw))
        self.assertEqual(shown.headers["Content-Type"], "application/pdf")
        for answer, how in ((shown, "inline"), (saved, "attachment")):
            self.assertRegex(answer.headers["Content-Disposition"], f"^{how}")
            self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(answer.headers["Cache-Control"], "no-store")
        archive = ZipFile(io.BytesIO(self._open("/dossier.zip").content))
        self.assertEqual(self._read_packed(archive, "polis.pdf"), raw)

    def test_upload(self):
        """As the browser does it: from the form of the host to accepted evidence."""
        self.authenticate(self.officer.login, self.officer.login)
        answer = self.url_open(
            "/web/binary/upload_attachment",
            data={
                "csrf_token": http.Request.csrf_token(self),
                "model": "kmop.evidence",
                "id": 0,
            },
            files={"ufile": ("polis.pdf", PDF, "application/pdf")},
        )
        ids = [one["id"] for one in json.loads(answer.text)]
        evidence = self._accepted(attachment_ids=ids)
        self.assertEqual(evidence.file_ids.attachment_id.ids, ids)
        self.assertEqual(self._get_kinds(evidence.attachment_ids), {self.kind})

    # ------------------------------------------------------------------ altered or lost

    def test_altered(self):
        """Also where it has the same length, and whoever asks."""
        evidence, raw = self._accept_pdf()
        for content in (raw[:-1] + b"!", raw + b"!", raw[:5]):
            self._tamper(evidence.file_ids.attachment_id, content)
            with self.subTest(length=len(content)):
                found = evidence.with_context(bin_size=True).verify()[evidence.id]
                self.assertEqual(found["state"], "altered")
                self.assertEqual(found["files"], {"polis.pdf": "altered"})
        archive = self._pack()
        self.assertIn(b"Altered since it was accepted", archive.read("Read me.txt"))
        with mute_logger("odoo.addons.kmop_registration.controllers.audit"):
            answer = self._open(f"/files/{evidence.file_ids.id}")
        self.assertEqual(answer.status_code, 404)

    @mute_logger(
        "odoo.addons.base.models.ir_attachment",
        "odoo.addons.fs_attachment.models.ir_attachment",
        "odoo.addons.kmop_registration.controllers.audit",
    )
    def test_lost(self):
        evidence, _raw = self._accept_pdf()
        self._tamper(evidence.file_ids.attachment_id, None)
        self.assertEqual(evidence.verify()[evidence.id]["state"], "missing")
        archive = self._pack()
        self.assertIn(b"Missing: ", archive.read("Read me.txt"))
        self.assertFalse([n for n in archive.namelist() if n.endswith("polis.pdf")])
        answer = self._open(f"/files/{evidence.file_ids.id}")
        self.assertEqual(answer.status_code, 404)

    @mute_logger(
        "odoo.addons.base.models.ir_attachment",
        "odoo.addons.fs_attachment.models.ir_attachment",
    )
    def test_lost_before_it_is_accepted(self):
        raw = b"%PDF-1.4 " + os.urandom(40).hex().encode()
        attachment = self._create_attachment("weg.pdf", raw=raw)
        evidence = self._create_evidence(
            self.registration, attachment_ids=attachment.ids
        )
        evidence.submit()
        self._tamper(attachment, None)
        with self.assertRaisesRegex(UserError, "weg.pdf is missing"):
            evidence.accept()
        self.assertEqual(evidence.state, "submitted")


@tagged("post_install", "-at_install")
class TestHostStorage(StorageTests, AuditPageCase, BackgroundCommon):
    """On the storage that this database is set to: `./dev test` has several."""

    kind = os.environ.get("KMOP_STORAGE", "file")

    def test_moved_to_the_database(self):
        """An administrator moves all files; what is kept stays as it was."""
        evidence, raw = self._accept_pdf()
        page = self._link(self._create_order())
        page.submit()
        page.with_user(self.officer).accept()
        lost, _raw = self._accept_pdf("weg.pdf")
        self._tamper(lost.file_ids.attachment_id, None)
        kept = (evidence | page).file_ids.attachment_id
        before = kept.mapped(lambda a: (a.name, a.mimetype, a.checksum, a.file_size))
        self._store_in_database()
        with mute_logger(
            "odoo.addons.base.models.ir_attachment",
            "odoo.addons.fs_attachment.models.ir_attachment",
        ):
            self.env["ir.attachment"].force_storage()
            self.env.invalidate_all()
            states = {
                e: v["state"] for e, v in (evidence | page | lost).verify().items()
            }
        self.assertEqual(self._get_kinds(kept), {"db"})
        after = kept.mapped(lambda a: (a.name, a.mimetype, a.checksum, a.file_size))
        self.assertEqual(after, before)
        self.assertEqual(kept[0].raw, raw)
        self.assertEqual(
            states, {evidence.id: "intact", page.id: "intact", lost.id: "missing"}
        )


@tagged("post_install", "-at_install")
class TestDatabaseStorage(StorageTests, AuditPageCase, BackgroundCommon):
    """With files in the database itself."""

    kind = "db"

    def setUp(self):
        super().setUp()
        self._store_in_database()

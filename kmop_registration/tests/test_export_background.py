import io
import json
from datetime import timedelta
from unittest.mock import patch
from zipfile import ZipFile

from openpyxl import load_workbook

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..models.base import kmop_export, kmop_export_run
from ..report.dossier_archive import DossierArchive
from .test_evidence import EvidenceCommon


class BackgroundCommon(EvidenceCommon):
    def _request(self, kind="zip", user=None):
        registration = self.registration.with_user(user or self.reader)
        return registration.env["kmop.export"]._request(registration, kind)

    def _run(self):
        cron = self.env.ref("kmop_registration.ir_cron_kmop_export")
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.assertIs(cron.method_direct_trigger(), True)
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestExportBackground(BackgroundCommon):
    def test_archive(self):
        self._accepted(attachment_ids=self._create_attachment("a.txt").ids)
        export = self._request()
        self.assertEqual((export.state, export.progress), ("waiting", 0))
        self._run()
        self.assertEqual((export.state, export.progress), ("done", 100))
        self.assertEqual(export.total, 1)
        archive = ZipFile(io.BytesIO(export.part_ids.raw))
        self.assertIsNone(archive.testzip())
        self.assertTrue([n for n in archive.namelist() if n.endswith("a.txt")])
        attachment = export.part_ids
        self.assertEqual(attachment.mimetype, "application/zip")
        self.assertRegex(attachment.name, r"^Leerhuis Test.* Dossier \S+\.zip$")

    def test_workbook(self):
        export = self._request("xlsx")
        self._run()
        workbook = load_workbook(io.BytesIO(export.part_ids.raw))
        self.assertEqual(workbook.sheetnames[0], "Cover")
        # With the rights of who asked for it.
        self.assertNotIn("Projects", workbook.sheetnames)
        facts = {row[0].value: row[1].value for row in workbook["Cover"].iter_rows()}
        self.assertEqual(facts["Made by"], self.reader.name)

    def test_message(self):
        export = self._request()
        self._run()
        message = self.env["mail.message"].search(
            [("model", "=", "kmop.export"), ("res_id", "=", export.id)]
        )
        self.assertIn("is ready", message.body)
        self.assertEqual(message.partner_ids, self.reader.partner_id)

    def _get_told(self):
        """Return what the screens of who asked were told, oldest first."""
        notifications = self.env["bus.bus"].sudo().search([], order="id")
        messages = [json.loads(line.message) for line in notifications]
        return [m["payload"] for m in messages if m["type"] == "kmop_export"]

    def test_screens_are_told(self):
        """Of each step: that it began, how far it is, and that it is ready."""
        for number in range(3):
            files = self._create_attachment(f"{number}.txt", raw=b"%d" % number)
            self._accepted(attachment_ids=files.ids)
        export = self._request()
        self.env["bus.bus"].sudo().search([]).unlink()
        with patch.object(kmop_export_run, "PAUSE", 0):
            self._run()
        told = self._get_told()
        self.assertEqual({line["id"] for line in told}, {export.id})
        states = [line["state"] for line in told]
        self.assertEqual(states, ["running"] * 4 + ["done"])
        self.assertEqual(export.done, 3)
        self.assertIn("is ready", told[-1]["message"])

    def test_second_request(self):
        """The same while it is under way, and for as long as it is fresh."""
        export = self._request()
        self.assertEqual(self._request(), export)
        self.assertNotEqual(self._request("xlsx"), export)
        self.assertNotEqual(self._request(user=self.officer), export)
        self._run()
        self.assertEqual(self._request(), export)
        age = timedelta(minutes=kmop_export.FRESH_MINUTES + 1)
        export.sudo().date_done = fields.Datetime.now() - age
        self.assertNotEqual(self._request(), export)

    def test_failure(self):
        """Told to who asked; the next one is made all the same."""
        export = self._request()
        failing = patch.object(
            DossierArchive, "stream", side_effect=OSError("disk full")
        )
        with (
            failing,
            mute_logger(kmop_export_run.__name__),
        ):
            self._run()
        self.assertEqual(export.state, "failed")
        self.assertIn("disk full", export.error)
        again = self._request()
        self.assertNotEqual(again, export)
        self._run()
        self.assertEqual(again.state, "done")

    def test_failure_to_keep(self):
        """Where there is room for the file, but not for what goes with it."""
        export = self._request()
        attachments = self.env.registry["ir.attachment"]
        full = patch.object(attachments, "_file_write", side_effect=OSError("full"))
        with full, mute_logger(kmop_export_run.__name__):
            self._run()
        self.assertEqual((export.state, export.error), ("failed", "full"))
        self.assertFalse(export.part_ids)

    def test_interrupted(self):
        """Who asked is told: nobody else would."""
        export = self._request()
        export.sudo().state = "running"
        with mute_logger(kmop_export_run.__name__):
            self._run()
        self.assertEqual(export.state, "failed")
        self.assertIn("interrupted", export.error)
        message = self.env["mail.message"].search(
            [("model", "=", "kmop.export"), ("res_id", "=", export.id)]
        )
        self.assertIn("failed", message.body)

    def test_rights_taken_meanwhile(self):
        """Who may not read the registration any more gets nothing of it."""
        export = self._request()
        group = self.env.ref("kmop_registration.group_kmop_user")
        self.reader.group_ids -= group
        with mute_logger(kmop_export_run.__name__):
            self._run()
        self.assertEqual(export.sudo().state, "failed")
        self.assertFalse(export.sudo().part_ids)

    def test_only_for_who_asked(self):
        export = self._request()
        self._run()
        for user in (self.officer, self.manager, self.salesman, self.stranger):
            with self.subTest(user=user.login):
                mine = export.with_user(user)
                self.assertFalse(mine.has_access("read"))
                with self.assertRaises(AccessError):
                    export.part_ids.with_user(user).read(["raw"])
        self.assertTrue(export.part_ids.with_user(self.reader).raw)

    def test_nobody_writes(self):
        export = self._request()
        for user in (self.reader, self.manager):
            for operation in ("write", "create", "unlink"):
                self.assertFalse(export.with_user(user).has_access(operation))

    def test_who_may_ask(self):
        for user in (self.salesman, self.surveyor):
            with self.subTest(user=user.login), self.assertRaises(UserError):
                self._request(user=user)
        with self.assertRaises(AccessError):
            self._request(user=self.stranger)

    def test_buttons(self):
        """Straight away where it is soon done, else in the background."""
        registration = self.registration.with_user(self.reader)
        url = f"/kmop/registration/{registration.id}"
        self.assertEqual(registration.action_export_zip()["url"], f"{url}/dossier.zip")
        self.assertEqual(registration.action_export_xlsx()["url"], f"{url}/audit.xlsx")
        self._accepted(attachment_ids=self._create_attachment("a.txt").ids)
        with patch.object(kmop_export, "DIRECT_BYTES", 1):
            action = registration.action_export_zip()
            self.assertEqual(action["res_model"], "kmop.export")
            self.assertIn("url", registration.action_export_xlsx())
        with patch.object(kmop_export, "DIRECT_ROWS", 0):
            self.assertEqual(
                registration.action_export_xlsx()["res_model"], "kmop.export"
            )

    def test_cleaning(self):
        old, young, waiting = self._request(), self._request("xlsx"), None
        self._run()
        waiting = self._request(user=self.officer)
        attachment = old.sudo().part_ids
        self.assertTrue(attachment)
        past = fields.Datetime.now() - timedelta(days=kmop_export.KEPT_DAYS, hours=1)
        self.env.cr.execute(
            "UPDATE kmop_export SET create_date = %s WHERE id IN %s",
            [past, (old.id, waiting.id)],
        )
        self.env.invalidate_all()
        self.env["kmop.export"]._gc_exports()
        self.assertFalse(old.exists() or attachment.exists())
        self.assertTrue(young.exists() and waiting.exists())

    def test_not_there_yet(self):
        with self.assertRaisesRegex(UserError, "ask for it again"):
            self._request("xlsx").action_download()

    def test_dossiers_count(self):
        """Whoever sees quotes gets them in the workbook: they take time too."""
        self.officer.group_ids += self.env.ref("sales_team.group_sale_manager")
        registration = self.registration.with_user(self.officer)
        exports = registration.env["kmop.export"]
        self.assertFalse(exports._is_long(registration, "xlsx"))
        with patch.object(kmop_export, "DIRECT_ROWS", 0):
            self._create_order(
                kmop_service="training",
                kmop_registration_id=registration.id,
                kmop_date_start=fields.Date.today(),
            ).action_confirm()
            registration.invalidate_recordset()
            self.assertTrue(exports._is_long(registration, "xlsx"))

    def test_out_of_time(self):
        """Where the scheduler has no more time, the next run goes on."""
        exports = self._request(), self._request("xlsx")
        cron = self.registry["ir.cron"]
        with patch.object(cron, "_commit_progress", lambda *_args, **_counts: 0):
            self._run()
        self.assertEqual([e.state for e in exports], ["done", "waiting"])
        self._run()
        self.assertEqual([e.state for e in exports], ["done", "done"])


@tagged("post_install", "-at_install")
class TestExportDownload(HttpCase, BackgroundCommon):
    def test_download(self):
        export = self._request()
        self._run()
        url = export.action_download()["url"]
        for user, status in ((self.reader, 200), (self.officer, 404)):
            self.authenticate(user.login, user.login)
            with self.subTest(user=user.login):
                self.assertEqual(self.url_open(url).status_code, status)

    def test_file_in_parts(self):
        """It comes out whole, whatever the number of parts that it is kept in."""
        self._accepted(attachment_ids=self._create_attachment("a.txt").ids)
        export = self._request()
        with patch.object(kmop_export_run, "PART_BYTES", 1000):
            self._run()
        parts = export.part_ids.sorted("id")
        self.assertGreater(len(parts), 3)
        self.authenticate(self.reader.login, self.reader.login)
        answer = self.url_open(export.action_download()["url"])
        self.assertEqual(answer.content, b"".join(part.raw for part in parts))
        self.assertIsNone(ZipFile(io.BytesIO(answer.content)).testzip())
        self.assertEqual(answer.headers["Content-Type"], "application/zip")
        self.assertEqual(answer.headers["Content-Length"], str(len(answer.content)))
        self.assertRegex(answer.headers["Content-Disposition"], "^attachment.*zip$")
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")

    def test_nothing_to_send(self):
        export = self._request()
        self.authenticate(self.reader.login, self.reader.login)
        for id_ in (export.id, 0, 2**40):
            with self.subTest(id=id_):
                self.assertEqual(self.url_open(f"/kmop/export/{id_}").status_code, 404)

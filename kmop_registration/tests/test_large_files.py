import os
from pathlib import Path

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.ir_attachment import MAX_SIZE
from .test_audit_page import AuditPageCase
from .test_evidence import EvidenceCommon

# What may be held at a time, whatever the size of a file.
MEMORY = 48 * 2**20


def read_peak():
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    return 0


class LargeCommon(EvidenceCommon):
    def _create_large(self, name, size):
        """Return an attachment of ``size``, nearly all of it a hole on the disk."""
        self.company.kmop_evidence_max_mb = size // 2**20 + 1
        attachment = self._create_attachment(name, raw=b"begin").sudo()
        path = Path(attachment._full_path("ff/large-of-a-test"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"begin")
        os.truncate(path, size)
        self.addCleanup(path.unlink, missing_ok=True)
        self.env.cr.execute(
            "UPDATE ir_attachment SET store_fname = 'ff/large-of-a-test',"
            " file_size = %s WHERE id = %s",
            [size, attachment.id],
        )
        self.env.invalidate_all()
        return attachment, path

    def _measure(self, function):
        """Return how far the memory rises in ``function``, and what it returns."""
        Path("/proc/self/clear_refs").write_text("5")
        before = read_peak()
        found = function()
        return read_peak() - before, found


@tagged("post_install", "-at_install")
class TestLargeFiles(LargeCommon):
    def test_two_gigabytes(self):
        """Accepted, checked and packed, a piece at a time."""
        attachment, path = self._create_large("scan.pdf", MAX_SIZE)
        evidence = self._create_evidence(
            self.registration, attachment_ids=[Command.set(attachment.ids)]
        )
        evidence.submit()
        officers = evidence.with_user(self.officer)
        grown, _none = self._measure(officers.accept)
        self.assertLess(grown, MEMORY)
        file = evidence.file_ids
        self.assertEqual(file.size, MAX_SIZE)
        self.assertEqual(file.attachment_id.sudo().store_fname, attachment.store_fname)
        self.assertEqual(file.attachment_id.mimetype, "application/pdf")
        registration = self.registration.with_user(self.officer)
        self.env.flush_all()
        pieces = registration.env["kmop.dossier.zip"]._stream(registration)
        grown, size = self._measure(lambda: sum(map(len, pieces)))
        self.assertLess(grown, MEMORY)
        self.assertGreater(size, MAX_SIZE)
        os.truncate(path, 5)
        self.assertEqual(evidence.verify()[evidence.id]["state"], "altered")
        path.unlink()
        self.assertEqual(evidence.verify()[evidence.id]["state"], "missing")

    def test_memory_is_measured(self):
        grown, _content = self._measure(lambda: bytearray(2 * MEMORY))
        self.assertGreater(grown, MEMORY)

    @mute_logger("odoo.addons.base.models.ir_attachment")
    def test_gone_before_it_is_accepted(self):
        """What isn't there isn't accepted as an empty file."""
        attachment, path = self._create_large("weg.pdf", 100)
        path.unlink()
        evidence = self._create_evidence(
            self.registration, attachment_ids=[Command.set(attachment.ids)]
        )
        evidence.submit()
        with self.assertRaisesRegex(UserError, "weg.pdf is missing"):
            evidence.with_user(self.officer).accept()


@tagged("post_install", "-at_install")
class TestLargeFileOnThePage(LargeCommon, AuditPageCase):
    def test_download(self):
        """Sent from the disk to the auditor, a piece at a time."""
        size = 4 * MEMORY
        attachment, _path = self._create_large("scan.pdf", size)
        file = self._accepted(attachment_ids=attachment.ids).file_ids
        url = f"{self.base_url()}{self.base}/files/{file.id}"

        def download():
            params = {"access_token": self.token}
            with self.opener.get(url, params=params, stream=True) as answer:
                self.assertEqual(answer.status_code, 200)
                return sum(map(len, answer.iter_content(2**20)))

        grown, received = self._measure(download)
        self.assertEqual(received, size)
        self.assertLess(grown, MEMORY)

import os
from pathlib import Path

from odoo.fields import Command
from odoo.tests import tagged

from ..models.base import kmop_export_run
from .test_audit_page import AuditPageCase
from .test_export_background import BackgroundCommon

MB = 2**20
# One file, and how many of them there are.
SIZE, COUNT = 24 * MB, 8
# The content of one file, and what the host and the archive do with it.
MEMORY = 4 * SIZE


def read_peak():
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    return 0


def measure(function):
    """Return how far the memory rises in ``function``, and what it returns."""
    Path("/proc/self/clear_refs").write_text("5")
    before = read_peak()
    found = function()
    return read_peak() - before, found


@tagged("post_install", "-at_install")
class TestLargeFiles(AuditPageCase, BackgroundCommon):
    """Of many large files, one at a time is in memory: that of all is far more."""

    def _create_large(self, count=COUNT):
        """Return submitted evidence with so many large files, none of them alike."""
        self.company.kmop_evidence_max_mb = SIZE // MB
        files = self.env["ir.attachment"]
        for number in range(count):
            # No text: that would be indexed.
            raw = b"%PDF-1.4" + os.urandom(SIZE - 8)
            files += self._create_attachment(f"scan {number}.pdf", raw=raw)
            self.env.flush_all()
            self.env.invalidate_all()
        evidence = self._create_evidence(
            self.registration, attachment_ids=[Command.set(files.ids)]
        )
        evidence.submit()
        return evidence.with_user(self.officer)

    def test_accepting_and_packing(self):
        evidence = self._create_large()
        registration = evidence.registration_id
        for function in (
            evidence.accept,
            evidence.verify,
            lambda: sum(map(len, registration._stream_dossier())),
        ):
            grown, found = measure(function)
            self.assertLess(grown, MEMORY)
        self.assertGreater(found, COUNT * SIZE)
        self.assertEqual(evidence.verify()[evidence.id]["state"], "intact")

    def test_export_in_the_background(self):
        self._create_large().accept()
        export = self._request()
        grown, _none = measure(self._run)
        self.assertEqual(export.state, "done")
        self.assertLess(grown, MEMORY)
        self.assertGreater(len(export.part_ids), 1)
        sizes = export.part_ids.mapped("file_size")
        self.assertLessEqual(max(sizes), kmop_export_run.PART_BYTES)
        self.assertGreater(sum(sizes), COUNT * SIZE)
        self.assertEqual(export.size, -(-sum(sizes) // MB))

    def test_download_by_the_auditor(self):
        evidence = self._create_large(1)
        # Of a kind that the auditor gets to see.
        evidence.accept()
        url = f"{self.base_url()}{self.base}/files/{evidence.file_ids.id}"

        def download():
            params = {"access_token": self.token}
            with self.opener.get(url, params=params, stream=True) as answer:
                self.assertEqual(answer.status_code, 200)
                return sum(map(len, answer.iter_content(MB)))

        grown, received = measure(download)
        self.assertEqual(received, SIZE)
        self.assertLess(grown, MEMORY)

    def test_memory_is_measured(self):
        grown, _content = measure(lambda: bytearray(2 * MEMORY))
        self.assertGreater(grown, MEMORY)

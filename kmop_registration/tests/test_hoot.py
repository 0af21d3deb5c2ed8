import re
from pathlib import Path

from odoo.tests import HttpCase, tagged
from odoo.tools import file_path

TESTS = Path(file_path("kmop_registration/static/tests"))


@tagged("post_install", "-at_install")
class TestHoot(HttpCase):
    def test_unit(self):
        """Run every static/tests/*.test.js in one start of the browser.

        A suite that isn't found passes with no tests: those that passed are counted.
        """
        with self.assertLogs(self._logger.name, "INFO") as logs:
            self.browser_js(
                f"/web/tests?headless&loglevel=2&preset=desktop&timeout=15000"
                f"&id={self._get_hoot_id('@kmop_registration')}",
                "",
                "",
                login="admin",
                timeout=300,
                success_signal="[HOOT] Test suite succeeded",
                error_checker=lambda message: "[HOOT]" not in message,
            )
        passed = re.findall(r"Passed (\d+) tests", "\n".join(logs.output))
        self.assertTrue(passed, "Hoot didn't say how many tests it ran")
        counts = [self._count_tests(path) for path in TESTS.rglob("*.test.js")]
        self.assertTrue(counts and all(counts), "A file without tests")
        self.assertEqual(int(passed[-1]), sum(counts))

    def _get_hoot_id(self, name):
        """Return what Hoot calls a suite by, as web's own test_js.py computes it."""
        result = 0
        for char in name:
            result = ((result << 5) - result + ord(char)) & 0xFFFFFFFF
        return f"{result:08x}"

    def _count_tests(self, path):
        return len(re.findall(r"^test\(", path.read_text(), re.MULTILINE))

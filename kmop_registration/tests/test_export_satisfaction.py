import io
from tempfile import TemporaryFile

from openpyxl import load_workbook

from odoo.tests import freeze_time, tagged

from .test_satisfaction import SatisfactionCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-05")
class TestExportSatisfaction(SatisfactionCommon):
    """The sheet of the audit workbook: figures, and the charts of them."""

    def _export(self):
        registration = self.registration.with_user(self.officer)
        with TemporaryFile() as file:
            registration.env["kmop.audit.xlsx"]._write(registration, file)
            file.seek(0)
            return load_workbook(io.BytesIO(file.read()))["Satisfaction"]

    def _get_values(self, sheet):
        return [
            [cell.value for cell in row if cell.value is not None]
            for row in sheet.iter_rows()
        ]

    def test_means_and_charts(self):
        self._answer(["8", "5", "9"])
        self._answer(["6", "0", "7"])
        sheet = self._export()
        values = self._get_values(sheet)
        for row in (["Answers", 2], ["Mean out of 100", "", "Mean"]):
            self.assertIn(row, values)
        means = {row[0]: row[-1] for row in values if len(row) == 2}
        self.assertEqual((means["Content"], means["Form"]), (70, 50))
        # Two of all answers, and one of each table that has a mean.
        self.assertGreater(len(sheet._charts), 2)
        for chart in sheet._charts:
            (series,) = chart.series
            self.assertIn("Satisfaction", series.val.numRef.f)

    def test_groups_without_a_mean(self):
        """A table of too few answers each is there, and has no chart."""
        other = self._create_dossier(kmop_date_start="2026-05-04")
        other.action_confirm()
        self._answer(["8", "5", "9"])
        self._answer(["6", "0", "7"], order=other)
        sheet = self._export()
        self.assertIn(["Answers", 2], self._get_values(sheet))
        self.assertTrue(sheet._charts)

    def test_too_few(self):
        self._answer(["8", "5", "9"])
        sheet = self._export()
        self.assertIn(["Means", "Too few"], self._get_values(sheet))
        self.assertFalse(sheet._charts)

import io
from tempfile import TemporaryFile
from unittest.mock import patch

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
            registration._write_workbook(file)
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
        cyber = self.env.ref("kmop_registration.kmop_theme_cybersecurity")
        other = self._create_dossier(kmop_theme_id=cyber.id)
        other.action_confirm()
        self._answer(["8", "5", "9"])
        self._answer(["6", "0", "7"], order=other)
        sheet = self._export()
        values = self._get_values(sheet)
        self.assertIn(["Answers", 2], values)
        self.assertIn(["Cybersecurity", 1], values)
        titles = [chart.title.tx.rich.p[0].r[0].t for chart in sheet._charts]
        self.assertIn("Quarter", titles)
        self.assertNotIn("Theme", titles)

    def test_groups_of_nothing(self):
        """A table without rows leaves no trace, and no chart."""
        self._answer(["8", "5", "9"])
        self._answer(["6", "0", "7"])
        reports = self.registry["kmop.satisfaction.report"]
        values = reports._get_values

        def get_values(report):
            return {**values(report), "tables": [("Theme", [])]}

        with patch.object(reports, "_get_values", get_values):
            sheet = self._export()
        self.assertEqual(len(sheet._charts), 2)
        self.assertNotIn("Theme", [row[0] for row in self._get_values(sheet) if row])

    def test_too_few(self):
        self._answer(["8", "5", "9"])
        sheet = self._export()
        self.assertIn(["Means", "Too few"], self._get_values(sheet))
        self.assertFalse(sheet._charts)

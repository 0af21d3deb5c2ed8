from datetime import date

from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import file_open, mute_logger

from .common import KmopCommon

OPTIONS = {
    "has_headers": True,
    "quoting": '"',
    "sheet": "kmop-norm",
    "float_thousand_separator": ",",
    "float_decimal_separator": ".",
}


@tagged("post_install", "-at_install")
class TestNorm(KmopCommon):
    def _import(self, content):
        """Load a filled-in template with Odoo's own import; return its messages."""
        # A norm is shared by all companies.
        self.manager.company_ids = self.env["res.company"].search([])
        wizard = (
            self.env["base_import.import"]
            .with_user(self.manager)
            .create(
                {
                    "res_model": "kmop.requirement",
                    "file": content,
                    "file_name": "kmop_norm.xlsx",
                    "file_type": "application/vnd.openxmlformats-officedocument"
                    ".spreadsheetml.sheet",
                }
            )
        )
        header = wizard.parse_preview(OPTIONS)["headers"]
        return wizard.execute_import(header, header, OPTIONS)["messages"]

    def _read_template(self):
        (template,) = self.env["kmop.requirement"].get_import_templates()
        with file_open(template["template"].lstrip("/"), "rb") as file:
            return file.read()

    def test_the_template_loads_a_norm(self):
        current = self.env.ref("kmop_registration.kmop_norm_2016")
        current.name = "kmop-norm 2016"
        norm = self.env["kmop.norm"].create(
            {"name": "kmop-norm", "date_from": "2027-01-01"}
        )
        self.assertFalse(self._import(self._read_template()))
        self.assertEqual(norm.requirement_ids.mapped("code"), ["1", "2"])
        indicators = norm.requirement_ids.indicator_ids
        self.assertEqual(indicators.mapped("code"), ["1.1", "1.2", "2.1"])
        self.assertEqual(indicators.mapped("service"), ["both", "training", "both"])
        self.assertEqual(indicators.norm_id, norm)
        with freeze_time("2027-01-01"):
            audit = self._create_registration().start_audit()
        self.assertEqual(audit.score_ids.indicator_id, indicators)

    @mute_logger("odoo.sql_db")
    def test_a_bad_file_loads_nothing(self):
        """The shipped norm has these codes already: not a line is loaded."""
        before = self.env["kmop.indicator"].search_count([])
        messages = self._import(self._read_template())
        self.assertEqual(messages[0]["type"], "error")
        self.assertIn("code is unique", messages[0]["message"])
        self.assertEqual(self.env["kmop.indicator"].search_count([]), before)

    def test_in_force(self):
        norm = self.env.ref("kmop_registration.kmop_norm_2016")
        norm.date_to = date(2026, 12, 31)
        new = self.env["kmop.norm"].create({"name": "Nieuw", "date_from": "2027-01-01"})
        for day, expected in (
            (date(2026, 12, 31), norm),
            (date(2027, 1, 1), new),
            (date(2000, 1, 1), self.env["kmop.norm"]),
        ):
            self.assertEqual(self.env["kmop.norm"]._in_force_on(day), expected)
        with self.assertRaises(ValidationError):
            new.date_to = date(2026, 12, 31)

    def test_what_ships_has_its_source(self):
        """Every shipped rule says where it was read."""
        for model in (
            "kmop.norm",
            "kmop.requirement",
            "kmop.indicator",
            "kmop.track",
            "kmop.track.part",
            "kmop.evidence.type",
            "kmop.milestone.rule",
        ):
            data = self.env["ir.model.data"].search(
                [("module", "=", "kmop_registration"), ("model", "=", model)]
            )
            records = self.env[model].browse(data.mapped("res_id"))
            self.assertTrue(records)
            self.assertFalse(records.filtered(lambda r: not r.source), model)

    def test_a_theme_is_no_part_of_itself(self):
        theme = self.env.ref("kmop_registration.kmop_theme_digital")
        with self.assertRaisesRegex(ValidationError, "part of itself"):
            theme.parent_id = theme

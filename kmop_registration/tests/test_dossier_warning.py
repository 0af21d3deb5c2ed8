from datetime import date, timedelta

from odoo.fields import Command
from odoo.tests import Form, freeze_time

from .test_dossier import RegisteredCommon


@freeze_time("2026-05-01")
class TestDossierWarning(RegisteredCommon):
    """Each rule at the days and amounts where it begins and ends to speak."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.advice = cls._create_service(
            "Advies", kmop_service="advice", kmop_theme_id=cls.cyber.id
        )

    def _move(self, order, start, end=None):
        order.write({"kmop_date_start": start, "kmop_date_end": end or start})
        return self._get_checks(order)

    def _get_warning(self, order, check):
        order.invalidate_recordset(["kmop_warnings"])
        found = [w for w in order.kmop_warnings or [] if w["check"] == check]
        self.assertLessEqual(len(found), 1)
        return found[0] if found else None

    def _get_rule(self, name):
        return self.env.ref(f"kmop_registration.kmop_rule_{name}")

    # ------------------------------------------------------------------- coverage

    def test_coverage_boundaries(self):
        order = self._create_dossier()
        self.assertNotIn("coverage", self._move(order, "2026-03-01"))
        self.assertIn("coverage", self._move(order, "2026-02-28"))
        self.assertNotIn("coverage", self._move(order, "2028-02-29"))
        self.assertIn("coverage", self._move(order, "2028-02-29", "2028-03-01"))

    def test_coverage_asked_for_that_day(self):
        """Registered today says nothing about the day of the service."""
        order = self._create_dossier(kmop_date_start="2030-01-01", kmop_date_end=False)
        message = self._get_warning(order, "coverage")["message"]
        self.assertIn("2030", message)
        with freeze_time("2031-01-01"):
            self.assertNotIn("coverage", self._move(order, "2026-06-01"))

    def test_coverage_of_each_day(self):
        """A gap in the middle of a long training is seen."""
        order = self._create_dossier(kmop_date_start=False, kmop_date_end=False)
        order.kmop_session_ids = [
            Command.create({"date": day})
            for day in ("2026-06-01", "2027-09-01", "2028-02-01")
        ]
        self.assertNotIn("coverage", self._get_checks(order))
        period = self.registration.period_ids
        period.correct("2026-03-01", "2027-03-01", "Attest")
        self.assertIn("coverage", self._get_checks(order))
        self.env["kmop.registration.period"].with_user(self.officer).create(
            {
                "registration_id": self.registration.id,
                "part_id": self.part2.id,
                "date_registration": "2028-01-01",
                "date_start": "2028-01-01",
                "date_end": "2029-12-31",
                "override_reason": "Attest",
            }
        )
        warning = self._get_warning(order, "coverage")
        self.assertIn("2027", warning["message"])
        order.kmop_session_ids[1].unlink()
        self.assertNotIn("coverage", self._get_checks(order))

    def test_coverage_without_registration(self):
        order = self._create_dossier(self.advice)
        self.assertFalse(order.kmop_registration_id)
        self.assertIn("coverage", self._get_checks(order))

    def test_coverage_withdrawn(self):
        order = self._create_dossier(kmop_date_end="2026-06-01")
        self.registration.withdraw("2026-06-02", "Gestopt")
        self.assertNotIn("coverage", self._get_checks(order))
        self.assertIn("coverage", self._move(order, "2026-06-02"))

    # ---------------------------------------------------------------------- theme

    def test_theme_of_advice_since_2026(self):
        order = self._create_dossier(self.advice, kmop_theme_id=self.digital.id)
        self.assertNotIn("theme", self._move(order, "2026-01-31"))
        self.assertIn("theme", self._move(order, "2026-02-01"))
        self.assertIn("cybersecurity", self._get_warning(order, "theme")["source"])
        order.kmop_theme_id = self.cyber
        self.assertNotIn("theme", self._get_checks(order))

    def test_theme_of_training_unchanged(self):
        order = self._create_dossier()
        for theme in self.env["kmop.theme"].search([]):
            order.kmop_theme_id = theme
            self.assertNotIn("theme", self._move(order, "2026-02-01"))

    def test_theme_rate_changed_at_once(self):
        order = self._create_dossier(kmop_theme_id=self.cyber.id)
        self.assertNotIn("theme", self._get_checks(order))
        rates = self.env["kmop.subsidy.rate"].search([("service", "=", "training")])
        rates.date_to = "2026-05-31"
        self.assertIn("theme", self._get_checks(order))
        rates.filtered(lambda r: r.theme_id == self.cyber).date_to = "2026-06-01"
        self.assertNotIn("theme", self._get_checks(order))
        rates.active = False
        self.assertIn("theme", self._get_checks(order))
        rates.active = True
        rates.unlink()
        self.assertIn("theme", self._get_checks(order))

    def test_theme_moved_at_once(self):
        """A part of cybersecurity is subsidised as that is."""
        part = self.env["kmop.theme"].create({"name": "Phishing", "code": "phish"})
        registration = self._register(service="advice")
        order = self._create_dossier(self.advice, kmop_theme_id=part.id)
        self.assertEqual(order.kmop_registration_id, registration)
        self.assertIn("theme", self._get_checks(order))
        part.parent_id = self.cyber
        self.assertNotIn("theme", self._get_checks(order))
        order.invalidate_recordset()
        self.assertEqual(order.kmop_subsidy, 450)

    # --------------------------------------------------------------------- amount

    def test_minimum(self):
        order = self._create_dossier()
        line = order.order_line
        for price, warned in ((99.99, True), (100, False)):
            line.price_unit = price
            self.assertEqual("minimum" in self._get_checks(order), warned, price)

    def test_minimum_of_advice(self):
        order = self._create_dossier(self.advice)
        for price, warned in ((499.99, True), (500, False)):
            order.order_line.price_unit = price
            self.assertEqual("minimum" in self._get_checks(order), warned, price)

    def test_minimum_counts_the_eligible(self):
        order = self._create_dossier(self.training | self.exam)
        order.order_line[0].price_unit = 99
        self.assertIn("minimum", self._get_checks(order))
        order.order_line[1].kmop_non_eligible = False
        self.assertNotIn("minimum", self._get_checks(order))

    def test_minimum_in_another_currency(self):
        order = self._create_dossier(pricelist_id=self._create_dollars().id)
        self.assertEqual(order.currency_id, self.env.ref("base.USD"))
        order.order_line.price_unit = 199
        self.assertIn("minimum", self._get_checks(order))
        order.order_line.price_unit = 200
        self.assertNotIn("minimum", self._get_checks(order))

    # --------------------------------------------------------------------- client

    def test_affiliated_per_company(self):
        order = self._create_dossier()
        self.client.with_company(self.other_company).kmop_affiliated = True
        self.assertNotIn("affiliated", self._get_checks(order))
        self.client.with_company(self.company).kmop_affiliated = True
        self.assertIn("affiliated", self._get_checks(order))

    def test_size(self):
        order = self._create_dossier()
        for size, warned in (
            ("small", False),
            ("medium", False),
            ("large", True),
            ("other", True),
            (False, True),
        ):
            self.client.kmop_size = size
            self.assertEqual("size" in self._get_checks(order), warned, size)

    def test_size_without_theme(self):
        """What isn't filled in yet says nothing about the client."""
        order = self._create_dossier(kmop_theme_id=False)
        self.assertEqual(self._get_checks(order), {"mentions"})
        self.client.kmop_size = "large"
        self.assertEqual(self._get_checks(order), {"mentions", "size"})

    def test_size_is_quiet_where_the_theme_speaks(self):
        order = self._create_dossier(self.advice, kmop_theme_id=self.digital.id)
        self.assertIn("theme", self._get_checks(order))
        self.assertNotIn("size", self._get_checks(order))

    def test_no_enterprise(self):
        order = self._create_dossier()
        order.kmop_enterprise_id = False
        self.assertIn("size", self._get_checks(order))

    # ------------------------------------------------------------------- excluded

    def test_excluded(self):
        kind = self.env.ref("kmop_registration.kmop_exclusion_team_building")
        self.training.kmop_exclusion_id = kind
        order = self._create_dossier()
        self.assertIn("excluded", self._get_checks(order))
        kind.date_to = "2026-05-31"
        self.assertNotIn("excluded", self._get_checks(order))
        kind.date_to = "2026-06-01"
        self.assertIn("excluded", self._get_checks(order))
        kind.active = False
        self.assertNotIn("excluded", self._get_checks(order))

    def test_excluded_cost_apart(self):
        """An exam that is shown apart doesn't spoil the training."""
        kind = self.env.ref("kmop_registration.kmop_exclusion_exam")
        self.exam.kmop_exclusion_id = kind
        order = self._create_dossier(self.training | self.exam)
        self.assertNotIn("excluded", self._get_checks(order))
        self.assertEqual(order.kmop_subsidy, 300)
        order.order_line[1].kmop_non_eligible = False
        self.assertIn("excluded", self._get_checks(order))
        order.invalidate_recordset()
        self.assertFalse(order.kmop_subsidy_note)

    def test_mixed(self):
        order = self._create_dossier(self.training | self.advice)
        self.assertEqual(order.kmop_service, "training")
        self.assertEqual(order.kmop_theme_id, self.digital)
        self.assertEqual(order.kmop_hours, 7)
        self.assertIn("mixed", self._get_checks(order))
        self.assertFalse(order.kmop_subsidy_note)
        order.order_line[1].unlink()
        self.assertNotIn("mixed", self._get_checks(order))

    # ---------------------------------------------------------------- application

    def test_application_term(self):
        order = self._create_dossier(
            kmop_date_start="2026-06-01", kmop_date_end="2026-06-01"
        )
        for day, words in (
            ("2026-06-09", None),
            ("2026-06-10", "days left: 5"),
            ("2026-06-15", "days left: 0"),
            ("2026-06-16", "over"),
        ):
            with freeze_time(day):
                warning = self._get_warning(order, "application")
                if words is None:
                    self.assertFalse(warning, day)
                else:
                    self.assertIn(words, warning["message"], day)

    def test_application_done(self):
        order = self._create_dossier(kmop_date_application="2026-06-15")
        with freeze_time("2026-09-01"):
            self.assertNotIn("application", self._get_checks(order))
            order.kmop_date_application = "2026-06-16"
            self.assertIn("application", self._get_checks(order))

    def test_application_day_is_that_of_the_user(self):
        order = self._create_dossier(kmop_date_end="2026-06-01")
        # Already 16 June in Brussels.
        with freeze_time("2026-06-15 22:30:00"):
            message = self._get_warning(order, "application")["message"]
        self.assertIn("over", message)

    def test_application_notice_changed(self):
        order = self._create_dossier(
            kmop_date_start="2026-05-01", kmop_date_end="2026-05-01"
        )
        rule = self._get_rule("application")
        self.assertNotIn("application", self._get_checks(order))
        rule.notice_days = 14
        self.assertIn("application", self._get_checks(order))
        rule.write({"notice_days": 0, "days": 30})
        self.assertNotIn("application", self._get_checks(order))

    # --------------------------------------------------------------- training end

    def test_training_end(self):
        order = self._create_dossier(kmop_date_application="2026-06-01")
        self.assertNotIn("training_end", self._move(order, "2026-06-01", "2027-12-31"))
        self.assertIn("training_end", self._move(order, "2026-06-01", "2028-01-01"))
        self._get_rule("training_end").years = 2
        self.assertNotIn("training_end", self._get_checks(order))

    def test_training_end_before_the_application(self):
        """Counted from today, or from the last day to apply where that is past."""
        order = self._create_dossier()
        self.assertIn("training_end", self._move(order, "2026-12-20", "2028-01-01"))
        with freeze_time("2027-06-01"):
            # Until 3 January 2027 they could apply.
            self.assertNotIn("training_end", self._get_checks(order))

    def test_training_end_not_for_advice(self):
        order = self._create_dossier(self.advice, kmop_date_application="2026-06-01")
        self.assertNotIn("training_end", self._move(order, "2026-06-01", "2030-01-01"))

    # ------------------------------------------------------------------ the rules

    def test_source_and_level(self):
        order = self._create_dossier(kmop_date_start=False, kmop_date_end=False)
        order.kmop_theme_id = False
        for warning in order.kmop_warnings:
            self.assertTrue(warning["source"])
            self.assertIn(warning["level"], ("info", "warning", "danger"))
            self.assertTrue(warning["message"])

    def test_rule_archived(self):
        order = self._create_dossier()
        order.order_line.price_unit = 10
        rule = self._get_rule("minimum_training")
        self.assertIn("minimum", self._get_checks(order))
        rule.active = False
        self.assertNotIn("minimum", self._get_checks(order))
        rule.active = True
        self.assertIn("minimum", self._get_checks(order))
        rule.amount = 10
        self.assertNotIn("minimum", self._get_checks(order))
        rule.amount = 11
        rule.unlink()
        self.assertNotIn("minimum", self._get_checks(order))

    def test_rule_dated(self):
        order = self._create_dossier()
        order.order_line.price_unit = 150
        self._get_rule("minimum_training").date_to = "2026-06-01"
        self.env["kmop.rule"].create(
            {
                "name": "More",
                "check": "minimum",
                "service": "training",
                "amount": 200,
                "date_from": "2026-06-02",
            }
        )
        self.assertNotIn("minimum", self._move(order, "2026-06-01"))
        self.assertIn("minimum", self._move(order, "2026-06-02"))

    def test_rule_overlapping(self):
        """Who forgets to end the old rule gets the new one only."""
        order = self._create_dossier()
        order.order_line.price_unit = 150
        vals = {"name": "More", "check": "minimum", "date_from": "2026-05-15"}
        both = self.env["kmop.rule"].create({**vals, "service": "both", "amount": 300})
        self.assertNotIn("minimum", self._get_checks(order))
        both.service = "training"
        self.assertIn("300", self._get_warning(order, "minimum")["message"])
        self.assertNotIn("minimum", self._move(order, "2026-05-14"))

    def test_rule_of_retention(self):
        order = self._create_dossier()
        rule = self._get_rule("retention_training")
        self.assertEqual(order.kmop_date_retention, date(2036, 6, 1))
        rule.years = 7
        self.assertEqual(order.kmop_date_retention, date(2033, 6, 1))
        rule.active = False
        self.assertFalse(order.kmop_date_retention)
        rule.active = True
        self.assertEqual(order.kmop_date_retention, date(2033, 6, 1))
        (vals,) = rule.copy_data()
        rule.unlink()
        self.assertFalse(order.kmop_date_retention)
        self.env["kmop.rule"].create(vals)
        self.assertEqual(order.kmop_date_retention, date(2033, 6, 1))

    def test_quiet(self):
        """Nothing where nobody asks for subsidy, or where nothing comes of it."""
        order = self._create_dossier(self.advice)
        self.assertTrue(self._get_checks(order))
        order.kmop_subsidised = False
        self.assertFalse(self._get_checks(order))
        order.kmop_subsidised = True
        order._action_cancel()
        self.assertFalse(self._get_checks(order))
        ordinary = self._create_order(kmop_subsidised=True)
        self.assertFalse(self._get_checks(ordinary))

    def test_mentions(self):
        order = self._create_dossier(
            kmop_date_start=False, kmop_date_end=False, kmop_hours=0
        )
        message = self._get_warning(order, "mentions")["message"]
        for label in ("Start of the service", "End of the service", "Hours"):
            self.assertIn(label, message)

    def test_in_an_unsaved_form(self):
        self.client.kmop_size = "large"
        with Form(self.env["sale.order"].with_user(self.salesman)) as form:
            form.partner_id = self.client
            with form.order_line.new() as line:
                line.product_id = self.training
            form.kmop_subsidised = True
            form.kmop_date_start = date(2026, 5, 1) - timedelta(days=90)
            checks = {warning["check"] for warning in form.kmop_warnings}
            self.assertEqual(checks, {"coverage", "size", "application"})

from odoo.fields import Command
from odoo.tests import freeze_time

from .test_dossier import RegisteredCommon


@freeze_time("2026-05-01")
class TestDossierSubsidy(RegisteredCommon):
    """What the client may get back, and when nothing is said about it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.costly = cls._create_service("Leiderschap", list_price=20000)

    def _get_subsidy(self, order):
        order.invalidate_recordset(["kmop_subsidy", "kmop_subsidy_note"])
        return order.kmop_subsidy if order.kmop_subsidy_note else None

    # ----------------------------------------------------------------- percentage

    def test_by_size_and_theme(self):
        order = self._create_dossier()
        energy = self.env.ref("kmop_registration.kmop_theme_energy")
        for size, theme, subsidy in (
            ("small", self.digital, 300),
            ("medium", self.digital, 200),
            ("small", self.cyber, 450),
            ("medium", self.cyber, 350),
            ("small", energy, 450),
            ("medium", energy, 350),
            ("large", self.digital, None),
            ("other", self.cyber, None),
            (False, self.cyber, None),
        ):
            self.client.kmop_size = size
            order.kmop_theme_id = theme
            self.assertEqual(self._get_subsidy(order), subsidy, (size, theme.code))

    def test_without_vat_and_other_costs(self):
        vals = {"company_id": self.company.id, "country_id": self.env.ref("base.be").id}
        group = self.env["account.tax.group"].create({"name": "21 %", **vals})
        tax = self.env["account.tax"].create(
            {"name": "21 %", "amount": 21, "tax_group_id": group.id, **vals}
        )
        order = self._create_dossier(self.training | self.exam)
        order.order_line.tax_ids = tax
        self.assertEqual(order.amount_total, 1150 * 1.21)
        self.assertEqual(self._get_subsidy(order), 300)

    def test_rate_changed(self):
        order = self._create_dossier()
        self.assertEqual(self._get_subsidy(order), 300)
        rate = self.env.ref("kmop_registration.kmop_subsidy_rate_training_any_small")
        rate.percentage = 10
        self.assertEqual(self._get_subsidy(order), 100)
        rate.percentage = 0
        self.assertIsNone(self._get_subsidy(order))

    def test_rounded(self):
        order = self._create_dossier(kmop_theme_id=self.cyber.id)
        order.order_line.price_unit = 100.01
        self.assertEqual(self._get_subsidy(order), 45)

    # ------------------------------------------------------------ nothing is said

    def test_never_without(self):
        order = self._create_dossier()
        for vals in (
            {"kmop_subsidised": False},
            {"kmop_theme_id": False},
            {"kmop_enterprise_id": False},
            {"kmop_date_start": False, "kmop_date_end": False},
            {"kmop_date_start": "2026-02-28"},
            {"kmop_date_end": "2028-03-01"},
            {"kmop_registration_id": False},
            {"kmop_date_application": "2026-06-16"},
            {"kmop_service": False},
        ):
            before = {name: order[name] for name in vals}
            self.assertEqual(self._get_subsidy(order), 300)
            order.write(vals)
            self.assertIsNone(self._get_subsidy(order), vals)
            self.assertFalse(order.kmop_subsidy)
            order.write(before)

    def test_never_where_a_day_is_uncovered(self):
        order = self._create_dossier(
            kmop_session_ids=[
                Command.create({"date": day}) for day in ("2026-06-01", "2028-03-01")
            ]
        )
        self.assertIsNone(self._get_subsidy(order))

    def test_never_for_an_affiliate(self):
        order = self._create_dossier()
        self.client.with_company(self.company).kmop_affiliated = True
        self.assertIsNone(self._get_subsidy(order))

    def test_never_for_an_excluded_kind(self):
        order = self._create_dossier()
        kind = self.env.ref("kmop_registration.kmop_exclusion_mbti")
        self.training.kmop_exclusion_id = kind
        self.assertIsNone(self._get_subsidy(order))

    def test_never_below_the_minimum(self):
        order = self._create_dossier()
        order.order_line.price_unit = 99.99
        self.assertIsNone(self._get_subsidy(order))

    def test_never_when_cancelled(self):
        order = self._create_dossier()
        order._action_cancel()
        self.assertIsNone(self._get_subsidy(order))

    def test_always_called_indicative(self):
        fields = self.env["sale.order"].fields_get(["kmop_subsidy"], ["string", "help"])
        self.assertIn("Indicative", fields["kmop_subsidy"]["string"])

    # -------------------------------------------------------------------- ceiling

    def test_ceiling(self):
        order = self._create_dossier(self.costly, kmop_theme_id=self.cyber.id)
        self.assertEqual(self._get_subsidy(order), 7500)
        rule = self.env.ref("kmop_registration.kmop_rule_ceiling")
        rule.amount = 1000
        self.assertEqual(self._get_subsidy(order), 1000)
        rule.active = False
        self.assertEqual(self._get_subsidy(order), 9000)
        self.assertNotIn("inf", order.kmop_subsidy_note)

    def test_ceiling_over_dossiers(self):
        first = self._create_dossier(self.costly)
        second = self._create_dossier(
            self.costly, kmop_date_start="2026-07-01", kmop_date_end="2026-07-01"
        )
        self.assertEqual(self._get_subsidy(first), 6000)
        self.assertEqual(self._get_subsidy(second), 1500)
        self.assertRegex(second.kmop_subsidy_note, r"1[.,]500")
        third = self._create_dossier(self.costly, kmop_date_end="2026-12-31")
        self.assertEqual(self._get_subsidy(second), 0)
        self.assertEqual(self._get_subsidy(third), 1500)

    def test_ceiling_sold_first(self):
        early = self._create_dossier(self.costly)
        late = self._create_dossier(
            self.costly, kmop_date_start="2026-07-01", kmop_date_end="2026-07-01"
        )
        late.action_confirm()
        self.assertEqual(self._get_subsidy(late), 6000)
        self.assertEqual(self._get_subsidy(early), 1500)
        late._action_cancel()
        self.assertEqual(self._get_subsidy(early), 6000)

    def test_ceiling_of_a_colleagues_dossier(self):
        self._create_dossier(self.costly, user_id=self.officer.id)
        mine = self._create_dossier(self.costly, kmop_date_end="2026-06-03")
        self.assertEqual(self._get_subsidy(mine), 1500)

    def test_ceiling_only_of_what_gets_subsidy(self):
        """A dossier that gets nothing takes nothing."""
        other = self._create_dossier(self.costly)
        order = self._create_dossier(
            self.costly, kmop_date_start="2026-07-01", kmop_date_end="2026-07-01"
        )
        for vals in (
            {"kmop_date_start": "2026-02-01"},
            {"kmop_subsidised": False},
            {"kmop_theme_id": False},
            {"kmop_date_application": "2026-06-20"},
        ):
            before = {name: other[name] for name in vals}
            self.assertEqual(self._get_subsidy(order), 1500)
            other.write(vals)
            self.assertEqual(self._get_subsidy(order), 6000, vals)
            other.write(before)

    def test_ceiling_per_year(self):
        first = self._create_dossier(
            self.costly, kmop_date_start="2026-12-31", kmop_date_end="2026-12-31"
        )
        second = self._create_dossier(
            self.costly, kmop_date_start="2027-01-01", kmop_date_end="2027-01-01"
        )
        self.assertEqual(self._get_subsidy(first), 6000)
        self.assertEqual(self._get_subsidy(second), 6000)
        # Applied for in the year before: it counts there.
        second.kmop_date_application = "2026-12-30"
        self.assertEqual(self._get_subsidy(second), 1500)
        self.assertIn("2026", second.kmop_subsidy_note)

    def test_ceiling_per_enterprise(self):
        other = self.client.copy({"kmop_size": "small"})
        self._create_dossier(self.costly)
        order = self._create_dossier(
            self.costly, partner_id=other.id, kmop_date_end="2026-06-03"
        )
        self.assertEqual(order.kmop_enterprise_id, other)
        self.assertEqual(self._get_subsidy(order), 6000)

    def test_ceiling_of_a_contact(self):
        """Whichever of its contacts a quote is for, the enterprise is one."""
        contact = self.env["res.partner"].create(
            {"name": "An", "parent_id": self.client.id}
        )
        self._create_dossier(self.costly)
        order = self._create_dossier(
            self.costly, partner_id=contact.id, kmop_date_end="2026-06-03"
        )
        self.assertEqual(order.kmop_enterprise_id, self.client)
        order.kmop_enterprise_id = contact
        self.assertEqual(self._get_subsidy(order), 1500)

    def test_ceiling_per_provider(self):
        self._register_other()
        self.costly.company_id = False
        self._create_dossier(self.costly, company=self.other_company, user_id=False)
        order = self._create_dossier(self.costly, kmop_date_end="2026-06-03")
        self.assertEqual(self._get_subsidy(order), 6000)

    def _register_other(self):
        company = self.other_company
        registration = (
            self.env["kmop.registration"]
            .with_user(self.stranger)
            .create({"track_id": self.starter.id, "service": "training"})
        )
        self.assertEqual(registration.company_id, company)

    # ------------------------------------------------------------------- currency

    def test_in_another_currency(self):
        pricelist = self._create_dollars()
        order = self._create_dossier(self.costly, pricelist_id=pricelist.id)
        order.order_line.price_unit = 40000
        self.assertEqual(self._get_subsidy(order), 12000)
        order.kmop_theme_id = self.cyber
        self.assertEqual(self._get_subsidy(order), 15000)

    def test_queries_dont_grow(self):
        """As many dossiers as one likes, of as many clients, cost the same."""
        clients = self.client | self.client.copy() | self.client.copy()
        orders = self.env["sale.order"].browse()
        for client in clients:
            for _number in range(5):
                orders |= self._create_dossier(partner_id=client.id)
        self.env.flush_all()
        counts = []
        for batch in (orders[:2], orders):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            batch.mapped("kmop_subsidy")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 1)

from datetime import date, timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..models.registration.kmop_registration import VALIDITIES
from .common import KmopCommon


@tagged("post_install", "-at_install")
class TestRegistration(KmopCommon):
    # --------------------------------------------------------------------- steps

    def test_six_steps(self):
        registration = self._create_registration()
        self.assertEqual(registration.step, "prepare")
        with freeze_time("2026-05-04"):
            audit = registration.start_audit()
            self.assertEqual(registration.step, "prepare")
            audit.request(self.bureau)
            self.assertEqual(registration.step, "request")
            audit.plan(date(2026, 5, 4))
            self.assertEqual(registration.step, "part1")
            audit.visit()
            audit.decide("positive")
        self.assertEqual(registration.step, "registered")
        registration.number = "DV.O123456"
        self.assertEqual(registration.step, "perform")
        with freeze_time("2028-04-03"):
            audit = registration.start_audit()
            self.assertEqual(registration.step, "perform")
            audit.request(self.bureau)
            self.assertEqual(registration.step, "part2")
            audit.plan(date(2028, 4, 3))
            audit.visit()
            audit.decide("positive")
        self.assertEqual(registration.step, "completed")

    def test_regular_track(self):
        registration = self._register(track_id=self.regular.id)
        self.assertEqual(registration.step, "completed")
        self.assertEqual(
            self._dates(registration), (date(2026, 3, 1), date(2031, 2, 28))
        )

    def test_renewals(self):
        registration = self._register(track_id=self.regular.id)
        for year, end in ((2031, date(2036, 2, 29)), (2036, date(2041, 2, 28))):
            with freeze_time(date(year, 1, 15)):
                registration.start_renewal()
                self.assertEqual(registration.step, "prepare")
            with self.assertRaises(UserError):
                registration.start_renewal()
            self._decide(registration, date(year, 2, 1))
            self.assertEqual(registration.step, "completed")
            self.assertEqual(registration.date_end, end)
        self.assertEqual(registration.cycle, 3)
        self.assertEqual(registration.period_ids.mapped("cycle"), [1, 2, 3])
        self.assertEqual(registration.number, "DV.O123456")

    def test_change_of_track_with_an_open_audit(self):
        registration = self._create_registration()
        registration.track_id = self.regular
        registration.start_audit()
        with self.assertRaises(ValidationError):
            registration.track_id = self.starter

    # ------------------------------------------------------------------ validity

    def _assert_validity(self, registrations, day):
        """Compute and search agree on ``day``; return the validity of each."""
        with freeze_time(day):
            registrations.invalidate_recordset(["validity"])
            self._assert_search(registrations, day)
            return registrations.mapped("validity")

    def _assert_search(self, registrations, day):
        for validity, _label in VALIDITIES:
            domain = [("validity", "=", validity), ("id", "in", registrations.ids)]
            self.assertEqual(
                registrations.search(domain),
                registrations.filtered(lambda r, v=validity: r.validity == v),
                f"{validity} on {day}",
            )

    def test_compute_is_search_around_every_edge(self):
        registration = self._register()
        self._decide(registration, date(2028, 4, 11))
        edges = {
            date(2026, 3, 1): ("none", "valid"),
            date(2027, 8, 29): ("valid", "expiring"),
            date(2028, 3, 1): ("expiring", "gap"),
            date(2028, 4, 11): ("gap", "valid"),
            date(2030, 10, 10): ("valid", "expiring"),
            date(2031, 4, 11): ("expiring", "expired"),
        }
        for day, (before, after) in edges.items():
            self.assertEqual(
                self._assert_validity(registration, day - timedelta(1)), [before], day
            )
            self.assertEqual(self._assert_validity(registration, day), [after], day)

    def test_every_day(self):
        """All kinds of history at once: on each day of five years, validity is what
        the periods say, and each tenth day search finds the same."""
        late = self._register()
        self._decide(late, date(2028, 4, 11))
        joined = self._register(service="advice")
        self._decide(joined, date(2028, 2, 29))
        withdrawn = self._register(partner_id=self.client.id)
        withdrawn.withdraw(date(2027, 1, 1), "Stopgezet")
        fresh = self._create_registration(partner_id=self.bureau.id)
        everything = (late + joined + withdrawn + fresh).sorted()
        begin = date(2026, 2, 1)
        with freeze_time(begin) as clock:
            for offset in range(5 * 366 + 60):
                day = begin + timedelta(days=offset)
                clock.move_to(day)
                self._assert_registered(everything, day)
                self.assertNotEqual(joined.validity, "gap", day)
                if not offset % 10:
                    self._assert_search(everything, day)

    def _assert_registered(self, registrations, day):
        registrations.invalidate_recordset(["validity"])
        for registration in registrations:
            self.assertEqual(
                registration.is_registered_on(day),
                registration.validity in ("valid", "expiring"),
                f"{registration.display_name} on {day}",
            )

    def test_search_operators(self):
        registration = self._register()
        with freeze_time("2027-01-04"):
            mine = [("id", "=", registration.id)]
            search = registration.search_count
            self.assertEqual(search([*mine, ("validity", "!=", "valid")]), 0)
            self.assertEqual(search([*mine, ("validity", "not in", ["expired"])]), 1)
            self.assertEqual(search([*mine, ("validity", "in", ["gap", "valid"])]), 1)

    def test_expiring_window_is_a_setting(self):
        registration = self._register()
        with freeze_time("2027-08-29"):
            self.assertEqual(registration.validity, "expiring")
            self.company.kmop_expiring_months = 3
            self.assertEqual(registration.validity, "valid")
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.company.kmop_expiring_months = -1
            self.company.flush_recordset()

    # ------------------------------------------------------------------- the rest

    def test_number_is_warned_about(self):
        registration = self._create_registration()
        for number in ("DV.O123456", False):
            registration.number = number
            self.assertFalse(registration.number_warning)
        for number in ("DV.0123456", "DV.A123456", "DV.O12345", "dv.o123456", "x"):
            registration.number = number
            self.assertIn("DV.O", registration.number_warning)
        registration.service = "advice"
        registration.number = "DV.A123456"
        self.assertFalse(registration.number_warning)

    @mute_logger("odoo.sql_db")
    def test_one_live_registration(self):
        registration = self._create_registration()
        self._create_registration(service="advice")
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self._create_registration()
        registration.withdraw(date(2026, 6, 1), "Gestopt")
        again = self._create_registration()
        again.action_archive()
        again.flush_recordset()
        self._create_registration()

    def test_identity_is_kept(self):
        registration = self._create_registration()
        registration.service = "advice"
        self._decide(registration, date(2026, 3, 1))
        with self.assertRaises(ValidationError):
            registration.service = "training"
        with self.assertRaises(ValidationError):
            registration.partner_id = self.client

    def test_withdraw(self):
        registration = self._register()
        with freeze_time("2027-05-03"):
            audit = registration.start_audit()
            with self.assertRaises(UserError):
                registration.withdraw(date(2027, 6, 1), "")
            registration.withdraw("2027-06-01", "Activiteit stopgezet")
            self.assertEqual(audit.state, "cancelled")
            with self.assertRaises(UserError):
                registration.withdraw("2027-07-01", "Nog eens")
            with self.assertRaises(ValidationError):
                registration.start_audit()
        self.assertEqual(registration.step, "withdrawn")
        self.assertTrue(registration.is_registered_on("2027-05-31"))
        self.assertFalse(registration.is_registered_on("2027-06-01"))
        self.assertEqual(registration.period_ids.date_end, date(2028, 2, 29))

    def test_withdrawn_before_it_began(self):
        registration = self._register()
        registration.withdraw(date(2026, 3, 1), "Nooit begonnen")
        self.assertFalse(registration.date_end)
        self.assertFalse(registration.is_registered_on("2026-03-01"))

    def test_defaults(self):
        registration = self.env["kmop.registration"].with_user(self.officer).create({})
        self.assertEqual(registration.company_id, self.company)
        self.assertEqual(registration.partner_id, self.company.partner_id)
        self.assertEqual(registration.track_id, self.starter)
        self.assertEqual(registration.user_id, self.officer)
        self.assertIn("Leerhuis Test", registration.display_name)

    def test_partner(self):
        partner = self.company.partner_id
        advice = self._create_registration(service="advice")
        registration = self._register(date(2024, 3, 1))
        Partner = self.env["res.partner"].with_user(self.officer)
        for day, validity in (
            (date(2024, 2, 29), "none"),
            (date(2024, 3, 1), "valid"),
            (date(2026, 2, 28), "expiring"),
            (date(2026, 3, 1), "expired"),
        ):
            with freeze_time(day):
                self.env.invalidate_all()
                self.assertEqual(
                    partner.with_user(self.officer).kmop_validity, validity
                )
                for value, _label in VALIDITIES:
                    found = Partner.search(
                        [("id", "=", partner.id), ("kmop_validity", "=", value)]
                    )
                    self.assertEqual(bool(found), value == validity, (day, value))
        self.assertEqual(partner.kmop_date_end, date(2026, 2, 28))
        self.assertTrue(partner.is_registered_on("2025-01-01"))
        self.assertTrue(partner.is_registered_on("2025-01-01", "training"))
        self.assertFalse(partner.is_registered_on("2025-01-01", "advice"))
        self.assertEqual(partner.kmop_registration_ids, registration + advice)

    def test_search_a_validity_that_there_is_not(self):
        partners = self.env["res.partner"].with_user(self.officer)
        self.assertFalse(partners.search([("kmop_validity", "=", "splendid")]))

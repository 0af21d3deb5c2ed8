from datetime import date

from odoo.exceptions import UserError
from odoo.tests import Form, freeze_time, tagged

from .common import KmopCommon

APPOINTED = [
    "Belgian Quality Association (BQA)",
    "Brand Compliance",
    "Bureau Veritas",
    "CertUp",
    "DNV",
    "Kiwa Belgium",
    "LRQA",
    "Vinçotte",
]


class BureauCommon(KmopCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.certup = cls.env.ref("kmop_registration.kmop_bureau_certup")
        cls.registration = cls._create_registration()
        cls.audit = cls.registration.start_audit()


@tagged("post_install", "-at_install")
@freeze_time("2026-06-05")
class TestBureau(BureauCommon):
    def _propose(self, name="", **arguments):
        partners = self.env["res.partner"].with_user(self.officer)
        partners = partners.with_context(kmop_bureaus_first=True)
        return [found for _id, found in partners.name_search(name, **arguments)]

    # -------------------------------------------------------------- appointments

    def test_eight_with_their_source(self):
        appointments = self.env["kmop.bureau.appointment"].search([])
        shipped = appointments.filtered(lambda a: a.get_external_id()[a.id])
        self.assertEqual(sorted(shipped.mapped("partner_id.name")), APPOINTED)
        for appointment in shipped:
            self.assertEqual(appointment.date_from, date(2024, 2, 1))
            self.assertEqual(appointment.date_to, date(2029, 1, 31))
            self.assertIn("VLAIO", appointment.source)
            self.assertTrue(appointment.partner_id.is_company)
            self.assertFalse(appointment.partner_id.email)

    def test_boundary_days(self):
        for day, appointed in (
            ("2024-01-31", False),
            ("2024-02-01", True),
            ("2029-01-31", True),
            ("2029-02-01", False),
        ):
            day = date.fromisoformat(day)
            with self.subTest(day=day):
                self.assertIs(self.certup._kmop_is_appointed_on(day), appointed)
                with freeze_time(day):
                    domain = [("id", "in", (self.certup | self.bureau).ids)]
                    first = self._propose(domain=domain, limit=8)[0]
                    self.assertEqual(first == "CertUp", appointed)

    def test_contact_at_a_bureau(self):
        contact = self.env["res.partner"].create(
            {"name": "An Auditor", "parent_id": self.certup.id}
        )
        self.assertTrue(contact._kmop_is_appointed_on(date(2026, 6, 5)))
        self.assertFalse(self.client._kmop_is_appointed_on(date(2026, 6, 5)))

    # ------------------------------------------------------------------- choosing

    def test_proposed_first(self):
        self.assertEqual(self._propose(limit=8), APPOINTED)
        self.assertEqual(len(self._propose(limit=9)), 9)
        self.assertEqual(len(self._propose(limit=3)), 3)

    def test_another_is_found_by_its_name(self):
        self.assertEqual(self._propose("Auditbur", limit=8)[0], "Auditbureau")

    def test_domain_is_kept(self):
        domain = [("id", "in", (self.certup | self.bureau).ids)]
        found = self._propose(domain=domain, limit=8)
        self.assertEqual(found, ["CertUp", "Auditbureau"])

    def test_elsewhere_as_it_was(self):
        partners = self.env["res.partner"].with_user(self.officer)
        expected = partners.search([], limit=3)
        found = partners.name_search("", limit=3)
        self.assertEqual([id_ for id_, _name in found], expected.ids)

    def test_warned_not_stopped(self):
        with Form(self.audit) as form:
            form.bureau_id = self.certup
            self.assertFalse(form.bureau_warning)
            form.bureau_id = self.bureau
            self.assertIn("Auditbureau isn't among", form.bureau_warning)
        self.assertEqual(self.audit.bureau_id, self.bureau)
        self.audit.request(self.bureau)
        self.assertTrue(self.audit.bureau_warning)

    def test_by_the_day_of_the_request(self):
        self.audit.request(self.certup)
        with freeze_time("2029-03-01"):
            self.audit.invalidate_recordset(["bureau_warning"])
            self.assertFalse(self.audit.bureau_warning)

    def test_nothing_said_of_what_is_over(self):
        self.audit.request(self.bureau)
        self.audit.cancel("Uitgesteld")
        self.assertFalse(self.audit.bureau_warning)


@tagged("post_install", "-at_install")
@freeze_time("2026-06-05 10:00:00")
class TestAnswer(BureauCommon):
    def _answer(self, **vals):
        wizards = self.env["kmop.audit.answer"].with_user(self.officer)
        wizard = wizards.create({"audit_id": self.audit.id, **vals})
        wizard.action_confirm()
        return wizard

    def test_proposed_price(self):
        self.audit.request(self.certup)
        wizards = self.env["kmop.audit.answer"].with_user(self.officer)
        wizards = wizards.with_context(default_audit_id=self.audit.id)
        self.assertEqual(Form(wizards).price_hourly, 150)
        self.company.kmop_audit_price = 165
        with Form(wizards) as form:
            self.assertEqual(form.price_hourly, 165)
            form.hours_quoted = 8.5
            self.assertEqual(form.price_total, 1402.5)

    def test_stored_and_planned(self):
        self.audit.request(self.certup, "2026-06-01")
        self._answer(
            date_answered="2026-06-04",
            date_planned="2026-09-10",
            auditor_id=self.client.id,
            hours_quoted=10,
            answer_note="Breng de statuten mee",
        )
        self.assertRecordValues(
            self.audit,
            [
                {
                    "state": "planned",
                    "date_answered": date(2026, 6, 4),
                    "date_planned": date(2026, 9, 10),
                    "auditor_id": self.client.id,
                    "hours_quoted": 10,
                    "price_hourly": 150,
                    "price_total": 1500,
                    "currency_id": self.company.currency_id.id,
                    "answer_note": "Breng de statuten mee",
                }
            ],
        )

    def test_price_before_the_date(self):
        self.audit.request(self.certup)
        self._answer(hours_quoted=8)
        self.assertEqual(self.audit.state, "requested")
        self.assertEqual(self.audit.price_total, 1200)
        self._answer(date_planned="2026-09-10")
        self.assertEqual(self.audit.state, "planned")
        self.assertEqual(self.audit.price_total, 1200)
        self._answer(date_planned="2026-09-17", price_hourly=140)
        self.assertEqual(self.audit.date_planned, date(2026, 9, 17))
        self.assertEqual(self.audit.price_total, 1120)

    def test_date_only(self):
        """A proposed price isn't an answer."""
        self.audit.request(self.certup)
        self._answer(date_planned="2026-09-10")
        self.assertFalse(self.audit.price_hourly)
        self.assertFalse(self.audit.price_total)

    def test_errors(self):
        with self.assertRaisesRegex(UserError, "request the audit first"):
            self._answer()
        self.audit.request(self.certup, "2026-06-03")
        for vals, message in (
            ({"hours_quoted": -1}, "negative"),
            ({"price_hourly": -1}, "negative"),
            ({"date_answered": "2026-06-06"}, "a day to come"),
            ({"date_answered": "2026-06-02"}, "the step that comes first"),
            ({"date_planned": "2026-06-02"}, "the step that comes first"),
        ):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, message):
                self._answer(**vals)

    def test_kept_after_the_decision(self):
        self.audit.request(self.certup, "2026-05-01")
        self._answer(date_planned="2026-06-01", hours_quoted=8)
        self.audit.visit("2026-06-01")
        self.audit.decide("positive")
        for vals in (
            {"hours_quoted": 1},
            {"price_hourly": 1},
            {"date_answered": "2026-06-01"},
            {"answer_note": "x"},
        ):
            with self.subTest(vals=vals):
                with self.assertRaisesRegex(UserError, "read-only"):
                    self.audit.write(vals)
        with self.assertRaisesRegex(UserError, "request the audit first"):
            self._answer(hours_quoted=9)


@tagged("post_install", "-at_install")
@freeze_time("2026-06-05 10:00:00")
class TestMeeting(BureauCommon):
    """What holds with a calendar and without; with it, see test_demo_modules."""

    def _plan(self, **vals):
        wizard = (
            self.env["kmop.audit.meeting"]
            .with_user(self.officer)
            .create(
                {
                    "audit_id": self.audit.id,
                    "bureau_id": self.certup.id,
                    "start": "2026-06-15 22:30:00",
                    **vals,
                }
            )
        )
        wizard.action_confirm()
        return self.audit.activity_ids

    def test_on_the_audit(self):
        activity = self._plan(location="<b>Kade</b> 1")
        self.assertEqual(activity.summary, "Introductory meeting with CertUp")
        meeting = self.env.ref("mail.mail_activity_data_meeting")
        self.assertEqual(activity.activity_type_id, meeting)
        self.assertEqual(activity.user_id, self.officer)
        # By the calendar's own reckoning where there is one, in UTC; else in Brussels.
        day = 15 if "calendar.event" in self.env else 16
        self.assertEqual(activity.date_deadline, date(2026, 6, day))
        self.assertNotIn("<b>", activity.note or "")
        self.assertEqual(self.audit.state, "draft")

    def test_errors(self):
        for vals, message in (
            ({"start": False}, "day and the hour"),
            ({"duration": 0}, "takes some time"),
            ({"bureau_id": False}, "Choose the audit bureau"),
        ):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, message):
                self._plan(**vals)
        self.audit.cancel("Uitgesteld")
        with self.assertRaisesRegex(UserError, "read-only"):
            self._plan()

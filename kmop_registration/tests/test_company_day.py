"""Dates of decisions, and states that depend on today, use the company's time zone."""

from datetime import date

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .test_evidence import EvidenceCommon

# At this moment it is 31 May in Pago Pago, 1 June in Brussels, 2 June on Kiritimati.
MOMENT = "2026-06-01 10:30:00"
TODAY = date(2026, 6, 1)
EAST, WEST = "Pacific/Kiritimati", "Pacific/Pago_Pago"


class DayCommon(EvidenceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.east = cls._create_company("Oosters Leerhuis")
        cls.west = cls._create_company("Westers Leerhuis")
        cls.east.partner_id.tz = EAST
        cls.west.partner_id.tz = WEST
        cls.companies = cls.company | cls.east | cls.west
        cls.officer.company_ids = [Command.set(cls.companies.ids)]

    def _get_registrations(self):
        """Return a registration per company, from the earliest date to the latest."""
        registrations = self.env["kmop.registration"]
        for company in (self.west, self.east):
            registrations += registrations.create(
                {
                    "company_id": company.id,
                    "partner_id": company.partner_id.id,
                    "track_id": self.starter.id,
                }
            )
        west, east = registrations
        return west + self.registration.sudo() + east

    def _from(self, records, tz):
        """Return the records as an officer whose call sends the time zone ``tz``."""
        return records.with_user(self.officer).with_context(
            tz=tz, allowed_company_ids=self.companies.ids
        )


@tagged("post_install", "-at_install")
@freeze_time(MOMENT)
class TestDayOfActs(DayCommon):
    def test_evidence(self):
        for tz in (EAST, WEST, False):
            evidence = self._create_evidence(self.registration, date_effective=TODAY)
            evidence.submit()
            self._from(evidence, tz).accept()
            self.assertEqual(evidence.date_accepted, TODAY, tz)

    def test_evidence_of_several_companies(self):
        """Each piece gets the date at its own company."""
        registrations = self._get_registrations()
        evidences = self.env["kmop.evidence"].concat(
            *(
                self._create_evidence(
                    r, user=self.env.user, date_effective="2026-05-01"
                )
                for r in registrations
            )
        )
        evidences = self._from(evidences, WEST)
        evidences.submit()
        evidences.accept()
        days = [date(2026, 5, 31), TODAY, date(2026, 6, 2)]
        self.assertEqual(evidences.mapped("date_accepted"), days)

    def test_audit(self):
        audit = self._from(self.registration.start_audit(), EAST)
        with self.assertRaises(UserError):
            audit.request(self.bureau, "2026-06-02")
        audit.request(self.bureau)
        self.assertEqual(audit.date_requested, TODAY)
        with self.assertRaises(UserError):
            audit.visit("2026-06-02")
        audit.plan("2026-06-01")
        audit.visit()
        audit.decide("positive")
        self.assertEqual(audit.date_visited, TODAY)
        self.assertEqual(audit.date_decided, TODAY)

    def test_audit_where_it_is_tomorrow_already(self):
        """Today's date at the company is accepted where the caller is a day behind."""
        *_others, east = self._get_registrations()
        audit = self._from(east, WEST).start_audit()
        audit.request(self.bureau, "2026-06-02")
        self.assertEqual(audit.date_requested, date(2026, 6, 2))

    def test_finding(self):
        findings = self._from(self.env["kmop.finding"], EAST)
        vals = {"name": "Lijst ontbreekt", "registration_id": self.registration.id}
        finding = findings.with_company(self.company).create(vals)
        self.assertEqual(finding.date_found, TODAY)
        finding.propose("Lijst invoeren")
        finding.implement()
        finding.check_effect(True, "Nagekeken")
        for name in ("date_proposed", "date_measured", "date_checked"):
            self.assertEqual(finding[name], TODAY, name)

    def test_day_to_come(self):
        """Tomorrow's date is refused, whatever time zone the call sends."""
        for model, vals in (
            ("kmop.evidence", {"date_effective": "2026-06-02", "url": "https://x.be"}),
            (
                "kmop.finding",
                {"date_found": "2026-06-02", "date_deadline": "2027-01-01"},
            ),
        ):
            vals |= {"name": "Morgen", "registration_id": self.registration.id}
            if model == "kmop.evidence":
                vals["type_id"] = self.legal_type.id
            with self.assertRaises(ValidationError):
                self._from(self.env[model], EAST).create(vals)

    def test_defaults(self):
        for model, name in (
            ("kmop.evidence", "date_effective"),
            ("kmop.exemption", "date_from"),
            ("kmop.audit.move", "date"),
            ("kmop.audit.decide", "date_decided"),
            ("kmop.reason", "date"),
        ):
            records = self._from(self.env[model], EAST).with_company(self.company)
            self.assertEqual(records.default_get([name])[name], TODAY, model)

    def test_document(self):
        """The effective date of a quote is computed in the company's time zone."""
        order = self._create_order(date_order="2026-06-01 23:30:00")
        for tz in (EAST, WEST):
            day = order.with_context(tz=tz)._kmop_date_effective()
            self.assertEqual(day, date(2026, 6, 2), tz)


@tagged("post_install", "-at_install")
@freeze_time(MOMENT)
class TestDayOfStates(DayCommon):
    """Computed states and searches use today's date at the record's company."""

    def _check_agrees(self, records, name, expected):
        """Check that compute and search agree, for several time zones of the call."""
        field = records._fields[name]
        values = {
            False,
            *(field.get_values(self.env) if field.type == "selection" else [True]),
        }
        for tz in (EAST, WEST, "Europe/Brussels", False):
            self.env.invalidate_all()
            mine = records.with_context(tz=tz)
            self.assertEqual(mine.mapped(lambda r: r[name]), expected, tz)
            for value in values - ({False} if field.type == "selection" else set()):
                found = mine.search([("id", "in", mine.ids), (name, "=", value)])
                self.assertEqual(
                    found,
                    mine.filtered(lambda r, v=value: r[name] == v).sorted(),
                    value,
                )

    def test_validity(self):
        registrations = self._get_registrations()
        self.env["kmop.registration.period"].create(
            [
                {
                    "registration_id": registration.id,
                    "part_id": self.part1.id,
                    "date_registration": "2024-06-02",
                    "date_start": "2024-06-02",
                    "date_end": "2026-06-01",
                    "override_reason": "Overgenomen",
                }
                for registration in registrations
            ]
        )
        states = ["expiring", "expiring", "expired"]
        self._check_agrees(registrations, "validity", states)
        partners = registrations.partner_id
        expired = self.env["res.partner"].search(
            [("id", "in", partners.ids), ("kmop_validity", "=", "expired")]
        )
        self.assertEqual(expired, self.east.partner_id)

    def test_overdue(self):
        findings = self.env["kmop.finding"].create(
            [
                {
                    "name": "Lijst ontbreekt",
                    "registration_id": registration.id,
                    "date_found": "2026-01-01",
                    "date_deadline": "2026-06-01",
                    "user_id": self.officer.id,
                }
                for registration in self._get_registrations()
            ]
        )
        self._check_agrees(findings, "overdue", [False, False, True])

    def _accept_reviewed(self):
        evidences = self.env["kmop.evidence"]
        for registration in self._get_registrations():
            evidences += self._create_evidence(
                registration,
                user=self.env.user,
                date_effective="2026-01-01",
                date_review="2026-06-01",
            )
        evidences.submit()
        evidences.accept()
        return evidences

    def test_review(self):
        evidences = self._accept_reviewed()
        self._check_agrees(evidences, "to_review", [False, True, True])

    def test_coverage(self):
        """Evidence counts until and including its review date."""
        evidences = self._accept_reviewed()
        for tz in (EAST, WEST, "Europe/Brussels"):
            self.env.invalidate_all()
            coverage = self.env["kmop.coverage"].with_context(tz=tz)
            counts = dict(
                coverage._read_group(
                    [("registration_id", "in", evidences.registration_id.ids)],
                    ["registration_id"],
                    ["expired:sum"],
                )
            )
            expired = [bool(counts[e.registration_id]) for e in evidences]
            self.assertEqual(expired, [False, False, True], tz)

    def test_one_day_everywhere(self):
        """The domain has no company condition if all companies have the same date."""
        with freeze_time("2026-06-01 10:30:00"):
            (self.east | self.west).partner_id.tz = "Europe/Brussels"
            domain = self.env["kmop.finding"]._overdue_domain()
        self.assertNotIn("company_id", str(domain))

from datetime import date

from odoo.tests import freeze_time, tagged

from .common import KmopCommon


@tagged("post_install", "-at_install")
class TestCoverage(KmopCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registration = cls._create_registration()
        cls.legal = cls.env.ref("kmop_registration.kmop_indicator_integrity_legal")
        cls.accounts = cls.env.ref("kmop_registration.kmop_evidence_type_accounts")

    def _accept(self, registration=None, **vals):
        evidence = self._create_evidence(registration or self.registration, **vals)
        evidence.submit()
        evidence.accept()
        return evidence

    def _row(self, indicator, aspect, registration=None):
        registration = registration or self.registration
        return (
            self.env["kmop.coverage"]
            .with_user(self.officer)
            .search(
                [
                    ("registration_id", "=", registration.id),
                    ("indicator_id", "=", indicator.id),
                    ("aspect", "=", aspect),
                ]
            )
        )

    def _counts(self, *args):
        self.env.invalidate_all()
        row = self._row(*args)
        return row.accepted, row.submitted, row.expired, row.outside

    def test_one_row_per_indicator_and_aspect(self):
        rows = self.env["kmop.coverage"].search(
            [("registration_id", "=", self.registration.id)]
        )
        indicators = self.registration._get_indicators()
        self.assertEqual(len(rows), 2 * len(indicators))
        self.assertEqual(len(set(rows.ids)), len(rows))
        self.assertEqual(rows.indicator_id.sorted(), indicators.sorted())

    def test_exempt_requirements_are_left_out(self):
        exempt = self.env["kmop.coverage"].search(
            [("registration_id", "=", self.registration.id), ("exempt", "=", True)]
        )
        self.assertEqual(set(exempt.requirement_id.mapped("code")), {"2", "3"})
        readiness = self.registration.readiness()[self.registration.id]
        tested = self.registration._get_indicators().filtered(
            lambda i: i.requirement_id.code not in ("2", "3")
        )
        self.assertEqual(readiness["required"], len(tested))
        self.assertEqual(set(readiness["requirements"]), set(tested.requirement_id.ids))

    def test_supported_on_both_aspects(self):
        before = self.registration.readiness()[self.registration.id]["supported"]
        self._accept()
        self.assertEqual(self._row(self.legal, "description").supported, 1)
        self.assertEqual(self._row(self.legal, "application").supported, 0)
        entry = self.registration.readiness()[self.registration.id]
        self.assertEqual(entry["supported"], before)
        self._accept(type_id=self.accounts.id, name="Jaarrekening")
        entry = self.registration.readiness()[self.registration.id]
        self.assertEqual(entry["supported"], before + 1)
        detail = entry["requirements"][self.legal.requirement_id.id]
        self.assertEqual(detail["supported"], 1)
        self.env.invalidate_all()
        self.assertEqual(self.registration.readiness_supported, before + 1)

    def test_states(self):
        evidence = self._create_evidence(self.registration)
        self.assertEqual(self._counts(self.legal, "description"), (0, 0, 0, 0))
        evidence.submit()
        self.assertEqual(self._counts(self.legal, "description"), (0, 1, 0, 0))
        evidence.accept()
        self.assertEqual(self._counts(self.legal, "description"), (1, 0, 0, 0))
        evidence.supersede(self._accept(name="Nieuwe statuten"))
        self.assertEqual(self._counts(self.legal, "description"), (1, 0, 0, 0))

    def test_review_date(self):
        """It counts up to and with its review date; what counts is the audit's day."""
        with freeze_time("2026-03-02"):
            self._accept(date_effective="2026-03-02", date_review="2026-09-30")
        for day, counts in (
            ("2026-09-30", (1, 0, 0, 0)),
            ("2026-10-01", (0, 0, 1, 0)),
        ):
            with freeze_time(day):
                self.assertEqual(self._counts(self.legal, "description"), counts, day)
        with freeze_time("2026-09-01"):
            audit = self.registration.start_audit()
            audit.request(self.bureau)
            audit.plan(date(2026, 10, 1))
            self.assertEqual(self._counts(self.legal, "description"), (0, 0, 1, 0))
            audit.plan(date(2026, 9, 30))
            self.assertEqual(self._counts(self.legal, "description"), (1, 0, 0, 0))

    def test_window_of_projects(self):
        """24 months back from the audit, for projects only."""
        indicator = self.env.ref("kmop_registration.kmop_indicator_activity_project")
        with freeze_time("2026-03-02"):
            self._accept(type_id=self.quote_type.id, date_effective="2024-10-01")
            self._accept(date_effective="2010-01-01")
        for day, counts in (
            ("2026-09-30", (1, 0, 0, 0)),
            ("2026-10-01", (0, 0, 0, 1)),
        ):
            with freeze_time(day):
                self.assertEqual(self._counts(indicator, "application"), counts, day)
                self.assertEqual(self._counts(self.legal, "description"), (1, 0, 0, 0))

    def test_exemption_by_certificate_comes_back(self):
        self.env["kmop.exemption"].create(
            {
                "registration_id": self.registration.id,
                "requirement_id": self.legal.requirement_id.id,
                "ground": "iso9001",
                "date_from": "2026-01-01",
                "date_to": "2026-06-30",
            }
        )
        for day, tested in (("2026-06-30", 0), ("2026-07-01", 1)):
            with freeze_time(day):
                self.env.invalidate_all()
                self.assertEqual(self._row(self.legal, "description").tested, tested)

    def test_part_that_tests_descriptions_only(self):
        self.part1.tests_application = False
        self._accept()
        entry = self.registration.readiness()[self.registration.id]
        detail = entry["requirements"][self.legal.requirement_id.id]
        self.assertEqual(detail["supported"], 1)

    def test_completed_track_has_nothing_to_support(self):
        done = self._register(service="advice", track_id=self.regular.id)
        self.assertFalse(done.readiness())
        self.assertEqual(done.readiness_required, 0)

    def test_other_companies_are_not_seen(self):
        rows = self.env["kmop.coverage"].with_user(self.stranger).search([])
        self.assertNotIn(self.registration, rows.registration_id)

    # ------------------------------------------------------------------- budgets

    def _grow(self, evidence, number):
        """Put copies of ``evidence`` in the database until there are ``number``."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            WITH copies AS (
                INSERT INTO kmop_evidence (
                    name, registration_id, company_id, type_id, aspect,
                    date_effective, owner_id, state
                )
                SELECT name, registration_id, company_id, type_id, aspect,
                       date_effective, owner_id, state
                  FROM kmop_evidence, generate_series(1, %s)
                 WHERE id = %s
             RETURNING id
            )
            INSERT INTO kmop_evidence_kmop_indicator_rel
            SELECT copies.id, rel.kmop_indicator_id
              FROM copies, kmop_evidence_kmop_indicator_rel rel
             WHERE rel.kmop_evidence_id = %s
            """,
            [number - 1, evidence.id, evidence.id],
        )
        # As the database does by itself once rows are committed: a plan made for an
        # empty table can take minutes.
        self.env.cr.execute("ANALYZE kmop_evidence, kmop_evidence_kmop_indicator_rel")
        self.env.invalidate_all()

    def test_queries_do_not_grow_with_evidence(self):
        evidence = self._accept()
        registration = self.registration.sudo()
        matrix = []
        self._count_matrix_queries()
        for number in (1, 100, 10_000):
            if number > 1:
                self._grow(evidence, number - self._count(evidence) + 1)
            self.assertEqual(self._count(evidence), number)
            self.env.invalidate_all()
            with self.assertQueryCount(4):
                registration.readiness()
            matrix.append(self._count_matrix_queries())
        self.assertEqual(len(set(matrix)), 1, matrix)
        self.assertEqual(self._counts(self.legal, "description")[0], 10_000)

    def _count_matrix_queries(self):
        self.env.invalidate_all()
        start = self.env.cr.sql_log_count
        self.registration.get_matrix()
        return self.env.cr.sql_log_count - start

    def _count(self, evidence):
        return self.env["kmop.evidence"].search_count(
            [("registration_id", "=", evidence.registration_id.id)]
        )

    def test_same_queries_for_one_and_200(self):
        partners = self.env["res.partner"].create(
            [{"name": f"Dienstverlener {n}"} for n in range(199)]
        )
        others = self.env["kmop.registration"].create(
            [
                {
                    "partner_id": partner.id,
                    "company_id": self.company.id,
                    "track_id": self.starter.id,
                }
                for partner in partners
            ]
        )
        self._accept()
        self.env.flush_all()
        for registrations in (self.registration, self.registration + others):
            self.env.invalidate_all()
            with self.assertQueryCount(4):
                readiness = registrations.sudo().readiness()
            self.assertEqual(len(readiness), len(registrations))

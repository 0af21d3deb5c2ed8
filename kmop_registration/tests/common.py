from datetime import date, timedelta

from odoo.tests import TransactionCase, freeze_time, new_test_user


class KmopCommon(TransactionCase):
    """A provider of its own, with one user per role, and ways to walk a track."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "no_reset_password": True})
        # A database, its demo data included, may have another language only.
        cls.env["res.lang"]._activate_lang("en_US")
        cls.company = cls._create_company("Leerhuis Test")
        cls.other_company = cls._create_company("Andere Opleider")
        cls.officer = cls._create_user(
            "officer", "kmop_registration.group_kmop_officer"
        )
        cls.manager = cls._create_user(
            "manager", "kmop_registration.group_kmop_manager"
        )
        cls.reader = cls._create_user("reader", "kmop_registration.group_kmop_user")
        cls.salesman = cls._create_user("salesman", "sales_team.group_sale_salesman")
        cls.surveyor = cls._create_user("surveyor", "survey.group_survey_user")
        cls.stranger = cls._create_user(
            "stranger",
            "kmop_registration.group_kmop_manager,sales_team.group_sale_manager",
            company=cls.other_company,
        )
        cls.starter = cls.env.ref("kmop_registration.kmop_track_starter")
        cls.part1 = cls.env.ref("kmop_registration.kmop_track_part_starter_1")
        cls.part2 = cls.env.ref("kmop_registration.kmop_track_part_starter_2")
        cls.regular = cls.env.ref("kmop_registration.kmop_track_regular")
        cls.quote_type = cls.env.ref("kmop_registration.kmop_evidence_type_quote")
        cls.legal_type = cls.env.ref("kmop_registration.kmop_evidence_type_legal")
        cls.bureau = cls.env["res.partner"].create(
            {"name": "Auditbureau", "is_company": True}
        )
        cls.client = cls.env["res.partner"].create({"name": "Kmo Klant BV"})
        cls.product = cls.env["product.product"].create(
            {"name": "Opleiding", "type": "service", "list_price": 500}
        )

    @classmethod
    def _create_company(cls, name):
        company = cls.env["res.company"].create({"name": name})
        company.partner_id.tz = "Europe/Brussels"
        return company

    @classmethod
    def _create_user(cls, login, groups, company=None):
        company = company or cls.company
        return new_test_user(
            cls.env,
            f"kmop_{login}",
            groups=f"base.group_user,{groups}",
            name=login.title(),
            email=f"{login}@dekade.example.com",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
            tz="Europe/Brussels",
            lang="en_US",
        )

    @classmethod
    def _create_registration(cls, **vals):
        """Return a registration as the officer sees it."""
        registrations = cls.env["kmop.registration"].with_user(cls.officer)
        return registrations.create(
            {"track_id": cls.starter.id, "service": "training", **vals}
        )

    @classmethod
    def _create_order(cls, company=None, **vals):
        company = company or cls.company
        return (
            cls.env["sale.order"]
            .with_company(company)
            .create(
                {
                    "partner_id": cls.client.id,
                    "company_id": company.id,
                    "user_id": cls.salesman.id,
                    "order_line": [(0, 0, {"product_id": cls.product.id})],
                    **vals,
                }
            )
        )

    @classmethod
    def _create_evidence(cls, registration, user=None, **vals):
        return (
            cls.env["kmop.evidence"]
            .with_user(user or cls.officer)
            .create(
                {
                    "name": "Statuten",
                    "registration_id": registration.id,
                    "type_id": cls.legal_type.id,
                    "url": "https://intranet.dekade.example.com/statuten",
                    **vals,
                }
            )
        )

    def _offer_on_website(self, lang):
        """Where there is a website beside the addon, it speaks some languages only."""
        if "website" in self.env:
            self.env["website"].get_current_website().language_ids += lang

    def _visit(self, registration, day):
        """Return the registration's next audit, visited on ``day``."""
        audit = registration.start_audit()
        audit.request(self.bureau, day - timedelta(days=60))
        audit.plan(day)
        audit.visit(day)
        return audit

    def _decide(self, registration, day, outcome="positive", **decision):
        """Walk the next audit up to its decision on ``day``; return the audit."""
        with freeze_time(day):
            audit = self._visit(registration, day - timedelta(days=14))
            audit.decide(outcome, **decision)
        return audit

    def _register(self, day=date(2026, 3, 1), **vals):
        """Return a registration whose part 1 was decided on ``day``."""
        registration = self._create_registration(**vals)
        self._decide(registration, day, number="DV.O123456")
        return registration

    def _dates(self, period):
        return period.date_start, period.date_end

import re
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import quote

from lxml import etree

from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools.misc import file_path
from odoo.tools.safe_eval import safe_eval

from .budget import BudgetCommon
from .common import KmopCommon

# The action and the filter that each count opens, as the screen itself has them.
DASHBOARD = file_path("kmop_registration/static/src/overview/dashboard.js")
WORRY = re.compile(r"(\w+): \{\s*label:[^}]*?action: \"([\w.]+)\",\s*filter: \"(\w+)\"")
FILTERS = {
    name: (action, filter_name)
    for name, action, filter_name in WORRY.findall(Path(DASHBOARD).read_text("utf-8"))
}


class OverviewCommon(KmopCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.all_round = cls._create_user(
            "all_round",
            "kmop_registration.group_kmop_officer,survey.group_survey_user,"
            "sales_team.group_sale_salesman_all_leads",
        )

    def _get_card(self, registration, user=None, lang="en_US"):
        self.env.invalidate_all()
        registration = registration.with_user(user or self.reader)
        return registration.with_context(lang=lang, tz="Europe/Brussels").card

    def _get_overview(self, user=None):
        self.env.invalidate_all()
        registrations = self.env["kmop.registration"].with_user(user or self.all_round)
        return registrations.get_overview()

    def _get_counts(self, user=None):
        worries = self._get_overview(user)["worries"]
        return {worry["name"]: worry["count"] for worry in worries}


@tagged("post_install", "-at_install")
class TestCard(BudgetCommon, OverviewCommon):
    def test_validity_on_each_boundary(self):
        registration = self._register(date(2026, 4, 1))
        for day, state, text, share in (
            ("2026-04-01", "valid", "Until 31 Mar 2028: 730 days left", 100),
            ("2027-04-01", "valid", "Until 31 Mar 2028: 365 days left", 50),
            ("2028-03-29", "expiring", "Until 31 Mar 2028: 2 days left", 0),
            ("2028-03-30", "expiring", "Until 31 Mar 2028: 1 day left", 0),
            ("2028-03-31", "expiring", "Until today, 31 Mar 2028: the last day", 0),
            ("2028-04-01", "expired", "Ended yesterday, on 31 Mar 2028", 0),
            ("2028-04-02", "expired", "Ended on 31 Mar 2028, 2 days ago", 0),
        ):
            with self.subTest(day=day), freeze_time(day + " 12:00:00"):
                validity = self._get_card(registration)["validity"]
                self.assertEqual(validity["state"], state)
                self.assertEqual(validity["text"], text)
                self.assertEqual(validity["share"], share)

    def test_validity_without_a_gap(self):
        """What follows without a gap counts as left."""
        registration = self._register(date(2026, 3, 1))
        self._decide(registration, date(2028, 2, 1))
        with freeze_time("2028-02-02 12:00:00"):
            validity = self._get_card(registration)["validity"]
        self.assertTrue(validity["text"].startswith("Until 28 Feb 2031: "))
        self.assertEqual(validity["share"], 61)

    def test_validity_of_a_newcomer(self):
        validity = self._get_card(self._create_registration())["validity"]
        self.assertEqual(validity["state"], "none")
        self.assertEqual(validity["text"], "No period is granted yet")

    def test_validity_in_a_gap(self):
        registration = self._register(date(2026, 3, 1))
        with freeze_time("2028-03-10 12:00:00"):
            audit = self._visit(registration, date(2028, 3, 5))
            audit.decide(
                "positive", registration_date="2028-04-01", reason="Attest van VLAIO"
            )
            validity = self._get_card(registration)["validity"]
        self.assertEqual(validity["state"], "gap")
        self.assertEqual(validity["text"], "Valid again from 1 Apr 2028")

    def test_readiness(self):
        """All five requirements in order, with the figures of the readiness."""
        registration = self._create_registration()
        for aspect in ("description", "application"):
            evidence = self._create_evidence(registration, aspect=aspect)
            evidence.submit()
            evidence.accept()
        requirements = self._get_card(registration)["requirements"]
        readiness = registration.readiness()[registration.id]["requirements"]
        self.assertEqual([r["name"][0] for r in requirements], list("12345"))
        self.assertEqual(sum(r["supported"] for r in requirements), 1)
        exempt = self.part1.exempt_requirement_ids.ids
        for entry in requirements:
            counts = readiness.get(entry["id"], {"supported": 0, "required": 0})
            self.assertEqual(
                counts, {name: entry[name] for name in ("supported", "required")}
            )
            self.assertEqual(entry["id"] in exempt, not entry["required"])

    def test_next_milestone(self):
        registration = self._create_registration()
        milestones = self.env["kmop.milestone"].with_user(self.officer)
        for name, day, user in (
            ("Later", "2026-09-01", self.officer),
            ("Eerst", "2026-08-01", self.reader),
        ):
            milestones.create(
                {
                    "title": name,
                    "registration_id": registration.id,
                    "date_planned": day,
                    "user_id": user.id,
                }
            )
        for day, when, late in (
            ("2026-07-01", "1 Aug 2026: in 31 days", False),
            ("2026-07-31", "Tomorrow, 1 Aug 2026", False),
            ("2026-08-01", "Today, 1 Aug 2026", False),
            ("2026-08-02", "Yesterday, 1 Aug 2026", True),
            ("2026-08-03", "1 Aug 2026: 2 days late", True),
        ):
            with self.subTest(day=day), freeze_time(day + " 12:00:00"):
                milestone = self._get_card(registration)["milestone"]
                self.assertEqual(milestone["name"], "Eerst")
                self.assertEqual(milestone["when"], when)
                self.assertEqual(milestone["late"], late)
                self.assertEqual(milestone["user"]["name"], self.reader.name)
        registration.milestone_ids.filtered(lambda m: m.title == "Eerst").mark_done()
        self.assertEqual(self._get_card(registration)["milestone"]["name"], "Later")

    def test_next_milestone_of_nobody(self):
        registration = self._create_registration()
        self.assertFalse(self._get_card(registration)["milestone"])
        self.env["kmop.milestone"].create(
            {
                "title": "Bel",
                "registration_id": registration.id,
                "date_planned": "2026-08-01",
                "user_id": False,
            }
        )
        self.assertIs(self._get_card(registration)["milestone"]["user"], False)

    def test_findings(self):
        registration = self._create_registration()
        findings = self.env["kmop.finding"].with_user(self.officer)
        vals = {"registration_id": registration.id}
        findings.create([{"name": name, **vals} for name in ("Een", "Twee")])
        self.assertEqual(self._get_card(registration)["findings"], 2)
        registration.finding_ids[0].cancel("Vergissing")
        self.assertEqual(self._get_card(registration)["findings"], 1)

    def test_without_rights(self):
        """A salesperson sees until when it is valid, and nothing of the audit."""
        registration = self._register(date(2026, 3, 1))
        for user in (self.salesman, self.surveyor):
            card = self._get_card(registration, user)
            self.assertTrue(card["validity"]["text"])
            self.assertEqual(card["requirements"], [])
            self.assertFalse(card["milestone"])
            self.assertEqual(card["findings"], 0)
        with self.assertRaises(AccessError):
            self._get_card(registration, self.stranger)

    def test_in_the_language_of_the_user(self):
        self.env["res.lang"]._activate_lang("nl_BE")
        registration = self._register(date(2026, 4, 1))
        with freeze_time("2027-03-01 12:00:00"):
            text = self._get_card(registration, lang="nl_BE")["validity"]["text"]
        self.assertIn("31 mrt 2028", text)

    def test_same_queries_for_one_and_many(self):
        registrations = self.env["kmop.registration"]
        for index in range(40):
            partner = self.env["res.partner"].create({"name": f"Opleider {index}"})
            day = date(2026, 3, 1) + timedelta(days=index)
            registration = self._register(day, partner_id=partner.id)
            self._create_evidence(registration).submit()
            self.env["kmop.finding"].with_user(self.officer).create(
                {"name": "Lijst", "registration_id": registration.id}
            )
            registrations += registration
        registrations = registrations.with_user(self.reader)
        registrations = registrations.with_context(tz="Europe/Brussels")
        fields = self._get_specification(registrations, "kanban")
        self.assertIn("card", fields)
        domain = [("id", "=", registrations[0].id)]
        one = self._search_read(registrations, fields, domain)
        domain = [("id", "in", registrations.ids)]
        many = self._search_read(registrations, fields, domain)
        self.assertEqual(one, many)
        self.assertLessEqual(many, 22)


@tagged("post_install", "-at_install")
class TestWorries(BudgetCommon, OverviewCommon):
    def _create_worries(self):
        """Have one of each worry, and one beside it that is none."""
        with freeze_time("2026-03-02 12:00:00"):
            registration = self._create_registration()
            for vals in (
                {"date_review": "2026-06-01"},
                {"date_review": "2026-06-02"},
            ):
                evidence = self._create_evidence(
                    registration, date_effective="2026-03-02", **vals
                )
                evidence.submit()
                evidence.accept()
            self._create_evidence(registration, date_effective="2026-03-02")
            findings = self.env["kmop.finding"].with_user(self.officer)
            findings.create(
                [
                    {
                        "name": day,
                        "registration_id": registration.id,
                        "date_found": "2026-03-02",
                        "date_deadline": day,
                    }
                    for day in ("2026-05-31", "2026-06-01")
                ]
            )
            milestones = self.env["kmop.milestone"].with_user(self.officer)
            milestones.create(
                [
                    {
                        "title": title,
                        "registration_id": registration.id,
                        "date_planned": "2026-05-01",
                    }
                    for title in ("Gemeld", "Gepland")
                ]
            )[0].sudo().state = "sent"
            # Sold, it submits its own quote as evidence.
            order = self._create_order(kmop_service="training")
            order.action_confirm()
            self._create_order(kmop_service="training")
            self._create_order().action_confirm()
            self._ask(order)
        return registration

    def _ask(self, order):
        survey = self.env["survey.survey"].create({"title": "Tevredenheid"})
        answers = self.env["survey.user_input"]
        for vals in (
            {"kmop_invited": True},
            {"kmop_invited": True, "state": "done"},
            {},
            {"kmop_invited": True, "test_entry": True},
        ):
            answers.create({"survey_id": survey.id, "kmop_order_id": order.id, **vals})

    @freeze_time("2026-06-01 12:00:00")
    def test_counts(self):
        self._create_worries()
        self.assertEqual(self._get_counts(), dict.fromkeys(FILTERS, 1))

    def test_nothing(self):
        self.assertEqual(self._get_counts(), dict.fromkeys(FILTERS, 0))

    @freeze_time("2026-06-01 12:00:00")
    def test_lists_behind_the_counts(self):
        """Each count is what its list shows: the action's own, by its filter."""
        self._create_worries()
        counts = self._get_counts()
        self.assertEqual(set(FILTERS), set(counts))
        for name, (xmlid, filter_name) in FILTERS.items():
            with self.subTest(worry=name):
                action = self.env.ref(xmlid)
                domain = self._get_filter(action, filter_name)
                domain &= Domain(safe_eval(action.domain or "[]"))
                records = self.env[action.res_model].with_user(self.all_round)
                self.assertEqual(records.search_count(domain), counts[name])

    def _get_filter(self, action, name):
        """Return the domain of a filter in the search view that the action opens."""
        model = self.env[action.res_model].with_user(self.all_round)
        view = model.get_view(action.search_view_id.id, "search")
        node = etree.fromstring(view["arch"]).find(f".//filter[@name='{name}']")
        values = {
            "uid": self.all_round.id,
            "allowed_company_ids": self.company.ids,
        }
        return Domain(safe_eval(node.get("domain"), values))

    @freeze_time("2026-06-01 12:00:00")
    def test_rights(self):
        """Nobody is told of what they can't open."""
        self._create_worries()
        for user, names in (
            (self.reader, {"review", "findings", "milestones"}),
            (self.officer, {"judge", "review", "findings", "milestones"}),
            (self.salesman, {"review", "milestones", "dossiers"}),
            (self.surveyor, {"review", "milestones", "surveys"}),
        ):
            with self.subTest(user=user.login):
                self.assertLessEqual(set(self._get_counts(user)), names)
        self.assertEqual(self._get_counts(self.salesman)["review"], 0)
        for login in ("base.group_user", "base.group_portal"):
            user = self.env["res.users"].create(
                {
                    "name": login,
                    "login": login,
                    "group_ids": [(6, 0, self.env.ref(login).ids)],
                }
            )
            with self.subTest(user=login), self.assertRaises(AccessError):
                self._get_counts(user)

    @freeze_time("2026-06-01 12:00:00")
    def test_other_company(self):
        self._create_worries()
        counts = self._get_counts(self.stranger)
        self.assertEqual(set(counts.values()), {0})
        self.assertTrue(self._get_overview(self.stranger)["empty"])

    @freeze_time("2026-06-01 12:00:00")
    def test_switched_companies(self):
        """Who works for two companies sees those that are switched on."""
        self._create_worries()
        both = self.company + self.other_company
        self.all_round.company_ids = [(6, 0, both.ids)]
        registrations = self.env["kmop.registration"].with_user(self.all_round)
        for companies, count in ((self.company, 1), (self.other_company, 0), (both, 1)):
            overview = registrations.with_context(
                allowed_company_ids=companies.ids
            ).get_overview()
            counts = {w["name"]: w["count"] for w in overview["worries"]}
            with self.subTest(companies=companies.mapped("name")):
                self.assertEqual(counts, dict.fromkeys(FILTERS, count))
                self.assertEqual(overview["empty"], not count)

    def test_queries(self):
        """As many for a full company as for an empty one."""
        registrations = self.env["kmop.registration"].with_user(self.all_round)
        registrations = registrations.with_context(tz="Europe/Brussels")
        few = self._count(registrations.get_overview)
        for index in range(10):
            partner = self.env["res.partner"].create({"name": f"Opleider {index}"})
            registration = self._register(date(2026, 3, 1), partner_id=partner.id)
            self._create_evidence(registration).submit()
        many = self._count(registrations.get_overview)
        self.assertLessEqual(many, few + 3)
        self.assertLessEqual(many, 30)


@tagged("post_install", "-at_install")
class TestOnboarding(OverviewCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Demo data brings its own.
        products = cls.env["product.template"].search([("kmop_service", "!=", False)])
        products.kmop_service = False
        cls.env["survey.survey"].search([]).kmop_satisfaction = False

    def _get_steps(self, user=None):
        steps = self._get_overview(user or self.officer)["onboarding"]
        return steps and {step["name"]: step["done"] for step in steps}

    def _get_action(self, name, user=None):
        registrations = self.env["kmop.registration"].with_user(user or self.officer)
        return registrations.get_onboarding_action(name)

    def test_steps_follow_the_data(self):
        names = ["registration", "dates", "products", "survey", "bureau"]
        done = dict.fromkeys(names, False)
        self.assertEqual(self._get_steps(), done)
        registration = self._create_registration()
        done["registration"] = True
        self.assertEqual(self._get_steps(), done)
        self.product.product_tmpl_id.kmop_service = "training"
        done["products"] = True
        self.assertEqual(self._get_steps(), done)
        self.env["survey.survey"].create(
            {"title": "Tevredenheid", "kmop_satisfaction": "both"}
        )
        done["survey"] = True
        self.assertEqual(self._get_steps(), done)
        # Dates are for who is registered already: nothing is left for a newcomer.
        registration.start_audit().bureau_id = self.bureau
        self.assertIs(self._get_steps(), False)

    def test_dates(self):
        self._register(date(2026, 3, 1))
        self.assertTrue(self._get_steps()["dates"])

    def test_products_of_another_company(self):
        self.product.product_tmpl_id.write(
            {"kmop_service": "training", "company_id": self.other_company.id}
        )
        self.assertFalse(self._get_steps()["products"])
        self.assertTrue(self._get_steps(self.stranger)["products"])

    def test_who_sees_it(self):
        for user in (self.reader, self.salesman, self.surveyor):
            self.assertIs(self._get_steps(user), False)
            for call in (
                lambda user=user: self._get_action("dates", user),
                self.env["kmop.registration"].with_user(user).close_onboarding,
            ):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    call()

    def test_hidden_per_company(self):
        self.env["kmop.registration"].with_user(self.officer).close_onboarding()
        self.assertFalse(self.company.kmop_show_onboarding)
        self.assertIs(self._get_steps(), False)
        self.assertIs(self._get_steps(self.manager), False)
        self.assertTrue(self._get_steps(self.stranger))
        self.company.kmop_show_onboarding = True
        self.assertTrue(self._get_steps())

    def test_actions(self):
        for name, model in (
            ("registration", "kmop.registration"),
            ("dates", "kmop.registration.onboard"),
            ("products", "product.template"),
            ("bureau", "kmop.bureau.appointment"),
        ):
            with self.subTest(step=name):
                self.assertEqual(self._get_action(name)["res_model"], model)
        self.assertEqual(
            self._get_action("survey", self.all_round)["res_model"], "survey.survey"
        )
        # Without rights on surveys: said, not refused.
        self.assertIn("Surveys", self._get_action("survey")["params"]["message"])

    def test_bureau(self):
        registration = self._create_registration()
        action = self._get_action("bureau")
        self.assertEqual(action["res_model"], "kmop.registration")
        self.assertEqual(action["res_id"], registration.id)
        audit = registration.start_audit()
        action = self._get_action("bureau")
        self.assertEqual(action["res_model"], "kmop.audit")
        self.assertEqual(action["res_id"], audit.id)


@tagged("post_install", "-at_install")
class TestOverviewScreen(OverviewCommon, HttpCase):
    def test_first_day(self):
        """From nothing, by the empty screen, to a registration and its card."""
        self.start_tour("/odoo/kmop", "kmop_overview_tour", login=self.all_round.login)
        registration = self.env["kmop.registration"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(registration.service, "training")
        self.assertFalse(self.company.kmop_show_onboarding)

    def test_readers(self):
        """Nobody who may open the app runs into an error on its first screen."""
        registration = self._register(date(2026, 3, 1))
        code = """
            const wait = setInterval(() => {
                if (document.querySelector(".o_error_dialog")) {
                    clearInterval(wait);
                    throw new Error("an error dialog");
                }
                if (document.querySelector(".o_kmop_card .o_kmop_validity")) {
                    clearInterval(wait);
                    console.log("test successful");
                }
            }, 100);
        """
        action = self.env.ref("kmop_registration.kmop_registration_action")
        for user in (self.reader, self.salesman, self.surveyor):
            with self.subTest(user=user.login):
                name = quote(action.path)
                self.browser_js(f"/odoo/{name}", code, login=user.login)
        self.assertTrue(registration)

from datetime import date

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from ..models.registration.kmop_guide_step import ITEMS, NEEDS, STEP_ITEMS
from ..models.registration.kmop_registration import STEPS
from .common import KmopCommon


class GuideCommon(KmopCommon):
    def _get_guide(self, registration, user=None, day="2026-05-04"):
        lang = registration.env.context.get("lang", "en_US")
        with freeze_time(day):
            self.env.invalidate_all()
            registration = registration.with_context(lang=lang)
            return registration.with_user(user or self.officer).guide

    def _states(self, guide):
        return [step["state"] for step in guide["steps"]]

    def _step(self, guide, code):
        return next(step for step in guide["steps"] if step["code"] == code)

    def _items(self, guide, code):
        return {item["name"]: item for item in self._step(guide, code)["items"]}

    def _done(self, guide, code):
        return {name: item["done"] for name, item in self._items(guide, code).items()}

    def _support_all(self, registration):
        """Have accepted evidence for each tested indicator, and of each usual kind."""
        indicators = registration._get_indicators()
        for aspect in ("description", "application"):
            self._accept(registration, indicator_ids=indicators.ids, aspect=aspect)
        for kind in registration._get_usual_documents(registration.next_part_id):
            self._accept(registration, type_id=kind.id)

    def _accept(self, registration, **vals):
        evidence = self._create_evidence(registration, **vals)
        evidence.submit()
        evidence.accept()


@tagged("post_install", "-at_install")
class TestGuide(GuideCommon):
    def test_table(self):
        """Each step exists, each line has its method, each action is there."""
        registration = self._create_registration()
        self.assertLessEqual(STEP_ITEMS.keys(), dict(STEPS).keys())
        self.assertEqual(STEP_ITEMS.keys() - NEEDS.keys(), {"part1", "part2"})
        for names in STEP_ITEMS.values():
            for name in names:
                self.assertTrue(hasattr(registration, f"_guide_{name}"), name)
        for action in {item.action for item in ITEMS.values()} - {None}:
            self.assertTrue(hasattr(registration, action), action)
        action = registration.action_open_matrix()
        self.assertEqual(action["context"], {"active_id": registration.id})

    # --------------------------------------------------------------------- steps

    def test_prepare(self):
        registration = self._create_registration()
        guide = self._get_guide(registration)
        self.assertEqual(guide["current"], "prepare")
        self.assertEqual(self._states(guide), ["current"] + 5 * ["todo"])
        item = self._items(guide, "prepare")["indicators"]
        readiness = registration.readiness()[registration.id]
        self.assertEqual(item["value"], f"0 of {readiness['required']}")
        self.assertEqual(guide["next"]["link"], {"action": "action_open_matrix"})

    def test_prepared(self):
        """With all that is asked there, the request is next."""
        registration = self._create_registration()
        with freeze_time("2026-05-04"):
            self._support_all(registration)
        guide = self._get_guide(registration)
        self.assertEqual(
            self._done(guide, "prepare"), {"indicators": True, "documents": True}
        )
        self.assertEqual(guide["current"], "request")
        self.assertEqual(self._states(guide), ["done", "current"] + 4 * ["todo"])
        self.assertEqual(guide["next"]["link"], {"action": "action_start_audit"})

    def test_documents_of_exempt_requirements_are_not_asked(self):
        registration = self._create_registration()
        kind = self.env.ref("kmop_registration.kmop_evidence_type_satisfaction_policy")
        self.assertTrue(kind.mandatory)
        for part, asked in ((self.part1, False), (self.part2, True)):
            usual = registration._get_usual_documents(part)
            self.assertEqual(kind in usual, asked, part.name)

    def test_document_past_its_review_does_not_count(self):
        registration = self._create_registration()
        kind = registration._get_usual_documents(self.part1)[:1]
        with freeze_time("2026-03-02"):
            self._accept(registration, type_id=kind.id, date_review="2026-09-30")
        for day, there in (("2026-09-30", 1), ("2026-10-01", 0)):
            item = self._items(self._get_guide(registration, day=day), "prepare")
            self.assertEqual(item["documents"]["value"].split()[0], str(there))

    def test_request_and_part1(self):
        registration = self._create_registration()
        with freeze_time("2026-05-04"):
            audit = registration.start_audit()
            audit.request(self.bureau)
            guide = self._get_guide(registration)
            self.assertEqual(guide["current"], "request")
            self.assertEqual(
                self._done(guide, "request"),
                {"track": True, "bureau": True, "requested": True},
            )
            self.assertEqual(self._step(guide, "prepare")["left"], 2)
            audit.plan(date(2026, 5, 4))
            guide = self._get_guide(registration)
            self.assertEqual(guide["current"], "part1")
            self.assertEqual(guide["next"]["label"], "Record the visit")
            link = {"model": "kmop.audit", "id": audit.id}
            self.assertEqual(guide["next"]["link"], link)
            audit.visit()
            audit.date_reported = "2026-05-04"
        guide = self._get_guide(registration)
        self.assertEqual(guide["next"]["label"], "Record the decision")

    def test_registered(self):
        registration = self._create_registration()
        self._decide(registration, date(2026, 3, 1))
        guide = self._get_guide(registration)
        self.assertEqual(guide["current"], "registered")
        self.assertEqual(
            self._done(guide, "registered"),
            {"period": True, "number": False, "attest": False},
        )
        self.assertEqual(guide["next"]["link"], {"field": "number"})
        # What is prepared from now on is for the next part.
        self.assertEqual(self._items(guide, "prepare"), {})

    def test_attest(self):
        registration = self._register()
        action = registration.action_open_attest()
        self.assertEqual(action["res_id"], registration.period_ids.id)
        period = registration.period_ids
        attachments = self.env["ir.attachment"].with_user(self.officer)
        period.attest_attachment_ids = attachments.create(
            {"name": "attest.pdf", "raw": b"%PDF-"}
        )
        self.assertTrue(
            self._done(self._get_guide(registration), "registered")["attest"]
        )

    def test_perform(self):
        guide = self._get_guide(self._register())
        self.assertEqual(guide["current"], "perform")
        self.assertEqual(self._states(guide), 4 * ["done"] + ["current", "todo"])
        items = self._items(guide, "perform")
        # The officer of the test sells nothing: dossiers aren't shown.
        self.assertEqual(list(items), ["answers", "findings", "indicators"])
        self.assertFalse(items["answers"]["done"])
        self.assertTrue(items["findings"]["done"])

    def test_perform_of_who_sees_dossiers(self):
        registration = self._register()
        seller = self._create_user(
            "seller",
            "kmop_registration.group_kmop_user,"
            "sales_team.group_sale_salesman_all_leads",
        )
        order = self._create_order(
            kmop_service="training", kmop_date_start="2026-05-01"
        )
        order.action_confirm()
        self.assertEqual(order.kmop_registration_id, registration)
        items = self._items(self._get_guide(registration, seller), "perform")
        self.assertEqual(items["dossiers"]["value"], "1")
        self.assertEqual(items["complete"]["value"], "0 of 1")

    def test_open_finding(self):
        registration = self._register()
        self.env["kmop.finding"].with_user(self.officer).create(
            {"name": "Lijst ontbreekt", "registration_id": registration.id}
        )
        item = self._items(self._get_guide(registration), "perform")["findings"]
        self.assertEqual((item["done"], item["value"]), (False, "1 open"))

    def test_next_audit_when_the_end_comes_near(self):
        registration = self._register()
        for day, label in (
            ("2027-08-28", "Look at the satisfaction"),
            ("2027-08-29", "Ask for the next audit"),
            ("2028-03-01", "Ask for the next audit"),
        ):
            guide = self._get_guide(registration, day=day)
            self.assertEqual(guide["next"]["label"], label, day)
        self.assertIn("29 Feb 2028", guide["notes"][0])

    def test_part2(self):
        registration = self._register()
        with freeze_time("2027-11-02"):
            registration.start_audit().request(self.bureau)
        guide = self._get_guide(registration, day="2027-11-03")
        self.assertEqual(guide["current"], "part2")
        items = self._items(guide, "part2")
        self.assertTrue(items["requested"]["done"])
        readiness = registration.readiness()[registration.id]["requirements"]
        exempted = self.part1.exempt_requirement_ids
        needed = sum(readiness[requirement.id]["required"] for requirement in exempted)
        self.assertEqual(items["exempted"]["value"], f"0 of {needed}")
        self.assertTrue(needed)

    def test_completed(self):
        registration = self._register()
        self._decide(registration, date(2028, 2, 1))
        guide = self._get_guide(registration, day="2028-05-04")
        self.assertFalse(guide["current"])
        self.assertEqual(self._states(guide), 6 * ["done"])
        self.assertFalse(guide["next"])
        self.assertIn("60 months", guide["notes"][0])
        guide = self._get_guide(registration, day="2030-12-01")
        self.assertEqual(guide["next"]["link"], {"action": "action_start_renewal"})

    def test_refused(self):
        registration = self._create_registration()
        self._decide(registration, date(2026, 3, 1), "negative")
        guide = self._get_guide(registration)
        self.assertEqual(guide["current"], "part1")
        self.assertFalse(self._done(guide, "part1")["decided"])
        self.assertEqual(guide["next"]["label"], "Start another audit")
        self.assertEqual(len(guide["notes"]), 1)

    def test_refused_in_part2(self):
        registration = self._register()
        self._decide(registration, date(2027, 12, 1), "negative")
        guide = self._get_guide(registration, day="2027-12-02")
        self.assertEqual(guide["current"], "part2")
        self.assertIn("29 Feb 2028", guide["notes"][1])

    def test_conditional(self):
        registration = self._create_registration()
        self._decide(registration, date(2026, 3, 1), "conditional", number="DV.O123456")
        guide = self._get_guide(registration)
        self.assertEqual(guide["current"], "perform")
        self.assertFalse(self._done(guide, "perform")["conditions"])

    def test_withdrawn(self):
        registration = self._register()
        with freeze_time("2026-04-01"):
            registration.withdraw(date(2026, 4, 1), "Gestopt")
        guide = self._get_guide(registration)
        self.assertFalse(guide["current"])
        self.assertIs(guide["next"], False)
        self.assertEqual(self._states(guide), 4 * ["done"] + 2 * ["todo"])
        self.assertEqual(len(guide["notes"]), 1)

    def test_shorter_path(self):
        """One part: no follow-up audit; once granted, documenting goes on."""
        registration = self._create_registration(track_id=self.regular.id)
        guide = self._get_guide(registration)
        codes = [step["code"] for step in guide["steps"]]
        self.assertEqual(codes, list(STEP_ITEMS)[:-1])
        self.assertEqual(self._step(guide, "part1")["title"], "Full audit")
        self._decide(registration, date(2026, 3, 1), number="DV.O123456")
        guide = self._get_guide(registration)
        self.assertEqual(guide["current"], "perform")
        with freeze_time("2030-12-01"):
            registration.start_renewal()
        guide = self._get_guide(registration, day="2030-12-01")
        self.assertEqual(guide["current"], "prepare")
        self.assertEqual(self._step(guide, "part1")["title"], "Renewal audit")
        self.assertEqual(guide["parts"][0]["months"], 60)

    def test_parts_are_data(self):
        self.part1.validity_months = 30
        parts = self._get_guide(self._create_registration())["parts"]
        self.assertEqual([part["months"] for part in parts], [30, 36])
        self.assertEqual(
            parts[0]["exempt"], self.part1.exempt_requirement_ids.mapped("name")
        )

    # -------------------------------------------------------------------- rights

    def test_reader(self):
        """Who changes nothing gets no button that does."""
        registration = self._create_registration()
        guide = self._get_guide(registration, self.reader)
        items = self._items(guide, "part1")
        self.assertFalse(items["planned"]["link"])
        self._decide(registration, date(2026, 3, 1))
        guide = self._get_guide(registration, self.reader)
        self.assertFalse(self._items(guide, "registered")["number"]["link"])
        self.assertFalse(guide["next"])
        self.assertTrue(self._items(guide, "part1")["planned"]["link"])

    def test_others(self):
        registration = self._register()
        for user in (self.salesman, self.surveyor, self.stranger):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                registration.with_user(user).read(["guide"])

    def test_in_the_language_of_the_user(self):
        """Names of steps and parts are translated already."""
        self.env["res.lang"]._activate_lang("nl_BE")
        self.env["ir.module.module"]._load_module_terms(
            ["kmop_registration"], ["nl_BE"], overwrite=True
        )
        registration = self._create_registration().with_context(lang="nl_BE")
        titles = [step["title"] for step in self._get_guide(registration)["steps"]]
        self.assertEqual(titles[:2], ["Voorbereiden", "Aanvragen"])
        self.assertIn("Deel 1", titles[2])

from datetime import date, timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.base.models.ir_actions_report import IrActionsReport

from ..models.audit.kmop_finding import (
    ACTIVITY_TYPE,
    LIVE_STATES,
    REPORT,
    STATES,
)
from .common import KmopCommon

TODAY = date(2026, 5, 4)
# Written out, and not taken from the code: which step leads from where to where.
STEPS = {
    "propose": {"open": "proposed"},
    "implement": {"proposed": "checking"},
    "confirm": {"checking": "closed"},
    "reopen": {"checking": "open"},
    "refuse": {"proposed": "open"},
    "cancel": {
        "open": "cancelled",
        "proposed": "cancelled",
        "checking": "cancelled",
    },
}


@freeze_time("2026-05-04 10:00")
class FindingCommon(KmopCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registration = cls._create_registration()

    @classmethod
    def _create_finding(cls, registration=None, user=None, **vals):
        return (
            cls.env["kmop.finding"]
            .with_user(user or cls.officer)
            .create(
                {
                    "name": "Aanwezigheidslijst ontbreekt",
                    "registration_id": (registration or cls.registration).id,
                    **vals,
                }
            )
        )

    def _bring(self, state, **vals):
        """Return a finding brought to ``state`` by its own steps."""
        finding = self._create_finding(**vals)
        if state == "cancelled":
            finding.cancel("Dubbel")
        if state in ("proposed", "checking", "closed"):
            finding.propose("Lijst na elke sessie inscannen")
        if state in ("checking", "closed"):
            finding.implement()
        if state == "closed":
            finding.check_effect(True, "Drie lijsten nagekeken")
        self.assertEqual(finding.state, state)
        return finding

    def _get_activities(self, finding):
        return finding.activity_search([ACTIVITY_TYPE])


@tagged("post_install", "-at_install")
@freeze_time("2026-05-04 10:00")
class TestFindingTransitions(FindingCommon):
    def _step(self, finding, step):
        {
            "propose": lambda: finding.propose("Inscannen"),
            "implement": lambda: finding.implement(),
            "confirm": lambda: finding.check_effect(True, "Nagekeken"),
            "reopen": lambda: finding.check_effect(False, "Nog steeds"),
            "refuse": lambda: finding.refuse("Neemt de oorzaak niet weg"),
            "cancel": lambda: finding.cancel("Dubbel"),
        }[step]()

    def test_every_transition(self):
        for state, _label in STATES:
            for step, targets in STEPS.items():
                finding = self._bring(state)
                with self.subTest(state=state, step=step):
                    if state in targets:
                        self._step(finding, step)
                        self.assertEqual(finding.state, targets[state])
                    else:
                        with self.assertRaisesRegex(UserError, "isn't possible now"):
                            self._step(finding, step)
                        self.assertEqual(finding.state, state)

    def test_the_whole_way(self):
        finding = self._bring("closed")
        self.assertRecordValues(
            finding,
            [
                {
                    "measure": "Lijst na elke sessie inscannen",
                    "date_proposed": TODAY,
                    "date_measured": TODAY,
                    "effect_ok": True,
                    "effect_note": "Drie lijsten nagekeken",
                    "checked_by_id": self.officer.id,
                    "date_checked": TODAY,
                }
            ],
        )

    def test_negative_check_reopens(self):
        finding = self._bring("checking")
        finding.check_effect(False, "Nog twee lijsten ontbreken")
        self.assertEqual((finding.state, finding.effect_ok), ("open", False))
        self.assertEqual(finding.effect_note, "Nog twee lijsten ontbreken")
        finding.measure = "Lijst digitaal tekenen"
        finding.propose()
        self.assertFalse(finding.date_measured)
        finding.implement()
        finding.check_effect(True, "Nu wel")
        self.assertEqual((finding.state, finding.effect_ok), ("closed", True))

    def test_refusal_reopens(self):
        finding = self._bring("proposed")
        finding.refuse("  Te vaag  ")
        self.assertEqual((finding.state, finding.refuse_reason), ("open", "Te vaag"))
        finding.propose("Digitaal tekenen")
        self.assertFalse(finding.refuse_reason)

    def test_text_is_needed(self):
        steps = {
            "open": (lambda f, text: f.propose(text), "Describe"),
            "proposed": (lambda f, text: f.refuse(text), "reason"),
            "checking": (lambda f, text: f.check_effect(True, text), "checked"),
        }
        for state, (step, message) in steps.items():
            finding = self._bring(state)
            for text in (None, False, "", " \n\t "):
                with self.subTest(state=state, text=text):
                    with self.assertRaisesRegex(UserError, message):
                        step(finding, text)
                    with self.assertRaisesRegex(UserError, "reason"):
                        finding.cancel(text)
            self.assertEqual(finding.state, state)

    def test_carried_out_on(self):
        finding = self._bring("proposed", date_found=TODAY - timedelta(days=3))
        for day, message in {
            TODAY + timedelta(days=1): "day to come",
            TODAY - timedelta(days=4): "before the finding",
        }.items():
            with self.subTest(day=day), self.assertRaisesRegex(UserError, message):
                finding.implement(day)
        finding.implement("2026-05-01")
        self.assertEqual(finding.date_measured, date(2026, 5, 1))

    def test_states_are_not_written(self):
        finding = self._bring("checking")
        for vals in ({"state": "closed"}, {"effect_ok": True}, {"effect_note": "ok"}):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "buttons"):
                finding.write(vals)
        with self.assertRaisesRegex(UserError, "buttons"):
            self._create_finding(state="closed")

    def test_many_at_once_or_none(self):
        findings = self._bring("proposed") + self._bring("open")
        with self.assertRaisesRegex(UserError, "is open"):
            findings.implement()
        self.assertEqual(findings.mapped("state"), ["proposed", "open"])
        findings.cancel("Dubbel")
        self.assertEqual(set(findings.mapped("state")), {"cancelled"})

    def test_wizards(self):
        finding = self._bring("proposed")
        Reason = self.env["kmop.reason"].with_user(self.officer)
        Reason.with_context(active_ids=finding.ids).create(
            {"action": "refuse_finding", "reason": "Te vaag"}
        ).action_confirm()
        self.assertEqual(finding.refuse_reason, "Te vaag")
        finding.propose("Digitaal tekenen")
        finding.implement()
        Check = self.env["kmop.finding.check"].with_user(self.officer)
        with Form(Check.with_context(active_id=finding.id)) as form:
            self.assertEqual(form.measure, "Digitaal tekenen")
            form.result = "effective"
            form.note = "Nagekeken"
        form.save().action_confirm()
        self.assertEqual(finding.state, "closed")
        other = self._bring("open")
        Reason.with_context(active_ids=other.ids).create(
            {"action": "cancel_finding", "reason": "Dubbel"}
        ).action_confirm()
        self.assertEqual(other.cancel_reason, "Dubbel")


@tagged("post_install", "-at_install")
@freeze_time("2026-05-04 10:00")
class TestFinding(FindingCommon):
    # ------------------------------------------------------------------- deadline

    def test_deadline_is_proposed(self):
        self.assertEqual(self._create_finding().date_deadline, date(2026, 11, 4))
        self.company.kmop_corrective_months = 1
        finding = self._create_finding(date_found=date(2026, 1, 31))
        self.assertEqual(finding.date_deadline, date(2026, 2, 28))

    def test_deadline_stays_as_agreed(self):
        finding = self._create_finding(date_deadline=date(2026, 6, 1))
        finding.date_found = date(2026, 3, 1)
        self.assertEqual(finding.date_deadline, date(2026, 6, 1))

    def test_deadline_in_the_form(self):
        form = Form(self.env["kmop.finding"].with_user(self.officer))
        form.name = "Aanwezigheidslijst ontbreekt"
        form.date_found = date(2026, 1, 15)
        self.assertEqual(form.date_deadline, date(2026, 7, 15))
        self.assertEqual(form.save().registration_id, self.registration)

    @mute_logger("odoo.sql_db")
    def test_impossible_dates(self):
        with self.assertRaisesRegex(ValidationError, "day to come"):
            self._create_finding(date_found=TODAY + timedelta(days=1))
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self._create_finding(date_deadline=TODAY - timedelta(days=1))
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.company.kmop_corrective_months = 0

    def test_setting(self):
        Settings = self.env["res.config.settings"].with_company(self.company)
        settings = Settings.create({})
        self.assertEqual(settings.kmop_corrective_months, 6)
        settings.kmop_corrective_months = 3
        settings.execute()
        self.assertEqual(self.company.kmop_corrective_months, 3)

    # -------------------------------------------------------------------- overdue

    def test_overdue_compute_is_search(self):
        findings = self.env["kmop.finding"]
        for state, _label in STATES:
            for days in (-1, 0, 1):
                findings += self._bring(
                    state,
                    date_found=date(2026, 1, 1),
                    date_deadline=TODAY + timedelta(days=days),
                )
        late = findings.filtered("overdue")
        expected = findings.filtered(
            lambda f: f.date_deadline < TODAY and f.state in LIVE_STATES
        )
        self.assertEqual(late, expected)
        self.assertEqual(len(late), 3)
        scope = [("id", "in", findings.ids)]
        for domain, found in {
            ("overdue", "=", True): late,
            ("overdue", "!=", False): late,
            ("overdue", "=", False): findings - late,
            ("overdue", "in", (True, False)): findings,
        }.items():
            with self.subTest(domain=domain):
                self.assertEqual(findings.search([domain, *scope], order="id"), found)

    def test_overdue_the_day_after(self):
        finding = self._create_finding(date_deadline=TODAY)
        # Brussels is two hours ahead in May: the fourth ends at 22:00 UTC.
        for moment, overdue in {
            "2026-05-04 21:59:59": False,
            "2026-05-04 22:00:00": True,
            "2026-05-05 10:00:00": True,
        }.items():
            with self.subTest(moment=moment), freeze_time(moment):
                finding.invalidate_recordset(["overdue"])
                finding = finding.with_context(tz="Europe/Brussels")
                found = finding.search(
                    [("overdue", "=", True), ("id", "=", finding.id)]
                )
                self.assertEqual((finding.overdue, bool(found)), (overdue, overdue))

    # ----------------------------------------------------------------- activities

    def test_activity(self):
        finding = self._create_finding(user_id=self.reader.id)
        activity = self._get_activities(finding)
        self.assertRecordValues(
            activity,
            [
                {
                    "date_deadline": finding.date_deadline,
                    "user_id": self.reader.id,
                }
            ],
        )
        finding.write({"date_deadline": date(2026, 6, 1), "user_id": self.officer.id})
        self.assertEqual(self._get_activities(finding), activity)
        self.assertEqual(activity.date_deadline, date(2026, 6, 1))
        self.assertEqual(activity.user_id, self.officer)

    def test_activity_ends_with_the_finding(self):
        closed, cancelled = self._bring("closed"), self._bring("cancelled")
        self.assertFalse(self._get_activities(closed + cancelled))
        self.assertIn("Drie lijsten", closed.message_ids.mapped("body")[0])

    def test_activity_comes_back(self):
        for state in ("proposed", "checking"):
            finding = self._bring(state)
            self._get_activities(finding).action_feedback()
            with self.subTest(state=state):
                if state == "proposed":
                    finding.refuse("Te vaag")
                else:
                    finding.check_effect(False, "Nog steeds")
                self.assertEqual(len(self._get_activities(finding)), 1)

    # -------------------------------------------------------------------- carried

    def test_carried_to_the_next_audit(self):
        registration = self._register(service="advice")
        first = registration.audit_ids
        values = {"registration": registration, "origin": "audit", "audit_id": first.id}
        # The report arrives after the decision.
        late_report = self._create_finding(**values)
        complaint = self._create_finding(registration, origin="complaint")
        solved = self._create_finding(**values)
        self.assertEqual(first.finding_ids, late_report + solved)
        solved.cancel("Dubbel")
        following = registration.start_audit()
        own = self._create_finding(
            registration, origin="self_assessment", audit_id=following.id
        )
        self._create_finding()
        self.assertEqual(following.carried_finding_ids, late_report + complaint)
        self.assertFalse(first.carried_finding_ids)
        self.assertEqual(following.finding_ids, own)
        late_report.propose("Inscannen")
        late_report.implement()
        self.assertIn(late_report, following.carried_finding_ids)
        late_report.check_effect(True, "Nagekeken")
        self.assertEqual(following.carried_finding_ids, complaint)

    def test_found_at_the_visit_is_not_carried(self):
        registration = self._register(service="advice")
        before = self._create_finding(registration)
        with freeze_time("2026-08-03"):
            following = self._visit(registration, date(2026, 8, 3))
            self._create_finding(registration)
        self.assertEqual(following.carried_finding_ids, before)

    def test_cancelled_audit_carries_nothing(self):
        self._create_finding()
        audit = self.registration.start_audit()
        self.assertTrue(audit.carried_finding_ids)
        audit.cancel("Stop")
        self.assertFalse(audit.carried_finding_ids)

    def test_columns_follow_the_work(self):
        self._bring("checking")
        self._bring("closed")
        findings = self.env["kmop.finding"].with_context(read_group_expand=True)
        groups = findings.formatted_read_group(
            [("registration_id", "=", self.registration.id)], ["state"], ["__count"]
        )
        columns = [(group["state"], group["__count"]) for group in groups]
        expected = [("open", 0), ("proposed", 0), ("checking", 1), ("closed", 1)]
        self.assertEqual(columns, expected)

    def test_count_on_the_registration(self):
        self._create_finding()
        self._bring("checking")
        self._bring("closed")
        self.assertEqual(self.registration.open_finding_count, 2)
        action = self.registration.action_open_findings()
        self.assertEqual(self.env["kmop.finding"].search_count(action["domain"]), 3)

    # ------------------------------------------------------------------ read-only

    def test_read_only_when_over(self):
        changes = {
            "name": "Anders",
            "severity": "major",
            "date_deadline": date(2027, 1, 1),
            "user_id": self.reader.id,
            "measure": "Anders",
        }
        for state in ("closed", "cancelled"):
            finding = self._bring(state)
            for name, value in changes.items():
                with self.subTest(state=state, field=name):
                    with self.assertRaisesRegex(UserError, "read-only"):
                        finding[name] = value
            finding.message_post(body="Een opmerking blijft mogelijk.")

    def test_proposed_measure_is_fixed(self):
        for state in ("proposed", "checking"):
            finding = self._bring(state)
            finding.severity = "major"
            with self.subTest(state=state):
                with self.assertRaisesRegex(UserError, "refuse it first"):
                    finding.measure = "Anders"

    def test_history_is_kept(self):
        refused = self._bring("proposed")
        refused.refuse("Te vaag")
        for finding in (
            refused,
            *map(self._bring, ("proposed", "checking", "closed", "cancelled")),
        ):
            with self.subTest(state=finding.state):
                with self.assertRaisesRegex(UserError, "is kept"):
                    finding.unlink()
        self._bring("open").unlink()

    # ------------------------------------------------------------------ bad input

    def test_audit_of_its_own(self):
        with self.assertRaisesRegex(ValidationError, "Choose the audit"):
            self._create_finding(origin="audit")
        other = self._create_registration(service="advice").start_audit()
        with self.assertRaisesRegex(ValidationError, "isn't an audit of this"):
            self._create_finding(origin="audit", audit_id=other.id)

    def test_registration_follows_the_audit(self):
        other = self._create_registration(service="advice").start_audit()
        finding = (
            self.env["kmop.finding"]
            .with_user(self.officer)
            .create({"name": "X", "origin": "audit", "audit_id": other.id})
        )
        self.assertEqual(finding.registration_id, other.registration_id)

    def test_indicator(self):
        indicator = self._create_indicator(service="training")
        finding = self._create_finding(indicator_id=indicator.id)
        self.assertEqual(finding.requirement_id, indicator.requirement_id)
        wrong = indicator.requirement_id.search(
            [("id", "!=", indicator.requirement_id.id)], limit=1
        )
        with self.assertRaisesRegex(ValidationError, "another requirement"):
            finding.requirement_id = wrong
        advice = self._create_registration(service="advice")
        with self.assertRaisesRegex(ValidationError, "another service"):
            self._create_finding(advice, indicator_id=indicator.id)

    def test_indicator_of_another_norm(self):
        norm = self.env["kmop.norm"].create(
            {"name": "kmop-norm 2031", "date_from": "2031-01-01"}
        )
        requirement = self.env["kmop.requirement"].create(
            {"norm_id": norm.id, "code": "1", "name": "Nieuw"}
        )
        indicator = self._create_indicator(requirement)
        audit = self.registration.start_audit()
        with self.assertRaisesRegex(ValidationError, "isn't of the norm of this audit"):
            self._create_finding(audit_id=audit.id, indicator_id=indicator.id)

    def _create_indicator(self, requirement=None, **vals):
        requirement = requirement or self.env.ref(
            "kmop_registration.kmop_requirement_satisfaction"
        )
        return self.env["kmop.indicator"].create(
            {
                "requirement_id": requirement.id,
                "code": "T.1",
                "name": "Proefindicator",
                **vals,
            }
        )

    def test_source(self):
        order = self._create_order()
        self.officer.group_ids += self.env.ref("sales_team.group_sale_manager")
        finding = self._create_finding(
            origin="complaint", res_model="sale.order", res_id=order.id
        )
        self.assertEqual(finding.source_name, order.display_name)
        action = finding.action_open_source()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("sale.order", order.id)
        )
        with self.assertRaises(UserError):
            self._create_finding().action_open_source()

    def test_wrong_source(self):
        order = self._create_order()
        foreign = self._create_order(company=self.other_company)
        for vals, message in (
            ({"res_model": "res.country", "res_id": 1}, "can't be the source"),
            ({"res_model": "no.such.model", "res_id": 1}, "can't be the source"),
            ({"res_id": order.id}, "without its model"),
            ({"res_model": "sale.order", "res_id": 2**30}, "doesn't exist"),
            ({"res_model": "sale.order"}, "doesn't exist"),
            ({"res_model": "sale.order", "res_id": foreign.id}, "different companies"),
        ):
            with self.subTest(vals=vals):
                with self.assertRaisesRegex(ValidationError, message):
                    self._create_finding(**vals)

    def test_source_that_one_may_not_read(self):
        order = self._create_order()
        with self.assertRaises(AccessError):
            self._create_finding(
                user=self.reader, res_model="sale.order", res_id=order.id
            )


@tagged("post_install", "-at_install")
@freeze_time("2026-05-04 10:00")
class TestFindingAccess(FindingCommon):
    def test_users_record_and_work_on_their_own(self):
        finding = self._create_finding(user=self.reader)
        self.assertEqual(finding.user_id, self.reader)
        finding.severity = "minor"
        finding.propose("Inscannen")
        finding.implement()
        with self.assertRaisesRegex(UserError, "Only a quality officer"):
            finding.check_effect(True, "Nagekeken")
        with self.assertRaises(AccessError):
            finding.unlink()

    def test_users_record_for_another(self):
        finding = self._create_finding(user=self.reader, user_id=self.officer.id)
        self.assertEqual(self._get_activities(finding.sudo()).user_id, self.officer)
        self.assertTrue(finding.name)
        for change in (
            lambda f: f.write({"severity": "major"}),
            lambda f: f.propose("Inscannen"),
            lambda f: f.unlink(),
        ):
            with self.assertRaises(AccessError):
                change(finding)

    def test_judging_is_for_officers(self):
        for state, judge in {
            "proposed": lambda f: f.refuse("Te vaag"),
            "checking": lambda f: f.check_effect(False, "Nog steeds"),
            "open": lambda f: f.cancel("Dubbel"),
        }.items():
            finding = self._bring(state, user_id=self.reader.id)
            with self.subTest(state=state):
                with self.assertRaisesRegex(UserError, "Only a quality officer"):
                    judge(finding.with_user(self.reader))
                judge(finding)

    def test_officers_do_everything(self):
        finding = self._create_finding(user=self.reader).with_user(self.officer)
        finding.severity = "major"
        finding.unlink()

    def test_nothing_for_salespeople(self):
        finding = self._create_finding()
        for user in (self.salesman, self.surveyor):
            theirs = finding.with_user(user)
            for action in (
                lambda f: f.read(["name"]),
                lambda f: f.search([]),
                lambda f: f.write({"name": "X"}),
                lambda f: f.unlink(),
                lambda f: f.create({"name": "X", "registration_id": 1}),
            ):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    action(theirs)

    def test_companies_do_not_see_each_other(self):
        finding = self._create_finding()
        theirs = finding.with_user(self.stranger)
        self.assertFalse(theirs.search([("id", "=", finding.id)]))
        with self.assertRaises(AccessError):
            theirs.read(["name"])
        with self.assertRaises(AccessError):
            theirs.propose("Inscannen")
        with self.assertRaises(AccessError):
            self._create_finding(user=self.stranger)

    def test_responsible_of_the_company(self):
        with self.assertRaises(UserError):
            self._create_finding(user_id=self.stranger.id)


@tagged("post_install", "-at_install")
@freeze_time("2026-05-04 10:00")
class TestFindingReport(FindingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.report = cls.env["ir.actions.report"].with_user(cls.officer)

    def _render(self, findings):
        return self.report._render_qweb_html(REPORT, findings.ids)[0].decode()

    def test_empty_fields_leave_no_gaps(self):
        page = self._render(self._create_finding())
        self.assertIn("Aanwezigheidslijst ontbreekt", page)
        self.assertIn("05/04/2026", page)
        for label in ("Effect check", "Corrective", "Cause", "Indicator", "Source"):
            self.assertNotIn(label, page)
        self.assertNotIn("False", page)

    def test_full_report(self):
        seen = "Drie <b>lijsten</b>\nniet getekend"
        finding = self._bring("closed", description=seen)
        page = self._render(finding)
        for text in ("Effect check", "Drie lijsten nagekeken", "The measure helped"):
            self.assertIn(text, page)
        self.assertIn("Drie &lt;b&gt;lijsten&lt;/b&gt;", page)

    def test_several_in_one(self):
        findings = self._create_finding() + self._create_finding(name="Oude prijslijst")
        page = self._render(findings)
        self.assertIn("Aanwezigheidslijst ontbreekt", page)
        self.assertIn("Oude prijslijst", page)

    def test_language_of_the_responsible(self):
        self.env["res.lang"]._activate_lang("nl_BE")
        self.env["ir.module.module"]._load_module_terms(
            ["kmop_registration"], ["nl_BE"]
        )
        finding = self._create_finding()
        self.assertIn("05/04/2026", self._render(finding))
        self.officer.lang = "nl_BE"
        page = self._render(finding)
        self.assertNotIn("05/04/2026", page)
        self.assertRegex(page, r"0?4[-/]0?5[-/]2026")

    def test_language_of_the_company(self):
        self.env["res.lang"]._activate_lang("nl_BE")
        self.registration.user_id = False
        self.company.partner_id.lang = "nl_BE"
        self.assertEqual(self._create_finding()._get_report_lang(), "nl_BE")

    # ------------------------------------------------------------------- evidence

    def test_becomes_evidence(self):
        with freeze_time("2026-05-02"):
            finding = self._bring("closed")
        evidence = finding.add_report_as_evidence()
        evidence_type = self.env.ref("kmop_registration.kmop_evidence_type_improvement")
        self.assertRecordValues(
            evidence,
            [
                {
                    "name": "Improvement report - Aanwezigheidslijst ontbreekt",
                    "type_id": evidence_type.id,
                    "registration_id": self.registration.id,
                    "date_effective": date(2026, 5, 2),
                    "res_model": "kmop.finding",
                    "res_id": finding.id,
                    "owner_id": self.officer.id,
                }
            ],
        )
        self.assertIn(b"Drie lijsten nagekeken", evidence.attachment_ids.raw)
        self.assertTrue(evidence.attachment_ids.name.endswith(".html"))
        self.assertEqual(finding.kmop_evidence_count, 1)
        with self.assertRaisesRegex(UserError, "among the evidence already"):
            finding.add_report_as_evidence()

    def test_evidence_as_pdf(self):
        with (
            patch.object(IrActionsReport, "get_wkhtmltopdf_state", lambda _self: "ok"),
            patch.object(
                IrActionsReport, "_render_qweb_pdf", lambda *_args: (b"%PDF-1.4", "pdf")
            ),
        ):
            file = self._create_finding().add_report_as_evidence().attachment_ids
        self.assertEqual((file.raw, file.mimetype), (b"%PDF-1.4", "application/pdf"))
        self.assertTrue(file.name.endswith(".pdf"))

    def test_open_finding_is_reported_as_of_today(self):
        indicator = self.env.ref("kmop_registration.kmop_indicator_activity_price")
        finding = self._create_finding(indicator_id=indicator.id)
        evidence = finding.add_report_as_evidence()
        self.assertEqual(evidence.date_effective, TODAY)
        self.assertIn(indicator, evidence.indicator_ids)
        self.assertLess(evidence.type_id.indicator_ids, evidence.indicator_ids)

    def test_cancelled_is_no_evidence(self):
        with self.assertRaisesRegex(UserError, "is no evidence"):
            self._bring("cancelled").add_report_as_evidence()

    def test_accepted_report_keeps_its_finding(self):
        finding = self._create_finding()
        evidence = finding.add_report_as_evidence()
        evidence.submit()
        evidence.accept()
        with self.assertRaises(UserError):
            finding.unlink()
        finding.propose("Inscannen")
        finding.implement()
        finding.check_effect(True, "Nagekeken")

    def test_button_opens_the_evidence(self):
        finding = self._bring("closed")
        action = finding.action_add_report()
        self.assertEqual(action["res_id"], finding.kmop_evidence_ids.id)

    def test_user_adds_the_report_of_anothers(self):
        finding = self._create_finding().with_user(self.reader)
        self.assertEqual(finding.add_report_as_evidence().owner_id, self.reader)

    def test_button_opens_the_evidence_of_several(self):
        findings = self._bring("closed") | self._bring("closed")
        action = findings.action_add_report()
        found = self.env["kmop.evidence"].search(action["domain"])
        self.assertEqual(found, findings.kmop_evidence_ids)
        self.assertEqual(len(found), 2)

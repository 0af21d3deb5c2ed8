from datetime import date
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import KmopCommon

DUE = "odoo.addons.kmop_registration.models.milestone.kmop_milestone_due"
REMINDER = "odoo.addons.kmop_registration.models.milestone.kmop_reminder"
ROOT = "kmop_registration."
PREFIX = "kmop_milestone_rule_"


class MilestoneCommon(KmopCommon):
    """A schedule of its own: the shipped one is put aside."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rules = cls.env["kmop.milestone.rule"]
        cls.rules.search([]).active = False
        cls.env["kmop.milestone"].search([]).sudo().state = "superseded"
        cls.template = cls.env.ref(ROOT + "mail_template_reminder")
        cls.responsible = cls.env.ref(ROOT + "kmop_milestone_role_responsible")
        cls.owner = cls.env.ref(ROOT + "kmop_milestone_role_owner")
        cls.administrator = cls.env.ref(ROOT + "kmop_milestone_role_administrator")
        cls.todo = cls.env.ref(ROOT + "mail_activity_type_milestone")

    @classmethod
    def _create_rule(cls, number=6, unit="months", anchor="registration_end", **vals):
        return cls.rules.create(
            {
                "name": f"{number} {unit}",
                "anchor": anchor,
                "offset_number": number,
                "offset_unit": unit,
                "role_id": cls.responsible.id,
                "template_id": cls.template.id,
                "recipient_ids": [(6, 0, cls.responsible.ids)],
                **vals,
            }
        )

    def _create_dossier(self, start="2026-06-01", end="2026-06-02", **vals):
        """Return a quote of a subsidised training."""
        return self._create_order(
            kmop_service="training",
            kmop_subsidised=True,
            kmop_date_start=start,
            kmop_date_end=end,
            **vals,
        )

    def _run(self, day):
        """Let the scheduled action run on ``day``; return the mails that it made."""
        before = self.env["mail.mail"].search([])
        cron = self.env.ref(ROOT + "ir_cron_kmop_milestones")
        with freeze_time(day), self.enter_registry_test_mode():
            self.assertIs(cron.method_direct_trigger(), True)
        return self.env["mail.mail"].search([]) - before

    def _start(self, **vals):
        with freeze_time("2026-03-01"):
            return self._register(**vals)

    def _get(self, record, rule):
        return self.env["kmop.milestone"].search(
            [
                ("res_model", "=", record._name),
                ("res_id", "in", record.ids),
                ("rule_id", "in", rule.ids),
            ]
        )


@tagged("post_install", "-at_install")
class TestMilestonePlan(MilestoneCommon):
    def setUp(self):
        super().setUp()
        self.rule = self._create_rule()
        self.registration = self._start()
        self.milestone = self._get(self.registration, self.rule)

    def test_planned_with_the_period(self):
        self.assertRecordValues(
            self.milestone,
            [
                {
                    "date_anchor": date(2028, 2, 29),
                    "date_planned": date(2027, 8, 29),
                    "state": "planned",
                    "company_id": self.company.id,
                    "user_id": self.officer.id,
                    "record_name": self.registration.display_name,
                    "name": "6 months",
                }
            ],
        )

    def test_moves_with_the_end(self):
        self._decide(self.registration, date(2027, 7, 2))
        self.assertEqual(self.milestone.state, "planned")
        self.assertEqual(self.milestone.date_planned, date(2030, 8, 28))
        self.assertFalse(self._run("2027-12-01"))
        self.assertEqual(len(self._run("2030-08-28")), 1)

    def test_what_was_sent_stays(self):
        self._run("2027-08-29")
        self._decide(self.registration, date(2027, 11, 2))
        old, new = self._get(self.registration, self.rule).sorted("date_planned")
        self.assertEqual((old, old.state), (self.milestone, "sent"))
        self.assertEqual(old.date_planned, date(2027, 8, 29))
        self.assertEqual((new.state, new.date_planned), ("planned", date(2030, 8, 28)))

    def test_moves_back_with_a_correction(self):
        period = self.registration.period_ids.with_user(self.officer)
        with freeze_time("2026-04-01"):
            wrong = period.correct(date(2026, 3, 1), date(2028, 1, 31), "Verkeerd")
            self.assertEqual(self.milestone.date_anchor, date(2028, 1, 31))
            wrong.correct(date(2026, 3, 1), date(2028, 2, 29), "Toch niet")
        self.assertEqual(self.milestone.date_anchor, date(2028, 2, 29))
        self.assertEqual(self.milestone.state, "planned")

    def test_nothing_for_what_is_over(self):
        with freeze_time("2026-03-01"):
            self.registration.withdraw("2026-04-01", "Stop")
        self.assertEqual(self.milestone.state, "superseded")
        self.assertIn("moved", self.milestone.close_reason)
        self.assertEqual(self.milestone.closed_by_id, self.officer)
        with freeze_time("2034-01-01"):
            old = self._create_registration(service="advice")
            self._decide(old, date(2020, 3, 2))
            rule = self._create_rule(2)
        self.assertFalse(self._get(old, rule))

    def test_planned_once(self):
        self.env["kmop.milestone"]._plan(self.registration)
        self.assertEqual(self._get(self.registration, self.rule), self.milestone)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.milestone.sudo().copy(
                {"rule_id": self.rule.id, "res_model": "kmop.registration"}
                | {"res_id": self.registration.id}
            )

    def test_follows_its_rule(self):
        with freeze_time("2026-04-01"):
            self.rule.write({"offset_number": 3, "role_id": self.administrator.id})
        self.assertEqual(self.milestone.date_planned, date(2027, 11, 29))
        with freeze_time("2026-04-01"):
            self.rule.active = False
        self.assertEqual(self.milestone.state, "superseded")
        with freeze_time("2026-04-01"):
            self.rule.active = True
            extra = self._create_rule(1)
        planned = self._get(self.registration, self.rule | extra)
        states = dict(planned.mapped(lambda m: (m.date_planned, m.state)))
        self.assertEqual(states[date(2028, 1, 29)], "planned")
        self.assertEqual(states[date(2027, 11, 29)], "planned")

    def test_of_some_parts(self):
        part2 = self._create_rule(2, part_ids=[(6, 0, self.part2.ids)])
        renewal = self.env.ref(ROOT + "kmop_track_part_renewal")
        later = self._create_rule(2, part_ids=[(6, 0, renewal.ids)])
        with freeze_time("2026-04-01"):
            self.env["kmop.milestone"]._plan(self.registration)
        self.assertTrue(self._get(self.registration, part2))
        self.assertFalse(self._get(self.registration, later))
        self._decide(self.registration, date(2027, 11, 2))
        self.assertEqual(self._get(self.registration, part2).state, "superseded")
        self.assertEqual(self._get(self.registration, later).state, "planned")

    def test_follows_the_responsible(self):
        finding_rule = self._create_rule(1, "weeks", "finding_deadline")
        with freeze_time("2026-04-01"):
            finding = self.env["kmop.finding"].create(
                {"name": "Lijst", "registration_id": self.registration.id}
            )
            self.registration.user_id = self.manager
        self.assertEqual(self.milestone.user_id, self.manager)
        self.assertEqual(self._get(finding, finding_rule).user_id, self.manager)

    # ------------------------------------------------------------------- anchors

    def test_anchors_of_an_audit(self):
        rules = {
            state: self._create_rule(
                1, "weeks", f"audit_{state}", offset_direction="after"
            )
            for state in ("requested", "planned", "visited", "decided")
        }

        def get_planned():
            found = {s: self._get(audit, rule) for s, rule in rules.items()}
            return {s: m.date_planned for s, m in found.items() if m.state == "planned"}

        with freeze_time("2027-05-03"):
            audit = self.registration.start_audit()
            audit.request(self.bureau, "2027-05-03")
            self.assertEqual(get_planned(), {"requested": date(2027, 5, 10)})
            audit.plan("2027-05-06")
            self.assertEqual(get_planned()["planned"], date(2027, 5, 13))
            audit.plan("2027-05-05")
            self.assertEqual(get_planned()["planned"], date(2027, 5, 12))
        with freeze_time("2027-05-05"):
            audit.visit("2027-05-05")
            self.assertEqual(get_planned()["visited"], date(2027, 5, 12))
            audit.decide("positive")
            self.assertEqual(get_planned()["decided"], date(2027, 5, 12))
        with freeze_time("2027-06-01"):
            late = self._visit(self._start(partner_id=self.bureau.id), date(2027, 5, 5))
        self.assertFalse(
            self._get(late, self.rules.browse([r.id for r in rules.values()])),
            "over before it was entered",
        )

    def test_a_cancelled_audit_reminds_of_nothing(self):
        rule = self._create_rule(1, "weeks", "audit_visited", offset_direction="after")
        with freeze_time("2027-05-21"):
            audit = self._visit(self.registration, date(2027, 5, 20))
            self.assertEqual(self._get(audit, rule).date_planned, date(2027, 5, 27))
            audit.cancel("Ander bureau")
        self.assertEqual(self._get(audit, rule).state, "superseded")

    def test_anchor_of_evidence(self):
        rule = self._create_rule(1, "months", "evidence_review", role_id=self.owner.id)
        with freeze_time("2026-04-01"):
            evidence = self._create_evidence(
                self.registration, date_review="2027-04-01", owner_id=self.reader.id
            )
            evidence.submit()
            self.assertFalse(self._get(evidence, rule))
            evidence.accept()
        milestone = self._get(evidence, rule)
        self.assertEqual(milestone.date_planned, date(2027, 3, 1))
        self.assertEqual(milestone.user_id, self.reader)

    def test_anchor_of_an_exemption(self):
        rule = self._create_rule(3, "months", "exemption_end")
        requirement = self.env.ref(ROOT + "kmop_requirement_activity")
        with freeze_time("2026-04-01"):
            exemption = self.env["kmop.exemption"].create(
                {
                    "registration_id": self.registration.id,
                    "requirement_id": requirement.id,
                    "ground": "iso9001",
                    "date_to": "2027-09-30",
                }
            )
        milestone = self._get(exemption, rule)
        self.assertEqual(milestone.date_planned, date(2027, 6, 30))
        exemption.unlink()
        self.assertEqual(milestone.state, "superseded")
        self.assertIn("deleted", milestone.close_reason)

    def test_anchors_of_a_dossier(self):
        start = self._create_rule(
            1, "weeks", "service_start", offset_direction="after", role_id=self.owner.id
        )
        apply = self._create_rule(2, "days", "application_limit")
        end = self._create_rule(2, "weeks", "service_end", offset_direction="after")
        limit = self._create_rule(2, "months", "training_limit")
        with freeze_time("2026-05-01"):
            order = self._create_dossier(
                end="2028-01-15", kmop_date_application="2026-05-20"
            )
            self.assertFalse(self._get(order, start), "nothing is agreed yet")
            order.action_confirm()
        milestone = self._get(order, start)
        self.assertEqual(milestone.date_planned, date(2026, 6, 8))
        self.assertEqual(milestone.user_id, self.salesman)
        self.assertEqual(self._get(order, limit).date_anchor, date(2027, 12, 31))
        self.assertEqual(self._get(order, apply).date_anchor, date(2026, 6, 15))
        self.assertEqual(self._get(order, end).date_planned, date(2028, 1, 29))
        with freeze_time("2026-05-02"):
            order.kmop_date_start = "2026-06-03"
            self.assertEqual(milestone.date_planned, date(2026, 6, 10))
            self.assertEqual(self._get(order, apply).date_planned, date(2026, 6, 15))
            order.kmop_date_end = "2027-11-01"
            self.assertEqual(self._get(order, end).date_planned, date(2027, 11, 15))
            self.assertEqual(self._get(order, limit).state, "superseded")
            order._action_cancel()
        self.assertEqual(milestone.state, "superseded")

    def test_a_quote_has_none(self):
        self._create_rule(1, "weeks", "service_start", offset_direction="after")
        with freeze_time("2026-05-01"):
            order = self._create_order()
            order.action_confirm()
        self.assertFalse(
            self.env["kmop.milestone"].search([("res_model", "=", "sale.order")])
        )

    # --------------------------------------------------------------------- by hand

    def _create_own(self, user=None, **vals):
        milestones = self.env["kmop.milestone"].with_user(user or self.officer)
        return milestones.create(
            {
                "title": "Bel het bureau",
                "registration_id": self.registration.id,
                "date_planned": "2026-05-04",
                **vals,
            }
        )

    def test_by_hand(self):
        own = self._create_own(note="Vraag naar de datum.")
        self.assertEqual(own.name, "Bel het bureau")
        self.assertEqual(own.date_anchor, date(2026, 5, 4))
        self.assertFalse(self._run("2026-05-03"))
        mail = self._run("2026-05-04")
        self.assertIn("Vraag naar de datum.", mail.body_html)
        self.assertEqual(mail.recipient_ids, self.officer.partner_id)
        self.assertEqual(own.activity_ids.user_id, self.officer)
        own.date_planned = "2026-05-20"  # still the officer's to move
        self.assertEqual(own.date_anchor, date(2026, 5, 20))

    def test_by_hand_needs_a_title(self):
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self._create_own(title=False)

    def test_by_rule_is_not_by_hand(self):
        milestone = self.milestone.with_user(self.officer)
        with self.assertRaisesRegex(UserError, "change the rule instead"):
            milestone.date_planned = "2027-01-01"
        with self.assertRaisesRegex(UserError, "change the rule instead"):
            milestone.state = "sent"
        with self.assertRaisesRegex(UserError, "is kept"):
            milestone.unlink()
        with self.assertRaises(UserError):
            self._create_own(rule_id=self.rule.id)
        self._create_own().unlink()

    def test_done_and_cancelled(self):
        own, other = self._create_own(), self._create_own()
        with freeze_time("2026-04-20"):
            own.mark_done("Gebeld")
        self.assertEqual((own.state, own.close_reason), ("done", "Gebeld"))
        self.assertEqual(own.closed_by_id, self.officer)
        self.assertTrue(own.date_closed)
        with self.assertRaisesRegex(UserError, "over already"):
            own.mark_done()
        with self.assertRaisesRegex(UserError, "reason"):
            other.cancel(" ")
        other.cancel("Niet nodig")
        self.assertEqual(other.state, "cancelled")
        self.assertFalse(self._run("2026-05-05"))
        with freeze_time("2026-04-20"):
            self.env["kmop.milestone"]._plan(self.registration)
        self.assertEqual(other.state, "cancelled")

    def test_who_may_close(self):
        own = self._create_own(user_id=self.reader.id)
        with self.assertRaises(AccessError):
            self.milestone.with_user(self.reader).mark_done()
        own.with_user(self.reader).mark_done()
        self.assertEqual(own.state, "done")
        with self.assertRaises(AccessError):
            self.milestone.with_user(self.stranger).mark_done()

    # ------------------------------------------------------------------- the rules

    def test_a_rule_reaches_somebody(self):
        with self.assertRaisesRegex(ValidationError, "reaches nobody"):
            self._create_rule(recipient_ids=False, activity_type_id=False)
        with self.assertRaisesRegex(ValidationError, "document"):
            self._create_rule(purpose="document")

    def test_every_anchor_has_a_date(self):
        for anchor, _label in self.rules._fields["anchor"].selection:
            model = self.env[self.rules._get_model(anchor)]
            self.assertIn(model._kmop_anchors[anchor], model._fields)

    def test_every_purpose_and_role_is_answered(self):
        for purpose, _label in self.rules._fields["purpose"].selection:
            self.assertEqual(
                self.milestone._get_meters()[purpose](), self.milestone.browse()
            )
        for role in self.env["kmop.milestone.role"].search([]):
            self.assertEqual(role._get_people(self.registration)._name, "res.partner")

    def test_followed_by_hand(self):
        self.milestone.message_subscribe(self.client.ids)
        self.assertIn(self.client, self.milestone.message_partner_ids)


@tagged("post_install", "-at_install")
class TestMilestoneTiming(MilestoneCommon):
    """When a line of the schedule comes, in words and as a date."""

    def test_one_and_several(self):
        for number, unit, direction, timing, day in (
            (0, "days", "after", "the day itself", date(2028, 3, 31)),
            (1, "days", "after", "1 day after", date(2028, 4, 1)),
            (2, "days", "before", "2 days before", date(2028, 3, 29)),
            (1, "weeks", "before", "1 week before", date(2028, 3, 24)),
            (3, "weeks", "after", "3 weeks after", date(2028, 4, 21)),
            (1, "months", "after", "1 month after", date(2028, 4, 30)),
            (1, "months", "before", "1 month before", date(2028, 2, 29)),
            (6, "months", "before", "6 months before", date(2027, 9, 30)),
        ):
            rule = self._create_rule(number, unit, offset_direction=direction)
            with self.subTest(timing=timing):
                self.assertEqual(rule.timing, timing)
                self.assertEqual(rule._get_date(date(2028, 3, 31)), day)


@tagged("post_install", "-at_install")
class TestMilestoneShipped(KmopCommon):
    maxDiff = None

    def test_schedule_of_a_starter(self):
        """What a starter has to do, in order, with nothing that is about others."""
        with freeze_time("2026-03-01"):
            registration = self._register()
        planned = self._get_planned(registration)
        self.assertEqual(
            sorted(planned, key=planned.get),
            [
                "start_1_month",
                "start_12_months",
                "end_9_months",
                "end_6_months",
                "end_4_months",
                "end_10_weeks",
                "end_6_weeks",
                "end_2_weeks",
                "end_over",
            ],
        )

    def test_schedule_of_a_renewal(self):
        """After part 2 the same goes on towards the end of the five years."""
        registration = self._register()
        self._decide(registration, date(2027, 11, 2))
        planned = self._get_planned(registration)
        self.assertEqual(
            {name: day for name, day in planned.items() if day >= date(2027, 11, 2)},
            {
                "end_9_months": date(2030, 5, 28),
                "end_6_months": date(2030, 8, 28),
                "end_4_months": date(2030, 10, 28),
                "end_10_weeks": date(2030, 12, 20),
                "end_6_weeks": date(2031, 1, 17),
                "end_2_weeks": date(2031, 2, 14),
                "end_over": date(2031, 3, 1),
            },
        )

    def test_schedule_of_all_else(self):
        """What is shipped for audits, findings, evidence, exemptions and dossiers."""
        with freeze_time("2026-03-01"):
            registration = self._register()
            audit = registration.start_audit()
            audit.request(self.bureau, "2026-03-01")
            found = self._get_planned(audit)
            audit.plan("2026-04-01")
            found |= self._get_planned(audit)
            finding = self.env["kmop.finding"].create(
                {
                    "name": "Lijst",
                    "registration_id": registration.id,
                    "date_deadline": "2026-06-01",
                }
            )
            found |= self._get_planned(finding)
            evidence = self._create_evidence(registration, date_review="2027-04-01")
            evidence.submit()
            evidence.accept()
            found |= self._get_planned(evidence)
            exemption = self.env["kmop.exemption"].create(
                {
                    "registration_id": registration.id,
                    "requirement_id": self.env.ref(
                        ROOT + "kmop_requirement_activity"
                    ).id,
                    "ground": "iso9001",
                    "date_to": "2027-09-30",
                }
            )
            found |= self._get_planned(exemption)
            order = self._create_order(
                kmop_service="training",
                kmop_subsidised=True,
                kmop_date_start="2026-06-01",
                kmop_date_end="2028-01-15",
            )
            order.action_confirm()
            found |= self._get_planned(order)
            order.kmop_date_application = "2026-05-20"
            found |= self._get_planned(order)
        with freeze_time("2026-04-01"):
            audit.visit("2026-04-01")
            found |= self._get_planned(audit)
        with freeze_time("2026-04-20"):
            audit.decide("positive")
            found |= self._get_planned(audit)
        self.assertEqual(
            found,
            {
                "audit_requested_2_weeks": date(2026, 3, 15),
                "audit_planned_3_weeks": date(2026, 3, 11),
                "audit_planned_2_days": date(2026, 3, 30),
                "audit_visited_6_weeks": date(2026, 5, 13),
                "audit_decided_1_week": date(2026, 4, 27),
                "finding_2_weeks": date(2026, 5, 18),
                "finding_late": date(2026, 6, 2),
                "review_1_month": date(2027, 3, 1),
                "exemption_3_months": date(2027, 6, 30),
                # 14 days to apply: until 15 June.
                "service_start_1_week": date(2026, 6, 8),
                "service_start_client": date(2026, 6, 8),
                "service_start_12_days": date(2026, 6, 13),
                "service_end_2_weeks": date(2028, 1, 29),
                "training_limit_2_months": date(2027, 10, 31),
            },
        )
        shipped = self.env["kmop.milestone.rule"].search([]).get_external_id().values()
        told = {name.split(PREFIX)[1] for name in shipped if PREFIX in name}
        others = {name for name in told if name.startswith(("start_", "end_"))}
        self.assertEqual(told - others, found.keys())

    def _get_planned(self, record):
        """Return the days of what is planned about ``record``, by shipped rule."""
        milestones = self.env["kmop.milestone"].search(
            [
                ("res_model", "=", record._name),
                ("res_id", "=", record.id),
                ("state", "=", "planned"),
            ]
        )
        names = milestones.rule_id.get_external_id()
        return {
            names[milestone.rule_id.id].split(PREFIX)[1]: milestone.date_planned
            for milestone in milestones
        }

    def test_the_last_warnings_are_not_optional(self):
        for name in ("end_2_weeks", "end_over", "service_start_12_days"):
            rule = self.env.ref(f"{ROOT}kmop_milestone_rule_{name}")
            self.assertFalse(rule.optional, name)


@tagged("post_install", "-at_install")
class TestMilestonePurpose(MilestoneCommon):
    def _plan_rule(self, purpose, record=None, **vals):
        rule = self._create_rule(purpose=purpose, **vals)
        with freeze_time("2026-04-01"):
            self.env["kmop.milestone"]._plan(record or self.registration)
        return self._get(record or self.registration, rule)

    def setUp(self):
        super().setUp()
        self.registration = self._start()

    def test_audit_steps(self):
        met = {
            purpose: self._plan_rule(purpose)
            for purpose in ("audit_requested", "audit_planned", "audit_visited")
        }

        def states():
            return [milestone.state for milestone in met.values()]

        with freeze_time("2027-06-01"):
            audit = self.registration.start_audit()
            self.assertEqual(states(), ["planned"] * 3)
            audit.request(self.bureau)
            self.assertEqual(states(), ["superseded", "planned", "planned"])
            audit.plan("2027-06-01")
            audit.visit()
            self.assertEqual(states(), ["superseded"] * 3)
        self.assertIn("there already", met["audit_visited"].close_reason)
        self.assertFalse(self._run("2027-09-01"))

    def test_done_when_reminded_before(self):
        milestone = self._plan_rule("audit_requested", activity_type_id=self.todo.id)
        self._run("2027-08-29")
        self.assertEqual(milestone.state, "sent")
        todo = milestone.activity_ids
        with freeze_time("2027-09-01"):
            self.registration.start_audit().request(self.bureau)
        self.assertEqual(milestone.state, "done")
        self.assertFalse(todo.active)

    def test_negative_leaves_all_to_do(self):
        milestone = self._plan_rule("audit_requested")
        self._decide(self.registration, date(2027, 6, 1), outcome="negative")
        self.assertEqual(milestone.state, "superseded", "it was requested then")
        again = self._plan_rule("audit_requested", offset_number=2)
        self.assertTrue(self._run("2027-12-29"))
        self.assertEqual(again.state, "sent")

    def test_ready(self):
        milestone = self._plan_rule("ready")
        self.assertTrue(self._run("2027-08-29"), "no evidence, so not ready")
        other = self._plan_rule("ready", offset_number=3)
        indicators = self.registration._get_indicators()
        with freeze_time("2027-09-01"):
            for aspect in ("description", "application"):
                evidence = self._create_evidence(
                    self.registration, aspect=aspect, indicator_ids=indicators.ids
                )
                evidence.submit()
                evidence.accept()
        counts = self.registration.readiness()[self.registration.id]
        self.assertEqual(counts["supported"], counts["required"])
        self.assertFalse(self._run("2027-11-29"))
        self.assertEqual((milestone.state, other.state), ("done", "superseded"))

    def test_document(self):
        milestone = self._plan_rule("document", document_type_id=self.legal_type.id)
        with freeze_time("2027-01-01"):
            evidence = self._create_evidence(self.registration)
            evidence.submit()
            evidence.accept()
        self.assertFalse(self._run("2027-08-29"))
        self.assertEqual(milestone.state, "superseded")

    def test_decided(self):
        vals = {"anchor": "audit_visited", "offset_direction": "after", "number": 1}
        with freeze_time("2027-06-01"):
            audit = self._visit(self.registration, date(2027, 6, 1))
        milestone = self._plan_rule("audit_decided", audit, **vals)
        other = self._plan_rule("audit_decided", audit, unit="weeks", **vals)
        self.assertEqual(len(self._run("2027-06-08")), 1, "no decision yet")
        with freeze_time("2027-06-20"):
            audit.decide("negative")
        self.assertEqual((other.state, milestone.state), ("done", "superseded"))
        self.assertFalse(self._run("2027-07-01"))

    def test_a_document_that_is_outdated_does_not_count(self):
        vals = {"purpose": "document", "document_type_id": self.legal_type.id}
        milestone = self._plan_rule(**vals)
        with freeze_time("2027-01-01"):
            evidence = self._create_evidence(
                self.registration, date_review="2027-08-28"
            )
            evidence.submit()
            evidence.accept()
        self.assertTrue(self._run("2027-08-29"))
        self.assertEqual(milestone.state, "sent")

    def test_done_by_the_next_run(self):
        """What is there after all takes the to-do off, and doesn't escalate."""
        milestone = self._plan_rule(
            "document",
            document_type_id=self.legal_type.id,
            activity_type_id=self.todo.id,
            escalation_days=14,
        )
        self._run("2027-08-29")
        todo = milestone.activity_ids
        with freeze_time("2027-09-12"):
            evidence = self._create_evidence(self.registration)
            evidence.submit()
            evidence.accept()
        self.assertTrue(todo.active)
        self.assertFalse(self._run("2027-09-12"))
        self.assertEqual((milestone.state, todo.active), ("done", False))

    def test_done_as_soon_as_the_client_applied(self):
        with freeze_time("2026-05-01"):
            order = self._create_dossier()
            order.action_confirm()
        milestone = self._plan_rule(
            "application",
            order,
            number=1,
            unit="weeks",
            anchor="application_limit",
            activity_type_id=self.todo.id,
        )
        self._run("2026-06-08")
        self.assertEqual(milestone.state, "sent")
        with freeze_time("2026-06-09"):
            order.with_user(self.salesman).kmop_date_application = "2026-06-09"
        self.assertEqual(milestone.state, "done")
        self.assertFalse(milestone.activity_ids)

    def test_of_a_dossier(self):
        with freeze_time("2026-05-01"):
            order = self._create_dossier()
            order.action_confirm()
        vals = {"anchor": "service_start", "offset_direction": "after"}
        applied = self._plan_rule("application", order, number=1, unit="weeks", **vals)
        complete = self._plan_rule("complete", order, number=2, unit="weeks", **vals)
        order.kmop_date_application = "2026-06-01"
        self.assertFalse(self._run("2026-06-08"))
        self.assertEqual(applied.state, "superseded")
        self.assertTrue(self._run("2026-06-15"), "documents are missing")
        self.assertEqual(complete.state, "sent")

    def test_document_of_a_dossier(self):
        """What belongs to another dossier doesn't count."""
        with freeze_time("2026-05-01"):
            order, other = self._create_dossier(), self._create_dossier()
            (order | other).action_confirm()
            vals = {
                "anchor": "service_start",
                "offset_direction": "after",
                "unit": "weeks",
                "number": 1,
                "document_type_id": self.quote_type.id,
            }
            milestone = self._plan_rule("document", order, **vals)
            waiting = self._get(other, milestone.rule_id) or self._plan_rule(
                "document", other, **vals
            )
            order.kmop_evidence_ids.accept()
        self._run("2026-06-08")
        self.assertEqual((milestone.state, waiting.state), ("superseded", "sent"))

    def test_of_one_part(self):
        """A rule of part 2 says nothing of an audit of part 1."""
        rules = [
            self._create_rule(1, "weeks", "audit_planned", part_ids=[(6, 0, part.ids)])
            for part in (self.part1, self.part2)
        ]
        with freeze_time("2027-06-01"):
            audit = self.registration.start_audit()
            audit.request(self.bureau, date(2027, 6, 1))
            audit.plan(date(2027, 9, 1))
        self.assertEqual(audit.part_id, self.part2)
        found = [bool(self._get(audit, rule)) for rule in rules]
        self.assertEqual(found, [False, True])

    def test_who_does_it_by_default(self):
        rule = self.rules.create({"name": "Kijk na", "anchor": "registration_end"})
        self.assertEqual(rule.role_id, self.responsible)

    def test_who_works_there_no_more(self):
        self.company.kmop_mail_clients = True
        order = self._create_dossier()
        role = self.env.ref(ROOT + "kmop_milestone_role_client")
        self.assertEqual(role._get_people(order), order.partner_id)
        order.partner_id.active = False
        self.assertFalse(role._get_people(order))

    def test_owner_of_an_exemption(self):
        exemption = self.env["kmop.exemption"].new(
            {"registration_id": self.registration.id}
        )
        self.assertEqual(exemption._kmop_get_owner(), self.registration.user_id)


@tagged("post_install", "-at_install")
class TestReminder(MilestoneCommon):
    def setUp(self):
        super().setUp()
        self.rule = self._create_rule()
        self.registration = self._start()
        self.milestone = self._get(self.registration, self.rule)

    def test_on_the_day(self):
        self.assertFalse(self._run("2027-08-28"))
        mail = self._run("2027-08-29")
        self.assertEqual(mail.recipient_ids, self.officer.partner_id)
        self.assertIn("6 months", mail.subject)
        self.assertIn("02/29/2028", mail.body_html)
        self.assertRegex(mail.body_html, r"days left:\s+<strong>184")
        self.assertNotIn("comes late", mail.body_html)
        self.assertIn(f"/odoo/kmop/{self.registration.id}", mail.body_html)
        self.assertIn("Officer", mail.body_html)
        self.assertEqual(self.milestone.state, "sent")
        line = self.milestone.reminder_ids
        self.assertRecordValues(
            line,
            [
                {
                    "partner_id": self.officer.partner_id.id,
                    "state": "queued",
                    "kind": "reminder",
                    "email": "officer@dekade.example.com",
                }
            ],
        )
        mail.state = "sent"
        self._run("2027-08-29")
        self.assertEqual(line.state, "sent")
        self.assertTrue(line.date_sent)

    def test_never_twice(self):
        self.assertEqual(len(self._run("2027-08-29")), 1)
        for day in ("2027-08-29", "2027-08-30", "2028-02-28"):
            self.assertFalse(self._run(day))
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.milestone.reminder_ids.sudo().copy()

    def test_caught_up_after_a_week(self):
        mail = self._run("2027-09-05")
        self.assertEqual(len(mail), 1)
        self.assertRegex(mail.body_html, r"comes\s+late\s+\(days:\s+7\)")
        self.assertFalse(self._run("2027-09-06"))

    def test_caught_up_with_one(self):
        """Of months of reminders of one end, the last is enough."""
        rules = [self._create_rule(number) for number in (5, 4, 3, 1)]
        with freeze_time("2026-04-01"):
            self.env["kmop.milestone"]._plan(self.registration)
        mail = self._run("2027-12-05")
        self.assertEqual(len(mail), 1)
        self.assertIn("3 months", mail.subject)
        states = [self._get(self.registration, rule).state for rule in rules]
        self.assertEqual(states, ["superseded", "superseded", "sent", "planned"])
        self.assertEqual(self.milestone.state, "superseded")
        self.assertIn("later reminder", self.milestone.close_reason)

    def test_what_nobody_may_refuse_is_not_overtaken(self):
        """Else who refused the later one would miss the last warning."""
        must = self._create_rule(5, optional=False)
        may = self._create_rule(4)
        with freeze_time("2026-04-01"):
            self.env["kmop.milestone"]._plan(self.registration)
        self.officer.partner_id.sudo().kmop_optout_ids = self.rule | may
        mail = self._run("2027-12-05")
        self.assertEqual(len(mail), 1)
        self.assertIn("5 months", mail.subject)
        self.assertEqual(self._get(self.registration, must).state, "sent")

    def test_overtaken_by_a_mail_only(self):
        """A later to-do, which mails nobody, doesn't replace a mail."""
        self._create_rule(5, template_id=False, activity_type_id=self.todo.id)
        with freeze_time("2026-04-01"):
            self.env["kmop.milestone"]._plan(self.registration)
        self.assertIn("6 months", self._run("2027-12-05").subject)

    def test_several_become_one_mail(self):
        others = self._start(partner_id=self.bureau.id)
        others |= self._start(partner_id=self.client.id)
        mail = self._run("2027-08-29")
        self.assertEqual(len(mail), 1)
        self.assertIn("3 reminders", mail.subject)
        for registration in self.registration | others:
            self.assertIn(f"/odoo/kmop/{registration.id}", mail.body_html)
        lines = self.env["kmop.reminder"].search([("mail_id", "=", mail.id)])
        self.assertEqual(len(lines), 3)

    def test_the_companys_own_midnight(self):
        """At 22:30 UTC it is the next day in Brussels, not in New York."""
        self.company.partner_id.tz = "America/New_York"
        self.assertFalse(self._run("2027-08-28 22:30:00"))
        self.company.partner_id.tz = "Europe/Brussels"
        self.assertEqual(len(self._run("2027-08-28 22:30:00")), 1)

    def test_wakes_itself(self):
        cron = self.env.ref(ROOT + "ir_cron_kmop_milestones")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        triggers.unlink()

        def get_calls():
            found = triggers.search([("cron_id", "=", cron.id)])
            return [str(call) for call in found.mapped("call_at")]

        with freeze_time("2026-03-02"):
            self._create_rule(23)
            self.assertEqual(get_calls(), ["2026-03-28 23:00:00"])
            self.env["kmop.milestone"]._plan(self.registration)
            self.assertEqual(len(get_calls()), 1, "no two calls for one day")
        triggers.search([("cron_id", "=", cron.id)]).unlink()
        mail = self._run("2026-04-01")
        self.assertEqual(get_calls(), ["2026-04-01 01:00:00"], "is it sent by then?")
        mail.state = "sent"
        triggers.search([("cron_id", "=", cron.id)]).unlink()
        self._run("2026-04-01 01:00:00")
        self.assertEqual(get_calls(), ["2027-08-28 22:00:00"])

    # ----------------------------------------------------------------------- people

    def test_todo(self):
        self.rule.activity_type_id = self.todo
        self._run("2027-08-29")
        todo = self.milestone.activity_ids
        self.assertRecordValues(
            todo,
            [
                {
                    "user_id": self.officer.id,
                    "date_deadline": date(2028, 2, 29),
                    "summary": "6 months",
                }
            ],
        )
        todo.with_user(self.officer).action_feedback(feedback="Bureau gekozen")
        self.assertEqual(self.milestone.state, "done")
        self.assertEqual(self.milestone.close_reason, "Bureau gekozen")

    def test_todo_of_a_salesperson(self):
        """They see their own milestone, and nothing of others'."""
        self._create_rule(
            1,
            "weeks",
            "service_start",
            offset_direction="after",
            role_id=self.owner.id,
            template_id=False,
            recipient_ids=False,
            activity_type_id=self.todo.id,
        )
        with freeze_time("2026-05-01"):
            order = self._create_dossier()
            order.action_confirm()
        self.assertFalse(self._run("2026-06-08"), "a to-do only")
        mine = self.env["kmop.milestone"].with_user(self.salesman).search([])
        self.assertEqual(mine.record_name, f"{order.name} - {self.client.name}")
        self.assertEqual(mine.action_open_record()["res_id"], order.id)
        mine.activity_ids.action_feedback()
        self.assertEqual(mine.state, "done")

    def test_mail_to_several(self):
        self.rule.recipient_ids |= self.administrator
        mails = self._run("2027-08-29")
        self.assertEqual(mails.recipient_ids, (self.officer | self.manager).partner_id)
        self.assertEqual(len(mails), 2, "each their own, in their own language")

    @mute_logger(REMINDER)
    def test_nobody_left(self):
        """Without a responsible, the administrators are told."""
        self.registration.user_id = False
        mail = self._run("2027-08-29")
        self.assertEqual(mail.recipient_ids, self.manager.partner_id)

    @mute_logger(DUE)
    def test_nobody_at_all(self):
        self.registration.user_id = False
        self.manager.active = False
        self.assertFalse(self._run("2027-08-29"))
        self.assertEqual(self.milestone.state, "planned")
        self.assertIn("nobody", self.milestone.error)
        self.assertFalse(self._run("2027-08-29"), "not tried twice a day")
        self.manager.active = True
        self.assertTrue(self._run("2027-08-30"))
        self.assertFalse(self.milestone.error)

    def test_client(self):
        client_role = self.env.ref(ROOT + "kmop_milestone_role_client")
        self._create_rule(
            1,
            "weeks",
            "application_limit",
            template_id=self.env.ref(ROOT + "mail_template_application").id,
            recipient_ids=[(6, 0, client_role.ids)],
            role_id=self.owner.id,
        )
        self.client.write({"email": "klant@kmo.example.com", "lang": "en_US"})

        def remind(day):
            with freeze_time(day):
                order = self._create_dossier(day, day)
                order.action_confirm()
            return order

        remind("2026-05-04")
        mails = self._run("2026-05-11")
        self.assertNotIn(self.client, mails.recipient_ids, "off by default")
        self.company.kmop_mail_clients = True
        order = remind("2026-06-01")
        mail = self._run("2026-06-08")
        self.assertEqual(mail.recipient_ids, self.client)
        self.assertIn("06/15/2026", mail.subject)
        self.assertIn(f"/my/orders/{order.id}", mail.body_html)
        self.assertNotIn("/odoo/", mail.body_html)

    # ------------------------------------------------------------------- escalation

    def test_escalates(self):
        self.rule.write({"escalation_days": 14, "activity_type_id": self.todo.id})
        self._run("2027-08-29")
        self.assertEqual(self.milestone.date_escalation, date(2027, 9, 12))
        self.assertEqual(self.milestone.activity_ids.date_deadline, date(2027, 9, 12))
        self.assertFalse(self._run("2027-09-11"))
        mail = self._run("2027-09-12")
        self.assertEqual(mail.recipient_ids, self.manager.partner_id)
        self.assertIn("Not done: 6 months", mail.subject)
        self.assertIn("Officer", mail.body_html)
        self.assertNotIn("/kmop/reminders/", mail.body_html, "nothing to refuse")
        self.assertFalse(self._run("2027-09-13"))

    @mute_logger(DUE)
    def test_nobody_to_escalate_to(self):
        """That is no escalation: it is tried again until somebody can be told."""
        self.rule.escalation_days = 14
        self._run("2027-08-29")
        self.manager.active = False
        self.assertFalse(self._run("2027-09-12"))
        self.assertIn("nobody", self.milestone.error)
        self.assertFalse(self.milestone.date_escalated)
        self.manager.active = True
        self.assertFalse(self._run("2027-09-12"), "not tried twice a day")
        mail = self._run("2027-09-13")
        self.assertEqual(mail.recipient_ids, self.manager.partner_id)
        self.assertFalse(self.milestone.error)

    def test_does_not_escalate_what_is_done(self):
        self.rule.write({"escalation_days": 14, "purpose": "audit_requested"})
        self._run("2027-08-29")
        self.milestone.with_user(self.officer).mark_done()
        self.assertFalse(self._run("2027-10-12"))

    # ---------------------------------------------------------------------- failing

    @mute_logger(REMINDER)
    def test_no_address(self):
        self.officer.partner_id.email = False
        self.assertFalse(self._run("2027-08-29 06:00:00"))
        line = self.milestone.reminder_ids
        self.assertEqual((line.state, line.attempts), ("waiting", 1))
        self.assertIn("e-mail", line.error)
        self.officer.partner_id.email = "officer@dekade.example.com"
        self.assertFalse(self._run("2027-08-29 06:30:00"), "not at once")
        self.assertEqual(len(self._run("2027-08-29 07:01:00")), 1)
        self.assertFalse(line.error)

    @mute_logger(REMINDER)
    def test_given_up(self):
        self.officer.partner_id.email = "nergens"
        for day in range(1, 9):
            mails = self._run(f"2027-09-0{day} 12:00:00")
            if mails:
                break
        line = self.milestone.reminder_ids.filtered(lambda r: r.kind == "reminder")
        self.assertEqual((line.state, line.attempts), ("failed", 6))
        self.assertEqual(mails.recipient_ids, self.manager.partner_id)
        self.assertIn("Not delivered", mails.subject)
        self.assertFalse(self._run("2027-09-20"))

    @mute_logger(REMINDER, "odoo.addons.mail.models.mail_render_mixin")
    def test_broken_template(self):
        other = self._start(partner_id=self.bureau.id)
        fine = self._start(partner_id=self.client.id)
        self.template.subject = (
            f"{{{{ 1 / (object.registration_id.id - {other.id}) }}}}"
        )
        mail = self._run("2027-08-29")
        self.assertEqual(len(mail), 1)
        broken = other.milestone_ids.reminder_ids
        self.assertIn("division by zero", broken.error)
        self.assertNotIn("Traceback", broken.error)
        self.assertEqual(broken.state, "waiting")
        self.assertEqual(fine.milestone_ids.reminder_ids.state, "queued")

    def test_withdrawn_while_waiting(self):
        with freeze_time("2027-08-29"):
            self.env["kmop.milestone"]._process_due()
            self.milestone.with_user(self.officer).mark_done()
        self.assertEqual(self.milestone.reminder_ids.state, "withdrawn")
        self.assertFalse(self._run("2027-08-29"))

    # ------------------------------------------------------------------ preferences

    def test_unwanted(self):
        self.officer.partner_id.sudo().kmop_optout_ids = self.rule
        self.assertFalse(self._run("2027-08-29"))
        self.assertEqual(self.milestone.reminder_ids.state, "skipped")
        last = self._create_rule(1, optional=False)
        self.officer.partner_id.sudo().kmop_optout_ids |= last
        with freeze_time("2027-10-01"):
            self.env["kmop.milestone"]._plan(self.registration)
        mail = self._run("2028-01-29")
        self.assertEqual(len(mail), 1, "the last warning isn't optional")
        self.assertNotIn("/kmop/reminders/", mail.body_html)
        self.assertNotIn("Unsubscribe", mail.headers)

    def test_optional_can_be_refused(self):
        mail = self._run("2027-08-29")
        self.assertIn("/kmop/reminders/", mail.body_html)
        self.assertIn("List-Unsubscribe-Post", mail.headers)

    def test_out_of_time(self):
        """Where the scheduler has no more time, the next run goes on."""
        cron = self.registry["ir.cron"]
        with patch.object(cron, "_commit_progress", lambda *_args, **_counts: 0):
            self.assertFalse(self._run("2027-08-29"))
        self.assertEqual(self.milestone.state, "sent")
        self.assertEqual(len(self._run("2027-08-29")), 1)

import json
from datetime import date, datetime, timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, freeze_time, tagged
from odoo.tools import mute_logger

from ..models.evidence.kmop_evidence import STATES
from .common import KmopCommon
from .files import make_content

# Written out, and not taken from the code. Nothing leads back to draft but a change of
# what was submitted, which is no step.
MOVES = {
    "draft": {"submitted"},
    "submitted": {"accepted", "rejected"},
    "accepted": {"superseded"},
    "rejected": {"submitted"},
    "superseded": set(),
}


class EvidenceCommon(KmopCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registration = cls._create_registration()

    @classmethod
    def _create_attachment(cls, name="statuten.txt", user=None, **vals):
        attachments = cls.env["ir.attachment"].with_user(user or cls.officer)
        vals = {"raw": make_content(name), **vals}
        return attachments.create({"name": name, **vals})

    @classmethod
    def _create_answer(cls, **vals):
        """Return a completed answer on a survey of its own."""
        survey = cls.env["survey.survey"].create({"title": "Tevredenheid"})
        return cls.env["survey.user_input"].create(
            {"survey_id": survey.id, "partner_id": cls.client.id, **vals}
        )

    @classmethod
    def _link(cls, source, user=None, registration=None):
        """Return the evidence that ``user`` makes of a quote or an answer."""
        source = source.with_user(user) if user else source
        types = cls.env["kmop.evidence.type"]
        return source._kmop_link(
            registration or cls.registration,
            types._get_default_for(source._name, source._kmop_company() or cls.company),
        )

    def _put(self, evidence, state):
        """Bring evidence to ``state``, whatever the transitions say."""
        evidence.sudo().state = state
        evidence.flush_recordset()
        return evidence

    def _accepted(self, **vals):
        evidence = self._create_evidence(self.registration, **vals)
        evidence.submit()
        evidence.accept()
        return evidence


@tagged("post_install", "-at_install")
class TestEvidenceTransitions(EvidenceCommon):
    def _move(self, evidence, state):
        if state == "submitted":
            evidence.submit()
        elif state == "accepted":
            evidence.accept()
        elif state == "rejected":
            evidence.reject("Onleesbaar")
        else:
            evidence.supersede(self._create_evidence(self.registration))

    def test_every_transition(self):
        for state, _label in STATES:
            for wanted, _label in STATES[1:]:
                evidence = self._put(self._create_evidence(self.registration), state)
                with self.subTest(state=state, wanted=wanted):
                    if wanted in MOVES[state]:
                        self._move(evidence, wanted)
                        self.assertEqual(evidence.state, wanted)
                    else:
                        with self.assertRaises(UserError):
                            self._move(evidence, wanted)
                        self.assertEqual(evidence.state, state)

    @freeze_time("2026-05-04 10:00")
    def test_accept(self):
        evidence = self._accepted()
        self.assertEqual(evidence.accepted_by_id, self.officer)
        self.assertEqual(evidence.date_accepted, date(2026, 5, 4))

    def test_rejection_needs_a_reason(self):
        evidence = self._put(self._create_evidence(self.registration), "submitted")
        for reason in (None, False, "", " \n\t "):
            with self.subTest(reason=reason), self.assertRaises(UserError):
                evidence.reject(reason)
        self.assertEqual(evidence.state, "submitted")

    def test_submitting_again_forgets_the_reason(self):
        evidence = self._create_evidence(self.registration, user=self.reader)
        evidence.submit()
        evidence.with_user(self.officer).reject("Onleesbaar")
        self.assertEqual(evidence.reject_reason, "Onleesbaar")
        evidence.submit()
        self.assertFalse(evidence.reject_reason)

    def test_only_an_officer_judges(self):
        evidence = self._create_evidence(self.registration, user=self.reader)
        evidence.submit()
        newer = self._create_evidence(self.registration)
        for name, judge in {
            "accept": lambda e: e.accept(),
            "reject": lambda e: e.reject("Onleesbaar"),
            "supersede": lambda e: e.supersede(newer),
        }.items():
            for user in (self.reader, self.salesman, self.surveyor):
                with self.subTest(judge=name, user=user.login):
                    with self.assertRaises(UserError):
                        judge(evidence.with_user(user))
        self.assertEqual(evidence.state, "submitted")

    def test_nobody_submits_anothers(self):
        evidence = self._create_evidence(self.registration)
        with self.assertRaises(AccessError):
            evidence.with_user(self.reader).submit()

    def test_many_at_once_or_none(self):
        evidences = self._create_evidence(self.registration) + self._accepted()
        with self.assertRaisesRegex(
            UserError, "is accepted: it can't become submitted"
        ):
            evidences.submit()
        self.assertEqual(evidences.mapped("state"), ["draft", "accepted"])

    # ---------------------------------------------------------------- supersede

    def test_supersede(self):
        evidence = self._accepted()
        newer = self._create_evidence(self.registration)
        for by in (newer, newer.id):
            evidence.supersede(by)
            self.assertEqual(
                (evidence.state, evidence.superseded_by_id.id), ("superseded", newer.id)
            )
            self._put(evidence, "accepted")

    def test_replacement_must_count(self):
        evidence = self._accepted()
        other = self._create_registration(service="advice")
        wrong = {
            "nothing": False,
            "itself": evidence,
            "another registration": self._create_evidence(other),
            "rejected": self._put(self._create_evidence(self.registration), "rejected"),
            "superseded": self._put(
                self._create_evidence(self.registration), "superseded"
            ),
        }
        for name, by in wrong.items():
            with self.subTest(by=name), self.assertRaises(UserError):
                evidence.supersede(by)
        self.assertEqual(evidence.state, "accepted")

    @mute_logger("odoo.sql_db")
    def test_replacement_is_kept(self):
        evidence = self._accepted()
        newer = self._create_evidence(self.registration)
        evidence.supersede(newer)
        with self.assertRaises(IntegrityError):
            newer.unlink()

    def test_wizards(self):
        evidence = self._create_evidence(self.registration)
        evidence.submit()
        Reason = self.env["kmop.reason"].with_user(self.officer)
        Reason.with_context(active_ids=evidence.ids).create(
            {"action": "reject_evidence", "reason": "Onleesbaar"}
        ).action_confirm()
        self.assertEqual(evidence.reject_reason, "Onleesbaar")
        evidence.submit()
        evidence.accept()
        newer = self._create_evidence(self.registration)
        self.env["kmop.evidence.supersede"].with_user(self.officer).create(
            {"evidence_id": evidence.id, "by_id": newer.id}
        ).action_confirm()
        self.assertEqual(evidence.superseded_by_id, newer)


@tagged("post_install", "-at_install")
class TestEvidenceFrozen(EvidenceCommon):
    def _get_changes(self):
        other = self._create_registration(service="advice")
        requirement = self.env.ref("kmop_registration.kmop_requirement_knowledge")
        return {
            "name": "Andere naam",
            "registration_id": other.id,
            "type_id": self.quote_type.id,
            "requirement_ids": [Command.link(requirement.id)],
            "aspect": "application",
            "date_effective": date(2020, 1, 1),
            "res_model": "sale.order",
            "res_id": self._create_order().id,
            "attachment_ids": [Command.link(self._create_attachment("b.txt").id)],
        }

    def test_no_write(self):
        evidence = self._accepted()
        changes = self._get_changes()
        for state in ("accepted", "superseded"):
            self._put(evidence, state)
            for name, value in changes.items():
                for user in (self.officer, self.manager):
                    with self.subTest(state=state, field=name, user=user.login):
                        with self.assertRaisesRegex(UserError, f"Statuten is {state}"):
                            evidence.with_user(user).write({name: value})

    def test_no_write_through_the_registration(self):
        evidence = self._accepted()
        with self.assertRaises(UserError):
            self.registration.write(
                {"evidence_ids": [Command.update(evidence.id, {"name": "Anders"})]}
            )
        with self.assertRaises(UserError):
            self.registration.write({"evidence_ids": [Command.delete(evidence.id)]})

    def test_draft_can_change(self):
        evidence = self._create_evidence(self.registration)
        for name, value in self._get_changes().items():
            if name not in (
                "res_model",
                "res_id",
                "registration_id",
                "requirement_ids",
            ):
                evidence.write({name: value})
        self.assertEqual(evidence.name, "Andere naam")

    def test_what_stays_editable(self):
        evidence = self._accepted()
        evidence.write(
            {
                "note": "<p>Nakijken</p>",
                "date_review": date(2030, 1, 1),
                "owner_id": self.manager.id,
            }
        )
        evidence.message_post(body="Besproken met het auditbureau")
        self.assertEqual(evidence.owner_id, self.manager)

    def test_no_unlink(self):
        evidence = self._accepted()
        for state in ("accepted", "superseded"):
            self._put(evidence, state)
            for records in (
                evidence,
                evidence.with_user(self.manager),
                evidence.sudo(),
            ):
                with self.assertRaises(UserError):
                    records.unlink()

    def test_others_can_be_deleted(self):
        for state in ("draft", "submitted", "rejected"):
            evidence = self._put(self._create_evidence(self.registration), state)
            evidence.unlink()
            self.assertFalse(evidence.exists())

    @mute_logger("odoo.sql_db")
    def test_not_deleted_with_what_it_refers_to(self):
        """Neither its registration, nor its requirements, nor its files."""
        file = self._create_attachment()
        evidence = self._accepted(attachment_ids=[Command.set(file.ids)])
        for record, error in (
            (self.registration.with_user(self.manager), IntegrityError),
            (evidence.requirement_ids.sudo(), IntegrityError),
            (file.sudo(), UserError),
        ):
            with self.subTest(model=record._name):
                with self.assertRaises(error):
                    record.unlink()
                self.assertTrue(record.exists())

    def test_new_defaults_of_its_type(self):
        evidence = self._accepted()
        requirements = evidence.requirement_ids
        self.legal_type.write({"aspect": "application", "requirement_ids": False})
        self.assertEqual(evidence.aspect, "description")
        self.assertEqual(evidence.requirement_ids, requirements)


@tagged("post_install", "-at_install")
class TestEvidenceGuard(EvidenceCommon):
    def _get_guarded(self):
        return {
            "state": "accepted",
            "reject_reason": "Zomaar",
            "superseded_by_id": self._create_evidence(self.registration).id,
            "accepted_by_id": self.manager.id,
            "date_accepted": date(2026, 1, 1),
            "source_user_id": self.manager.id,
        }

    def test_not_written(self):
        evidence = self._create_evidence(self.registration)
        for name, value in self._get_guarded().items():
            for user in (self.officer, self.manager):
                with self.subTest(field=name, user=user.login):
                    with self.assertRaisesRegex(UserError, "can't be edited directly"):
                        evidence.with_user(user).write({name: value})

    def test_not_created(self):
        for name, value in self._get_guarded().items():
            with self.subTest(field=name):
                with self.assertRaisesRegex(UserError, "can't be edited directly"):
                    self._create_evidence(self.registration, **{name: value})

    def test_initial_values_may_be_given(self):
        """As a client does that sends back what it got as a default."""
        evidence = self._create_evidence(
            self.registration, state="draft", reject_reason=False
        )
        self.assertEqual(evidence.state, "draft")

    def test_not_through_the_context(self):
        forged = {f"default_{k}": v for k, v in self._get_guarded().items()}
        Evidence = self.env["kmop.evidence"].with_user(self.reader)
        vals = {
            "name": "Statuten",
            "registration_id": self.registration.id,
            "type_id": self.legal_type.id,
        }
        evidence = Evidence.with_context(**forged).create(vals)
        self.assertEqual(evidence.state, "draft")
        self.assertFalse(evidence.date_accepted or evidence.accepted_by_id)
        with self.assertRaises(UserError):
            Evidence.with_context(**forged).create({**vals, "state": "accepted"})

    def test_not_through_a_default_of_ones_own(self):
        """Any internal user may keep defaults, by their own hand."""
        defaults = self.env["ir.default"].with_user(self.reader)
        defaults.set("kmop.evidence", "state", "accepted", user_id=True)
        evidence = self._create_evidence(self.registration, user=self.reader)
        self.assertEqual(evidence.state, "draft")

    def test_context_of_other_models(self):
        """The guard is one: what holds for evidence holds for audits and the rest."""
        audits = self.env["kmop.audit"].with_user(self.officer)
        audit = audits.with_context(default_state="decided").create(
            {"registration_id": self.registration.id}
        )
        self.assertEqual(audit.state, "draft")
        registrations = self.env["kmop.registration"].with_user(self.officer)
        registration = registrations.with_context(
            default_date_withdrawn="2026-01-01", default_cycle=7
        ).create({"service": "advice"})
        self.assertFalse(registration.date_withdrawn)
        self.assertEqual(registration.cycle, 1)

    def test_form(self):
        form = Form(self.env["kmop.evidence"].with_user(self.officer))
        form.name = "Statuten"
        form.registration_id = self.registration
        form.type_id = self.legal_type
        with self.assertRaises(AssertionError):
            form.state = "accepted"
        evidence = form.save()
        self.assertEqual(evidence.state, "draft")
        self.assertEqual(evidence.aspect, "description")

    def test_form_of_accepted(self):
        with Form(self._accepted()) as form:
            with self.assertRaises(AssertionError):
                form.name = "Anders"
            form.note = "<p>Nagekeken</p>"


@tagged("post_install", "-at_install")
class TestEvidenceValues(EvidenceCommon):
    def test_defaults(self):
        evidence = self._create_evidence(self.registration, user=self.reader)
        self.assertEqual(evidence.aspect, self.legal_type.aspect)
        self.assertEqual(evidence.requirement_ids, self.legal_type.requirement_ids)
        self.assertEqual(evidence.owner_id, self.reader)
        self.assertEqual(evidence.company_id, self.company)

    def test_default_registration(self):
        """The only live one; none where there is a choice."""
        Evidence = self.env["kmop.evidence"].with_user(self.officer)
        self.assertEqual(
            Evidence.default_get(["registration_id"])["registration_id"],
            self.registration.id,
        )
        advice = self._create_registration(service="advice")
        self.assertFalse(Evidence.default_get(["registration_id"])["registration_id"])
        advice.withdraw(date(2026, 1, 1), "Gestopt")
        self.assertEqual(
            Evidence.default_get(["registration_id"])["registration_id"],
            self.registration.id,
        )

    def test_default_registration_is_the_valid_one(self):
        Evidence = self.env["kmop.evidence"].with_user(self.officer)
        valid = self._create_registration(service="advice")
        self._decide(valid, date.today() - timedelta(days=30))
        self.assertEqual(
            Evidence.default_get(["registration_id"])["registration_id"], valid.id
        )

    def test_own_choice_wins(self):
        evidence = self._create_evidence(
            self.registration, aspect="application", indicator_ids=False
        )
        self.assertEqual(evidence.aspect, "application")
        self.assertFalse(evidence.indicator_ids)

    def test_another_type_brings_its_defaults(self):
        evidence = self._create_evidence(self.registration)
        evidence.type_id = self.quote_type
        self.assertEqual(evidence.aspect, self.quote_type.aspect)
        self.assertEqual(evidence.requirement_ids, self.quote_type.requirement_ids)

    def test_default_type_of_sources(self):
        types = self.env["kmop.evidence.type"]
        self.assertEqual(
            types._get_default_for("sale.order", self.company), self.quote_type
        )
        self.assertEqual(
            types._get_default_for("survey.user_input", self.company).code, "evaluation"
        )
        self.assertEqual(
            types._get_default_for("account.move", self.company).code, "invoice"
        )
        self.assertEqual(types._get_default_for("res.partner", self.company).code, "cv")
        self.assertFalse(types._get_default_for("res.users", self.company))

    # ---------------------------------------------------------- effective date

    def test_not_about_a_day_to_come(self):
        """Today is where the user is: in Brussels it is tomorrow already."""
        for moment, day, allowed in (
            ("2026-05-04 10:00", date(2026, 5, 4), True),
            ("2026-05-04 10:00", date(2026, 5, 5), False),
            ("2026-05-04 21:59", date(2026, 5, 5), False),
            ("2026-05-04 22:00", date(2026, 5, 5), True),
            ("2026-12-31 22:59", date(2027, 1, 1), False),
            ("2026-12-31 23:00", date(2027, 1, 1), True),
        ):
            with self.subTest(moment=moment, day=day), freeze_time(moment):
                if allowed:
                    self._create_evidence(self.registration, date_effective=day)
                    continue
                with self.assertRaises(ValidationError):
                    self._create_evidence(self.registration, date_effective=day)
                evidence = self._create_evidence(self.registration)
                with self.assertRaises(ValidationError):
                    evidence.date_effective = day

    @freeze_time("2026-05-04 22:30")
    def test_effective_today_by_default(self):
        evidence = self._create_evidence(self.registration)
        self.assertEqual(evidence.date_effective, date(2026, 5, 5))

    @freeze_time("2026-06-10 10:00")
    def test_effective_date_of_a_source(self):
        """The day that the user saw on it, not the one in UTC."""
        order = self._create_order(date_order=datetime(2026, 2, 28, 23, 30))
        answer = self._create_answer(end_datetime=datetime(2026, 5, 31, 22, 30))
        self.assertEqual(
            self._link(order, self.salesman).date_effective, date(2026, 3, 1)
        )
        answered = self._link(answer, self.surveyor)
        self.assertEqual(answered.date_effective, date(2026, 6, 1))

    @freeze_time("2026-06-10 10:00")
    def test_source_of_a_day_to_come(self):
        order = self._create_order(date_order=datetime(2026, 7, 1, 10, 0))
        self.assertEqual(
            self._link(order, self.salesman).date_effective, date(2026, 6, 10)
        )

    # ------------------------------------------------------------------ source

    def _create_with_source(self, model, res_id, user=None):
        return self._create_evidence(
            self.registration, user=user, res_model=model, res_id=res_id
        )

    def test_wrong_source(self):
        order = self._create_order()
        for model, res_id in (
            ("res.users", self.officer.id),
            ("kmop.evidence.source", 1),
            ("no.such.model", 1),
            (False, order.id),
            ("sale.order", False),
            ("sale.order", order.id + 100_000),
            ("sale.order", -1),
            ("sale.order", 2**31 - 1),
        ):
            with self.subTest(model=model, res_id=res_id):
                with self.assertRaises(ValidationError):
                    self._create_with_source(model, res_id)
                evidence = self._create_evidence(self.registration)
                with self.assertRaises(ValidationError):
                    evidence.write({"res_model": model, "res_id": res_id})

    def test_source_of_another_company(self):
        order = self._create_order(company=self.other_company, user_id=False)
        self.officer.company_ids += self.other_company
        self.officer.group_ids += self.env.ref("sales_team.group_sale_salesman")
        evidences = self.env["kmop.evidence"].with_user(self.officer)
        with self.assertRaisesRegex(ValidationError, "different companies"):
            evidences.with_context(
                allowed_company_ids=(self.company + self.other_company).ids
            ).create(
                {
                    "name": "Offerte",
                    "registration_id": self.registration.id,
                    "type_id": self.quote_type.id,
                    "res_model": "sale.order",
                    "res_id": order.id,
                }
            )

    def test_source_that_may_not_be_read(self):
        """Else its name would be read off the evidence."""
        order = self._create_order(user_id=self.manager.id)
        with self.assertRaises(AccessError):
            self._create_with_source("sale.order", order.id, self.salesman)
        own = self._link(self._create_order(), self.salesman)
        with self.assertRaises(AccessError):
            own.res_id = order.id

    def test_source_name_is_for_readers_of_the_evidence(self):
        order = self._create_order()
        evidence = self._link(order, self.salesman)
        self.assertEqual(
            evidence.with_user(self.reader).source_name, order.display_name
        )
        order.sudo().unlink()
        self.assertFalse(evidence.exists())

    # ------------------------------------------------------------------- files

    def test_files_are_shared_with_who_reads_the_evidence(self):
        file = self._create_attachment(user=self.salesman)
        evidence = self._create_evidence(
            self.registration, self.salesman, attachment_ids=[Command.link(file.id)]
        )
        self.env.invalidate_all()
        seen = evidence.with_user(self.reader).attachment_ids
        self.assertEqual(seen.mapped("name"), ["statuten.txt"])
        later = self._create_attachment("later.txt", user=self.salesman)
        evidence.attachment_ids += later
        self.env.invalidate_all()
        self.assertIn("later.txt", seen.browse(later.id).name)

    def test_files_that_may_not_be_read(self):
        """Linking a file is no way to read it."""
        secret = self._create_attachment("loon.txt", user=self.manager)
        with self.assertRaises(AccessError):
            self._create_evidence(
                self.registration, self.reader, attachment_ids=[Command.link(secret.id)]
            )
        evidence = self._create_evidence(self.registration, self.reader)
        with self.assertRaises(AccessError):
            evidence.attachment_ids = [Command.link(secret.id)]


@tagged("post_install", "-at_install")
class TestEvidenceSource(EvidenceCommon):
    def _get_sources(self):
        return self._create_order(), self._create_answer()

    def test_unlink_with_accepted_evidence(self):
        for source in self._get_sources():
            evidence = self._put(self._link(source), "accepted")
            for state in ("accepted", "superseded"):
                self._put(evidence, state)
                with self.subTest(model=source._name, state=state):
                    with self.assertRaises(UserError) as caught:
                        source.unlink()
                    self.assertIn(evidence.name, str(caught.exception))
                    self.assertIn("Leerhuis Test", str(caught.exception))
                    self.assertTrue(source.exists())

    def test_unlink_with_draft_evidence(self):
        for source in self._get_sources():
            for state in ("draft", "submitted", "rejected"):
                with self.subTest(model=source._name, state=state):
                    copy = source.copy()
                    evidence = self._put(self._link(copy), state)
                    copy.unlink()
                    self.assertFalse(evidence.exists())

    def test_unlink_of_others(self):
        """Evidence of another model with the same id is no hindrance."""
        order = self._create_order()
        evidence = self._put(self._link(order), "accepted")
        answer = self._create_answer()
        self.env.cr.execute(
            "UPDATE kmop_evidence SET res_id = %s WHERE id = %s",
            [answer.id, evidence.id],
        )
        self.env.invalidate_all()
        answer.unlink()
        self.assertTrue(evidence.exists())

    def test_unlink_of_the_whole_survey(self):
        answer = self._create_answer()
        evidence = self._put(self._link(answer), "accepted")
        with self.assertRaisesRegex(UserError, "must be kept"):
            answer.survey_id.unlink()
        self._put(evidence, "rejected")
        answer.survey_id.unlink()
        self.assertFalse(evidence.exists())

    def test_copy(self):
        for source in self._get_sources():
            self._link(source)
            copy = source.copy()
            self.assertFalse(copy.kmop_evidence_ids)
            self.assertFalse(copy.kmop_evidence_count)

    # ------------------------------------------------------------- salesperson

    def test_salesperson_moves_along(self):
        orders = self._create_order() + self._create_order()
        evidences = self._link(orders)
        self.assertEqual(evidences.source_user_id, self.salesman)
        orders[0].user_id = self.manager
        self.assertEqual(
            evidences.mapped("source_user_id"), self.manager + self.salesman
        )
        orders.user_id = False
        self.assertFalse(evidences.source_user_id)

    def test_salesperson_of_accepted_evidence(self):
        order = self._create_order()
        evidence = self._put(self._link(order), "accepted")
        order.user_id = self.manager
        self.assertEqual(evidence.source_user_id, self.manager)

    def test_salesperson_by_a_recomputation(self):
        """A quote without salesperson gets that of a newly chosen client."""
        order = self._create_order(user_id=False)
        evidence = self._link(order)
        self.assertFalse(evidence.source_user_id)
        order.partner_id = self.env["res.partner"].create(
            {"name": "Nieuwe klant", "user_id": self.manager.id}
        )
        self.assertEqual(order.user_id, self.manager)
        self.assertEqual(evidence.source_user_id, self.manager)

    def test_salesperson_is_not_synced_by_an_onchange(self):
        order = self._create_order(user_id=False)
        evidence = self._link(order)
        partner = self.client.copy({"user_id": self.manager.id})
        form = Form(order)
        form.partner_id = partner
        self.assertFalse(evidence.source_user_id)

    # --------------------------------------------------------------- duplicates

    @mute_logger("odoo.sql_db")
    def test_duplicate(self):
        order = self._create_order()
        self._link(order)
        with self.assertRaises(IntegrityError):
            self._create_evidence(
                self.registration,
                user=self.env.user,
                type_id=self.quote_type.id,
                res_model="sale.order",
                res_id=order.id,
            )

    def test_relink_after_rejection(self):
        order = self._create_order()
        first = self._link(order)
        self._put(first, "rejected")
        second = self._link(order)
        self.assertTrue(second)
        self._put(second, "superseded")
        self.assertTrue(self._link(order))

    @mute_logger("odoo.sql_db")
    def test_rejected_does_not_return_beside_its_successor(self):
        order = self._create_order()
        first = self._put(self._link(order), "rejected")
        self._link(order)
        with self.assertRaises(IntegrityError):
            first.submit()

    def test_another_registration_or_type(self):
        order = self._create_order()
        self._link(order)
        advice = self._create_registration(service="advice")
        self.assertTrue(self._link(order, registration=advice))
        self.assertTrue(order._kmop_link(self.registration, self.legal_type))


@tagged("post_install", "-at_install")
class TestEvidenceRemote(HttpCase, EvidenceCommon):
    """The same through the door that clients use: a clear message, never a trace."""

    def setUp(self):
        super().setUp()
        self.authenticate(self.officer.login, self.officer.login)

    def _call(self, model, method, *args, **kwargs):
        """Return what the server answers: the result, or the error's data."""
        response = self.url_open(
            f"/web/dataset/call_kw/{model}/{method}",
            data=json.dumps(
                {
                    "jsonrpc": "2.0",
                    "method": "call",
                    "params": {
                        "model": model,
                        "method": method,
                        "args": args,
                        "kwargs": kwargs,
                    },
                }
            ),
            headers={"Content-Type": "application/json"},
        )
        self.assertEqual(response.status_code, 200)
        answer = response.json()
        return answer.get("result", answer.get("error", {}).get("data"))

    def _assert_refused(self, answer, error, text):
        self.assertEqual(answer["name"], f"odoo.exceptions.{error}")
        self.assertIn(text, answer["message"])

    @mute_logger("odoo.http")
    def test_state_is_not_written(self):
        evidence = self._create_evidence(self.registration)
        answer = self._call(
            "kmop.evidence", "write", evidence.ids, {"state": "accepted"}
        )
        self._assert_refused(answer, "UserError", "can't be edited directly")
        self.assertEqual(evidence.state, "draft")

    @mute_logger("odoo.http")
    def test_state_is_not_forged_by_context(self):
        [evidence_id] = self._call(
            "kmop.evidence",
            "create",
            [
                {
                    "name": "Statuten",
                    "registration_id": self.registration.id,
                    "type_id": self.legal_type.id,
                }
            ],
            context={"default_state": "accepted"},
        )
        self.assertEqual(self.env["kmop.evidence"].browse(evidence_id).state, "draft")

    @mute_logger("odoo.http", "odoo.sql_db")
    def test_duplicate(self):
        order = self._create_order(user_id=False)
        self.officer.group_ids += self.env.ref("sales_team.group_sale_salesman")
        self._link(order, self.officer)
        answer = self._call(
            "kmop.evidence",
            "create",
            [
                {
                    "name": "Nog eens",
                    "registration_id": self.registration.id,
                    "type_id": self.quote_type.id,
                    "res_model": "sale.order",
                    "res_id": order.id,
                }
            ],
        )
        self._assert_refused(
            answer, "ValidationError", "This document is linked to the registration"
        )

    def test_walk_by_ids(self):
        """The public methods take what JSON can carry."""
        evidence, newer = (self._create_evidence(self.registration) for _i in "ab")
        self._call("kmop.evidence", "submit", evidence.ids)
        self._call("kmop.evidence", "reject", evidence.ids, "Onleesbaar")
        self._call("kmop.evidence", "submit", evidence.ids)
        self._call("kmop.evidence", "accept", evidence.ids)
        self._call("kmop.evidence", "supersede", evidence.ids, newer.id)
        evidence.invalidate_recordset()
        self.assertEqual(evidence.superseded_by_id, newer)

    @mute_logger("odoo.http")
    def test_private_methods(self):
        """What begins with an underscore isn't there for a remote call."""
        evidence = self._create_evidence(self.registration)
        audit = self.registration.start_audit()
        order = self._create_order()
        for model, method, *args in (
            ("kmop.evidence", "_move", evidence.ids, "accepted", {}),
            ("kmop.evidence", "_transition", evidence.ids, {"state": "accepted"}),
            ("kmop.evidence", "_adopt_attachments", evidence.ids),
            ("kmop.audit", "_move", audit.ids, "decided", {}),
            ("kmop.audit", "_grant", audit.ids, None, None, None),
            ("kmop.registration", "_transition", self.registration.ids, {"cycle": 9}),
            ("kmop.milestone", "_process_due"),
            ("kmop.milestone", "_cron_process_due"),
            ("kmop.milestone", "_plan", self.registration.ids),
            ("kmop.registration", "_write_workbook", self.registration.ids, "/tmp/x"),
            ("kmop.reason", "_cancel_audit", [], audit.ids),
            ("sale.order", "_kmop_link", order.ids, 1, 1),
            ("sale.order", "_kmop_sync_user", order.ids, 1),
        ):
            with self.subTest(model=model, method=method):
                answer = self._call(model, method, *args)
                self.assertEqual(answer["name"], "odoo.exceptions.AccessError")
                self.assertIn("Private methods", answer["message"])
        self.assertEqual((evidence.state, audit.state), ("draft", "draft"))

    @freeze_time("2026-05-04 10:00")
    @mute_logger("odoo.http")
    def test_day_to_come(self):
        tomorrow = date(2026, 5, 4) + timedelta(days=1)
        evidence = self._create_evidence(self.registration)
        answer = self._call(
            "kmop.evidence", "write", evidence.ids, {"date_effective": str(tomorrow)}
        )
        self._assert_refused(answer, "ValidationError", "a day to come")

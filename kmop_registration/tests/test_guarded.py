from datetime import date

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import KmopCommon

UNINSTALL = {"_force_unlink": True}


@tagged("post_install", "-at_install")
class TestGuarded(KmopCommon):
    """What the record's own state decides, whatever a call says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registration = cls._create_registration()
        cls.indicators = cls.env["kmop.indicator"]

    def _accept(self, **vals):
        evidence = self._create_evidence(self.registration, **vals)
        evidence.submit()
        evidence.accept()
        return evidence

    def _get_steps(self, record):
        lines = record.history_ids.sorted("id")
        return lines.mapped("step")

    # ------------------------------------------------------------- context keys

    def test_no_deletion_by_saying_uninstall(self):
        audit = self._decide(self.registration, date(2026, 3, 1))
        evidence = self._accept()
        rejected = self._create_evidence(self.registration)
        rejected.submit()
        rejected.reject("Onleesbaar")
        milestone = self.registration.milestone_ids[:1]
        for record in (
            audit,
            audit.score_ids[:1],
            audit.period_ids,
            evidence,
            rejected,
            milestone,
            self.registration,
            rejected.history_ids,
        ):
            for context in ({}, UNINSTALL):
                with self.subTest(model=record._name, context=context):
                    mine = record.with_user(self.manager).with_context(**context)
                    with self.assertRaises(UserError):
                        mine.unlink()
                    self.assertTrue(record.exists())

    def test_no_deletion_for_the_superuser_either(self):
        evidence = self._accept()
        with self.assertRaisesRegex(UserError, "Accepted evidence is kept"):
            evidence.sudo().with_context(**UNINSTALL).unlink()

    def test_source_of_accepted_evidence_is_kept(self):
        order = self._create_order()
        evidence = self._create_evidence(
            self.registration,
            user=self.salesman,
            type_id=self.quote_type.id,
            res_model="sale.order",
            res_id=order.id,
        )
        evidence.submit()
        evidence.with_user(self.officer).accept()
        with self.assertRaisesRegex(UserError, "must be kept"):
            order.with_context(**UNINSTALL).unlink()

    def test_draft_is_still_deleted(self):
        draft = self._create_evidence(self.registration)
        draft.unlink()
        self.assertFalse(draft.exists())

    # ---------------------------------------------------------- derived fields

    def test_derived_fields_are_nobodys(self):
        for vals in ({"date_end": "2099-12-31"}, {"step": "completed"}):
            with self.subTest(vals=vals):
                with self.assertRaisesRegex(UserError, "can't be edited directly"):
                    self.registration.with_user(self.manager).write(vals)
        self.assertFalse(self.registration.date_end)

    def test_derived_fields_of_a_new_record(self):
        registrations = self.env["kmop.registration"].with_user(self.officer)
        with self.assertRaisesRegex(UserError, "can't be edited directly"):
            registrations.create({"service": "advice", "date_end": "2099-12-31"})
        context = {"default_date_end": "2099-12-31", "default_step": "completed"}
        made = registrations.with_context(**context).create({"service": "advice"})
        self.assertFalse(made.date_end)
        self.assertEqual(made.step, "prepare")

    def test_no_company_by_its_copy(self):
        """The company of evidence is its registration's."""
        evidence = self._create_evidence(self.registration)
        with self.assertRaisesRegex(UserError, "can't be edited directly"):
            evidence.company_id = self.other_company

    # ------------------------------------------------------------ closed records

    def test_decided_audit_is_closed_for_all_fields(self):
        audit = self._decide(self.registration, date(2026, 3, 1))
        mine = audit.with_user(self.manager)
        for vals in (
            {"cycle": 9},
            {"kind": "renewal"},
            {"user_id": self.manager.id},
            {"note": "<p>Anders</p>"},
            {"score_ids": [Command.clear()]},
            {"score_ids": [Command.update(audit.score_ids[0].id, {"remark": "x"})]},
            {"period_ids": [Command.clear()]},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                mine.write(vals)

    def test_no_score_moves_into_a_decided_audit(self):
        decided = self._decide(self.registration, date(2026, 3, 1))
        score = self.registration.start_audit().score_ids[:1]
        score.auditor_conformity = "V"
        with self.assertRaises(UserError):
            score.audit_id = decided
        added = score.indicator_id.sudo().copy({"code": "1.99"})
        with self.assertRaisesRegex(UserError, "read-only"):
            self.env["kmop.audit.score"].with_user(self.officer).create(
                {"audit_id": decided.id, "indicator_id": added.id}
            )

    def test_accepted_evidence_is_closed_for_all_fields(self):
        evidence = self._accept()
        other = self._create_registration(service="advice")
        for vals in (
            {"name": "Anders"},
            {"registration_id": other.id},
            {"indicator_ids": [Command.clear()]},
            {"attachment_ids": [Command.clear()]},
            {"file_ids": [Command.clear()]},
            {"source_user_id": self.reader.id},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                evidence.with_user(self.manager).write(vals)

    def test_owner_of_accepted_evidence_frees_nothing(self):
        evidence = self._create_evidence(self.registration, user=self.reader)
        evidence.submit()
        evidence.with_user(self.officer).accept()
        for vals in (
            {"date_review": "2030-01-01"},
            {"owner_id": self.salesman.id},
            {"note": "<p>x</p>"},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                evidence.write(vals)
        evidence.with_user(self.officer).owner_id = self.manager

    def test_the_same_value_is_no_change(self):
        evidence = self._accept()
        evidence.write({"name": evidence.name, "type_id": evidence.type_id.id})
        self.assertEqual(evidence.state, "accepted")

    def test_withdrawn_registration_is_closed(self):
        self._decide(self.registration, date(2026, 3, 1))
        self.registration.withdraw(date(2026, 6, 1), "Gestopt")
        with self.assertRaisesRegex(UserError, "is closed"):
            self.registration.number = "DV.O999999"
        self.registration.user_id = self.manager

    # ------------------------------------------------------- seen and accepted

    def test_change_after_submission_is_submitted_again(self):
        evidence = self._create_evidence(self.registration, user=self.reader)
        evidence.submit()
        evidence.url = "https://intranet.dekade.example.com/anders"
        self.assertEqual(evidence.state, "draft")
        with self.assertRaisesRegex(UserError, "can't become accepted"):
            evidence.with_user(self.officer).accept()

    def test_only_what_changes_is_submitted_again(self):
        """A write to several sends back those that it changes, and no others."""
        values = {"user": self.reader, "name": "Oud"}
        evidence = self._create_evidence(self.registration, **values)
        same = self._create_evidence(self.registration, user=self.reader, name="Nieuw")
        both = evidence + same
        both.submit()
        both.name = "Nieuw"
        self.assertEqual(evidence.state, "draft")
        self.assertEqual(same.state, "submitted")

    def test_officer_files_what_was_submitted(self):
        evidence = self._create_evidence(self.registration, user=self.reader)
        evidence.submit()
        mine = evidence.with_user(self.officer)
        mine.type_id = self.quote_type
        self.assertEqual(mine.state, "submitted")
        self.assertEqual(mine.submitted_by_id, self.reader)

    def test_who_changes_what_was_submitted_has_submitted_it(self):
        self.company.kmop_four_eyes = True
        evidence = self._create_evidence(self.registration, user=self.reader)
        evidence.submit()
        mine = evidence.with_user(self.officer)
        mine.name = "Andere naam"
        self.assertEqual(mine.submitted_by_id, self.officer)
        with self.assertRaisesRegex(UserError, "somebody else has to accept it"):
            mine.accept()

    # ----------------------------------------------------------------- manifest

    def test_reference_data_raises_no_alarm(self):
        evidence = self._accept()
        evidence.indicator_ids.sudo().write({"code": "Z.9", "name": "Anders"})
        evidence.type_id.sudo().name = "Andere soort"
        self.assertEqual(evidence.verify()[evidence.id]["state"], "intact")

    def test_each_frozen_value_is_verified(self):
        evidence = self._accept()
        other = self._create_registration(service="advice")
        order = self._create_order()
        changes = {
            "name": "Anders",
            "aspect": "application",
            "date_effective": "2020-01-01",
            "url": "https://elders.example.com",
            "indicator_ids": [Command.clear()],
            "registration_id": other.id,
            "type_id": self.quote_type.id,
            "order_id": order.id,
            "manifest": "{}",
        }
        for name, value in changes.items():
            with self.subTest(field=name):
                savepoint = self.env.cr.savepoint()
                # sudo: as by somebody with access to the database
                evidence.sudo().write({name: value})
                self.assertEqual(evidence.verify()[evidence.id]["state"], "altered")
                savepoint.close(rollback=True)
                self.env.invalidate_all()
        self.assertEqual(evidence.verify()[evidence.id]["state"], "intact")

    # ------------------------------------------------------------------ history

    def test_history_of_evidence(self):
        evidence = self._create_evidence(self.registration, user=self.reader)
        evidence.submit()
        mine = evidence.with_user(self.officer)
        mine.with_context(tracking_disable=True, mail_notrack=True).reject("Te vaag")
        evidence.submit()
        mine.accept()
        self.assertFalse(evidence.reject_reason)
        lines = mine.history_ids.sorted("id")
        self.assertEqual(
            lines.mapped("step"), ["submitted", "rejected", "submitted", "accepted"]
        )
        rejection = lines[1]
        self.assertEqual(rejection.reason, "Te vaag")
        self.assertEqual(rejection.user_id, self.officer)
        self.assertEqual(rejection.step_name, "Rejected")
        for vals in ({"reason": "Anders"}, {"user_id": self.manager.id}):
            with self.assertRaises(UserError):
                rejection.with_user(self.manager).write(vals)
            with self.assertRaisesRegex(UserError, "nobody can change it"):
                rejection.sudo().write(vals)

    def test_history_of_a_correction(self):
        self._decide(self.registration, date(2026, 3, 1))
        period = self.registration.period_ids
        period.correct("2026-03-02", "2028-03-01", "Het attest zegt 2 maart")
        self.assertEqual(period.history_ids.mapped("step"), ["corrected"])
        self.assertEqual(period.history_ids.reason, "Het attest zegt 2 maart")

    def test_history_stays_in_its_company(self):
        self.registration.with_user(self.officer).withdraw("2026-01-01", "Gestopt")
        lines = self.env["kmop.history"].with_user(self.stranger).search([])
        self.assertFalse(lines.filtered(lambda line: line.company_id == self.company))

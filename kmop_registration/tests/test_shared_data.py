"""Shared reference data, and a company's own versions of it."""

from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .test_dossier import DossierCommon
from .test_evidence import EvidenceCommon

VERSIONED = ("kmop.evidence.type", "kmop.milestone.rule", "kmop.rule")


class SharedCommon(EvidenceCommon, DossierCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.foreign = cls.env["kmop.registration"].create(
            {
                "company_id": cls.other_company.id,
                "partner_id": cls.other_company.partner_id.id,
                "track_id": cls.starter.id,
            }
        )

    def _get_shared(self):
        """Return one record of each model of reference data."""
        names = [
            name
            for name, model in self.registry.items()
            if hasattr(model, "_may_share") and not model._abstract
        ]
        return {name: self.env[name].search([], limit=1) for name in names}

    def _let_see_all(self, user):
        everywhere = self.env["res.company"].search([])
        user.company_ids = [Command.set(everywhere.ids)]


@tagged("post_install", "-at_install")
class TestSharedData(SharedCommon):
    def test_models(self):
        """Every model without a company is shared reference data."""
        shared = {
            name
            for name, model in self.registry.items()
            if name.startswith("kmop.")
            and not (model._abstract or model._transient)
            and ("company_id" not in model._fields or name in VERSIONED)
        }
        self.assertEqual(set(self._get_shared()), shared)

    @mute_logger("odoo.addons.base.models.ir_model")
    def test_administrator_of_one_company(self):
        for name, record in self._get_shared().items():
            mine = record.with_user(self.manager)
            self.assertTrue(mine.has_access("read"), name)
            for right in ("write", "create", "unlink"):
                self.assertFalse(mine.has_access(right), f"{name} {right}")
            with self.assertRaises(AccessError):
                mine.write({"active" if "active" in mine else "sequence": 0})

    def test_who_may(self):
        self._let_see_all(self.manager)
        for name, record in self._get_shared().items():
            self.assertTrue(record.with_user(self.manager).has_access("write"), name)

    def test_settings_administrator(self):
        group = self.env.ref("base.group_system")
        self.manager.group_ids += group
        for name, record in self._get_shared().items():
            self.assertTrue(record.with_user(self.manager).has_access("write"), name)

    def test_one_company(self):
        """In a database with one company its administrator edits shared data."""
        self.env.cr.execute(
            "UPDATE res_company SET active = (id = %s)", [self.company.id]
        )
        self.env.invalidate_all()
        theme = self.digital.with_user(self.manager)
        theme.note = "Ook over gegevens"
        rule = self.env["kmop.milestone.rule"].search([], limit=1)
        rule.with_user(self.manager).active = False
        self.assertFalse(rule.active)

    def test_lists_of_another_record(self):
        """Shared data can't be changed through an x2many field either."""
        norm = self.env["kmop.norm"].search([], limit=1)
        requirement = norm.requirement_ids[:1]
        with self.assertRaises(AccessError):
            norm.with_user(self.manager).write(
                {"requirement_ids": [Command.update(requirement.id, {"name": "X"})]}
            )
        with self.assertRaises(AccessError):
            self.bureau.with_user(self.manager).sudo(False).write(
                {"kmop_appointment_ids": [Command.create({"date_from": "2026-01-01"})]}
            )

    def test_reminder_rule(self):
        """An administrator of one company switched off a reminder for all."""
        rule = self.env["kmop.milestone.rule"].search([], limit=1)
        with self.assertRaises(AccessError):
            rule.with_user(self.manager).active = False
        with self.assertRaises(AccessError):
            rule.with_user(self.manager).unlink()


@tagged("post_install", "-at_install")
class TestOwnVersions(SharedCommon):
    def _make_version(self, record, user=None):
        action = record.with_user(user or self.manager).action_make_version()
        return self.env[record._name].browse(action["res_id"]).with_user(self.manager)

    def test_version_is_the_companys(self):
        for name in VERSIONED:
            shared = self.env[name].search([], limit=1)
            version = self._make_version(shared)
            self.assertEqual(version.company_id, self.company, name)
            self.assertEqual(version.shared_id, shared, name)
            self.assertFalse(version.with_user(self.stranger).has_access("read"), name)
            version.name = "Van ons"
            with self.assertRaises(AccessError):
                version.write({"company_id": False, "shared_id": False})
            with self.assertRaises(AccessError):
                version.company_id = self.other_company

    def test_new_record_is_the_companys(self):
        """What an administrator of one company adds is for that company."""
        for name in VERSIONED:
            values = self.env[name].with_user(self.manager).default_get(["company_id"])
            self.assertEqual(values["company_id"], self.company.id, name)
            values = self.env[name].default_get(["company_id"])
            self.assertFalse(values.get("company_id"), name)

    def test_version_for_another_company(self):
        for name in VERSIONED:
            vals = self.env[name].search([], limit=1).copy_data()[0]
            for company in (self.other_company.id, False):
                with self.assertRaises(AccessError):
                    self.env[name].with_user(self.manager).create(
                        {**vals, "code": "x", "company_id": company}
                        if "code" in vals
                        else {**vals, "company_id": company}
                    )

    # ------------------------------------------------------------------ milestones

    def _get_planned(self, registration, rules):
        self.env.flush_all()
        milestones = self.env["kmop.milestone"].search(
            [
                ("registration_id", "=", registration.id),
                ("rule_id", "in", rules.ids),
                ("state", "=", "planned"),
            ]
        )
        return milestones.rule_id

    def _register_both(self):
        with freeze_time("2026-03-01"):
            self._decide(self.registration, date(2026, 3, 1))
            self._decide(self.foreign.with_user(self.stranger), date(2026, 3, 1))
        return self.env["kmop.milestone.rule"].search(
            [("anchor", "=", "registration_end"), ("part_ids", "=", False)], limit=1
        )

    @freeze_time("2026-03-02")
    def test_own_schedule(self):
        shared = self._register_both()
        for registration in (self.registration, self.foreign):
            self.assertEqual(self._get_planned(registration, shared), shared)
        version = self._make_version(shared)
        both = shared | version.sudo()
        self.assertEqual(self._get_planned(self.registration, both), version)
        self.assertEqual(self._get_planned(self.foreign, both), shared)
        # Archiving the version switches the rule off for this company only.
        version.active = False
        self.assertFalse(self._get_planned(self.registration, both))
        self.assertEqual(self._get_planned(self.foreign, both), shared)
        version.active = True
        self.assertEqual(self._get_planned(self.registration, both), version)

    @freeze_time("2026-03-02")
    def test_shared_schedule_after_its_version(self):
        """The company uses the shared rule again when its version is deleted."""
        shared = self._register_both()
        version = self._make_version(shared)
        milestones = self.env["kmop.milestone"].search([("rule_id", "=", version.id)])
        self.env.cr.execute(
            "DELETE FROM kmop_milestone WHERE id IN %s", [tuple(milestones.ids)]
        )
        self.env.invalidate_all()
        version.unlink()
        self.assertEqual(self._get_planned(self.registration, shared), shared)

    def test_refused_mail_stays_refused(self):
        rule = self.env["kmop.milestone.rule"].search(
            [("optional", "=", True), ("template_id", "!=", False)], limit=1
        )
        person = self.officer.partner_id
        person.kmop_optout_ids = rule
        version = self._make_version(rule)
        milestone = self.env["kmop.milestone"].create(
            {
                "rule_id": version.id,
                "registration_id": self.registration.id,
                "date_anchor": "2026-04-01",
                "date_planned": "2026-04-01",
            }
        )
        line = self.env["kmop.reminder"]._queue("reminder", {milestone: person})
        self.assertTrue(line._is_unwanted())

    # -------------------------------------------------------------- rules and types

    def test_own_rule(self):
        """The version of a rule is used for its own company only."""
        rules = self.env["kmop.rule"]
        shared = rules._get_in_force(
            self.company, "training", date(2026, 6, 1), "minimum"
        )
        version = self._make_version(shared)
        version.amount = shared.amount + 10_000
        counts = {
            company: rules._get_in_force(
                company, "training", date(2026, 6, 1), "minimum"
            )
            for company in (self.company, self.other_company)
        }
        self.assertEqual(
            counts, {self.company: version.sudo(False), self.other_company: shared}
        )
        dossier = self._create_dossier()
        checks = [warning["check"] for warning in dossier.kmop_warnings or []]
        self.assertIn("minimum", checks)

    def test_own_type(self):
        """A company's version decides whether a document is expected."""
        types = self.env["kmop.evidence.type"]
        here, there = self.company, self.other_company
        needed = types._get_needed(here, "training", True)
        shared = needed[:1]
        version = self._make_version(shared).sudo()
        self.assertIn(version, types._get_needed(here, "training", True))
        self.assertNotIn(shared, types._get_needed(here, "training", True))
        self.assertEqual(types._get_needed(there, "training", True), needed)
        version.mandatory = False
        here_needed = types._get_needed(here, "training", True)
        self.assertEqual(here_needed, needed - shared)

    def test_document_of_before_the_version(self):
        """Evidence of the shared kind counts for the version."""
        dossier = self._create_dossier(kmop_registration_id=self.registration.id)
        shared = self.env["kmop.evidence.type"]._get_needed(
            self.company, "training", True
        )[:1]
        evidence = self._create_evidence(
            self.registration,
            user=self.salesman,
            type_id=shared.id,
            order_id=dossier.id,
        )
        evidence.submit()
        self.env.flush_all()
        before = dossier.kmop_completeness
        self.assertTrue(before)
        version = self._make_version(shared)
        self.env.invalidate_all()
        self.assertEqual(dossier.kmop_completeness, before)
        lines = {line["type"]: line for line in dossier.kmop_checklist}
        self.assertEqual(lines[version.id]["state"], "submitted")
        self.assertNotIn(shared.id, lines)

    def test_document_of_another_company(self):
        """A company's own kind of document can't be used at another company."""
        version = self._make_version(self.legal_type)
        with self.assertRaises(UserError):
            self._create_evidence(self.foreign, user=self.env.user, type_id=version.id)

"""Access that depends on whose a record is: the owner's, the dossier's, the company's.

What each person may do with a record of each model is tried in test_access_table.py,
and who may take each step in test_access_steps.py.
"""

from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .test_evidence import EvidenceCommon


class AccessCommon(EvidenceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = new_test_user(cls.env, "kmop_portal", groups="base.group_portal")
        cls.public = cls.env.ref("base.public_user")
        cls.internal = cls._create_user("internal", "base.group_user")
        cls.leader = cls._create_user(
            "leader", "sales_team.group_sale_salesman_all_leads"
        )
        cls.colleague = cls._create_user("colleague", "sales_team.group_sale_salesman")
        cls.keeper = cls._create_user("keeper", "kmop_registration.group_kmop_user")
        cls.roles = {
            "portal": cls.portal,
            "public": cls.public,
            "internal": cls.internal,
            "salesman": cls.salesman,
            "leader": cls.leader,
            "surveyor": cls.surveyor,
            "reader": cls.reader,
            "officer": cls.officer,
            "manager": cls.manager,
        }

    def setUp(self):
        super().setUp()
        self._decide(self.registration, date(2026, 3, 1), number="DV.O123456")

    def _create_session(self, order):
        return self.env["kmop.session"].create({"order_id": order.id})

    def _create_participant(self, order):
        vals = {"order_id": order.id, "name": "Deelnemer"}
        return self.env["kmop.participant"].create(vals)

    def _remind(self, registration):
        milestone = registration.milestone_ids[:1]
        partner = self.manager.partner_id
        return self.env["kmop.reminder"]._queue("reminder", {milestone: partner})

    def _keep_evidence(self, registration):
        """Return a piece that the registration's first audit was decided on."""
        evidence = self._create_evidence(registration)
        vals = {
            "decision_id": registration.audit_ids.sudo().decision_ids[:1].id,
            "evidence_id": evidence.id,
        }
        return self.env["kmop.audit.decision.evidence"].create(vals)

    def _get_records(self):
        """Return a record of each model that belongs to a company."""
        registration = self.registration
        audit = registration.start_audit()
        requirement = self.env.ref("kmop_registration.kmop_requirement_activity")
        exemption = self.env["kmop.exemption"].create(
            {
                "registration_id": registration.id,
                "requirement_id": requirement.id,
                "ground": "iso9001",
            }
        )
        order = self._create_order(kmop_service="training")
        access = self.env["kmop.audit.access"].create(
            {"audit_id": audit.id, "partner_id": self.bureau.id}
        )
        kept = self._keep_evidence(registration)
        return {
            "kmop.audit.decision": kept.decision_id,
            "kmop.audit.decision.evidence": kept,
            "kmop.audit.access": access,
            "kmop.audit.log": access._log("view"),
            "kmop.session": self._create_session(order),
            "kmop.participant": self._create_participant(order),
            "kmop.registration": registration,
            "kmop.registration.period": registration.period_ids[:1],
            "kmop.audit": audit,
            "kmop.audit.score": audit.score_ids[:1],
            "kmop.exemption": exemption,
            "kmop.history": self.env["kmop.history"]._add(registration, "corrected"),
            "kmop.milestone": registration.milestone_ids[:1],
            "kmop.reminder": self._remind(registration),
            "kmop.coverage": self.env["kmop.coverage"].search(
                [("registration_id", "=", registration.id)], limit=1
            ),
            "kmop.finding": self.env["kmop.finding"]
            .with_user(self.officer)
            .create({"name": "Lijst ontbreekt", "registration_id": registration.id}),
            "kmop.satisfaction": self.env["kmop.satisfaction"].create(
                {
                    "company_id": self.company.id,
                    "date": "2026-06-01",
                    "score": 80,
                }
            ),
            "kmop.evidence": self._create_evidence(registration),
            "kmop.export": self.env["kmop.export"]
            .with_user(self.keeper)
            ._request(registration, "zip"),
            "kmop.evidence.file": self._accepted(
                attachment_ids=self._create_attachment().ids
            ).file_ids,
        }


@tagged("post_install", "-at_install")
class TestAccessRights(AccessCommon):
    def test_history_is_refused_to_all(self):
        """The models refuse changes that access rights would allow."""
        period = self.registration.period_ids.with_user(self.manager)
        with self.assertRaisesRegex(UserError, "is history"):
            period.date_end = date(2040, 1, 1)
        with self.assertRaises(UserError):
            period.sudo().unlink()
        with self.assertRaises(UserError):
            self.registration.with_user(self.manager).unlink()

    def test_own_milestone(self):
        """Who has something to do sees it, says that it is done, and no more."""
        milestones = self.env["kmop.milestone"].with_user(self.officer)
        for user in (self.salesman, self.reader):
            milestone = milestones.create(
                {
                    "title": "Bel",
                    "registration_id": self.registration.id,
                    "date_planned": "2027-01-01",
                    "user_id": user.id,
                }
            ).with_user(user)
            with self.subTest(user=user.login):
                self.assertTrue(milestone.has_access("write"))
                self.assertFalse(milestone.has_access("unlink"))
                milestone.mark_done()

    # -------------------------------------------------------------- own evidence

    def test_own_evidence(self):
        for user in (self.salesman, self.surveyor, self.reader):
            evidence = self._create_evidence(self.registration, user)
            with self.subTest(user=user.login):
                for operation in ("read", "write", "unlink"):
                    self.assertTrue(evidence.has_access(operation))

    def test_frozen_files_of_own_evidence(self):
        """Who added the evidence may read what was frozen of it, nothing else."""
        for user in (self.salesman, self.surveyor, self.reader):
            attachment = self._create_attachment(user=user)
            evidence = self._create_evidence(
                self.registration, user, attachment_ids=attachment.ids
            )
            evidence.submit()
            evidence.with_user(self.officer).accept()
            with self.subTest(user=user.login):
                self.assertTrue(evidence.file_ids.has_access("read"))
                self.assertFalse(evidence.file_ids.has_access("write"))
                self.assertEqual(evidence.file_ids.attachment_id.raw, attachment.raw)

    def test_evidence_in_anothers_name(self):
        """Nobody but an officer adds evidence that is somebody else's."""
        for user in (self.salesman, self.surveyor, self.reader):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._create_evidence(self.registration, user, owner_id=self.officer.id)
        evidence = self._create_evidence(self.registration, owner_id=self.reader.id)
        self.assertEqual(evidence.owner_id, self.reader)

    def test_evidence_of_ones_quotes(self):
        """Read, not changed: it was somebody else who added it."""
        evidence = self._link(self._create_order(), self.leader)
        evidence = evidence.with_user(self.salesman)
        self.assertTrue(evidence.has_access("read"))
        self.assertFalse(evidence.has_access("write"))
        self.assertFalse(evidence.has_access("unlink"))

    def test_evidence_after_a_handover(self):
        """The quote's new salesperson sees its evidence, the former no more."""
        for user, owner in (
            (self.salesman, self.colleague),
            (self.leader, self.leader),
        ):
            order = self._create_order()
            evidence = self._link(order, user)
            self.assertFalse(evidence.with_user(self.colleague).has_access("read"))
            order.user_id = self.colleague
            self.assertEqual(evidence.owner_id, owner)
            self.assertTrue(evidence.with_user(self.colleague).has_access("read"))
            self.assertFalse(evidence.with_user(self.salesman).has_access("read"))

    # ---------------------------------------------------------- other companies

    def test_company_isolation(self):
        """A manager of another company finds nothing of ours."""
        for model, record in self._get_records().items():
            theirs = record.with_user(self.stranger)
            with self.subTest(model=model):
                self.assertFalse(theirs.search([("id", "=", record.id)]))
                self.assertFalse(theirs.search_count([("id", "=", record.id)]))

    def test_company_isolation_of_creation(self):
        """Nor adds anything to what is ours, which would tell whether it exists."""
        advice = self._create_registration(service="advice")
        records = self._get_records()
        [score] = records["kmop.audit.score"].copy_data()
        records["kmop.audit.score"].unlink()
        [period] = records["kmop.registration.period"].copy_data()
        period.pop("audit_id", None)
        for model, vals in {
            "kmop.registration": {
                "company_id": self.company.id,
                "partner_id": self.client.id,
            },
            "kmop.registration.period": {
                **period,
                "date_start": "2040-01-01",
                "date_end": "2040-12-31",
                "override_reason": "x",
            },
            "kmop.audit": {"registration_id": advice.id},
            "kmop.audit.score": score,
            "kmop.exemption": records["kmop.exemption"].copy_data()[0],
            "kmop.finding": {"name": "x", "registration_id": self.registration.id},
            "kmop.evidence": records["kmop.evidence"].copy_data()[0],
            "kmop.session": records["kmop.session"].copy_data()[0],
            "kmop.participant": records["kmop.participant"].copy_data()[0],
        }.items():
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(self.stranger).create(vals)

    def test_company_isolation_on_the_partner(self):
        """A partner that both companies see shows each its own registrations."""
        shared = self.env["res.partner"].create({"name": "Gedeeld", "is_company": True})
        self._register(partner_id=shared.id, service="advice")
        self.env.invalidate_all()
        self.assertEqual(len(shared.with_user(self.officer).kmop_registration_ids), 1)
        self.env.invalidate_all()
        self.assertFalse(shared.with_user(self.stranger).kmop_registration_ids)

    def test_two_companies(self):
        """Who works for both sees both, and one where one is chosen."""
        other = self.env["kmop.registration"].with_user(self.stranger).create({})
        self.reader.company_ids += self.other_company
        registrations = self.env["kmop.registration"].with_user(self.reader)
        both = (self.company + self.other_company).ids
        found = registrations.with_context(allowed_company_ids=both).search([])
        self.assertEqual(found, self.registration + other)
        found = registrations.with_context(allowed_company_ids=both[:1]).search([])
        self.assertEqual(found, self.registration)


@tagged("post_install", "-at_install")
class TestDossierAccess(AccessCommon):
    """Salespeople and dossiers: by Odoo's own rules, whatever is linked to them."""

    def setUp(self):
        super().setUp()
        self.order = self._create_dossier(self.salesman)
        self.theirs = self._create_dossier(self.colleague)
        self.free = self._create_dossier(self.env["res.users"])
        self.env.invalidate_all()

    def _create_dossier(self, user):
        return self._create_order(user_id=user.id, kmop_service="training")

    def _create_document(self, order, user=None, **vals):
        """Return a paper document of a dossier: evidence that is no Odoo document."""
        return self._create_evidence(
            self.registration, user or self.env.user, order_id=order.id, **vals
        )

    def _assert_readable(self, evidence, *users):
        """Only these of the salespeople find and read the evidence and its files."""
        self.env.invalidate_all()
        for user in (self.salesman, self.colleague, self.leader):
            for records in (evidence, evidence.file_ids):
                mine = records.with_user(user)
                with self.subTest(user=user.login, model=records._name):
                    found = mine.search([("id", "in", records.ids)])
                    self.assertEqual(found.ids, records.ids if user in users else [])
                    self.assertEqual(
                        bool(mine._filtered_access("read")),
                        bool(records) and user in users,
                    )

    # ---------------------------------------------------- days and participants

    def _get_parts(self, order):
        return self._create_session(order), self._create_participant(order)

    def test_parts_of_quotes(self):
        for order, users in (
            (self.order, {self.salesman, self.leader}),
            (self.theirs, {self.colleague, self.leader}),
            (self.free, {self.salesman, self.colleague, self.leader}),
        ):
            for record in self._get_parts(order):
                for user in (self.salesman, self.colleague, self.leader, self.stranger):
                    mine = record.with_user(user)
                    with self.subTest(model=record._name, user=user.login):
                        found = mine.search([("id", "=", record.id)])
                        self.assertEqual(bool(found), user in users)
                        for operation in ("read", "write", "unlink"):
                            allowed = mine.has_access(operation)
                            self.assertEqual(allowed, user in users, operation)

    def test_no_parts_added_to_anothers_quote(self):
        for model, vals in (
            ("kmop.session", {}),
            ("kmop.participant", {"name": "Indringer"}),
        ):
            records = self.env[model].with_user(self.salesman)
            self.assertTrue(records.create({**vals, "order_id": self.order.id}))
            with self.subTest(model=model), self.assertRaises(AccessError):
                records.create({**vals, "order_id": self.theirs.id})

    def test_no_parts_moved_to_anothers_quote(self):
        for record in self._get_parts(self.order):
            mine = record.with_user(self.salesman)
            mine.order_id = self.free
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                mine.order_id = self.theirs

    def test_parts_follow_the_salesperson(self):
        parts = self._get_parts(self.order)
        self.order.user_id = self.colleague
        for record in parts:
            self.assertFalse(record.with_user(self.salesman).has_access("read"))
            self.assertTrue(record.with_user(self.colleague).has_access("read"))

    # ------------------------------------------------------------------ documents

    def test_reading(self):
        """The dossier's salesperson and leaders read its documents, no colleague."""
        self._assert_readable(
            self._create_document(self.order), self.salesman, self.leader
        )
        self._assert_readable(
            self._create_document(self.theirs), self.colleague, self.leader
        )
        self._assert_readable(self._create_document(self.free), self.leader)

    def test_reading_what_was_frozen(self):
        files = self._create_attachment().ids
        evidence = self._create_document(self.theirs, attachment_ids=files)
        evidence.submit()
        evidence.accept()
        self.assertTrue(evidence.file_ids)
        for user, allowed in ((self.colleague, True), (self.salesman, False)):
            self.env.invalidate_all()
            for records in (evidence.file_ids, evidence.file_ids.attachment_id):
                with self.subTest(user=user.login, model=records._name):
                    mine = records.with_user(user)
                    self.assertEqual(mine.has_access("read"), allowed)

    def test_handover(self):
        """Documents follow the dossier: read by who has it now, and by no former."""
        for order, evidence in (
            (self.order, self._create_document(self.order)),
            (self.order, self._create_document(self.order, self.salesman)),
            (self.order, self._link(self.order, self.salesman)),
            (self.free, self._link(self.free, self.salesman)),
        ):
            evidence = evidence.with_env(self.env)
            order.user_id = self.colleague
            self.assertEqual(evidence.source_user_id, self.colleague)
            self._assert_readable(evidence, self.colleague, self.leader)
            order.user_id = False
            self.assertFalse(evidence.source_user_id)
            order.user_id = self.salesman
            self._assert_readable(evidence, self.salesman, self.leader)

    def test_moved_to_another_dossier(self):
        """One's own evidence can't be put in a dossier that one may not see."""
        evidence = self._create_document(self.order, self.salesman)
        evidence.order_id = self.free
        with self.assertRaises(AccessError):
            evidence.order_id = self.theirs
        evidence.invalidate_recordset()
        self.assertEqual(evidence.order_id, self.free)

    def test_nothing_added_to_anothers_dossier(self):
        for vals in (
            {"order_id": self.theirs.id},
            {"res_model": "sale.order", "res_id": self.theirs.id},
            {"res_model": "sale.order", "res_id": self.theirs.id, "order_id": False},
        ):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                self._create_evidence(self.registration, self.salesman, **vals)

    def test_no_source_put_under_ones_own_evidence(self):
        """Nor does the evidence become a document that its owner can't read."""
        evidence = self._create_evidence(self.registration, self.salesman)
        with self.assertRaises(AccessError):
            evidence.write({"res_model": "sale.order", "res_id": self.theirs.id})

    def test_adding_documents(self):
        files = self._create_attachment(user=self.salesman).ids
        add = ("kmop_add_document", self.legal_type.id, files)
        for order, user, allowed in (
            (self.order, self.salesman, True),
            (self.free, self.salesman, True),
            (self.theirs, self.salesman, False),
            (self.order, self.internal, False),
            (self.order, self.surveyor, False),
            (self.order, self.stranger, False),
        ):
            self.env.invalidate_all()
            mine = order.with_user(user)
            with self.subTest(order=order.name, user=user.login):
                if allowed:
                    self.assertTrue(getattr(mine, add[0])(*add[1:]))
                else:
                    with self.assertRaises(AccessError):
                        getattr(mine, add[0])(*add[1:])

    def test_anothers_file(self):
        """A file that one may not read isn't read by adding it to one's dossier."""
        order = self.order.with_user(self.salesman)
        theirs = self._create_attachment(
            user=self.colleague, res_model="sale.order", res_id=self.theirs.id
        )
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            order.kmop_add_document(self.legal_type.id, theirs.ids)

    def test_name_of_anothers_document(self):
        """What a form would fill in tells nothing of a document out of reach."""
        evidences = self.env["kmop.evidence"].with_user(self.salesman)
        for order, name in ((self.order, self.order.name), (self.theirs, False)):
            self.env.invalidate_all()
            evidence = evidences.new({"res_model": "sale.order", "res_id": order.id})
            with self.subTest(order=order.name):
                self.assertEqual(evidence.source_name, name)

    def test_checklist_names_nothing_of_others(self):
        """That a document is there is told; which, to who may read it."""
        self._create_document(self.free)
        line = next(
            line
            for line in self.free.with_user(self.salesman).kmop_checklist
            if line["type"] == self.legal_type.id
        )
        self.assertEqual((line["state"], line["evidence"]), ("draft", []))

    # -------------------------------------------------------------------- wizards

    def _open(self, user, sources):
        wizards = self.env["kmop.evidence.link"].with_user(user)
        return wizards.with_context(active_model=sources._name, active_ids=sources.ids)

    def test_preview_of_anothers_quote(self):
        """Not even whether it is linked already."""
        self._link(self.theirs)
        self.env.invalidate_all()
        wizard = self._open(self.salesman, self.theirs).create(
            {"registration_id": self.registration.id}
        )
        for name in ("to_link_count", "skipped"):
            with self.subTest(field=name), self.assertRaises(AccessError):
                wizard.read([name])


@tagged("post_install", "-at_install")
class TestExportAccess(HttpCase, AccessCommon):
    route = "audit.xlsx"

    def _get(self, registration_id, login=None):
        self.authenticate(login, login)
        return self.url_open(
            f"/kmop/registration/{registration_id}/{self.route}", allow_redirects=False
        )

    def test_another_company(self):
        """Another company's registration gets the same 404 as a missing one."""
        theirs = self._get(self.registration.id, self.stranger.login)
        nothing = self._get(self.registration.id + 100_000, self.stranger.login)
        self.assertEqual((theirs.status_code, nothing.status_code), (404, 404))
        self.assertEqual(len(theirs.content), len(nothing.content))

    def test_archived(self):
        """An archived registration can still be exported by its address."""
        self.registration.action_archive()
        answer = self._get(self.registration.id, self.reader.login)
        self.assertEqual(answer.status_code, 200)

    @mute_logger("odoo.http")
    def test_strange_ids(self):
        """A malformed id gives a 4xx, no server error."""
        self.authenticate(self.reader.login, self.reader.login)
        for strange in (
            "0",
            "-1",
            "x",
            "1.5",
            "1e3",
            "%F0%9F%8E%93",
            "..%2f1",
            "1%20or%201=1",
            "99999999999",
            str(2**63),
            "9" * 400,
        ):
            with self.subTest(id=strange):
                answer = self.url_open(f"/kmop/registration/{strange}/{self.route}")
                self.assertIn(answer.status_code, range(400, 500))

    @mute_logger("odoo.http")
    def test_other_methods(self):
        self.authenticate(self.reader.login, self.reader.login)
        url = f"/kmop/registration/{self.registration.id}/{self.route}"
        for method in ("POST", "PUT", "DELETE"):
            with self.subTest(method=method):
                answer = self.opener.request(method, self.base_url() + url)
                self.assertIn(answer.status_code, range(400, 500))


@tagged("post_install", "-at_install")
class TestArchiveAccess(TestExportAccess):
    """The archive, for the same people and nobody else."""

    route = "dossier.zip"

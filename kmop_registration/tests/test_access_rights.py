from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .test_evidence import EvidenceCommon

ALL = "read write create unlink"
SETUP = {
    "salesman": "read",
    "surveyor": "read",
    "reader": "read",
    "officer": "read",
    "manager": ALL,
}
OFFICERS = {"officer": ALL, "manager": ALL}
EVERYBODY = dict.fromkeys(["salesman", "surveyor", "reader", "officer", "manager"], ALL)

# Who may do what; a role that isn't mentioned may do nothing.
SHARED = {
    "kmop.norm": SETUP,
    "kmop.requirement": SETUP,
    "kmop.indicator": SETUP,
    "kmop.track": SETUP,
    "kmop.track.part": SETUP,
    "kmop.evidence.type": SETUP,
    "kmop.milestone.rule": {"reader": "read", "officer": "read", "manager": ALL},
}
PER_COMPANY = {
    "kmop.registration": {
        "salesman": "read",
        "surveyor": "read",
        "reader": "read",
        **OFFICERS,
    },
    "kmop.registration.period": {
        "salesman": "read",
        "surveyor": "read",
        "reader": "read",
        "officer": "read write create",
        "manager": "read write create",
    },
    "kmop.audit": {"reader": "read", **OFFICERS},
    "kmop.audit.score": {"reader": "read", **OFFICERS},
    "kmop.exemption": {"reader": "read", **OFFICERS},
    "kmop.milestone": {"reader": "read", "officer": "read", "manager": "read"},
    "kmop.coverage": {"reader": "read", "officer": "read", "manager": "read"},
    "kmop.finding": {"reader": "read create", **OFFICERS},
    "kmop.satisfaction": {"reader": "read", "officer": "read", "manager": "read"},
    "kmop.evidence.file": {"reader": "read", "officer": "read", "manager": "read"},
    # Of somebody else; what is one's own has a test apart.
    "kmop.evidence": {
        "salesman": "create",
        "surveyor": "create",
        "reader": "read create",
        **OFFICERS,
    },
}
WIZARDS = {
    "kmop.evidence.link": EVERYBODY,
    "kmop.evidence.supersede": OFFICERS,
    "kmop.audit.move": OFFICERS,
    "kmop.audit.decide": OFFICERS,
    "kmop.period.correct": OFFICERS,
    "kmop.finding.check": OFFICERS,
    "kmop.reason": OFFICERS,
    "kmop.satisfaction.report": {"reader": ALL, **OFFICERS},
}


class AccessCommon(EvidenceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = new_test_user(cls.env, "kmop_portal", groups="base.group_portal")
        cls.public = cls.env.ref("base.public_user")
        cls.internal = cls._create_user("internal", "base.group_user")
        cls.roles = {
            "portal": cls.portal,
            "public": cls.public,
            "internal": cls.internal,
            "salesman": cls.salesman,
            "surveyor": cls.surveyor,
            "reader": cls.reader,
            "officer": cls.officer,
            "manager": cls.manager,
        }

    def setUp(self):
        super().setUp()
        self._decide(self.registration, date(2026, 3, 1), number="DV.O123456")

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
        return {
            "kmop.registration": registration,
            "kmop.registration.period": registration.period_ids[:1],
            "kmop.audit": audit,
            "kmop.audit.score": audit.score_ids[:1],
            "kmop.exemption": exemption,
            "kmop.milestone": registration.milestone_ids[:1],
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
            "kmop.evidence.file": self._accepted(
                attachment_ids=self._create_attachment().ids
            ).file_ids,
        }


@tagged("post_install", "-at_install")
class TestAccessRights(AccessCommon):
    def _assert_access(self, role, records, granted):
        """Compare what ``role`` may do with each operation's outcome."""
        records = records.with_user(self.roles[role])
        for operation in ALL.split():
            subject = records.browse() if operation == "create" else records
            with self.subTest(role=role, model=records._name, operation=operation):
                self.assertEqual(
                    subject.has_access(operation), operation in granted.split()
                )

    def test_every_model_is_in_the_table(self):
        models = {
            name
            for name, model in self.env.registry.items()
            if name.startswith("kmop.") and not model._abstract
        }
        self.assertEqual(models, {*SHARED, *PER_COMPANY, *WIZARDS})

    def test_per_company(self):
        records = self._get_records()
        for model, table in PER_COMPANY.items():
            self.assertTrue(records[model], model)
            for role in self.roles:
                self._assert_access(role, records[model], table.get(role, ""))

    def test_shared(self):
        for model, table in SHARED.items():
            record = self.env[model].search([], limit=1)
            self.assertTrue(record, model)
            for role in self.roles:
                self._assert_access(role, record, table.get(role, ""))

    def test_wizards(self):
        for model, table in WIZARDS.items():
            for role in self.roles:
                self._assert_access(role, self.env[model], table.get(role, ""))

    def test_operations_are_refused(self):
        """The table once more by what a user would really do, at one model."""
        registration = self.registration
        for role in ("portal", "public", "internal"):
            records = registration.with_user(self.roles[role])
            for name, operation in {
                "read": lambda r: r.read(["number"]),
                "search": lambda r: r.search([]),
                "write": lambda r: r.write({"number": "x"}),
                "create": lambda r: r.create({"service": "advice"}),
                "unlink": lambda r: r.unlink(),
            }.items():
                with self.subTest(role=role, operation=name):
                    with self.assertRaises(AccessError):
                        operation(records)

    def test_history_is_refused_to_all(self):
        """What the table lets through is stopped by the models themselves."""
        period = self.registration.period_ids.with_user(self.manager)
        with self.assertRaisesRegex(UserError, "is history"):
            period.date_end = date(2040, 1, 1)
        with self.assertRaises(UserError):
            period.sudo().unlink()
        with self.assertRaises(UserError):
            self.registration.with_user(self.manager).unlink()

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
        evidence = self._link(self._create_order()).with_user(self.salesman)
        self.assertTrue(evidence.has_access("read"))
        self.assertFalse(evidence.has_access("write"))
        self.assertFalse(evidence.has_access("unlink"))

    def test_evidence_after_a_handover(self):
        """The quote's new salesperson sees its evidence, the former no more."""
        order = self._create_order()
        evidence = self._link(order)
        colleague = self._create_user("colleague", "sales_team.group_sale_salesman")
        self.assertFalse(evidence.with_user(colleague).has_access("read"))
        order.user_id = colleague
        self.assertTrue(evidence.with_user(colleague).has_access("read"))
        self.assertFalse(evidence.with_user(self.salesman).has_access("read"))

    # ---------------------------------------------------------- other companies

    def test_company_isolation(self):
        """A manager of another company finds, reads and changes nothing of ours."""
        for model, record in self._get_records().items():
            theirs = record.with_user(self.stranger)
            with self.subTest(model=model):
                self.assertFalse(theirs.search([("id", "=", record.id)]))
                self.assertFalse(theirs.search_count([("id", "=", record.id)]))
                for operation in ("read", "write", "unlink"):
                    self.assertFalse(theirs.has_access(operation), operation)
                with self.assertRaises(AccessError):
                    theirs.read(["display_name"])

    def test_company_isolation_of_creation(self):
        """Nor adds anything to what is ours, which would tell whether it exists."""
        advice = self._create_registration(service="advice")
        records = self._get_records()
        [score] = records["kmop.audit.score"].copy_data()
        records["kmop.audit.score"].unlink()
        [period] = records["kmop.registration.period"].copy_data()
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
        }.items():
            vals.pop("audit_id" if model == "kmop.registration.period" else "", None)
            with self.subTest(model=model), self.assertRaises(UserError):
                self.env[model].with_user(self.stranger).create(vals)

    def test_company_isolation_of_wizards(self):
        records = self._get_records()
        audit, evidence = records["kmop.audit"], records["kmop.evidence"]
        period = records["kmop.registration.period"]
        for model, vals in (
            ("kmop.audit.move", {"audit_id": audit.id, "move": "request"}),
            ("kmop.audit.decide", {"audit_id": audit.id}),
            (
                "kmop.period.correct",
                {
                    "period_id": period.id,
                    "reason": "x",
                    "date_start": "2026-03-01",
                    "date_end": "2040-12-31",
                },
            ),
            (
                "kmop.evidence.supersede",
                {"evidence_id": evidence.id, "by_id": evidence.id},
            ),
            ("kmop.reason", {"action": "cancel_audit", "reason": "x"}),
        ):
            wizards = self.env[model].with_user(self.stranger)
            wizards = wizards.with_context(active_ids=audit.ids)
            with self.subTest(model=model), self.assertRaises(UserError):
                wizards.create(vals).action_confirm()
        self.assertEqual(audit.state, "draft")

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
class TestExportAccess(HttpCase, AccessCommon):
    def _get(self, registration_id, login=None):
        self.authenticate(login, login)
        return self.url_open(
            f"/kmop/registration/{registration_id}/audit.xlsx", allow_redirects=False
        )

    def test_per_role(self):
        for role, status in {
            "portal": 404,
            "internal": 404,
            "salesman": 404,
            "surveyor": 404,
            "reader": 200,
            "officer": 200,
            "manager": 200,
        }.items():
            with self.subTest(role=role):
                answer = self._get(self.registration.id, self.roles[role].login)
                self.assertEqual(answer.status_code, status)
                self.assertEqual(
                    "sheet" in answer.headers["Content-Type"], status == 200
                )

    def test_anonymous(self):
        answer = self._get(self.registration.id)
        self.assertEqual(answer.status_code, 303)
        self.assertIn("/web/login", answer.headers["Location"])

    def test_another_company(self):
        """Answered as one that doesn't exist: not even that much is told."""
        theirs = self._get(self.registration.id, self.stranger.login)
        nothing = self._get(self.registration.id + 100_000, self.stranger.login)
        self.assertEqual((theirs.status_code, nothing.status_code), (404, 404))
        self.assertEqual(len(theirs.content), len(nothing.content))

    def test_archived(self):
        """It is kept for who asks for it by its address."""
        self.registration.action_archive()
        answer = self._get(self.registration.id, self.reader.login)
        self.assertEqual(answer.status_code, 200)

    @mute_logger("odoo.http")
    def test_strange_ids(self):
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
                answer = self._get(strange, self.reader.login)
                self.assertIn(answer.status_code, range(400, 500))

    @mute_logger("odoo.http")
    def test_other_methods(self):
        self.authenticate(self.reader.login, self.reader.login)
        url = f"/kmop/registration/{self.registration.id}/audit.xlsx"
        for method in ("POST", "PUT", "DELETE"):
            with self.subTest(method=method):
                answer = self.opener.request(method, self.base_url() + url)
                self.assertIn(answer.status_code, range(400, 500))

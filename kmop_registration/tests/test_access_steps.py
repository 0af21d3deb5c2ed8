"""Who may take each step: every public method that writes, tried by each person.

Refusals are tried with colleagues who have a small right, not with outsiders only. The
table stands here in full, and each public method of the addon has to be in it.
"""

import inspect
from datetime import date

from psycopg2 import errors

from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .access import TableCommon
from .test_public_surface import SENSIBLE, get_model, get_own_methods, words

DAY = "2026-06-05"
NAMES = ("public", "portal", "auditor", "internal", "salesman", "colleague", "leader",
         "surveyor", "reader", "owner", "officer", "manager", "chief",
         "stranger")  # fmt: skip

OFFICERS = "officer manager chief"
# Whose it is: the owner of evidence, the responsible of a finding or a milestone.
OWNERS = f"owner {OFFICERS}"
USERS = f"reader {OWNERS}"
SELLERS = "salesman leader chief"

# Who may: nobody else.
STEPS = {
    ("kmop.audit", "cancel"): OFFICERS,
    ("kmop.audit", "decide"): OFFICERS,
    ("kmop.audit", "plan"): OFFICERS,
    ("kmop.audit", "request"): OFFICERS,
    ("kmop.audit", "visit"): OFFICERS,
    ("kmop.audit.access", "action_revoke"): OFFICERS,
    ("kmop.audit.access", "action_send"): OFFICERS,
    ("kmop.audit.access", "revoke"): OFFICERS,
    ("kmop.audit.answer", "action_confirm"): OFFICERS,
    ("kmop.audit.decide", "action_confirm"): OFFICERS,
    ("kmop.audit.meeting", "action_confirm"): OFFICERS,
    ("kmop.audit.move", "action_confirm"): OFFICERS,
    ("kmop.audit.request", "action_send"): OFFICERS,
    ("kmop.registration", "action_renew_badge"): OFFICERS,
    ("sale.order", "kmop_add_document"): SELLERS,
    ("sale.order", "action_kmop_invite"): SELLERS,
    ("sale.order", "action_kmop_remind"): SELLERS,
    ("kmop.evidence", "accept"): OFFICERS,
    ("kmop.evidence", "action_new_version"): SELLERS,
    ("kmop.evidence", "reject"): OFFICERS,
    ("kmop.evidence", "submit"): OWNERS,
    ("kmop.evidence", "supersede"): OFFICERS,
    ("kmop.evidence.link", "action_confirm"): SELLERS,
    ("kmop.evidence.link", "link_batch"): SELLERS,
    ("kmop.evidence.supersede", "action_confirm"): OFFICERS,
    ("kmop.evidence", "create_document_from_attachment"): "officer",
    ("kmop.finding", "action_add_report"): USERS,
    ("kmop.finding", "action_implement"): OWNERS,
    ("kmop.finding", "action_propose"): OWNERS,
    ("kmop.finding", "add_report_as_evidence"): USERS,
    ("kmop.finding", "cancel"): OFFICERS,
    ("kmop.finding", "check_effect"): OFFICERS,
    ("kmop.finding", "implement"): OWNERS,
    ("kmop.finding", "propose"): OWNERS,
    ("kmop.finding", "refuse"): OFFICERS,
    ("kmop.finding.check", "action_confirm"): OFFICERS,
    ("kmop.milestone", "action_done"): OWNERS,
    ("kmop.milestone", "cancel"): OWNERS,
    ("kmop.milestone", "mark_done"): OWNERS,
    ("kmop.period.correct", "action_confirm"): OFFICERS,
    # The list is of quotes, the evidence of a registration.
    ("kmop.project.list", "action_add_evidence"): "chief",
    ("kmop.reason", "action_confirm"): OFFICERS,
    ("kmop.registration", "action_start_audit"): OFFICERS,
    ("kmop.registration", "action_start_renewal"): OFFICERS,
    ("kmop.registration", "start_audit"): OFFICERS,
    ("kmop.registration", "start_renewal"): OFFICERS,
    ("kmop.registration", "withdraw"): OFFICERS,
    ("kmop.registration.onboard", "action_confirm"): OFFICERS,
    ("kmop.registration.period", "correct"): OFFICERS,
    ("kmop.registration", "close_onboarding"): f"{OFFICERS} stranger",
    ("kmop.satisfaction.report", "action_confirm"): USERS,
    ("kmop.versioned.mixin", "action_make_version"): "manager chief stranger",
    ("sale.order", "action_kmop_make_dossier"): SELLERS,
    ("survey.user_input", "action_kmop_forget"): "surveyor chief",
}
# What writes nothing, by what defines it.
READS = {
    "kmop.audit": "action_open_decided_evidence action_open_scores action_export_xlsx"
    " action_export_zip action_open_meetings",
    "kmop.audit.access": "action_show",
    "kmop.evidence": "verify action_verify",
    "kmop.evidence.file": "action_download",
    "kmop.evidence.source": "action_kmop_open_evidence",
    "kmop.export": "action_download",
    "kmop.milestone": "action_open_record",
    "kmop.project.list": "action_show action_show_undated action_download",
    "kmop.registration": "action_open_matrix action_open_attest action_open_dossiers"
    " is_registered_on action_export_xlsx action_export_zip readiness satisfaction"
    " get_matrix action_open_evidence action_open_findings action_open_satisfaction"
    " action_report_satisfaction get_overview get_onboarding_action",
    "kmop.registration.onboard": "action_open_evidence action_open_quotes"
    " action_open_registration",
    "kmop.registration.period": "action_open_attest",
    "kmop.sourced.mixin": "action_open_source",
    "res.partner": "is_registered_on",
    "sale.order": "action_kmop_complaint",
}


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestAccessSteps(TableCommon):
    def setUp(self):
        super().setUp()
        self.people |= {"owner": self.keeper, "colleague": self.colleague}

    def test_each_method_is_in_a_table(self):
        found = {
            (get_model(part), name)
            for model in self.registry
            for name, part in get_own_methods(self.registry[model]).items()
        }
        reads = {
            (model, name) for model, names in READS.items() for name in names.split()
        }
        self.assertEqual(found, reads | STEPS.keys())
        self.assertFalse(reads & STEPS.keys())
        self.assertEqual(STEPS.keys(), self._get_ways().keys())

    @mute_logger("odoo.sql_db")
    def test_who_may(self):
        for step, way in self._get_ways().items():
            savepoint = self.env.cr.savepoint()
            try:
                call = way()
                self.env.flush_all()
                allowed = [name for name in NAMES if self._may(name, *call)]
            finally:
                savepoint.close(rollback=True)
                self.env.clear()
            with self.subTest(step=step):
                self.assertEqual(
                    allowed, [n for n in NAMES if n in STEPS[step].split()]
                )

    @mute_logger("odoo.sql_db")
    def test_who_writes(self):
        """Each step writes, and nothing else does."""
        for step, way in self._get_ways().items():
            name = STEPS[step].split()[0]
            savepoint = self.env.cr.savepoint()
            try:
                call = way()
                self.env.flush_all()
                error = self._get_error(lambda n=name, c=call: self._take(n, *c))
            finally:
                savepoint.close(rollback=True)
                self.env.clear()
            with self.subTest(step=step):
                self.assertIsInstance(error, errors.ReadOnlySqlTransaction)
        for model, method in words(READS):
            for record in self._get_subjects(model, method):
                error = self._get_error(lambda r=record, m=method: self._read(r, m))
                with self.subTest(model=record._name, method=method):
                    self.assertNotIsInstance(error, errors.ReadOnlySqlTransaction)

    def _get_subjects(self, definer, method):
        """Yield a record of each model that has the method of ``definer``."""
        for name, cls in self.registry.items():
            part = get_own_methods(cls).get(method)
            if part and get_model(part) == definer and not self.env[name]._abstract:
                model = self.env[name]
                vals = self._get_vals(model) if model._transient else {}
                yield model.create(vals) if model._transient else self._get_one(name)

    def _read(self, record, method):
        names = inspect.signature(getattr(type(record), method)).parameters
        arguments = [SENSIBLE[name] for name in names if name != "self"]
        self._take("chief", record, method, arguments)

    def _get_error(self, action):
        """Return what ``action`` raises where nothing can be written."""
        self.env.invalidate_all()
        savepoint = self.env.cr.savepoint()
        try:
            self.env.cr.execute("SET LOCAL transaction_read_only = on")
            action()
            self.env.flush_all()
        except Exception as error:
            return error
        finally:
            savepoint.close(rollback=True)
            self.env.clear()

    def _may(self, name, records, method, arguments=(), context=None, vals=None):
        """Return whether somebody may call a method, and undo it.

        :param vals: of a wizard, which one fills in before
        """
        call = records, method, arguments, context, vals
        return bool(self._try(lambda: self._take(name, *call)))

    def _take(self, name, records, method, arguments=(), context=None, vals=None):
        """Call a method, as a remote call does."""
        # pylint: disable-next=context-overridden
        mine = records.with_user(self.people[name]).with_context(context or {})
        if vals is not None:
            mine = mine.create([vals])
        on_model = getattr(getattr(type(mine), method), "_api_model", False)
        bound = list(arguments) if on_model else [mine.ids, *arguments]
        call_kw(mine.browse(), method, bound, {"context": context or {}})

    # ------------------------------------------------------------- what is tried on

    def _get_ways(self):
        """Return what makes a record on which each step can be taken, and the call."""
        return {
            **self._get_audit_ways(),
            **self._get_evidence_ways(),
            **self._get_finding_ways(),
            **self._get_registration_ways(),
            **self._get_dossier_ways(),
        }

    def _get_audit_ways(self):
        access = self.records["kmop.audit.access"]
        day, bureau = date(2026, 6, 1), self.bureau
        self.bureau.email = "bureau@example.com"
        return {
            ("kmop.audit", "cancel"): lambda: (self._audit(), "cancel", ["Vergissing"]),
            ("kmop.audit", "request"): lambda: (
                self._audit(), "request", [bureau.id, DAY],
            ),
            ("kmop.audit", "plan"): lambda: (self._audit("requested"), "plan", [DAY]),
            ("kmop.audit", "visit"): lambda: (self._audit("planned"), "visit", [day]),
            ("kmop.audit", "decide"): lambda: (
                self._audit("visited"), "decide", ["positive"],
            ),
            ("kmop.audit.access", "revoke"): lambda: (access, "revoke"),
            ("kmop.audit.access", "action_revoke"): lambda: (access, "action_revoke"),
            ("kmop.audit.access", "action_send"): lambda: (
                self._invite(self.records["kmop.audit"], self.auditor), "action_send",
            ),
            ("kmop.audit.answer", "action_confirm"): lambda: self._confirm(
                "kmop.audit.answer", audit_id=self._audit("requested").id,
            ),
            ("kmop.audit.decide", "action_confirm"): lambda: self._confirm(
                "kmop.audit.decide", audit_id=self._audit("visited").id,
            ),
            ("kmop.audit.meeting", "action_confirm"): lambda: self._confirm(
                "kmop.audit.meeting",
                audit_id=self._audit().id,
                bureau_id=bureau.id,
                start="2026-07-01 09:00:00",
            ),
            ("kmop.audit.move", "action_confirm"): lambda: self._confirm(
                "kmop.audit.move",
                audit_id=self._audit("planned").id,
                move="visit",
                date=DAY,
            ),
            ("kmop.audit.request", "action_send"): lambda: (
                self.env["kmop.audit.request"],
                "action_send",
                (),
                {},
                {"audit_id": self._audit().id, "bureau_id": bureau.id},
            ),
            ("kmop.reason", "action_confirm"): lambda: self._confirm(
                "kmop.reason",
                {"active_ids": self._audit().ids},
                action="cancel_audit",
                reason="Vergissing",
            ),
        }  # fmt: skip

    def _get_evidence_ways(self):
        finding = self.records["kmop.finding"]
        return {
            ("kmop.evidence", "submit"): lambda: (self._evidence("draft"), "submit"),
            ("kmop.evidence", "accept"): lambda: (
                self._evidence("submitted"), "accept",
            ),
            ("kmop.evidence", "reject"): lambda: (
                self._evidence("submitted"), "reject", ["Onleesbaar"],
            ),
            ("kmop.evidence", "supersede"): lambda: (
                self._evidence("accepted"), "supersede", [self._evidence("draft").id],
            ),
            ("kmop.evidence", "action_new_version"): lambda: (
                self._quote_evidence(), "action_new_version",
            ),
            ("kmop.evidence.supersede", "action_confirm"): lambda: self._confirm(
                "kmop.evidence.supersede",
                evidence_id=self._evidence("accepted").id,
                by_id=self._evidence("draft").id,
            ),
            ("kmop.evidence.link", "action_confirm"): lambda: self._link_quote(
                "action_confirm"
            ),
            ("kmop.evidence.link", "link_batch"): lambda: self._link_quote(
                "link_batch"
            ),
            # One's own upload only: here it is the officer's.
            ("kmop.evidence", "create_document_from_attachment"): lambda: (
                self.env["kmop.evidence"],
                "create_document_from_attachment",
                [self._create_attachment("los.txt").ids],
                {"default_registration_id": self.registration.id},
            ),
            ("kmop.project.list", "action_add_evidence"): lambda: (
                self.env["kmop.project.list"],
                "action_add_evidence",
                (),
                {},
                {"registration_id": self.registration.id},
            ),
            ("kmop.satisfaction.report", "action_confirm"): lambda: self._confirm(
                "kmop.satisfaction.report",
                registration_id=self._answered(),
                date_from="2026-05-01",
                date_to=DAY,
            ),
            ("kmop.finding", "add_report_as_evidence"): lambda: (
                finding, "add_report_as_evidence",
            ),
            ("kmop.finding", "action_add_report"): lambda: (
                finding, "action_add_report",
            ),
        }  # fmt: skip

    def _get_finding_ways(self):
        return {
            ("kmop.finding", "propose"): lambda: (
                self._finding(), "propose", ["Lijst gemaakt"],
            ),
            ("kmop.finding", "action_propose"): lambda: (
                self._finding(measure="Lijst gemaakt"), "action_propose",
            ),
            ("kmop.finding", "implement"): lambda: (
                self._finding("proposed"), "implement", [DAY],
            ),
            ("kmop.finding", "action_implement"): lambda: (
                self._finding("proposed"), "action_implement",
            ),
            ("kmop.finding", "refuse"): lambda: (
                self._finding("proposed"), "refuse", ["Te vaag"],
            ),
            ("kmop.finding", "check_effect"): lambda: (
                self._finding("checking"), "check_effect", [True, "Gezien"],
            ),
            ("kmop.finding", "cancel"): lambda: (
                self._finding(), "cancel", ["Vergissing"],
            ),
            ("kmop.finding.check", "action_confirm"): lambda: self._confirm(
                "kmop.finding.check",
                finding_id=self._finding("checking").id,
                result="effective",
                note="Gezien",
            ),
            ("kmop.milestone", "mark_done"): lambda: (self._milestone(), "mark_done"),
            ("kmop.milestone", "action_done"): lambda: (
                self._milestone(), "action_done",
            ),
            ("kmop.milestone", "cancel"): lambda: (
                self._milestone(), "cancel", ["Vergissing"],
            ),
        }  # fmt: skip

    def _get_registration_ways(self):
        registration = self.registration
        return {
            ("kmop.registration", "start_audit"): lambda: (
                self._advice(), "start_audit",
            ),
            ("kmop.registration", "action_start_audit"): lambda: (
                self._advice(), "action_start_audit",
            ),
            ("kmop.registration", "start_renewal"): lambda: (
                self._completed(), "start_renewal",
            ),
            ("kmop.registration", "action_start_renewal"): lambda: (
                self._completed(), "action_start_renewal",
            ),
            ("kmop.registration", "withdraw"): lambda: (
                registration, "withdraw", [DAY, "Gestopt"],
            ),
            ("kmop.registration", "action_renew_badge"): lambda: (
                registration, "action_renew_badge",
            ),
            ("kmop.registration.period", "correct"): lambda: (
                registration.period_ids,
                "correct",
                ["2026-03-02", "2028-03-01", "Attest"],
            ),
            ("kmop.period.correct", "action_confirm"): lambda: self._confirm(
                "kmop.period.correct",
                period_id=registration.period_ids.id,
                date_start="2026-03-02",
                date_end="2028-03-01",
                reason="Attest",
            ),
            ("kmop.registration.onboard", "action_confirm"): lambda: self._confirm(
                "kmop.registration.onboard",
                service="advice",
                number="DV.A123456",
                company_id=self.company.id,
                track_id=self.starter.id,
                part_ids=[
                    Command.create({"part_id": part.id, "date_start": start})
                    for part, start in (
                        (self.part1, "2025-03-01"),
                        (self.part2, False),
                    )
                ],
            ),
            ("kmop.registration", "close_onboarding"): lambda: (
                self.env["kmop.registration"], "close_onboarding",
            ),
            ("kmop.versioned.mixin", "action_make_version"): lambda: (
                self.env["kmop.rule"].search([], limit=1), "action_make_version",
            ),
        }  # fmt: skip

    def _get_dossier_ways(self):
        return {
            ("sale.order", "kmop_add_document"): lambda: (
                self._dossier(),
                "kmop_add_document",
                [self.legal_type.id, self._create_attachment("x.txt", public=True).ids],
            ),
            ("sale.order", "action_kmop_invite"): lambda: (
                self._dossier(), "action_kmop_invite",
            ),
            ("sale.order", "action_kmop_remind"): lambda: (
                self._dossier(invited=True), "action_kmop_remind",
            ),
            ("sale.order", "action_kmop_make_dossier"): lambda: (
                self._create_order(), "action_kmop_make_dossier",
            ),
            ("survey.user_input", "action_kmop_forget"): lambda: (
                self._create_answer(), "action_kmop_forget",
            ),
        }  # fmt: skip

    # --------------------------------------------------------------------- records

    def _confirm(self, model, context=None, **vals):
        return self.env[model], "action_confirm", (), context or {}, vals

    def _audit(self, state="draft"):
        """Return an audit that came as far as ``state``."""
        audit = self.records["kmop.audit"]
        audit.user_id = self.keeper
        for wanted, move in (
            ("requested", lambda: audit.request(self.bureau, "2026-04-01")),
            ("planned", lambda: audit.plan("2026-05-01")),
            ("visited", lambda: audit.visit("2026-05-01")),
        ):
            if audit.state != state:
                move()
                self.assertEqual(audit.state, wanted)
        return audit

    def _evidence(self, state):
        """Return evidence of the owner, which somebody else can judge."""
        evidence = self._create_evidence(self.registration, self.keeper)
        if state != "draft":
            evidence.submit()
        if state == "accepted":
            evidence.with_user(self.officer).accept()
        return evidence

    def _quote_evidence(self):
        """Return accepted evidence of the salesperson's quote."""
        evidence = self._link(self._create_order(), self.salesman)
        evidence.submit()
        evidence.with_user(self.officer).accept()
        return evidence

    def _link_quote(self, method):
        order = self._create_order(kmop_service="training")
        vals = {
            "registration_id": self.registration.id,
            "type_id": self.quote_type.id,
            "aspect": self.quote_type.aspect,
        }
        context = {"active_model": order._name, "active_ids": order.ids}
        return self.env["kmop.evidence.link"], method, (), context, vals

    def _finding(self, state="open", **vals):
        """Return a finding of which the owner is the responsible."""
        finding = self.env["kmop.finding"].create(
            {
                "name": "Lijst ontbreekt",
                "registration_id": self.registration.id,
                "user_id": self.keeper.id,
                "date_found": "2026-05-01",
                **vals,
            }
        )
        if state != "open":
            finding.propose("Lijst gemaakt")
        if state == "checking":
            finding.implement(DAY)
        return finding

    def _milestone(self):
        """Return something that the owner has to do."""
        return self.env["kmop.milestone"].create(
            {
                "title": "Bel",
                "registration_id": self.registration.id,
                "date_planned": "2027-01-01",
                "user_id": self.keeper.id,
            }
        )

    def _advice(self):
        return self._create_registration(service="advice", user_id=self.keeper.id)

    def _completed(self):
        """Return a registration of which both parts are granted."""
        self.records["kmop.audit"].cancel("Vergissing")
        self._decide(self.registration, date(2026, 5, 1))
        return self.registration

    def _answered(self):
        """Return the id of the registration, once somebody answered."""
        order = self._create_dossier(kmop_registration_id=self.registration.id)
        # sudo: figures follow from answers
        self.env["kmop.satisfaction"].sudo().create(
            {
                "company_id": self.company.id,
                "date": "2026-06-01",
                "order_id": order.id,
                "score": 80,
            }
        )
        return self.registration.id

    def _dossier(self, invited=False):
        """Return a dossier of the salesperson, with somebody to ask."""
        order = self._create_dossier(kmop_registration_id=self.registration.id)
        survey = self.env.ref("kmop_registration.survey_satisfaction")
        survey.kmop_satisfaction = "both"
        order.kmop_participant_ids = [
            Command.create({"name": "Anke", "email": "anke@klant.example.com"})
        ]
        if invited:
            order.action_kmop_invite()
        return order

"""Random lives of registrations, and what must be true at every moment of them."""

from datetime import date, timedelta
from itertools import product
from unittest import TestCase

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import freeze_time
from odoo.tools import mute_logger

BEGIN = date(2026, 1, 15)
OUTCOMES = st.sampled_from(["positive", "conditional", "negative", "splendid"])
# Mostly sensible days; now and then one of another century.
DAYS = st.one_of(
    st.integers(-30, 45), st.sampled_from([-4000, -366, -1, 0, 1, 365, 730, 4000])
)
REASONS = st.sampled_from(["Taken over", "Zo staat het op het attest", "", "  "])
PICK = st.integers(0, 50)
FROZEN = (
    "name",
    "registration_id",
    "type_id",
    "indicator_ids",
    "requirement_ids",
    "aspect",
    "date_effective",
    "res_model",
    "res_id",
    "attachment_ids",
    "url",
    "order_id",
    "manifest",
    "fingerprint",
    "accepted_by_id",
    "date_accepted",
)
HISTORY = ("audit_id", "part_id", "date_registration", "date_start", "date_end",
           "conditional", "corrects_id", "cycle")  # fmt: skip
DECISION = ("outcome", "date_requested", "date_planned", "date_visited",
            "date_decided", "bureau_id", "part_id", "norm_id", "cycle")  # fmt: skip


class Life(RuleBasedStateMachine):
    """Users of two companies do what they please, sensible or not, as time goes by."""

    case = None  # the test whose database this plays in
    refused = done = steps = mails = 0

    def __init__(self):
        super().__init__()
        self.day = BEGIN
        self.clock = None
        self.savepoint = self.case.env.cr.savepoint()
        context = {**self.case.env.context, "tracking_disable": True}
        self.env = self.case.env(context=context, su=True)
        case = self.case
        self.users = {case.company: case.officer, case.other_company: case.stranger}
        # The client provides for itself, and each company looks after that.
        self.places = [
            (company, partner)
            for company in self.users
            for partner in (company.partner_id, case.client)
        ]
        self.changed = True
        self.fixed = {}  # what may not change any more, by record

    def teardown(self):
        self.companies_are_apart()
        self.validity_is_that_of_every_day()
        self._undo()
        return super().teardown()

    def _undo(self):
        if self.clock:
            self.clock.stop()
        self.env.invalidate_all(flush=False)
        self.savepoint.rollback()
        self.savepoint.close(rollback=True)
        self.case.registry.clear_all_caches()

    @initialize()
    def begin(self):
        self._set_clock()
        self._attempt(self._create, *self.places[0], "training")

    # ------------------------------------------------------------- what users do

    @rule(which=PICK, service=st.sampled_from(["training", "advice"]))
    def start_registration(self, which, service):
        self._attempt(self._create, *self.places[which % len(self.places)], service)

    @rule(which=PICK)
    def start_audit(self, which):
        self._on("registration", which, lambda r: r.start_audit())

    @rule(which=PICK, days=DAYS)
    def request(self, which, days):
        day = self._shifted(-abs(days))
        self._on("audit", which, lambda a: a.request(self.case.bureau, day))

    @rule(which=PICK, days=DAYS)
    def plan(self, which, days):
        self._on("audit", which, lambda a: a.plan(self._shifted(days)))

    @rule(which=PICK, days=DAYS)
    def visit(self, which, days):
        self._on("audit", which, lambda a: a.visit(self._shifted(days)))

    @rule(which=PICK, outcome=OUTCOMES)
    def decide(self, which, outcome):
        self._on("audit", which, lambda a: a.decide(outcome, number="DV.O123456"))

    @rule(which=PICK, outcome=OUTCOMES, start=DAYS, end=st.none() | DAYS, why=REASONS)
    def decide_otherwise(self, which, outcome, start, end, why):
        end = end and self._shifted(700 + end)
        first = self._shifted(start)
        self._on("audit", which, lambda a: a.decide(outcome, first, None, end, why))

    @rule(which=PICK, outcome=OUTCOMES)
    def walk(self, which, outcome):
        """The whole course at once, which random steps would seldom find."""

        def course(registration):
            audit = registration.start_audit()
            if audit.state == "draft":
                audit.request(self.case.bureau)
            if audit.state == "requested":
                audit.plan(self.day)
            if audit.state == "planned":
                audit.visit()
            audit.decide(outcome)

        self._on("registration", which, course)

    @rule(which=PICK, why=REASONS)
    def cancel(self, which, why):
        self._on("audit", which, lambda a: a.cancel(why))

    @rule(which=PICK, start=DAYS, length=st.integers(-5, 900), why=REASONS)
    def correct(self, which, start, length, why):
        first = self._shifted(start)
        last = first + timedelta(days=length)
        self._on("registration.period", which, lambda p: p.correct(first, last, why))

    @rule(which=PICK)
    def renew(self, which):
        self._on("registration", which, lambda r: r.start_renewal())

    @precondition(lambda self: self.day > BEGIN)
    @rule(which=PICK, days=DAYS, why=REASONS)
    def withdraw(self, which, days, why):
        self._on("registration", which, lambda r: r.withdraw(self._shifted(days), why))

    @rule(which=PICK)
    def forge(self, which):
        """What no button offers is refused, whatever is written."""
        for model, vals in (
            ("audit", {"state": "decided", "outcome": "positive"}),
            ("registration.period", {"date_end": self._shifted(9999)}),
            ("registration", {"cycle": 9}),
            ("milestone", {"state": "done"}),
        ):
            self._on(model, which, lambda record, vals=vals: record.write(vals))

    @rule(which=PICK, days=DAYS)
    def add_evidence(self, which, days):
        day = self._shifted(days)
        vals = {"date_effective": day, "date_review": day + timedelta(days=200)}

        def create(registration):
            self.case._create_evidence(registration, registration.env.user, **vals)

        self._on("registration", which, create)

    @rule(which=PICK, step=st.sampled_from(["submit", "accept", "reject", "unlink"]))
    def judge(self, which, step):
        arguments = ["Onleesbaar"] if step == "reject" else []
        self._on("evidence", which, lambda e: getattr(e, step)(*arguments))

    @rule(which=PICK)
    def submit_and_accept(self, which):
        self._on("evidence", which, lambda e: (e.submit(), e.accept()))

    @rule(which=PICK, other=PICK)
    def supersede(self, which, other):
        newer = self._choose("evidence", other)
        self._on("evidence", which, lambda e: e.supersede(newer.with_env(e.env)))

    @rule(which=PICK, days=DAYS)
    def rewrite_evidence(self, which, days):
        vals = {"name": "Anders", "date_effective": self._shifted(-abs(days))}
        self._on("evidence", which, lambda e: e.write(vals))

    @rule(which=PICK, days=DAYS)
    def find(self, which, days):
        """Something to improve, by a day that may move."""
        vals = {"name": "Lijst", "date_deadline": self._shifted(days)}

        def create(registration):
            registration.env["kmop.finding"].create(
                {**vals, "registration_id": registration.id}
            )

        self._on("registration", which, create)

    @rule(which=PICK, days=DAYS)
    def postpone(self, which, days):
        vals = {"date_deadline": self._shifted(days)}
        self._on("finding", which, lambda finding: finding.write(vals))

    @rule(which=PICK, days=DAYS)
    def add_milestone(self, which, days):
        vals = {"title": "Bel het bureau", "date_planned": self._shifted(days)}

        def create(registration):
            registration.env["kmop.milestone"].create(
                {**vals, "registration_id": registration.id}
            )

        self._on("registration", which, create)

    @rule(which=PICK, why=REASONS, done=st.booleans())
    def close_milestone(self, which, why, done):
        self._on(
            "milestone", which, lambda m: m.mark_done(why) if done else m.cancel(why)
        )

    @rule(
        which=PICK, number=st.integers(0, 9), unit=st.sampled_from(["weeks", "months"])
    )
    def change_schedule(self, which, number, unit):
        """Earlier or later, whatever was sent already."""
        rules = self.env["kmop.milestone.rule"].search([])
        vals = {"offset_number": number, "offset_unit": unit}
        self._attempt(self._pick(rules, which).write, vals)

    @rule(days=st.sampled_from([1, 14, 60, 200, 400, 731]))
    def pass_time(self, days):
        self.day += timedelta(days=days)
        self._set_clock()
        self.changed = True

    @rule()
    def run_reminders(self):
        """As the scheduled action does; twice, as after a run that was killed."""
        milestones = self.env["kmop.milestone"]
        before = self._get_mails()
        for _turn in range(2):
            milestones._process_met()
            milestones._process_due()
            milestones._process_overdue()
            self.env["kmop.reminder"]._process_waiting()
        self._check_run(self._get_mails() - before)
        self.changed = True

    def _check_run(self, mails):
        """Nothing due is left, and nobody got two mails of one company."""
        milestones = self.env["kmop.milestone"]
        assert not milestones.search(milestones._due_domain())
        lines = self.env["kmop.reminder"].browse(mails.mapped("res_id"))
        people = [(line.company_id, line.partner_id) for line in lines]
        assert len(people) == len(set(people)), people
        type(self).mails += len(mails)

    def _get_mails(self):
        return self.env["mail.mail"].search([("model", "=", "kmop.reminder")])

    # ------------------------------------------------------------ what must be true

    @invariant()
    def all_is_well(self):
        type(self).steps += 1
        if self.changed:
            self.changed = False
            self.periods_never_overlap()
            self.parts_come_in_order()
            self.one_live_registration()
            self.nothing_accepted_changes()
            self.milestones_follow_their_dates()
            self.no_date_is_forgotten()
            self.one_line_per_occasion()

    def periods_never_overlap(self):
        for periods in self._periods().values():
            for one, two in zip(periods, periods[1:], strict=False):
                assert one[1] < two[0], (one, two)

    def parts_come_in_order(self):
        for registration in self._all("registration"):
            parts = registration.track_id.part_ids.sorted("sequence")
            granted = registration._get_cycle_periods().granted_part_id
            assert granted == parts[: len(granted)], registration.display_name
            for audit in registration.audit_ids.filtered("is_open"):
                assert audit.part_id == parts[len(granted) : len(granted) + 1]

    def one_live_registration(self):
        live = self._all("registration").filtered(
            lambda r: r.active and not r.date_withdrawn
        )
        keys = [(r.company_id, r.partner_id, r.service) for r in live]
        assert len(keys) == len(set(keys))

    def nothing_accepted_changes(self):
        for record, names in self._get_fixed():
            now = record.read(names, load="")[0]
            before = self.fixed.setdefault(record, now)
            assert now == before, (record, before, now)
        alive = {record for record in self.fixed if record.exists()}
        assert alive == self.fixed.keys()

    def milestones_follow_their_dates(self):
        planned = self._all("milestone").filtered(
            lambda m: m.state == "planned" and m.rule_id
        )
        for milestone, record in planned._get_records().items():
            anchor = milestone.rule_id.anchor
            assert record._kmop_can_remind(anchor), milestone.display_name
            assert milestone.date_anchor == record._kmop_get_anchor(anchor)
            expected = milestone.rule_id._get_date(milestone.date_anchor)
            assert milestone.date_planned == expected
        keys = planned.mapped(lambda m: (m.rule_id.id, m.res_model, m.res_id))
        assert len(keys) == len(set(keys))

    def no_date_is_forgotten(self):
        """Each date to come has its milestone, whatever became of that one since."""
        found = self._all("milestone").filtered("rule_id")
        known = set(
            found.mapped(lambda m: (m.rule_id.id, m.res_model, m.res_id, m.date_anchor))
        )
        for model in ("registration", "audit", "finding", "evidence"):
            records = self._all(model)
            rules = self.env["kmop.milestone.rule"]._get_rules(records._name)
            for record, line in product(records, rules):
                day = record._kmop_can_remind(line.anchor) and (
                    record._kmop_get_anchor(line.anchor)
                )
                if day and line._applies_to(record) and day >= self.day:
                    assert (line.id, record._name, record.id, day) in known, line.name

    def one_line_per_occasion(self):
        """Of one date of one thing, a person is told once in the same sense."""
        occasions = [
            self._get_occasion(r) for r in self.env["kmop.reminder"].search([])
        ]
        assert len(occasions) == len(set(occasions))

    def _get_occasion(self, line):
        milestone = line.milestone_id
        about = (milestone.rule_id.id, milestone.res_model, milestone.res_id)
        subject = about if milestone.rule_id else (milestone.id,)
        return line.partner_id.id, line.kind, line.date_anchor, *subject

    def companies_are_apart(self):
        for company, user in self.users.items():
            for model in ("registration", "audit", "evidence", "milestone", "finding"):
                mine = self.env[f"kmop.{model}"].with_user(user).search([])
                assert mine.company_id <= company, (user.name, mine)

    def validity_is_that_of_every_day(self):
        """Compare field, search and method with the dates, on all days that matter."""
        periods = self._periods()
        for day in sorted(self._days_that_matter(periods)):
            with freeze_time(day):
                self.env.invalidate_all()
                self._check_validity(day, periods)

    # ------------------------------------------------------------------- internals

    def _check_validity(self, day, periods):
        registrations = self._all("registration")
        found = {
            validity: registrations.search(
                [("id", "in", registrations.ids), ("validity", "=", validity)]
            )
            for validity in ("none", "valid", "expiring", "gap", "expired")
        }
        for registration in registrations:
            mine = periods.get(registration.id, [])
            covered = any(first <= day <= last for first, last in mine)
            assert registration.is_registered_on(day) == covered
            assert (registration.validity in ("valid", "expiring")) == covered
            holding = [v for v, some in found.items() if registration in some]
            assert holding == [registration.validity], (day, holding)

    def _days_that_matter(self, periods):
        eve = timedelta(days=1)
        pairs = [pair for some in periods.values() for pair in some]
        days = {first - eve for first, _last in pairs} | {pair[0] for pair in pairs}
        days |= {last + eve for _first, last in pairs} | {pair[1] for pair in pairs}
        warned = self._all("registration.period").mapped("date_expiring")
        for day in filter(None, warned):
            days |= {day - eve, day}
        return days | {self.day}

    def _periods(self):
        """The periods that count, worked out from what was granted alone."""
        result = {}
        periods = self._all("registration.period")
        corrected = periods.corrects_id
        for period in periods - corrected:
            withdrawn = period.registration_id.date_withdrawn
            last = period.date_end
            if withdrawn:
                last = min(last, withdrawn - timedelta(days=1))
            if last >= period.date_start:
                result.setdefault(period.registration_id.id, []).append(
                    (period.date_start, last)
                )
        return {key: sorted(some) for key, some in result.items()}

    def _get_fixed(self):
        evidence = self._all("evidence")
        for piece in evidence.filtered(lambda e: e.state in ("accepted", "superseded")):
            yield piece, FROZEN
        for period in self._all("registration.period"):
            yield period, HISTORY
        for audit in self._all("audit").filtered(lambda a: a.state == "decided"):
            yield audit, DECISION

    def _all(self, model):
        companies = self.case.company + self.case.other_company
        return self.env[f"kmop.{model}"].search(
            [("company_id", "in", companies.ids)], order="id"
        )

    def _choose(self, model, which):
        return self._pick(self._all(model), which)

    def _pick(self, records, which):
        return records[which % len(records)] if records else records

    def _on(self, model, which, action):
        record = self._choose(model, which)
        if record:
            company = record.company_id
            mine = record.with_user(self.users[company]).with_company(company)
            self._attempt(action, mine)

    def _attempt(self, action, *arguments):
        """Do it, or be told clearly why not, and then nothing of it is there."""
        kind = type(self)
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                action(*arguments)
                self.env.flush_all()
            self.changed = True
            kind.done += 1
        except (UserError, IntegrityError) as error:
            assert str(error).strip()
            kind.refused += 1
            self.env.invalidate_all(flush=False)

    def _create(self, company, partner, service):
        registrations = self.env["kmop.registration"].with_user(self.users[company])
        return registrations.create(
            {
                "partner_id": partner.id,
                "service": service,
                "track_id": self.case.starter.id,
                "company_id": company.id,
            }
        )

    def _shifted(self, days):
        return self.day + timedelta(days=days)

    def _set_clock(self):
        if self.clock:
            self.clock.stop()
        # Noon: no time zone has another day then.
        self.clock = freeze_time(f"{self.day} 12:00:00")
        self.clock.start()
        self.env.invalidate_all()


# Hypothesis offers a test case of its own, which would run without a database.
Life.TestCase = TestCase

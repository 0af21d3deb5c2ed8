"""Random lives of registrations, and what must be true at every moment of them."""

from datetime import date, timedelta
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
HISTORY = ("audit_id", "part_id", "date_registration", "date_start", "date_end",
           "conditional", "corrects_id", "cycle")  # fmt: skip
DECISION = ("outcome", "date_requested", "date_planned", "date_visited",
            "date_decided", "bureau_id", "part_id", "norm_id", "cycle")  # fmt: skip


class Life(RuleBasedStateMachine):
    """Users of one company do what they please, sensible or not, as time goes by."""

    case = None  # the test whose database this plays in
    refused = done = 0

    def __init__(self):
        super().__init__()
        self.day = BEGIN
        self.clock = None
        self.savepoint = self.case.env.cr.savepoint()
        context = {**self.case.env.context, "tracking_disable": True}
        self.env = self.case.env(user=self.case.officer, context=context)
        self.partners = self.case.company.partner_id + self.case.client
        self.changed = True
        self.fixed = {}  # what may not change any more, by record

    def teardown(self):
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
        self._attempt(self._create, self.partners[0], "training")

    # ------------------------------------------------------------- what users do

    @rule(which=PICK, service=st.sampled_from(["training", "advice"]))
    def start_registration(self, which, service):
        self._attempt(self._create, self._pick(self.partners, which), service)

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
            record = self._choose(model, which)
            if record:
                self._attempt(record.write, vals)

    @rule(which=PICK, days=DAYS)
    def add_evidence(self, which, days):
        vals = {"date_effective": self._shifted(days)}
        self._on("registration", which, lambda r: self.case._create_evidence(r, **vals))

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
        self._on("evidence", which, lambda e: e.supersede(newer))

    @rule(which=PICK, days=DAYS)
    def rewrite_evidence(self, which, days):
        vals = {"name": "Anders", "date_effective": self._shifted(-abs(days))}
        self._on("evidence", which, lambda e: e.write(vals))

    @rule(days=st.sampled_from([1, 14, 60, 200, 400, 731]))
    def pass_time(self, days):
        self.day += timedelta(days=days)
        self._set_clock()
        self.changed = True

    @rule()
    def run_reminders(self):
        """As the scheduled action does; twice, as after a run that was killed."""
        for _turn in range(2):
            self.env["kmop.milestone"].sudo()._process_due()
            self.env["kmop.milestone"].sudo()._process_overdue()
        self.env["kmop.reminder"].sudo()._process_waiting()
        self.changed = True

    # ------------------------------------------------------------ what must be true

    @invariant()
    def all_is_well(self):
        if self.changed:
            self.changed = False
            self.periods_never_overlap()
            self.parts_come_in_order()
            self.one_live_registration()
            self.nothing_accepted_changes()
            self.milestones_follow_their_dates()
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
        for milestone, record in planned.sudo()._get_records().items():
            anchor = milestone.rule_id.anchor
            assert record._kmop_can_remind(anchor), milestone.display_name
            assert milestone.date_anchor == record._kmop_get_anchor(anchor)
            expected = milestone.rule_id._get_date(milestone.date_anchor)
            assert milestone.date_planned == expected
        keys = planned.mapped(lambda m: (m.rule_id.id, m.res_model, m.res_id))
        assert len(keys) == len(set(keys))

    def one_line_per_occasion(self):
        occasions = (
            self.env["kmop.reminder"]
            .sudo()
            ._read_group(
                [],
                ["milestone_id", "partner_id", "kind", "date_anchor:day"],
                ["__count"],
            )
        )
        assert all(count == 1 for *_occasion, count in occasions)

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
        frozen = tuple(sorted(evidence._frozen_fields - {"order_id"}))
        for piece in evidence.filtered(lambda e: e.state in ("accepted", "superseded")):
            yield piece, (*frozen, "fingerprint", "accepted_by_id", "date_accepted")
        for period in self._all("registration.period"):
            yield period, HISTORY
        for audit in self._all("audit").filtered(lambda a: a.state == "decided"):
            yield audit, DECISION

    def _all(self, model):
        return self.env[f"kmop.{model}"].search(
            [("company_id", "=", self.case.company.id)], order="id"
        )

    def _choose(self, model, which):
        return self._pick(self._all(model), which)

    def _pick(self, records, which):
        return records[which % len(records)] if records else records

    def _on(self, model, which, action):
        record = self._choose(model, which)
        if record:
            self._attempt(action, record)

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

    def _create(self, partner, service):
        return self.env["kmop.registration"].create(
            {
                "partner_id": partner.id,
                "service": service,
                "track_id": self.case.starter.id,
                "company_id": self.case.company.id,
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

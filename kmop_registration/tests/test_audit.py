from datetime import date, timedelta
from itertools import product

from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..models.audit.kmop_audit import STATES
from .common import KmopCommon

# Written out, and not taken from the code: what can follow each state.
MOVES = {
    "draft": {"requested", "cancelled"},
    "requested": {"planned", "cancelled"},
    "planned": {"planned", "visited", "cancelled"},
    "visited": {"decided", "cancelled"},
    "decided": set(),
    "cancelled": set(),
}


@tagged("post_install", "-at_install")
class TestAudit(KmopCommon):
    def setUp(self):
        super().setUp()
        self.registration = self._create_registration()

    # --------------------------------------------------------------- transitions

    @freeze_time("2026-05-04")
    def test_every_transition(self):
        moves = {
            "requested": lambda a: a.request(self.bureau),
            "planned": lambda a: a.plan(date(2026, 6, 1)),
            "visited": lambda a: a.visit(),
            "decided": lambda a: a.decide("negative"),
            "cancelled": lambda a: a.cancel("Geen tijd"),
        }
        self.assertEqual(MOVES.keys(), dict(STATES).keys())
        for state, (wanted, move) in product(MOVES, moves.items()):
            savepoint = self.env.cr.savepoint()
            audit = self.registration.start_audit()
            audit.sudo().state = state
            with self.subTest(state=state, wanted=wanted):
                if wanted in MOVES[state]:
                    move(audit)
                    self.assertEqual(audit.state, wanted)
                else:
                    with self.assertRaises(UserError):
                        move(audit)
                    self.assertEqual(audit.state, state)
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    @freeze_time("2026-05-04")
    def test_walk(self):
        audit = self.registration.start_audit()
        self.assertEqual((audit.state, audit.part_id), ("draft", self.part1))
        audit.request(self.bureau, date(2026, 3, 2))
        audit.plan("2026-04-20")
        audit.plan(date(2026, 4, 27))
        audit.visit(date(2026, 4, 27))
        audit.decide("positive", number=" DV.O123456 ")
        self.assertRecordValues(
            audit,
            [
                {
                    "state": "decided",
                    "outcome": "positive",
                    "bureau_id": self.bureau.id,
                    "date_requested": date(2026, 3, 2),
                    "date_planned": date(2026, 4, 27),
                    "date_visited": date(2026, 4, 27),
                    "date_decided": date(2026, 5, 4),
                }
            ],
        )
        self.assertEqual(self.registration.number, "DV.O123456")
        self.assertEqual(
            self._dates(self.registration.period_ids),
            (date(2026, 5, 4), date(2028, 5, 3)),
        )

    @freeze_time("2026-05-04")
    def test_steps_not_in_the_future_nor_backwards(self):
        audit = self.registration.start_audit()
        with self.assertRaises(UserError):
            audit.request(self.bureau, date(2026, 5, 5))
        with self.assertRaises(UserError):
            audit.request(False)
        audit.request(self.bureau, date(2026, 5, 1))
        with self.assertRaises(UserError):
            audit.plan(date(2026, 4, 30))
        with self.assertRaises(UserError):
            audit.plan(False)
        audit.plan(date(2026, 6, 1))
        with self.assertRaises(UserError):
            audit.visit(date(2026, 6, 1))
        audit.visit(date(2026, 5, 3))
        with self.assertRaises(UserError):
            audit.decide("positive", date_decided=date(2026, 5, 2))
        with self.assertRaises(UserError):
            audit.decide("excellent")

    @freeze_time("2026-05-04")
    def test_state_is_not_written_by_hand(self):
        audit = self.registration.start_audit()
        with self.assertRaises(UserError):
            audit.state = "decided"
        with self.assertRaises(UserError):
            audit.date_decided = date(2026, 5, 1)
        with self.assertRaises(UserError):
            self.env["kmop.audit"].with_user(self.officer).create(
                {"registration_id": self.registration.id, "state": "decided"}
            )

    def test_decided_is_read_only(self):
        audit = self._decide(self.registration, date(2026, 5, 4))
        for vals in ({"auditor_id": self.client.id}, {"part_id": self.part2.id}):
            with self.assertRaises(UserError):
                audit.write(vals)
        with self.assertRaises(UserError):
            audit.cancel("Toch niet")
        with self.assertRaises(UserError):
            audit.unlink()
        audit.message_post(body="Verslag besproken")

    @freeze_time("2026-05-04")
    def test_cancel(self):
        audit = self._visit(self.registration, date(2026, 4, 1))
        with self.assertRaises(UserError):
            audit.cancel("  ")
        audit.cancel("Auditor ziek")
        self.assertEqual(
            (audit.state, audit.cancel_reason), ("cancelled", "Auditor ziek")
        )
        again = self.registration.start_audit()
        self.assertNotEqual(again, audit)
        self.assertEqual(again.part_id, self.part1)

    # ---------------------------------------------------------------- part order

    def test_no_part_2_without_part_1(self):
        audits = self.env["kmop.audit"].with_user(self.officer)
        with self.assertRaises(ValidationError):
            audits.create(
                {"registration_id": self.registration.id, "part_id": self.part2.id}
            )
        self._decide(self.registration, date(2026, 5, 4), "negative")
        with self.assertRaises(ValidationError):
            audits.create(
                {"registration_id": self.registration.id, "part_id": self.part2.id}
            )

    def test_no_part_1_twice(self):
        self._decide(self.registration, date(2026, 5, 4))
        with self.assertRaises(ValidationError):
            self.env["kmop.audit"].with_user(self.officer).create(
                {"registration_id": self.registration.id, "part_id": self.part1.id}
            )

    def test_no_part_of_another_track(self):
        with self.assertRaises(ValidationError):
            self.env["kmop.audit"].with_user(self.officer).create(
                {
                    "registration_id": self.registration.id,
                    "part_id": self.regular.part_ids.id,
                }
            )

    @mute_logger("odoo.sql_db")
    def test_one_open_audit_per_part(self):
        self.registration.start_audit()
        with self.assertRaises(IntegrityError):
            self.env["kmop.audit"].with_user(self.officer).create(
                {"registration_id": self.registration.id}
            )

    # ------------------------------------------------------------------- periods

    def _granted(self, decided, **decision):
        """Return the dates of part 2 decided on ``decided`` after 2026-03-01."""
        self._decide(self.registration, date(2026, 3, 1))
        audit = self._decide(self.registration, decided, **decision)
        return self._dates(audit.period_ids)

    def test_part_2_early(self):
        self.assertEqual(
            self._granted(date(2027, 11, 2)), (date(2028, 3, 1), date(2031, 2, 28))
        )

    def test_part_2_on_the_last_day(self):
        self.assertEqual(
            self._granted(date(2028, 2, 29)), (date(2028, 3, 1), date(2031, 2, 28))
        )
        self.assertEqual(self.registration.period_ids.mapped("gap_days"), [0, 0])

    def test_part_2_the_day_after(self):
        """Decided on the first day without: late, yet no day is lost."""
        self.assertEqual(
            self._granted(date(2028, 3, 1)), (date(2028, 3, 1), date(2031, 2, 28))
        )

    def test_part_2_late(self):
        self.assertEqual(
            self._granted(date(2028, 4, 11)), (date(2028, 4, 11), date(2031, 4, 10))
        )
        self.assertEqual(self.registration.period_ids.mapped("gap_days"), [0, 41])
        self.assertFalse(self.registration.is_registered_on(date(2028, 4, 10)))
        self.assertTrue(self.registration.is_registered_on("2028-04-11"))

    def test_first_date_on_the_attest(self):
        """The first period starts on the attest's date, no reason asked."""
        audit = self._decide(
            self.registration, date(2026, 5, 4), registration_date=date(2026, 5, 18)
        )
        self.assertEqual(
            self._dates(audit.period_ids), (date(2026, 5, 18), date(2028, 5, 17))
        )

    def test_override_needs_a_reason(self):
        self._decide(self.registration, date(2026, 3, 1))
        with freeze_time("2028-02-01"):
            audit = self._visit(self.registration, date(2028, 1, 10))
            for decision in (
                {"registration_date": date(2028, 2, 1)},
                {"date_end": date(2031, 12, 31)},
            ):
                with self.assertRaises(UserError), self.env.cr.savepoint():
                    audit.decide("positive", **decision, reason=" ")
                audit.invalidate_recordset()
                self.assertEqual(audit.state, "visited")
            audit.decide(
                "positive", date_end="2031-12-31", reason="Zoals op het attest"
            )
        self.assertEqual(
            self._dates(audit.period_ids), (date(2028, 3, 1), date(2031, 12, 31))
        )
        self.assertEqual(audit.period_ids.override_reason, "Zoals op het attest")

    def test_attest_counts_from_within_the_previous_period(self):
        """Periods never overlap, and the attest's date is kept beside them."""
        dates = self._granted(
            date(2028, 2, 1), registration_date=date(2028, 2, 1), reason="Attest"
        )
        self.assertEqual(dates, (date(2028, 3, 1), date(2031, 1, 31)))
        self.assertEqual(
            self.registration.period_ids[1].date_registration, date(2028, 2, 1)
        )

    def test_end_before_start(self):
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self._decide(
                self.registration,
                date(2026, 5, 4),
                date_end=date(2026, 5, 3),
                reason="Verkeerd getypt",
            )

    # ------------------------------------------------------- negative, conditional

    def test_negative_then_re_audit(self):
        first = self._decide(self.registration, date(2026, 5, 4), "negative")
        self.assertFalse(self.registration.period_ids)
        self.assertEqual(self.registration.step, "refused")
        second = self._decide(self.registration, date(2026, 9, 1))
        self.assertEqual(second.part_id, self.part1)
        self.assertEqual(second.previous_audit_id, first)
        self.assertEqual(
            self._dates(self.registration.period_ids),
            (date(2026, 9, 1), date(2028, 8, 31)),
        )

    def test_conditional_then_positive(self):
        self._decide(self.registration, date(2026, 3, 1), "conditional")
        period = self.registration.period_ids
        self.assertTrue(period.conditional)
        self.assertEqual(self._dates(period), (date(2026, 3, 1), date(2027, 2, 28)))
        self.assertEqual(self.registration.next_part_id, self.part1)
        audit = self._decide(self.registration, date(2027, 2, 1))
        self.assertEqual(
            self._dates(audit.period_ids), (date(2027, 3, 1), date(2028, 2, 29))
        )
        self.assertEqual(self.registration.next_part_id, self.part2)

    def test_conditional_without_a_term_of_its_own(self):
        self.company.kmop_conditional_months = 0
        audit = self._decide(self.registration, date(2026, 3, 1), "conditional")
        self.assertEqual(audit.period_ids.date_end, date(2028, 2, 29))

    def test_conditional_lapsed(self):
        self._decide(self.registration, date(2026, 3, 1), "conditional")
        audit = self._decide(self.registration, date(2027, 3, 15))
        self.assertEqual(
            self._dates(audit.period_ids), (date(2027, 3, 15), date(2029, 3, 14))
        )

    # ------------------------------------------------------------------- history

    def test_periods_are_history(self):
        period = self._decide(self.registration, date(2026, 3, 1)).period_ids
        period = period.with_user(self.officer)
        with self.assertRaises(UserError):
            period.date_end = date(2040, 1, 1)
        with self.assertRaises(UserError):
            period.sudo().unlink()
        with self.assertRaises(UserError):
            self.registration.unlink()

    def test_correction(self):
        period = self._decide(self.registration, date(2026, 3, 1)).period_ids
        period = period.with_user(self.officer)
        with self.assertRaises(UserError):
            period.correct(date(2026, 3, 2), date(2028, 3, 1), "")
        new = period.correct(date(2026, 3, 2), date(2028, 3, 1), "Tikfout")
        self.assertEqual(new.corrects_id, period)
        self.assertFalse(period.date_last)
        self.assertEqual(period.date_end, date(2028, 2, 29))
        self.assertFalse(self.registration.is_registered_on(date(2026, 3, 1)))
        self.assertTrue(self.registration.is_registered_on(date(2028, 3, 1)))
        self.assertEqual(self.registration.next_part_id, self.part2)

    def test_no_overlap(self):
        self._decide(self.registration, date(2026, 3, 1))
        vals = {
            "registration_id": self.registration.id,
            "part_id": self.part2.id,
            "date_registration": date(2028, 2, 29),
            "date_start": date(2028, 2, 29),
            "date_end": date(2031, 2, 28),
            "override_reason": "Import",
        }
        periods = self.env["kmop.registration.period"].with_user(self.officer)
        with self.assertRaises(ValidationError):
            periods.create(vals)
        with self.assertRaises(ValidationError):
            periods.create(
                {**vals, "date_start": date(2028, 3, 1), "override_reason": False}
            )
        periods.create({**vals, "date_start": date(2028, 3, 1)})
        self.assertEqual(self.registration.step, "registered")

    def test_wizard_proposes_the_rule(self):
        self._decide(self.registration, date(2026, 3, 1))
        with freeze_time("2028-02-01"):
            audit = self._visit(self.registration, date(2028, 1, 10))
            wizards = self.env["kmop.audit.decide"].with_user(self.officer)
            wizard = wizards.create({"audit_id": audit.id})
            self.assertEqual(wizard.date_registration, date(2028, 3, 1))
            self.assertEqual(wizard.date_end, date(2031, 2, 28))
            wizard.action_confirm()
        self.assertEqual(
            self._dates(audit.period_ids), (date(2028, 3, 1), date(2031, 2, 28))
        )
        self.assertFalse(audit.period_ids.override_reason)

    def test_wizards_walk_the_audit(self):
        with freeze_time("2026-05-04"):
            audit = self.registration.start_audit()
            moves = self.env["kmop.audit.move"].with_user(self.officer)
            for move, day in (
                ("request", date(2026, 3, 2)),
                ("plan", date(2026, 5, 4)),
                ("visit", date(2026, 5, 4)),
            ):
                wizard = moves.create({"audit_id": audit.id, "move": move, "date": day})
                wizard.bureau_id = self.bureau
                wizard.action_confirm()
            self.assertEqual(audit.state, "visited")
            self.env["kmop.reason"].with_user(self.officer).with_context(
                active_ids=audit.ids
            ).create({"action": "cancel_audit", "reason": "Verhuisd"}).action_confirm()
        self.assertEqual(audit.state, "cancelled")
        self.assertEqual(audit.date_visited - audit.date_requested, timedelta(days=63))

    def test_all_parts_are_granted(self):
        for day in (date(2026, 3, 1), date(2027, 9, 1)):
            self._decide(self.registration, day)
        with self.assertRaisesRegex(ValidationError, "start the renewal"):
            self.env["kmop.audit"].create(
                {"registration_id": self.registration.id, "part_id": self.part1.id}
            )

import inspect
import logging
import os
import re

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from odoo.tests import tagged

from .common import KmopCommon
from .life import Life

_logger = logging.getLogger(__name__)
# `./dev chaos` asks for thousands.
EXAMPLES = int(os.environ.get("KMOP_EXAMPLES", 30))


# What is damaged behind the models' back, and which invariant must find it.
COPIED = (
    "registration_id, company_id, cycle, part_id, date_registration, date_start,"
    " date_end, date_last"
)
DAMAGE = [
    (
        "nothing_accepted_changes",
        "UPDATE kmop_registration_period SET date_end = date_end - 9",
    ),
    (
        "validity_is_that_of_every_day",
        "UPDATE kmop_registration_period SET date_last = date_last - 9",
    ),
    (
        "periods_never_overlap",
        f"INSERT INTO kmop_registration_period ({COPIED})"
        f" SELECT {COPIED} FROM kmop_registration_period",
    ),
    (
        "parts_come_in_order",
        """
        UPDATE kmop_registration_period SET part_id = next.id
          FROM kmop_track_part part
          JOIN kmop_track_part next
            ON next.track_id = part.track_id AND next.sequence > part.sequence
         WHERE part.id = part_id
        """,
    ),
    (
        "one_live_registration",
        "DROP INDEX kmop_registration_live_uniq",
        "UPDATE kmop_registration SET service = 'training'",
    ),
    (
        "milestones_follow_their_dates",
        "UPDATE kmop_milestone SET date_planned = date_planned - 9",
    ),
    (
        "no_date_is_forgotten",
        "DELETE FROM kmop_milestone WHERE state = 'planned'",
    ),
    (
        "one_line_per_occasion",
        "DROP INDEX kmop_reminder_once",
        """
        INSERT INTO kmop_reminder (milestone_id, company_id, partner_id, kind,
                                   date_anchor, state)
        SELECT milestone_id, company_id, partner_id, kind, date_anchor, state
          FROM kmop_reminder
        """,
    ),
    (
        "companies_are_apart",
        "UPDATE ir_rule SET active = False WHERE model_id IN"
        " (SELECT id FROM ir_model WHERE model LIKE 'kmop.%')",
    ),
]


@tagged("post_install", "-at_install")
class TestLife(KmopCommon):
    def test_lives(self):
        """Whatever users do, in whatever order, the invariants hold."""
        Life.case = self
        Life.done = Life.refused = Life.steps = Life.mails = 0
        run_state_machine_as_test(
            Life,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=25,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.generate, Phase.shrink],
                derandomize=not os.environ.get("KMOP_EXAMPLES"),
            ),
        )
        self.assertGreater(Life.done, EXAMPLES, "Hardly anything was let through")
        self.assertGreater(Life.refused, EXAMPLES, "Hardly anything was refused")
        self.assertGreater(Life.mails, EXAMPLES / 10, "Hardly anybody was reminded")
        _logger.info(
            "%s lives of %s steps: %s things done, %s refused, %s mails",
            EXAMPLES,
            Life.steps,
            Life.done,
            Life.refused,
            Life.mails,
        )

    def test_what_must_be_true_can_fail(self):
        """Damage done behind the models' back is found."""
        for check, *queries in DAMAGE:
            with self.subTest(check=check):
                self._damage(queries, check)

    def test_each_invariant_is_shown_to_fail(self):
        """None of them is there for show."""
        source = inspect.getsource(Life.all_is_well) + inspect.getsource(Life.teardown)
        checks = set(re.findall(r"self\.([a-z]\w+)\(\)", source))
        self.assertEqual({check for check, *_queries in DAMAGE}, checks)

    def _damage(self, queries, check):
        Life.case = self
        life = Life()
        try:
            life.begin()
            life.walk(0, "positive")
            life.start_registration(0, "advice")
            life.start_registration(2, "training")
            life.pass_time(400)
            life.run_reminders()
            life.all_is_well()
            for query in queries:
                life.env.cr.execute(query)
            life.env.invalidate_all(flush=False)
            self.registry.clear_all_caches()
            with self.assertRaises(AssertionError):
                getattr(life, check)()
        finally:
            life._undo()

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from odoo.tests import tagged

from .common import KmopCommon
from .life import Life

# `./dev test --slow` asks for thousands.
EXAMPLES = int(os.environ.get("KMOP_EXAMPLES", 200))


@tagged("post_install", "-at_install")
class TestLife(KmopCommon):
    def test_lives(self):
        """Whatever users do, in whatever order, the invariants hold."""
        Life.case, Life.done, Life.refused = self, 0, 0
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

    def test_what_must_be_true_can_fail(self):
        """Damage done behind the models' back is found."""
        for query, check in (
            ("UPDATE kmop_registration_period SET date_end = date_end - 9",
             "nothing_accepted_changes"),
            ("UPDATE kmop_registration_period SET date_last = date_last - 9",
             "validity_is_that_of_every_day"),
            ("UPDATE kmop_milestone SET date_planned = date_planned - 9",
             "milestones_follow_their_dates"),
            ("INSERT INTO kmop_registration_period (registration_id, company_id, cycle,"
             " part_id, date_registration, date_start, date_end, date_last)"
             " SELECT registration_id, company_id, cycle, part_id, date_registration,"
             " date_start, date_end, date_last FROM kmop_registration_period",
             "periods_never_overlap"),
        ):  # fmt: skip
            with self.subTest(check=check):
                self._damage(query, check)

    def _damage(self, query, check):
        Life.case = self
        life = Life()
        try:
            life.begin()
            life.walk(0, "positive")
            life.all_is_well()
            life.env.cr.execute(query)
            life.env.invalidate_all(flush=False)
            with self.assertRaises(AssertionError):
                getattr(life, check)()
        finally:
            life._undo()

from datetime import date

from odoo.tests import Form, freeze_time, tagged

from .common import KmopCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-05-04 10:00")
class TestWizards(KmopCommon):
    """What asks before it does, does it."""

    def setUp(self):
        super().setUp()
        self.registration = self._register()

    def _open(self, model, *records, **defaults):
        """Return the form of a wizard that a button of ``records`` opens."""
        context = {f"default_{name}": value for name, value in defaults.items()}
        ids = [record.id for record in records]
        wizards = self.env[model].with_user(self.officer)
        return Form(wizards.with_context(active_ids=ids, **context))

    def test_correct_a_period(self):
        """It proposes what is there."""
        period = self.registration.period_ids
        with self._open("kmop.period.correct", period_id=period.id) as form:
            self.assertEqual(form.date_start, date(2026, 3, 1))
            self.assertEqual(form.date_end, date(2028, 2, 29))
            form.date_end = date(2028, 1, 31)
            form.reason = "Tikfout op het attest"
        action = form.record.action_confirm()
        self.assertEqual(action["type"], "ir.actions.act_window_close")
        self.assertEqual(self.registration.date_end, date(2028, 1, 31))

    def test_withdraw(self):
        action = "withdraw_registration"
        with self._open("kmop.reason", self.registration, action=action) as form:
            form.reason = "Stopgezet"
            form.date = date(2026, 6, 1)
        form.record.action_confirm()
        self.assertEqual(self.registration.date_withdrawn, date(2026, 6, 1))
        self.assertEqual(self.registration.withdraw_reason, "Stopgezet")

    def test_cancel_a_milestone(self):
        milestone = self.registration.milestone_ids.filtered(
            lambda m: m.state == "planned"
        )[:1]
        action = "cancel_milestone"
        with self._open("kmop.reason", milestone, action=action) as form:
            form.reason = "Elders opgevolgd"
        form.record.action_confirm()
        self.assertEqual(milestone.state, "cancelled")
        self.assertEqual(milestone.close_reason, "Elders opgevolgd")

    def test_decide_negatively(self):
        """A refusal has no dates to propose."""
        audit = self._visit(self.registration, date(2026, 5, 1))
        with self._open("kmop.audit.decide", audit_id=audit.id) as form:
            form.outcome = "positive"
            self.assertTrue(form.date_end)
            form.outcome = "negative"
            self.assertFalse(form.date_end)
        form.record.action_confirm()
        self.assertEqual(audit.outcome, "negative")

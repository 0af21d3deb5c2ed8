from datetime import date, datetime, timedelta

from psycopg2 import InterfaceError, OperationalError

from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..tools import attempt
from .test_milestone import REMINDER, ROOT, MilestoneCommon

CRON = "odoo.addons.base.models.ir_cron"
RENDER = "odoo.addons.mail.models.mail_render_mixin"
SECOND = timedelta(seconds=1)


class FaultCommon(MilestoneCommon):
    def setUp(self):
        super().setUp()
        self.cron = self.env.ref(ROOT + "ir_cron_kmop_milestones")

    def _get_line(self, milestone, kind="reminder"):
        return milestone.reminder_ids.filtered(lambda r: r.kind == kind)

    def _create_people(self, *emails):
        return self.env["res.partner"].create(
            [{"name": f"Persoon {email}", "email": email} for email in emails]
        )

    def _queue(self, *emails, day="2027-08-29"):
        """Return lines to people of their own, of one milestone."""
        people = self._create_people(*emails)
        registration = self._start()
        with freeze_time(day):
            milestone = (
                self.env["kmop.milestone"]
                .with_user(self.officer)
                .create(
                    {
                        "title": "Bel het bureau",
                        "registration_id": registration.id,
                        "date_planned": "2029-01-01",
                        "user_id": False,
                    }
                )
                .sudo()
            )
            lines = self.env["kmop.reminder"].sudo()
            return lines._queue("reminder", {milestone: people})


@tagged("post_install", "-at_install")
class TestReminderClock(FaultCommon):
    """What day it is, is what the company's own calendar says."""

    def _check_day(self, day, moment, **vals):
        """Check that nothing goes a second before ``moment``, and one mail then."""
        registration = self._start(**vals)
        number = (registration.date_end - day).days
        rule = self._create_rule(number, "days")
        milestone = self._get(registration, rule)
        self.assertEqual(milestone.date_planned, day)
        self.assertEqual(milestone._get_moment(), moment)
        self.assertFalse(self._run(str(moment - SECOND)))
        self.assertEqual(len(self._run(str(moment))), 1)
        self.assertFalse(self._run(str(moment + SECOND)))
        self.assertFalse(self._run(str(moment + timedelta(days=1))))

    def test_clock_goes_forward(self):
        self._check_day(date(2027, 3, 28), datetime(2027, 3, 27, 23))

    def test_day_after_it_went_forward(self):
        self._check_day(date(2027, 3, 29), datetime(2027, 3, 28, 22))

    def test_clock_goes_back(self):
        self._check_day(date(2027, 10, 31), datetime(2027, 10, 30, 22))

    def test_day_after_it_went_back(self):
        self._check_day(date(2027, 11, 1), datetime(2027, 10, 31, 23))

    def test_new_year(self):
        self._check_day(date(2028, 1, 1), datetime(2027, 12, 31, 23))

    def test_leap_day(self):
        """Six months before 29 August is 29 February; a year earlier the 28th."""
        with freeze_time("2026-08-30"):
            registration = self._register(date(2026, 8, 30))
        self.assertEqual(registration.date_end, date(2028, 8, 29))
        rule, year_before = self._create_rule(6), self._create_rule(18)
        self.assertEqual(
            self._get(registration, year_before).date_planned, date(2027, 2, 28)
        )
        self.assertEqual(self._get(registration, rule).date_planned, date(2028, 2, 29))
        self.assertEqual(len(self._run("2027-02-28")), 1)
        self.assertFalse(self._run("2028-02-28 22:59:59"))
        self.assertEqual(len(self._run("2028-02-28 23:00:00")), 1)
        self.assertFalse(self._run("2028-03-01"))

    def test_two_zones_in_one_run(self):
        self.company.partner_id.tz = "Pacific/Auckland"
        self.other_company.partner_id.tz = "America/Los_Angeles"
        rule = self._create_rule()
        near = self._start()
        with freeze_time("2026-03-01"):
            far = self.env["kmop.registration"].with_user(self.stranger)
            far = far.create({"track_id": self.starter.id, "service": "training"})
            # In the evening in UTC: the same day in Los Angeles.
            self._decide(far, datetime(2026, 3, 1, 20), number="DV.O654321")
        mail = self._run("2027-08-28 12:00:00")
        self.assertEqual(mail.recipient_ids, self.officer.partner_id)
        self.assertEqual(self._get(near, rule).state, "sent")
        self.assertEqual(self._get(far.sudo(), rule).state, "planned")
        self.assertFalse(self._run("2027-08-29 06:59:59"))
        mail = self._run("2027-08-29 07:00:00")
        self.assertEqual(mail.recipient_ids, self.stranger.partner_id)

    def test_clock_set_back(self):
        """A machine whose clock was wrong for a while sends nothing twice."""
        self._create_rule()
        self._start()
        self.assertEqual(len(self._run("2027-08-29")), 1)
        self.assertFalse(self._run("2027-08-01"))
        self.assertFalse(self._run("2027-08-29"))


@tagged("post_install", "-at_install")
class TestReminderFault(FaultCommon):
    def test_months_of_downtime(self):
        """One mail to each, however much there is, that says how late it is."""
        for number in (6, 5, 4, 3):
            self._create_rule(number)
        for number in (9, 12):
            self._create_rule(number, role_id=self.owner.id, optional=False)
        self._start()
        self._start(partner_id=self.bureau.id)
        mail = self._run("2027-12-05")
        self.assertEqual(len(mail), 1)
        self.assertRegex(mail.body_html, r"comes\s+late\s+\(days:\s+6\)")
        self.assertEqual(mail.subject.count("3 months"), 1)
        self.assertFalse(self._run("2027-12-06"))

    def test_rule_changed_after_sending(self):
        rule = self._create_rule()
        sent = self._start()
        self._run("2027-08-29")
        with freeze_time("2027-08-30"):
            waiting = self._register(date(2027, 8, 30), partner_id=self.bureau.id)
        later = self._get(waiting, rule)
        self.assertEqual(later.date_planned, date(2029, 2, 28))
        with freeze_time("2027-09-01"):
            rule.write({"offset_number": 3, "recipient_ids": self.administrator})
        self.assertEqual(later.date_planned, date(2029, 5, 29))
        self.assertEqual(self._get(sent, rule).date_planned, date(2027, 8, 29))
        for day in ("2027-09-02", "2027-11-29", "2029-02-28"):
            self.assertFalse(self._run(day), day)
        mail = self._run("2029-05-29")
        self.assertEqual(mail.recipient_ids, self.manager.partner_id)

    def test_rule_dropped_with_mail_waiting(self):
        """What was announced to nobody yet isn't sent for a rule that is gone."""
        rule = self._create_rule()
        registration = self._start()
        self.officer.partner_id.email = False
        with mute_logger(REMINDER):
            self._run("2027-08-29 06:00:00")
        self._get(registration, rule).with_user(self.officer).cancel("Verkocht")
        self.officer.partner_id.email = "officer@dekade.example.com"
        self.assertFalse(self._run("2027-08-29 08:00:00"))

    def test_no_database_is_no_fault_of_a_record(self):
        failed, records = [], self._start()
        for error in (InterfaceError, OperationalError):

            def work(_records, error=error):
                raise error("connection already closed")

            with self.subTest(error=error), self.assertRaises(error):
                attempt(records, work, lambda *args: failed.append(args))
        self.assertFalse(failed)

    # -------------------------------------------------------------------- recipients

    def test_recipient_deleted_before(self):
        bureau_role = self.env.ref(ROOT + "kmop_milestone_role_bureau")
        self._create_rule(
            2, "days", "audit_planned", recipient_ids=[(6, 0, bureau_role.ids)]
        )
        self.bureau.email = "bureau@example.com"
        (auditor,) = self._create_people("auditor@example.com")
        with freeze_time("2026-03-01"):
            audit = self._create_registration().start_audit()
            audit.request(self.bureau, "2026-03-01")
            audit.auditor_id = auditor
            audit.plan("2026-04-01")
        auditor.unlink()
        self.assertEqual(self._run("2026-03-30").recipient_ids, self.bureau)

    @mute_logger(REMINDER)
    def test_recipient_deleted_after(self):
        lines = self._queue("a@example.com", "b@example.com")
        lines[0].partner_id.unlink()
        mails = self._run("2027-08-29")
        self.assertEqual(lines.mapped("state"), ["failed", "queued"])
        self.assertIn("deleted", lines[0].error)
        self.assertEqual(lines[0].email, "a@example.com", "the log knows who it was")
        self.assertEqual(
            mails.recipient_ids, lines[1].partner_id | self.manager.partner_id
        )
        self.assertFalse(self._run("2027-08-30"))

    @mute_logger(REMINDER)
    def test_recipient_deleted_with_the_mail_in_the_queue(self):
        line = self._queue("a@example.com")
        mail = self._run("2027-08-29")
        line.partner_id.unlink()
        mail.write({"state": "exception", "failure_reason": "Without recipients"})
        told = self._run("2027-08-29 01:00:00")
        self.assertEqual(line.state, "failed")
        self.assertEqual(told.recipient_ids, self.manager.partner_id)
        self.assertFalse(self._run("2027-08-30"))

    def test_archived_user(self):
        """Who works here no more gets no mail: the administrators do."""
        self._create_rule()
        self._start()
        self.officer.active = False
        mail = self._run("2027-08-29")
        self.assertEqual(mail.recipient_ids, self.manager.partner_id)

    @mute_logger(REMINDER)
    def test_invalid_addresses(self):
        lines = self._queue("nergens", "", "geen apenstaart", "goed@example.com")
        mail = self._run("2027-08-29")
        self.assertEqual(mail.recipient_ids, lines[3].partner_id)
        self.assertEqual(lines.mapped("state"), ["waiting"] * 3 + ["queued"])
        for line in lines[:3]:
            self.assertIn("no valid e-mail address", line.error)

    def test_many_unwanted_do_not_stop_the_rest(self):
        """A batch of people who all refused isn't the end of the queue."""
        rule = self._create_rule()
        registrations = self._start() | self._start(partner_id=self.bureau.id)
        reminders = self.env["kmop.reminder"].sudo()
        with freeze_time("2027-08-29"):
            self.env["kmop.milestone"].sudo()._process_due()
            self.officer.partner_id.sudo().kmop_optout_ids = rule
            self.assertEqual(reminders._process_waiting(limit=1), 2)
        lines = self._get(registrations, rule).reminder_ids
        self.assertEqual(set(lines.mapped("state")), {"skipped"})

    # --------------------------------------------------------------------- templates

    @mute_logger(REMINDER, RENDER)
    def test_layout_fails_for_one(self):
        lines = self._queue("a@example.com", "b@example.com", "c@example.com")
        layout = self.env.ref(ROOT + "reminder_layout")
        broken = f"""
            <xpath expr="//p" position="before">
                <t
                    t-if="lines[0].partner_id.id == {lines[1].partner_id.id}"
                    t-out="1 / 0"
                />
            </xpath>
        """
        extension = self.env["ir.ui.view"].create(
            {
                "name": "Broken",
                "type": "qweb",
                "inherit_id": layout.id,
                "mode": "extension",
                "arch": f"<data>{broken}</data>",
            }
        )
        mails = self._run("2027-08-29 06:00:00")
        self.assertEqual(mails.recipient_ids, (lines[0] | lines[2]).partner_id)
        self.assertEqual(lines[1].state, "waiting")
        self.assertIn("division by zero", lines[1].error)
        extension.unlink()
        mail = self._run("2027-08-29 07:01:00")
        self.assertEqual(mail.recipient_ids, lines[1].partner_id)

    # -------------------------------------------------------------- scheduled action

    @mute_logger(CRON)
    def test_archived_cron_user(self):
        """Odoo then runs nothing: all is caught up once that is mended."""
        rule = self._create_rule()
        registration = self._start()
        robot = self._create_user("robot", "kmop_registration.group_kmop_manager")
        self.cron.user_id = robot
        robot.active = False
        milestone = self._get(registration, rule)
        for day in ("2027-08-29", "2027-08-30", "2027-08-31"):
            self.assertFalse(self._run(day))
        self.assertEqual(milestone.state, "planned")
        self.assertTrue(self.cron.active)
        robot.active = True
        mail = self._run("2027-09-03")
        self.assertEqual(len(mail), 1)
        self.assertIn("comes late", mail.body_html)
        self.assertEqual(milestone.state, "sent")

    def test_cron_user_of_another_company(self):
        """Whoever runs it, it does the work of all companies."""
        self._create_rule()
        self._start()
        self.cron.user_id = self.stranger
        self.assertEqual(len(self._run("2027-08-29")), 1)

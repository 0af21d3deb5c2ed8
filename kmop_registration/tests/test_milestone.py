import socket
from datetime import date
from unittest.mock import patch

from aiosmtpd.controller import Controller
from psycopg2 import IntegrityError

from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.base.models.ir_mail_server import IrMail_Server

from .common import KmopCommon

LOGGER = "odoo.addons.kmop_registration.models.kmop_milestone"


class Inbox:
    """An SMTP server's memory: who was written to, and what."""

    def __init__(self):
        self.received = []

    async def handle_DATA(self, _server, _session, envelope):
        self.received.append((envelope.rcpt_tos, envelope.content.decode()))
        return "250 OK"


@tagged("post_install", "-at_install")
class TestMilestone(KmopCommon):
    def setUp(self):
        super().setUp()
        self.env["kmop.milestone"].search([]).state = "superseded"
        with freeze_time("2026-03-01"):
            self.registration = self._register()
        self.milestone = self.registration.milestone_ids

    def _run(self, day):
        """Let the scheduled action run on ``day``; return the mails that it made."""
        before = self.env["mail.mail"].search([])
        cron = self.env.ref("kmop_registration.ir_cron_kmop_milestones")
        with freeze_time(day), self.enter_registry_test_mode():
            self.assertIs(cron.method_direct_trigger(), True)
        return self.env["mail.mail"].search([]) - before

    # ------------------------------------------------------------------ planning

    def test_planned_with_the_period(self):
        self.assertRecordValues(
            self.milestone,
            [
                {
                    "date_anchor": date(2028, 2, 29),
                    "date_planned": date(2027, 8, 29),
                    "state": "planned",
                    "company_id": self.company.id,
                }
            ],
        )

    def test_moves_with_the_end(self):
        self._decide(self.registration, date(2027, 11, 2))
        moved = self.registration.milestone_ids - self.milestone
        self.assertEqual(self.milestone.state, "superseded")
        self.assertEqual(moved.date_planned, date(2030, 8, 28))
        self.assertFalse(self._run("2027-12-01"))
        self.assertEqual(len(self._run("2030-08-28")), 1)

    def test_moves_back_with_a_correction(self):
        period = self.registration.period_ids.with_user(self.officer)
        with freeze_time("2026-04-01"):
            wrong = period.correct(date(2026, 3, 1), date(2028, 1, 31), "Verkeerd")
            self.assertEqual(self.milestone.state, "superseded")
            wrong.correct(date(2026, 3, 1), date(2028, 2, 29), "Toch niet")
        self.assertEqual(self.milestone.state, "planned")
        self.assertEqual(len(self.registration.milestone_ids), 2)

    def test_nothing_for_what_is_over(self):
        with freeze_time("2026-03-01"):
            self.registration.withdraw("2026-04-01", "Stop")
            self.assertEqual(self.milestone.state, "superseded")
        with freeze_time("2034-01-01"):
            old = self._create_registration(service="advice")
            self._decide(old, date(2020, 3, 2))
            self.env["kmop.milestone"]._plan(old)
        self.assertFalse(old.milestone_ids.filtered(lambda m: m.state == "planned"))

    def test_planned_once(self):
        self.env["kmop.milestone"]._plan(self.registration)
        self.assertEqual(self.registration.milestone_ids, self.milestone)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.milestone.sudo().copy()

    # ------------------------------------------------------------------- sending

    def test_on_the_day(self):
        self.assertFalse(self._run("2027-08-28"))
        mail = self._run("2027-08-29")
        self.assertEqual(mail.recipient_ids, self.officer.partner_id)
        self.assertIn("ends on 02/29/2028", mail.subject)
        self.assertIn("184", mail.body_html)
        self.assertNotIn("days late", mail.body_html)
        self.assertIn(f"/odoo/kmop/{self.registration.id}", mail.body_html)
        self.assertEqual(self.milestone.state, "sent")

    def test_never_twice(self):
        self.assertEqual(len(self._run("2027-08-29")), 1)
        for day in ("2027-08-29", "2027-08-30", "2028-02-28"):
            self.assertFalse(self._run(day))

    def test_caught_up_after_a_week(self):
        mail = self._run("2027-09-05")
        self.assertEqual(len(mail), 1)
        self.assertRegex(mail.body_html, r"comes\s+7\s+days late")
        self.assertFalse(self._run("2027-09-06"))

    def test_caught_up_after_the_end(self):
        mail = self._run("2028-03-10")
        self.assertIn("ended on", mail.body_html)

    def test_the_companys_own_midnight(self):
        """At 22:30 UTC it is the next day in Brussels, not in New York."""
        self.company.partner_id.tz = "America/New_York"
        self.assertFalse(self._run("2027-08-28 22:30:00"))
        self.company.partner_id.tz = "Europe/Brussels"
        self.assertEqual(len(self._run("2027-08-28 22:30:00")), 1)

    def test_in_the_recipients_language(self):
        self.env["res.lang"]._activate_lang("nl_BE")
        self.env["ir.module.module"]._load_module_terms(
            ["kmop_registration"], ["nl_BE"]
        )
        self.officer.lang = "nl_BE"
        mail = self._run("2027-09-05")
        self.assertIn("je registratie eindigt op 29/02/2028", mail.subject.lower())
        self.assertIn("dagen te laat", mail.body_html)
        self.assertNotIn("registration", mail.body_html)

    @mute_logger(LOGGER)
    def test_no_address(self):
        self.officer.partner_id.email = False
        self.assertFalse(self._run("2027-08-29"))
        self.assertEqual(self.milestone.state, "planned")
        self.assertIn("e-mail", self.milestone.error)
        self.officer.partner_id.email = "officer@dekade.example.com"
        self.assertFalse(
            self._run("2027-08-29"), "tried again the next day, not at once"
        )
        self.assertEqual(len(self._run("2027-08-30")), 1)
        self.assertFalse(self.milestone.error)

    @mute_logger(LOGGER)
    def test_one_failure_does_not_stop_the_others(self):
        with freeze_time("2026-03-01"):
            others = [
                self._register(partner_id=p.id) for p in self.bureau + self.client
            ]
        broken, fine = others
        broken.user_id = False
        self.assertEqual(len(self._run("2027-08-29")), 2)
        self.assertEqual(fine.milestone_ids.state, "sent")
        self.assertEqual(broken.milestone_ids.state, "planned")
        self.assertTrue(broken.milestone_ids.error)

    @mute_logger(LOGGER, "odoo.addons.mail.models.mail_render_mixin")
    def test_broken_template(self):
        template = self.env.ref("kmop_registration.mail_template_registration_end")
        with freeze_time("2026-03-01"):
            other = self._register(partner_id=self.bureau.id)
        template.subject = f"{{{{ 1 / (object.registration_id.id - {other.id}) }}}}"
        self.assertEqual(len(self._run("2027-08-29")), 1)
        self.assertTrue(other.milestone_ids.error)
        self.assertEqual(self.milestone.state, "sent")

    # ---------------------------------------------------------------- real server

    def _get_free_port(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            return listener.getsockname()[1]

    def test_arrives_at_a_real_server(self):
        inbox = Inbox()
        port = self._get_free_port()
        server = Controller(inbox, hostname="127.0.0.1", port=port)
        server.start()
        self.addCleanup(server.stop)
        self.env["ir.mail_server"].search([]).action_archive()
        self.env["ir.mail_server"].create(
            {"name": "Loopback", "smtp_host": "127.0.0.1", "smtp_port": port}
        )
        mail = self._run("2027-08-29")
        # Odoo's tests send nothing unless told so: here the mail must arrive.
        with patch.object(IrMail_Server, "_disable_send", lambda *_args: False):
            mail.send(raise_exception=True)
        ((recipients, content),) = inbox.received
        self.assertEqual(recipients, ["officer@dekade.example.com"])
        self.assertIn("multipart/alternative", content)
        self.assertIn("Content-Type: text/plain", content)
        self.assertIn("Content-Type: text/html", content)
        self.assertEqual(mail.state, "sent")

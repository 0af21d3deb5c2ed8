import socket
from unittest.mock import patch
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller
from lxml import html

from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.base.models import ir_mail_server
from odoo.addons.base.models.ir_mail_server import IrMail_Server

from .inbox import Inbox
from .test_milestone import REMINDER, ROOT, MilestoneCommon

MAIL = "odoo.addons.mail.models.mail_mail"
DAY = "2027-08-29"


class ServerCommon(MilestoneCommon):
    """Odoo's own mail queue, and a real server on the loopback address."""

    def setUp(self):
        super().setUp()
        self.env["mail.mail"].search([("state", "=", "outgoing")]).cancel()
        self.env["ir.mail_server"].search([]).action_archive()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
        self.env["ir.mail_server"].create(
            {"name": "Loopback", "smtp_host": "127.0.0.1", "smtp_port": self.port}
        )
        self.inbox = Inbox()
        self.company.email = "leerhuis@dekade.example.com"
        self.rule = self._create_rule()
        self.registration = self._start()
        self.milestone = self._get(self.registration, self.rule)

    def _serve(self):
        server = Controller(self.inbox, hostname="127.0.0.1", port=self.port)
        server.start()
        self.addCleanup(server.stop)

    def _trigger(self, name):
        with self.enter_registry_test_mode():
            self.assertIs(self.env.ref(name).method_direct_trigger(), True)

    def _deliver(self):
        """Let Odoo's own scheduled action send what is in its queue."""
        # Odoo's tests send nothing unless told so: here the mail must arrive.
        with patch.object(IrMail_Server, "_disable_send", lambda *_args: False):
            self._trigger("mail.ir_cron_mail_scheduler_action")

    def _remind(self, moment):
        """Let the scheduled action run at ``moment``, and then Odoo's mail queue."""
        with freeze_time(moment):
            self._trigger(ROOT + "ir_cron_kmop_milestones")
        self._deliver()

    def _get_lines(self, kind="reminder"):
        lines = self.milestone.reminder_ids
        return lines.filtered(lambda r: r.kind == kind).sorted("id")


@tagged("post_install", "-at_install")
class TestReminderServer(ServerCommon):
    def test_arrives(self):
        self._serve()
        self.rule.recipient_ids |= self.administrator
        self._remind(DAY)
        self.assertEqual(
            self.inbox.get_recipients(),
            ["manager@dekade.example.com", "officer@dekade.example.com"],
        )
        for recipients, message in self.inbox.received:
            self.assertEqual(len(recipients), 1)
            self.assertIn(recipients[0], message["To"])
            self.assertIn("leerhuis@dekade.example.com", message["From"])
            self.assertEqual(
                message["Subject"], f"6 months ({self.registration.display_name})"
            )
            self._check_parts(message)
        self._remind(f"{DAY} 01:00:00")
        self.assertEqual(set(self._get_lines().mapped("state")), {"sent"})
        self.assertEqual(len(self.inbox.received), 2, "once each")

    def _check_parts(self, message):
        self.assertEqual(message.get_content_type(), "multipart/alternative")
        plain, rich = message.iter_parts()
        self.assertEqual(plain.get_content_type(), "text/plain")
        self.assertEqual(rich.get_content_type(), "text/html")
        link = f"/odoo/kmop/{self.registration.id}"
        for part in (plain, rich):
            text = part.get_content()
            self.assertIn("02/29/2028", text)
            self.assertIn("184", text)
            self.assertIn(link, text)
            self.assertIn("/kmop/reminders/", text)
            self.assertNotIn("t-out", text)

    def test_each_in_their_own_language(self):
        self._serve()
        self.env["res.lang"]._activate_lang("nl_BE")
        dutch = self.template.with_context(lang="nl_BE")
        dutch.subject = "Denk eraan: {{ object.milestone_id.name }}"
        dutch.body_html = "<p>Nog <b t-out='object.milestone_id.days_left'/> dagen</p>"
        self.rule.with_context(lang="nl_BE").name = "Zes maanden"
        self.rule.recipient_ids |= self.administrator
        self.officer.lang = "nl_BE"
        self._remind(DAY)
        by_person = {found[0]: message for found, message in self.inbox.received}
        mine = by_person["officer@dekade.example.com"]
        self.assertEqual(mine["Subject"], "Denk eraan: Zes maanden")
        self.assertIn("Nog *184* dagen", mine.get_body(("plain",)).get_content())
        other = by_person["manager@dekade.example.com"]
        self.assertIn("6 months", other["Subject"])
        self.assertIn("days left", other.get_body(("plain",)).get_content())

    def test_only_optional_mail_can_be_unsubscribed_from(self):
        self._serve()
        self._remind(DAY)
        last = self._create_rule(2, "weeks", optional=False)
        self.assertTrue(self._get(self.registration, last))
        self._remind("2028-02-15")
        (_first, optional), (_second, necessary) = self.inbox.received
        self.assertRegex(optional["List-Unsubscribe"], r"^<http.+/kmop/reminders/.+>$")
        self.assertEqual(
            optional["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click"
        )
        self.assertFalse(necessary["List-Unsubscribe"])
        self.assertNotIn("/kmop/reminders/", necessary.as_string())

    @mute_logger(REMINDER, MAIL)
    def test_server_down(self):
        self._remind(f"{DAY} 06:00:00")
        with freeze_time(f"{DAY} 06:02:00"):
            self._trigger(ROOT + "ir_cron_kmop_milestones")
        line = self._get_lines()
        self.assertEqual((line.state, line.attempts), ("waiting", 1))
        self.assertIn("refused", line.error.lower())
        self.assertEqual(str(line.date_retry), f"{DAY} 07:02:00")
        self._serve()
        self._remind(f"{DAY} 07:00:00")
        self.assertFalse(self.inbox.received, "not yet")
        self._remind(f"{DAY} 07:03:00")
        self._remind(f"{DAY} 07:05:00")
        self.assertEqual(self.inbox.get_recipients(), ["officer@dekade.example.com"])
        self.assertEqual((line.state, line.error), ("sent", False))

    @mute_logger(REMINDER, MAIL)
    def test_a_failure_is_noted_without_waiting_a_day(self):
        """What the queue did wakes the scheduled action, which plans the retry."""
        cron = self.env.ref(ROOT + "ir_cron_kmop_milestones")
        triggers = self.env["ir.cron.trigger"]
        with freeze_time(DAY):
            self._trigger(ROOT + "ir_cron_kmop_milestones")
        triggers.search([("cron_id", "=", cron.id)]).unlink()
        self._deliver()
        self.assertTrue(triggers.search([("cron_id", "=", cron.id)]))
        triggers.search([("cron_id", "=", cron.id)]).unlink()
        with freeze_time(f"{DAY} 06:02:00"):
            self._trigger(ROOT + "ir_cron_kmop_milestones")
        calls = triggers.search([("cron_id", "=", cron.id)]).mapped("call_at")
        self.assertIn(f"{DAY} 07:02:00", [str(call) for call in calls])

    @mute_logger(REMINDER, MAIL)
    def test_sent_by_hand_meanwhile(self):
        """Who mended the server and sent the mail isn't followed by a second one."""
        self._remind(f"{DAY} 06:00:00")
        with freeze_time(f"{DAY} 06:02:00"):
            self._trigger(ROOT + "ir_cron_kmop_milestones")
        self._serve()
        line = self._get_lines()
        self.assertEqual(line.state, "waiting")
        line.mail_id.action_retry()
        self._deliver()
        self._remind(f"{DAY} 07:03:00")
        self._remind(f"{DAY} 07:05:00")
        self.assertEqual(len(self.inbox.received), 1)
        self.assertEqual(line.state, "sent")

    def test_slow_server(self):
        self._serve()
        self.inbox.seconds = 2
        self.rule.recipient_ids |= self.administrator
        self._remind(DAY)
        self._remind(f"{DAY} 01:00:00")
        self.assertEqual(
            self.inbox.get_recipients(),
            ["manager@dekade.example.com", "officer@dekade.example.com"],
        )
        self.assertEqual(set(self._get_lines().mapped("state")), {"sent"})

    @mute_logger(REMINDER, MAIL)
    def test_server_hangs(self):
        """One that answers too late is as one that is down: later, one mail."""
        self._serve()
        self.inbox.seconds = 3
        cron = self.env.ref(ROOT + "ir_cron_kmop_milestones")
        triggers = self.env["ir.cron.trigger"]
        triggers.search([("cron_id", "=", cron.id)]).unlink()
        with patch.object(ir_mail_server, "SMTP_TIMEOUT", 1):
            self._remind(f"{DAY} 06:00:00")
        calls = triggers.search([("cron_id", "=", cron.id)]).mapped("call_at")
        self.assertEqual([str(call) for call in calls], [f"{DAY} 07:00:00"])
        with freeze_time(f"{DAY} 07:00:00"):
            self._trigger(ROOT + "ir_cron_kmop_milestones")
        line = self._get_lines()
        self.assertEqual((line.state, line.attempts), ("waiting", 1))
        self.assertTrue(line.error)
        self.assertFalse(self.inbox.received)
        self.inbox.seconds = 0
        self._remind(f"{DAY} 08:00:00")
        self._remind(f"{DAY} 08:05:00")
        self.assertEqual(self.inbox.get_recipients(), ["officer@dekade.example.com"])
        self.assertEqual(line.state, "sent")

    def test_as_shipped_in_every_language(self):
        """What leaves here in French and Dutch is what was translated."""
        self._serve()
        languages = ["nl_BE", "fr_BE"]
        for lang in languages:
            self.env["res.lang"]._activate_lang(lang)
        self.env["ir.module.module"]._load_module_terms(
            ["kmop_registration"], languages, overwrite=True
        )
        self.rule.recipient_ids |= self.administrator
        self.officer.lang, self.manager.lang = languages
        self._remind(DAY)
        for person, words in (
            ("officer", ("Dag Officer,", "Einde van de registratie", "dagen over")),
            ("manager", ("Bonjour Manager,", "enregistrement", "jours restants")),
        ):
            (message,) = (
                message
                for found, message in self.inbox.received
                if found == [f"{person}@dekade.example.com"]
            )
            for kind in ("plain", "html"):
                text = message.get_body((kind,)).get_content()
                for word in words:
                    self.assertIn(word, text)

    @mute_logger(REMINDER, MAIL)
    def test_one_address_refused(self):
        self._serve()
        self.inbox.refused = {"officer@dekade.example.com"}
        self.rule.recipient_ids |= self.administrator
        self._remind(f"{DAY} 06:00:00")
        self._remind(f"{DAY} 06:02:00")
        self.assertEqual(self.inbox.get_recipients(), ["manager@dekade.example.com"])
        mine = self._get_lines().filtered(
            lambda r: r.partner_id == self.officer.partner_id
        )
        self.assertEqual((mine.state, mine.attempts), ("waiting", 1))
        self.assertIn("No such user here", mine.error)
        self.assertEqual((self._get_lines() - mine).state, "sent")
        for day in range(1, 10):
            self._remind(f"2027-09-0{day} 06:00:00")
            self._remind(f"2027-09-0{day} 06:02:00")
        self.assertEqual((mine.state, mine.attempts), ("failed", 6))
        told = [message["Subject"] for _found, message in self.inbox.received[1:]]
        self.assertEqual(len(told), 1, "the administrators are told once")
        self.assertIn("Not delivered: 6 months", told[0])
        self.assertEqual(self.inbox.received[1][0], ["manager@dekade.example.com"])


@tagged("post_install", "-at_install")
class TestReminderLinks(ServerCommon, HttpCase):
    """The addresses in a mail that arrived, opened as its reader would."""

    def _trigger(self, name):
        self.assertIs(self.env.ref(name).method_direct_trigger(), True)

    def setUp(self):
        super().setUp()
        self.env["ir.config_parameter"].set_param("web.base.url", self.base_url())
        self._serve()
        self._remind(DAY)
        ((_found, self.message),) = self.inbox.received

    def _get_link(self, word):
        body = html.fromstring(self.message.get_body(("html",)).get_content())
        (link,) = (a.get("href") for a in body.iter("a") if word in a.get("href"))
        return link

    def test_preferences_open(self):
        link = self._get_link("/kmop/reminders/")
        self.assertTrue(link.startswith(self.base_url()))
        response = self.url_open(link)
        self.assertEqual(response.status_code, 200)
        self.assertIn("6 months", response.text)
        self.assertIn("Officer", response.text)
        forged = link[:-1] + ("1" if link.endswith("0") else "0")
        self.assertEqual(self.url_open(forged).status_code, 404)

    def test_one_click(self):
        address = self.message["List-Unsubscribe"].strip("<>")
        response = self.url_open(address, {"List-Unsubscribe": "One-Click"})
        self.assertEqual(response.status_code, 200)
        partner = self.officer.partner_id.sudo()
        self.assertIn(self.rule, partner.kmop_optout_ids)

    def test_record_opens(self):
        path = urlsplit(self._get_link("/odoo/kmop/")).path
        self.authenticate("kmop_officer", "kmop_officer")
        response = self.url_open(path)
        self.assertEqual(response.status_code, 200)
        self.assertEqual(path, f"/odoo/kmop/{self.registration.id}")

import re
import socket
from collections import defaultdict
from email import message_from_bytes, policy
from unittest.mock import patch

from aiosmtpd.controller import Controller

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.base.models.ir_mail_server import IrMail_Server

from .test_satisfaction import SatisfactionCommon

MODULE = "odoo.addons.kmop_registration.models.satisfaction.sale_order"
PEOPLE = (
    ("Anke", "anke@klant.example.com", "nl_BE"),
    ("Benoît", "benoit@klant.example.com", "fr_BE"),
    ("Cathy", "cathy@klant.example.com", "en_US"),
)


class Inbox:
    """An SMTP server's memory: the messages by who was written to."""

    def __init__(self):
        self.received = defaultdict(list)

    async def handle_DATA(self, _server, _session, envelope):
        message = message_from_bytes(envelope.content, policy=policy.default)
        for recipient in envelope.rcpt_tos:
            self.received[recipient].append(message)
        return "250 OK"


class InviteCommon(SatisfactionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        langs = ["nl_BE", "fr_BE"]
        for lang in langs:
            cls.env["res.lang"]._activate_lang(lang)
        cls.env["ir.module.module"]._load_module_terms(
            ["kmop_registration"], langs, overwrite=True
        )

    def setUp(self):
        super().setUp()
        self._add_people(self.order)

    def _add_people(self, order, people=PEOPLE):
        order.kmop_participant_ids = [
            (0, 0, {"name": name, "email": email, "lang": lang})
            for name, email, lang in people
        ]

    def _get_answers(self, order=None):
        order = order or self.order
        return self.env["survey.user_input"].search([("kmop_order_id", "=", order.id)])

    def _get_mails(self, function):
        """Return the mails with a link to a survey that a call made."""
        domain = [("body_html", "like", "/survey/start/")]
        before = self.env["mail.mail"].search(domain)
        function()
        return self.env["mail.mail"].search(domain) - before

    def _run_cron(self, day):
        cron = self.env.ref("kmop_registration.ir_cron_kmop_survey")

        def run():
            with freeze_time(day), self.enter_registry_test_mode():
                self.assertIs(cron.method_direct_trigger(), True)

        return self._get_mails(run)


@tagged("post_install", "-at_install")
@freeze_time("2026-06-05")
class TestSatisfactionInvite(InviteCommon):
    # ------------------------------------------------------------------ the survey

    def test_shipped_survey(self):
        survey = self.env.ref("kmop_registration.survey_satisfaction")
        survey.kmop_satisfaction = "both"
        self.assertFalse(survey.kmop_notice)
        self.assertEqual(
            set(survey._kmop_get_measured().mapped("kmop_dimension")),
            {"content", "form", "general", "recommendation"},
        )
        self.survey.kmop_satisfaction = False
        self.assertEqual(self.order._kmop_get_survey(), survey)

    def test_own_survey_goes_before_the_common_one(self):
        own = self.survey.copy({"kmop_satisfaction": "training"})
        self.assertEqual(self.order._kmop_get_survey(), own)
        own.action_archive()
        self.assertEqual(self.order._kmop_get_survey(), self.survey)

    # ------------------------------------------------------------------ real server

    def _serve(self):
        inbox = Inbox()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        server = Controller(inbox, hostname="127.0.0.1", port=port)
        server.start()
        self.addCleanup(server.stop)
        self.env["ir.mail_server"].search([]).action_archive()
        self.env["ir.mail_server"].create(
            {"name": "Loopback", "smtp_host": "127.0.0.1", "smtp_port": port}
        )
        return inbox

    def _deliver(self, mails):
        # Odoo's tests send nothing unless told so: here the mails must arrive.
        with patch.object(IrMail_Server, "_disable_send", lambda *_args: False):
            mails.send(raise_exception=True)

    def test_arrives_in_everybodys_language(self):
        self.training.with_context(lang="fr_BE").name = "Travailler en paix"
        inbox = self._serve()
        self._deliver(self._get_mails(self.order.action_kmop_invite))
        subjects = {
            address: messages[0]["Subject"]
            for address, messages in inbox.received.items()
        }
        self.assertEqual(
            subjects,
            {
                "anke@klant.example.com": "Hoe was Digitaal veilig werken?",
                "benoit@klant.example.com": "Votre avis sur Travailler en paix\xa0?",
                "cathy@klant.example.com": "How was Digitaal veilig werken?",
            },
        )

    def test_what_arrives(self):
        inbox = self._serve()
        self._deliver(self._get_mails(self.order.action_kmop_invite))
        (message,) = inbox.received["cathy@klant.example.com"]
        self.assertIn("salesman@dekade.example.com", message["From"])
        self.assertIn("salesman@dekade.example.com", message["Reply-To"])
        plain = message.get_body(("plain",)).get_content()
        html = message.get_body(("html",)).get_content()
        answer = self._get_answers().filtered(
            lambda a: a.email == "cathy@klant.example.com"
        )
        for part in (plain, html):
            for text in ("Cathy", "Digitaal veilig werken", answer.access_token):
                self.assertIn(text, part)
        self.assertNotIn("<img", html)
        self.assertIn("as long as that has to be kept", html)
        self.assertIn(f'href="{answer.get_base_url()}/survey/start/', html)

    def test_sent_mails_are_not_kept(self):
        self._serve()
        mails = self._get_mails(self.order.action_kmop_invite)
        self._deliver(mails)
        self.assertFalse(mails.exists())

    def test_never_from_the_robot(self):
        self.order.sudo().user_id = False
        self.company.email = "info@dekade.example.com"
        for mail in self._get_mails(self.order.action_kmop_invite):
            self.assertIn("info@dekade.example.com", mail.email_from)
            self.assertEqual(mail.author_id, self.company.partner_id)

    # ------------------------------------------------------------------- recipients

    def test_who_was_there_once_by_address(self):
        people = self.order.kmop_participant_ids
        people[0].attended = False
        people[1].email = "CATHY@klant.example.com"
        self.order.action_kmop_invite()
        self.assertEqual(
            self._get_answers().mapped("email"), ["cathy@klant.example.com"]
        )

    def test_the_address_of_the_list_goes_first(self):
        contact = self.env["res.partner"].create(
            {"name": "Anke", "email": "anke@thuis.example.com", "lang": "fr_BE"}
        )
        self.order.kmop_participant_ids[1:].unlink()
        participant = self.order.kmop_participant_ids
        participant.write({"partner_id": contact.id, "email": "anke@werk.example.com"})
        self.order.action_kmop_invite()
        answer = self._get_answers()
        self.assertFalse(answer.partner_id)
        self.assertEqual(answer.email, "anke@werk.example.com")
        self.assertEqual(answer.nickname, "Anke")

    def test_contact(self):
        contact = self.env["res.partner"].create(
            {"name": "Anke", "email": "anke@thuis.example.com", "lang": "fr_BE"}
        )
        self.survey.lang_ids = False
        self.order.kmop_participant_ids.unlink()
        self.order.kmop_participant_ids = [(0, 0, {"partner_id": contact.id})]
        mail = self._get_mails(self.order.action_kmop_invite)
        self.assertEqual(mail.recipient_ids, contact)
        self.assertEqual(self._get_answers().lang_id.code, "fr_BE")

    def test_client_where_there_are_no_participants(self):
        self.order.kmop_participant_ids.unlink()
        self.client.sudo().email = "info@klant.example.com"
        self.order.action_kmop_invite()
        self.assertEqual(self._get_answers().partner_id, self.client)

    def test_no_valid_address_is_told(self):
        self.order.kmop_participant_ids[0].email = "anke@"
        self.order.action_kmop_invite()
        self.assertEqual(len(self._get_answers()), 2)
        self.assertIn("Anke", self.order.message_ids[:1].body)

    # --------------------------------------------------------------- clear messages

    def _assert_refused(self, text, order=None):
        order = order or self.order
        with self.assertRaises(UserError) as caught:
            order.action_kmop_invite()
        self.assertIn(text, str(caught.exception))
        self.assertFalse(order.kmop_date_invited)

    def test_nobody_to_ask(self):
        self.order.kmop_participant_ids.email = False
        self._assert_refused("nobody with an e-mail address")

    def test_archived_or_deleted_survey(self):
        self.survey.action_archive()
        self._assert_refused("no satisfaction survey")
        self.survey.unlink()
        self._assert_refused("no satisfaction survey")

    def test_survey_without_a_scale(self):
        self.survey.question_ids.filtered("kmop_dimension").question_type = "text_box"
        self._assert_refused("no question that gives a figure")

    def test_cancelled(self):
        self.order._action_cancel()
        self._assert_refused("cancelled")

    def test_not_for_who_may_not_write(self):
        with self.assertRaises(UserError):
            self.order.with_user(self.stranger).action_kmop_invite()

    # ------------------------------------------------------------------------- once

    def test_once_and_one_reminder(self):
        self.order.action_kmop_invite()
        with self.assertRaises(UserError):
            self.order.action_kmop_invite()
        answers = self._get_answers()
        answers[0]._mark_done()
        mails = self._get_mails(self.order.action_kmop_remind)
        self.assertEqual(len(mails), 2)
        self.assertEqual(self._get_answers(), answers)
        for mail in mails:
            self.assertRegex(mail.subject, r"^(Reminder|Herinnering|Rappel\s):")
            self.assertRegex(
                mail.body_html, "only reminder|enige herinnering|seul rappel"
            )
        with self.assertRaises(UserError):
            self.order.action_kmop_remind()

    def test_reminder_goes_to_who_became_a_contact(self):
        """The same answer is asked for again, not one more."""
        self.order.action_kmop_invite()
        self.env["res.partner"].create({"name": "Anke", "email": PEOPLE[0][1]})
        self.order.action_kmop_remind()
        self.assertEqual(len(self._get_answers()), 3)

    def test_reminder_in_their_language(self):
        self.order.action_kmop_invite()
        mails = self._get_mails(self.order.action_kmop_remind)
        subjects = {mail.email_to: mail.subject for mail in mails}
        self.assertTrue(subjects[PEOPLE[1][1]].startswith("Rappel\xa0: "))
        self.assertTrue(subjects[PEOPLE[2][1]].startswith("Reminder: "))

    def test_nobody_left_to_remind(self):
        self.order.action_kmop_invite()
        for answer in self._get_answers():
            answer._mark_done()
        with self.assertRaises(UserError) as caught:
            self.order.action_kmop_remind()
        self.assertIn("nobody is left", str(caught.exception))

    # -------------------------------------------------------------------- by itself

    def _switch_on(self, **vals):
        self.company.write({"kmop_survey_auto": True, **vals})

    def test_off_by_default(self):
        self.assertFalse(self._run_cron("2026-06-05"))

    def test_on_the_day_and_once(self):
        self._switch_on(kmop_survey_days=3, kmop_reminder_days=7)
        days = ("2026-06-04", "2026-06-05", "2026-06-05", "2026-06-11", "2026-06-12")
        sent = [len(self._run_cron(day)) for day in days]
        self.assertEqual(sent, [0, 3, 0, 0, 3])
        self.assertFalse(self._run_cron("2026-06-13") + self._run_cron("2026-06-30"))
        self.assertEqual(len(self._get_answers()), 3)

    def test_caught_up_after_downtime(self):
        self._switch_on()
        self.assertEqual(len(self._run_cron("2026-06-20")), 3)
        self.assertEqual(
            self.order.kmop_date_invited, fields.Date.to_date("2026-06-20")
        )

    def test_not_what_was_over_before(self):
        self._switch_on()
        self.assertFalse(self._run_cron("2026-08-20"))

    def test_no_reminder_where_none_is_wanted(self):
        self._switch_on(kmop_reminder_days=0)
        self.assertEqual(len(self._run_cron("2026-06-05")), 3)
        self.assertFalse(self._run_cron("2026-06-25"))

    def test_one_failure_does_not_stop_the_others(self):
        self._switch_on()
        lonely = self._create_dossier()
        lonely.action_confirm()
        self.assertEqual(len(self._run_cron("2026-06-05")), 3)
        self.assertFalse(lonely.kmop_date_invited)
        self.assertIn("nobody with an e-mail", lonely.kmop_survey_error)
        self.assertEqual(lonely.activity_ids.user_id, self.salesman)
        messages = lonely.message_ids
        self.assertFalse(self._run_cron("2026-06-06"))
        self.assertEqual(lonely.message_ids, messages)
        self._add_people(lonely)
        self.assertEqual(len(self._get_mails(lonely.action_kmop_invite)), 3)
        self.assertFalse(lonely.kmop_survey_error)

    @mute_logger(MODULE, "odoo.addons.mail.models.mail_render_mixin")
    def test_broken_template(self):
        self._switch_on()
        other = self._create_dossier()
        other.action_confirm()
        self._add_people(other)
        template = self.env.ref("kmop_registration.mail_template_satisfaction")
        template.subject = f"{{{{ 1 / (object.kmop_order_id.id - {other.id}) }}}}"
        self.assertEqual(len(self._run_cron("2026-06-05")), 3)
        self.assertTrue(other.kmop_survey_error)
        self.assertFalse(self._get_answers(other), "nothing is left half done")

    def test_more_than_a_batch(self):
        self._switch_on()
        orders = self.order.browse()
        for _i in range(3):
            order = self._create_dossier()
            self._add_people(order, PEOPLE[:1])
            orders |= order
        orders.action_confirm()
        with patch(f"{MODULE}.BATCH", 2):
            self.assertEqual(len(self._run_cron("2026-06-05")), 6)

    def test_failure_that_nobody_answers_for(self):
        """It is on the dossier and in the log, and nobody gets a to-do."""
        self.order.user_id = self.registration.user_id = False

        def fail(_order):
            raise ValueError("Kapot")

        with self.assertLogs(MODULE, "ERROR"):
            self.order._kmop_send_safely(fail)
        self.assertEqual(self.order.kmop_survey_error, "Kapot")
        self.assertFalse(self.order.activity_ids)

    def test_login_keeps_participants_out(self):
        self.assertNotIn("require no login", self.survey.kmop_notice or "")
        self.survey.users_login_required = True
        self.assertIn("require no login", self.survey.kmop_notice)


@tagged("post_install", "-at_install")
@freeze_time("2026-06-05")
class TestSatisfactionAnonymous(InviteCommon):
    def setUp(self):
        super().setUp()
        self.survey.kmop_anonymous = True

    def _assert_nobody(self, answer):
        """Nothing that is stored beside the answer leads to a person."""
        self.env.flush_all()
        self.env.invalidate_all()
        root = self.env.ref("base.user_root")
        for name in ("partner_id", "email", "nickname", "lang_id", "invite_token"):
            self.assertFalse(answer[name], name)
        for record in (answer, *answer.user_input_line_ids):
            self.assertEqual(record.create_uid + record.write_uid, root)
        log = [("model", "=", answer._name), ("res_id", "=", answer.id)]
        author = self.env["mail.message"].search(log).author_id
        self.assertFalse(author - root.partner_id)
        log[0] = ("res_model", "=", answer._name)
        self.assertFalse(self.env["mail.followers"].search(log))
        for model in ("mail.message", "mail.mail"):
            domain = [
                (
                    "body" + "_html" * (model == "mail.mail"),
                    "ilike",
                    answer.access_token,
                )
            ]
            self.assertFalse(self.env[model].search(domain), model)

    def test_invited(self):
        self._get_mails(self.order.action_kmop_invite).unlink()
        answers = self._get_answers()
        self.assertEqual(len(answers), 3)
        for answer in answers:
            self._assert_nobody(answer)
            answer._save_lines(self.survey.question_ids[0], "8")
            answer._mark_done()
            self._assert_nobody(answer)
        self.assertEqual(self._get_figures()["rate"], 100)

    def test_in_no_order(self):
        """Contacts or not, and whatever the language: chance has the order."""
        contact = self.env["res.partner"].create(
            {"name": "Dirk", "email": "dirk@klant.example.com", "lang": "fr_BE"}
        )
        self.order.kmop_participant_ids = [(0, 0, {"partner_id": contact.id})]
        orders = set()
        for _i in range(40):
            self.order.sudo().kmop_date_invited = False
            known = self.env["survey.user_input"].search([])
            mails = self._get_mails(self.order.action_kmop_invite)
            token = re.compile("answer_token=([-0-9a-f]+)")
            people = {
                token.search(mail.body_html).group(1): (
                    mail.email_to or mail.recipient_ids.email
                )
                for mail in mails
            }
            answers = self.env["survey.user_input"].search([], order="id") - known
            orders.add(tuple(people[answer.access_token] for answer in answers))
            mails.unlink()
        first = {order[0] for order in orders}
        self.assertEqual(len(first), 4, "each of them came first at some time")
        self.assertGreater(len(orders), 8)

    def test_evidence_and_finding_name_nobody(self):
        answer = self._answer(["1", "1", "1"])
        finding = self.registration.finding_ids
        evidence = self.order.kmop_dossier_evidence_ids.filtered(
            lambda e: e.res_id == answer.id and e.res_model == answer._name
        )
        root = self.env.ref("base.user_root")
        for record in (finding, evidence):
            self.assertEqual(record.create_uid, root)

    def test_nobody_is_reminded(self):
        self.order.action_kmop_invite()
        with self.assertRaises(UserError) as caught:
            self.order.action_kmop_remind()
        self.assertIn("anonymous", str(caught.exception))
        self.company.kmop_survey_auto = True
        self.assertFalse(self._run_cron("2026-06-20"))

    def test_not_with_a_name_on_it(self):
        values = {
            "question_type": "char_box",
            "save_as_nickname": True,
            "title": "Naam",
        }
        with self.assertRaises(ValidationError):
            self.survey.question_and_page_ids = [(0, 0, values)]
        named = self.survey.copy({"kmop_anonymous": False})
        named.question_and_page_ids = [(0, 0, values)]
        with self.assertRaises(ValidationError):
            named.kmop_anonymous = True

    def test_not_once_there_are_names(self):
        named = self.survey.copy({"kmop_anonymous": False})
        named._create_answer(partner=self.client)
        with self.assertRaises(ValidationError):
            named.kmop_anonymous = True
        named.copy().kmop_anonymous = True


@tagged("post_install", "-at_install")
@freeze_time("2026-06-05")
class TestSatisfactionPrivacy(InviteCommon):
    """A person's data can be removed; what they told stays."""

    def setUp(self):
        super().setUp()
        self.order.action_kmop_invite()
        self.mine = self._get_answers().filtered(lambda a: a.email == PEOPLE[0][1])
        self.mine._save_lines(self.survey.question_ids[0], "8")
        self.mine._mark_done()
        self._answer(["6"])

    def _get_evidence(self):
        return self.order.kmop_dossier_evidence_ids.filtered(
            lambda e: e.res_id == self.mine.id and e.res_model == self.mine._name
        )

    def test_removed(self):
        self.mine.unlink()
        self.assertEqual(self._get_figures()["answered"], 2)
        self.assertAlmostEqual(self._get_figures()["means"]["content"], 70)

    def test_kept_as_evidence_and_forgotten(self):
        evidence = self._get_evidence().with_user(self.officer)
        evidence.accept()
        with self.assertRaises(UserError):
            self.mine.unlink()
        self.mine.action_kmop_forget()
        self.assertFalse(self.mine.email or self.mine.nickname)
        content = evidence.file_ids.attachment_id.raw.decode()
        self.assertNotIn(PEOPLE[0][1], content)
        self.assertIn(self.order.name, content)
        self.assertEqual(evidence.verify()[evidence.id]["state"], "intact")
        self.assertEqual(self._get_figures()["answered"], 2)

    def test_not_for_everybody(self):
        with self.assertRaises(UserError):
            self.mine.with_user(self.salesman).action_kmop_forget()

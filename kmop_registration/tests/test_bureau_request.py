import socket
from datetime import date
from io import BytesIO
from unittest.mock import patch

from aiosmtpd.controller import Controller
from openpyxl import load_workbook

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

from odoo.addons.base.models.ir_mail_server import IrMail_Server

from .inbox import Inbox
from .test_bureau import BureauCommon

DUTCH = "nl_BE"


class RequestCommon(BureauCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang(DUTCH)
        cls.env["ir.module.module"]._load_module_terms(["kmop_registration"], [DUTCH])
        cls.provider = cls.company.partner_id
        belgium = cls.env.ref("base.be").id
        cls.provider.write(
            {"street": "Kade 1", "zip": "9000", "city": "Gent", "country_id": belgium}
        )
        cls.branch = cls.env["res.partner"].create(
            {
                "name": "Leslokaal Aalst",
                "parent_id": cls.provider.id,
                "type": "other",
                "street": "Markt 2",
                "city": "Aalst",
            }
        )

    def _new(self, user=None, **vals):
        wizards = self.env["kmop.audit.request"].with_user(user or self.officer)
        return wizards.create(
            {
                "audit_id": self.audit.id,
                "bureau_id": self.certup.id,
                "email": "audit@certup.example.com",
                "lang": "en_US",
                **vals,
            }
        )

    def _days(self, *days):
        return [Command.create({"date": day}) for day in days]

    def _get_message(self):
        messages = self.env["mail.message"].search(
            [
                ("model", "=", "kmop.audit"),
                ("res_id", "=", self.audit.id),
                ("message_type", "=", "comment"),
            ]
        )
        return messages[:1]


@tagged("post_install", "-at_install")
@freeze_time("2026-06-05 10:00:00")
class TestBureauRequest(RequestCommon):
    def _open(self):
        wizards = self.env["kmop.audit.request"].with_user(self.officer)
        return Form(wizards.with_context(default_audit_id=self.audit.id))

    # ------------------------------------------------------------------ proposals

    def test_proposals(self):
        with self._open() as form:
            self.assertEqual(form.kind, "audit")
            self.assertFalse(form.email)
            self.assertFalse(form.bureau_warning)
            self.assertFalse(form.link)
            self.assertEqual(form.seat_ids.ids, (self.provider | self.branch).ids)
            self.assertTrue(form.attach_pack)
            self.assertFalse(form.share_link)
            form.bureau_id = self.certup
            self.assertFalse(form.bureau_warning)
            self.assertEqual(form.lang, DUTCH, "nobody ever wrote to it")
            form.lang = "en_US"
            form.email = "x@certup.example.com"
            for text in ("Leerhuis Test", "Training", "Starter", "Kade 1, 9000 Gent"):
                self.assertIn(text, form.body)
            self.assertIn(self.part1.name, form.body)
            self.assertIn("is attached", form.body)
            form.attach_pack = False
            self.assertNotIn("is attached", form.body)
            form.kind = "information"
            self.assertIn("course of the audit", form.body)
            self.assertIn("Question", form.subject)

    def test_language_of_who_was_written_to_before(self):
        self.certup.write({"email": "a@certup.example.com", "lang": "en_US"})
        with self._open() as form:
            form.bureau_id = self.certup
            self.assertEqual(form.lang, "en_US")
            self.assertEqual(form.email, "a@certup.example.com")

    def test_another_bureau_warns(self):
        with self._open() as form:
            form.bureau_id = self.bureau
            self.assertIn("Auditbureau isn't among", form.bureau_warning)
            form.email = "x@example.com"

    def test_several_dates_in_order(self):
        wizard = self._new(
            lang=DUTCH,
            date_ids=[
                Command.create({"date": "2026-09-14", "moment": "morning"}),
                *self._days("2026-09-07"),
            ],
        )
        first = wizard.body.index("maandag 7 september 2026")
        self.assertLess(first, wizard.body.index("maandag 14 september 2026"))

    def test_written_anew_until_edited(self):
        with self._open() as form:
            form.bureau_id = self.certup
            form.email = "x@certup.example.com"
            form.lang = "en_US"
            with form.date_ids.new() as line:
                line.date = date(2026, 9, 7)
            self.assertIn("7 September 2026", form.body)
            form.body = "<p>Mijn eigen woorden</p>"
        form.record.action_send()
        self.assertEqual(self._get_message().body, "<p>Mijn eigen woorden</p>")

    def test_link_only_where_there_is_one(self):
        self.assertFalse(self._new().link)
        access = self.env["kmop.audit.access"].create(
            {
                "audit_id": self.audit.id,
                "partner_id": self.certup.id,
                "date_expires": "2030-01-01",
            }
        )
        wizard = self._new()
        self.assertTrue(wizard.share_link)
        self.assertIn("access_token=", wizard.link)
        self.assertIn("/my/kmop/audits/", wizard.body)
        wizard.share_link = False
        self.assertNotIn("/my/kmop/audits/", wizard.body)
        access.revoke()
        self.assertFalse(self._new().link)

    def test_names_are_text(self):
        self.provider.name = "<script>alert(1)</script><b>Kade</b>"
        self.branch.street = "<img src=x onerror=alert(1)>"
        body = self._new().body
        for markup in ("<script", "<b>Kade", "<img"):
            self.assertNotIn(markup, body)
        self.assertIn("&lt;b&gt;Kade", body)

    # -------------------------------------------------------------------- sending

    def test_audit(self):
        self._new().action_send()
        self.assertRecordValues(
            self.audit,
            [
                {
                    "state": "requested",
                    "bureau_id": self.certup.id,
                    "date_requested": date(2026, 6, 5),
                }
            ],
        )
        message = self._get_message()
        self.assertEqual(message.partner_ids, self.certup)
        self.assertEqual(message.author_id, self.officer.partner_id)
        self.assertIn("Leerhuis Test", message.subject)
        workbook = load_workbook(BytesIO(message.attachment_ids.raw))
        self.assertIn("Cover", workbook.sheetnames)

    def test_information_moves_nothing(self):
        self._new(kind="information").action_send()
        self.assertEqual(self.audit.state, "draft")
        self.assertFalse(self.audit.bureau_id)
        message = self._get_message()
        self.assertEqual(message.partner_ids, self.certup)
        self.assertFalse(message.attachment_ids)

    def test_information_of_a_requested_audit(self):
        self.audit.request(self.certup)
        with self._open() as form:
            self.assertEqual(form.kind, "information")
            self.assertEqual(form.bureau_id, self.certup)
            form.email = "x@certup.example.com"
        form.record.action_send()
        self.assertEqual(self.audit.state, "requested")
        with self.assertRaisesRegex(UserError, "can't become requested"):
            self._new(kind="audit", email="x@certup.example.com").action_send()

    def test_workbook_in_the_bureaus_language(self):
        self._new(lang=DUTCH).action_send()
        attachment = self._get_message().attachment_ids
        self.assertIn("Opleiding", attachment.name)
        self.assertIn("Voorblad", load_workbook(BytesIO(attachment.raw)).sheetnames)

    # ------------------------------------------------------------------ the contact

    def test_kept_on_the_contact(self):
        """An officer who can't edit contacts completes a bureau's once."""
        self.assertFalse(self.certup.with_user(self.officer).has_access("write"))
        self._new(kind="information", lang=DUTCH).action_send()
        self.assertEqual(self.certup.email, "audit@certup.example.com")
        self.assertEqual(self.certup.lang, DUTCH)

    def test_anothers_address_isnt_changed(self):
        self._new(kind="information").action_send()
        self._new(kind="information", lang=DUTCH).action_send()
        self.assertEqual(self.certup.lang, "en_US")
        with self.assertRaises(AccessError):
            self._new(kind="information", email="else@example.com").action_send()
        with self.assertRaises(AccessError):
            self._new(bureau_id=self.client.id).action_send()
        self.officer.group_ids += self.env.ref("base.group_partner_manager")
        self._new(kind="information", email="else@example.com").action_send()
        self.assertEqual(self.certup.email, "else@example.com")

    # --------------------------------------------------------------------- errors

    def test_errors(self):
        for vals, message in (
            ({"bureau_id": False}, "Choose the audit bureau"),
            ({"email": False}, "valid e-mail address"),
            ({"email": "geen adres"}, "valid e-mail address"),
            ({"email": "a@example.com, b@example.com"}, "valid e-mail address"),
            ({"subject": " "}, "Write the message"),
            ({"body": "<p><br></p>"}, "Write the message"),
            ({"date_ids": self._days("2026-06-05")}, "choose days to come"),
            ({"date_ids": self._days("2026-09-07", "2026-06-01")}, "days to come"),
        ):
            with self.subTest(vals=vals):
                wizard = self._new(**vals)
                with self.assertRaisesRegex(UserError, message):
                    wizard.action_send()
        self.assertEqual(self.audit.state, "draft")
        self.assertFalse(self.certup.email)
        self.assertFalse(self._get_message())

    def test_days_to_come_where_the_company_is(self):
        """At 22:30 UTC it is the next day in Brussels."""
        with freeze_time("2026-06-05 22:30:00"):
            wizard = self._new(date_ids=self._days("2026-06-06"))
            with self.assertRaisesRegex(UserError, "choose days to come"):
                wizard.action_send()

    def test_closed(self):
        self.audit.cancel("Uitgesteld")
        for kind in ("audit", "information"):
            with self.subTest(kind=kind), self.assertRaisesRegex(UserError, "only"):
                self._new(kind=kind).action_send()

    # --------------------------------------------------------------------- access

    def test_others(self):
        for user in (self.reader, self.salesman, self.surveyor, self.stranger):
            for model, action, vals in (
                ("request", "action_send", {"email": "x@example.com"}),
                ("answer", "action_confirm", {}),
                ("meeting", "action_confirm", {"start": "2026-06-15 08:00:00"}),
            ):
                self.env.invalidate_all()
                wizards = self.env[f"kmop.audit.{model}"].with_user(user)
                vals = {"audit_id": self.audit.id, **vals}
                if model != "answer":
                    vals["bureau_id"] = self.certup.id
                with self.subTest(user=user.login, model=model):
                    with self.assertRaises(AccessError):
                        getattr(wizards.create(vals), action)()
        self.assertEqual(self.audit.state, "draft")
        self.assertFalse(self._get_message())

    def test_workbook_holds_what_the_sender_may_see(self):
        self._create_order(kmop_service="training")
        self._new().action_send()
        workbook = load_workbook(BytesIO(self._get_message().attachment_ids.raw))
        self.assertNotIn("Projects", workbook.sheetnames)


@tagged("post_install", "-at_install")
class TestBureauMail(RequestCommon):
    """What arrives at the bureau, through a real mail server."""

    def _listen(self):
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

    def _deliver(self, wizard):
        inbox = self._listen()
        before = self.env["mail.mail"].search([])
        wizard.action_send()
        mails = self.env["mail.mail"].search([]) - before
        # Odoo's tests send nothing unless told so: here the mail must arrive.
        with patch.object(IrMail_Server, "_disable_send", lambda *_args: False):
            mails.send(raise_exception=True)
        ((recipients, message),) = inbox.received
        self.assertEqual(recipients, ["audit@certup.example.com"])
        return message

    def test_arrives(self):
        mail = self._deliver(self._new(date_ids=self._days("2036-09-08")))
        self.assertIn("Leerhuis Test", mail["Subject"])
        self.assertIn("Officer", mail["From"])
        html = mail.get_body(["html"]).get_content()
        self.assertIn("We would like to have an audit", html)
        self.assertIn("8 September 2036", html)
        self.assertNotIn("/mail/view", html, "the bureau has no account")
        self.assertNotIn("Your kmop-norm audit", html, "it is the provider's")
        (workbook,) = mail.iter_attachments()
        self.assertIn("Training.xlsx", workbook.get_filename())
        sheets = load_workbook(BytesIO(workbook.get_content())).sheetnames
        self.assertIn("Audits", sheets)

    def test_in_the_bureaus_language(self):
        template = self.env.ref("kmop_registration.mail_template_audit_request")
        dutch = template.with_context(lang=DUTCH)
        dutch.body_html = dutch.body_html.replace(
            "Dear Sir or Madam", "Geachte"
        ).replace("Service:", "Dienst:")
        wizard = self._new(lang=DUTCH, date_ids=self._days("2036-09-08"))
        mail = self._deliver(wizard)
        html = mail.get_body(["html"]).get_content()
        for text in ("Geachte", "Dienst: Opleiding", "maandag 8 september 2036"):
            self.assertIn(text, html)
        self.assertIn("Opleiding.xlsx", next(mail.iter_attachments()).get_filename())

    def test_every_language_renders(self):
        self.env["res.lang"]._activate_lang("fr_BE")
        for lang in ("en_US", DUTCH, "fr_BE"):
            for kind in ("audit", "information"):
                wizard = self._new(kind=kind, lang=lang)
                with self.subTest(lang=lang, kind=kind):
                    self.assertIn("Leerhuis Test", wizard.subject)
                    self.assertIn("Leerhuis Test", wizard.body)
                    self.assertNotIn("t-out", wizard.body)

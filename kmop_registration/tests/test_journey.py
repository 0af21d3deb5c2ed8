import socket
from datetime import timedelta
from unittest.mock import patch
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller
from lxml import html

from odoo.tests import tagged

from odoo.addons.base.models.ir_mail_server import IrMail_Server

from .inbox import Inbox
from .pictures import PictureCase
from .test_dossier import DossierCommon

DUTCH = "nl_BE"


class JourneyCommon(DossierCommon, PictureCase):
    """New users of an empty company, who read Dutch, and a mail server."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang(DUTCH)
        modules = ["base", "mail", "sale", "survey", "kmop_registration"]
        cls.env["ir.module.module"]._load_module_terms(modules, [DUTCH])
        (cls.officer + cls.salesman).lang = DUTCH
        belgium = cls.env.ref("base.be")
        cls.company.write(
            {
                "email": "info@leerhuis.example.com",
                "country_id": belgium.id,
                "currency_id": cls.env.ref("base.EUR").id,
            }
        )
        cls.client.write({"name": "Bakkerij De Korst", "lang": DUTCH})

    def setUp(self):
        super().setUp()
        self.env["mail.mail"].search([("state", "=", "outgoing")]).cancel()
        self.env["ir.mail_server"].search([]).action_archive()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        self.env["ir.mail_server"].create(
            {"name": "Loopback", "smtp_host": "127.0.0.1", "smtp_port": port}
        )
        self.inbox = Inbox()
        server = Controller(self.inbox, hostname="127.0.0.1", port=port)
        server.start()
        self.addCleanup(server.stop)

    def _deliver(self):
        """Let Odoo's own scheduled action send what is in its queue."""
        self.env.invalidate_all()
        # Odoo's tests send nothing unless told so: here the mail must arrive.
        with patch.object(IrMail_Server, "_disable_send", lambda *_args: False):
            cron = self.env.ref("mail.ir_cron_mail_scheduler_action")
            with self.enter_registry_test_mode():
                self.assertIs(cron.method_direct_trigger(), True)

    def _get_mail(self, address):
        """Return the last mail to ``address``."""
        mails = [mail for found, mail in self.inbox.received if address in found]
        self.assertTrue(mails, f"{address} got no mail")
        return mails[-1]

    def _get_link(self, mail, part):
        """Return the path of the link in a mail, as a person would click it."""
        body = mail.get_body(("html",)).get_content()
        links = html.document_fromstring(body).xpath("//a/@href")
        url = urlsplit(next(link for link in links if part in link))
        return url._replace(scheme="", netloc="").geturl()


@tagged("post_install", "-at_install")
class TestJourney(JourneyCommon):
    """As a new user would, in Dutch: pictures are kept beside Odoo's own."""

    def test_officer(self):
        """From nothing to an audit that is requested."""
        self.start_tour(
            "/odoo/kmop",
            "kmop_journey_officer_tour",
            login=self.officer.login,
            timeout=300,
        )
        domain = [("company_id", "=", self.company.id)]
        registration = self.env["kmop.registration"].search(domain)
        self.assertEqual(registration.open_audit_id.state, "requested")
        self.assertEqual(set(registration.evidence_ids.mapped("state")), {"accepted"})
        self._deliver()
        mail = self._get_mail("audit@certup.example.com")
        self.assertIn("Leerhuis Test", mail.get_body(("plain",)).get_content())
        names = [part.get_filename() for part in mail.iter_attachments()]
        self.assertTrue(any(name.endswith(".xlsx") for name in names), names)

    def test_salesperson(self):
        """From a quote to a dossier that is complete."""
        registration = self._create_registration()
        day = self.company._kmop_today() - timedelta(days=60)
        self._decide(registration, day, number="DV.O123456")
        action = self.env.ref("sale.action_quotations").id
        login = self.salesman.login
        self.start_tour(
            f"/odoo/action-{action}",
            "kmop_journey_salesperson_tour",
            login=login,
            timeout=300,
        )
        dossier = self.env["sale.order"].search([("user_id", "=", self.salesman.id)])
        self.assertLess(dossier.kmop_completeness, 100)
        self._answer("petra@bakkerij.example.com")
        url = f"/odoo/action-{action}/{dossier.id}"
        self.start_tour(url, "kmop_journey_complete_tour", login=login, timeout=120)
        dossier.invalidate_recordset()
        self.assertEqual(dossier.kmop_completeness, 100)

    def _answer(self, address):
        self._deliver()
        link = self._get_link(self._get_mail(address), "/survey/")
        self.start_tour(link, "kmop_journey_participant_tour", login=None, timeout=120)

    def test_auditor(self):
        """From the mail to what was downloaded."""
        registration = self._create_registration()
        audit = registration.start_audit()
        self._accept_articles(registration)
        auditor = self.env["res.partner"].create(
            {"name": "An Auditor", "email": "an@bureau.example.com", "lang": DUTCH}
        )
        self.start_tour(
            f"/odoo/kmop-audits/{audit.id}",
            "kmop_journey_invite_tour",
            login=self.officer.login,
            timeout=120,
        )
        self._deliver()
        link = self._get_link(self._get_mail(auditor.email), "/my/kmop/audits/")
        self.start_tour(link, "kmop_journey_auditor_tour", login=None, timeout=120)
        self.env.invalidate_all()
        lines = audit.sudo().log_ids.filtered(lambda line: line.partner_id == auditor)
        self.assertLessEqual({"view", "download", "question"}, {*lines.mapped("kind")})
        taken = lines.filtered(lambda line: line.kind == "download")
        self.assertTrue(any(name.endswith(".zip") for name in taken.mapped("name")))
        self.assertIn("Wie volgt de klachten op?", audit.message_ids[0].body)

    def _accept_articles(self, registration):
        attachment = (
            self.env["ir.attachment"]
            .with_user(self.officer)
            .create({"name": "statuten.txt", "raw": b"onze statuten"})
        )
        evidence = self._create_evidence(
            registration, url=False, attachment_ids=[(6, 0, attachment.ids)]
        )
        evidence.submit()
        evidence.accept()

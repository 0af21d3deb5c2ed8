from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .test_dossier import DossierCommon


@tagged("post_install", "-at_install")
class TestHostPortal(DossierCommon, HttpCase):
    """A client signs and pays in a real browser, as without the addon."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registration = cls._create_registration()
        cls.env["account.chart.template"].try_loading("generic_coa", cls.company)
        cls.company.currency_id = cls.env.ref("base.EUR")
        cls.visitor = new_test_user(
            cls.env,
            "kmop_visitor",
            groups="base.group_portal",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def _create_quote(cls, order, **vals):
        order.sudo().write(
            {
                "state": "sent",
                "require_signature": True,
                "require_payment": False,
                **vals,
            }
        )
        return order

    def _check_confirmed(self, dossier):
        """The quote is evidence, waiting for judgement, of who sold it."""
        self.env.invalidate_all()
        self.assertEqual(dossier.state, "sale")
        evidence = dossier.sudo().kmop_dossier_evidence_ids.filtered(
            lambda e: e.res_model == "sale.order"
        )
        self.assertEqual(evidence.res_id, dossier.id)
        self.assertEqual(evidence.registration_id, self.registration)
        self.assertEqual(evidence.state, "submitted")
        self.assertEqual(evidence.owner_id, self.salesman)

    # ------------------------------------------------------------------------ signing

    def test_visitor_signs(self):
        """Whoever has the link signs; what follows is the salesperson's."""
        dossier = self._create_quote(self._create_dossier())
        self.start_tour(dossier.get_portal_url(), "kmop_portal_sign_tour")
        self._check_confirmed(dossier)
        self.assertEqual(dossier.signed_by, "Jan Zaakvoerder")
        self.assertTrue(dossier.signature)

    def test_portal_user_signs(self):
        partner = self.visitor.partner_id
        partner.parent_id = self.client
        dossier = self._create_quote(self._create_dossier(partner_id=partner.id))
        dossier.message_subscribe(partner.ids)
        self.start_tour(
            f"/my/orders/{dossier.id}", "kmop_portal_sign_tour", login="kmop_visitor"
        )
        self._check_confirmed(dossier)

    def test_visitor_signs_ordinary_quote(self):
        order = self._create_quote(self._create_order())
        self.start_tour(order.get_portal_url(), "kmop_portal_sign_tour")
        self.env.invalidate_all()
        self.assertEqual(order.state, "sale")
        self.assertFalse(order.kmop_evidence_ids)

    def test_visitor_declines(self):
        dossier = self._create_quote(self._create_dossier())
        page = self.url_open(dossier.get_portal_url())
        self.assertEqual(page.status_code, 200)
        url = dossier.get_portal_url(suffix="/decline")
        token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        self.url_open(url, {"decline_message": "Te duur", "csrf_token": token})
        self.env.invalidate_all()
        self.assertEqual(dossier.state, "cancel")

    def test_without_the_link(self):
        """Nobody reads a dossier whose link they don't have."""
        dossier = self._create_quote(self._create_dossier())
        answer = self.url_open(f"/my/orders/{dossier.id}", allow_redirects=False)
        self.assertEqual(answer.status_code, 303)

    # ------------------------------------------------------------------------- paying

    def _create_provider(self):
        """Offer a provider of payments that sends who pays straight back."""
        back = """<form action="/payment/status" method="get"/>"""
        view = self.env["ir.ui.view"].create(
            {"name": "kmop test", "type": "qweb", "arch": back}
        )
        method = self.env.ref("payment.payment_method_unknown")
        journal = self.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", self.company.id)], limit=1
        )
        provider = self.env["payment.provider"].create(
            {
                "name": "Bank",
                "company_id": self.company.id,
                "state": "test",
                "is_published": True,
                "payment_method_ids": [Command.set(method.ids)],
                "redirect_form_view_id": view.id,
            }
        )
        method.active = True
        self._connect(provider, journal)

    def _connect(self, provider, journal):
        """Book the payments of the provider, as installing a real one does."""
        method = (
            self.env["account.payment.method"]
            .sudo()
            .search([("payment_type", "=", "inbound")], limit=1)
        )
        self.env["account.payment.method.line"].create(
            {
                "name": "Bank",
                "payment_method_id": method.id,
                "journal_id": journal.id,
                "payment_provider_id": provider.id,
            }
        )

    def _pay(self, order):
        """Pay in the browser; the bank, far away, says that all is well at once."""
        transactions = self.env.registry["payment.transaction"]

        def tell_paid(transaction, _values):
            transaction._set_done()
            return {}

        with patch.object(transactions, "_get_specific_rendering_values", tell_paid):
            self.start_tour(order.get_portal_url(), "kmop_portal_pay_tour")
        self.env.invalidate_all()
        return order.sudo().transaction_ids

    def test_visitor_pays(self):
        """Paying confirms as signing does, and books the payment."""
        self._create_provider()
        dossier = self._create_quote(
            self._create_dossier(), require_signature=False, require_payment=True
        )
        transaction = self._pay(dossier)
        self.assertEqual(transaction.state, "done")
        self.assertTrue(transaction.is_post_processed)
        self.assertEqual(transaction.payment_id.state, "in_process")
        self._check_confirmed(dossier)

    def test_paid_and_invoiced(self):
        """Where Odoo invoices what was paid, the invoice is evidence as well."""
        self._create_provider()
        self.env["ir.config_parameter"].set_param("sale.automatic_invoice", "True")
        self.training.invoice_policy = "order"
        dossier = self._create_quote(
            self._create_dossier(), require_signature=False, require_payment=True
        )
        self._pay(dossier)
        invoice = dossier.sudo().invoice_ids
        self.assertEqual(invoice.state, "posted")
        evidence = dossier.sudo().kmop_dossier_evidence_ids.filtered(
            lambda e: e.res_model == "account.move"
        )
        self.assertEqual(evidence.res_id, invoice.id)
        self.assertEqual(evidence.state, "submitted")
        self.assertFalse(evidence.owner_id.share)
        self._check_confirmed(dossier)

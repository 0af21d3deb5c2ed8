from datetime import date

from odoo.exceptions import ValidationError
from odoo.tests import Form, freeze_time

from .common import KmopCommon


class DossierCommon(KmopCommon):
    """A registered provider with a training in its catalogue, and a small client."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.digital = cls.env.ref("kmop_registration.kmop_theme_digital")
        cls.cyber = cls.env.ref("kmop_registration.kmop_theme_cybersecurity")
        cls.training = cls._create_service("Digitaal veilig werken")
        cls.exam = cls.env["product.product"].create(
            {
                "name": "Examen",
                "type": "service",
                "list_price": 150,
                "taxes_id": False,
                "kmop_non_eligible": True,
            }
        )
        cls.client.write({"is_company": True, "kmop_size": "small"})

    @classmethod
    def _create_service(cls, name, **vals):
        return cls.env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "list_price": 1000,
                "taxes_id": False,
                "uom_id": cls.env.ref("uom.product_uom_day").id,
                "kmop_service": "training",
                "kmop_theme_id": cls.digital.id,
                "kmop_hours": 7,
                "kmop_form": "classroom",
                **vals,
            }
        )

    @classmethod
    def _create_dossier(cls, products=None, **vals):
        """Return a subsidised dossier of a training, as its salesperson sees it."""
        products = cls.training if products is None else products
        lines = [(0, 0, {"product_id": p.id}) for p in products]
        order = cls._create_order(
            **{
                "order_line": lines,
                "kmop_subsidised": True,
                "kmop_date_start": "2026-06-01",
                "kmop_date_end": "2026-06-02",
                **vals,
            }
        )
        return order.with_user(cls.salesman)

    def _create_dollars(self):
        """Return a pricelist in a currency of which one euro buys two."""
        euro, dollar = self.env.ref("base.EUR"), self.env.ref("base.USD")
        dollar.active = True
        self.company.currency_id = euro
        rates = self.env["res.currency.rate"]
        vals = {"company_id": self.company.id, "name": "2026-01-01"}
        rates.create({**vals, "currency_id": euro.id, "rate": 1})
        rates.create({**vals, "currency_id": dollar.id, "rate": 2})
        return self.env["product.pricelist"].create(
            {"name": "USD", "currency_id": dollar.id, "company_id": self.company.id}
        )

    def _get_checks(self, order):
        order.invalidate_recordset(["kmop_warnings"])
        return {warning["check"] for warning in order.kmop_warnings or []}


class RegisteredCommon(DossierCommon):
    """Registered for training from 1 March 2026 until 29 February 2028."""

    def setUp(self):
        super().setUp()
        self.registration = self._register()


class InvoicedCommon(RegisteredCommon):
    """A provider that can book invoices, by a user who doesn't sell."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["account.chart.template"].try_loading(
            "generic_coa", company=cls.company, install_demo=False
        )
        cls.company.currency_id = cls.env.ref("base.EUR")
        cls.client.vat = "BE0477472701"
        cls.bookkeeper = cls._create_user("bookkeeper", "account.group_account_invoice")

    def _create_invoice(self, orders, post=True, **vals):
        """Return the invoice of confirmed dossiers, as who books it sees it."""
        invoice = orders.sudo()._create_invoices().with_user(self.bookkeeper)
        invoice.ensure_one()
        invoice.write({"invoice_date": "2026-05-02", **vals})
        if post:
            invoice.action_post()
        return invoice

    def _create_sold(self, *args, **kwargs):
        order = self._create_dossier(*args, **kwargs)
        order.action_confirm()
        return order

    def _refund(self, invoice, **vals):
        refund = invoice._reverse_moves([{"invoice_date": "2026-05-03"}])
        refund.write(vals)
        refund.action_post()
        return refund


@freeze_time("2026-05-01")
class TestDossier(RegisteredCommon):
    def test_ordinary_quote(self):
        order = self._create_order()
        self.assertFalse(order.kmop_service)
        self.assertFalse(order.kmop_registration_id)
        self.assertFalse(order.kmop_checklist or order.kmop_warnings)

    def test_derived_from_products(self):
        order = self._create_dossier(self.training | self.exam)
        self.assertEqual(order.kmop_service, "training")
        self.assertEqual(order.kmop_theme_id, self.digital)
        self.assertEqual(order.kmop_hours, 7)
        self.assertEqual(order.kmop_form, "classroom")
        self.assertEqual(order.kmop_enterprise_id, self.client)
        self.assertEqual(order.kmop_registration_id, self.registration)
        self.assertEqual(order.kmop_amount_eligible, 1000)
        self.assertEqual(order.kmop_amount_other, 150)
        self.assertEqual(order.kmop_date_retention, date(2036, 6, 1))

    def test_overruled(self):
        order = self._create_dossier()
        order.kmop_theme_id = self.cyber
        self.assertTrue(order.kmop_overruled)
        order.order_line = [(0, 0, {"product_id": self.exam.id})]
        self.assertEqual(order.kmop_theme_id, self.cyber)
        order.kmop_theme_id = self.digital
        self.assertFalse(order.kmop_overruled)

    def test_in_the_form(self):
        with Form(self.env["sale.order"].with_user(self.salesman)) as form:
            form.partner_id = self.client
            with form.order_line.new() as line:
                line.product_id = self.training
            self.assertEqual(form.kmop_service, "training")
            form.kmop_subsidised = True
            form.kmop_date_start = date(2026, 6, 1)
            self.assertEqual(form.kmop_date_end, date(2026, 6, 1))
            self.assertEqual(form.kmop_subsidy, 300)
        self.assertFalse(form.record.kmop_overruled)

    def test_end_before_start(self):
        with self.assertRaises(ValidationError):
            self._create_dossier(kmop_date_end="2026-05-30")

    def test_warnings(self):
        order = self._create_dossier()
        self.assertFalse(self._get_checks(order))
        order.write({"kmop_date_start": "2029-06-01", "kmop_date_end": "2029-06-01"})
        self.assertIn("coverage", self._get_checks(order))

    def test_subsidy(self):
        order = self._create_dossier(self.training | self.exam)
        self.assertEqual(order.kmop_subsidy, 300)
        order.kmop_theme_id = self.cyber
        self.assertEqual(order.kmop_subsidy, 450)
        order.kmop_date_start = "2026-02-01"
        self.assertEqual(order.kmop_subsidy, 0)

    def test_confirm_links_quote(self):
        order = self._create_dossier()
        order.action_confirm()
        evidence = order.kmop_dossier_evidence_ids
        self.assertEqual(evidence.state, "submitted")
        self.assertEqual(evidence.owner_id, self.salesman)
        self.assertGreater(order.kmop_completeness, 0)
        order._action_cancel()
        self.assertEqual(evidence.state, "rejected")
        self.assertEqual(order.kmop_completeness, 0)

    def test_name_of_a_session(self):
        session = self.env["kmop.session"].new({"date": date(2026, 5, 20)})
        self.assertEqual(session.display_name, "05/20/2026")

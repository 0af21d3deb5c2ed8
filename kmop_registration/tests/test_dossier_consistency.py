from datetime import date

from odoo.tests import freeze_time

from .test_dossier import InvoicedCommon


@freeze_time("2026-05-02")
class TestDossierConsistency(InvoicedCommon):
    """Where quote, agreement and invoice contradict each other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.partner"].create(
            {"name": "Andere NV", "is_company": True, "vat": "BE0202239951"}
        )

    def _get_differences(self, order):
        """Return {field: (document, quote, found)}; each field differs once."""
        order.invalidate_recordset(["kmop_differences"])
        found = order.kmop_differences or []
        result = {d["field"]: (d["document"], d["quote"], d["found"]) for d in found}
        self.assertEqual(len(found), len(result))
        return result

    def _add(self, order, **vals):
        return self._create_evidence(
            self.registration,
            user=self.salesman,
            name="Inschrijving",
            type_id=self.env.ref("kmop_registration.kmop_evidence_type_enrolment").id,
            order_id=order.id,
            **vals,
        )

    # ------------------------------------------------------------------- invoices

    def test_invoice_agrees(self):
        order = self._create_sold(self.training | self.exam)
        self._create_invoice(order)
        self.assertFalse(self._get_differences(order))

    def test_draft_invoice_says_nothing(self):
        order = self._create_sold()
        self._create_invoice(order, post=False, partner_id=self.other.id)
        self.assertFalse(self._get_differences(order))

    def test_invoice_of_another_client(self):
        order = self._create_sold()
        invoice = self._create_invoice(order, partner_id=self.other.id)
        self.assertEqual(
            self._get_differences(order),
            {
                "Name of the client": (invoice.name, "Kmo Klant BV", "Andere NV"),
                "Enterprise number": (invoice.name, "BE0477472701", "BE0202239951"),
            },
        )

    def test_invoice_of_a_namesake(self):
        self.other.name = "KMO Klant B.V."
        order = self._create_sold()
        self._create_invoice(order, partner_id=self.other.id)
        self.assertEqual(set(self._get_differences(order)), {"Enterprise number"})

    def test_invoice_to_a_contact(self):
        contact = self.env["res.partner"].create(
            {"name": "Boekhouding", "parent_id": self.client.id, "type": "invoice"}
        )
        order = self._create_sold(partner_invoice_id=contact.id)
        invoice = self._create_invoice(order)
        self.assertEqual(invoice.partner_id, contact)
        self.assertFalse(self._get_differences(order))
        order.kmop_enterprise_id = contact
        self.assertFalse(self._get_differences(order))

    def test_enterprise_is_another_than_who_pays(self):
        order = self._create_sold(kmop_enterprise_id=self.other.id)
        self._create_invoice(order)
        self.assertIn("Name of the client", self._get_differences(order))

    def test_invoice_of_another_amount(self):
        order = self._create_sold()
        invoice = self._create_invoice(order, post=False)
        invoice.invoice_line_ids.price_unit = 1000.01
        invoice.action_post()
        differences = self._get_differences(order)
        self.assertEqual(set(differences), {"Amount excluding VAT"})
        self.assertRegex(differences["Amount excluding VAT"][2], r"1.?000[.,]01")

    def test_invoice_with_a_line_of_its_own(self):
        order = self._create_sold()
        invoice = self._create_invoice(order, post=False)
        invoice.invoice_line_ids = [(0, 0, {"name": "Lunch", "price_unit": 25})]
        invoice.action_post()
        self.assertIn("Amount excluding VAT", self._get_differences(order))

    def test_invoiced_too_little(self):
        order = self._create_sold()
        invoice = self._create_invoice(order, post=False)
        invoice.invoice_line_ids.price_unit = 900
        invoice.action_post()
        self.assertEqual(order.sudo().invoice_status, "invoiced")
        self.assertIn("Amount excluding VAT", self._get_differences(order))

    def test_invoiced_in_part(self):
        """What is still to invoice isn't a difference."""
        order = self._create_sold()
        invoice = self._create_invoice(order, post=False)
        invoice.invoice_line_ids.quantity = 0.5
        invoice.action_post()
        self.assertFalse(self._get_differences(order))
        self._create_invoice(order)
        self.assertEqual(len(order.sudo().invoice_ids), 2)
        self.assertFalse(self._get_differences(order))

    def test_credit_note(self):
        order = self._create_sold()
        invoice = self._create_invoice(order, post=False)
        invoice.invoice_line_ids.price_unit = 1200
        invoice.action_post()
        self.assertIn("Amount excluding VAT", self._get_differences(order))
        refund = invoice._reverse_moves([{"invoice_date": "2026-05-03"}])
        refund.invoice_line_ids.price_unit = 200
        refund.action_post()
        self.assertFalse(self._get_differences(order))

    def test_credit_note_and_new_invoice(self):
        order = self._create_sold()
        self._refund(self._create_invoice(order))
        self.assertFalse(self._get_differences(order))
        self._create_invoice(order)
        self.assertFalse(self._get_differences(order))

    def test_shared_invoice(self):
        """An invoice of several dossiers is compared by each one's lines."""
        first, second = self._create_sold(), self._create_sold()
        invoice = self._create_invoice(first | second, post=False)
        mine = first.sudo().order_line.invoice_lines.with_user(self.bookkeeper)
        mine.price_unit = 1100
        invoice.action_post()
        self.assertIn("Amount excluding VAT", self._get_differences(first))
        self.assertFalse(self._get_differences(second))

    def test_down_payment(self):
        order = self._create_sold()
        wizard = (
            self.env["sale.advance.payment.inv"]
            .with_context(active_model="sale.order", active_ids=order.ids)
            .create({"advance_payment_method": "percentage", "amount": 30})
        )
        wizard.create_invoices()
        invoice = order.sudo().invoice_ids
        invoice.invoice_date = "2026-05-02"
        invoice.action_post()
        self.assertEqual(invoice.amount_untaxed, 300)
        self.assertFalse(self._get_differences(order))
        self.assertEqual(order.kmop_amount_eligible, 1000)
        rest = order.sudo()._create_invoices(final=True)
        rest.invoice_date = "2026-05-02"
        rest.action_post()
        self.assertEqual(rest.amount_untaxed, 700)
        self.assertFalse(self._get_differences(order))

    def test_invoice_before_the_order(self):
        order = self._create_sold()
        self.assertEqual(order.date_order.date(), date(2026, 5, 2))
        self._create_invoice(order, invoice_date="2026-05-01")
        self.assertEqual(
            set(self._get_differences(order)),
            {"Date of the invoice, not before the order"},
        )

    def test_day_of_the_order_is_the_users(self):
        # Already 3 May in Brussels.
        with freeze_time("2026-05-02 22:30:00"):
            order = self._create_sold()
        self._create_invoice(order, invoice_date="2026-05-02")
        self.assertIn(
            "Date of the invoice, not before the order", self._get_differences(order)
        )

    def test_in_another_currency(self):
        pricelist = self._create_dollars()
        order = self._create_sold(pricelist_id=pricelist.id)
        invoice = self._create_invoice(order)
        self.assertEqual(invoice.currency_id, pricelist.currency_id)
        self.assertFalse(self._get_differences(order))

    def test_invoice_changed_to_euro(self):
        """An invoice in another currency than the quote is compared in that one."""
        order = self._create_sold(pricelist_id=self._create_dollars().id)
        order.order_line.price_unit = 1000
        invoice = self._create_invoice(order, post=False)
        invoice.currency_id = self.env.ref("base.EUR")
        invoice.invoice_line_ids.price_unit = 500
        invoice.action_post()
        self.assertFalse(self._get_differences(order))

    # ------------------------------------------------------------------ documents

    def test_document_agrees(self):
        order = self._create_dossier()
        self._add(
            order,
            stated_client="kmo klant, B.V.",
            stated_enterprise_number="0477.472.701",
            stated_date_start="2026-06-01",
            stated_amount=1000,
        )
        self.assertFalse(self._get_differences(order))

    def test_document_differs(self):
        order = self._create_dossier()
        evidence = self._add(
            order,
            stated_client="Kmo Klant Holding",
            stated_enterprise_number="0202.239.951",
            stated_date_start="2026-06-02",
            stated_amount=999.99,
        )
        differences = self._get_differences(order)
        self.assertEqual(
            set(differences),
            {
                "Name of the client",
                "Enterprise number",
                "Start of the service",
                "Amount excluding VAT",
            },
        )
        self.assertEqual({d[0] for d in differences.values()}, {"Inschrijving"})
        evidence.write(
            {
                "stated_client": False,
                "stated_enterprise_number": False,
                "stated_date_start": False,
            }
        )
        self.assertEqual(set(self._get_differences(order)), {"Amount excluding VAT"})
        order.order_line.price_unit = 999.99
        self.assertFalse(self._get_differences(order))

    def test_rejected_and_superseded_dont_count(self):
        order = self._create_dossier()
        evidence = self._add(order, stated_client="Iemand anders")
        evidence.submit()
        self.assertTrue(self._get_differences(order))
        judged = evidence.with_user(self.officer)
        judged.reject("Verkeerde klant")
        self.assertFalse(self._get_differences(order))
        evidence.submit()
        judged.accept()
        self.assertTrue(self._get_differences(order))
        judged.supersede(self._add(order))
        self.assertFalse(self._get_differences(order))

    def test_stated_after_acceptance(self):
        """What is read off a frozen document may still be noted down."""
        order = self._create_dossier()
        evidence = self._add(order)
        evidence.submit()
        evidence.with_user(self.officer).accept()
        evidence.with_user(self.officer).stated_amount = 1
        self.assertIn("Amount excluding VAT", self._get_differences(order))

    def test_unknown_numbers(self):
        order = self._create_dossier()
        self._add(order, stated_enterprise_number="0202.239.951")
        self.assertTrue(self._get_differences(order))
        for vat in (False, "/"):
            self.client.vat = vat
            self.assertFalse(self._get_differences(order), vat)

    def test_ordinary_quote(self):
        order = self._create_order()
        order.action_confirm()
        self._create_invoice(order, partner_id=self.other.id)
        self.assertFalse(order.kmop_differences)

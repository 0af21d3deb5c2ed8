import re

from odoo import api, fields, models
from odoo.tools import float_compare, format_amount, format_date


class KmopDossierConsistency(models.AbstractModel):
    """Where quote, agreement and invoice of a dossier contradict each other."""

    _name = "kmop.dossier.consistency"
    _description = "Consistency of a project dossier"

    kmop_differences = fields.Json(
        string="Differences between the documents",
        compute="_compute_kmop_differences",
        groups="base.group_user",
    )

    @api.depends(
        "kmop_service",
        "kmop_date_start",
        "amount_untaxed",
        "date_order",
        "invoice_status",
        "partner_id",
        "kmop_enterprise_id.commercial_partner_id.name",
        "kmop_enterprise_id.commercial_partner_id.vat",
        "kmop_enterprise_id.commercial_partner_id.company_registry",
        "kmop_dossier_evidence_ids.stated_client",
        "kmop_dossier_evidence_ids.stated_enterprise_number",
        "kmop_dossier_evidence_ids.stated_date_start",
        "kmop_dossier_evidence_ids.stated_amount",
        "kmop_dossier_evidence_ids.state",
        "order_line.invoice_lines.parent_state",
        "order_line.invoice_lines.price_subtotal",
    )
    @api.depends_context("lang")
    def _compute_kmop_differences(self):
        self.kmop_differences = False
        for order in self.filtered("kmop_service"):
            # As saved: a form that isn't could refer to any document.
            # sudo: salespeople see the differences in documents that others added
            saved = order._origin.sudo()
            order.kmop_differences = saved and saved._kmop_get_differences() or False

    def _kmop_get_differences(self):
        """Return ``[{"document": s, "field": s, "quote": s, "found": s}]``."""
        found = []
        for invoice in self._kmop_get_invoices():
            found += self._kmop_compare_invoice(invoice)
        found += self._kmop_compare_invoiced()
        for evidence in self.kmop_dossier_evidence_ids:
            if evidence.state not in ("rejected", "superseded"):
                found += self._kmop_compare_document(evidence)
        return found

    def _kmop_get_invoices(self):
        return self.invoice_ids.filtered(lambda move: move.state == "posted")

    # ------------------------------------------------------------------ comparing

    def _kmop_compare_invoice(self, invoice):
        client, day = invoice.commercial_partner_id, self._kmop_date_effective()
        return [
            *self._kmop_compare_name(invoice.name, client.name),
            *self._kmop_compare_number(
                invoice.name, client.vat or client.company_registry
            ),
            *self._kmop_difference(
                not invoice.invoice_date or invoice.invoice_date >= day,
                invoice.name,
                self.env._("Date of the invoice, not before the order"),
                self._kmop_show_date(day),
                self._kmop_show_date(invoice.invoice_date),
            ),
        ]

    def _kmop_compare_invoiced(self):
        """Compare the sum of all invoices with the order: too much, or not all."""
        invoices = self._kmop_get_invoices()
        total = sum(self._kmop_get_invoiced(invoice) for invoice in invoices)
        compared = self._kmop_compare_amounts(total, self.amount_untaxed)
        wrong = compared > 0 or (compared < 0 and self.invoice_status == "invoiced")
        return self._kmop_difference(
            not (invoices and wrong),
            ", ".join(invoices.mapped("name")),
            self.env._("Amount excluding VAT"),
            self._kmop_show_amount(self.amount_untaxed),
            self._kmop_show_amount(total),
        )

    def _kmop_get_invoiced(self, invoice):
        """Return what an invoice asks for this order: of a shared one, its lines."""
        mine = invoice.invoice_line_ids & self.order_line.invoice_lines
        shared = invoice.invoice_line_ids.sale_line_ids.order_id - self
        lines = mine if shared else invoice.invoice_line_ids
        sign = -1 if invoice.move_type == "out_refund" else 1
        return invoice.currency_id._convert(
            sign * sum(lines.mapped("price_subtotal")),
            self.currency_id,
            self.company_id,
            invoice.invoice_date,
        )

    def _kmop_compare_document(self, evidence):
        start, amount = evidence.stated_date_start, evidence.stated_amount
        return [
            *self._kmop_compare_name(evidence.name, evidence.stated_client),
            *self._kmop_compare_number(
                evidence.name, evidence.stated_enterprise_number
            ),
            *self._kmop_difference(
                not start or start == self.kmop_date_start,
                evidence.name,
                self.env._("Start of the service"),
                self._kmop_show_date(self.kmop_date_start),
                self._kmop_show_date(start),
            ),
            *self._kmop_difference(
                not amount
                or not self._kmop_compare_amounts(amount, self.amount_untaxed),
                evidence.name,
                self.env._("Amount excluding VAT"),
                self._kmop_show_amount(self.amount_untaxed),
                self._kmop_show_amount(amount),
            ),
        ]

    def _kmop_compare_name(self, document, name):
        mine = self.kmop_enterprise_id.commercial_partner_id.name
        return self._kmop_difference(
            not name or not mine or _words(name) == _words(mine),
            document,
            self.env._("Name of the client"),
            mine,
            name,
        )

    def _kmop_compare_number(self, document, number):
        client = self.kmop_enterprise_id.commercial_partner_id
        mine = client.vat or client.company_registry
        known = _digits(number), _digits(mine)
        return self._kmop_difference(
            not all(known) or len(set(known)) == 1,
            document,
            self.env._("Enterprise number"),
            mine,
            number,
        )

    def _kmop_compare_amounts(self, one, other):
        return float_compare(one, other, precision_rounding=self.currency_id.rounding)

    # -------------------------------------------------------------------- showing

    def _kmop_difference(self, agrees, document, field, quote, found):
        """Return a list of one difference, or of none where the documents agree."""
        if agrees:
            return []
        return [
            {
                "document": document,
                "field": field,
                "quote": quote or "",
                "found": found or "",
            }
        ]

    def _kmop_show_date(self, day):
        return format_date(self.env, day) if day else ""

    def _kmop_show_amount(self, amount):
        return format_amount(self.env, amount, self.currency_id)


def _words(name):
    """Return a name without case, punctuation and double spaces: B.V. is BV."""
    return re.sub(r"\W+", " ", re.sub(r"[.'’]", "", name.casefold())).strip()


def _digits(number):
    """Return the digits of an enterprise number: BE and dots are writing only."""
    return re.sub(r"\D", "", number or "").lstrip("0")

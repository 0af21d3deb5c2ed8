from odoo import models
from odoo.fields import Domain


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "kmop.evidence.source"]

    # No `_kmop_user_field`: any user who edits invoices can change their salesperson.

    def _kmop_user(self):
        """Return the salesperson of the dossier that is invoiced."""
        return self._kmop_get_dossiers().user_id[:1]

    def _kmop_date_effective(self):
        return self.invoice_date or super()._kmop_date_effective()

    def _kmop_snapshot(self):
        report = "account.report_invoice_with_payments"
        ending, content = self._kmop_render_report(report, self)
        return f"{(self.name or '').replace('/', '-')}.{ending}", content

    def _prepare_kmop_evidence(self, registration, evidence_type):
        values = super()._prepare_kmop_evidence(registration, evidence_type)
        return values | {"order_id": self._kmop_get_dossiers()[:1].id}

    def _kmop_get_dossiers(self):
        """Return the project dossiers that are invoiced here."""
        return self.line_ids.sale_line_ids.order_id.filtered("kmop_service")

    def _post(self, soft=True):
        posted = super()._post(soft)
        # sudo: who books an invoice need not be allowed to read the quotes
        invoices = posted.sudo().filtered(lambda move: move.is_sale_document())
        invoices._kmop_link_to_dossiers()
        return posted

    def button_draft(self):
        posted = self.filtered(lambda move: move.state == "posted")
        result = super().button_draft()
        posted._kmop_take_back(self.env._("The invoice isn't booked any more."))
        return result

    def _kmop_link_to_dossiers(self):
        """Link each invoice to every dossier that it asks money for, submitted.

        Where it was accepted before it was changed, this is its new version.
        """
        dossiers = self._kmop_get_dossiers().filtered("kmop_registration_id")
        for company, orders in dossiers.grouped("company_id").items():
            types = self.env["kmop.evidence.type"]
            if evidence_type := types._get_default_for(self._name, company):
                self._kmop_link_to(orders, evidence_type)

    def _kmop_link_to(self, dossiers, evidence_type):
        waiting = self._kmop_get_waiting(evidence_type)
        # sudo: who posts an invoice need not be allowed to add evidence
        invoices = self._kmop_with_internal_user().sudo()
        evidences = self.env["kmop.evidence"].create(
            [
                invoice._prepare_kmop_invoice(order, evidence_type)
                for invoice in invoices
                for order in invoice._kmop_get_dossiers() & dossiers
                if (invoice.id, order) not in waiting
            ]
        )
        evidences.submit()

    def _kmop_get_waiting(self, evidence_type):
        """Return which invoices wait for judgement, ``(id, dossier)`` each."""
        groups = self.env["kmop.evidence"]._read_group(
            Domain("res_model", "=", self._name)
            & Domain("res_id", "in", self.ids)
            & Domain("state", "in", ("draft", "submitted"))
            & evidence_type._alike_domain("type_id"),
            ["res_id", "order_id"],
        )
        return set(groups)

    def _prepare_kmop_invoice(self, order, evidence_type):
        registration = order.kmop_registration_id
        values = self._prepare_kmop_evidence(registration, evidence_type)
        return values | {"order_id": order.id}

from odoo import models


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "kmop.evidence.source"]

    _kmop_user_field = "invoice_user_id"

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
        dossiers = invoices._kmop_get_dossiers()
        dossiers._kmop_link_by_type(
            "account.move",
            lambda orders: invoices.filtered(
                lambda move: move._kmop_get_dossiers() & orders
            ),
        )
        return posted

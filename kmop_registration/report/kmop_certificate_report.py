from odoo import api, models
from odoo.exceptions import UserError


class ReportKmopCertificate(models.AbstractModel):
    """The certificates of all who attended the trainings that are printed."""

    _name = "report.kmop_registration.report_kmop_certificate"
    _description = "Training certificate"

    @api.model
    def _get_report_values(self, docids, data=None):
        orders = self.env["sale.order"].browse(docids)._kmop_as_printed()
        trainings = orders.filtered(
            lambda order: (
                order.kmop_service == "training" and order._kmop_get_attended()
            )
        )
        if not trainings:
            raise UserError(
                self.env._(
                    "Nobody gets a certificate: fill in the participants of the"
                    " training, and tick who attended."
                )
            )
        return {"doc_ids": trainings.ids, "doc_model": "sale.order", "docs": trainings}

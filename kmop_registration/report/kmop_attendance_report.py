from odoo import api, models
from odoo.exceptions import UserError


class ReportKmopAttendance(models.AbstractModel):
    """The lists of all trainings among the quotes that are printed."""

    _name = "report.kmop_registration.report_kmop_attendance"
    _description = "Attendance list"

    @api.model
    def _get_report_values(self, docids, data=None):
        orders = self.env["sale.order"].browse(docids)._kmop_as_printed()
        trainings = orders.filtered(lambda order: order.kmop_service == "training")
        if not trainings:
            raise UserError(self.env._("Only trainings have an attendance list."))
        return {"doc_ids": trainings.ids, "doc_model": "sale.order", "docs": trainings}

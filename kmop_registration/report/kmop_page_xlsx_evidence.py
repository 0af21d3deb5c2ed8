from odoo import models


class KmopPageXlsxEvidence(models.AbstractModel):
    _name = "kmop.page.xlsx.evidence"
    _inherit = "kmop.xlsx.evidence"
    _description = "Evidence in the auditor's workbook"

    def _get_columns(self):
        """Leave out the last one: it leads into Odoo."""
        return super()._get_columns()[:-1]

    def _get_row(self, row, names):
        return super()._get_row(row, names)[:-1]

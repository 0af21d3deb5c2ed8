from odoo import models


class KmopPageXlsxCover(models.AbstractModel):
    _name = "kmop.page.xlsx.cover"
    _inherit = "kmop.xlsx.cover"
    _description = "Cover of the auditor's workbook"

    def _get_maker(self, book):
        return book.access.partner_id.name

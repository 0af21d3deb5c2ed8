from odoo import models

# What the page shows of a dossier, by its place in the whole list: number, client,
# theme, start, end, hours, subsidised, amount and currency.
SHOWN = (0, 1, 4, 5, 6, 7, 10, 11, 14)


class KmopPageXlsxProject(models.AbstractModel):
    _name = "kmop.page.xlsx.project"
    _inherit = "kmop.project.xlsx"
    _description = "Project list in the auditor's workbook"

    def _get_window(self, book):
        return book.audit._get_page_window()

    def _get_columns(self):
        columns = super()._get_columns()
        return [columns[place] for place in SHOWN]

    def _get_row(self, row, names):
        values = super()._get_row(row, names)
        return tuple(values[place] for place in SHOWN)

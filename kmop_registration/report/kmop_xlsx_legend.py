from odoo import models

from .xlsx_sheet import Column


class KmopXlsxLegend(models.AbstractModel):
    """The last sheet: what each column of the others holds."""

    _name = "kmop.xlsx.legend"
    _inherit = "kmop.xlsx.sheet"
    _description = "Explanation of the columns"

    def _get_name(self):
        return self.env._("Explanation")

    def _get_help(self):
        return self.env._("What each column of the other sheets holds.")

    def _get_columns(self):
        return [
            Column(self.env._("Sheet"), 24, self.env._("The name on the tab.")),
            Column(self.env._("Column"), 34, self.env._("Its header.")),
            Column(self.env._("What it holds"), 90, self.env._("In plain words.")),
        ]

    def _get_rows(self, book):
        for sheet in book.sheets:
            for column in sheet._get_columns():
                yield sheet._get_name(), column.label, column.help

from odoo import models


class KmopPageXlsx(models.AbstractModel):
    """The workbook of one audit, of no more than its auditor's page shows.

    Written with ``sudo()``, of the access of who asked.
    """

    _name = "kmop.page.xlsx"
    _inherit = "kmop.audit.xlsx"
    _description = "Workbook of the auditor's page"

    def _prepare(self, book, access):
        book.access = access
        book.audit = access.audit_id
        book.registration = book.audit.registration_id
        book.evidences = book.audit._get_used_domain()

    def _get_cover(self):
        return self.env["kmop.page.xlsx.cover"]

    def _get_sheets(self):
        names = ("kmop.page.xlsx.requirement", "kmop.page.xlsx.evidence")
        others = ("kmop.xlsx.file", "kmop.page.xlsx.project", "kmop.xlsx.legend")
        return [self.env[name] for name in (*names, *others)]

    def _get_readable(self, book):
        projects = self.env["kmop.page.xlsx.project"]
        shared = book.access.share_projects
        return [s for s in self._get_sheets() if shared or s != projects]

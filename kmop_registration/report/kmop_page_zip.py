from odoo import models


class KmopPageZip(models.AbstractModel):
    """All files of the auditor's page in one archive, and the workbook with them.

    Made with ``sudo()``, of the access of who asked. Like the page, it hands over
    nothing that isn't what was accepted any more.
    """

    _name = "kmop.page.zip"
    _inherit = "kmop.dossier.zip"
    _description = "Archive of the auditor's page"

    def _get_evidence_domain(self, access):
        return access.audit_id._get_used_domain()

    def _get_state(self, file, content):
        """An auditor gets nothing that isn't what was accepted."""
        state = super()._get_state(file, content)
        return state if state == "intact" else "lost"

    def _get_others(self, access):
        return ()

    def _get_workbook(self):
        return self.env["kmop.page.xlsx"]

    def _get_title(self, access):
        return access.audit_id.display_name, access.partner_id.name

    def _add_read_me(self, archive, pack, access):
        self._log_lost(pack, access)
        yield from super()._add_read_me(archive, pack, access)

    def _log_lost(self, pack, access):
        """Tell the provider as well what couldn't be handed over."""
        for path in pack.states:
            access._log("missing", name=path)

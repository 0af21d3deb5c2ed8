from hashlib import sha256

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
        return access.audit_id._get_counting_domain()

    def _add_evidence(self, archive, pack, path, file):
        if self._is_intact(file):
            yield from super()._add_evidence(archive, pack, path, file)
            return
        pack.states[path] = "lost"
        archive.list(file.sha256, path)

    def _is_intact(self, file):
        """Tell whether the file is what was accepted, before a byte of it is sent."""
        digest = sha256()
        try:
            for piece in self.env["kmop.dossier.files"]._read(file):
                digest.update(piece)
        except OSError:
            return False
        return digest.hexdigest() == file.sha256

    def _get_others(self, access):
        return ()

    def _get_workbook(self):
        return self.env["kmop.page.xlsx"]

    def _get_title(self, access):
        return access.audit_id.display_name, access.partner_id.name

    def _add_read_me(self, archive, pack, access):
        """Tell the provider as well what couldn't be handed over."""
        for path in pack.states:
            access._log("missing", name=path)
        yield from super()._add_read_me(archive, pack, access)

"""Who can be exported: each makes its own workbook and its own archive."""

from odoo import models

from .decided_pack import DecidedPack, prepare_projects, prepare_tables
from .dossier_archive import DossierArchive
from .pack import AuditPack, Pack
from .project_sheet import ProjectSheet
from .xlsx_sheet import Book


class KmopRegistration(models.Model):
    """All of the registration, as the user may see it."""

    _inherit = "kmop.registration"

    def _write_workbook(self, file):
        """Write the audit workbook to an open binary file."""
        Pack(self).write_workbook(file)

    def _stream_dossier(self, progress=None):
        """Yield the archive of the dossier, piece by piece.

        :param progress: called with the number of files that are done
        """
        return DossierArchive(Pack(self)).stream(progress)

    def _write_projects(self, file, date_from, date_to):
        """Write the project list of a window to an open binary file."""
        pack = Pack(self)
        pack.window = date_from, date_to
        with Book(file) as book:
            ProjectSheet(pack).add(book)


class KmopAudit(models.Model):
    """What a decided audit was decided on, as the provider's own people may see it."""

    _inherit = "kmop.audit"

    def _write_workbook(self, file):
        DecidedPack(self).write_workbook(file)

    def _stream_dossier(self, progress=None):
        return DossierArchive(DecidedPack(self)).stream(progress)

    def _prepare_kept_tables(self):
        """Return what a decision keeps of the sheets, as it is now."""
        return prepare_tables(self)

    def _prepare_kept_projects(self):
        """Return what a decision keeps of the project list, as it is now."""
        return prepare_projects(self)


class KmopAuditAccess(models.Model):
    """What the auditor's page shows. Used with ``sudo()``."""

    _inherit = "kmop.audit.access"

    def _write_workbook(self, file):
        self._get_pack().write_workbook(file)

    def _stream_dossier(self, progress=None):
        return DossierArchive(self._get_pack()).stream(progress)

    def _get_pack(self):
        decided = self.audit_id._get_decision()
        return (DecidedPack if decided else AuditPack)(self.audit_id, self)

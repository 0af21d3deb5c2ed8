"""Who can be exported, and as what."""

from odoo import models

from .decided_workbook import (
    DecidedPageWorkbook,
    DecidedWorkbook,
    prepare_projects,
    prepare_tables,
)
from .dossier_archive import AuditArchive, DecidedArchive, DossierArchive
from .project_sheet import ProjectSheet
from .workbook import AuditWorkbook, Workbook
from .xlsx_sheet import Book


class KmopRegistration(models.Model):
    _inherit = "kmop.registration"

    def _write_workbook(self, file):
        """Write the audit workbook to an open binary file, as the user may see it."""
        Workbook(self).write_to(file)

    def _write_projects(self, file, date_from, date_to):
        """Write the project list of a window to an open binary file, likewise."""
        workbook = Workbook(self)
        workbook.window = date_from, date_to
        with Book(file) as book:
            ProjectSheet(workbook).add(book)

    def _stream_dossier(self, progress=None):
        """Yield the archive of the dossier, piece by piece.

        :param progress: called with the number of files that are done
        """
        return DossierArchive(self).stream(progress)


class KmopAudit(models.Model):
    """What a decided audit was decided on, as the provider's own people may see it."""

    _inherit = "kmop.audit"

    def _write_workbook(self, file):
        DecidedWorkbook(self).write_to(file)

    def _stream_dossier(self, progress=None):
        return DecidedArchive(self).stream(progress)

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
        audit = self.audit_id
        decided = audit._get_decision()
        kind = DecidedPageWorkbook if decided else AuditWorkbook
        kind(audit, self).write_to(file)

    def _stream_dossier(self, progress=None):
        audit = self.audit_id
        kind = DecidedArchive if audit._get_decision() else AuditArchive
        return kind(audit, self).stream(progress)

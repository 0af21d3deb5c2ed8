from functools import cached_property

from odoo.fields import Domain

from .auditor_columns import AUDITOR_COLUMNS
from .cover_sheet import CoverSheet, LegendSheet
from .dossier_files import DossierFiles
from .evidence_sheet import EvidenceSheet, FileSheet
from .project_sheet import ProjectSheet
from .record_sheets import (
    FindingSheet,
    PeriodSheet,
    RegistrationAuditSheet,
    TimelineSheet,
)
from .requirement_sheet import CountedRequirementSheet, RequirementSheet
from .satisfaction_sheet import SatisfactionSheet
from .xlsx_sheet import Book


class Workbook:
    """The audit workbook of a registration, with the access rights of who asks.

    The sheets ask it what they are about, and tell it what the reader has to know.
    """

    cover_kind = CoverSheet
    kinds = (
        RequirementSheet,
        EvidenceSheet,
        FileSheet,
        ProjectSheet,
        SatisfactionSheet,
        FindingSheet,
        RegistrationAuditSheet,
        PeriodSheet,
        TimelineSheet,
        LegendSheet,
    )

    def __init__(self, registration, audit=None, pack=None):
        """
        :param audit: the audit to come, or else the latest, if None
        :param pack: the archive that it goes in, whose files it then leads to
        """
        self.env = registration.env
        self.registration = registration
        self.audit = self._get_audit() if audit is None else audit
        self.pack = pack
        self.sheets = []
        # What the cover tells, such as what isn't complete.
        self.notes = []

    def write_to(self, file):
        """Write the workbook to the open binary ``file``."""
        with Book(file) as book:
            self.prepare(book)
            self.sheets = list(self.get_sheets())
            cover = self.cover_kind(self, book)
            for sheet in self.sheets:
                sheet.add(book)
            cover.fill()

    def prepare(self, book):
        """Set the properties of the file."""

    def get_sheets(self):
        """Yield the sheets after the cover, those that the user may have."""
        for kind in self.kinds:
            sheet = kind(self)
            if sheet.is_readable():
                yield sheet
            elif note := sheet.get_missing_note():
                self.notes.append(note)

    # ------------------------------------------------------------------ for sheets

    @cached_property
    def window(self):
        """The first and the last day of the dossiers in it."""
        return self.registration._get_project_window()

    @property
    def evidences(self):
        """The domain of the evidence in it."""
        return Domain("registration_id", "=", self.registration.id)

    @property
    def maker(self):
        """The name of who has it made."""
        return self.env.user.name

    def iterate_files(self):
        """Yield a ``PlacedFile`` for each file of the evidence in it."""
        return DossierFiles(self.env).iterate(self.evidences)

    def _get_audit(self):
        """Return the audit to come, or else the latest that wasn't cancelled."""
        audits = self.registration.audit_ids
        held = audits.filtered(lambda audit: audit.state != "cancelled")
        return self.registration.open_audit_id or held.sorted("id")[-1:]


class AuditWorkbook(Workbook):
    """The workbook of one audit, of no more than its auditor's page shows.

    Written with ``sudo()``, of the access of who asks.
    """

    kinds = (
        CountedRequirementSheet,
        EvidenceSheet,
        FileSheet,
        ProjectSheet,
        LegendSheet,
    )

    def __init__(self, audit, access=None, pack=None):
        super().__init__(audit.registration_id, audit, pack)
        self.access = access

    def get_sheets(self):
        for kind in self.kinds:
            if kind is not ProjectSheet or self.access.share_projects:
                yield kind(self, AUDITOR_COLUMNS[kind.name])

    @cached_property
    def window(self):
        return self.audit._get_page_window()

    @property
    def evidences(self):
        return self.audit._get_used_domain()

    @property
    def maker(self):
        return self.access.partner_id.name

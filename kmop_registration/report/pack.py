from functools import cached_property

from odoo import fields
from odoo.fields import Domain
from odoo.tools import format_datetime

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


class Pack:
    """What is handed over of a registration, with the access rights of who asks.

    The workbook and the archive are made of it. The sheets ask it what they are about,
    and tell it what the reader has to know.
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
    # Whether files are left out that aren't what was accepted any more.
    strict = False

    def __init__(self, registration, audit=None, access=None):
        """
        :param audit: the audit to come, or else the latest, if None
        :param access: whose page it is taken from, if any; used with ``sudo()``
        """
        self.env = registration.env
        self.registration = registration
        self.audit = self._get_audit() if audit is None else audit
        self.access = access
        # The archive that the workbook goes in, whose files it then leads to.
        self.archive = None
        self.sheets = []
        # What the cover tells, such as what isn't complete.
        self.notes = []

    def _get_audit(self):
        """Return the audit to come, or else the latest that wasn't cancelled."""
        audits = self.registration.audit_ids
        held = audits.filtered(lambda audit: audit.state != "cancelled")
        return self.registration.open_audit_id or held.sorted("id")[-1:]

    # ---------------------------------------------------------------- the workbook

    def write_workbook(self, file):
        """Write the workbook to the open binary ``file``."""
        with Book(file) as book:
            self.set_properties(book.workbook)
            self.sheets = list(
                self.get_shared_sheets() if self.access else self.get_sheets()
            )
            cover = self.cover_kind(self, book)
            for sheet in self.sheets:
                sheet.add(book)
            cover.fill()

    def set_properties(self, workbook):
        """Set what the file says of itself."""

    def get_sheets(self):
        """Yield the sheets after the cover that the user may have."""
        for kind in self.kinds:
            sheet = kind(self)
            if sheet.is_readable():
                yield sheet
            elif note := sheet.get_missing_note():
                self.notes.append(note)

    def get_shared_sheets(self):
        """Yield the sheets after the cover that the auditor may have."""
        for kind in self.kinds:
            shared = kind is not ProjectSheet or self.access.share_projects
            if shared and kind.name in AUDITOR_COLUMNS:
                yield kind(self, AUDITOR_COLUMNS[kind.name])

    # ------------------------------------------------------------------ its content

    @cached_property
    def window(self):
        """The first and the last day of the dossiers in it."""
        return self.registration._get_project_window()

    @property
    def evidences(self):
        """The domain of the evidence in it."""
        return Domain("registration_id", "=", self.registration.id)

    @property
    def title(self):
        return self.registration.display_name

    @property
    def maker(self):
        """The name of who has it made."""
        return self.access.partner_id.name if self.access else self.env.user.name

    @property
    def moment(self):
        """The moment that the files in the archive are dated on."""
        return fields.Datetime.context_timestamp(
            self.registration, fields.Datetime.now()
        )

    def iterate_files(self, reading=False):
        """Yield a ``PlacedFile`` for each file of the evidence in it.

        :param reading: whether they are about to be read, one by one
        """
        return DossierFiles(self.env).iterate(self.evidences, reading)

    def iterate_others(self):
        """Yield a folder, one in it, and the other files that go there."""
        for audit in self.registration.audit_ids:
            reports = audit.report_attachment_ids
            yield self.env._("Audit reports"), audit.display_name, reports
        for exemption in self.registration.exemption_ids:
            name = exemption.display_name
            yield self.env._("Exemptions"), name, exemption.attachment_ids

    def get_origin(self):
        """Return the lines that say what it is, of when, and who made it."""
        moment = format_datetime(self.env, fields.Datetime.now())
        made = self.env._(
            "Made on %(moment)s by %(user)s", moment=moment, user=self.maker
        )
        return [self.title, made]


class AuditPack(Pack):
    """What an auditor's page hands over of an audit, and no more."""

    kinds = (CountedRequirementSheet, *Pack.kinds[1:])
    strict = True

    def __init__(self, audit, access=None):
        super().__init__(audit.registration_id, audit, access)

    @cached_property
    def window(self):
        return self.audit._get_page_window()

    @property
    def evidences(self):
        return self.audit._get_used_domain()

    @property
    def title(self):
        return self.audit.display_name

    def iterate_others(self):
        return ()

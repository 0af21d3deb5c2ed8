"""The pack of a decided audit: what it was decided on, and nothing later."""

from dataclasses import astuple
from datetime import datetime, time
from types import SimpleNamespace

from odoo.fields import Domain
from odoo.tools import format_date

from .auditor_columns import AUDITOR_COLUMNS
from .cover_sheet import DecidedCoverSheet
from .dossier_files import DecidedFiles
from .evidence_sheet import DecidedEvidenceSheet, FileSheet
from .pack import AuditPack, Pack
from .project_sheet import ProjectSheet
from .record_sheets import (
    FindingSheet,
    PeriodSheet,
    RegistrationAuditSheet,
    TimelineSheet,
)
from .requirement_sheet import CountedRequirementSheet
from .satisfaction_sheet import SatisfactionSheet
from .xlsx_sheet import Column, Sheet

# Under which a decision keeps what a sheet held: those of years ago have to be read.
REQUIREMENTS = "kmop.decided.xlsx.requirement"
SATISFACTION = "kmop.decided.xlsx.satisfaction"
KEYS = {
    CountedRequirementSheet: REQUIREMENTS,
    FindingSheet: "kmop.xlsx.finding",
    RegistrationAuditSheet: "kmop.xlsx.audit",
    PeriodSheet: "kmop.xlsx.period",
    TimelineSheet: "kmop.xlsx.timeline",
}


# ---------------------------------------------------------------------------- keeping


def prepare_tables(audit):
    """Return what the sheets hold beside evidence and dossiers, as it is now."""
    pack = AuditPack(audit)
    tables = {REQUIREMENTS: prepare_table(CountedRequirementSheet(pack))}
    indicators = prepare_indicators(pack)
    figures = SatisfactionSheet(pack).get_figures()
    pack.registration = get_known(audit)
    for kind, key in KEYS.items():
        if key != REQUIREMENTS:
            tables[key] = prepare_table(kind(pack))
    return {**tables, SATISFACTION: figures, "indicators": indicators}


def prepare_projects(audit):
    """Return the project list as it is now, and which dossiers are in it."""
    sheet = ProjectSheet(AuditPack(audit))
    orders = sheet.search()
    subsidised = Domain("id", "in", orders.ids) & Domain("kmop_subsidised", "=", True)
    return {
        **prepare_table(sheet),
        "ids": orders.ids,
        "subsidised": orders.search(subsidised).ids,
    }


def prepare_table(sheet):
    """Return the name, the columns and the rows of a sheet, to be kept."""
    columns, seen = sheet.get_columns(), AUDITOR_COLUMNS.get(sheet.name, ())
    return {
        "name": sheet.get_name(),
        "help": sheet.get_help(),
        "columns": [astuple(column) for column in columns],
        "public": [n for n, column in enumerate(sheet.shown) if column.name in seen],
        "rows": list(sheet.get_rows()),
    }


def prepare_indicators(pack):
    """Return the names of what the evidence supports, by the indicator's id."""
    groups = pack.env["kmop.evidence"]._read_group(pack.evidences, ["indicator_ids"])
    return {
        indicator.id: [indicator.requirement_id.display_name, indicator.display_name]
        for (indicator,) in groups
    }


def get_known(audit):
    """Return what of the registration the sheets list, but nothing later.

    A decision can be recorded after that of another audit, which came later.
    """
    registration, day = audit.registration_id, audit.date_decided
    withdrawn = registration.date_withdrawn
    return SimpleNamespace(
        id=registration.id,
        audit_ids=registration.audit_ids._known_on(day),
        period_ids=registration.period_ids._known_on(day),
        date_withdrawn=withdrawn and withdrawn <= day and withdrawn,
        withdraw_reason=registration.withdraw_reason,
    )


def get_visible_projects(env, decision):
    """Return the kept project list: what of it the reader may see.

    Of quotes that were deleted since, who sees only some of the others sees none.
    """
    table = decision._read("projects")
    ids, orders = set(table["ids"]), env["sale.order"]
    readable = set(orders.search([("id", "in", list(ids))]).ids)
    # sudo: that there are others decides, not what they are
    there = set(orders.sudo().browse(ids).exists().ids)
    seen = ids if there <= readable else readable
    rows = zip(table["ids"], table["rows"], strict=True)
    return {
        **table,
        "rows": [row for id_, row in rows if id_ in seen],
        "ids": [id_ for id_ in table["ids"] if id_ in seen],
        "subsidised": len(seen.intersection(table["subsidised"])),
        "hidden": seen != ids,
    }


# ---------------------------------------------------------------------------- writing


class KeptSheet:
    """A sheet of which the columns and the rows were kept at the decision."""

    def __init__(self, table, access=None, facts=()):
        """
        :param access: of the auditor that it is for, who sees some of the columns
        :param facts: labels and values above the table
        """
        self.table = table
        self.facts = facts
        self.places = table["public"] if access else range(len(table["columns"]))

    def get_name(self):
        return self.table["name"]

    def get_help(self):
        return self.table["help"]

    def get_columns(self):
        return [Column(*self.table["columns"][place]) for place in self.places]

    def add(self, book):
        sheet = Sheet(book, self.get_name(), self.get_columns())
        if self.facts:
            sheet.add_title(self.get_name())
            for label, value in self.facts:
                sheet.add_fact(label, value)
            sheet.row += 1
        places = self.places
        sheet.add_table([row[place] for place in places] for row in self.table["rows"])


class DecidedSatisfactionSheet(SatisfactionSheet):
    def get_figures(self):
        return self.pack.kept[SATISFACTION]


class DecidedPack(Pack):
    """What a decided audit was decided on: the same each time, but for lost files.

    Of an access, what its auditor's page shows; else what the provider's own people may
    see.
    """

    cover_kind = DecidedCoverSheet
    kinds = (
        CountedRequirementSheet,
        DecidedEvidenceSheet,
        FileSheet,
        ProjectSheet,
        DecidedSatisfactionSheet,
        *Pack.kinds[5:],
    )
    strict = True

    def __init__(self, audit, access=None):
        super().__init__(audit.registration_id, audit, access)
        self.decision = audit._get_decision()
        self.page = self.decision._read("page")
        self.kept = self.decision._read("book")
        self.window = self.page["window"]

    def set_properties(self, workbook):
        workbook.set_properties({"created": self.moment})

    @property
    def moment(self):
        return datetime.combine(self.decision.date_decided, time())

    def get_sheets(self):
        return map(self.get_kept, super().get_sheets())

    def get_shared_sheets(self):
        return map(self.get_kept, super().get_shared_sheets())

    def get_kept(self, sheet):
        """Return what was kept of a sheet; itself where it is made of the evidence."""
        if isinstance(sheet, ProjectSheet):
            return self.get_projects(sheet)
        table = self.kept.get(KEYS.get(type(sheet)))
        return KeptSheet(table, self.access) if table else sheet

    def get_projects(self, sheet):
        """Return the project list that the reader may see, with the facts above it."""
        table = get_visible_projects(self.env, self.decision)
        cover = self.page["cover"]
        days = [format_date(self.env, day) for day in self.window]
        facts = [
            (self.env._("Provider"), cover["registration"]),
            (self.env._("Registration number"), cover["number"]),
            (self.env._("Services started from"), " – ".join(days)),
            (self.env._("Decided on"), self.decision.date_decided),
            (
                self.env._("Dossiers, of which subsidised"),
                f"{len(table['ids'])}, {table['subsidised']}",
            ),
        ]
        if table["hidden"]:
            note = sheet.get_incomplete_note()
            facts.append((self.env._("Not complete"), note))
            self.notes.append(f"{table['name']}: {note}")
        return KeptSheet(table, self.access, facts)

    def iterate_files(self, reading=False):
        return DecidedFiles(self.env).iterate_decided(self.decision)

    def iterate_others(self):
        if self.access:
            return
        reports = self.audit.report_attachment_ids
        yield self.env._("Audit reports"), self.decision._get_title(), reports
        certificates = self.decision._get_certificates()
        for name, files in certificates.grouped("description").items():
            yield self.env._("Exemptions"), name, files

    def get_origin(self):
        return [self.decision._get_title(), self.decision._get_note()]

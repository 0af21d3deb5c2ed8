"""The workbook of a decided audit: what it was decided on, and nothing later."""

from dataclasses import astuple
from datetime import datetime, time
from types import SimpleNamespace

from odoo.fields import Domain
from odoo.tools import format_date

from .auditor_columns import AUDITOR_COLUMNS
from .cover_sheet import DecidedCoverSheet, LegendSheet
from .dossier_files import DecidedFiles
from .evidence_sheet import DecidedEvidenceSheet, FileSheet
from .project_sheet import ProjectSheet
from .record_sheets import (
    FindingSheet,
    PeriodSheet,
    RegistrationAuditSheet,
    TimelineSheet,
)
from .requirement_sheet import CountedRequirementSheet
from .satisfaction_sheet import SatisfactionSheet
from .workbook import AuditWorkbook, Workbook
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
    workbook = AuditWorkbook(audit)
    tables = {REQUIREMENTS: prepare_table(CountedRequirementSheet(workbook))}
    indicators = prepare_indicators(workbook)
    figures = SatisfactionSheet(workbook).get_figures()
    workbook.registration = get_known(audit)
    for kind, key in KEYS.items():
        if key != REQUIREMENTS:
            tables[key] = prepare_table(kind(workbook))
    return {**tables, SATISFACTION: figures, "indicators": indicators}


def prepare_projects(audit):
    """Return the project list as it is now, and which dossiers are in it."""
    sheet, domain = (
        ProjectSheet(AuditWorkbook(audit)),
        Domain("kmop_subsidised", "=", True),
    )
    orders = sheet.search()
    subsidised = orders.search(audit._get_page_projects_domain() & domain)
    return {
        **prepare_table(sheet),
        "ids": orders.ids,
        "subsidised": subsidised.ids,
    }


def prepare_table(sheet):
    """Return the name, the columns and the rows of a sheet, to be kept."""
    columns, seen = sheet.get_columns(), AUDITOR_COLUMNS.get(sheet.name, ())
    return {
        "name": sheet.get_name(),
        "help": sheet.get_help(),
        "columns": [astuple(column) for column in columns],
        "public": [n for n, column in enumerate(sheet.shown) if column.name in seen],
        # A row may leave out its last cells.
        "rows": [
            [*row, *[None] * (len(columns) - len(row))] for row in sheet.get_rows()
        ],
    }


def prepare_indicators(workbook):
    """Return the names of what the evidence supports, by the indicator's id."""
    groups = workbook.env["kmop.evidence"]._read_group(
        workbook.evidences, ["indicator_ids"]
    )
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

    def __init__(self, table, for_auditor, facts=()):
        """:param facts: labels and values above the table"""
        self.table = table
        self.facts = facts
        everything = range(len(table["columns"]))
        self.places = table["public"] if for_auditor else everything

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
        return self.subject.kept[SATISFACTION]


class DecidedWorkbook(Workbook):
    """The workbook of a decided audit, as the provider's own people may see it.

    The same each time, but for files that were lost since.
    """

    cover_kind = DecidedCoverSheet
    kinds = (
        CountedRequirementSheet,
        DecidedEvidenceSheet,
        FileSheet,
        ProjectSheet,
        DecidedSatisfactionSheet,
        FindingSheet,
        RegistrationAuditSheet,
        PeriodSheet,
        TimelineSheet,
        LegendSheet,
    )

    def __init__(self, audit, pack=None):
        super().__init__(audit.registration_id, audit, pack)
        self.decision = audit._get_decision()
        self.page = self.decision._read("page")
        self.kept = self.decision._read("book")
        self.window = self.page["window"]

    def prepare(self, book):
        day = datetime.combine(self.decision.date_decided, time())
        book.workbook.set_properties({"created": day})

    def iterate_files(self):
        return DecidedFiles(self.env).iterate_decided(self.decision)

    def get_sheets(self):
        for sheet in super().get_sheets():
            yield self.get_kept(type(sheet)) or sheet

    def get_kept(self, kind, for_auditor=False):
        """Return the kept table of a sheet; None where it is made of the evidence."""
        if kind is ProjectSheet:
            return self.get_projects(for_auditor)
        table = self.kept.get(KEYS.get(kind))
        return table and KeptSheet(table, for_auditor)

    def get_projects(self, for_auditor):
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
            note = ProjectSheet(self).get_incomplete_note()
            facts.append((self.env._("Not complete"), note))
            self.notes.append(f"{table['name']}: {note}")
        return KeptSheet(table, for_auditor, facts)


class DecidedPageWorkbook(DecidedWorkbook):
    """The workbook of a decided audit, as its auditor's page shows it."""

    kinds = (
        CountedRequirementSheet,
        DecidedEvidenceSheet,
        FileSheet,
        ProjectSheet,
        LegendSheet,
    )

    def __init__(self, audit, access, pack=None):
        super().__init__(audit, pack)
        self.access = access

    def get_sheets(self):
        for kind in self.kinds:
            if kind is not ProjectSheet or self.access.share_projects:
                columns = AUDITOR_COLUMNS[kind.name]
                yield self.get_kept(kind, for_auditor=True) or kind(self, columns)

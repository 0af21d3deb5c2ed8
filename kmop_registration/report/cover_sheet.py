from types import SimpleNamespace

from odoo.tools import LazyTranslate, format_date

from .audit_sheet import AuditSheet, Shown
from .xlsx_sheet import Column, Sheet

_lt = LazyTranslate(__name__)

# Of the cells that were cut, how many are named.
NAMED = 10


class CoverSheet:
    """The first sheet: whose dossier it is, what is in it, and what was found."""

    def __init__(self, pack, book):
        """Take the first place; what it says is known when the others are written."""
        self.pack = pack
        self.env = pack.env
        self.book = book
        columns = [Column("", 34), Column("", 90)]
        self.sheet = Sheet(book, self.env._("Cover"), columns)

    def fill(self):
        bold = self.book.get_format(bold=True, font_size=12)
        cover = self.get_cover()
        self.sheet.add_title(cover["registration"])
        for fact in self.get_facts(cover):
            self.sheet.add_row(fact)
        for title, lines in self.get_blocks():
            self.sheet.row += 1
            self.sheet.add_line(title, bold)
            for line in lines:
                self.sheet.add_row(line)

    def get_blocks(self):
        sheets = self.pack.sheets
        contents = [(sheet.get_name(), sheet.get_help()) for sheet in sheets]
        notes = [*self.pack.notes, *self.get_cut_notes()]
        notes = notes or [self.env._("Nothing out of the ordinary.")]
        return [
            (self.env._("In this workbook"), contents),
            (self.env._("What this export found"), [("", note) for note in notes]),
        ]

    def get_cover(self):
        """Return what it tells, by the names that a decision keeps it under."""
        registration, audit = self.pack.registration, self.pack.audit
        select = audit._get_selected
        return {
            "registration": registration.display_name,
            "provider": registration.partner_id.display_name,
            "vat": registration.partner_id.vat,
            "service": select(registration, "service"),
            "number": registration.number,
            "track": registration.track_id.name,
            "step": select(registration, "step"),
            "day": registration.company_id._kmop_today(),
            "validity": select(registration, "validity"),
            "date_start": registration.date_start,
            "date_end": registration.date_end,
            "track_part": audit.part_id.display_name,
            "state": select(audit, "state"),
            "bureau": audit.bureau_id.display_name,
            "auditor": audit.auditor_id.display_name,
            "date_visit": audit.date_visited or audit.date_planned,
            "outcome": select(audit, "outcome"),
        }

    def get_facts(self, cover):
        day = format_date(self.env, cover["day"])
        return [
            (self.env._("Provider"), cover["provider"]),
            (self.env._("Company number"), cover["vat"]),
            (self.env._("Service"), cover["service"]),
            (self.env._("Registration number"), cover["number"]),
            (self.env._("Track"), cover["track"]),
            (self.env._("Step"), cover["step"]),
            (self.env._("Validity on %(date)s", date=day), cover["validity"]),
            (self.env._("Registered from"), cover["date_start"]),
            (self.env._("Registered until"), cover["date_end"]),
            *self.get_audit_facts(cover),
            *self.get_origin(cover),
        ]

    def get_audit_facts(self, cover):
        if not cover["track_part"]:
            return [(self.env._("Audit"), self.env._("None yet"))]
        return [
            (self.env._("Audit"), cover["track_part"]),
            (self.env._("State of the audit"), cover["state"]),
            (self.env._("Audit bureau"), cover["bureau"]),
            (self.env._("Auditor"), cover["auditor"]),
            (self.env._("Day of the visit"), cover["date_visit"]),
            (self.env._("Outcome"), cover["outcome"]),
        ]

    def get_origin(self, cover):
        """Return of when the workbook is, and who made it."""
        return [
            (self.env._("Date of this export"), cover["day"]),
            (self.env._("Made by"), self.pack.maker),
        ]

    def get_cut_notes(self):
        cut = self.book.cut
        if not cut:
            return []
        places = [
            f"{name}!{chr(65 + column % 26)}{row + 1}"
            for name, row, column in cut[:NAMED]
        ]
        return [
            self.env._(
                "%(count)s texts were longer than a cell holds, and end in […]:"
                " %(places)s",
                count=len(cut),
                places=", ".join(places) + ("…" if len(cut) > NAMED else ""),
            )
        ]


class DecidedCoverSheet(CoverSheet):
    """The first sheet of the workbook of a decided audit."""

    def get_cover(self):
        return self.pack.page["cover"]

    def get_facts(self, cover):
        return [(self.pack.decision._get_note(), None), *super().get_facts(cover)]

    def get_origin(self, cover):
        return [(self.env._("Decided on"), cover["date_decided"])]


class LegendSheet(AuditSheet):
    """The last sheet: what each column of the others holds."""

    name = "legend"
    label = _lt("Explanation")
    help = _lt("What each column of the other sheets holds.")
    columns = (
        Shown("sheet", 24, _lt("The name on the tab."), label=_lt("Sheet")),
        Shown("column", 34, _lt("Its header."), label=_lt("Column")),
        Shown("help", 90, _lt("In plain words."), label=_lt("What it holds")),
    )

    def get_records(self):
        for sheet in self.pack.sheets:
            name = sheet.get_name()
            for column in sheet.get_columns():
                yield SimpleNamespace(sheet=name, column=column.label, help=column.help)

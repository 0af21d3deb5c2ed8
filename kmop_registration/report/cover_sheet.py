from odoo.tools import LazyTranslate, format_date

from .audit_sheet import AuditSheet, FieldColumn
from .xlsx_sheet import Column, Sheet

_lt = LazyTranslate(__name__)

# Of the cells that were cut, how many are named.
NAMED = 10


class CoverSheet:
    """The first sheet: whose dossier it is, what is in it, and what was found."""

    def __init__(self, subject, book):
        """Take the first place; what it says is known when the others are written."""
        self.subject = subject
        self.env = subject.env
        self.book = book
        columns = [Column("", 34), Column("", 90)]
        self.sheet = Sheet(book, self.env._("Cover"), columns)

    def fill(self):
        bold = self.book.get_format(bold=True, font_size=12)
        self.sheet.add_title(self.get_title())
        for fact in self.get_facts():
            self.sheet.add_row(fact)
        for title, lines in self.get_blocks():
            self.sheet.row += 1
            self.sheet.add_line(title, bold)
            for line in lines:
                self.sheet.add_row(line)

    def get_blocks(self):
        sheets = self.subject.sheets
        contents = [(sheet.get_name(), sheet.get_help()) for sheet in sheets]
        notes = [*self.subject.notes, *self.get_cut_notes()]
        notes = notes or [self.env._("Nothing out of the ordinary.")]
        return [
            (self.env._("In this workbook"), contents),
            (self.env._("What this export found"), [("", note) for note in notes]),
        ]

    def get_title(self):
        return self.subject.registration.display_name

    def get_facts(self):
        registration = self.subject.registration
        today = registration.company_id._kmop_today()
        return [
            (self.env._("Provider"), registration.partner_id.display_name),
            (self.env._("Company number"), registration.partner_id.vat),
            (self.env._("Service"), self.get_label(registration, "service")),
            (self.env._("Registration number"), registration.number),
            (self.env._("Track"), registration.track_id.name),
            (self.env._("Step"), self.get_label(registration, "step")),
            (
                self.env._("Validity on %(date)s", date=format_date(self.env, today)),
                self.get_label(registration, "validity"),
            ),
            (self.env._("Registered from"), registration.date_start),
            (self.env._("Registered until"), registration.date_end),
            *self.get_audit_facts(self.subject.audit),
            (self.env._("Date of this export"), today),
            (self.env._("Made by"), self.subject.maker),
        ]

    def get_label(self, record, name):
        labels = record._fields[name]._description_selection(self.env)
        return dict(labels).get(record[name], "")

    def get_audit_facts(self, audit):
        if not audit:
            return [(self.env._("Audit"), self.env._("None yet"))]
        day = audit.date_visited or audit.date_planned
        return [
            (self.env._("Audit"), audit.part_id.display_name),
            (self.env._("State of the audit"), self.get_label(audit, "state")),
            (self.env._("Audit bureau"), audit.bureau_id.display_name),
            (self.env._("Auditor"), audit.auditor_id.display_name),
            (self.env._("Day of the visit"), day),
            (self.env._("Outcome"), self.get_label(audit, "outcome")),
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

    def get_title(self):
        return self.subject.page["cover"]["registration"]

    def get_facts(self):
        cover = self.subject.page["cover"]
        day = format_date(self.env, cover["day"])
        return [
            (self.subject.decision._get_note(), None),
            (self.env._("Provider"), cover["provider"]),
            (self.env._("Company number"), cover["vat"]),
            (self.env._("Service"), cover["service"]),
            (self.env._("Registration number"), cover["number"]),
            (self.env._("Track"), cover["track"]),
            (self.env._("Step"), cover["step"]),
            (self.env._("Validity on %(date)s", date=day), cover["validity"]),
            (self.env._("Registered from"), cover["date_start"]),
            (self.env._("Registered until"), cover["date_end"]),
            (self.env._("Audit"), cover["track_part"]),
            (self.env._("State of the audit"), cover["state"]),
            (self.env._("Audit bureau"), cover["bureau"]),
            (self.env._("Auditor"), cover["auditor"]),
            (self.env._("Day of the visit"), cover["date_visit"]),
            (self.env._("Outcome"), cover["outcome"]),
            (self.env._("Decided on"), cover["date_decided"]),
        ]


class LegendSheet(AuditSheet):
    """The last sheet: what each column of the others holds."""

    name = "legend"
    label = _lt("Explanation")
    help = _lt("What each column of the other sheets holds.")
    columns = (
        FieldColumn("sheet", 24, label=_lt("Sheet"), help=_lt("The name on the tab.")),
        FieldColumn("column", 34, label=_lt("Column"), help=_lt("Its header.")),
        FieldColumn(
            "help", 90, label=_lt("What it holds"), help=_lt("In plain words.")
        ),
    )

    def get_rows(self):
        for sheet in self.subject.sheets:
            for column in sheet.get_columns():
                yield sheet.get_name(), column.label, column.help

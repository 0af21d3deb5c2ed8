from dataclasses import astuple
from datetime import datetime, time
from types import SimpleNamespace

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_date

from .xlsx_sheet import Column, Sheet

PROJECTS = "kmop.project.xlsx"
# Tables that the auditor doesn't see.
INTERNAL = (
    "kmop.xlsx.finding",
    "kmop.xlsx.audit",
    "kmop.xlsx.period",
    "kmop.xlsx.timeline",
)
SHEETS = (
    "kmop.decided.xlsx.requirement",
    "kmop.decided.xlsx.evidence",
    "kmop.decided.xlsx.file",
    PROJECTS,
    "kmop.decided.xlsx.satisfaction",
    *INTERNAL,
    "kmop.xlsx.legend",
)
PAGE_SHEETS = (*SHEETS[:4], "kmop.xlsx.legend")


class KeptSheet:
    """A sheet of which the columns and the rows were kept at the decision."""

    def __init__(self, table, places=None, facts=()):
        """:param places: which of the columns to show, all of them if None
        :param facts: labels and values above the table
        """
        self.table = table
        self.places = range(len(table["columns"])) if places is None else places
        self.facts = facts

    def _get_name(self):
        return self.table["name"]

    def _get_help(self):
        return self.table["help"]

    def _get_columns(self):
        return [Column(*self.table["columns"][place]) for place in self.places]

    def _add(self, book):
        sheet = Sheet(book, self._get_name(), self._get_columns())
        if self.facts:
            sheet.add_title(self._get_name())
            for label, value in self.facts:
                sheet.add_fact(label, value)
            sheet.row += 1
        places = self.places
        sheet.add_table([row[place] for place in places] for row in self.table["rows"])
        return sheet


class KmopDecidedXlsx(models.AbstractModel):
    """The workbook of a decided audit: what it was decided on, and nothing later.

    Of an access, as its auditor's page shows it; of the audit, as the provider's own
    people may see it. The same each time, but for files that were lost since.
    """

    _name = "kmop.decided.xlsx"
    _inherit = "kmop.audit.xlsx"
    _description = "Workbook of a decided audit"

    # -------------------------------------------------------------------- keeping

    @api.model
    def _prepare_tables(self, audit):
        """Return what the sheets hold beside evidence and dossiers, as it is now."""
        registration, evidences = audit.registration_id, audit._get_used_domain()
        book = SimpleNamespace(
            audit=audit, registration=registration, evidences=evidences
        )
        requirements = self.env["kmop.decided.xlsx.requirement"]
        of_page = self.env["kmop.page.xlsx.requirement"]
        rows = requirements._get_rows(book)
        tables = {requirements._name: self._prepare_table(requirements, rows, of_page)}
        book.registration = self._get_known(registration, audit)
        for name in INTERNAL:
            sheet = self.env[name]
            tables[name] = self._prepare_table(sheet, sheet._get_rows(book))
        satisfaction = self.env["kmop.decided.xlsx.satisfaction"]
        figures = satisfaction._prepare_kept(registration, audit._get_page_window())
        return {
            **tables,
            satisfaction._name: figures,
            "indicators": self._prepare_indicators(evidences),
        }

    @api.model
    def _prepare_projects(self, audit):
        """Return the project list as it is now, and which dossiers are in it."""
        sheet, window = self.env[PROJECTS], audit._get_page_window()
        book = SimpleNamespace(registration=audit.registration_id)
        rows = sheet._get_rows_between(book, *window)
        orders = self.env["sale.order"].search(
            audit._get_page_projects_domain(), order="kmop_date_start, id"
        )
        subsidised = orders.search(
            audit._get_page_projects_domain() & Domain("kmop_subsidised", "=", True)
        )
        return {
            **self._prepare_table(sheet, rows, self.env["kmop.page.xlsx.project"]),
            "ids": orders.ids,
            "subsidised": subsidised.ids,
        }

    def _get_known(self, registration, audit):
        """Return what of ``registration`` the sheets list, but nothing later.

        A decision can be recorded after that of another audit, which came later.
        """
        day = audit.date_decided
        audits = registration.audit_ids._known_on(day)
        withdrawn = registration.date_withdrawn
        return SimpleNamespace(
            id=registration.id,
            audit_ids=audits,
            period_ids=registration.period_ids._known_on(day),
            date_withdrawn=withdrawn and withdrawn <= day and withdrawn,
            withdraw_reason=registration.withdraw_reason,
        )

    def _prepare_table(self, sheet, rows, of_page=None):
        """Return a sheet's name, columns and ``rows``, to be kept.

        :param of_page: the sheet that says which of the columns the auditor sees
        """
        columns = sheet._get_columns()
        shown = set() if of_page is None else {c.label for c in of_page._get_columns()}
        return {
            "name": sheet._get_name(),
            "help": sheet._get_help(),
            "columns": [astuple(column) for column in columns],
            "public": [n for n, column in enumerate(columns) if column.label in shown],
            # A row may leave out its last cells.
            "rows": [[*row, *[None] * (len(columns) - len(row))] for row in rows],
        }

    def _prepare_indicators(self, evidences):
        """Return the names of what the evidence supports, by the indicator's id."""
        groups = self.env["kmop.evidence"]._read_group(evidences, ["indicator_ids"])
        return {
            indicator.id: [
                indicator.requirement_id.display_name,
                indicator.display_name,
            ]
            for (indicator,) in groups
        }

    # -------------------------------------------------------------------- writing

    def _prepare(self, book, record):
        """Say what the workbook is about.

        :param record: an audit, or the access of its auditor
        """
        page = record._name == "kmop.audit.access"
        book.audit = record.audit_id if page else record
        book.registration = book.audit.registration_id
        book.decision = book.audit._get_decision()
        book.is_page = page
        book.shares_projects = record.share_projects if page else None
        book.page = book.decision._read("page")
        book.kept = book.decision._read("book")
        day = datetime.combine(book.decision.date_decided, time())
        book.workbook.set_properties({"created": day})

    def _get_cover(self):
        return self.env["kmop.decided.xlsx.cover"]

    def _get_readable(self, book):
        found = []
        for name in PAGE_SHEETS if book.is_page else SHEETS:
            sheet = self.env[name]
            if self._is_shown(book, sheet):
                found.append(self._get_kept_sheet(book, name) or sheet)
            elif not book.is_page and (note := sheet._get_missing_note()):
                book.notes.append(note)
        return found

    def _is_shown(self, book, sheet):
        if not book.is_page:
            return sheet._is_readable()
        return book.shares_projects or sheet._name != PROJECTS

    def _get_kept_sheet(self, book, name):
        """Return the kept table of a sheet; None where it is made of the evidence."""
        if name == PROJECTS:
            return self._get_project_sheet(book)
        table = book.kept.get(name)
        if not table or "rows" not in table:
            return None
        return KeptSheet(table, table["public"] if book.is_page else None)

    def _get_project_sheet(self, book):
        """Return the project list that the reader may see, with the facts above it."""
        table = self._get_visible_projects(book.decision)
        cover = book.page["cover"]
        days = [format_date(self.env, day) for day in book.page["window"]]
        facts = [
            (self.env._("Provider"), cover["registration"]),
            (self.env._("Registration number"), cover["number"]),
            (self.env._("Services started from"), " – ".join(days)),
            (self.env._("Decided on"), book.decision.date_decided),
            (
                self.env._("Dossiers, of which subsidised"),
                f"{len(table['ids'])}, {table['subsidised']}",
            ),
        ]
        if table["hidden"]:
            note = self.env[PROJECTS]._get_incomplete_note()
            facts.append((self.env._("Not complete"), note))
            book.notes.append(f"{table['name']}: {note}")
        return KeptSheet(table, table["public"] if book.is_page else None, facts)

    @api.model
    def _get_visible_projects(self, decision):
        """Return the kept project list: what of it the reader may see.

        Of quotes that were deleted since, who sees only some of the others sees none.
        """
        table = decision._read("projects")
        ids, orders = set(table["ids"]), self.env["sale.order"]
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


class KmopDecidedXlsxCover(models.AbstractModel):
    _name = "kmop.decided.xlsx.cover"
    _inherit = "kmop.xlsx.cover"
    _description = "Cover of the workbook of a decided audit"

    def _get_title(self, book):
        return book.page["cover"]["registration"]

    def _get_facts(self, book):
        cover = book.page["cover"]
        day = format_date(self.env, cover["day"])
        return [
            (book.decision._get_note(), None),
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


class KmopDecidedXlsxRequirement(models.AbstractModel):
    """What was decided of each indicator, our own remarks included."""

    _name = "kmop.decided.xlsx.requirement"
    _inherit = "kmop.page.xlsx.requirement"
    _description = "Requirements of a decided audit"

    def _get_columns(self):
        return self.env["kmop.xlsx.requirement"]._get_columns()

    def _get_row(self, indicator, score, states, supports):
        sheet = self.env["kmop.xlsx.requirement"]
        return sheet._get_row(indicator, score, states, supports)


class KmopDecidedXlsxEvidence(models.AbstractModel):
    _name = "kmop.decided.xlsx.evidence"
    _inherit = "kmop.page.xlsx.evidence"
    _description = "Evidence of a decided audit"

    def _get_rows(self, book):
        shared = self._get_shared()
        accepted = shared["state"]["accepted"]
        indicators = book.kept["indicators"]
        for line in book.decision._iterate_evidence():
            names = [indicators[str(i)][0] for i in line.indicators or ()]
            files = line.files or ()
            yield (
                line.number,
                line.name,
                line.type_name,
                "\n".join(dict.fromkeys(names)),
                line.indicator_codes,
                shared["aspect"].get(line.aspect),
                line.date_effective,
                line.date_review,
                accepted,
                line.date_accepted,
                line.source_name,
                line.order_name,
                "\n".join(file["name"] for file in files),
                "\n".join(file["sha256"] for file in files),
                line.url,
            )


class KmopDecidedXlsxFile(models.AbstractModel):
    _name = "kmop.decided.xlsx.file"
    _inherit = "kmop.xlsx.file"
    _description = "Files of a decided audit"

    def _iterate_files(self, book):
        return self.env["kmop.decided.files"]._iterate_files(book.decision)


class KmopDecidedXlsxSatisfaction(models.AbstractModel):
    _name = "kmop.decided.xlsx.satisfaction"
    _inherit = "kmop.xlsx.satisfaction"
    _description = "Satisfaction at a decision"

    @api.model
    def _prepare_kept(self, registration, window):
        """Return the figures as they are now."""
        _window, data = self._read_figures(registration, window)
        return {name: value for name, value in data.items() if name != "show"}

    def _get_figures(self, book):
        return book.page["window"], book.kept[self._name]

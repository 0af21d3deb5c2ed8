"""The same workbook through OCA's report_xlsx, as its own examples are written.

Record by record, each value read from the record, each cell by ``sheet.write``, in the
mode that report_xlsx opens a workbook in. The eight short sheets, which are a few
dozen cells whatever the size, take their lines from the addon's own methods.
"""

import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

from odoo.modules.registry import Registry

import odoo.addons
from odoo.addons.kmop_registration.report.xlsx_sheet import (
    MARKS,
    NUMBER_FORMATS,
    Link,
)

PACKAGE = "odoo-addon-report-xlsx==19.*"
LEVELS = {
    "draft": "",
    "submitted": "! ",
    "accepted": "✓ ",
    "rejected": "✗ ",
    "superseded": "",
}
SHORT = (
    "kmop.xlsx.finding",
    "kmop.xlsx.audit",
    "kmop.xlsx.period",
    "kmop.xlsx.timeline",
    "kmop.xlsx.legend",
)


def install(name):
    """Install report_xlsx from its package; return its version."""
    folder = tempfile.mkdtemp()
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps"]
    subprocess.run([*pip, "--target", folder, PACKAGE], check=True)
    odoo.addons.__path__.append(str(Path(folder, "odoo", "addons")))
    Registry.new(name, update_module=True, install_modules=["report_xlsx"])
    return (
        next(Path(folder).glob("*.dist-info")).name.split("-")[1].removesuffix(".dist")
    )


def write(env, registration):
    """Return the workbook, as bytes: report_xlsx has no other way."""
    report = env["report.report_xlsx.abstract"]
    context = {"active_model": "kmop.registration"}
    with patch.object(type(report), "generate_xlsx_report", generate):
        return report.with_context(**context).create_xlsx_report([registration], {})[0]


def generate(report, workbook, _data, registration):
    env = report.env
    workbook_model = env["kmop.audit.xlsx"]
    book = SimpleNamespace(
        pack=None,
        notes=[],
        cut=[],
        sheets=workbook_model._get_sheets(),
    )
    workbook_model._prepare(book, registration)
    formats = Formats(workbook)
    cover = Page(workbook, formats, env["kmop.xlsx.cover"])
    requirement = env["kmop.xlsx.requirement"]
    Page(workbook, formats, requirement).add_table(requirement._get_rows(book))
    add_evidence(workbook, formats, registration)
    add_files(workbook, formats, registration)
    add_projects(workbook, formats, registration)
    add_satisfaction(workbook, formats, registration)
    for name in SHORT:
        page = Page(workbook, formats, env[name])
        page.add_table(env[name]._get_rows(book))
    add_cover(cover, formats, book)


class Formats:
    """What cells look like: the same as in the addon's own workbook."""

    def __init__(self, workbook):
        add = workbook.add_format
        self.text = add({"text_wrap": True, "valign": "top"})
        self.header = add(
            {
                "bold": True,
                "bg_color": "#DDE7EE",
                "border": 1,
                "text_wrap": True,
                "valign": "top",
            }
        )
        self.title = add({"bold": True, "font_size": 14})
        self.bold = add({"bold": True, "font_size": 12})
        self.plain = add({"align": "left"})
        self.plain_date = add({"align": "left", "num_format": "yyyy-mm-dd"})
        self.link = add(
            {
                "valign": "top",
                "font_color": "#1155CC",
                "underline": 1,
                "text_wrap": True,
            }
        )
        self.date = add({"num_format": "yyyy-mm-dd", "align": "left", "valign": "top"})
        self.numbers = {
            kind: add(
                {"num_format": code, "align": "right", "indent": 1, "valign": "top"}
            )
            for kind, code in NUMBER_FORMATS.items()
        }
        self.marks = {mark: add(properties) for mark, properties in MARKS.items()}


class Page:
    """A worksheet with a table, written cell by cell."""

    def __init__(self, workbook, formats, model):
        self.formats = formats
        self.columns = model._get_columns()
        self.sheet = workbook.add_worksheet(model._get_name())
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.row = 0
        for number, column in enumerate(self.columns):
            self.sheet.set_column(number, number, column.width)

    def add_title(self, text):
        self.sheet.write(self.row, 0, text, self.formats.title)
        self.row += 2

    def add_fact(self, label, value, place=3):
        is_date = isinstance(value, date)
        self.sheet.write(self.row, 0, label, self.formats.plain)
        shown = self.formats.plain_date if is_date else self.formats.plain
        self.sheet.write(self.row, place, None if value is False else value, shown)
        self.row += 1

    def add_table(self, rows):
        top = self.row
        for number, column in enumerate(self.columns):
            self.sheet.write(self.row, number, column.label, self.formats.header)
        self.set_height([column.label for column in self.columns])
        self.row += 1
        self.sheet.freeze_panes(self.row, 0)
        for row in rows:
            self.add_row(row)
        last = max(top, self.row - 1)
        self.sheet.autofilter(top, 0, last, len(self.columns) - 1)
        for number, column in enumerate(self.columns):
            if column.kind == "mark":
                self.add_marks(number, top + 1, last)

    def add_marks(self, number, first, last):
        for mark, look in self.formats.marks.items():
            rule = {"type": "text", "criteria": "begins with", "value": mark}
            self.sheet.conditional_format(
                first, number, last, number, {**rule, "format": look}
            )

    def add_row(self, values):
        for number, value in enumerate(values):
            if isinstance(value, Link):
                formula = f'=HYPERLINK("{value.url}","{value.text}")'
                self.sheet.write_formula(
                    self.row, number, formula, self.formats.link, value.text
                )
            elif isinstance(value, date):
                self.sheet.write(self.row, number, value, self.formats.date)
            elif isinstance(value, (int, float)) and not isinstance(value, bool):
                kind = self.columns[number].kind
                shown = self.formats.numbers.get(kind, self.formats.text)
                self.sheet.write(self.row, number, value, shown)
            elif value:
                self.sheet.write(self.row, number, value, self.formats.text)
        self.set_height(values)
        self.row += 1

    def set_height(self, values):
        lines = 1
        for value, column in zip(values, self.columns, strict=False):
            if isinstance(value, str):
                width = column.width * 0.95
                found = sum(1 + len(part) // width for part in value.split("\n"))
                lines = max(lines, found)
        if lines > 1:
            self.sheet.set_row(self.row, min(lines * 15, 390))


# ------------------------------------------------------------------------- the sheets


def add_evidence(workbook, formats, registration):
    page = Page(workbook, formats, registration.env["kmop.xlsx.evidence"])
    link = f"{registration.get_base_url()}/odoo/kmop-evidence"
    evidences = registration.env["kmop.evidence"].search(
        [("registration_id", "=", registration.id)], order="id"
    )
    page.add_table(get_evidence(evidence, link) for evidence in evidences)


def add_files(workbook, formats, registration):
    page = Page(workbook, formats, registration.env["kmop.xlsx.file"])
    evidences = registration.env["kmop.evidence"].search(
        [("registration_id", "=", registration.id)], order="id"
    )
    page.add_table(
        get_file(file) for evidence in evidences for file in evidence.file_ids
    )


def add_projects(workbook, formats, registration):
    model = registration.env["kmop.project.xlsx"]
    page = Page(workbook, formats, model)
    window = registration._get_project_window()
    page.add_title("Project list")
    for label, value in model._get_facts(registration, *window):
        page.add_fact(label, value)
    page.row += 1
    orders = registration.env["sale.order"].search(
        registration._get_projects_domain(*window), order="kmop_date_start, id"
    )
    page.add_table(get_project(order) for order in orders)


def add_satisfaction(workbook, formats, registration):
    model = registration.env["kmop.xlsx.satisfaction"]
    page = Page(workbook, formats, model)
    window = registration._get_project_window()
    report = registration.env["kmop.satisfaction.report"].new(
        {
            "registration_id": registration.id,
            "date_from": window[0],
            "date_to": window[1],
        }
    )
    page.add_title(model._get_name())
    for label, value in model._get_facts(report._get_values(), window):
        page.add_fact(label, value, 1)


def add_cover(page, formats, book):
    model = book.registration.env["kmop.xlsx.cover"]
    page.add_title(book.registration.display_name)
    for fact in model._get_facts(book):
        page.add_row(fact)
    for title, lines in model._get_blocks(book, book.sheets):
        page.row += 1
        page.sheet.write(page.row, 0, title, formats.bold)
        page.row += 1
        for line in lines:
            page.add_row(line)


# ------------------------------------------------------------------------ the records


def get_label(record, name):
    return dict(record._fields[name]._description_selection(record.env))[record[name]]


def get_evidence(evidence, link):
    files = evidence.file_ids
    return (
        evidence.id,
        evidence.name,
        evidence.type_id.name,
        "\n".join(evidence.requirement_ids.mapped("display_name")),
        evidence.indicator_codes,
        get_label(evidence, "aspect"),
        evidence.date_effective,
        evidence.date_review,
        LEVELS[evidence.state] + get_label(evidence, "state"),
        evidence.date_accepted,
        evidence.source_name,
        evidence.order_id.name,
        "\n".join(files.mapped("name")),
        "\n".join(files.mapped("sha256")),
        evidence.url,
        Link(f"{link}/{evidence.id}", "Open"),
    )


def get_file(file):
    return (
        file.evidence_id.id,
        file.evidence_id.name,
        file.name,
        get_label(file, "kind"),
        file.size,
        file.sha256,
        get_state(file),
        "",
    )


def get_state(file):
    attachment = file.attachment_id
    path = attachment._full_path(attachment.store_fname)
    if not os.path.exists(path):
        return "✗ Missing"
    return "✓ There" if os.path.getsize(path) == file.size else "✗ Altered"


def get_project(order):
    return (
        order.name,
        order.partner_id.display_name,
        order.kmop_enterprise_id.vat or order.kmop_enterprise_id.company_registry,
        get_label(order, "kmop_service"),
        order.kmop_theme_id.name,
        order.kmop_date_start,
        order.kmop_date_end,
        order.kmop_hours,
        "\n".join(order.kmop_trainer_ids.mapped("name")),
        order.user_id.name,
        "Yes" if order.kmop_subsidised else "No",
        order.amount_untaxed,
        order.kmop_amount_eligible,
        order.kmop_amount_other,
        order.currency_id.name,
        order.kmop_completeness / 100,
        order.kmop_date_retention,
    )

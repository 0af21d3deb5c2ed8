from io import BytesIO

from odoo import api, fields, models
from odoo.tools import format_date, split_every

from .xlsx_sheet import Sheet, open_workbook

# Rows read at a time: few queries, and no more than these in memory.
CHUNK = 1000

AMOUNT, HOURS, PERCENTAGE = "#,##0.00", "0.00", "0%"
# Width, and how a number shows, by column.
WIDTHS = [11, 30, 15, 10, 22, 11, 11, 8, 22, 16, 12, 14, 14, 14, 10, 11, 11]
FORMATS = {7: HOURS, 11: AMOUNT, 12: AMOUNT, 13: AMOUNT, 15: PERCENTAGE}

FIELDS = (
    "name",
    "partner_id",
    "kmop_enterprise_id",
    "kmop_service",
    "kmop_theme_id",
    "kmop_date_start",
    "kmop_date_end",
    "kmop_hours",
    "kmop_trainer_ids",
    "user_id",
    "kmop_subsidised",
    "amount_untaxed",
    "kmop_amount_eligible",
    "kmop_amount_other",
    "currency_id",
    "kmop_completeness",
    "kmop_date_retention",
)


class KmopProjectXlsx(models.AbstractModel):
    """The list of dossiers over a window, with the access rights of who asks."""

    _name = "kmop.project.xlsx"
    _description = "Project list"

    @api.model
    def _write(self, registration, file, date_from, date_to):
        """Write the list of one registration to the open binary ``file``."""
        with open_workbook(file) as workbook:
            self._add_projects(workbook, registration, date_from, date_to)

    @api.model
    def _render(self, registration, date_from, date_to):
        """Return the content of the file."""
        with BytesIO() as file:
            self._write(registration, file, date_from, date_to)
            return file.getvalue()

    @api.model
    def _add_projects(self, workbook, registration, date_from, date_to):
        sheet = Sheet(workbook, self.env._("Projects"), WIDTHS)
        sheet.set_number_formats(FORMATS)
        sheet.add_title(self.env._("Project list"))
        for label, value in self._get_facts(registration, date_from, date_to):
            sheet.add_fact(label, value)
        sheet.row += 1
        dossiers = self._iterate_dossiers(registration, date_from, date_to)
        sheet.add_table(self._get_labels(), map(self._get_row, dossiers))

    # --------------------------------------------------------------------- facts

    def _get_facts(self, registration, date_from, date_to):
        today = fields.Date.context_today(self)
        totals = registration._get_project_totals(date_from, date_to)
        days = [format_date(self.env, day) for day in (date_from, date_to)]
        facts = [
            (self.env._("Provider"), registration.display_name),
            (self.env._("Registration number"), registration.number),
            (self.env._("Services started from"), " – ".join(days)),
            (self.env._("Date of this export"), today),
            (
                self.env._("Dossiers, of which subsidised"),
                f"{totals['count']}, {totals['subsidised']}",
            ),
            (
                self.env._("Subsidised dossiers in the last 12 months"),
                registration.subsidised_year_count,
            ),
        ]
        if registration._has_hidden_projects(date_from, date_to, totals["count"]):
            facts.append((self.env._("Not complete"), self._get_incomplete_note()))
        return facts

    @api.model
    def _get_incomplete_note(self):
        return self.env._(
            "There are dossiers in this window that %(user)s may not see.",
            user=self.env.user.name,
        )

    # ------------------------------------------------------------------- dossiers

    @api.model
    def _iterate_dossiers(self, registration, date_from, date_to):
        """Yield the dossiers that the reader may see, chunk by chunk."""
        orders = self.env["sale.order"].search(
            registration._get_projects_domain(date_from, date_to),
            order="kmop_date_start, id",
        )
        # sudo: who may read the dossier may know the names on it, those of trainers
        # who left included
        readable = orders.sudo().with_context(active_test=False)
        for ids in split_every(CHUNK, orders.ids):
            chunk = readable.browse(ids)
            chunk.fetch(FIELDS)
            yield from chunk
            self.env.invalidate_all()

    def _get_labels(self):
        return [
            self.env._("Number"),
            self.env._("Client"),
            self.env._("Enterprise number"),
            self.env._("Service"),
            self.env._("Theme"),
            self.env._("Start"),
            self.env._("End"),
            self.env._("Hours"),
            self.env._("Trainers or advisers"),
            self.env._("Salesperson"),
            self.env._("Subsidised"),
            self.env._("Amount excluding VAT"),
            self.env._("Eligible amount"),
            self.env._("Non-eligible amount"),
            self.env._("Currency"),
            self.env._("Complete"),
            self.env._("Keep until"),
        ]

    def _get_row(self, order):
        client = order.kmop_enterprise_id
        return (
            order.name,
            order.partner_id.display_name,
            client.vat or client.company_registry,
            self._get_service_label(order),
            order.kmop_theme_id.name,
            order.kmop_date_start,
            order.kmop_date_end,
            order.kmop_hours,
            "\n".join(order.kmop_trainer_ids.mapped("name")),
            order.user_id.name,
            self.env._("Yes") if order.kmop_subsidised else self.env._("No"),
            order.amount_untaxed,
            order.kmop_amount_eligible,
            order.kmop_amount_other,
            order.currency_id.name,
            order.kmop_completeness / 100,
            order.kmop_date_retention,
        )

    @api.model
    def _get_service_label(self, order):
        return self.env["kmop.audit.xlsx"]._get_label(order, "kmop_service")

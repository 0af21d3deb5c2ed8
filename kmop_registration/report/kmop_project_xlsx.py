from io import BytesIO

from odoo import api, fields, models
from odoo.tools import format_date

from .xlsx_sheet import Book, Column, Sheet

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
    _inherit = "kmop.xlsx.sheet"
    _description = "Project list"

    def _get_name(self):
        return self.env._("Projects")

    def _get_help(self):
        return self.env._("The dossiers that the part asks for, by their start.")

    def _is_readable(self):
        return self.env["sale.order"].has_access("read")

    def _get_missing_note(self):
        return self.env._(
            "The project list isn't here: %(user)s may not see quotations.",
            user=self.env.user.name,
        )

    @api.model
    def _write(self, registration, file, date_from, date_to):
        """Write the list of one registration to the open binary ``file``."""
        with Book(file) as book:
            book.registration = registration
            self._add_window(book, date_from, date_to)

    @api.model
    def _render(self, registration, date_from, date_to):
        """Return the content of the file."""
        with BytesIO() as file:
            self._write(registration, file, date_from, date_to)
            return file.getvalue()

    def _add(self, book):
        """Add the dossiers that the next part asks for."""
        window = book.registration._get_project_window()
        sheet, facts = self._add_window(book, *window)
        incomplete = self.env._("Not complete")
        book.notes += [
            f"{sheet.name}: {v}" for label, v in facts if label == incomplete
        ]
        return sheet

    @api.model
    def _add_window(self, book, date_from, date_to):
        sheet = Sheet(book, self._get_name(), self._get_columns())
        sheet.add_title(self.env._("Project list"))
        facts = self._get_facts(book.registration, date_from, date_to)
        for label, value in facts:
            sheet.add_fact(label, value)
        sheet.row += 1
        sheet.add_table(self._get_rows_between(book, date_from, date_to))
        return sheet, facts

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
    def _get_rows_between(self, book, date_from, date_to):
        """Yield a line for each dossier that the reader may see."""
        orders = self.env["sale.order"].search(
            book.registration._get_projects_domain(date_from, date_to),
            order="kmop_date_start, id",
        )
        # sudo: who may read the dossier may know the names on it, those of trainers
        # who left included
        readable = orders.sudo().with_context(active_test=False)
        for chunk in self._iterate(readable, FIELDS):
            scores = self._get_scores(chunk)
            names = self._get_names(chunk)
            for order in chunk:
                yield self._get_row(order, names, scores.get(order.id, (None, None)))

    def _get_scores(self, orders):
        """Return the number of answers and their mean, by order: None where few."""
        figures = self.env["kmop.satisfaction"]
        if not figures.has_access("read"):
            return {}
        groups = figures._read_group(
            [("order_id", "in", orders.ids)], ["order_id"], ["__count", "score:avg"]
        )
        return {order.id: (count, mean) for order, count, mean in groups}

    def _get_names(self, orders):
        """Return how what the dossiers refer to is called, read at once."""
        enterprises = orders.kmop_enterprise_id
        return {
            "service": self._get_labels(orders, "kmop_service"),
            "client": {p.id: p.display_name for p in orders.partner_id},
            "number": {p.id: p.vat or p.company_registry for p in enterprises},
            "theme": {theme.id: theme.name for theme in orders.kmop_theme_id},
            "trainer": {p.id: p.name for p in orders.kmop_trainer_ids},
            "user": {user.id: user.name for user in orders.user_id},
            "currency": {c.id: c.name for c in orders.currency_id},
            "subsidised": {True: self.env._("Yes"), False: self.env._("No")},
        }

    def _get_columns(self):
        return [
            Column(
                self.env._("Number"),
                11,
                self.env._("The number of the quotation or order."),
            ),
            Column(self.env._("Client"), 30, self.env._("Who bought the service.")),
            Column(
                self.env._("Enterprise number"),
                15,
                self.env._("That of the participants' firm."),
            ),
            Column(self.env._("Service"), 10, self.env._("Training or advice.")),
            Column(
                self.env._("Theme"),
                22,
                self.env._("The theme of the kmo-portefeuille."),
            ),
            Column(self.env._("Start"), 11, self.env._("First day of the service.")),
            Column(self.env._("End"), 11, self.env._("Last day of the service.")),
            Column(
                self.env._("Hours"), 8, self.env._("Duration of the service."), "hours"
            ),
            Column(
                self.env._("Trainers or advisers"),
                22,
                self.env._("Who carried it out."),
            ),
            Column(
                self.env._("Salesperson"),
                16,
                self.env._("Who answers for the dossier."),
            ),
            Column(
                self.env._("Subsidised"),
                12,
                self.env._("Whether the client asked a subsidy."),
            ),
            Column(
                self.env._("Amount excluding VAT"),
                14,
                self.env._("What was charged, all in."),
                "amount",
            ),
            Column(
                self.env._("Eligible amount"),
                14,
                self.env._("What can be subsidised."),
                "amount",
            ),
            Column(
                self.env._("Non-eligible amount"),
                14,
                self.env._("What can't be."),
                "amount",
            ),
            Column(self.env._("Currency"), 10, self.env._("Of the amounts.")),
            Column(
                self.env._("Complete"),
                11,
                self.env._("Share of the expected documents that are there."),
                "percentage",
            ),
            Column(
                self.env._("Keep until"),
                11,
                self.env._("Last day to keep the dossier."),
            ),
            Column(
                self.env._("Answers"),
                10,
                self.env._("Answers on satisfaction."),
                "number",
            ),
            Column(
                self.env._("Satisfaction"),
                12,
                self.env._("Mean out of 100; empty where there are too few answers."),
                "score",
            ),
        ]

    @api.model
    def _get_row(self, order, names, scores):
        return (
            order.name,
            names["client"].get(order.partner_id.id),
            names["number"].get(order.kmop_enterprise_id.id),
            names["service"].get(order.kmop_service),
            names["theme"].get(order.kmop_theme_id.id),
            order.kmop_date_start,
            order.kmop_date_end,
            order.kmop_hours,
            "\n".join(names["trainer"][i] for i in order.kmop_trainer_ids.ids),
            names["user"].get(order.user_id.id),
            names["subsidised"][order.kmop_subsidised],
            order.amount_untaxed,
            order.kmop_amount_eligible,
            order.kmop_amount_other,
            names["currency"].get(order.currency_id.id),
            order.kmop_completeness / 100,
            order.kmop_date_retention,
            *scores,
        )

from io import BytesIO

from odoo import api, models
from odoo.fields import Domain
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
        window = self._get_window(book)
        sheet, facts = self._add_window(book, *window)
        incomplete = self.env._("Not complete")
        book.notes += [
            f"{sheet.name}: {v}" for label, v in facts if label == incomplete
        ]
        return sheet

    def _get_window(self, book):
        return book.registration._get_project_window()

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
        today = registration.company_id._kmop_today()
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
        shared = self._get_shared()
        for rows in self._iterate_rows(orders, FIELDS):
            names = {**shared, **self._get_names(rows)}
            for row in rows:
                yield self._get_row(row, names)

    def _get_names(self, rows):
        """Return how what the dossiers refer to is called, read at once."""
        ids = [row.id for row in rows]
        trainers = self._get_linked("sale.order", "kmop_trainer_ids", ids)
        # sudo: who may read the dossier may know the names on it, those of trainers
        # who left included
        partners = self.env["res.partner"].sudo()
        # sudo: as above
        users = self.env["res.users"].sudo()
        users = users.browse({r.user_id for r in rows if r.user_id})
        enterprises = partners.browse({r.kmop_enterprise_id for r in rows} - {None})
        clients = partners.browse({row.partner_id for row in rows})
        people = partners.browse({i for found in trainers.values() for i in found})
        return {
            "trainers": trainers,
            "score": self._get_scores(ids),
            "client": self._get_texts(clients),
            "number": self._get_texts(enterprises, "company_registry")
            | {i: vat for i, vat in self._get_texts(enterprises, "vat").items() if vat},
            "trainer": self._get_texts(people, "name"),
            "user": self._get_texts(users, "name"),
        }

    def _get_shared(self):
        themes = self.env["kmop.theme"].with_context(active_test=False)
        currencies = self.env["res.currency"].with_context(active_test=False)
        return {
            "service": self._get_labels(self.env["sale.order"], "kmop_service"),
            "theme": self._get_texts(themes.search(Domain.TRUE), "name"),
            "currency": self._get_texts(currencies.search(Domain.TRUE), "name"),
            "subsidised": (self.env._("No"), self.env._("Yes")),
        }

    def _get_scores(self, ids):
        """Return the number of answers and their mean, by order: None where few."""
        figures = self.env["kmop.satisfaction"]
        if not figures.has_access("read"):
            return {}
        groups = figures._read_group(
            [("order_id", "in", ids)], ["order_id"], ["__count", "score:avg"]
        )
        return {order.id: (count, mean) for order, count, mean in groups}

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
                20,
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
                12,
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
    def _get_row(self, row, names):
        trainers = names["trainers"].get(row.id, ())
        return (
            row.name,
            names["client"].get(row.partner_id),
            names["number"].get(row.kmop_enterprise_id),
            names["service"].get(row.kmop_service),
            names["theme"].get(row.kmop_theme_id),
            row.kmop_date_start,
            row.kmop_date_end,
            row.kmop_hours or 0.0,
            "\n".join(names["trainer"][i] for i in trainers),
            names["user"].get(row.user_id),
            names["subsidised"][bool(row.kmop_subsidised)],
            float(row.amount_untaxed or 0),
            float(row.kmop_amount_eligible or 0),
            float(row.kmop_amount_other or 0),
            names["currency"].get(row.currency_id),
            (row.kmop_completeness or 0) / 100,
            row.kmop_date_retention,
            *names["score"].get(row.id, (None, None)),
        )

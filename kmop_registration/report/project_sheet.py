from odoo.tools import LazyTranslate, format_date

from ..tools import read_linked, read_names
from .audit_sheet import FieldColumn, LongSheet
from .xlsx_sheet import Sheet

_lt = LazyTranslate(__name__)


class ProjectSheet(LongSheet):
    """The list of dossiers over a window, with the access rights of who asks."""

    name = "project"
    label = _lt("Projects")
    help = _lt("The dossiers that the part asks for, by their start.")
    model = "sale.order"
    fields = (
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

    def get_enterprise_number(self, row):
        return self.names["kmop_enterprise_id"].get(row.kmop_enterprise_id)

    def get_hours(self, row):
        return row.kmop_hours or 0.0

    def get_trainers(self, row):
        linked, names = self.names["kmop_trainer_ids"]
        return "\n".join(names[i] for i in linked.get(row.id, ()))

    def get_subsidised(self, row):
        return self.env._("Yes") if row.kmop_subsidised else self.env._("No")

    def get_amount(self, row):
        return float(row.amount_untaxed or 0)

    def get_eligible(self, row):
        return float(row.kmop_amount_eligible or 0)

    def get_other(self, row):
        return float(row.kmop_amount_other or 0)

    def get_completeness(self, row):
        return (row.kmop_completeness or 0) / 100

    def get_answers(self, row):
        return self.names["score"].get(row.id, (None, None))[0]

    def get_score(self, row):
        return self.names["score"].get(row.id, (None, None))[1]

    columns = (
        FieldColumn(
            "name",
            11,
            label=_lt("Number"),
            help=_lt("The number of the quotation or order."),
        ),
        FieldColumn(
            "partner_id", 30, label=_lt("Client"), help=_lt("Who bought the service.")
        ),
        FieldColumn(
            "enterprise_number",
            20,
            label=_lt("Enterprise number"),
            help=_lt("That of the participants' firm."),
            get=get_enterprise_number,
        ),
        FieldColumn("kmop_service", 10, help=_lt("Training or advice.")),
        FieldColumn(
            "kmop_theme_id", 22, help=_lt("The theme of the kmo-portefeuille.")
        ),
        FieldColumn("kmop_date_start", 11, label=_lt("Start")),
        FieldColumn(
            "kmop_date_end",
            11,
            label=_lt("End"),
            help=_lt("Last day of the service."),
        ),
        FieldColumn("kmop_hours", 8, "hours", get=get_hours),
        FieldColumn(
            "kmop_trainer_ids", 22, help=_lt("Who carried it out."), get=get_trainers
        ),
        FieldColumn("user_id", 16, help=_lt("Who answers for the dossier.")),
        FieldColumn("kmop_subsidised", 12, get=get_subsidised),
        FieldColumn(
            "amount_untaxed",
            14,
            "amount",
            _lt("Amount excluding VAT"),
            _lt("What was charged, all in."),
            get=get_amount,
        ),
        FieldColumn("kmop_amount_eligible", 14, "amount", get=get_eligible),
        FieldColumn(
            "kmop_amount_other",
            14,
            "amount",
            help=_lt("What can't be subsidised."),
            get=get_other,
        ),
        FieldColumn("currency_id", 10, help=_lt("Currency of the amounts.")),
        FieldColumn(
            "kmop_completeness",
            11,
            "percentage",
            _lt("Complete"),
            get=get_completeness,
        ),
        FieldColumn("kmop_date_retention", 11),
        FieldColumn(
            "answers",
            12,
            "number",
            _lt("Answers"),
            _lt("Answers on satisfaction."),
            get=get_answers,
        ),
        FieldColumn(
            "score",
            12,
            "score",
            _lt("Satisfaction"),
            _lt("Mean out of 100; empty where there are too few answers."),
            get=get_score,
        ),
    )

    def is_readable(self):
        return self.env["sale.order"].has_access("read")

    def get_missing_note(self):
        return self.env._(
            "The project list isn't here: %(user)s may not see quotations.",
            user=self.env.user.name,
        )

    def get_incomplete_note(self):
        return self.env._(
            "There are dossiers in this window that %(user)s may not see.",
            user=self.env.user.name,
        )

    def add(self, book):
        """Write the list of the window that the workbook is about."""
        sheet = Sheet(book, self.get_name(), self.get_columns())
        sheet.add_title(self.env._("Project list"))
        for label, value in self.get_facts():
            sheet.add_fact(label, value)
        sheet.row += 1
        sheet.add_table(self.get_rows())

    def get_facts(self):
        registration, window = self.subject.registration, self.subject.window
        totals = registration._get_project_totals(*window)
        days = [format_date(self.env, day) for day in window]
        facts = [
            (self.env._("Provider"), registration.display_name),
            (self.env._("Registration number"), registration.number),
            (self.env._("Services started from"), " – ".join(days)),
            (
                self.env._("Date of this export"),
                registration.company_id._kmop_today(),
            ),
            (
                self.env._("Dossiers, of which subsidised"),
                f"{totals['count']}, {totals['subsidised']}",
            ),
            (
                self.env._("Subsidised dossiers in the last 12 months"),
                registration.subsidised_year_count,
            ),
        ]
        if registration._has_hidden_projects(*window, totals["count"]):
            note = self.get_incomplete_note()
            facts.append((self.env._("Not complete"), note))
            self.subject.notes.append(f"{self.get_name()}: {note}")
        return facts

    def search(self):
        registration, window = self.subject.registration, self.subject.window
        return self.env["sale.order"].search(
            registration._get_projects_domain(*window), order="kmop_date_start, id"
        )

    def read_names(self, rows):
        orders = self.env["sale.order"].browse(row.id for row in rows)
        # sudo: who may read the dossier may know the names on it, those of trainers
        # who left included
        partners = self.env["res.partner"].sudo()
        firms = partners.browse({row.kmop_enterprise_id for row in rows} - {None})
        trainers = read_linked(orders, "kmop_trainer_ids")
        people = partners.browse({i for found in trainers.values() for i in found})
        return {
            **super().read_names(rows),
            "kmop_enterprise_id": {
                firm.id: firm.vat or firm.company_registry for firm in firms
            },
            "kmop_trainer_ids": (trainers, read_names(people, "name")),
            "score": self.read_scores(orders),
        }

    def read_scores(self, orders):
        """Return the number of answers and their mean, by order: None where few."""
        figures = self.env["kmop.satisfaction"]
        if not figures.has_access("read"):
            return {}
        groups = figures._read_group(
            [("order_id", "in", orders.ids)], ["order_id"], ["__count", "score:avg"]
        )
        return {order.id: (count, mean) for order, count, mean in groups}

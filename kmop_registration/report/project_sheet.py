from odoo.tools import LazyTranslate, format_date

from ..tools import read_linked, read_names
from .audit_sheet import LongSheet, Shown
from .xlsx_sheet import Sheet

_lt = LazyTranslate(__name__)


class ProjectSheet(LongSheet):
    """The list of dossiers over a window, with the access rights of who asks."""

    name = "project"
    label = _lt("Projects")
    help = _lt("The dossiers that the part asks for, by their start.")
    model = reads = "sale.order"
    beside = ("kmop_enterprise_id",)
    columns = (
        Shown(
            "name",
            11,
            _lt("The number of the quotation or order."),
            label=_lt("Number"),
        ),
        Shown("partner_id", 30, _lt("Who bought the service."), label=_lt("Client")),
        Shown(
            "enterprise_number",
            20,
            _lt("That of the participants' firm."),
            label=_lt("Enterprise number"),
        ),
        Shown("kmop_service", 10, _lt("Training or advice.")),
        Shown("kmop_theme_id", 22, _lt("The theme of the kmo-portefeuille.")),
        Shown("kmop_date_start", 11, label=_lt("Start")),
        Shown("kmop_date_end", 11, _lt("Last day of the service."), label=_lt("End")),
        Shown("kmop_hours", 8, kind="hours"),
        Shown("kmop_trainer_ids", 22, _lt("Who carried it out.")),
        Shown("user_id", 16, _lt("Who answers for the dossier.")),
        Shown("kmop_subsidised", 12),
        Shown(
            "amount_untaxed",
            14,
            _lt("What was charged, all in."),
            "amount",
            _lt("Amount excluding VAT"),
        ),
        Shown("kmop_amount_eligible", 14, kind="amount"),
        Shown("kmop_amount_other", 14, _lt("What can't be subsidised."), "amount"),
        Shown("currency_id", 10, _lt("Currency of the amounts.")),
        Shown("kmop_completeness", 11, kind="percentage", label=_lt("Complete")),
        Shown("kmop_date_retention", 11),
        Shown("answers", 12, _lt("Answers on satisfaction."), "number", _lt("Answers")),
        Shown(
            "score",
            12,
            _lt("Mean out of 100; empty where there are too few answers."),
            "score",
            _lt("Satisfaction"),
        ),
    )

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
        registration, window = self.pack.registration, self.pack.window
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
            self.pack.notes.append(f"{self.get_name()}: {note}")
        return facts

    def search(self):
        registration, window = self.pack.registration, self.pack.window
        return self.env["sale.order"].search(
            registration._get_projects_domain(*window), order="kmop_date_start, id"
        )

    def read_values(self, rows):
        orders = self.env["sale.order"].browse(row.id for row in rows)
        # sudo: who may read the dossier may know the names on it, those of trainers
        # who left included
        partners = self.env["res.partner"].sudo()
        firms = partners.browse({row.kmop_enterprise_id for row in rows} - {None})
        numbers = {firm.id: firm.vat or firm.company_registry for firm in firms}
        trainers = read_linked(orders, "kmop_trainer_ids")
        people = partners.browse({i for found in trainers.values() for i in found})
        names, scores = read_names(people, "name"), self.read_scores(orders)
        return {
            "enterprise_number": {
                row.id: numbers.get(row.kmop_enterprise_id) for row in rows
            },
            "kmop_trainer_ids": {
                order: "\n".join(names[i] for i in ids)
                for order, ids in trainers.items()
            },
            "answers": {order: count for order, (count, _mean) in scores.items()},
            "score": {order: mean for order, (_count, mean) in scores.items()},
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

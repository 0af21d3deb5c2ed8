from odoo import api, fields, models
from odoo.fields import Domain

from ...tools import day_after, shift

# What auditors ask of a first audit; also of who has no next part.
DEFAULT_MONTHS = 24
YEAR = 12


class KmopRegistration(models.Model):
    """The sold dossiers of a registration that an auditor asks for.

    They are dated by the start of the service. Everything here is counted with the
    rights of the user, who sees nothing without rights on quotes.
    """

    _inherit = "kmop.registration"

    dossier_count = fields.Integer(string="Dossiers", compute="_compute_dossier_count")
    subsidised_year_count = fields.Integer(
        string="Subsidised in 12 months",
        compute="_compute_subsidised_year_count",
        help="Subsidised dossiers whose service started in the last 12 months.",
    )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_dossier_count(self):
        counts = self._count_dossiers()
        for registration in self:
            registration.dossier_count = counts.get(registration.id, 0)

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_subsidised_year_count(self):
        subsidised = Domain("kmop_subsidised", "=", True)
        days = self.grouped(lambda registration: registration.company_id._kmop_today())
        for today, registrations in days.items():
            year = self._get_window_domain(*self._get_window_until(today, YEAR))
            counts = registrations._count_dossiers(subsidised & year)
            for registration in registrations:
                registration.subsidised_year_count = counts.get(registration.id, 0)

    def _count_dossiers(self, domain=Domain.TRUE):
        orders = self.env["sale.order"]
        if not orders.has_access("read"):
            return {}
        groups = orders._read_group(
            self._get_dossiers_domain() & domain,
            ["kmop_registration_id"],
            ["__count"],
        )
        return {registration.id: count for registration, count in groups}

    # ------------------------------------------------------------------- windows

    @api.model
    def _get_window_until(self, last, months):
        """Return the first and the last day of ``months`` that end on ``last``."""
        return day_after(shift(last, -months, "months")), last

    def _get_project_window(self, months=None):
        """Return the first and the last day that an auditor looks at.

        :param months: how far back; what the next part asks if None
        """
        asked = self.next_part_id.project_window_months or DEFAULT_MONTHS
        return self._get_window_until(self._get_project_last_day(), months or asked)

    def _get_project_last_day(self):
        """Return the day of the visit where one is planned, else today."""
        today = self.company_id._kmop_today()
        audit = self.open_audit_id
        planned = audit.state == "planned" and audit.date_planned
        return max(planned or today, today)

    def _get_last_audit_date(self):
        """Return the day of the latest audit, False where nobody came yet."""
        held = self.audit_ids.filtered(lambda a: a.state in ("visited", "decided"))
        return max((a.date_visited or a.date_decided for a in held), default=False)

    # ------------------------------------------------------------------ dossiers

    def _get_dossiers_domain(self):
        sold = Domain("state", "=", "sale")
        return Domain("kmop_registration_id", "in", self.ids) & sold

    @api.model
    def _get_window_domain(self, date_from, date_to):
        return Domain("kmop_date_start", ">=", date_from) & Domain(
            "kmop_date_start", "<=", date_to
        )

    def _get_projects_domain(self, date_from, date_to):
        """Return the domain of the project list over a window."""
        window = self._get_window_domain(date_from, date_to)
        return self._get_dossiers_domain() & window

    def _get_project_totals(self, date_from, date_to):
        """Add up the project list over a window.

        :return: ``{"count": n, "subsidised": n, "hours": h, "amounts": {currency: a}}``
        """
        totals = {"count": 0, "subsidised": 0, "hours": 0.0, "amounts": {}}
        orders = self.env["sale.order"]
        if not orders.has_access("read"):
            return totals
        for subsidised, currency, count, hours, amount in orders._read_group(
            self._get_projects_domain(date_from, date_to),
            ["kmop_subsidised", "currency_id"],
            ["__count", "kmop_hours:sum", "amount_untaxed:sum"],
        ):
            totals["count"] += count
            totals["subsidised"] += count if subsidised else 0
            totals["hours"] += hours or 0.0
            amounts = totals["amounts"]
            amounts[currency] = amounts.get(currency, 0.0) + (amount or 0.0)
        return totals

    def _has_hidden_projects(self, date_from, date_to, count):
        """Tell whether there are more dossiers than the ``count`` the user sees."""
        # sudo: that a list is incomplete must be known, not what it misses
        orders = self.env["sale.order"].sudo()
        domain = self._get_projects_domain(date_from, date_to)
        return orders.search_count(domain, limit=count + 1) > count

    # ------------------------------------------------------------------- actions

    @api.readonly
    def action_open_dossiers(self):
        return self._get_list(
            "kmop_dossier_action",
            domain=[("kmop_registration_id", "=", self.id)],
            context={"search_default_kmop_sold": 1, "sale_show_partner_name": True},
        )

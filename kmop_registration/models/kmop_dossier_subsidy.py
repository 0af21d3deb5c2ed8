from datetime import date

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_amount

# What stands in the way of a subsidy; these only once the application is known.
BLOCKING = ("minimum", "affiliated", "excluded", "mixed")
BLOCKING_APPLIED = ("application", "training_end")


class KmopDossierSubsidy(models.AbstractModel):
    """What the client may get back: always an indication, never a promise."""

    _name = "kmop.dossier.subsidy"
    _description = "Indicative subsidy of a project dossier"

    currency_id = fields.Many2one("res.currency")
    kmop_subsidy = fields.Monetary(
        string="Indicative subsidy",
        compute="_compute_kmop_subsidy",
        help="VLAIO decides on the subsidy. What other dossiers at other providers"
        " take from the ceiling isn't known here.",
        groups="base.group_user",
    )
    kmop_subsidy_note = fields.Char(
        string="How it is reckoned",
        compute="_compute_kmop_subsidy",
        groups="base.group_user",
    )

    @api.depends(
        "state",
        "kmop_service",
        "kmop_theme_id",
        "kmop_subsidised",
        "kmop_date_start",
        "kmop_date_end",
        "kmop_date_application",
        "kmop_registration_id.period_ids.date_start",
        "kmop_registration_id.period_ids.date_last",
        "kmop_enterprise_id.kmop_size",
        "kmop_enterprise_id.kmop_affiliated",
        "kmop_session_ids.date",
        "kmop_amount_eligible",
        "currency_id",
        "order_line.product_id",
    )
    @api.depends_context("lang", "company")
    def _compute_kmop_subsidy(self):
        self.kmop_subsidy = 0.0
        self.kmop_subsidy_note = False
        eligible = self.filtered(lambda order: order._kmop_may_get_subsidy())
        claims = eligible._kmop_get_claims()
        for order in eligible:
            order._kmop_set_subsidy(claims.get(order._kmop_get_ceiling_key(), []))

    def _kmop_set_subsidy(self, claims):
        own, rule = self._kmop_get_raw_subsidy(), self._kmop_get_rules("ceiling")
        left = max(rule.amount - self._kmop_get_used(claims), 0.0) if rule else own
        self.kmop_subsidy = self._kmop_from_euro(min(own, left))
        note = self.env._(
            "%(percentage)s%% of %(amount)s",
            percentage=f"{self._kmop_get_percentage():g}",
            amount=self._kmop_show_euro(self._kmop_get_eligible_euro()),
        )
        self.kmop_subsidy_note = (
            note
            if not rule
            else self.env._(
                "%(reckoning)s; %(left)s left of %(ceiling)s in %(year)s",
                reckoning=note,
                left=self._kmop_show_euro(left),
                ceiling=self._kmop_show_euro(rule.amount),
                year=self._kmop_get_year(),
            )
        )

    def _kmop_show_euro(self, amount):
        return format_amount(self.env, amount, self._kmop_get_euro())

    # ----------------------------------------------------------------- one dossier

    def _kmop_may_get_subsidy(self):
        """Tell whether anything can be said: not where a rule stands in the way."""
        return bool(
            self._kmop_is_checked()
            and self.kmop_date_start
            and self.kmop_theme_id
            and self._kmop_get_percentage()
            and self._kmop_is_covered()
            and not self._kmop_is_blocked()
        )

    def _kmop_is_blocked(self):
        checks = BLOCKING + (BLOCKING_APPLIED if self.kmop_date_application else ())
        return any(
            getattr(self, f"_kmop_check_{rule.check}")(rule)
            for rule in self._kmop_get_rules()
            if rule.check in checks
        )

    def _kmop_get_percentage(self):
        """Return the percentage, without a theme that of every theme; or None."""
        size = self.kmop_enterprise_id.kmop_size
        return size and self.env["kmop.subsidy.rate"]._get_percentage(
            self.kmop_service, self.kmop_theme_id.id, size, self._kmop_get_day()
        )

    def _kmop_has_rates(self):
        """Tell whether the theme is subsidised for anybody: else that is the news."""
        return self.env["kmop.subsidy.rate"]._is_subsidised(
            self.kmop_service, self.kmop_theme_id.id, self._kmop_get_day()
        )

    def _kmop_get_raw_subsidy(self):
        """Return the subsidy in euro before the ceiling."""
        share = self._kmop_get_percentage() / 100
        return self._kmop_get_euro().round(self._kmop_get_eligible_euro() * share)

    @api.model
    def _kmop_get_euro(self):
        # Unlike env.ref, which looks each time whether it still exists.
        euro = self.env["ir.model.data"]._xmlid_to_res_id("base.EUR")
        return self.env["res.currency"].browse(euro)

    def _kmop_get_eligible_euro(self):
        euro = self._kmop_get_euro()
        return self.currency_id._convert(
            self.kmop_amount_eligible, euro, self.company_id, self._kmop_get_day()
        )

    def _kmop_from_euro(self, amount):
        euro = self._kmop_get_euro()
        return euro._convert(
            amount, self.currency_id, self.company_id, self._kmop_get_day()
        )

    # --------------------------------------------------------- all of an enterprise

    def _kmop_get_year(self):
        """Return the calendar year whose ceiling the dossier counts for.

        That of the application; where it isn't known, that of the service. Which of
        the two the decree means could not be read.
        """
        return (self.kmop_date_application or self._kmop_get_day()).year

    def _kmop_get_ceiling_key(self):
        client = self.kmop_enterprise_id.commercial_partner_id._origin
        return self.company_id.id, client.id, self._kmop_get_year()

    def _kmop_get_claims(self):
        """Return what dossiers ask for: ``[(turn, id, euro)]`` by ceiling."""
        others = self.browse()
        if self:
            # sudo: a colleague's dossiers take from the same ceiling
            others = self.sudo().search_fetch(self._kmop_get_claims_domain())
        claims = {}
        for order in others.filtered(lambda order: order._kmop_may_get_subsidy()):
            claim = order._kmop_get_turn(), order.id, order._kmop_get_raw_subsidy()
            claims.setdefault(order._kmop_get_ceiling_key(), []).append(claim)
        return claims

    def _kmop_get_claims_domain(self):
        years = {order._kmop_get_year() for order in self}
        first, last = date(min(years) - 1, 1, 1), date(max(years) + 1, 12, 31)
        clients = self.kmop_enterprise_id.commercial_partner_id._origin
        return (
            Domain("kmop_enterprise_id.commercial_partner_id", "in", clients.ids)
            & Domain("company_id", "in", self.company_id.ids)
            & Domain("kmop_subsidised", "=", True)
            & Domain("state", "!=", "cancel")
            & Domain("kmop_date_start", ">=", first)
            & Domain("kmop_date_start", "<=", last)
        )

    def _kmop_get_used(self, claims):
        """Return what goes before this dossier: the sold, then the earlier ones."""
        mine = self._kmop_get_turn()
        return sum(
            amount
            for turn, order_id, amount in claims
            if order_id != self._origin.id and turn < mine
        )

    def _kmop_get_turn(self):
        return self.state != "sale", self.kmop_date_start, self._origin.id or 2**31

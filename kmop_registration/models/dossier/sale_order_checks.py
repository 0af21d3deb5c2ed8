import re
from datetime import date

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import LazyTranslate, float_compare, format_amount, format_date

from ...tools import shift

_lt = LazyTranslate(__name__)

# What stands in the way of a subsidy.
# By check what it then says; the last only once the application is known.
BLOCKING = {
    "minimum": "below_minimum",
    "affiliated": "affiliated",
    "excluded": "excluded",
    "mixed": "mixed",
}
BLOCKING_APPLIED = {"application": "applied_late", "training_end": "ends_late"}

MESSAGES = {
    "unregistered": _lt("There is no registration for this service."),
    "uncovered": _lt(
        "Not registered on %(date)s: the client gets no subsidy for a service on"
        " that day."
    ),
    "theme": _lt("%(service)s on the theme %(theme)s isn't subsidised on %(date)s."),
    "below_minimum": _lt(
        "The eligible amount is below the minimum of %(amount)s excluding VAT."
    ),
    "affiliated": _lt(
        "%(client)s is an affiliated enterprise: it gets no subsidy here."
    ),
    "no_enterprise": _lt("Which enterprise asks for the subsidy?"),
    "no_size": _lt(
        "The size of %(client)s isn't known: ask whether it is a small or"
        " medium-sized enterprise."
    ),
    "too_large": _lt("%(client)s gets no subsidy: %(size)s."),
    "excluded": _lt("Excluded from the subsidy: %(kinds)s."),
    "mixed": _lt("There is training and advice on this quote: make a quote of each."),
    "applied_late": _lt("The client applied after %(date)s, the last day to do so."),
    "application_over": _lt(
        "The client could apply for the subsidy until %(date)s: that term is"
        " over. Fill in when they applied, or untick “Subsidised”."
    ),
    "application_open": _lt(
        "The client can apply for the subsidy until %(date)s (days left: %(days)s)."
    ),
    "ends_late": _lt(
        "The training must end by %(date)s, counted from an application on"
        " %(application)s."
    ),
    "not_filled": _lt("Not filled in yet, and expected on the documents: %(fields)s."),
}


class SaleOrder(models.Model):
    """What the client may get back, the rules that a dossier may run into, and where
    its documents contradict each other.

    The subsidy is an indication, never a promise. Nothing of this is stored: rules
    change, and today passes.
    """

    _inherit = "sale.order"

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
    kmop_warnings = fields.Json(
        string="kmo-portefeuille warnings",
        compute="_compute_kmop_warnings",
        groups="base.group_user",
    )
    kmop_differences = fields.Json(
        string="Differences between the documents",
        compute="_compute_kmop_differences",
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
        blocking = BLOCKING | (BLOCKING_APPLIED if self.kmop_date_application else {})
        return any(
            code == blocking[rule.check]
            for rule, (code, _values) in self._kmop_find(blocking)
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

    @api.depends(
        "state",
        "kmop_service",
        "kmop_theme_id",
        "kmop_subsidised",
        "kmop_date_start",
        "kmop_date_end",
        "kmop_date_application",
        "kmop_hours",
        "kmop_registration_id.period_ids.date_start",
        "kmop_registration_id.period_ids.date_last",
        "kmop_enterprise_id.kmop_size",
        "kmop_enterprise_id.kmop_affiliated",
        "kmop_session_ids.date",
        "kmop_amount_eligible",
        "order_line.product_id",
    )
    @api.depends_context("lang", "company")
    def _compute_kmop_warnings(self):
        self.kmop_warnings = False
        for order in self.filtered(lambda o: o._kmop_is_checked()):
            order.kmop_warnings = order._kmop_get_warnings() or False

    def _kmop_is_checked(self):
        return self.kmop_service and self.kmop_subsidised and self.state != "cancel"

    def _kmop_get_warnings(self):
        """Return ``[{"check": c, "level": l, "message": m, "source": s}]``."""
        return [
            {
                "check": rule.check,
                "level": rule.level,
                "message": self._kmop_describe(*found),
                "source": rule.source or "",
            }
            for rule, found in self._kmop_find(self._kmop_get_checks())
        ]

    def _kmop_find(self, names):
        """Return ``[(rule, (code, values))]`` of the checks that say something."""
        checks = self._kmop_get_checks()
        found = [
            (rule, checks[rule.check](rule))
            for rule in self._kmop_get_rules()
            if rule.check in names and rule.check in checks
        ]
        return [(rule, said) for rule, said in found if said]

    def _kmop_get_checks(self):
        """Return the method of each check: it takes the rule, and returns nothing or
        a code of ``_kmop_get_messages()`` with the values that its text has.
        """
        return {
            "coverage": self._kmop_check_coverage,
            "theme": self._kmop_check_theme,
            "minimum": self._kmop_check_minimum,
            "affiliated": self._kmop_check_affiliated,
            "size": self._kmop_check_size,
            "excluded": self._kmop_check_excluded,
            "mixed": self._kmop_check_mixed,
            "application": self._kmop_check_application,
            "training_end": self._kmop_check_training_end,
            "mentions": self._kmop_check_mentions,
        }

    def _kmop_get_messages(self):
        return MESSAGES

    def _kmop_describe(self, code, values):
        """Return what a check found as text, in the reader's language."""
        shown = {
            name: self._kmop_show_date(value) if isinstance(value, date) else value
            for name, value in values.items()
        }
        return self.env._(self._kmop_get_messages()[code]) % shown

    # -------------------------------------------------------------------- checks

    def _kmop_check_coverage(self, _rule):
        if not self.kmop_registration_id:
            return "unregistered", {}
        uncovered = self._kmop_get_uncovered()
        return ("uncovered", {"date": uncovered[0]}) if uncovered else None

    def _kmop_check_theme(self, _rule):
        theme, day = self.kmop_theme_id, self._kmop_get_day()
        rates = self.env["kmop.subsidy.rate"]
        if not theme or rates._is_subsidised(self.kmop_service, theme.id, day):
            return None
        labels = dict(self._fields["kmop_service"]._description_selection(self.env))
        values = {"service": labels[self.kmop_service], "theme": theme.name}
        return "theme", {**values, "date": day}

    def _kmop_check_minimum(self, rule):
        if not self.order_line or self._kmop_get_eligible_euro() >= rule.amount:
            return None
        return "below_minimum", {"amount": self._kmop_show_euro(rule.amount)}

    def _kmop_check_affiliated(self, _rule):
        if not self._kmop_get_enterprise().kmop_affiliated:
            return None
        return "affiliated", {"client": self.kmop_enterprise_id.name}

    def _kmop_get_enterprise(self):
        """Return the client as this dossier's own provider sees it."""
        return self.kmop_enterprise_id.with_company(self.company_id)

    def _kmop_check_size(self, _rule):
        client = self.kmop_enterprise_id
        if not client:
            return "no_enterprise", {}
        if not client.kmop_size:
            return "no_size", {"client": client.name}
        if self._kmop_get_percentage() or not self._kmop_has_rates():
            return None
        labels = dict(client._fields["kmop_size"]._description_selection(self.env))
        size = labels[client.kmop_size].lower()
        return "too_large", {"client": client.name, "size": size}

    def _kmop_check_excluded(self, _rule):
        # What is apart as non-eligible asks for no subsidy.
        lines = self._kmop_get_lines().filtered(lambda line: not line.kmop_non_eligible)
        kinds = lines.product_id.kmop_exclusion_id.filtered("active")
        day = self._kmop_get_day()
        kinds = kinds.filtered_domain(self.env["kmop.dated.mixin"]._in_force_on(day))
        return (
            ("excluded", {"kinds": ", ".join(kinds.mapped("name"))}) if kinds else None
        )

    def _kmop_check_mixed(self, _rule):
        services = set(self._kmop_get_lines().product_id.mapped("kmop_service"))
        return ("mixed", {}) if len(services - {False}) > 1 else None

    def _kmop_check_application(self, rule):
        last, applied = self._kmop_get_application_limit(), self.kmop_date_application
        if not last:
            return None
        if applied:
            return ("applied_late", {"date": last}) if applied > last else None
        today = self.company_id._kmop_today()
        if today > last:
            return "application_over", {"date": last}
        if today >= shift(last, -rule.notice_days, "days"):
            return "application_open", {"date": last, "days": (last - today).days}
        return None

    def _kmop_get_application_limit(self):
        """Return the last day on which the client can apply, where it is known.

        The rule on it (``kmop.rule``) has its source.
        """
        start, rule = self.kmop_date_start, self._kmop_get_rules("application")
        return bool(start and rule) and shift(start, rule.days, "days")

    def _kmop_check_training_end(self, _rule):
        if not self.kmop_date_end:
            return None
        applied = self.kmop_date_application or self._kmop_get_expected_application()
        last = self._kmop_get_training_limit(applied)
        if self.kmop_date_end <= last:
            return None
        return "ends_late", {"date": last, "application": applied}

    def _kmop_get_training_limit(self, applied):
        """Return the last day on which a training that was ``applied`` for may end.

        False where no rule says so; the rule (``kmop.rule``) has its source.
        """
        rule = self._kmop_get_rules("training_end")
        return bool(applied and rule) and date(applied.year + rule.years, 12, 31)

    def _kmop_get_expected_application(self):
        """Return today, or the last day on which the client may still have applied."""
        today, last = self.company_id._kmop_today(), self._kmop_get_application_limit()
        return min(today, last) if last else today

    def _kmop_check_mentions(self, _rule):
        wanted = ["kmop_theme_id", "kmop_date_start", "kmop_date_end"]
        if self.kmop_service == "training":
            wanted.append("kmop_hours")
        names = [
            self._fields[name]._description_string(self.env)
            for name in wanted
            if not self[name]
        ]
        return ("not_filled", {"fields": ", ".join(names)}) if names else None

    @api.depends(
        "kmop_service",
        "kmop_date_start",
        "amount_untaxed",
        "date_order",
        "invoice_status",
        "partner_id",
        "kmop_enterprise_id.commercial_partner_id.name",
        "kmop_enterprise_id.commercial_partner_id.vat",
        "kmop_enterprise_id.commercial_partner_id.company_registry",
        "kmop_dossier_evidence_ids.stated_client",
        "kmop_dossier_evidence_ids.stated_enterprise_number",
        "kmop_dossier_evidence_ids.stated_date_start",
        "kmop_dossier_evidence_ids.stated_amount",
        "kmop_dossier_evidence_ids.state",
        "order_line.invoice_lines.parent_state",
        "order_line.invoice_lines.price_subtotal",
    )
    @api.depends_context("lang")
    def _compute_kmop_differences(self):
        self.kmop_differences = False
        for order in self.filtered("kmop_service"):
            # As saved: a form that isn't could refer to any document.
            # sudo: salespeople see the differences in documents that others added
            saved = order._origin.sudo()
            order.kmop_differences = saved and saved._kmop_get_differences() or False

    def _kmop_get_differences(self):
        """Return ``[{"document": s, "field": s, "quote": s, "found": s}]``."""
        found = []
        for invoice in self._kmop_get_invoices():
            found += self._kmop_compare_invoice(invoice)
        found += self._kmop_compare_invoiced()
        for evidence in self.kmop_dossier_evidence_ids:
            if evidence.state not in ("rejected", "superseded"):
                found += self._kmop_compare_document(evidence)
        return found

    def _kmop_get_invoices(self):
        return self.invoice_ids.filtered(lambda move: move.state == "posted")

    # ------------------------------------------------------------------ comparing

    def _kmop_compare_invoice(self, invoice):
        client, day = invoice.commercial_partner_id, self._kmop_date_effective()
        return [
            *self._kmop_compare_name(invoice.name, client.name),
            *self._kmop_compare_number(
                invoice.name, client.vat or client.company_registry
            ),
            *self._kmop_difference(
                not invoice.invoice_date or invoice.invoice_date >= day,
                invoice.name,
                self.env._("Date of the invoice, not before the order"),
                self._kmop_show_date(day),
                self._kmop_show_date(invoice.invoice_date),
            ),
        ]

    def _kmop_compare_invoiced(self):
        """Compare the sum of all invoices with the order: too much, or not all."""
        invoices = self._kmop_get_invoices()
        total = sum(self._kmop_get_invoiced(invoice) for invoice in invoices)
        compared = self._kmop_compare_amounts(total, self.amount_untaxed)
        wrong = compared > 0 or (compared < 0 and self.invoice_status == "invoiced")
        return self._kmop_difference(
            not (invoices and wrong),
            ", ".join(invoices.mapped("name")),
            self.env._("Amount excluding VAT"),
            self._kmop_show_amount(self.amount_untaxed),
            self._kmop_show_amount(total),
        )

    def _kmop_get_invoiced(self, invoice):
        """Return what an invoice asks for this order: of a shared one, its lines."""
        mine = invoice.invoice_line_ids & self.order_line.invoice_lines
        shared = invoice.invoice_line_ids.sale_line_ids.order_id - self
        lines = mine if shared else invoice.invoice_line_ids
        sign = -1 if invoice.move_type == "out_refund" else 1
        return invoice.currency_id._convert(
            sign * sum(lines.mapped("price_subtotal")),
            self.currency_id,
            self.company_id,
            invoice.invoice_date,
        )

    def _kmop_compare_document(self, evidence):
        start, amount = evidence.stated_date_start, evidence.stated_amount
        return [
            *self._kmop_compare_name(evidence.name, evidence.stated_client),
            *self._kmop_compare_number(
                evidence.name, evidence.stated_enterprise_number
            ),
            *self._kmop_difference(
                not start or start == self.kmop_date_start,
                evidence.name,
                self.env._("Start of the service"),
                self._kmop_show_date(self.kmop_date_start),
                self._kmop_show_date(start),
            ),
            *self._kmop_difference(
                not amount
                or not self._kmop_compare_amounts(amount, self.amount_untaxed),
                evidence.name,
                self.env._("Amount excluding VAT"),
                self._kmop_show_amount(self.amount_untaxed),
                self._kmop_show_amount(amount),
            ),
        ]

    def _kmop_compare_name(self, document, name):
        mine = self.kmop_enterprise_id.commercial_partner_id.name
        return self._kmop_difference(
            not name or not mine or _words(name) == _words(mine),
            document,
            self.env._("Name of the client"),
            mine,
            name,
        )

    def _kmop_compare_number(self, document, number):
        client = self.kmop_enterprise_id.commercial_partner_id
        mine = client.vat or client.company_registry
        known = _digits(number), _digits(mine)
        return self._kmop_difference(
            not all(known) or len(set(known)) == 1,
            document,
            self.env._("Enterprise number"),
            mine,
            number,
        )

    def _kmop_compare_amounts(self, one, other):
        return float_compare(one, other, precision_rounding=self.currency_id.rounding)

    # -------------------------------------------------------------------- showing

    def _kmop_difference(self, agrees, document, field, quote, found):
        """Return a list of one difference, or of none where the documents agree."""
        if agrees:
            return []
        return [
            {
                "document": document,
                "field": field,
                "quote": quote or "",
                "found": found or "",
            }
        ]

    def _kmop_show_date(self, day):
        return format_date(self.env, day) if day else ""

    def _kmop_show_amount(self, amount):
        return format_amount(self.env, amount, self.currency_id)


def _words(name):
    """Return a name without case, punctuation and double spaces: B.V. is BV."""
    return re.sub(r"\W+", " ", re.sub(r"[.'’]", "", name.casefold())).strip()


def _digits(number):
    """Return the digits of an enterprise number: BE and dots are writing only."""
    return re.sub(r"\D", "", number or "").lstrip("0")

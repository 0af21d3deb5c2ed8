from datetime import date

from odoo import api, fields, models
from odoo.tools import format_amount, format_date

from ..tools import shift


class KmopDossierWarning(models.AbstractModel):
    """What a dossier says about the rules that it may run into.

    Nothing of this is stored: rules change, and today passes.
    """

    _name = "kmop.dossier.warning"
    _description = "Warnings on a project dossier"

    kmop_warnings = fields.Json(
        string="kmo-portefeuille warnings",
        compute="_compute_kmop_warnings",
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
        found = []
        for rule in self._kmop_get_rules():
            check = getattr(self, f"_kmop_check_{rule.check}", None)
            if message := check and check(rule):
                found.append(
                    {
                        "check": rule.check,
                        "level": rule.level,
                        "message": message,
                        "source": rule.source or "",
                    }
                )
        return found

    def _kmop_format_date(self, day):
        return format_date(self.env, day)

    # -------------------------------------------------------------------- checks

    def _kmop_check_coverage(self, _rule):
        if not self.kmop_registration_id:
            return self.env._("There is no registration for this service.")
        uncovered = self._kmop_get_uncovered()
        if not uncovered:
            return None
        return self.env._(
            "Not registered on %(date)s: the client gets no subsidy for a service on"
            " that day.",
            date=self._kmop_format_date(uncovered[0]),
        )

    def _kmop_check_theme(self, _rule):
        theme, day = self.kmop_theme_id, self._kmop_get_day()
        rates = self.env["kmop.subsidy.rate"]
        if not theme or rates._is_subsidised(self.kmop_service, theme.id, day):
            return None
        labels = dict(self._fields["kmop_service"]._description_selection(self.env))
        return self.env._(
            "%(service)s on the theme %(theme)s isn't subsidised on %(date)s.",
            service=labels[self.kmop_service],
            theme=theme.name,
            date=self._kmop_format_date(day),
        )

    def _kmop_check_minimum(self, rule):
        if not self.order_line or self._kmop_get_eligible_euro() >= rule.amount:
            return None
        return self.env._(
            "The eligible amount is below the minimum of %(amount)s excluding VAT.",
            amount=format_amount(self.env, rule.amount, self._kmop_get_euro()),
        )

    def _kmop_check_affiliated(self, _rule):
        if not self._kmop_get_enterprise().kmop_affiliated:
            return None
        return self.env._(
            "%(client)s is an affiliated enterprise: it gets no subsidy here.",
            client=self.kmop_enterprise_id.name,
        )

    def _kmop_get_enterprise(self):
        """Return the client as this dossier's own provider sees it."""
        return self.kmop_enterprise_id.with_company(self.company_id)

    def _kmop_check_size(self, _rule):
        client = self.kmop_enterprise_id
        if not client:
            return self.env._("Which enterprise asks for the subsidy?")
        if not client.kmop_size:
            return self.env._(
                "The size of %(client)s isn't known: ask whether it is a small or"
                " medium-sized enterprise.",
                client=client.name,
            )
        if self._kmop_get_percentage() or not self._kmop_has_rates():
            return None
        labels = dict(client._fields["kmop_size"]._description_selection(self.env))
        return self.env._(
            "%(client)s gets no subsidy: %(size)s.",
            client=client.name,
            size=labels[client.kmop_size].lower(),
        )

    def _kmop_check_excluded(self, _rule):
        # What is apart as non-eligible asks for no subsidy.
        lines = self._kmop_get_lines().filtered(lambda line: not line.kmop_non_eligible)
        kinds = lines.product_id.kmop_exclusion_id.filtered("active")
        day = self._kmop_get_day()
        kinds = kinds.filtered_domain(self.env["kmop.dated"]._in_force_on(day))
        if not kinds:
            return None
        return self.env._(
            "Excluded from the subsidy: %(kinds)s.",
            kinds=", ".join(kinds.mapped("name")),
        )

    def _kmop_check_mixed(self, _rule):
        services = set(self._kmop_get_lines().product_id.mapped("kmop_service"))
        if len(services - {False}) < 2:
            return None
        return self.env._(
            "There is training and advice on this quote: make a quote of each."
        )

    def _kmop_check_application(self, rule):
        start, applied = self.kmop_date_start, self.kmop_date_application
        if not start:
            return None
        last = shift(start, rule.days, "days")
        today = self.company_id._kmop_today()
        shown = self._kmop_format_date(last)
        if applied:
            return applied > last and self.env._(
                "The client applied after %(date)s, the last day to do so.", date=shown
            )
        if today > last:
            return self.env._(
                "The client could apply for the subsidy until %(date)s: that term is"
                " over. Fill in when they applied, or untick “Subsidised”.",
                date=shown,
            )
        if today >= shift(last, -rule.notice_days, "days"):
            return self.env._(
                "The client can apply for the subsidy until %(date)s (days left:"
                " %(days)s).",
                date=shown,
                days=(last - today).days,
            )
        return None

    def _kmop_check_training_end(self, rule):
        if not self.kmop_date_end:
            return None
        applied = self.kmop_date_application or self._kmop_get_expected_application()
        last = date(applied.year + rule.years, 12, 31)
        if self.kmop_date_end <= last:
            return None
        return self.env._(
            "The training must end by %(date)s, counted from an application on"
            " %(application)s.",
            date=self._kmop_format_date(last),
            application=self._kmop_format_date(applied),
        )

    def _kmop_get_expected_application(self):
        """Return today, or the last day on which the client may still have applied."""
        today = self.company_id._kmop_today()
        rule = self._kmop_get_rules("application")
        return min(
            today, shift(self._kmop_get_day(), rule.days, "days") if rule else today
        )

    def _kmop_check_mentions(self, _rule):
        wanted = ["kmop_theme_id", "kmop_date_start", "kmop_date_end"]
        if self.kmop_service == "training":
            wanted.append("kmop_hours")
        names = [
            self._fields[name]._description_string(self.env)
            for name in wanted
            if not self[name]
        ]
        if not names:
            return None
        return self.env._(
            "Not filled in yet, and expected on the documents: %(fields)s.",
            fields=", ".join(names),
        )

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date, hmac

from ..base.constants import SIZES
from .kmop_registration import VALIDITIES

# Whom a merge would replace in what is closed.
MERGED = (
    ("kmop.audit", "auditor_id"),
    ("kmop.audit", "bureau_id"),
    ("kmop.audit.access", "partner_id"),
    ("kmop.audit.log", "partner_id"),
    ("kmop.registration", "partner_id"),
)
OFFICER = "kmop_registration.group_kmop_officer"
MANAGER = "kmop_registration.group_kmop_manager"

# The best status first: that one speaks for the partner.
RANK = ["valid", "expiring", "gap", "expired", "none"]


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "kmop.evidence.source"]

    # No `_kmop_user_field`: any user who edits contacts can become the salesperson of a
    # contact, and must not get access to that person's CV or diplomas.

    kmop_size = fields.Selection(
        SIZES,
        string="Size of the enterprise",
        help="Small: fewer than 50 people and at most €10M of turnover or balance"
        " sheet. Medium-sized: fewer than 250, and at most €50M of turnover or €43M of"
        " balance sheet. Source: VLAIO's subsidy database.",
        groups="base.group_user",
    )
    kmop_affiliated = fields.Boolean(
        string="Affiliated with us",
        company_dependent=True,
        help="Shares or votes either way; a manager, director, employee or shareholder"
        " in common; spouses, relatives to the second degree or cohabitants. Such an"
        " enterprise gets no subsidy here. Source: VLAIO, “Beoordeling van de"
        " subsidie-aanvragen”.",
        groups="base.group_user",
    )
    kmop_registration_ids = fields.One2many(
        "kmop.registration",
        "partner_id",
        string="kmo-portefeuille registrations",
        groups="base.group_user",
    )
    kmop_validity = fields.Selection(
        VALIDITIES,
        string="kmo-portefeuille",
        compute="_compute_kmop_validity",
        search="_search_kmop_validity",
        help="The best of the provider's registrations.",
        groups="base.group_user",
    )
    kmop_date_end = fields.Date(
        string="Registered until",
        compute="_compute_kmop_date_end",
        groups="base.group_user",
    )

    kmop_optout_ids = fields.Many2many(
        "kmop.milestone.rule",
        "kmop_reminder_optout_rel",
        "partner_id",
        "rule_id",
        string="Reminders not wanted",
        groups="kmop_registration.group_kmop_officer",
    )
    kmop_appointment_ids = fields.One2many(
        "kmop.bureau.appointment",
        "partner_id",
        string="Appointed to audit",
        groups="base.group_user",
    )

    @api.depends("kmop_registration_ids.validity")
    def _compute_kmop_validity(self):
        for partner in self:
            validities = set(partner.kmop_registration_ids.mapped("validity"))
            partner.kmop_validity = next(filter(validities.__contains__, RANK), "none")

    @api.model
    def _search_kmop_validity(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain.OR(self._kmop_validity_domain(validity) for validity in value)

    @api.model
    def _kmop_validity_domain(self, validity):
        if validity not in RANK:
            return Domain.FALSE
        better = RANK[: RANK.index(validity)]
        without_better = ~self._kmop_any_validity(better) if better else Domain.TRUE
        if validity == "none":
            return without_better
        return without_better & self._kmop_any_validity([validity])

    @api.model
    def _kmop_any_validity(self, validities):
        return Domain("kmop_registration_ids", "any", [("validity", "in", validities)])

    @api.depends("kmop_registration_ids.date_end")
    def _compute_kmop_date_end(self):
        for partner in self:
            ends = filter(None, partner.kmop_registration_ids.mapped("date_end"))
            partner.kmop_date_end = max(ends, default=False)

    # ---------------------------------------------------------- what depends on it

    def write(self, vals):
        if "tz" in vals and not self.env.su:
            self.filtered(lambda p: p.tz != vals["tz"])._kmop_check_tz()
        if "email" in vals and not self.env.su:
            self.filtered(lambda p: p.email != vals["email"])._kmop_check_email()
        return super().write(vals)

    def _kmop_check_tz(self):
        """Raise UserError for the time zone of a company, which its days follow."""
        companies = self.env["res.company"]
        if not self or companies.has_access("write"):
            return
        # sudo: also of a company that the user isn't in
        if companies.sudo().search_count([("partner_id", "in", self.ids)], limit=1):
            raise UserError(
                self.env._("Only an administrator changes the time zone of a company.")
            )

    def _kmop_check_email(self):
        """Raise UserError for the address of an auditor, where mail lets them in."""
        if not self:
            return
        # sudo: who edits contacts may not read who audits
        accesses = self.env["kmop.audit.access"].sudo()
        accesses = accesses.search([("partner_id", "in", self.ids)])
        live = accesses.filtered(lambda a: a.state == "live")
        if live and not self._kmop_may_change(OFFICER, live.company_id):
            raise UserError(
                self.env._(
                    "This auditor has access to an audit: only a quality officer"
                    " changes the address."
                )
            )

    def _kmop_check_merge(self):
        """Raise UserError where a merge would rewrite what is closed."""
        if self.env.su:
            return
        companies = self.env["res.company"]
        for model_name, name in MERGED:
            # sudo: of all companies, whoever merges
            records = self.env[model_name].sudo().with_context(active_test=False)
            companies |= records.search([(name, "in", self.ids)]).company_id
        if companies and not self._kmop_may_change(MANAGER, companies):
            raise UserError(
                self.env._(
                    "One of these contacts is the provider, bureau or auditor of a"
                    " kmo-portefeuille registration: only who manages those of all"
                    " companies concerned can merge it."
                )
            )

    @api.model
    def _kmop_may_change(self, group, companies):
        mine = self.env.user.company_ids
        return self.env.user.has_group(group) and companies <= mine

    @api.model
    def _commercial_fields(self):
        return [*super()._commercial_fields(), "kmop_size", "kmop_affiliated"]

    def _kmop_get_reminder_token(self):
        """Return what proves that a link to somebody's reminders came by mail."""
        # sudo: signing needs the secret of the database, that nobody may read
        return hmac(self.env(su=True), "kmop-reminders", self.id)

    def _kmop_is_inside(self):
        """Tell whether this is a colleague, and no client or other outsider."""
        return any(not user.share for user in self.user_ids)

    @api.readonly
    def is_registered_on(self, date, service=None):
        """Tell whether a registration of this provider covers ``date``.

        :param date: a date, or its ISO string
        :param service: ``training``, ``advice`` or None for either
        """
        self.ensure_one()
        registrations = self.kmop_registration_ids.filtered(
            lambda r: service in (None, r.service)
        )
        return any(r.is_registered_on(date) for r in registrations)

    # ----------------------------------------------------------------- audit bureaus

    @api.model
    @api.readonly
    def name_search(self, name="", domain=None, operator="ilike", limit=100):
        """Where a bureau is chosen, those appointed today come first."""
        search = super().name_search
        if not self.env.context.get("kmop_bureaus_first"):
            return search(name, domain, operator, limit)
        wanted = Domain(domain or Domain.TRUE)
        appointed = self._kmop_appointed_domain(self.env.company._kmop_today())
        found = search(name, wanted & appointed, operator, limit)
        room = limit and limit - len(found)
        if limit and not room:
            return found
        return found + search(name, wanted & ~appointed, operator, room)

    @api.model
    def _kmop_appointed_domain(self, day):
        in_force = self.env["kmop.dated.mixin"]._in_force_on(day)
        return Domain("kmop_appointment_ids", "any", in_force)

    def _kmop_is_appointed_on(self, day):
        """Tell whether the government has this bureau audit on ``day``.

        A contact at the bureau counts as the bureau.
        """
        appointments = (self | self.commercial_partner_id).kmop_appointment_ids
        in_force = self.env["kmop.dated.mixin"]._in_force_on(day)
        return bool(appointments.filtered_domain(in_force))

    def _kmop_get_bureau_warning(self, day):
        if not self or self._kmop_is_appointed_on(day):
            return False
        return self.env._(
            "%(bureau)s isn't among the bureaus that are known to be appointed on"
            " %(day)s.",
            bureau=self.name,
            day=format_date(self.env, day),
        )

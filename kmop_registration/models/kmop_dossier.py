from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import shift
from .constants import FORMS, SERVICES

# What follows from the products, until somebody sets it by hand.
FOLLOWING = ("kmop_service", "kmop_theme_id", "kmop_hours", "kmop_form")


class KmopDossier(models.AbstractModel):
    """What makes a quote the project dossier of a training or an advice."""

    _name = "kmop.dossier"
    _description = "Project dossier"

    kmop_service = fields.Selection(
        SERVICES,
        string="Service",
        compute="_compute_kmop_service",
        inverse="_inverse_kmop_service",
        store=True,
        readonly=False,
        index="btree_not_null",
        tracking=True,
        help="Makes a project dossier of the quote. Follows from the products.",
        groups="base.group_user",
    )
    kmop_theme_id = fields.Many2one(
        "kmop.theme",
        string="Theme",
        compute="_compute_kmop_theme_id",
        inverse="_inverse_kmop_theme_id",
        store=True,
        readonly=False,
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        groups="base.group_user",
    )
    # Names out of FOLLOWING. Views need it, for forms that aren't saved yet.
    kmop_overruled = fields.Json(string="Set by hand", groups="base.group_user")
    kmop_subsidised = fields.Boolean(
        string="Subsidised",
        tracking=True,
        help="The client asks for subsidy from the kmo-portefeuille.",
        groups="base.group_user",
    )
    kmop_date_start = fields.Date(
        string="Start of the service",
        compute="_compute_kmop_dates",
        store=True,
        readonly=False,
        copy=False,
        index="btree_not_null",
        tracking=True,
        help="First day of the training, or of the performance of the advice.",
        groups="base.group_user",
    )
    kmop_date_end = fields.Date(
        string="End of the service",
        compute="_compute_kmop_dates",
        store=True,
        readonly=False,
        copy=False,
        tracking=True,
        groups="base.group_user",
    )
    kmop_date_application = fields.Date(
        string="Subsidy applied for on",
        copy=False,
        help="The day on which the client applied for the subsidy online.",
        groups="base.group_user",
    )
    kmop_hours = fields.Float(
        string="Hours",
        compute="_compute_kmop_hours",
        inverse="_inverse_kmop_hours",
        store=True,
        readonly=False,
        help="Duration of the training or the advice in hours, whoever follows it.",
        groups="base.group_user",
    )
    kmop_form = fields.Selection(
        FORMS,
        string="Form",
        compute="_compute_kmop_form",
        inverse="_inverse_kmop_form",
        store=True,
        readonly=False,
        groups="base.group_user",
    )
    kmop_place = fields.Char(string="Place", groups="base.group_user")
    kmop_trainer_ids = fields.Many2many(
        "res.partner",
        "kmop_dossier_trainer_rel",
        "order_id",
        "partner_id",
        string="Trainers or advisers",
        check_company=True,
        groups="base.group_user",
    )
    kmop_enterprise_id = fields.Many2one(
        "res.partner",
        string="Participants' enterprise",
        compute="_compute_kmop_enterprise_id",
        store=True,
        readonly=False,
        index="btree_not_null",
        check_company=True,
        help="The enterprise that asks for the subsidy.",
        groups="base.group_user",
    )
    kmop_registration_id = fields.Many2one(
        "kmop.registration",
        string="Registration",
        compute="_compute_kmop_registration_id",
        store=True,
        readonly=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('service', '=', kmop_service), ('company_id', '=', company_id)]",
        copy=False,
        groups="base.group_user",
    )
    # The host's own; a monetary field asks for it here, too.
    currency_id = fields.Many2one("res.currency")
    kmop_amount_eligible = fields.Monetary(
        string="Eligible amount",
        compute="_compute_kmop_amounts",
        store=True,
        help="Excluding VAT and what the products mark as non-eligible.",
        groups="base.group_user",
    )
    kmop_amount_other = fields.Monetary(
        string="Non-eligible amount",
        compute="_compute_kmop_amounts",
        store=True,
        groups="base.group_user",
    )
    kmop_date_retention = fields.Date(
        string="Keep until",
        compute="_compute_kmop_date_retention",
        store=True,
        help="Last day on which the documents of this dossier must be there.",
        groups="base.group_user",
    )

    # ------------------------------------------------------------------ computes

    # Not on the products' own fields: a changed product doesn't change old quotes.
    @api.depends("order_line.product_id")
    def _compute_kmop_service(self):
        self._kmop_follow("kmop_service")

    @api.depends("order_line.product_id")
    def _compute_kmop_theme_id(self):
        self._kmop_follow("kmop_theme_id")

    @api.depends(
        "order_line.product_id",
        "order_line.product_uom_id",
        "order_line.product_uom_qty",
    )
    def _compute_kmop_hours(self):
        self._kmop_follow("kmop_hours")

    @api.depends("order_line.product_id")
    def _compute_kmop_form(self):
        self._kmop_follow("kmop_form")

    def _kmop_follow(self, name):
        """Take over what the products tell, unless somebody knew better."""
        for order in self:
            by_hand = name in (order.kmop_overruled or [])
            order[name] = order[name] if by_hand else order._kmop_derive()[name]

    def _kmop_derive(self):
        """Return what the products tell: of several services, that of the first."""
        products = self.order_line.product_id.filtered("kmop_service")
        service = products[:1].kmop_service
        lines = self.order_line.filtered(
            lambda line: line.product_id.kmop_service in (service, False)
        )
        themed = lines.product_id & products
        return {
            "kmop_service": service,
            "kmop_theme_id": themed.kmop_theme_id[:1],
            "kmop_hours": lines._kmop_get_hours(),
            "kmop_form": next(
                filter(None, lines.product_id.mapped("kmop_form")), False
            ),
        }

    @api.onchange("kmop_service")
    def _inverse_kmop_service(self):
        self._kmop_overrule("kmop_service")

    @api.onchange("kmop_theme_id")
    def _inverse_kmop_theme_id(self):
        self._kmop_overrule("kmop_theme_id")

    @api.onchange("kmop_hours")
    def _inverse_kmop_hours(self):
        self._kmop_overrule("kmop_hours")

    @api.onchange("kmop_form")
    def _inverse_kmop_form(self):
        self._kmop_overrule("kmop_form")

    def _kmop_overrule(self, name):
        """Remember that somebody knew better than the products, or no longer does."""
        for order in self:
            before = set(order.kmop_overruled or [])
            agrees = order[name] == order._kmop_derive()[name]
            now = before - {name} if agrees else before | {name}
            if now != before:
                order.kmop_overruled = sorted(now) or False

    @api.depends("kmop_session_ids.date", "kmop_service")
    def _compute_kmop_dates(self):
        for order in self:
            # Only a dossier has days, so that other quotes need not look for them.
            sessions = order.kmop_session_ids if order.kmop_service else []
            days = [session.date for session in sessions if session.date]
            order.kmop_date_start = min(days, default=order.kmop_date_start)
            order.kmop_date_end = max(days, default=order.kmop_date_end)

    @api.onchange("kmop_date_start")
    def _onchange_kmop_date_start(self):
        start = self.kmop_date_start
        if start and not (self.kmop_date_end and self.kmop_date_end >= start):
            self.kmop_date_end = start

    @api.depends("partner_id", "kmop_service")
    def _compute_kmop_enterprise_id(self):
        for order in self:
            client = order.partner_id.commercial_partner_id
            order.kmop_enterprise_id = order.kmop_service and client

    @api.depends("kmop_service", "company_id")
    def _compute_kmop_registration_id(self):
        wanted = self.filtered("kmop_service")
        (self - wanted).kmop_registration_id = False
        # sudo: who sells may not be allowed to read registrations
        registrations = self.env["kmop.registration"].sudo()
        found = wanted and registrations._get_current(wanted.company_id)
        for order in wanted:
            key = order.company_id, order.kmop_service
            order.kmop_registration_id = found.get(key)

    @api.depends(
        "kmop_service",
        "order_line.price_subtotal",
        "order_line.kmop_non_eligible",
    )
    def _compute_kmop_amounts(self):
        for order in self:
            lines = order._kmop_get_lines()
            other = lines.filtered("kmop_non_eligible")
            order.kmop_amount_other = sum(other.mapped("price_subtotal"))
            order.kmop_amount_eligible = sum((lines - other).mapped("price_subtotal"))

    def _kmop_get_lines(self):
        """Return the lines that are sold, of a dossier only."""
        if not self.kmop_service:
            return self.order_line.browse()
        return self.order_line.filtered(
            lambda line: not line.display_type and not line.is_downpayment
        )

    @api.depends("kmop_service", "kmop_date_start")
    def _compute_kmop_date_retention(self):
        for order in self:
            start = order.kmop_date_start
            rule = start and order._kmop_get_rules("retention")[:1]
            order.kmop_date_retention = (
                shift(start, rule.years, "years") if rule else False
            )

    # --------------------------------------------------------------- constraints

    @api.constrains("kmop_date_start", "kmop_date_end")
    def _check_kmop_dates(self):
        for order in self.filtered("kmop_date_end"):
            if not order.kmop_date_start or order.kmop_date_end < order.kmop_date_start:
                raise ValidationError(
                    self.env._(
                        "The service of %(dossier)s can't end before it starts.",
                        dossier=order.name,
                    )
                )

    # ------------------------------------------------------------------- reading

    def _read_group_groupby(self, alias, groupby_spec, query):
        """Check the groups of a list too: the host leaves them out when grouping."""
        field = self._fields.get(groupby_spec)
        if field and field.type == "many2many" and groupby_spec.startswith("kmop_"):
            self._check_field_access(field, "read")
        return super()._read_group_groupby(alias, groupby_spec, query)

    # ----------------------------------------------------------------- internals

    def _kmop_get_day(self):
        """Return the day that rules are looked up for: that of the service."""
        return self.kmop_date_start or self.company_id._kmop_today()

    def _kmop_get_days(self):
        """Return the days on which the service is known to take place, or today."""
        # sudo: who may read the dossier may know its days
        days = set(self.sudo().kmop_session_ids.mapped("date"))
        days |= {self.kmop_date_start, self.kmop_date_end}
        return sorted(filter(None, days)) or [self._kmop_get_day()]

    def _kmop_get_rules(self, check=None):
        """Return the rules in force for the dossier on the day of its service."""
        if not self.kmop_service:
            return self.env["kmop.rule"]
        return self.env["kmop.rule"]._get_in_force(
            self.company_id, self.kmop_service, self._kmop_get_day(), check
        )

    def _kmop_is_covered(self):
        """Tell whether the provider is registered on all days of the service."""
        return not self._kmop_get_uncovered()

    def _kmop_get_uncovered(self):
        """Return the days of the service on which the provider isn't registered."""
        # sudo: who sells may not be allowed to read periods
        registration = self.kmop_registration_id.sudo()
        return [
            day
            for day in self._kmop_get_days()
            if not (registration and registration.is_registered_on(day))
        ]

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools.sql import column_exists, create_column

from ...tools import check_targets, shift
from ..base.constants import FORMS, SERVICES

# Set by computes and by the addon's own actions only.
DERIVED = frozenset(
    {
        "kmop_amount_eligible",
        "kmop_amount_other",
        "kmop_completeness",
        "kmop_date_invited",
        "kmop_date_reminded",
        "kmop_date_retention",
        "kmop_survey_error",
    }
)

# What follows from the products, until somebody sets it by hand.
FOLLOWING = ("kmop_service", "kmop_theme_id", "kmop_hours", "kmop_form")


class SaleOrder(models.Model):
    """What makes a quote the project dossier of a training or an advice."""

    _name = "sale.order"
    _inherit = ["sale.order", "kmop.evidence.source"]

    _kmop_user_field = "user_id"

    kmop_session_ids = fields.One2many(
        "kmop.session",
        "order_id",
        string="Days of the service",
        groups="base.group_user",
    )
    kmop_participant_ids = fields.One2many(
        "kmop.participant", "order_id", string="Participants", groups="base.group_user"
    )
    kmop_dossier_evidence_ids = fields.One2many(
        "kmop.evidence",
        "order_id",
        string="Documents of the dossier",
        groups="base.group_user",
    )
    _kmop_window_idx = models.Index(
        "(company_id, kmop_service, kmop_date_start) WHERE kmop_service IS NOT NULL"
    )
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

    def _auto_init(self):
        """Make the columns empty: no quote of before is a dossier."""
        for name, field in self._fields.items():
            new = name.startswith("kmop_") and field.store and field.compute
            if new and field.column_type:
                self._kmop_create_column(name, field.column_type[1])
        return super()._auto_init()

    def _kmop_create_column(self, name, column_type):
        if not column_exists(self.env.cr, self._table, name):
            create_column(self.env.cr, self._table, name, column_type)

    def copy_data(self, default=None):
        """A copy asks its products anew; what was set by hand goes along."""
        vals_list = super().copy_data(default)
        for order, vals in zip(self, vals_list, strict=True):
            for name in set(FOLLOWING) - {
                *(order.kmop_overruled or []),
                *(default or {}),
            }:
                vals.pop(name, None)
        return vals_list

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._kmop_check_derived(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._kmop_check_derived(vals)
        return super().write(vals)

    @api.model
    def _kmop_check_derived(self, vals):
        names = [name for name in DERIVED & vals.keys() if vals[name]]
        if names and not self.env.su:
            labels = [self._fields[n]._description_string(self.env) for n in names]
            raise UserError(
                self.env._(
                    "%(fields)s can't be edited: computed from the dossier.",
                    fields=", ".join(sorted(labels)),
                )
            )

    # --------------------------------------------------------------------- evidence

    def _kmop_date_effective(self):
        return self._kmop_to_date(self.date_order)

    def _kmop_snapshot(self):
        ending, content = self._kmop_render_report("sale.report_saleorder", self)
        return f"{self.name.replace('/', '-')}.{ending}", content

    def _prepare_kmop_evidence(self, registration, evidence_type):
        values = super()._prepare_kmop_evidence(registration, evidence_type)
        return values | {"order_id": self.id}

    def _kmop_skip_reasons(self, registration, evidence_type):
        """Leave out what isn't a service of the registration, and never will be."""
        reasons = super()._kmop_skip_reasons(registration, evidence_type)
        cancelled = self.filtered(lambda order: order.state == "cancel")
        other = self.filtered(
            lambda order: order.kmop_service not in (False, registration.service)
        )
        return reasons | {
            self.env._("Cancelled"): cancelled,
            self.env._("Of another service than the registration"): other,
        }

    def _kmop_own_domain(self):
        """All documents of the dossier, not the links to the quote only."""
        return Domain("order_id", "in", self.ids)

    def _kmop_get_counts(self):
        evidences = self.env["kmop.evidence"]
        if not evidences.has_access("read"):
            return {}
        domain = self._kmop_own_domain()
        groups = evidences._read_group(domain, ["order_id"], ["__count"])
        return {order.id: count for order, count in groups}

    # ------------------------------------------------------------- life of a dossier

    def _action_confirm(self):
        result = super()._action_confirm()
        self._kmop_link_quotes()
        return result

    def _action_cancel(self):
        result = super()._action_cancel()
        self._kmop_take_back(self.env._("The quote was cancelled."))
        return result

    def _kmop_link_quotes(self):
        """Link the quote of each dossier as its evidence, submitted."""
        dossiers = self.filtered("kmop_registration_id")
        types = self.env["kmop.evidence.type"]
        for registration, orders in dossiers.grouped("kmop_registration_id").items():
            company = orders.company_id
            evidence_type = types._get_default_for(self._name, company)
            if not evidence_type:
                continue
            # sudo: who confirms need not be allowed to read registrations
            quotes = orders._kmop_with_internal_user().sudo()
            # sudo: as above
            quotes._kmop_link(registration.sudo(), evidence_type).submit()

    # ---------------------------------------------------------------------- reading

    def onchange(self, values, field_names, fields_spec):
        """Check what a quote that isn't saved refers to.

        Its fields are computed in superuser mode.
        """
        # The registration is computed from the company, and the warnings from both.
        names = {name for name in values if name.startswith("kmop_")} | {"company_id"}
        check_targets(self, [{name: values[name] for name in names & values.keys()}])
        return super().onchange(values, field_names, fields_spec)

    # ---------------------------------------------------------------------- actions

    def action_kmop_make_dossier(self):
        """Make project dossiers of quotes of before, or whose products don't say so."""
        orders = self.filtered(lambda order: not order.kmop_service)
        told = orders.filtered(lambda order: order._kmop_derive()["kmop_service"])
        for order in told:
            order.update(order._kmop_derive())
        for company, others in (orders - told).grouped("company_id").items():
            # sudo: who sells may not be allowed to read registrations
            current = self.env["kmop.registration"].sudo()._get_current(company)
            services = {service for _company, service in current}
            others.kmop_service = services.pop() if len(services) == 1 else "training"

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

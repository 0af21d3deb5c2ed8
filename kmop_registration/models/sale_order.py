from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.sql import column_exists, create_column

from ..tools import check_targets
from .kmop_dossier import FOLLOWING

# Lists that only a dossier fills.
LISTS = (
    "kmop_session_ids",
    "kmop_participant_ids",
    "kmop_trainer_ids",
)


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


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = [
        "sale.order",
        "kmop.evidence.source",
        "kmop.dossier",
        "kmop.dossier.subsidy",
        "kmop.dossier.warning",
        "kmop.dossier.checklist",
        "kmop.dossier.consistency",
        "kmop.dossier.document",
        "kmop.dossier.survey",
        "kmop.dossier.milestone",
    ]

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

    def web_read(self, specification):
        """Ask for the lists of a dossier of dossiers only: others have none."""
        rest = self._kmop_without_lists(specification)
        if rest == specification or self.filtered("kmop_service"):
            return super().web_read(specification)
        rows = super().web_read(rest)
        for row in rows:
            row.update((name, []) for name in specification if name not in rest)
        return rows

    def onchange(self, values, field_names, fields_spec):
        """As above, unless somebody is filling them in.

        Check what a quote that isn't saved refers to: its fields are computed in
        superuser mode.
        """
        # The registration is computed from the company, and the warnings from both.
        names = {name for name in values if name.startswith("kmop_")} | {"company_id"}
        check_targets(self, [{name: values[name] for name in names & values.keys()}])
        if self and not self.kmop_service and not values.keys() & set(LISTS):
            fields_spec = self._kmop_without_lists(fields_spec)
        return super().onchange(values, field_names, fields_spec)

    @api.model
    def _kmop_without_lists(self, specification):
        return {name: spec for name, spec in specification.items() if name not in LISTS}

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

from odoo import SUPERUSER_ID, fields, models
from odoo.fields import Domain
from odoo.tools.sql import column_exists, create_column

# Lists that only a dossier fills.
LISTS = (
    "kmop_session_ids",
    "kmop_participant_ids",
    "kmop_trainer_ids",
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
        "kmop.dossier.survey",
    ]

    _kmop_user_field = "user_id"

    kmop_session_ids = fields.One2many(
        "kmop.session", "order_id", string="Days of the service"
    )
    kmop_participant_ids = fields.One2many(
        "kmop.participant", "order_id", string="Participants"
    )
    kmop_dossier_evidence_ids = fields.One2many(
        "kmop.evidence", "order_id", string="Documents of the dossier"
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

    # --------------------------------------------------------------------- evidence

    def _kmop_date_effective(self):
        return self._kmop_to_date(self.date_order)

    def _kmop_snapshot(self):
        ending, content = self._kmop_render_report("sale.report_saleorder", self)
        return f"{self.name.replace('/', '-')}.{ending}", content

    def _prepare_kmop_evidence(self, registration, evidence_type):
        values = super()._prepare_kmop_evidence(registration, evidence_type)
        return values | {"order_id": self.id}

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
        self._kmop_link_by_type("sale.order")
        return result

    def _action_cancel(self):
        result = super()._action_cancel()
        self._kmop_reject_cancelled()
        return result

    def _kmop_link_by_type(self, model_name, get_documents=None):
        """Link each dossier's own documents of a model, submitted.

        :param get_documents: what they are, by dossier; the dossier itself if None
        """
        evidence_type = self.env["kmop.evidence.type"]._get_default_for(model_name)
        dossiers = self.filtered("kmop_registration_id")
        if not evidence_type:
            return
        for registration, orders in dossiers.grouped("kmop_registration_id").items():
            documents = get_documents(orders) if get_documents else orders
            if not self.env.user._is_internal():
                documents = documents.with_user(SUPERUSER_ID)
            # sudo: who confirms or books need not be allowed to read the other
            evidences = documents.sudo()._kmop_link(registration.sudo(), evidence_type)
            evidences.submit()

    def _kmop_reject_cancelled(self):
        """Take back what waits for judgement; say what was accepted already."""
        # sudo: who cancels a quote need not be allowed to judge evidence
        evidences = (
            self.env["kmop.evidence"]
            .sudo()
            .search([("res_model", "=", self._name), ("res_id", "in", self.ids)])
        )
        reason = self.env._("The quote was cancelled.")
        evidences.filtered(lambda e: e.state == "submitted").reject(reason)
        for evidence in evidences.filtered(lambda e: e.state == "accepted"):
            evidence.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=reason,
                user_id=(evidence.registration_id.user_id or evidence.owner_id).id,
            )

    # ---------------------------------------------------------------------- reading

    def web_read(self, specification):
        """Ask for the lists of a dossier of dossiers only: others have none."""
        lists = [name for name in LISTS if name in specification]
        if not lists or self.filtered("kmop_service"):
            return super().web_read(specification)
        rest = {name: spec for name, spec in specification.items() if name not in lists}
        rows = super().web_read(rest)
        for row in rows:
            row.update((name, []) for name in lists)
        return rows

    # ---------------------------------------------------------------------- actions

    def action_kmop_make_dossier(self):
        """Make project dossiers of quotes whose products don't say so."""
        for company, orders in self.grouped("company_id").items():
            # sudo: who sells may not be allowed to read registrations
            current = self.env["kmop.registration"].sudo()._get_current(company)
            services = {service for _company, service in current}
            service = services.pop() if len(services) == 1 else "training"
            orders.filtered(lambda o: not o.kmop_service).kmop_service = service

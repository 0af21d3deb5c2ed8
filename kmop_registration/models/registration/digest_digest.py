from odoo import fields, models
from odoo.exceptions import AccessError

from ..base.constants import FROZEN_STATES

EVIDENCE = "kpi_kmop_evidence_accepted"
DOSSIERS = "kpi_kmop_dossiers"


class DigestDigest(models.Model):
    _inherit = "digest.digest"

    kpi_kmop_evidence_accepted = fields.Boolean("Evidence accepted")
    kpi_kmop_evidence_accepted_value = fields.Integer(
        compute="_compute_kpi_kmop_evidence_accepted_value"
    )
    kpi_kmop_dossiers = fields.Boolean("Project dossiers sold")
    kpi_kmop_dossiers_value = fields.Integer(compute="_compute_kpi_kmop_dossiers_value")

    def _compute_kpi_kmop_evidence_accepted_value(self):
        self._kmop_check_reader("kmop_registration.group_kmop_user")
        start, end, companies = self._get_kpi_compute_parameters()
        groups = self.env["kmop.evidence"]._read_group(
            [
                ("company_id", "in", companies.ids),
                # Days, not moments: today is in, as in the host's own revenue.
                ("date_accepted", ">", start),
                ("date_accepted", "<=", end),
                # What was replaced since was accepted all the same.
                ("state", "in", FROZEN_STATES),
            ],
            ["company_id"],
            ["__count"],
        )
        counts = dict(groups)
        for digest in self:
            company = digest.company_id or self.env.company
            digest.kpi_kmop_evidence_accepted_value = counts.get(company, 0)

    def _compute_kpi_kmop_dossiers_value(self):
        self._kmop_check_reader("sales_team.group_sale_salesman_all_leads")
        self._calculate_company_based_kpi(
            "sale.order",
            "kpi_kmop_dossiers_value",
            date_field="date_order",
            additional_domain=[("kmop_service", "!=", False), ("state", "=", "sale")],
        )

    def _kmop_check_reader(self, group):
        """Leave the figure out of the mail of who may not see it, as the host does."""
        if not self.env.user.has_group(group):
            raise AccessError(
                self.env._("Do not have access, skip this data for user's digest email")
            )

    def _compute_kpis_actions(self, company, user):
        addon = "kmop_registration"
        menu = self.env.ref(f"{addon}.kmop_menu_root").id
        return super()._compute_kpis_actions(company, user) | {
            EVIDENCE: f"{addon}.kmop_evidence_action?menu_id={menu}",
            DOSSIERS: f"{addon}.kmop_dossier_action?menu_id={menu}",
        }

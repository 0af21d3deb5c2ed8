from odoo import api, fields, models
from odoo.fields import Domain

from ..base.constants import ASPECTS, SERVICE_SCOPES

# What decides in which dossiers such a document is expected.
EXPECTING = {
    "active",
    "company_id",
    "dossiers",
    "mandatory",
    "scope",
    "service",
    "shared_id",
}


class KmopEvidenceType(models.Model):
    """A kind of document that a registration's dossier holds."""

    _name = "kmop.evidence.type"
    _description = "Evidence type"
    _inherit = ["kmop.versioned.mixin"]
    _order = "sequence, id"

    shared_id = fields.Many2one(
        "kmop.evidence.type",
        string="In place of",
        index="btree_not_null",
        ondelete="restrict",
        domain=[("company_id", "=", False)],
        help="The shared record that this one replaces for its company. Archive this"
        " one to use neither.",
    )
    version_ids = fields.One2many(
        "kmop.evidence.type", "shared_id", context={"active_test": False}
    )
    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    scope = fields.Selection(
        [("provider", "Provider"), ("project", "Project")],
        required=True,
        default="project",
        help="Whether it concerns the provider as a whole or a single assignment.",
    )
    service = fields.Selection(SERVICE_SCOPES, required=True, default="both")
    aspect = fields.Selection(ASPECTS, required=True, default="application")
    dossiers = fields.Selection(
        [("all", "Every dossier"), ("subsidised", "Subsidised dossiers")],
        string="Expected in",
        required=True,
        default="all",
    )
    mandatory = fields.Boolean(
        help="Expected in each dossier; the norm's own list of documents isn't public."
    )
    review_months = fields.Integer(
        string="Review every (months)",
        help="After how long such a document must be looked at again; 0: never.",
    )
    indicator_ids = fields.Many2many(
        "kmop.indicator",
        string="Default indicators",
        help="The indicators that such a document usually supports.",
    )
    requirement_ids = fields.Many2many(
        "kmop.requirement", string="Requirements", compute="_compute_requirement_ids"
    )
    source_model = fields.Char(
        help="Technical name of the Odoo documents that are linked as this type."
    )
    source = fields.Text(
        translate=True, help="Where this was read, and how sure it is."
    )
    active = fields.Boolean(default=True)

    _code_company_uniq = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))", "An evidence type's code is unique."
    )

    _review_positive = models.Constraint(
        "CHECK (review_months >= 0)", "A number of months can't be negative."
    )

    @api.depends("indicator_ids.requirement_id")
    def _compute_requirement_ids(self):
        for evidence_type in self:
            evidence_type.requirement_ids = evidence_type.indicator_ids.requirement_id

    @api.model_create_multi
    def create(self, vals_list):
        types = super().create(vals_list)
        if types._are_expected():
            types._recompute_completeness()
        return types

    def write(self, vals):
        before = self._are_expected()
        result = super().write(vals)
        if EXPECTING & vals.keys() and (before or self._are_expected()):
            self._recompute_completeness()
        if "review_months" in vals:
            # sudo: what is due for review is so whoever says how often
            evidences = self.env["kmop.evidence"].sudo()
            evidences.search([("type_id", "in", self.ids)])._kmop_plan()
        return result

    def unlink(self):
        before = self._are_expected()
        result = super().unlink()
        if before:
            self._recompute_completeness()
        return result

    def _are_expected(self):
        """Tell whether dossiers should hold one of these, or what they replace."""
        types = self | self.shared_id
        return any(t.mandatory and t.scope == "project" for t in types)

    @api.model
    def _recompute_completeness(self):
        """Recompute the completeness of all dossiers.

        The expected documents changed.
        """
        # sudo: a rule of all companies reaches dossiers that its author can't see
        orders = self.env["sale.order"].sudo()
        orders = orders.search([("kmop_service", "!=", False)])
        self.env.add_to_compute(orders._fields["kmop_completeness"], orders)

    @api.model
    def _get_needed(self, company, service, subsidised):
        """Return the kinds of document that such a dossier should hold."""
        domain = self._used_domain(company)
        domain &= Domain("scope", "=", "project") & Domain("mandatory", "=", True)
        domain &= Domain("service", "in", (service, "both"))
        if not subsidised:
            domain &= Domain("dossiers", "=", "all")
        return self.search(domain)

    @api.model
    def _get_default_for(self, model_name, company):
        """Return the type that ``company`` links documents of ``model_name`` as."""
        domain = Domain("source_model", "=", model_name)
        return self.search(domain & self._used_domain(company), limit=1)

    def _get_indicators(self, registration, requirements=None):
        """Return what such a document supports, in the norm of ``registration``.

        :param requirements: only these; where the type names no indicator of one of
            them, all of that requirement's indicators count
        """
        tested = registration._get_indicators()
        indicators = self.indicator_ids & tested
        if requirements is None:
            return indicators
        unnamed = requirements - indicators.requirement_id
        return tested.filtered(
            lambda i: (
                i.requirement_id in unnamed
                or (i in indicators and i.requirement_id in requirements)
            )
        )

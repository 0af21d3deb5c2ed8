from odoo import api, fields, models

from ..base.constants import SERVICE_SCOPES


class KmopIndicator(models.Model):
    """What the auditor scores, within a basic requirement."""

    _name = "kmop.indicator"
    _description = "Indicator"
    _inherit = ["kmop.shared.mixin"]
    _order = "requirement_id, sequence, id"
    _rec_names_search = ["code", "name"]

    requirement_id = fields.Many2one(
        "kmop.requirement", required=True, ondelete="cascade", index=True
    )
    norm_id = fields.Many2one(related="requirement_id.norm_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    description = fields.Text(
        translate=True, help="What would show it, in our own words."
    )
    service = fields.Selection(SERVICE_SCOPES, required=True, default="both")
    source = fields.Text(
        translate=True, help="Where this was read, and how sure it is."
    )
    active = fields.Boolean(default=True)

    _code_uniq = models.UniqueIndex(
        "(norm_id, code) WHERE active",
        "An indicator's code is unique within its norm.",
    )

    @api.depends("code", "name")
    def _compute_display_name(self):
        for indicator in self:
            indicator.display_name = f"{indicator.code} {indicator.name}"

    @api.model
    def _get_tested(self, norm, service):
        """Return the indicators of ``norm`` that count for ``service``."""
        return self.search(
            [("norm_id", "=", norm.id), ("service", "in", (service, "both"))]
        )

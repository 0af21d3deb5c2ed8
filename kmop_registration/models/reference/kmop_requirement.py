from odoo import api, fields, models


class KmopRequirement(models.Model):
    _name = "kmop.requirement"
    _description = "Basic requirement"
    _inherit = ["kmop.shared.mixin"]
    _order = "norm_id, sequence, id"

    norm_id = fields.Many2one(
        "kmop.norm", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    description = fields.Text(
        translate=True, help="What the auditor looks for, in our own words."
    )
    indicator_ids = fields.One2many("kmop.indicator", "requirement_id")
    source = fields.Text(
        translate=True, help="Where this was read, and how sure it is."
    )

    _code_uniq = models.Constraint(
        "UNIQUE (norm_id, code)", "A requirement's code is unique within its norm."
    )

    @api.depends("code", "name")
    def _compute_display_name(self):
        for requirement in self:
            requirement.display_name = f"{requirement.code}. {requirement.name}"

    @api.model
    def get_import_templates(self):
        """Offer a file to fill in with the bureau's working document."""
        return [
            {
                "label": self.env._("Requirements and indicators of a norm"),
                "template": "/kmop_registration/static/import/kmop_norm.xlsx",
            }
        ]

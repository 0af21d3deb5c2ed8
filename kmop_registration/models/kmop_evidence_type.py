from odoo import api, fields, models

from .constants import SERVICES

ASPECTS = [
    ("description", "Description (conformity)"),
    ("application", "Application (demonstrability)"),
]


class KmopEvidenceType(models.Model):
    """A kind of document that a registration's dossier holds."""

    _name = "kmop.evidence.type"
    _description = "Evidence type"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    scope = fields.Selection(
        [("provider", "Provider"), ("project", "Project")],
        required=True,
        default="project",
        help="Whether it concerns the provider as a whole or a single assignment.",
    )
    service = fields.Selection(
        [*SERVICES, ("both", "Training and advice")], required=True, default="both"
    )
    aspect = fields.Selection(ASPECTS, required=True, default="application")
    requirement_ids = fields.Many2many(
        "kmop.requirement",
        string="Default requirements",
        help="The basic requirements that such a document usually supports.",
    )
    source_model = fields.Char(
        help="Technical name of the Odoo documents that are linked as this type by default."
    )
    source = fields.Text(translate=True, help="Where this was read, and how sure it is.")
    active = fields.Boolean(default=True)

    _code_uniq = models.Constraint("UNIQUE (code)", "An evidence type's code is unique.")

    @api.model
    def _get_default_for(self, model_name):
        """Return the type that documents of ``model_name`` are linked as."""
        return self.search([("source_model", "=", model_name)], limit=1)

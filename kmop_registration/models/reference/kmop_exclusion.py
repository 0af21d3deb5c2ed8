from odoo import fields, models


class KmopExclusion(models.Model):
    """A kind of service that is never subsidised, whatever its theme."""

    _name = "kmop.exclusion"
    _description = "Excluded kind of service"
    _inherit = ["kmop.dated.mixin"]
    _order = "name, id"

    name = fields.Char(required=True, translate=True)

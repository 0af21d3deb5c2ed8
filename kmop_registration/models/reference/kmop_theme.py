from odoo import api, fields, models
from odoo.exceptions import ValidationError


class KmopTheme(models.Model):
    """A subject that subsidised training or advice is about.

    Whether it is subsidised for a service on a day is what the rates say.
    """

    _name = "kmop.theme"
    _description = "Theme"
    _inherit = ["kmop.shared.mixin"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    parent_id = fields.Many2one(
        "kmop.theme",
        string="Part of",
        index="btree_not_null",
        ondelete="restrict",
        help="A subject within a wider theme, which may have its own rates.",
    )
    note = fields.Text(translate=True, help="What belongs to it.")
    source = fields.Text(
        translate=True, help="Where this was read, and how sure it is."
    )
    active = fields.Boolean(default=True)

    _code_uniq = models.Constraint("UNIQUE (code)", "A theme's code is unique.")

    @api.constrains("parent_id")
    def _check_parent_id(self):
        if self._has_cycle():
            raise ValidationError(self.env._("A theme can't be a part of itself."))

    def write(self, vals):
        result = super().write(vals)
        if "parent_id" in vals:
            # A theme has the rates of the one that it is a part of.
            self.env["kmop.dated.mixin"]._forget_cached()
        return result

    def _get_lineage(self):
        """Return the theme and the themes that it is a part of, nearest first."""
        lineage = self
        while lineage[-1:].parent_id:
            lineage += lineage[-1].parent_id
        return lineage

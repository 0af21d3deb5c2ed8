from odoo import api, fields, models
from odoo.exceptions import ValidationError


class KmopNorm(models.Model):
    _name = "kmop.norm"
    _description = "kmop-norm"
    _inherit = ["kmop.shared.mixin"]
    _order = "date_from desc, id desc"

    name = fields.Char(required=True, translate=True)
    date_from = fields.Date(required=True, string="In force from")
    date_to = fields.Date(
        string="In force until", help="Last day; empty: no end known."
    )
    source = fields.Text(
        translate=True,
        help="Where the content of this version was read, and how sure it is.",
    )
    active = fields.Boolean(default=True)
    requirement_ids = fields.One2many("kmop.requirement", "norm_id")

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for norm in self:
            if norm.date_to and norm.date_to < norm.date_from:
                raise ValidationError(
                    self.env._("%(norm)s ends before it begins.", norm=norm.name)
                )

    @api.model
    def _in_force_on(self, date):
        """Return the version in force on ``date``, or an empty recordset."""
        return self.search(
            [
                ("date_from", "<=", date),
                "|",
                ("date_to", "=", False),
                ("date_to", ">=", date),
            ],
            limit=1,
        )

from odoo import fields, models


class KmopTrack(models.Model):
    _name = "kmop.track"
    _description = "Audit track"
    _inherit = ["kmop.shared.mixin"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    is_renewal = fields.Boolean(
        string="For renewal", help="The track that follows when a registration ends."
    )
    source = fields.Text(
        translate=True, help="Where this was read, and how sure it is."
    )
    active = fields.Boolean(default=True)
    part_ids = fields.One2many("kmop.track.part", "track_id")

    _code_uniq = models.Constraint("UNIQUE (code)", "A track's code is unique.")

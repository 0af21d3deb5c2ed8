from odoo import api, fields, models

from ..base.constants import AUDIT_KINDS


class KmopTrackPart(models.Model):
    _name = "kmop.track.part"
    _description = "Part of an audit track"
    _inherit = ["kmop.shared.mixin"]
    _order = "track_id, sequence, id"

    track_id = fields.Many2one(
        "kmop.track", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, translate=True)
    audit_kind = fields.Selection(AUDIT_KINDS, required=True)
    validity_months = fields.Integer(
        required=True,
        string="Validity (months)",
        help="Months that a positive audit grants.",
    )
    project_window_months = fields.Integer(
        string="Project window (months)",
        help="Months of projects that the auditor asks for, back from the audit.",
    )
    exempt_requirement_ids = fields.Many2many(
        "kmop.requirement",
        string="Exempt requirements",
        help="Not tested in this part.",
    )
    tests_application = fields.Boolean(
        string="Tests application",
        default=True,
        help="Whether evidence of application counts in this part as well.",
    )
    source = fields.Text(
        translate=True, help="Where this was read, and how sure it is."
    )

    _validity_positive = models.Constraint(
        "CHECK (validity_months > 0)", "A part grants at least one month."
    )
    _window_positive = models.Constraint(
        "CHECK (project_window_months >= 0)", "A project window can't be negative."
    )

    @api.depends("track_id.name", "name")
    def _compute_display_name(self):
        for part in self:
            part.display_name = f"{part.track_id.name}: {part.name}"

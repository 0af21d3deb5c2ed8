from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    kmop_expiring_months = fields.Integer(
        related="company_id.kmop_expiring_months", readonly=False
    )
    kmop_conditional_months = fields.Integer(
        related="company_id.kmop_conditional_months", readonly=False
    )
    kmop_corrective_months = fields.Integer(
        related="company_id.kmop_corrective_months", readonly=False
    )
    kmop_four_eyes = fields.Boolean(related="company_id.kmop_four_eyes", readonly=False)
    kmop_evidence_max_mb = fields.Integer(
        related="company_id.kmop_evidence_max_mb", readonly=False
    )

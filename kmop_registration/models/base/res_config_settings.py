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
    kmop_survey_auto = fields.Boolean(
        related="company_id.kmop_survey_auto", readonly=False
    )
    kmop_survey_days = fields.Integer(
        related="company_id.kmop_survey_days", readonly=False
    )
    kmop_reminder_days = fields.Integer(
        related="company_id.kmop_reminder_days", readonly=False
    )
    kmop_min_answers = fields.Integer(
        related="company_id.kmop_min_answers", readonly=False
    )
    kmop_low_score = fields.Integer(related="company_id.kmop_low_score", readonly=False)
    kmop_mail_clients = fields.Boolean(
        related="company_id.kmop_mail_clients", readonly=False
    )
    kmop_evidence_max_mb = fields.Integer(
        related="company_id.kmop_evidence_max_mb", readonly=False
    )
    kmop_show_onboarding = fields.Boolean(
        related="company_id.kmop_show_onboarding", readonly=False
    )
    kmop_audit_price = fields.Monetary(
        related="company_id.kmop_audit_price", readonly=False
    )

from odoo import fields, models

from ..base.constants import FORMS, SERVICES


class ProductTemplate(models.Model):
    _inherit = "product.template"

    kmop_service = fields.Selection(
        SERVICES,
        string="kmo-portefeuille service",
        help="Quotes with this product become project dossiers.",
        groups="base.group_user",
    )
    kmop_theme_id = fields.Many2one(
        "kmop.theme",
        string="Theme",
        index="btree_not_null",
        ondelete="restrict",
        groups="base.group_user",
    )
    kmop_hours = fields.Float(
        string="Hours of service",
        help="Per unit where it is sold by the hour or the day; else in all.",
        groups="base.group_user",
    )
    kmop_form = fields.Selection(FORMS, string="Form", groups="base.group_user")
    kmop_non_eligible = fields.Boolean(
        string="Non-eligible cost",
        help="Gets no subsidy, such as an exam: documents show it apart.",
        groups="base.group_user",
    )
    kmop_exclusion_id = fields.Many2one(
        "kmop.exclusion",
        string="Excluded kind",
        index="btree_not_null",
        ondelete="restrict",
        help="A kind of service that is never subsidised.",
        groups="base.group_user",
    )

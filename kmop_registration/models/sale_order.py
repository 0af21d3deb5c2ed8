from odoo import models


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "kmop.evidence.source"]

    _kmop_user_field = "user_id"

    def _kmop_date_effective(self):
        return self.date_order.date()

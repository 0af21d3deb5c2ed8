from odoo import models


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "kmop.evidence.source"]

    _kmop_user_field = "user_id"

    def _kmop_date_effective(self):
        return self._kmop_to_date(self.date_order)

    def _kmop_snapshot(self):
        ending, content = self._kmop_render_report("sale.report_saleorder", self)
        return f"{self.name.replace('/', '-')}.{ending}", content

    def _compute_user_id(self):
        # A recomputed salesperson doesn't pass through write().
        saved = self.filtered("id")
        before = {order: order.user_id for order in saved}
        result = super()._compute_user_id()
        changed = saved.filtered(lambda order: order.user_id != before[order])
        for user, orders in changed.grouped("user_id").items():
            orders._kmop_sync_user(user.id)
        return result

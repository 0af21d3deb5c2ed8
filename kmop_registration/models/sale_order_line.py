from odoo import api, fields, models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    kmop_non_eligible = fields.Boolean(
        string="Non-eligible",
        compute="_compute_kmop_non_eligible",
        store=True,
        readonly=False,
        help="A cost that gets no subsidy: documents show it apart.",
    )

    @api.depends("product_id")
    def _compute_kmop_non_eligible(self):
        for line in self:
            line.kmop_non_eligible = line.product_id.kmop_non_eligible

    def _kmop_get_hours(self):
        """Return the hours of service on this line.

        A product sold by time counts as often as it is sold; one that is sold per
        participant or per course lasts as long for one as for ten.
        """
        hours = self.product_id.kmop_hours
        if not hours:
            return 0.0
        # Unlike env.ref, which looks each time whether it still exists.
        hour = self.env["ir.model.data"]._xmlid_to_res_id("uom.product_uom_hour")
        unit = self.product_uom_id
        by_time = hour and unit._has_common_reference(unit.browse(hour))
        return hours * self.product_uom_qty if by_time else hours

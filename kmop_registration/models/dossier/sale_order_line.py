from odoo import api, fields, models
from odoo.tools.sql import column_exists, create_column


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    kmop_non_eligible = fields.Boolean(
        string="Non-eligible",
        compute="_compute_kmop_non_eligible",
        store=True,
        readonly=False,
        help="A cost that gets no subsidy: documents show it apart.",
        groups="base.group_user",
    )

    @api.depends("product_id")
    def _compute_kmop_non_eligible(self):
        for line in self:
            line.kmop_non_eligible = line.product_id.kmop_non_eligible

    def _auto_init(self):
        """Make the column empty: no line of before is marked."""
        name = "kmop_non_eligible"
        if not column_exists(self.env.cr, self._table, name):
            create_column(self.env.cr, self._table, name, "bool")
        return super()._auto_init()

    def _kmop_get_hours(self):
        """Return the hours of service on these lines.

        A product sold by time counts as often as it is sold; one that is sold per
        participant or per course lasts as long for one as for ten.
        """
        # Unlike env.ref, which looks each time whether it still exists.
        hour = self.env["ir.model.data"]._xmlid_to_res_id("uom.product_uom_hour")
        hour = self.env["uom.uom"].browse(hour)
        lines = self.filtered(
            lambda line: line.product_id.kmop_hours and line.product_uom_qty
        )
        by_time = lines.filtered(
            lambda line: hour and line.product_id.uom_id._has_common_reference(hour)
        )
        in_all = (lines - by_time).product_id
        return sum(in_all.mapped("kmop_hours")) + sum(
            line.product_id.kmop_hours * line._kmop_get_quantity() for line in by_time
        )

    def _kmop_get_quantity(self):
        """Return the quantity in the unit that the product's hours are told for."""
        return self.product_uom_id._compute_quantity(
            self.product_uom_qty,
            self.product_id.uom_id,
            round=False,
            raise_if_failure=False,
        )

from odoo import api, fields, models, tools

from ..base.constants import SERVICES, SIZES


class KmopSubsidyRate(models.Model):
    """What share of the eligible amount an enterprise of some size gets back."""

    _name = "kmop.subsidy.rate"
    _description = "Subsidy rate"
    _inherit = ["kmop.dated.mixin"]
    _order = "service, date_from desc, theme_id, size, id"

    service = fields.Selection(SERVICES, required=True)
    theme_id = fields.Many2one(
        "kmop.theme",
        index="btree_not_null",
        ondelete="restrict",
        help="Empty: every theme that has no rate of its own.",
    )
    size = fields.Selection(SIZES, string="Size of the enterprise", required=True)
    percentage = fields.Float(required=True, digits=(5, 2))

    _percentage_range = models.Constraint(
        "CHECK (percentage >= 0 AND percentage <= 100)",
        "A percentage lies between 0 and 100.",
    )

    @api.depends("service", "theme_id.name", "size", "percentage")
    @api.depends_context("lang")
    def _compute_display_name(self):
        services = dict(self._fields["service"]._description_selection(self.env))
        sizes = dict(self._fields["size"]._description_selection(self.env))
        for rate in self:
            parts = [services.get(rate.service), rate.theme_id.name]
            parts += [sizes.get(rate.size), f"{rate.percentage:g} %"]
            rate.display_name = " – ".join(filter(None, parts))

    @api.model
    @tools.ormcache("service", "theme_id", "size", "day")
    def _get_percentage(self, service, theme_id, size, day):
        """Return the percentage on ``day``, None where there is no subsidy.

        A theme's own rate goes before that of the theme it is a part of, and that
        before the rate of every theme.
        """
        # sudo: the cache serves everybody
        rates = self.sudo().search(
            self._in_force_on(day) & self._get_domain(service, size)
        )
        # sudo: as above
        lineage = self.env["kmop.theme"].browse(theme_id).sudo()._get_lineage()
        for theme in [*lineage, lineage.browse()]:
            if found := rates.filtered(lambda r, t=theme: r.theme_id == t)[:1]:
                return found.percentage or None
        return None

    @api.model
    def _get_domain(self, service, size):
        return fields.Domain("service", "=", service) & fields.Domain("size", "=", size)

    @api.model
    def _is_subsidised(self, service, theme_id, day):
        """Tell whether an enterprise of some size gets subsidy for this on ``day``."""
        return any(
            self._get_percentage(service, theme_id, size, day) for size, _label in SIZES
        )

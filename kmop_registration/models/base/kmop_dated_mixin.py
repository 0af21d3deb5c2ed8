from odoo import api, fields, models
from odoo.fields import Domain


class KmopDated(models.AbstractModel):
    """Reference data that holds from one day to another, both inclusive.

    Rates, rules and exclusions are read with every dossier and seldom change: what
    is asked of them is cached, until one of them does.
    """

    _name = "kmop.dated.mixin"
    _description = "Holds for some time"
    _inherit = ["kmop.shared.mixin"]

    date_from = fields.Date(string="From", required=True)
    date_to = fields.Date(string="Until", help="Last day; empty: until further notice.")
    source = fields.Text(
        translate=True, help="Where this was read, and how sure it is."
    )
    active = fields.Boolean(default=True)

    _dates_ordered = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)",
        "The last day can't come before the first.",
    )

    @api.model
    def _in_force_on(self, day):
        """Return the domain of what holds on ``day``."""
        started = Domain("date_from", "<=", day)
        return started & (Domain("date_to", "=", False) | Domain("date_to", ">=", day))

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._forget_cached()
        return records

    def write(self, vals):
        result = super().write(vals)
        self._forget_cached()
        return result

    def unlink(self):
        result = super().unlink()
        self._forget_cached()
        return result

    @api.model
    def _forget_cached(self):
        self.env.registry.clear_cache()

from odoo import api, models
from odoo.exceptions import AccessError

from ...tools import check_targets

# `kmop.sourced.mixin` checks these after saving, with a message for each mistake.
REFERENCE = ("res_model", "res_id")


class KmopTarget(models.AbstractModel):
    """Records whose users can only refer to records that they may read.

    This holds for values that are saved, for the commands of x2many fields, for
    defaults and for forms that aren't saved yet.
    """

    _name = "kmop.target.mixin"
    _description = "Refers to what its user may read"

    @api.model_create_multi
    def create(self, vals_list):
        self.browse().check_access("create")
        check_targets(self, map(self._without_references, vals_list))
        return super().create(vals_list)

    def write(self, vals):
        self.check_access("write")
        check_targets(self, [self._without_references(vals)])
        return super().write(vals)

    @api.model
    def _without_references(self, vals):
        return {name: value for name, value in vals.items() if name not in REFERENCE}

    def onchange(self, values, field_names, fields_spec):
        check_targets(self, [values])
        return super().onchange(values, field_names, fields_spec)

    @api.model
    def default_get(self, fields):
        """Drop defaults that the user may not read: a call can send any default."""
        values = super().default_get(fields)
        return {name: v for name, v in values.items() if self._is_reached(name, values)}

    @api.model
    def _is_reached(self, name, values):
        names = {name, getattr(self._fields[name], "model_field", name)}
        try:
            check_targets(self, [{n: v for n, v in values.items() if n in names}])
        except AccessError:
            return False
        return True

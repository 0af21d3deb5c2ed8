from odoo import api, models
from odoo.exceptions import UserError

from ...tools import is_uninstalling


class KmopKept(models.AbstractModel):
    """Records that the program makes once, and that nobody changes or deletes.

    Superuser mode doesn't help, nor does anything that a caller can send.
    """

    _name = "kmop.kept.mixin"
    _description = "Made once, never changed"

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise UserError(self._get_kept_message())
        return super().create(vals_list)

    def write(self, vals):
        if self:
            raise UserError(self._get_kept_message())
        return super().write(vals)

    @api.ondelete(at_uninstall=True)
    def _unlink_never(self):
        if not is_uninstalling(self.env):
            raise UserError(self._get_kept_message())

    @api.model
    def _get_kept_message(self):
        return self.env._("This is written by the program: nobody can change it.")

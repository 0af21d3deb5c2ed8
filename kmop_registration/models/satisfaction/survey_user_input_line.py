from odoo import api, models


class SurveyUserInputLine(models.Model):
    """What was answered for a dossier counts as it was given."""

    _inherit = "survey.user_input.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.user_input_id._kmop_check_kept()
        return lines

    def write(self, vals):
        if self.env.su:
            return super().write(vals)
        self.user_input_id._kmop_check_kept()
        result = super().write(vals)
        # Where it was moved to.
        self.user_input_id._kmop_check_kept()
        return result

    @api.ondelete(at_uninstall=True)
    def _unlink_except_kmop_kept(self):
        # Whatever a call says (`_force_unlink`): no call is in superuser mode.
        self.user_input_id._kmop_check_kept()

from odoo import models


class MergePartnerAutomatic(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """Ask first: the host merges in the database, past every guard of ours."""
        self.env["res.partner"].browse(partner_ids)._kmop_check_merge()
        return super()._merge(partner_ids, dst_partner, extra_checks)

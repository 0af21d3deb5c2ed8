import re

from odoo import fields, models


class KmopRegistration(models.Model):
    _inherit = "kmop.registration"

    def action_export_xlsx(self):
        return self._export("xlsx", "audit.xlsx")

    def action_export_zip(self):
        return self._export("zip", "dossier.zip")

    def _export(self, kind, route):
        """Send the export, or have it made in the background where that takes long."""
        self.ensure_one()
        exports = self.env["kmop.export"]
        if exports._is_long(self, kind):
            return exports._request(self, kind)._get_form_action()
        return {
            "type": "ir.actions.act_url",
            "url": f"/kmop/registration/{self.id}/{route}",
            "target": "download",
        }

    def _get_export_filename(self, subject, ending):
        """Return the name of a file: whose it is, what it is about, and the day."""
        today = fields.Date.context_today(self)
        name = re.sub(r"[^\w. –-]", "_", self.display_name)
        parts = [name[:80], subject, str(today)]
        return f"{' '.join(filter(None, parts))}.{ending}"

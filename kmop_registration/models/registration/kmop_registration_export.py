import re

from odoo import api, models


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

    def _prepare_export(self):
        """Return what an export in the background is of."""
        return {"registration_id": self.id, "audit_id": False}

    def _count_export(self):
        """Return the number of lines of an export, of its files, and their bytes."""
        evidences = self.env["kmop.evidence"]
        rows = evidences.search_count([("registration_id", "=", self.id)])
        if self.env["sale.order"].has_access("read"):
            rows += self.dossier_count
        (found,) = self.env["kmop.evidence.file"]._read_group(
            [("evidence_id.registration_id", "=", self.id)], [], ["__count", "size:sum"]
        )
        files, size = found
        return rows, files, size or 0

    def _get_export_filename(self, subject, ending):
        """Return the name of a file: whose it is, what it is about, and the day."""
        today = self.company_id._kmop_today()
        return self._make_export_filename(self.display_name, subject, today, ending)

    @api.model
    def _make_export_filename(self, title, subject, day, ending):
        name = re.sub(r"[^\w. –-]", "_", title)
        parts = [name[:80], subject, str(day)]
        return f"{' '.join(filter(None, parts))}.{ending}"

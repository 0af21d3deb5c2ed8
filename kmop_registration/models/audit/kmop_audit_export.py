from odoo import api, models
from odoo.exceptions import UserError


class KmopAudit(models.Model):
    """The pack of an audit: of a decided one, what it was decided on."""

    _inherit = "kmop.audit"

    @api.readonly
    def action_open_decided_evidence(self):
        """Open the list of the evidence that the audit was decided on."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "kmop_registration.kmop_audit_decision_evidence_action"
        )
        domain = [("decision_id.audit_id", "=", self.id)]
        return {**action, "domain": domain, "display_name": self._get_page_title()}

    def action_export_xlsx(self):
        return self._export("xlsx", "audit.xlsx")

    def action_export_zip(self):
        return self._export("zip", "dossier.zip")

    def _export(self, kind, route):
        """Send the export, or have it made in the background where that takes long.

        Raises UserError for a cancelled audit, which nothing was decided on.
        """
        self.ensure_one()
        registration = self.registration_id
        if self.state == "cancelled":
            raise UserError(
                self.env._("This audit is cancelled: export the registration instead.")
            )
        if not self._get_decision():
            return registration._export(kind, route)
        exports = self.env["kmop.export"]
        if exports._is_long(self, kind):
            return exports._request(self, kind)._get_form_action()
        return {
            "type": "ir.actions.act_url",
            "url": f"/kmop/audit/{self.id}/{route}",
            "target": "download",
        }

    def _prepare_export(self):
        return {"registration_id": self.registration_id.id, "audit_id": self.id}

    def _count_export(self):
        """Return the number of lines of an export, of its files, and their bytes."""
        decision = self._get_decision()
        pieces, files, size = decision._measure()
        return pieces + len(decision._read("projects")["rows"]), files, size

    def _get_export_filename(self, subject, ending):
        """Return the name of a file: which audit, what it is about, and its day."""
        decision = self._get_decision()
        return self.registration_id._make_export_filename(
            decision._get_title(), subject, decision.date_decided, ending
        )

from types import SimpleNamespace

from odoo import api, models

# How many of the dates to come are listed below the drawing.
COMING = 10


class KmopAuditReport(models.AbstractModel):
    """The summary of an audit on paper: the same figures as in the workbook."""

    _name = "report.kmop_registration.report_kmop_audit"
    _description = "Summary of an audit"

    @api.model
    def _get_report_values(self, docids, data=None):
        audits = self.env["kmop.audit"].browse(docids)
        return {
            "docs": audits,
            "doc_model": audits._name,
            "summaries": {audit.id: self._get_summary(audit) for audit in audits},
        }

    def _get_summary(self, audit):
        registration = audit.registration_id
        window = registration._get_project_window()
        drawing = registration.timeline
        return {
            "timeline": drawing,
            "coming": registration._get_timeline_rows(drawing, COMING),
            "requirements": self._get_requirements(audit),
            "readiness": audit.is_open
            and registration.readiness().get(registration.id),
            "findings": audit.finding_ids | audit.carried_finding_ids,
            "window": window,
            "projects": registration._get_project_totals(*window),
            "sees_projects": self.env["sale.order"].has_access("read"),
            "satisfaction": registration.satisfaction(*window)[registration.id],
        }

    def _get_requirements(self, audit):
        """Return the lines of the indicators, by requirement."""
        sheet = self.env["kmop.xlsx.requirement"]
        book = SimpleNamespace(registration=audit.registration_id, audit=audit)
        lines = {}
        for requirement, *line in sheet._get_rows(book):
            lines.setdefault(requirement, []).append(line)
        return lines

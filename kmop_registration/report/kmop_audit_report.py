from types import SimpleNamespace

from odoo import api, models
from odoo.fields import Domain

# How many of the dates to come are listed below the drawing.
COMING = 10


class KmopAuditReport(models.AbstractModel):
    """The summary of an audit on paper: the same figures as in the workbook."""

    _name = "report.kmop_registration.report_kmop_audit"
    _description = "Summary of an audit"

    @api.model
    def _get_report_values(self, docids, data=None):
        audits = self.env["kmop.audit"].browse(docids)
        page = (data or {}).get("page")
        summarize = self._get_page_summary if page else self._get_summary
        return {
            "docs": audits,
            "doc_model": audits._name,
            "summaries": {audit.id: summarize(audit, data) for audit in audits},
        }

    def _get_page_summary(self, audit, data):
        """Return what the auditor's page tells as well, and no more."""
        window = audit._get_page_window()
        projects = bool(data.get("projects"))
        totals = audit.registration_id._get_project_totals(*window)
        return {
            # The milestones in it are the provider's own business.
            "timeline": False,
            "requirements": self._get_requirements(
                audit, "kmop.page.xlsx.requirement", audit._get_counting_domain()
            ),
            "readiness": False,
            "findings": audit.log_ids.finding_id,
            "window": window,
            "projects": totals if projects else {},
            "sees_projects": projects,
            "satisfaction": False,
        }

    def _get_summary(self, audit, _data):
        registration = audit.registration_id
        window = registration._get_project_window()
        drawing = registration.timeline
        return {
            "timeline": drawing,
            "coming": registration._get_timeline_rows(drawing, COMING),
            "requirements": self._get_requirements(audit, *self._get_source(audit)),
            "readiness": audit.is_open
            and registration.readiness().get(registration.id),
            "findings": audit.finding_ids | audit.carried_finding_ids,
            "window": window,
            "projects": registration._get_project_totals(*window),
            "sees_projects": self.env["sale.order"].has_access("read"),
            "satisfaction": registration.satisfaction(*window)[registration.id],
        }

    def _get_source(self, audit):
        """Return the sheet of the requirements, and the evidence that it is of.

        What came after the decision says nothing of a decided audit.
        """
        if not audit.is_open:
            return "kmop.page.xlsx.requirement", audit._get_counting_domain()
        registration = audit.registration_id
        return (
            "kmop.xlsx.requirement",
            Domain("registration_id", "=", registration.id),
        )

    def _get_requirements(self, audit, sheet, evidences):
        """Return the lines of the indicators, by requirement."""
        book = SimpleNamespace(
            registration=audit.registration_id, audit=audit, evidences=evidences
        )
        lines = {}
        for requirement, *line in self.env[sheet]._get_rows(book):
            lines.setdefault(requirement, []).append(line)
        return lines

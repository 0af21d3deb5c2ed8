from odoo import api, models

from .auditor_columns import AUDITOR_COLUMNS
from .decided_pack import REQUIREMENTS, get_visible_projects
from .pack import AuditPack, Pack
from .requirement_sheet import CountedRequirementSheet, RequirementSheet

# How many of the dates to come are listed below the drawing.
COMING = 10


class KmopAuditReport(models.AbstractModel):
    """The summary of an audit on paper: the same figures as in the workbook."""

    _name = "report.kmop_registration.report_kmop_audit"
    _description = "Summary of an audit"

    @api.model
    def _get_report_values(self, docids, data=None):
        audits = self.env["kmop.audit"].browse(docids)
        data = data or {}
        return {
            "docs": audits,
            "doc_model": audits._name,
            "summaries": {audit.id: self._get_summary(audit, data) for audit in audits},
        }

    def _get_summary(self, audit, data):
        if decision := audit._get_decision():
            return self._get_decided_summary(audit, decision, data)
        if data.get("page"):
            return self._get_page_summary(audit, data)
        return self._get_inside_summary(audit)

    def _get_page_summary(self, audit, data):
        """Return what the auditor's page tells as well, and no more."""
        window = audit._get_page_window()
        projects = bool(data.get("projects"))
        totals = audit.registration_id._get_project_totals(*window)
        return {
            "cover": audit._prepare_cover(),
            "note": None,
            # The milestones in it are the provider's own business.
            "timeline": False,
            "requirements": self._get_counted_requirements(audit),
            "readiness": False,
            "findings": audit._prepare_findings(audit.log_ids.finding_id),
            "window": window,
            "projects": totals if projects else {},
            "sees_projects": projects,
            "satisfaction": False,
        }

    def _get_inside_summary(self, audit):
        registration = audit.registration_id
        window = registration._get_project_window()
        drawing = registration.timeline
        findings = audit.finding_ids | audit.carried_finding_ids
        return {
            "cover": audit._prepare_cover(),
            "note": None,
            "timeline": drawing,
            "coming": registration._get_timeline_rows(drawing, COMING),
            "requirements": self._get_requirements(audit),
            "readiness": audit.is_open
            and registration.readiness().get(registration.id),
            "findings": audit._prepare_findings(findings),
            "window": window,
            "projects": registration._get_project_totals(*window),
            "sees_projects": self.env["sale.order"].has_access("read"),
            "satisfaction": registration.satisfaction(*window)[registration.id],
        }

    def _get_requirements(self, audit):
        if not audit.is_open:
            return self._get_counted_requirements(audit)
        sheet = RequirementSheet(Pack(audit.registration_id, audit))
        return self._group_requirements(sheet.get_rows())

    def _get_counted_requirements(self, audit):
        columns = AUDITOR_COLUMNS["requirement"]
        sheet = CountedRequirementSheet(AuditPack(audit), columns)
        return self._group_requirements(sheet.get_rows())

    def _group_requirements(self, rows):
        """Return the lines of the indicators, by requirement."""
        lines = {}
        for requirement, *line in rows:
            lines.setdefault(requirement, []).append(line)
        return lines

    # ------------------------------------------------------------- a decided audit

    @api.model
    def _prepare_kept(self, audit):
        """Return what a decision keeps for the summary alone, as it is now."""
        registration, window = audit.registration_id, audit._get_page_window()
        findings = audit.finding_ids | audit.carried_finding_ids
        return {
            "timeline": self._prepare_timeline(audit),
            "findings": audit._prepare_findings(findings),
            "satisfaction": registration.satisfaction(*window)[registration.id],
        }

    def _prepare_timeline(self, audit):
        """Return the drawing on the day of the decision.

        False where another audit was decided later: what is there is of after it.
        """
        registration, day = audit.registration_id, audit.date_decided
        audits = registration.audit_ids._known_on(day)
        if registration.audit_ids - audits:
            return False
        return registration._get_timeline(audits, registration.milestone_ids, day)

    def _get_decided_summary(self, audit, decision, data):
        """Return what the audit was decided on: what its reader may see of it."""
        page, kept = decision._read("page"), decision._read("summary")
        table = decision._read("book")[REQUIREMENTS]
        rows = ([row[place] for place in table["public"]] for row in table["rows"])
        outside = data.get("page")
        drawing = not outside and kept["timeline"]
        sees_projects = (
            data.get("projects")
            if outside
            else self.env["sale.order"].has_access("read")
        )
        return {
            "cover": page["cover"],
            "note": decision._get_note(),
            "timeline": drawing,
            "coming": drawing
            and audit.registration_id._get_timeline_rows(drawing, COMING),
            "requirements": self._group_requirements(rows),
            "readiness": False,
            "findings": (page if outside else kept)["findings"],
            "window": page["window"],
            "projects": sees_projects and self._count_projects(decision),
            "sees_projects": sees_projects,
            "satisfaction": not outside and kept["satisfaction"],
        }

    def _count_projects(self, decision):
        table = get_visible_projects(self.env, decision)
        return {"count": len(table["ids"]), "subsidised": table["subsidised"]}

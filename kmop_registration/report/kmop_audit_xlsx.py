from odoo import api, fields, models
from odoo.tools import format_date, split_every

from .xlsx_sheet import Sheet, open_workbook

# Rows read at a time: few queries, and no more than these in memory.
CHUNK = 1000


class KmopAuditXlsx(models.AbstractModel):
    """The workbook that an auditor receives, with the access rights of who asks."""

    _name = "kmop.audit.xlsx"
    _description = "Audit workbook"

    @api.model
    def _write(self, registration, file):
        """Write the workbook of one registration to the open binary ``file``."""
        with open_workbook(file) as workbook:
            self._add_registration(workbook, registration)
            self._add_audits(workbook, registration)
            self._add_evidence(workbook, registration)
            self._add_projects(workbook, registration)

    @api.model
    def _get_label(self, record, field):
        """Return the label of a selection field's value, in the reader's language."""
        labels = dict(record._fields[field]._description_selection(self.env))
        return labels.get(record[field], "")

    # -------------------------------------------------------------- registration

    def _add_registration(self, workbook, registration):
        sheet = Sheet(workbook, self.env._("Registration"), [32, 26, 14, 14, 16, 40])
        sheet.add_title(registration.display_name)
        for row in self._get_registration_rows(registration):
            sheet.add_row(row)
        sheet.row += 1
        sheet.add_table(
            self._get_period_labels(),
            map(self._get_period_row, registration.period_ids.sorted("date_start")),
        )

    def _get_registration_rows(self, registration):
        today = fields.Date.context_today(self)
        return [
            (self.env._("Provider"), registration.partner_id.display_name),
            (self.env._("Company number"), registration.partner_id.vat),
            (self.env._("Service"), self._get_label(registration, "service")),
            (self.env._("Registration number"), registration.number),
            (self.env._("Track"), registration.track_id.name),
            (self.env._("Step"), self._get_label(registration, "step")),
            (
                self.env._("Validity on %(date)s", date=format_date(self.env, today)),
                self._get_label(registration, "validity"),
            ),
            (self.env._("Registered from"), registration.date_start),
            (self.env._("Registered until"), registration.date_end),
            (self.env._("Date of this export"), today),
        ]

    def _get_period_labels(self):
        return [
            self.env._("Period"),
            self.env._("Registration date"),
            self.env._("From"),
            self.env._("Until"),
            self.env._("Gap before (days)"),
            self.env._("Remarks"),
        ]

    def _get_period_row(self, period):
        remarks = [
            period.conditional and self.env._("Conditional"),
            period.correction_ids and self.env._("Corrected: doesn't count"),
            period.override_reason,
        ]
        return (
            period.part_id.display_name,
            period.date_registration,
            period.date_start,
            period.date_end,
            period.gap_days,
            "\n".join(filter(None, remarks)),
        )

    # -------------------------------------------------------------------- audits

    def _add_audits(self, workbook, registration):
        sheet = Sheet(
            workbook, self.env._("Audits"), [26, 16, 22, 20, 12, 12, 12, 12, 12, 12, 14]
        )
        sheet.add_table(
            self._get_audit_labels(),
            map(self._get_audit_row, registration.audit_ids.sorted("id")),
        )

    def _get_audit_labels(self):
        return [
            self.env._("Part"),
            self.env._("Kind"),
            self.env._("Audit bureau"),
            self.env._("Auditor"),
            self.env._("Requested on"),
            self.env._("Planned visit"),
            self.env._("Visited on"),
            self.env._("Report received on"),
            self.env._("Decided on"),
            self.env._("State"),
            self.env._("Outcome"),
        ]

    def _get_audit_row(self, audit):
        return (
            audit.part_id.display_name,
            self._get_label(audit, "kind"),
            audit.bureau_id.display_name,
            audit.auditor_id.display_name,
            audit.date_requested,
            audit.date_planned,
            audit.date_visited,
            audit.date_reported,
            audit.date_decided,
            self._get_label(audit, "state"),
            self._get_label(audit, "outcome"),
        )

    # ------------------------------------------------------------------ evidence

    def _add_evidence(self, workbook, registration):
        sheet = Sheet(
            workbook, self.env._("Evidence"), [36, 22, 28, 16, 12, 12, 12, 20, 24]
        )
        sheet.add_table(
            self._get_evidence_labels(),
            map(self._get_evidence_row, self._iterate_evidence(registration)),
        )

    @api.model
    def _iterate_evidence(self, registration):
        """Yield the register that the reader may see, chunk by chunk."""
        evidences = self.env["kmop.evidence"].search(
            [("registration_id", "=", registration.id)], order="id"
        )
        for ids in split_every(CHUNK, evidences.ids):
            yield from evidences.browse(ids)
            self.env.invalidate_all()

    def _get_evidence_labels(self):
        return [
            self.env._("Evidence"),
            self.env._("Type"),
            self.env._("Requirements"),
            self.env._("Aspect"),
            self.env._("Effective date"),
            self.env._("State"),
            self.env._("Accepted on"),
            self.env._("Source"),
            self.env._("Files"),
        ]

    def _get_evidence_row(self, evidence):
        return (
            evidence.name,
            evidence.type_id.name,
            "\n".join(evidence.requirement_ids.mapped("display_name")),
            self._get_label(evidence, "aspect"),
            evidence.date_effective,
            self._get_label(evidence, "state"),
            evidence.date_accepted,
            evidence.source_name,
            # sudo: who may read the evidence may know which files it holds
            "\n".join(evidence.sudo().attachment_ids.mapped("name")),
        )

    # ------------------------------------------------------------------ projects

    def _add_projects(self, workbook, registration):
        """Add the dossiers that the next part asks for, for who may see dossiers."""
        if self.env["sale.order"].has_access("read"):
            projects = self.env["kmop.project.xlsx"]
            window = registration._get_project_window()
            projects._add_projects(workbook, registration, *window)

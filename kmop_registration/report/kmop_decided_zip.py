from datetime import datetime, time
from types import SimpleNamespace

from odoo import models


class KmopDecidedZip(models.AbstractModel):
    """All files that an audit was decided on, and the workbook with them.

    Of an access, what its auditor's page shows; of the audit, the report and the
    certificates as well. What isn't what was accepted any more is left out and named.
    """

    _name = "kmop.decided.zip"
    _inherit = "kmop.page.zip"
    _description = "Archive of a decided audit"

    def _get_decision(self, record):
        return self._get_audit(record)._get_decision()

    def _get_audit(self, record):
        return record.audit_id if self._is_page(record) else record

    def _is_page(self, record):
        return record._name == "kmop.audit.access"

    def _get_moment(self, record):
        """The same each time: files are dated on the day of the decision."""
        return datetime.combine(self._get_decision(record).date_decided, time())

    def _iterate_files(self, record):
        decision = self._get_decision(record)
        return self.env["kmop.decided.files"]._iterate_files(decision)

    def _get_others(self, record):
        if self._is_page(record):
            return
        decision = self._get_decision(record)
        title = SimpleNamespace(display_name=decision._get_title())
        yield self.env._("Audit reports"), title, record.report_attachment_ids
        certificates = decision._get_certificates()
        for name, files in certificates.grouped("description").items():
            exemption = SimpleNamespace(display_name=name)
            yield self.env._("Exemptions"), exemption, files

    def _get_workbook(self):
        return self.env["kmop.decided.xlsx"]

    def _get_origin(self, record):
        decision = self._get_decision(record)
        return [decision._get_title(), decision._get_note()]

    # pylint: disable-next=missing-return
    def _log_lost(self, pack, record):
        if self._is_page(record):
            super()._log_lost(pack, record)

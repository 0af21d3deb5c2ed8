from tempfile import TemporaryFile

from werkzeug.wrappers import Response
from werkzeug.wsgi import wrap_file

from odoo.http import content_disposition, request

from ..tools import XLSX, safe_name
from .audit import HEADERS, PAGE, KmopAuditPage, public_route
from .export import stream_archive

REPORT = "kmop_registration.kmop_audit_report"
MIMETYPES = {"pdf": "application/pdf", "html": "text/html; charset=utf-8"}
# Without a program that makes PDFs, the summary is a page that a browser prints.
NO_PDF = ("install", "broken")


class KmopAuditPack(KmopAuditPage):
    """What an auditor may take along: of what the page shows, and of nothing else."""

    @public_route(f"{PAGE}/summary.pdf")
    def kmop_audit_summary(self, audit_id, **_params):
        """Show the summary of the audit, to print or to keep."""
        access = self._enter(audit_id)
        if not access:
            return self._refuse()
        content, ending = self._render_summary(access)
        return self._send_pack(access, content, ending, MIMETYPES[ending], inline=True)

    @public_route(f"{PAGE}/audit.xlsx")
    def kmop_audit_workbook(self, audit_id, **_params):
        """Save the workbook of what the page shows."""
        access = self._enter(audit_id)
        if not access:
            return self._refuse()
        file = TemporaryFile()  # noqa: SIM115 (closed by the response)
        access._write_workbook(file)
        file.seek(0)
        content = wrap_file(request.httprequest.environ, file)
        return self._send_pack(access, content, "xlsx", XLSX)

    @public_route(f"{PAGE}/dossier.zip")
    def kmop_audit_dossier(self, audit_id, **_params):
        """Send all files of the page, and the workbook, while they are being packed."""
        access = self._enter(audit_id)
        if not access:
            return self._refuse()
        content = stream_archive(access)
        return self._send_pack(access, content, "zip", "application/zip")

    def _render_summary(self, access):
        """Return the summary, and whether it is PDF or HTML."""
        reports = access.env["ir.actions.report"]
        data = {"page": True, "projects": access.share_projects}
        ids = access.audit_id.ids
        if reports.get_wkhtmltopdf_state() in NO_PDF:
            return reports._render_qweb_html(REPORT, ids, data)
        return reports._render_qweb_pdf(REPORT, ids, data)

    def _send_pack(self, access, content, ending, mimetype, inline=False):
        name = safe_name(f"{access.audit_id._get_page_title()}.{ending}", 150)
        access._log("download", name=name)
        disposition = content_disposition(name, "inline" if inline else "attachment")
        return Response(
            content,
            mimetype=mimetype,
            direct_passthrough=not isinstance(content, bytes),
            headers={**HEADERS, "Content-Disposition": disposition},
        )

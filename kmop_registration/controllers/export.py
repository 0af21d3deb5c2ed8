import re
from tempfile import TemporaryFile

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response
from werkzeug.wsgi import wrap_file

from odoo import fields, http
from odoo.http import content_disposition, request

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class KmopExport(http.Controller):
    @http.route(
        "/kmop/registration/<int:registration_id>/audit.xlsx",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def audit_xlsx(self, registration_id):
        """Stream the audit workbook of one registration, as its reader may see it."""
        registration = self._get_registration(registration_id)
        file = TemporaryFile()  # noqa: SIM115 (closed by the response)
        request.env["kmop.audit.xlsx"]._write(registration, file)
        file.seek(0)
        return Response(
            wrap_file(request.httprequest.environ, file),
            mimetype=XLSX,
            direct_passthrough=True,
            headers={
                "Content-Disposition": content_disposition(
                    self._get_filename(registration)
                ),
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )

    def _get_registration(self, registration_id):
        """Answer a registration of others like one that isn't there."""
        registration = request.env["kmop.registration"].browse(registration_id).exists()
        may_export = request.env.user.has_group("kmop_registration.group_kmop_user")
        if not (may_export and registration and registration.has_access("read")):
            raise NotFound
        return registration

    def _get_filename(self, registration):
        today = fields.Date.context_today(registration)
        name = re.sub(r"[^\w. –-]", "_", registration.display_name)
        return f"{name[:80]} {today}.xlsx"

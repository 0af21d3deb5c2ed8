from datetime import datetime
from tempfile import TemporaryFile

from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Response
from werkzeug.wsgi import wrap_file

from odoo import api, http
from odoo.http import content_disposition, request

from ..report.xlsx_sheet import MIMETYPE


def stream_archive(packer, record):
    """Yield what ``packer`` makes of a record, on a transaction of its own.

    The request's is over by then. Nothing is read before who asked is known to be
    allowed to.
    """
    env = packer.env
    registry, name, model, ids = env.registry, packer._name, record._name, record.ids
    user, context, su = env.uid, dict(env.context), env.su

    def stream():
        with registry.cursor(readonly=not su) as cr:
            own = api.Environment(cr, user, context, su)
            yield from own[name]._stream(own[model].browse(ids))

    return stream()


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
        return self._respond(file, registration)

    @http.route(
        "/kmop/registration/<int:registration_id>/dossier.zip",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def dossier_zip(self, registration_id):
        """Send the dossier while it is being packed, as its reader may see it."""
        registration = self._get_registration(registration_id)
        subject = request.env._("Dossier")
        return Response(
            stream_archive(request.env["kmop.dossier.zip"], registration),
            mimetype="application/zip",
            direct_passthrough=True,
            headers=self._get_headers(registration, subject, "zip"),
        )

    @http.route(
        "/kmop/registration/<int:registration_id>/projects.xlsx",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def projects_xlsx(self, registration_id, date_from=None, date_to=None):
        """Stream the project list over a window, as its reader may see it.

        :param date_from: first day, as an ISO date; as the next part asks if None
        :param date_to: last day, likewise
        """
        registration = self._get_registration(registration_id)
        if not request.env["sale.order"].has_access("read"):
            raise NotFound
        window = self._get_window(registration, date_from, date_to)
        file = TemporaryFile()  # noqa: SIM115 (closed by the response)
        request.env["kmop.project.xlsx"]._write(registration, file, *window)
        name = request.env._("Project list")
        return self._respond(file, registration, name)

    def _respond(self, file, registration, subject=None):
        file.seek(0)
        return Response(
            wrap_file(request.httprequest.environ, file),
            mimetype=MIMETYPE,
            direct_passthrough=True,
            headers=self._get_headers(registration, subject, "xlsx"),
        )

    def _get_headers(self, registration, subject, ending):
        filename = registration._get_export_filename(subject, ending)
        return {
            "Content-Disposition": content_disposition(filename),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }

    def _get_registration(self, registration_id):
        """Answer a registration of others like one that isn't there."""
        registration = request.env["kmop.registration"].browse(registration_id).exists()
        may_export = request.env.user.has_group("kmop_registration.group_kmop_user")
        if not (may_export and registration and registration.has_access("read")):
            raise NotFound
        return registration

    def _get_window(self, registration, date_from, date_to):
        asked_from, asked_to = registration._get_project_window()
        first = asked_from if date_from is None else self._parse(date_from)
        last = asked_to if date_to is None else self._parse(date_to)
        if first > last:
            raise BadRequest(request.env._("The first day is after the last."))
        return first, last

    def _parse(self, text):
        try:
            return datetime.strptime(text, "%Y-%m-%d").date()
        except ValueError as error:
            raise BadRequest(
                request.env._("A day is written as %(example)s.", example="2026-05-31")
            ) from error

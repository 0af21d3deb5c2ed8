from datetime import datetime
from tempfile import TemporaryFile

from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Response
from werkzeug.wsgi import wrap_file

from odoo import api, http
from odoo.http import content_disposition, request

from ..tools import MAX_ID, XLSX


def stream_archive(record):
    """Yield the dossier of a record, on a transaction of its own.

    The request's is over by then. Nothing is read before who asked is known to be
    allowed to.
    """
    env = record.env
    registry, model, ids = env.registry, record._name, record.ids
    user, context, su = env.uid, dict(env.context), env.su

    def stream():
        with registry.cursor(readonly=not su) as cr:
            own = api.Environment(cr, user, context, su)
            yield from own[model].browse(ids)._stream_dossier()

    return stream()


def stream_parts(export):
    """Yield a file that was made in the background, on a transaction of its own."""
    registry, user, context = export.env.registry, export.env.uid, export.env.context

    def stream():
        with registry.cursor(readonly=True) as cr:
            own = api.Environment(cr, user, dict(context))
            yield from own[export._name].browse(export.ids)._read_parts()

    return stream()


def download_route(path):
    return http.route(path, type="http", auth="user", methods=["GET"], readonly=True)


class KmopExport(http.Controller):
    @download_route("/kmop/registration/<int:registration_id>/audit.xlsx")
    def audit_xlsx(self, registration_id):
        """Stream the audit workbook of one registration, as its reader may see it."""
        return self._send_workbook(self._get_registration(registration_id))

    @download_route("/kmop/registration/<int:registration_id>/dossier.zip")
    def dossier_zip(self, registration_id):
        """Send the dossier while it is being packed, as its reader may see it."""
        return self._send_archive(self._get_registration(registration_id))

    @download_route("/kmop/audit/<int:audit_id>/audit.xlsx")
    def decided_xlsx(self, audit_id):
        """Stream the workbook of what an audit was decided on."""
        return self._send_workbook(self._get_decided(audit_id))

    @download_route("/kmop/audit/<int:audit_id>/dossier.zip")
    def decided_zip(self, audit_id):
        """Send the files of what an audit was decided on, while they are packed."""
        return self._send_archive(self._get_decided(audit_id))

    def _send_workbook(self, subject):
        file = TemporaryFile()  # noqa: SIM115 (closed by the response)
        subject._write_workbook(file)
        return self._respond(file, subject)

    def _send_archive(self, subject):
        title = request.env._("Dossier")
        return Response(
            stream_archive(subject),
            mimetype="application/zip",
            direct_passthrough=True,
            headers=self._get_headers(subject, title, "zip"),
        )

    @download_route("/kmop/registration/<int:registration_id>/projects.xlsx")
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
        registration._write_projects(file, *window)
        name = request.env._("Project list")
        return self._respond(file, registration, name)

    @download_route("/kmop/export/<int:export_id>")
    def background_export(self, export_id):
        """Send a file that was made in the background to who asked for it."""
        export = request.env["kmop.export"].browse(min(export_id, MAX_ID)).exists()
        if not (export and export.has_access("read") and export.part_ids):
            raise NotFound
        parts = export._get_parts()
        return Response(
            stream_parts(export),
            mimetype=parts[0].mimetype,
            direct_passthrough=True,
            headers={
                **self._get_file_headers(parts[0].name),
                "Content-Length": sum(parts.mapped("file_size")),
            },
        )

    def _respond(self, file, record, subject=None):
        file.seek(0)
        return Response(
            wrap_file(request.httprequest.environ, file),
            mimetype=XLSX,
            direct_passthrough=True,
            headers=self._get_headers(record, subject, "xlsx"),
        )

    def _get_headers(self, record, subject, ending):
        return self._get_file_headers(record._get_export_filename(subject, ending))

    def _get_file_headers(self, filename):
        return {
            "Content-Disposition": content_disposition(filename),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }

    def _get_registration(self, registration_id):
        return self._get_readable("kmop.registration", registration_id)

    def _get_decided(self, audit_id):
        """Answer an audit that isn't decided like one that isn't there."""
        audit = self._get_readable("kmop.audit", audit_id)
        if not audit._get_decision():
            raise NotFound
        return audit

    def _get_readable(self, model, id_):
        """Answer a record of others like one that isn't there."""
        record = request.env[model].browse(id_).exists()
        may_export = request.env.user.has_group("kmop_registration.group_kmop_user")
        if not (may_export and record and record.has_access("read")):
            raise NotFound
        return record

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

import logging
from datetime import timedelta
from tempfile import TemporaryFile

from odoo import api, fields, models

from ...tools import XLSX

_logger = logging.getLogger(__name__)

MIMETYPES = {"xlsx": XLSX, "zip": "application/zip"}
# Seconds between two times that the progress is told.
PAUSE = 2
# The host holds the content of an attachment in memory: a file is kept in pieces.
PART_BYTES = 32 * 2**20


class KmopExport(models.Model):
    """How an export is made, kept, and told of."""

    _inherit = "kmop.export"

    # --------------------------------------------------------------------- running

    @api.model
    def _cron_run(self):
        """Make what waits, one by one; each is there as soon as it is ready."""
        self._give_up()
        while export := self.search([("state", "=", "waiting")], limit=1, order="id"):
            export.write({"state": "running", "total": export._count_files()})
            export._tell()
            self.env["ir.cron"]._commit_progress(remaining=self._count_waiting())
            export._run()
            remaining = self._count_waiting()
            if not self.env["ir.cron"]._commit_progress(1, remaining=remaining):
                break

    def _count_waiting(self):
        return self.search_count([("state", "=", "waiting")])

    @api.model
    def _give_up(self):
        """Fail what another run left: its server stopped, or its time was up."""
        # One cron job never runs twice at a time: nobody is at work on these.
        for export in self.search([("state", "=", "running")]):
            _logger.warning("Export %s was interrupted", export.id)
            mine = export.with_context(lang=export.lang)
            export._fail(mine.env._("It was interrupted: try again."))
            export._notify()

    def _with_reader(self):
        """Return the export with the rights and the language of who asked for it."""
        user = self.user_id
        return self.with_user(user).with_context(
            lang=self.lang,
            tz=user.tz,
            allowed_company_ids=self.company_id.ids,
        )

    def _run(self):
        """Make the file. Whatever goes wrong is told to who asked for it."""
        try:
            self._make()
        except Exception as error:  # what is exported can raise anything
            _logger.exception("Export %s failed", self.id)
            self.env.cr.rollback()
            self._fail(str(error) or type(error).__name__)
        self._notify()

    def _make(self):
        with TemporaryFile() as file:
            self._fill(file)
            # The progress was told on another transaction: this one can't know yet.
            self.env["ir.cron"]._commit_progress()
            self._keep(file)

    def _fill(self, file):
        """Write the export to ``file``, reading only."""
        subject = self._with_reader()._get_subject()
        subject.check_access("read")
        if self.kind == "xlsx":
            subject._write_workbook(file)
            return
        for piece in subject._stream_dossier(self._get_progress()):
            file.write(piece)

    def _fail(self, message):
        self.write({"state": "failed", "error": message})

    def _count_files(self):
        _rows, files, _size = self._get_subject()._count_export()
        return files

    def _get_progress(self):
        """Return what tells, on a transaction of its own, how many files are done."""
        told = [fields.Datetime.now()]
        registry, id_ = self.env.registry, self.id

        def progress(count):
            now = fields.Datetime.now()
            if now - told[0] < timedelta(seconds=PAUSE):
                return
            told[0] = now
            with registry.cursor() as cr:
                # superuser: how far it is, is nobody's to write
                export = api.Environment(cr, api.SUPERUSER_ID, {})[self._name]
                export.browse(id_).write({"done": count})
                export.browse(id_)._tell()

        return progress

    # --------------------------------------------------------------------- keeping

    def _keep(self, file):
        """Keep the file, however large, without reading it whole."""
        size = self._create_parts(file)
        self.write(
            {
                "state": "done",
                "date_done": fields.Datetime.now(),
                "error": False,
                "size": -(-size // 2**20),
            }
        )

    def _create_parts(self, file):
        """Return the size of the file, once it is kept in parts."""
        file.seek(0)
        size, name = 0, self._get_filename()
        while content := file.read(PART_BYTES):
            self._create_part(name, content)
            size += len(content)
        return size

    def _create_part(self, name, content):
        part = self.env["ir.attachment"].create(
            {
                "name": name,
                "raw": content,
                "mimetype": MIMETYPES[self.kind],
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        # In a database's own storage the content would stay in the cache.
        self.env.flush_all()
        part.invalidate_recordset()

    def _get_parts(self):
        return self.part_ids.sorted("id")

    def _read_parts(self):
        """Yield the content of the file, a part at a time."""
        for part in self._get_parts():
            yield part._kmop_read()

    def _get_filename(self):
        mine = self._with_reader()
        return mine._get_subject()._get_export_filename(
            mine.env._("Dossier") if self.kind == "zip" else None, self.kind
        )

    # ------------------------------------------------------------------- telling

    def _tell(self, message=None):
        """Tell the screens of who asked how far it is, and in words when it is over."""
        values = {"id": self.id, "state": self.state, "message": message}
        self.user_id._bus_send("kmop_export", values)

    def _notify(self):
        """Tell who asked, wherever they are by now."""
        # Not with their rights: those may be what they have no more.
        mine = self.with_context(lang=self.lang)
        text = mine.display_name
        if self.state == "done":
            message = mine.env._("%(export)s is ready.", export=text)
        else:
            message = mine.env._("%(export)s failed.", export=text)
        self._tell(message)
        self.env["mail.thread"].message_notify(
            partner_ids=self.user_id.partner_id.ids,
            subject=message,
            body=message,
            model=self._name,
            res_id=self.id,
        )

import logging
import os
from datetime import timedelta
from tempfile import NamedTemporaryFile

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..report.xlsx_sheet import MIMETYPE

_logger = logging.getLogger(__name__)

KINDS = [("xlsx", "Audit workbook (XLSX)"), ("zip", "Dossier with all evidence (ZIP)")]
MIMETYPES = {"xlsx": MIMETYPE, "zip": "application/zip"}
STATES = [
    ("waiting", "Waiting"),
    ("running", "Running"),
    ("done", "Ready"),
    ("failed", "Failed"),
]
UNDER_WAY = ("waiting", "running")
# A file as young as this is handed over again, instead of made again.
FRESH_MINUTES = 15
KEPT_DAYS = 7
# What is sent while one waits; beyond it, it's made in the background.
DIRECT_ROWS = 20_000
DIRECT_BYTES = 200 * 1024 * 1024
# Seconds between two times that the progress is told.
PAUSE = 2


class KmopExport(models.Model):
    """An export that is made in the background, for who asked for it only."""

    _name = "kmop.export"
    _description = "Export in the background"
    _order = "id desc"

    registration_id = fields.Many2one(
        "kmop.registration", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="registration_id.company_id", store=True, index=True
    )
    user_id = fields.Many2one(
        "res.users",
        string="Requested by",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    kind = fields.Selection(KINDS, required=True, readonly=True)
    lang = fields.Char(string="Language", readonly=True)
    state = fields.Selection(STATES, required=True, default="waiting", readonly=True)
    total = fields.Integer(string="Files to pack", readonly=True)
    done = fields.Integer(string="Files packed", readonly=True)
    progress = fields.Float(compute="_compute_progress")
    date_done = fields.Datetime(string="Ready on", readonly=True)
    error = fields.Text(readonly=True)
    attachment_id = fields.Many2one(
        "ir.attachment", string="File", readonly=True, ondelete="set null"
    )
    size = fields.Integer(string="Size (MB)", readonly=True)

    _once = models.UniqueIndex(
        "(user_id, registration_id, kind, COALESCE(lang, ''))"
        " WHERE state IN ('waiting', 'running')",
        "This export is under way already.",
    )

    @api.depends("registration_id", "kind")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for export in self:
            name = export.registration_id.display_name
            export.display_name = f"{labels.get(export.kind, '')} – {name or ''}"

    @api.depends("done", "total", "state")
    def _compute_progress(self):
        for export in self:
            share = 100 * export.done / export.total if export.total else 0
            export.progress = 100 if export.state == "done" else min(share, 99)

    # ------------------------------------------------------------------ requesting

    @api.model
    def _request(self, registration, kind):
        """Return the user's export of this kind: the one under way, or a fresh one.

        Only who may read the registration, and all that goes with it, gets any.
        """
        registration.check_access("read")
        if not self.env.user.has_group("kmop_registration.group_kmop_user"):
            raise UserError(self.env._("Only users of the registrations export them."))
        same = self._same_domain(registration, kind)
        if found := self.search(same & self._usable_domain(), limit=1):
            return found
        # sudo: an export is made by asking for it, and changed by nobody
        export = self.sudo().create(
            {
                "registration_id": registration.id,
                "kind": kind,
                "user_id": self.env.uid,
                "lang": self.env.lang,
            }
        )
        self.env.ref("kmop_registration.ir_cron_kmop_export")._trigger()
        return export.sudo(False)

    @api.model
    def _same_domain(self, registration, kind):
        return (
            Domain("user_id", "=", self.env.uid)
            & Domain("registration_id", "=", registration.id)
            & Domain("kind", "=", kind)
            & Domain("lang", "=", self.env.lang)
        )

    @api.model
    def _usable_domain(self):
        limit = fields.Datetime.now() - timedelta(minutes=FRESH_MINUTES)
        ready = Domain("attachment_id", "!=", False) & Domain("date_done", ">", limit)
        return Domain("state", "in", UNDER_WAY) | ready

    @api.model
    def _is_long(self, registration, kind):
        """Tell whether an export is better left alone than waited for."""
        evidences = self.env["kmop.evidence"]
        domain = [("registration_id", "=", registration.id)]
        rows = evidences.search_count(domain, limit=DIRECT_ROWS + 1)
        if self.env["sale.order"].has_access("read"):
            rows += registration.dossier_count
        if rows > DIRECT_ROWS or kind != "zip":
            return rows > DIRECT_ROWS
        files = self.env["kmop.evidence.file"]._read_group(
            [("evidence_id.registration_id", "=", registration.id)], [], ["size:sum"]
        )
        return (files[0][0] or 0) > DIRECT_BYTES

    # --------------------------------------------------------------------- running

    @api.model
    def _cron_run(self):
        """Make what waits, one by one; each is there as soon as it is ready."""
        self._give_up()
        while export := self.search([("state", "=", "waiting")], limit=1, order="id"):
            export.write({"state": "running", "total": export._count_files()})
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
        left = self.search([("state", "=", "running")])
        for export in left:
            mine = export.with_context(lang=export.lang)
            export._fail(mine.env._("It was interrupted: try again."))

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
        with self._open_file() as file:
            error = self._fill(file)
            # The progress was told on another transaction: this one can't know yet.
            self.env["ir.cron"]._commit_progress()
            if error:
                self._fail(error)
            else:
                self._keep(file)
        self._notify()

    def _fill(self, file):
        """Write the export to ``file``, reading only; return what went wrong."""
        mine = self._with_reader()
        registration = mine.registration_id
        try:
            registration.check_access("read")
            if self.kind == "xlsx":
                mine.env["kmop.audit.xlsx"]._write(registration, file)
                return None
            archive = mine.env["kmop.dossier.zip"]
            for piece in archive._stream(registration, self._get_progress()):
                file.write(piece)
        except Exception as error:  # what is exported can raise anything
            _logger.exception("Export %s failed", self.id)
            self.env.cr.rollback()
            return str(error) or type(error).__name__
        return None

    def _fail(self, message):
        self.write({"state": "failed", "error": message})

    def _count_files(self):
        files = self.env["kmop.evidence.file"]
        return files.search_count(
            [("evidence_id.registration_id", "=", self.registration_id.id)]
        )

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
                cr.execute(
                    "UPDATE kmop_export SET done = %s WHERE id = %s", [count, id_]
                )

        return progress

    # --------------------------------------------------------------------- keeping

    def _open_file(self):
        """Return a file in the filestore, so that it can be kept without a copy."""
        attachments = self.env["ir.attachment"]
        folder = attachments._filestore() if attachments._storage() == "file" else None
        if folder:
            os.makedirs(folder, exist_ok=True)
        return NamedTemporaryFile(dir=folder, prefix="kmop_export_")

    def _keep(self, file):
        """Make an attachment of the file, however large, without reading it whole."""
        file.flush()
        size = file.seek(0, os.SEEK_END)
        self.write(
            {
                "state": "done",
                "date_done": fields.Datetime.now(),
                "error": False,
                "size": -(-size // 2**20),
                "attachment_id": self._create_attachment(file, size).id,
            }
        )

    def _create_attachment(self, file, size):
        attachment = self.env["ir.attachment"].create(
            {
                "name": self._get_filename(),
                "mimetype": MIMETYPES[self.kind],
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        if self.env["ir.attachment"]._storage() == "file":
            attachment._kmop_take_file(file.name, size)
        else:
            file.seek(0)
            attachment.raw = file.read()
        return attachment

    def _get_filename(self):
        mine = self._with_reader()
        return mine.registration_id._get_export_filename(
            mine.env._("Dossier") if self.kind == "zip" else None, self.kind
        )

    # ------------------------------------------------------------------- telling

    def _notify(self):
        """Tell who asked, wherever they are by now."""
        # Not with their rights: those may be what they have no more.
        mine = self.with_context(lang=self.lang)
        text = mine.display_name
        if self.state == "done":
            message = mine.env._("%(export)s is ready.", export=text)
        else:
            message = mine.env._("%(export)s failed.", export=text)
        kind = "success" if self.state == "done" else "danger"
        self.user_id._bus_send(
            "simple_notification", {"type": kind, "message": message, "sticky": True}
        )
        self.env["mail.thread"].message_notify(
            partner_ids=self.user_id.partner_id.ids,
            subject=message,
            body=message,
            model=self._name,
            res_id=self.id,
        )

    # ------------------------------------------------------------------- cleaning

    @api.autovacuum
    def _gc_exports(self):
        """Remove what was made a week ago, and what failed then."""
        limit = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        old = self.search(
            Domain("create_date", "<", limit) & Domain("state", "not in", UNDER_WAY)
        )
        old.attachment_id.unlink()
        old.unlink()

    # -------------------------------------------------------------------- actions

    def action_download(self):
        self.ensure_one()
        if not self.attachment_id:
            raise UserError(self.env._("This file isn't there: ask for it again."))
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.attachment_id.id}?download=1",
            "target": "download",
        }

    def _get_form_action(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "name": self.env._("Export"),
        }

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

KINDS = [("xlsx", "Audit workbook (XLSX)"), ("zip", "Dossier with all evidence (ZIP)")]
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


class KmopExport(models.Model):
    """An export that is made in the background, for who asked for it only."""

    _name = "kmop.export"
    _description = "Export in the background"
    _order = "id desc"

    registration_id = fields.Many2one(
        "kmop.registration", required=True, readonly=True, ondelete="cascade"
    )
    audit_id = fields.Many2one(
        "kmop.audit",
        readonly=True,
        ondelete="cascade",
        help="Set for the pack of one decided audit.",
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
    part_ids = fields.One2many(
        "ir.attachment",
        "res_id",
        string="File",
        domain=[("res_model", "=", "kmop.export")],
        bypass_search_access=True,
        readonly=True,
        help="The file, in pieces of a size that any storage takes.",
    )
    size = fields.Integer(string="Size (MB)", readonly=True)

    _once = models.UniqueIndex(
        "(user_id, registration_id, COALESCE(audit_id, 0), kind, COALESCE(lang, ''))"
        " WHERE state IN ('waiting', 'running')",
        "This export is under way already.",
    )

    @api.depends("registration_id", "audit_id", "kind")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for export in self:
            name = export._get_subject().display_name
            export.display_name = f"{labels.get(export.kind, '')} – {name or ''}"

    @api.depends("done", "total", "state")
    def _compute_progress(self):
        for export in self:
            share = 100 * export.done / export.total if export.total else 0
            export.progress = 100 if export.state == "done" else min(share, 99)

    # ------------------------------------------------------------------ requesting

    def _get_subject(self):
        """Return what is exported: an audit that was decided, or the registration."""
        return self.audit_id or self.registration_id

    @api.model
    def _request(self, subject, kind):
        """Return the user's export of this kind: the one under way, or a fresh one.

        Only who may read its subject, and all that goes with it, gets any.

        :param subject: a registration, or an audit that was decided
        """
        subject.check_access("read")
        if not self.env.user.has_group("kmop_registration.group_kmop_user"):
            raise UserError(self.env._("Only users of the registrations export them."))
        vals = {**subject._prepare_export(), "kind": kind, "lang": self.env.lang}
        same = Domain.AND(Domain(name, "=", value) for name, value in vals.items())
        mine = Domain("user_id", "=", self.env.uid)
        if found := self.search(mine & same & self._usable_domain(), limit=1):
            return found
        # sudo: an export is made by asking for it, and changed by nobody
        export = self.sudo().create({**vals, "user_id": self.env.uid})
        self.env.ref("kmop_registration.ir_cron_kmop_export")._trigger()
        return export.sudo(False)

    @api.model
    def _usable_domain(self):
        limit = fields.Datetime.now() - timedelta(minutes=FRESH_MINUTES)
        ready = Domain("state", "=", "done") & Domain("date_done", ">", limit)
        return Domain("state", "in", UNDER_WAY) | ready

    @api.model
    def _is_long(self, subject, kind):
        """Tell whether an export is better left alone than waited for."""
        rows, _files, size = subject._count_export()
        return rows > DIRECT_ROWS or (kind == "zip" and size > DIRECT_BYTES)

    # ------------------------------------------------------------------- cleaning

    @api.autovacuum
    def _gc_exports(self):
        """Remove what was made a week ago, and what failed then."""
        limit = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        old = self.search(
            Domain("create_date", "<", limit) & Domain("state", "not in", UNDER_WAY)
        )
        old.unlink()

    # -------------------------------------------------------------------- actions

    def action_download(self):
        self.ensure_one()
        if not self.part_ids:
            raise UserError(self.env._("This file isn't there: ask for it again."))
        return {
            "type": "ir.actions.act_url",
            "url": f"/kmop/export/{self.id}",
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

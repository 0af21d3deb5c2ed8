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

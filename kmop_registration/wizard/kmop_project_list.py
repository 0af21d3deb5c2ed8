from io import BytesIO

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tools import format_amount, format_date

from ..tools import XLSX

WINDOWS = [
    ("part", "As the next part asks"),
    ("24", "24 months"),
    ("60", "Five years"),
    ("audit", "Since the last audit"),
    ("own", "Own dates"),
]


class KmopProjectList(models.TransientModel):
    """Chooses the window of the project list, and what to do with the list."""

    _name = "kmop.project.list"
    _description = "Project list of a registration"
    _inherit = ["kmop.target.mixin"]

    registration_id = fields.Many2one(
        "kmop.registration", required=True, readonly=True, ondelete="cascade"
    )
    window = fields.Selection(
        WINDOWS,
        required=True,
        default="part",
        help="Counted back from the planned visit of the auditor, or from today.",
    )
    date_from = fields.Date(
        string="From", compute="_compute_dates", store=True, readonly=False
    )
    date_to = fields.Date(
        string="Until", compute="_compute_dates", store=True, readonly=False
    )
    dossier_count = fields.Integer(string="Dossiers", compute="_compute_totals")
    subsidised_count = fields.Integer(
        string="Of which subsidised", compute="_compute_totals"
    )
    subsidised_year_count = fields.Integer(
        related="registration_id.subsidised_year_count"
    )
    hours = fields.Float(compute="_compute_totals")
    amounts = fields.Char(string="Amount excluding VAT", compute="_compute_totals")
    undated_count = fields.Integer(compute="_compute_undated_count")
    is_incomplete = fields.Boolean(compute="_compute_totals")

    # ------------------------------------------------------------------ computes

    @api.depends("window", "registration_id")
    def _compute_dates(self):
        for wizard in self.filtered(lambda w: w.window != "own"):
            wizard.date_from, wizard.date_to = wizard._get_window()

    def _get_window(self):
        registration = self.registration_id
        if self.window == "part":
            return registration._get_project_window()
        if self.window != "audit":
            return registration._get_project_window(int(self.window))
        last_audit = registration._get_last_audit_date()
        return last_audit, last_audit and registration._get_project_last_day()

    @api.depends("date_from", "date_to", "registration_id")
    def _compute_totals(self):
        self.dossier_count = self.subsidised_count = self.hours = 0
        self.amounts = self.is_incomplete = False
        for wizard in self.filtered(lambda w: w.date_from and w.date_to):
            window = wizard.date_from, wizard.date_to
            registration = wizard.registration_id
            totals = registration._get_project_totals(*window)
            count = totals["count"]
            wizard.dossier_count = count
            wizard.subsidised_count = totals["subsidised"]
            wizard.hours = totals["hours"]
            wizard.amounts = wizard._format_amounts(totals["amounts"])
            wizard.is_incomplete = registration._has_hidden_projects(*window, count)

    def _format_amounts(self, amounts):
        return " + ".join(
            format_amount(self.env, amount, currency)
            for currency, amount in amounts.items()
        )

    @api.depends("registration_id")
    def _compute_undated_count(self):
        undated = Domain("kmop_date_start", "=", False)
        counts = self.registration_id._count_dossiers(undated)
        for wizard in self:
            wizard.undated_count = counts.get(wizard.registration_id.id, 0)

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        if any(w.date_from and w.date_to and w.date_from > w.date_to for w in self):
            raise ValidationError(self.env._("The first day is after the last."))

    # ------------------------------------------------------------------- actions

    def action_show(self):
        self._check_window()
        action = self.registration_id.action_open_dossiers()
        domain = self.registration_id._get_projects_domain(self.date_from, self.date_to)
        context = {**action["context"], "search_default_kmop_sold": 0}
        return {**action, "domain": list(domain), "context": context}

    def action_show_undated(self):
        self.ensure_one()
        action = self.registration_id.action_open_dossiers()
        undated = [("kmop_date_start", "=", False)]
        return {**action, "domain": action["domain"] + undated}

    def action_download(self):
        self._check_window()
        path = f"/kmop/registration/{self.registration_id.id}/projects.xlsx"
        return {
            "type": "ir.actions.act_url",
            "url": f"{path}?date_from={self.date_from}&date_to={self.date_to}",
            "target": "download",
        }

    def action_add_evidence(self):
        evidence = self._add_as_evidence()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "kmop_registration.kmop_evidence_action"
        )
        return {**action, "res_id": evidence.id, "views": [(False, "form")]}

    # ----------------------------------------------------------------- internals

    def _check_window(self):
        self.ensure_one()
        self.env["sale.order"].check_access("read")
        if not (self.date_from and self.date_to):
            raise UserError(self.env._("Choose the first and the last day."))

    def _add_as_evidence(self):
        """Make submitted evidence of the list as it is now; return it."""
        self._check_window()
        evidence = self.env["kmop.evidence"].create(self._prepare_evidence())
        evidence.submit()
        return evidence

    def _prepare_evidence(self):
        kind = self.env.ref("kmop_registration.kmop_evidence_type_project_list")
        evidence_type = kind._for_company(self.registration_id.company_id)
        attachment = self.env["ir.attachment"].create(self._prepare_file())
        today = self.registration_id.company_id._kmop_today()
        return {
            "name": self._get_name(),
            "registration_id": self.registration_id.id,
            "type_id": evidence_type.id,
            "date_effective": min(self.date_to, today),
            "attachment_ids": [Command.link(attachment.id)],
        }

    def _prepare_file(self):
        file = BytesIO()
        self.registration_id._write_projects(file, self.date_from, self.date_to)
        name = f"{self._get_name().replace('/', '-')}.xlsx"
        return {"name": name, "raw": file.getvalue(), "mimetype": XLSX}

    def _get_name(self):
        return self.env._(
            "Project list %(first)s – %(last)s",
            first=format_date(self.env, self.date_from),
            last=format_date(self.env, self.date_to),
        )

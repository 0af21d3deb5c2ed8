from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import format_date

from ..models.satisfaction.kmop_satisfaction import SCORED
from ..tools import shift

REPORT = "kmop_registration.kmop_satisfaction_report_print"
EVIDENCE_TYPE = "kmop_registration.kmop_evidence_type_satisfaction_figures"
DEFAULT_MONTHS = 24


class KmopSatisfactionReport(models.TransientModel):
    """Shows the satisfaction figures of a period, and keeps them as evidence.

    Nothing in it names a person: not who answered, and not who taught or advised.
    """

    _name = "kmop.satisfaction.report"
    _description = "Satisfaction figures"
    _inherit = ["kmop.target.mixin"]

    registration_id = fields.Many2one(
        "kmop.registration", required=True, ondelete="cascade"
    )
    date_from = fields.Date(
        string="From",
        required=True,
        compute="_compute_dates",
        store=True,
        readonly=False,
        precompute=True,
    )
    date_to = fields.Date(
        string="Until",
        required=True,
        compute="_compute_dates",
        store=True,
        readonly=False,
        precompute=True,
    )
    submit = fields.Boolean(
        string="Submit at once", default=True, help="Offer it to the quality officer."
    )
    answered = fields.Integer(string="Answers", compute="_compute_preview")
    preview = fields.Html(
        string="Figures", compute="_compute_preview", sanitize=False, readonly=True
    )

    _dates_ordered = models.Constraint(
        "CHECK (date_from <= date_to)", "The period ends before it begins."
    )

    @api.depends("registration_id")
    def _compute_dates(self):
        for wizard in self:
            registration = wizard.registration_id
            today = (registration.company_id or self.env.company)._kmop_today()
            window = registration.next_part_id.project_window_months
            wizard.date_from = shift(today, -(window or DEFAULT_MONTHS), "months")
            wizard.date_to = today

    @api.depends("registration_id", "date_from", "date_to")
    @api.depends_context("lang", "uid", "allowed_company_ids")
    def _compute_preview(self):
        self.answered = 0
        self.preview = False
        for wizard in self:
            if wizard.registration_id and wizard.date_from and wizard.date_to:
                data = wizard._get_values()
                wizard.answered = data["figures"]["answered"]
                wizard.preview = self.env["ir.qweb"]._render(
                    "kmop_registration.satisfaction_figures", {"data": data}
                )

    # ----------------------------------------------------------------------- figures

    def _get_values(self):
        """Return what the page shows, in the language of the environment."""
        registration = self.registration_id._origin
        figures = registration.satisfaction(self.date_from, self.date_to)
        least = registration.company_id.kmop_min_answers
        answered = figures[registration.id]["answered"]
        return {
            "figures": figures[registration.id],
            "least": least,
            "enough": answered >= least,
            "dimensions": self._get_dimensions(),
            "bands": self._get_bands(figures[registration.id]),
            "surveys": self._get_surveys(),
            "tables": [
                (self.env._("Theme"), self._get_rows("theme_id", self._get_theme)),
                (
                    self.env._("Quarter"),
                    self._get_rows("date:quarter", self._get_quarter),
                ),
            ],
            "show": self._show,
        }

    def _get_domain(self):
        return self.env["kmop.satisfaction"]._window_domain(
            self.registration_id._origin, self.date_from, self.date_to
        )

    def _get_dimensions(self):
        """Return the name and the label of each dimension."""
        names = [f"score_{name}" for name in SCORED]
        labels = self.env["kmop.satisfaction"].fields_get(names, ["string"])
        return [(name, labels[f"score_{name}"]["string"]) for name in SCORED]

    def _get_bands(self, figures):
        """Return the label, the number and the percentage of each band."""
        field = self.env["kmop.satisfaction"]._fields["band"]
        total = figures["answered"] or 1
        return [
            (label, figures["bands"][band], round(100 * figures["bands"][band] / total))
            for band, label in field._description_selection(self.env)
        ]

    def _get_surveys(self):
        """Return the titles of the surveys that were answered."""
        groups = self.env["kmop.satisfaction"]._read_group(
            self._get_domain() & Domain("survey_id", "!=", False), ["survey_id"]
        )
        # sudo: who may see the figures may know which survey asked for them
        return [survey.sudo().title for (survey,) in groups]

    def _get_rows(self, groupby, get_label):
        """Return a line per group: label, number of answers, mean per dimension."""
        groups = self.env["kmop.satisfaction"]._read_group(
            self._get_domain(),
            [groupby],
            ["__count", *(f"score_{name}:avg" for name in SCORED)],
        )
        return [
            (get_label(key), count, dict(zip(SCORED, means, strict=True)))
            for key, count, *means in groups
        ]

    def _get_theme(self, theme):
        return theme.name or self.env._("Without theme")

    def _get_quarter(self, day):
        return format_date(self.env, day, date_format="QQQ yyyy")

    def _show(self, mean):
        return "–" if mean is None else round(mean)

    # ---------------------------------------------------------------------- evidence

    def action_confirm(self):
        self.ensure_one()
        evidence = self._add_evidence()
        if self.submit:
            evidence.submit()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "kmop_registration.kmop_evidence_action"
        )
        return {**action, "res_id": evidence.id, "views": [(False, "form")]}

    def _add_evidence(self):
        """Keep the figures as they are today, as evidence.

        Raises UserError where there are none.
        """
        if not self.answered:
            raise UserError(self.env._("Nobody answered in this period."))
        report = self.with_context(lang=self._get_report_lang())
        company = self.registration_id.company_id
        evidence_type = self.env.ref(EVIDENCE_TYPE)._for_company(company)
        indicators = evidence_type._get_indicators(self.registration_id)
        attachment = self.env["ir.attachment"].create(report._prepare_file())
        today = company._kmop_today()
        return self.env["kmop.evidence"].create(
            {
                "name": report._get_name(),
                "registration_id": self.registration_id.id,
                "type_id": evidence_type.id,
                "aspect": evidence_type.aspect,
                "indicator_ids": [Command.set(indicators.ids)],
                "date_effective": min(self.date_to, today),
                "owner_id": self.env.user.id,
                "attachment_ids": [Command.link(attachment.id)],
            }
        )

    def _prepare_file(self):
        source = self.env["kmop.evidence.source"]
        ending, content = source._kmop_render_report(REPORT, self)
        mimetype = "application/pdf" if ending == "pdf" else "text/html"
        name = f"{self._get_name()}.{ending}".replace("/", "-")
        return {"name": name, "raw": content, "mimetype": mimetype}

    def _get_report_lang(self):
        registration = self.registration_id
        responsible = registration.user_id or registration.company_id
        return responsible.partner_id.lang or self.env.lang

    def _get_name(self):
        return self.env._(
            "Satisfaction figures - %(first)s to %(last)s",
            first=fields.Date.to_string(self.date_from),
            last=fields.Date.to_string(self.date_to),
        )

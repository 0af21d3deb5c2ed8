from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.constants import SCORES

SELF_FIELDS = ("self_conformity", "self_demonstrability")
AUDITOR_FIELDS = ("auditor_conformity", "auditor_demonstrability")
# What may be written on a score of an open audit.
FREE_FIELDS = frozenset({*SELF_FIELDS, *AUDITOR_FIELDS, "remark", "present_ids"})


class KmopAuditScore(models.Model):
    """How one indicator scores in one audit: by ourselves, and by the auditor."""

    _name = "kmop.audit.score"
    _description = "Score of an indicator"
    _inherit = ["kmop.guarded.mixin"]
    _order = "audit_id, requirement_id, indicator_id, id"
    _check_company_auto = True

    audit_id = fields.Many2one(
        "kmop.audit", required=True, ondelete="cascade", index=True
    )
    is_open = fields.Boolean(related="audit_id.is_open")
    company_id = fields.Many2one(related="audit_id.company_id", store=True, index=True)
    indicator_id = fields.Many2one(
        "kmop.indicator", required=True, ondelete="restrict", index=True
    )
    requirement_id = fields.Many2one(
        related="indicator_id.requirement_id", store=True, index=True
    )
    self_conformity = fields.Selection(SCORES, string="Own conformity")
    self_demonstrability = fields.Selection(SCORES, string="Own demonstrability")
    auditor_conformity = fields.Selection(SCORES, string="Auditor's conformity")
    auditor_demonstrability = fields.Selection(
        SCORES, string="Auditor's demonstrability"
    )
    remark = fields.Text()
    present_ids = fields.Many2many(
        "res.partner",
        string="Must be present",
        check_company=True,
        help="Who has to be there when the auditor asks about this indicator.",
    )
    # Not stored: a certificate can expire, and its exemption with it.
    exempt_ground = fields.Char(
        compute="_compute_exempt_ground", string="Exempt because of"
    )
    previous_id = fields.Many2one(
        "kmop.audit.score", compute="_compute_previous_id", string="Previous audit"
    )
    trend = fields.Selection(
        [("up", "Up"), ("same", "Same"), ("down", "Down")],
        compute="_compute_trend",
        help="The auditor's two scores, compared with the previous decided audit.",
    )

    _indicator_uniq = models.Constraint(
        "UNIQUE (audit_id, indicator_id)", "An indicator is scored once per audit."
    )

    @api.depends("indicator_id.name", "audit_id.part_id")
    def _compute_display_name(self):
        for score in self:
            score.display_name = score.indicator_id.display_name

    @api.depends(
        "indicator_id",
        "audit_id.part_id.exempt_requirement_ids",
        "audit_id.date_planned",
        "audit_id.date_visited",
        "audit_id.registration_id.exemption_ids.date_to",
    )
    @api.depends_context("lang")
    def _compute_exempt_ground(self):
        for audit in self.audit_id:
            exemptions = audit._get_exemptions()
            for score in self.filtered(lambda s, audit=audit: s.audit_id == audit):
                score.exempt_ground = score._get_exempt_ground(exemptions)

    def _get_exempt_ground(self, exemptions):
        part = self.audit_id.part_id
        if self.requirement_id in part.exempt_requirement_ids:
            return part.display_name
        return exemptions._covers(self.indicator_id)[:1].display_name or False

    @api.depends("audit_id.registration_id.audit_ids.date_decided", "indicator_id.code")
    def _compute_previous_id(self):
        for audit in self.audit_id:
            earlier = {s.indicator_id.code: s for s in audit._get_preceding().score_ids}
            for score in self.filtered(lambda s, audit=audit: s.audit_id == audit):
                score.previous_id = earlier.get(score.indicator_id.code)

    @api.depends("previous_id", *AUDITOR_FIELDS)
    def _compute_trend(self):
        ranks = {value: rank for rank, (value, _label) in enumerate(SCORES)}
        for score in self:
            steps = [
                ranks[score[name]] - ranks[score.previous_id[name]]
                for name in AUDITOR_FIELDS
                if score[name] and score.previous_id[name]
            ]
            score.trend = score._get_trend(sum(steps)) if steps else False

    def _get_trend(self, difference):
        if not difference:
            return "same"
        return "up" if difference > 0 else "down"

    # ---------------------------------------------------------------------- CRUD

    @api.model_create_multi
    def create(self, vals_list):
        scores = super().create(vals_list)
        for score in scores:
            if message := score._get_kept_message():
                raise UserError(message)
        return scores

    def _get_free_fields(self):
        """What is scored stays so: a score never moves to another audit."""
        return FREE_FIELDS if self.is_open else frozenset()

    def _get_closed_message(self, names):
        return self._get_kept_message() or super()._get_closed_message(names)

    def _get_kept_message(self):
        if self.audit_id and not self.is_open:
            return self.env._(
                "The scores of a decided or cancelled audit are read-only."
            )
        return None

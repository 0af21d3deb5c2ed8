from odoo import api, fields, models
from odoo.exceptions import ValidationError


class KmopExemption(models.Model):
    """Why a requirement or an indicator isn't tested, and until when."""

    _name = "kmop.exemption"
    _description = "Exemption"
    _inherit = ["kmop.guarded.mixin", "kmop.anchored.mixin", "kmop.attached.mixin"]
    _kmop_anchors = {"exemption_end": "date_to"}
    _kmop_anchor_triggers = frozenset()
    _order = "registration_id, requirement_id, id"
    _check_company_auto = True

    registration_id = fields.Many2one(
        "kmop.registration", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="registration_id.company_id", store=True, index=True
    )
    requirement_id = fields.Many2one(
        "kmop.requirement", required=True, ondelete="restrict", index=True
    )
    indicator_id = fields.Many2one(
        "kmop.indicator",
        ondelete="restrict",
        domain="[('requirement_id', '=', requirement_id)]",
        help="Empty: the whole requirement.",
    )
    ground = fields.Selection(
        [
            ("iso9001", "ISO 9001 certificate"),
            ("qfor", "Qfor certificate"),
            ("institute", "Member of a professional institute"),
            ("other", "Other"),
        ],
        required=True,
        help="The list that could be read is old: ask your audit bureau which"
        " certificates count today, and for what.",
    )
    reference = fields.Char(help="Number of the certificate or the membership.")
    date_from = fields.Date(
        required=True, default=lambda self: self._default_date_from()
    )
    date_to = fields.Date(
        string="Valid until", help="Last day of the certificate; empty: no end."
    )
    attachment_ids = fields.Many2many(
        "ir.attachment", string="Certificate", bypass_search_access=True
    )

    _dates_in_order = models.Constraint(
        "CHECK (date_to >= date_from)", "An exemption can't end before it begins."
    )

    def _default_date_from(self):
        return self.env.company._kmop_today()

    @api.depends("ground", "reference")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["ground"]._description_selection(self.env))
        for exemption in self:
            names = [labels.get(exemption.ground), exemption.reference]
            exemption.display_name = " ".join(filter(None, names))

    @api.constrains("requirement_id", "indicator_id")
    def _check_indicator(self):
        for exemption in self.filtered("indicator_id"):
            if exemption.indicator_id.requirement_id != exemption.requirement_id:
                raise ValidationError(
                    self.env._(
                        "%(indicator)s belongs to another requirement.",
                        indicator=exemption.indicator_id.display_name,
                    )
                )

    def _kmop_get_owner(self):
        return self.registration_id.user_id

    def _covers(self, indicator):
        """Return those of ``self`` that exempt ``indicator``."""
        return self.filtered(
            lambda e: (
                e.requirement_id == indicator.requirement_id
                and e.indicator_id in (indicator, self.env["kmop.indicator"])
            )
        )

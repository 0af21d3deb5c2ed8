from datetime import datetime
from zoneinfo import ZoneInfo

from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    kmop_expiring_months = fields.Integer(
        string="Expiring (months before the end)",
        default=6,
        help="From when a registration counts as expiring. Neither the law nor the"
        " norm gives a number: planning and procedure together take some months.",
    )
    kmop_conditional_months = fields.Integer(
        string="Conditional registration (months)",
        default=12,
        help="Proposed length of a conditional registration. Its legal term isn't"
        " published: the date on the attest overrides this. 0: as a positive decision.",
    )

    kmop_corrective_months = fields.Integer(
        string="Corrective measures (months)",
        default=6,
        help="Proposed deadline of a finding. No term of the kmop-norm is published:"
        " the nearest analogue, CertUp's Qfor audits, uses at most 6 months.",
    )

    _kmop_corrective_months_positive = models.Constraint(
        "CHECK (kmop_corrective_months > 0)",
        "A corrective measure gets at least one month.",
    )
    kmop_four_eyes = fields.Boolean(
        string="Four eyes on evidence",
        help="Nobody accepts evidence that they own or submitted themselves.",
    )
    kmop_evidence_max_mb = fields.Integer(
        string="Largest evidence file (MB)",
        default=50,
        help="Larger files are refused as evidence. A choice, not a rule.",
    )

    _kmop_max_mb_positive = models.Constraint(
        "CHECK (kmop_evidence_max_mb > 0)", "The largest file must be at least 1 MB."
    )
    _kmop_months_positive = models.Constraint(
        "CHECK (kmop_expiring_months >= 0 AND kmop_conditional_months >= 0)",
        "A number of months can't be negative.",
    )

    def _kmop_today(self):
        """Return today's date where the company is (its address' time zone)."""
        zone = self.partner_id.tz or "Europe/Brussels"
        return datetime.now(ZoneInfo(zone)).date()

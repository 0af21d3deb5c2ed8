from odoo import fields, models

from ..tools import shift


class KmopMilestoneRule(models.Model):
    """One line of the schedule: how long before or after which date to remind."""

    _name = "kmop.milestone.rule"
    _description = "Milestone rule"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    anchor = fields.Selection(
        [("registration_end", "End of the registration")],
        required=True,
        default="registration_end",
    )
    offset_direction = fields.Selection(
        [("before", "before"), ("after", "after")], required=True, default="before"
    )
    offset_number = fields.Integer(required=True, default=1)
    offset_unit = fields.Selection(
        [("days", "days"), ("weeks", "weeks"), ("months", "months")],
        required=True,
        default="months",
    )
    template_id = fields.Many2one(
        "mail.template",
        required=True,
        ondelete="restrict",
        domain=[("model", "=", "kmop.milestone")],
    )
    source = fields.Text(
        translate=True, help="Where this was read, and how sure it is."
    )
    active = fields.Boolean(default=True)

    _offset_positive = models.Constraint(
        "CHECK (offset_number >= 0)",
        "The number of days, weeks or months can't be negative.",
    )

    def _get_date(self, anchor):
        """Return the day to remind, for the anchor's date."""
        sign = -1 if self.offset_direction == "before" else 1
        return shift(anchor, sign * self.offset_number, self.offset_unit)

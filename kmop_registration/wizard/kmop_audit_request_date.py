from odoo import fields, models
from odoo.tools import format_date


class KmopAuditRequestDate(models.TransientModel):
    """A day that suits the provider."""

    _name = "kmop.audit.request.date"
    _description = "Preferred date"
    _inherit = ["kmop.target.mixin"]
    _order = "date, id"

    request_id = fields.Many2one(
        "kmop.audit.request", required=True, index=True, ondelete="cascade"
    )
    date = fields.Date(required=True)
    moment = fields.Selection(
        [
            ("day", "The whole day"),
            ("morning", "In the morning"),
            ("afternoon", "In the afternoon"),
        ],
        required=True,
        default="day",
    )

    _date_uniq = models.Constraint(
        "UNIQUE (request_id, date)", "Each preferred date is given once."
    )

    def _get_label(self):
        """Return the day as it is written to the bureau, in its language."""
        day = format_date(self.env, self.date, date_format="EEEE d MMMM y")
        moments = dict(self._fields["moment"]._description_selection(self.env))
        return f"{day} ({moments[self.moment].lower()})"

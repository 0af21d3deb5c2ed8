from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..tools import day_after, period_end


class KmopRegistrationOnboardPart(models.TransientModel):
    """A part of the track: when it was granted, and on which audit."""

    _name = "kmop.registration.onboard.part"
    _description = "Granted part of a registration that is taken over"
    _inherit = ["kmop.target.mixin"]

    onboard_id = fields.Many2one(
        "kmop.registration.onboard", required=True, ondelete="cascade"
    )
    part_id = fields.Many2one("kmop.track.part", required=True, ondelete="cascade")
    date_start = fields.Date(
        string="Registered from",
        help="As on the attest. Empty: this part isn't granted yet.",
    )
    date_end = fields.Date(
        string="Registered until",
        compute="_compute_date_end",
        store=True,
        readonly=False,
        help="Last day, as on the attest. The length of the part proposes it.",
    )
    date_visited = fields.Date(
        string="Audit held on", help="Empty: the period is taken over without an audit."
    )
    bureau_id = fields.Many2one("res.partner", string="Audit bureau")
    attest_attachment_ids = fields.Many2many(
        "ir.attachment", string="Registration attest", help="VLAIO's attest."
    )

    @api.depends("date_start", "part_id")
    def _compute_date_end(self):
        for line in self:
            start = line.date_start
            months = line.part_id.validity_months
            line.date_end = start and period_end(start, months)

    def _has_anything(self):
        return bool(
            self.date_end
            or self.date_visited
            or self.bureau_id
            or self.attest_attachment_ids
        )

    # -------------------------------------------------------------------- checking

    def _check_dates(self, previous):
        """Raise UserError where the days can't be, the ``previous`` line's known."""
        if message := self._get_period_error(previous) or self._get_audit_error(
            previous
        ):
            raise UserError(message)

    def _get_period_error(self, previous):
        today = self.onboard_id.company_id._kmop_today()
        values = {"part": self.part_id.name}
        if not self.date_end or self.date_end < self.date_start:
            return self.env._("%(part)s would end before it begins.", **values)
        if previous and self.date_start <= previous.date_end:
            return self.env._(
                "%(part)s begins on %(start)s, while %(previous)s runs until %(end)s.",
                start=format_date(self.env, self.date_start),
                previous=previous.part_id.name,
                end=format_date(self.env, previous.date_end),
                **values,
            )
        follows = previous and self.date_start == day_after(previous.date_end)
        if self.date_start > today and not follows:
            return self.env._(
                "%(part)s begins on a day to come: take over what was granted, and"
                " record the decision when it is there.",
                **values,
            )
        return None

    def _get_audit_error(self, previous):
        values = {"part": self.part_id.name}
        if bool(self.date_visited) != bool(self.bureau_id):
            return self.env._(
                "The audit of %(part)s needs both its day and its bureau, or neither.",
                **values,
            )
        if not self.date_visited:
            return None
        if self.date_visited > self._get_decided():
            return self.env._(
                "The audit of %(part)s can't be later than the registration that"
                " followed from it, or than today.",
                **values,
            )
        if previous and self.date_visited < previous.date_start:
            return self.env._(
                "The audit of %(part)s can't be before %(previous)s was granted.",
                previous=previous.part_id.name,
                **values,
            )
        return None

    def _get_decided(self):
        """Return the day that stands for the decision: it isn't later than today."""
        return min(self.date_start, self.onboard_id.company_id._kmop_today())

    # ------------------------------------------------------------------ taking over

    def _take_over(self, registration):
        if self.date_visited:
            period = self._decide(registration)
        else:
            period = self._grant(registration)
        period.attest_attachment_ids = self.attest_attachment_ids

    def _decide(self, registration):
        """Walk the audit up to its decision; return the period that it grants."""
        audit = registration.start_audit()
        audit.request(self.bureau_id, self.date_visited)
        audit.plan(self.date_visited)
        audit.visit(self.date_visited)
        audit.decide(
            "positive",
            registration_date=self.date_start,
            date_end=self.date_end,
            reason=self.onboard_id._get_reason(),
            date_decided=self._get_decided(),
        )
        return audit.period_ids

    def _grant(self, registration):
        """Return a period without an audit, which says why there is none."""
        # An audit that was only prepared would be of a part that is granted.
        registration.open_audit_id.unlink()
        return self.env["kmop.registration.period"].create(
            {
                "registration_id": registration.id,
                "part_id": self.part_id.id,
                "date_registration": self.date_start,
                "date_start": self.date_start,
                "date_end": self.date_end,
                "override_reason": self.onboard_id._get_reason(),
            }
        )

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ...tools import (
    day_after,
    day_before,
    ignore_caller_context,
    period_end,
    read_day,
    read_text,
    shift,
)


class KmopRegistrationPeriod(models.Model):
    """A granted period. It is never edited: a correction is a new period."""

    _name = "kmop.registration.period"
    _description = "Registration period"
    _inherit = ["kmop.guarded.mixin", "kmop.attached.mixin"]
    _attachment_field = "attest_attachment_ids"
    _order = "registration_id, date_start, id"
    _check_company_auto = True
    _guarded_fields = frozenset({"corrects_id", "audit_id"})

    registration_id = fields.Many2one(
        "kmop.registration", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        related="registration_id.company_id", store=True, index=True
    )
    cycle = fields.Integer(compute="_compute_cycle", store=True, precompute=True)
    audit_id = fields.Many2one(
        "kmop.audit", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    part_id = fields.Many2one("kmop.track.part", required=True, ondelete="restrict")
    date_registration = fields.Date(
        required=True, string="Registration date", help="The date on VLAIO's attest."
    )
    date_start = fields.Date(
        required=True,
        string="From",
        help="The registration date, or the day after the previous period where"
        " that one still runs.",
    )
    date_end = fields.Date(required=True, string="Until", help="Last day, inclusive.")
    conditional = fields.Boolean(
        help="Granted to a provider that doesn't meet the norm in full yet."
    )
    override_reason = fields.Text(
        string="Reason",
        help="Why the dates differ from the rule, or why there is no audit.",
    )
    corrects_id = fields.Many2one(
        "kmop.registration.period", readonly=True, ondelete="restrict"
    )
    attest_attachment_ids = fields.Many2many(
        "ir.attachment",
        string="Registration attest",
        copy=False,
        bypass_search_access=True,
        help="VLAIO's attest of this registration.",
    )
    correction_ids = fields.One2many("kmop.registration.period", "corrects_id")
    date_last = fields.Date(
        compute="_compute_date_last",
        store=True,
        index="btree_not_null",
        string="Last day that counts",
        help="Empty for a period that was corrected, or withdrawn before it began.",
    )
    date_chain_end = fields.Date(
        compute="_compute_date_chain_end",
        store=True,
        string="Covered without a gap until",
    )
    date_expiring = fields.Date(
        compute="_compute_date_expiring", store=True, string="Expiring from"
    )
    granted_part_id = fields.Many2one(
        "kmop.track.part", compute="_compute_granted_part_id", string="Granted part"
    )
    gap_days = fields.Integer(
        string="Gap before (days)",
        compute="_compute_gap_days",
        help="Days without registration before this period.",
    )

    _dates_in_order = models.Constraint(
        "CHECK (date_end >= date_start)", "A period can't end before it begins."
    )
    _corrected_once = models.UniqueIndex(
        "(corrects_id) WHERE corrects_id IS NOT NULL",
        "This period is corrected already.",
    )
    _coverage_idx = models.Index("(registration_id, date_start, date_last)")

    @api.depends("registration_id", "audit_id", "corrects_id")
    def _compute_cycle(self):
        # Taken once: a renewal doesn't move the periods of earlier cycles.
        for period in self:
            source = period.corrects_id or period.audit_id or period.registration_id
            period.cycle = source.cycle

    @api.depends("part_id.name", "date_start", "date_end")
    def _compute_display_name(self):
        for period in self:
            dates = f"{period.date_start or ''} – {period.date_end or ''}"
            period.display_name = f"{period.part_id.name} {dates}"

    @api.depends(
        "date_start", "date_end", "correction_ids", "registration_id.date_withdrawn"
    )
    def _compute_date_last(self):
        for period in self:
            last = period.date_end
            withdrawn = period.registration_id.date_withdrawn
            if last and withdrawn:
                last = min(last, day_before(withdrawn))
            counts = last and not period.correction_ids and last >= period.date_start
            period.date_last = last if counts else False

    @api.depends(
        "registration_id.period_ids.date_start", "registration_id.period_ids.date_last"
    )
    def _compute_date_chain_end(self):
        for period in self:
            period.date_chain_end = period._get_chain_end()

    def _get_chain_end(self):
        """Follow the periods that begin the day after the previous one's last."""
        last = self.date_last
        for period in self.registration_id.period_ids.sorted("date_start"):
            if last and period.date_last and period.date_start == day_after(last):
                last = period.date_last
        return last

    @api.depends("date_chain_end", "company_id.kmop_expiring_months")
    def _compute_date_expiring(self):
        for period in self:
            months = period.company_id.kmop_expiring_months
            end = period.date_chain_end
            period.date_expiring = end and shift(end, -months, "months")

    @api.depends("part_id", "conditional", "correction_ids")
    def _compute_granted_part_id(self):
        for period in self:
            final = not (period.conditional or period.correction_ids)
            period.granted_part_id = period.part_id if final else False

    @api.depends("date_start", "registration_id.period_ids.date_last")
    def _compute_gap_days(self):
        for period in self:
            previous = period.registration_id._get_last_period(before=period.date_start)
            gap = period.date_start - previous.date_last if previous else None
            period.gap_days = gap.days - 1 if gap else 0

    @api.constrains("date_start", "date_end", "registration_id")
    def _check_overlap(self):
        for period in self.filtered("date_last"):
            for other in (
                period.registration_id.period_ids.filtered("date_last") - period
            ):
                if (
                    other.date_start <= period.date_last
                    and period.date_start <= other.date_last
                ):
                    raise ValidationError(
                        self.env._(
                            "The periods %(one)s and %(other)s overlap.",
                            one=period.display_name,
                            other=other.display_name,
                        )
                    )

    @api.constrains("audit_id", "override_reason")
    def _check_reason(self):
        if any(not (p.audit_id or (p.override_reason or "").strip()) for p in self):
            raise ValidationError(
                self.env._(
                    "A period without an audit needs a reason, such as an import."
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        periods = super().create(vals_list)
        periods.registration_id._kmop_plan()
        return periods

    def write(self, vals):
        attests = self.attest_attachment_ids
        result = super().write(vals)
        if attests - self.attest_attachment_ids:
            raise UserError(
                self.env._(
                    "The attest of a granted period is kept: add another one beside it."
                )
            )
        return result

    @api.model
    def _get_kept_domain(self):
        return Domain.TRUE

    def _get_free_fields(self):
        """The attest arrives after the decision."""
        return frozenset({self._attachment_field})

    def _get_closed_message(self, names):
        return self._get_kept_message()

    def _get_kept_message(self):
        return self.env._("A granted period is history: correct it with a new one.")

    def _known_on(self, day):
        """Return those that no audit granted after ``day``."""
        return self.filtered(lambda p: not p.audit_id or p.audit_id._known_on(day))

    # ---------------------------------------------------------------- public API

    @ignore_caller_context
    def correct(self, date_start, date_end, reason):
        """Replace this period by a new one that counts in its place; return that.

        Raises UserError without a reason, ValidationError where the new dates overlap.
        """
        self.ensure_one()
        reason = self._get_text(
            reason, self.env._("Give the reason of the correction.")
        )
        days = read_day(self.env, date_start), read_day(self.env, date_end)
        if not all(days):
            raise UserError(self.env._("Give the first and the last day."))
        self.check_access("write")
        self.registration_id._lock()
        # sudo: the link to the corrected period is set by this method only
        period = self.sudo().create(self._prepare_correction(*days, reason)).sudo(False)
        self.env["kmop.history"]._add(self, "corrected", reason)
        return period

    def _prepare_correction(self, date_start, date_end, reason):
        return {
            "registration_id": self.registration_id.id,
            "audit_id": self.audit_id.id,
            "part_id": self.part_id.id,
            "conditional": self.conditional,
            "corrects_id": self.id,
            "date_registration": date_start,
            "date_start": date_start,
            "date_end": date_end,
            "override_reason": reason,
        }

    # ------------------------------------------------------------- the date rule

    @api.model
    def _propose(self, registration, part, decided, conditional=False):
        """Return the registration date and the last day that the rule gives.

        In time (on the previous period's last day at the latest), a new period
        joins the previous one; decided late, it starts on the day of the decision.
        A positive re-audit in time completes the term that a conditional period of
        the same part began. Which day VLAIO counts from isn't published: the date
        on the attest overrides this.
        """
        previous = registration._get_last_period()
        in_time = previous and decided <= previous.date_last
        start = day_after(previous.date_last) if in_time else decided
        completes = in_time and previous.conditional and previous.part_id == part
        origin = previous.date_registration if completes and not conditional else start
        return start, period_end(
            origin, self._get_months(registration, part, conditional)
        )

    @api.model
    def _get_months(self, registration, part, conditional):
        limit = registration.company_id.kmop_conditional_months
        return limit if conditional and limit else part.validity_months

    @api.model
    def _propose_for(self, audit, decided, outcome, registration_date=None):
        """Return the registration date and the last day for a decision on ``audit``.

        Another ``registration_date`` than the rule's moves the end with it.
        """
        registration, part = audit.registration_id, audit.part_id
        conditional = outcome == "conditional"
        start, end = self._propose(registration, part, decided, conditional)
        day = read_day(self.env, registration_date) or start
        if day != start:
            end = period_end(day, self._get_months(registration, part, conditional))
        return day, end

    @api.model
    def _prepare_grant(self, audit, registration_date=None, date_end=None, reason=None):
        """Return the values of the period that ``audit``'s decision grants.

        Raises UserError when a date differs from the rule and no reason is given.
        """
        registration = audit.registration_id
        decision = audit, audit.date_decided, audit.outcome
        start, end = self._propose_for(*decision)
        day, moved_end = self._propose_for(*decision, registration_date)
        last = read_day(self.env, date_end) or moved_end
        previous = registration._get_last_period()
        if last != moved_end or (previous and day != start):
            self._check_override_reason(start, end, reason)
        first = max(day, day_after(previous.date_last)) if previous else day
        if last < first:
            raise UserError(self.env._("The period would end before it begins."))
        return {
            "registration_id": registration.id,
            "audit_id": audit.id,
            "part_id": audit.part_id.id,
            "conditional": audit.outcome == "conditional",
            "date_registration": day,
            "date_start": first,
            "date_end": last,
            "override_reason": reason,
        }

    @api.model
    def _check_override_reason(self, start, end, reason):
        if read_text(self.env, reason):
            return
        raise UserError(
            self.env._(
                "By the rule this period runs from %(start)s until %(end)s: give the"
                " reason why it doesn't.",
                start=format_date(self.env, start),
                end=format_date(self.env, end),
            )
        )

    # ------------------------------------------------------------------- actions

    def action_open_attest(self):
        """Open the period to add its attest, which arrives after the decision."""
        self.ensure_one()
        view = self.env.ref("kmop_registration.kmop_registration_period_view_attest")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Registration attest"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(view.id, "form")],
            "target": "new",
        }

import re

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ...tools import ignore_caller_context, read_day
from ..base.constants import NUMBER_PREFIXES, SERVICES

VALIDITIES = [
    ("none", "Not registered"),
    ("valid", "Valid"),
    ("expiring", "Expiring"),
    ("gap", "Interrupted"),
    ("expired", "Expired"),
]

# The six steps of a starter, then the ways in which a track can end.
STEPS = [
    ("prepare", "Prepare"),
    ("request", "Request"),
    ("part1", "Part 1"),
    ("registered", "Registered"),
    ("perform", "Perform and document"),
    ("part2", "Part 2"),
    ("completed", "Completed"),
    ("refused", "Refused"),
    ("withdrawn", "Withdrawn"),
]

FREE_WHEN_WITHDRAWN = frozenset({"active", "user_id"})


class KmopRegistration(models.Model):
    """One provider's registration for one service, through all its cycles."""

    _name = "kmop.registration"
    _description = "kmo-portefeuille registration"
    _inherit = [
        "kmop.guarded.mixin",
        "kmop.anchored.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "company_id, partner_id, service, id"
    _rec_names_search = ["partner_id", "number"]
    _check_company_auto = True
    _guarded_fields = frozenset(
        {"cycle", "date_withdrawn", "withdraw_reason", "badge_token"}
    )
    _parent_fields = frozenset({"company_id"})
    _kmop_anchors = {"registration_start": "date_start", "registration_end": "date_end"}
    _kmop_anchor_triggers = frozenset(
        {"active", "date_withdrawn", "track_id", "user_id"}
    )

    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self._default_company_id(),
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Provider",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        default=lambda self: self._default_partner_id(),
        tracking=True,
    )
    service = fields.Selection(
        SERVICES,
        required=True,
        default="training",
        tracking=True,
        help="VLAIO registers each service apart, with a number of its own.",
    )
    track_id = fields.Many2one(
        "kmop.track",
        required=True,
        ondelete="restrict",
        default=lambda self: self._default_track_id(),
        tracking=True,
        help="Starters are audited in two parts: experience and client satisfaction"
        " are tested in the second. Who counts as a starter isn't published in full:"
        " ask the bureau.",
    )
    cycle = fields.Integer(
        default=1, readonly=True, copy=False, help="Counts the renewals, from 1."
    )
    number = fields.Char(
        string="Registration number",
        copy=False,
        index="btree_not_null",
        tracking=True,
        help="As it is on VLAIO's attest.",
    )
    number_warning = fields.Char(compute="_compute_number_warning")
    number_placeholder = fields.Char(compute="_compute_number_placeholder")
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        index=True,
        tracking=True,
        help="Receives the reminders of this registration.",
    )
    active = fields.Boolean(default=True)
    note = fields.Html()
    period_ids = fields.One2many("kmop.registration.period", "registration_id")
    audit_ids = fields.One2many("kmop.audit", "registration_id")
    evidence_ids = fields.One2many("kmop.evidence", "registration_id")
    milestone_ids = fields.One2many("kmop.milestone", "registration_id")
    exemption_ids = fields.One2many("kmop.exemption", "registration_id")
    finding_ids = fields.One2many("kmop.finding", "registration_id")
    next_part_id = fields.Many2one(
        "kmop.track.part",
        string="Next part",
        compute="_compute_next_part_id",
        store=True,
    )
    coming_part_id = fields.Many2one(
        "kmop.track.part",
        compute="_compute_coming_part_id",
        help="The next part, or the renewal's where all are granted.",
    )
    open_audit_id = fields.Many2one("kmop.audit", compute="_compute_open_audit_id")
    step = fields.Selection(STEPS, compute="_compute_step", store=True, tracking=True)
    date_start = fields.Date(
        compute="_compute_dates", store=True, string="Registered from", tracking=True
    )
    date_end = fields.Date(
        compute="_compute_dates",
        store=True,
        string="Registered until",
        tracking=True,
        help="The last day of the periods granted so far. What starts later isn't"
        " covered before a next one is granted.",
    )
    # Not stored: depends on today. Searched on the stored dates of the periods.
    validity = fields.Selection(
        VALIDITIES, compute="_compute_validity", search="_search_validity"
    )
    date_withdrawn = fields.Date(
        string="Withdrawn on",
        readonly=True,
        copy=False,
        tracking=True,
        help="First day without registration.",
    )
    withdraw_reason = fields.Text(
        string="Reason of the withdrawal", readonly=True, copy=False, tracking=True
    )

    _live_uniq = models.UniqueIndex(
        "(partner_id, service, company_id) WHERE active AND date_withdrawn IS NULL",
        "This provider already has a live registration for this service.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        registrations = super().create(vals_list)
        registrations._adopt_dossiers()
        return registrations

    def _default_company_id(self):
        return self.env.company

    def _default_partner_id(self):
        return self.env.company.partner_id

    def _default_track_id(self):
        return self.env["kmop.track"].search([("is_renewal", "=", False)], limit=1)

    # ------------------------------------------------------------------ computes

    @api.depends("partner_id.name", "service", "number")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["service"]._description_selection(self.env))
        for registration in self:
            parts = [registration.partner_id.name, labels.get(registration.service)]
            registration.display_name = " – ".join(filter(None, parts))

    @api.depends("number", "service")
    @api.depends_context("lang")
    def _compute_number_warning(self):
        for registration in self:
            registration.number_warning = registration._get_number_warning()

    @api.depends("service")
    def _compute_number_placeholder(self):
        for registration in self:
            prefix = NUMBER_PREFIXES.get(registration.service, "")
            registration.number_placeholder = f"{prefix}123456"

    def _get_number_warning(self):
        prefix = NUMBER_PREFIXES.get(self.service)
        if not (self.number and prefix):
            return False
        if re.fullmatch(re.escape(prefix) + r"\d{6}", self.number):
            return False
        return self.env._(
            "A number for this service usually looks like %(prefix)s123456"
            " (with the letter, not a zero). Compare it with the attest.",
            prefix=prefix,
        )

    @api.depends(
        "track_id.part_ids.sequence",
        "cycle",
        "period_ids.granted_part_id",
        "period_ids.date_last",
    )
    def _compute_next_part_id(self):
        for registration in self:
            registration.next_part_id = registration._get_next_part()

    @api.depends("next_part_id")
    def _compute_coming_part_id(self):
        renewal = self.env["kmop.track"].search([("is_renewal", "=", True)], limit=1)
        for registration in self:
            part = registration.next_part_id or renewal.part_ids[:1]
            registration.coming_part_id = part

    @api.depends("audit_ids.state")
    def _compute_open_audit_id(self):
        for registration in self:
            registration.open_audit_id = registration.audit_ids.filtered("is_open")[:1]

    @api.depends(
        "date_withdrawn",
        "number",
        "cycle",
        "track_id.part_ids.sequence",
        "audit_ids.state",
        "audit_ids.outcome",
        "audit_ids.part_id",
        "period_ids.granted_part_id",
        "period_ids.date_last",
    )
    def _compute_step(self):
        for registration in self:
            registration.step = registration._get_step()

    @api.depends("period_ids.date_start", "period_ids.date_last")
    def _compute_dates(self):
        for registration in self:
            periods = registration.period_ids.filtered("date_last")
            registration.date_start = min(periods.mapped("date_start"), default=False)
            registration.date_end = max(periods.mapped("date_last"), default=False)

    @api.depends(
        "period_ids.date_start", "period_ids.date_last", "period_ids.date_expiring"
    )
    def _compute_validity(self):
        self.validity = "none"
        for company, registrations in self.grouped("company_id").items():
            today = company._kmop_today()
            for validity, _label in VALIDITIES:
                domain = self._validity_domain(validity, today)
                registrations.filtered_domain(domain).validity = validity

    @api.model
    def _search_validity(self, operator, value):
        if operator != "in":
            return NotImplemented
        return self.env["res.company"]._kmop_day_domain(
            lambda today: Domain.OR(self._validity_domain(v, today) for v in value)
        )

    @api.model
    def _validity_domain(self, validity, today):
        """Return the domain of registrations that have ``validity`` on ``today``.

        The one definition behind both compute and search: they can't disagree.
        """
        current = Domain("date_start", "<=", today) & Domain("date_last", ">=", today)
        covered = Domain("period_ids", "any", current)
        past = Domain("period_ids", "any", [("date_last", "<", today)])
        # A period that doesn't count (corrected, withdrawn) has no last day.
        future = Domain(
            "period_ids",
            "any",
            [("date_start", ">", today), ("date_last", "!=", False)],
        )
        warned = Domain(
            "period_ids", "any", current & Domain("date_expiring", "<=", today)
        )
        return {
            "none": ~covered & ~past,
            "valid": covered & ~warned,
            "expiring": warned,
            "gap": ~covered & past & future,
            "expired": ~covered & past & ~future,
        }.get(validity, Domain.FALSE)

    # --------------------------------------------------------------- constraints

    @api.constrains("track_id")
    def _check_track(self):
        for registration in self:
            parts = registration.audit_ids.filtered("is_open").part_id
            if parts - registration.track_id.part_ids:
                raise ValidationError(
                    self.env._("Cancel the open audit before you change the track.")
                )

    @api.constrains("partner_id", "service", "company_id")
    def _check_identity(self):
        """Whose registration for what it is can't change once it was granted."""
        if any(registration.period_ids for registration in self):
            raise ValidationError(
                self.env._(
                    "Provider, service and company stay as they were registered:"
                    " start another registration."
                )
            )

    def _get_free_fields(self):
        """Of a withdrawn registration somebody still looks after the findings."""
        return FREE_WHEN_WITHDRAWN if self.date_withdrawn else None

    def _get_kept_message(self):
        if self.period_ids or self.audit_ids.filtered(lambda a: a.state != "draft"):
            return self.env._(
                "A registration with audits or periods is kept: archive it instead."
            )
        return super()._get_kept_message()

    # ---------------------------------------------------------------- public API

    @api.readonly
    def is_registered_on(self, date):
        """Tell whether the registration covers ``date``, past or coming.

        :param date: a date, or its ISO string
        """
        self.ensure_one()
        day = read_day(self.env, date)
        if not day:
            raise UserError(self.env._("Give the day."))
        return any(
            period.date_last and period.date_start <= day <= period.date_last
            for period in self.period_ids
        )

    @ignore_caller_context
    def start_audit(self):
        """Return the open audit of the next part, made where there is none.

        Raises UserError when the track is completed or the registration withdrawn.
        """
        self.ensure_one()
        if self.open_audit_id:
            return self.open_audit_id
        self._lock()
        return self.env["kmop.audit"].create({"registration_id": self.id})

    @ignore_caller_context
    def start_renewal(self):
        """Begin a new cycle on the renewal track, with its first audit.

        Raises UserError while the current track isn't completed.
        """
        self.ensure_one()
        track = self.env["kmop.track"].search([("is_renewal", "=", True)], limit=1)
        if self.step != "completed" or not track:
            raise UserError(
                self.env._("A renewal starts when all parts of the track are granted.")
            )
        self._transition({"track_id": track.id, "cycle": self.cycle + 1}, "renewed")
        return self.start_audit()

    @ignore_caller_context
    def withdraw(self, date, reason):
        """End the registration: ``date`` is its first day without.

        Raises UserError without a reason or where it is withdrawn already.
        """
        self.ensure_one()
        if self.date_withdrawn:
            raise UserError(self.env._("This registration is withdrawn already."))
        reason = self._get_text(
            reason, self.env._("Give the reason of the withdrawal.")
        )
        day = read_day(self.env, date)
        if not day:
            raise UserError(self.env._("Give the day."))
        self.audit_ids.filtered("is_open").cancel(reason)
        self._transition(
            {"date_withdrawn": day, "withdraw_reason": reason}, "withdrawn", reason
        )

    # ----------------------------------------------------------------- internals

    def _get_cycle_periods(self):
        return self.period_ids.filtered(lambda p: p.cycle == self.cycle and p.date_last)

    def _get_dates_known_on(self, day):
        """Return the first and the last day of what was granted up to ``day``.

        What a later audit granted isn't part of it, whenever that begins.
        """
        periods = self.period_ids._known_on(day).filtered("date_last")
        first = min(periods.mapped("date_start"), default=None)
        return first, max(periods.mapped("date_last"), default=None)

    def _get_validity_label(self, day):
        """Return in words whether the registration is valid on ``day``."""
        for validity, label in self._fields["validity"]._description_selection(
            self.env
        ):
            if self.filtered_domain(self._validity_domain(validity, day)):
                return label
        return None

    def _get_last_period(self, before=None):
        """Return the last period that counts, of those that start ``before`` a day."""
        periods = self.period_ids.filtered(
            lambda p: p.date_last and (not before or p.date_start < before)
        )
        return periods.sorted("date_start")[-1:]

    def _get_next_part(self):
        """Return the first part of the track that this cycle hasn't been granted."""
        granted = self._get_cycle_periods().granted_part_id
        return self.track_id.part_ids.sorted("sequence").filtered(
            lambda part: part not in granted
        )[:1]

    def _get_step(self):
        if self.date_withdrawn:
            return "withdrawn"
        audits = self.audit_ids.filtered(lambda a: a.cycle == self.cycle)
        open_audit = audits.filtered("is_open")[:1]
        if open_audit and open_audit.state != "draft":
            return self._get_audit_step(open_audit)
        decided = audits.filtered("date_decided").sorted(
            lambda a: (a.date_decided, a.id)
        )
        if not open_audit and decided[-1:].outcome == "negative":
            return "refused"
        if not self._get_cycle_periods():
            return "prepare"
        if not self.number:
            return "registered"
        return "perform" if self._get_next_part() else "completed"

    def _get_audit_step(self, audit):
        if audit.part_id != self.track_id.part_ids.sorted("sequence")[:1]:
            return "part2"
        return "request" if audit.state == "requested" else "part1"

    def _get_norm(self):
        """Return the norm that the next audit is held on."""
        today = self.company_id._kmop_today()
        return self.open_audit_id.norm_id or self.env["kmop.norm"]._in_force_on(today)

    def _get_indicators(self):
        """Return the indicators that count for this registration's service."""
        return self.env["kmop.indicator"]._get_tested(self._get_norm(), self.service)

    def _get_exemptions(self, day=None):
        """Return the exemptions by certificate on ``day``, else for the next audit."""
        day = day or self.open_audit_id._get_reference_date()
        domain = self.env["kmop.dated.mixin"]._in_force_on(day)
        return self.exemption_ids.filtered_domain(domain)

    @api.model
    def _get_current(self, companies):
        """Return the live registrations by (company, service), its own first."""
        live = self.search(
            [("company_id", "in", companies.ids), ("date_withdrawn", "=", False)]
        )
        own_last = live.sorted(lambda r: r.partner_id == r.company_id.partner_id)
        return {(r.company_id, r.service): r for r in own_last}

    def _adopt_dossiers(self):
        """Give the dossiers that waited for a registration this one.

        Those, too, of a withdrawn registration that doesn't cover them.
        """
        # sudo: whose dossiers they are doesn't matter
        orders = self.env["sale.order"].sudo()
        withdrawn = Domain("kmop_registration_id.date_withdrawn", "!=", False)
        found = orders.search(
            Domain("company_id", "in", self.company_id.ids)
            & Domain("kmop_service", "in", self.mapped("service"))
            & (Domain("kmop_registration_id", "=", False) | withdrawn)
        )
        waiting = found.filtered(lambda order: not order._kmop_is_covered())
        self.env.add_to_compute(orders._fields["kmop_registration_id"], waiting)
        waiting._kmop_plan()
        self.env["kmop.satisfaction"]._follow(waiting)

    def write(self, vals):
        result = super().write(vals)
        if "user_id" in vals:
            self.milestone_ids._follow_responsible()
        return result

    def _kmop_get_registration(self):
        return self

    def _kmop_can_remind(self, _anchor):
        """Nothing of what ended; what ended lately is told once."""
        return self.active and not self.date_withdrawn

    # ------------------------------------------------------------------- actions

    def action_start_audit(self):
        return self.start_audit()._get_form_action()

    def action_start_renewal(self):
        return self.start_renewal()._get_form_action()

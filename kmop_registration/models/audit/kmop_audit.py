from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ...tools import ignore_caller_context, read_day, read_records, read_text

STATES = [
    ("draft", "Draft"),
    ("requested", "Requested"),
    ("planned", "Planned"),
    ("visited", "Visited"),
    ("decided", "Decided"),
    ("cancelled", "Cancelled"),
]

# Which state may follow which; planning again moves the visit.
TRANSITIONS = {
    "draft": {"requested", "cancelled"},
    "requested": {"planned", "cancelled"},
    "planned": {"planned", "visited", "cancelled"},
    "visited": {"decided", "cancelled"},
    "decided": set(),
    "cancelled": set(),
}

OPEN_STATES = tuple(state for state, following in TRANSITIONS.items() if following)

# What comes with the report, which may follow the decision.
REPORT_FIELDS = frozenset({"date_reported", "report_attachment_ids"})

OUTCOMES = [
    ("positive", "Positive"),
    ("conditional", "Conditional"),
    ("negative", "Negative"),
]


class KmopAudit(models.Model):
    """One audit of one part of a registration's track."""

    _name = "kmop.audit"
    _description = "kmop-norm audit"
    _inherit = [
        "kmop.guarded.mixin",
        "kmop.anchored.mixin",
        "kmop.attached.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _kmop_anchors = {
        "audit_requested": "date_requested",
        "audit_planned": "date_planned",
        "audit_visited": "date_visited",
        "audit_decided": "date_decided",
    }
    _kmop_anchor_triggers = frozenset({"state", "user_id"})
    _attachment_field = "report_attachment_ids"
    _order = "registration_id, cycle desc, id desc"
    _check_company_auto = True
    _guarded_fields = frozenset(
        {
            "state",
            "outcome",
            "cancel_reason",
            "date_requested",
            "date_planned",
            "date_visited",
            "date_decided",
        }
    )
    # A finding may be entered after the decision, when the report has come.
    _free_fields = {
        "decided": frozenset({"finding_ids", "access_ids"}),
        "cancelled": frozenset({"access_ids"}),
    }

    registration_id = fields.Many2one(
        "kmop.registration",
        required=True,
        index=True,
        ondelete="cascade",
        tracking=True,
    )
    company_id = fields.Many2one(
        related="registration_id.company_id", store=True, index=True
    )
    partner_id = fields.Many2one(
        related="registration_id.partner_id", string="Provider"
    )
    service = fields.Selection(related="registration_id.service")
    cycle = fields.Integer(compute="_compute_cycle", store=True, precompute=True)
    part_id = fields.Many2one(
        "kmop.track.part",
        required=True,
        ondelete="restrict",
        compute="_compute_part_id",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
    )
    kind = fields.Selection(related="part_id.audit_kind", store=True)
    norm_id = fields.Many2one(
        "kmop.norm",
        required=True,
        ondelete="restrict",
        default=lambda self: self._default_norm_id(),
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        tracking=True,
    )
    date_requested = fields.Date(
        readonly=True, copy=False, string="Requested on", tracking=True
    )
    date_planned = fields.Date(
        readonly=True, copy=False, string="Planned visit", tracking=True
    )
    date_visited = fields.Date(
        readonly=True, copy=False, string="Visited on", tracking=True
    )
    date_reported = fields.Date(copy=False, string="Report received on", tracking=True)
    date_decided = fields.Date(
        readonly=True, copy=False, string="Decided on", tracking=True
    )
    state = fields.Selection(
        STATES, required=True, default="draft", readonly=True, copy=False, tracking=True
    )
    is_open = fields.Boolean(compute="_compute_is_open")
    outcome = fields.Selection(OUTCOMES, readonly=True, copy=False, tracking=True)
    cancel_reason = fields.Text(
        string="Reason of the cancellation", readonly=True, copy=False, tracking=True
    )
    report_attachment_ids = fields.Many2many(
        "ir.attachment",
        string="Audit report",
        copy=False,
        bypass_search_access=True,
    )
    can_add_report = fields.Boolean(compute="_compute_can_add_report")
    note = fields.Html()
    period_ids = fields.One2many("kmop.registration.period", "audit_id")
    score_ids = fields.One2many("kmop.audit.score", "audit_id")
    finding_ids = fields.One2many("kmop.finding", "audit_id")
    carried_finding_ids = fields.Many2many(
        "kmop.finding",
        string="Carried findings",
        compute="_compute_carried_finding_ids",
        help="Of this registration, found before this audit, and not closed yet.",
    )
    score_count = fields.Integer(compute="_compute_score_count")
    previous_audit_id = fields.Many2one(
        "kmop.audit",
        string="Re-audit of",
        compute="_compute_previous_audit_id",
        help="The latest decided audit of the same part, that didn't grant it in full.",
    )

    _open_uniq = models.UniqueIndex(
        "(registration_id, cycle, part_id)"
        " WHERE state IN ('draft', 'requested', 'planned', 'visited')",
        "This part has an open audit already.",
    )

    def _default_norm_id(self):
        return self.env["kmop.norm"]._in_force_on(self._get_today())

    # ------------------------------------------------------------------ computes

    @api.depends("registration_id.partner_id.name", "part_id.name", "date_planned")
    def _compute_display_name(self):
        for audit in self:
            names = [audit.part_id.name, audit.registration_id.display_name]
            audit.display_name = ", ".join(filter(None, names))

    @api.depends("registration_id")
    def _compute_part_id(self):
        for audit in self.filtered("is_open"):
            audit.part_id = audit.registration_id.next_part_id

    @api.depends("registration_id")
    def _compute_cycle(self):
        # Taken once: a renewal doesn't move the audits of earlier cycles.
        for audit in self:
            audit.cycle = audit.registration_id.cycle

    @api.depends("state")
    def _compute_is_open(self):
        for audit in self:
            audit.is_open = bool(TRANSITIONS.get(audit.state))

    @api.depends("state", "report_attachment_ids")
    def _compute_can_add_report(self):
        """A report may follow the decision; one that is there is kept."""
        for audit in self:
            # In a form, the files that are being added don't count yet.
            stored = audit._origin.report_attachment_ids
            late = audit.state == "decided" and not stored
            audit.can_add_report = audit.is_open or late

    def _compute_score_count(self):
        groups = self.env["kmop.audit.score"]._read_group(
            [("audit_id", "in", self.ids)], ["audit_id"], ["__count"]
        )
        counts = {audit.id: count for audit, count in groups}
        for audit in self:
            audit.score_count = counts.get(audit.id, 0)

    @api.depends("registration_id.audit_ids.outcome", "part_id", "cycle")
    def _compute_previous_audit_id(self):
        for audit in self:
            earlier = audit.registration_id.audit_ids.filtered(
                lambda other, audit=audit: (
                    other.part_id == audit.part_id
                    and other.cycle == audit.cycle
                    and other.state == "decided"
                    and other._origin.id < (audit._origin.id or float("inf"))
                )
            )
            audit.previous_audit_id = earlier.sorted("id")[-1:]

    @api.depends(
        "date_visited",
        "state",
        "registration_id.finding_ids.state",
        "registration_id.finding_ids.audit_id",
        "registration_id.finding_ids.date_found",
    )
    def _compute_carried_finding_ids(self):
        for audit in self:
            domain = audit._carried_findings_domain()
            findings = audit.registration_id.finding_ids
            audit.carried_finding_ids = findings.filtered_domain(domain)

    def _carried_findings_domain(self):
        """Return the domain of what this audit will come back to."""
        if self.state == "cancelled":
            return Domain.FALSE
        carried = self.env["kmop.finding"]._live_domain() & Domain(
            "audit_id", "!=", self._origin.id
        )
        if self.date_visited:
            carried &= Domain("date_found", "<", self.date_visited)
        return carried

    # --------------------------------------------------------------- constraints

    @api.constrains("registration_id", "part_id")
    def _check_part_order(self):
        for audit in self.filtered("is_open"):
            if audit.registration_id.date_withdrawn:
                raise ValidationError(self.env._("This registration is withdrawn."))
            expected = audit.registration_id._get_next_part()
            if audit.part_id != expected:
                raise ValidationError(audit._get_order_message(expected))

    def _get_order_message(self, expected):
        if not expected:
            return self.env._("All parts of this track are granted: start the renewal.")
        return self.env._(
            "%(part)s can't be audited now: the next part of this registration is"
            " %(expected)s.",
            part=self.part_id.display_name,
            expected=expected.display_name,
        )

    def _get_kept_message(self):
        if self.state != "draft":
            return self.env._("An audit that was requested is kept: cancel it.")
        return super()._get_kept_message()

    def _get_closed_message(self, names):
        return self.env._(
            "%(audit)s is %(state)s and read-only: %(fields)s can't change any more.",
            audit=self.display_name,
            state=self._get_state_label().lower(),
            fields=self._get_labels(names),
        )

    def _get_state_label(self, state=None):
        labels = dict(self._fields["state"]._description_selection(self.env))
        return labels[state or self.state]

    # ---------------------------------------------------------------------- CRUD

    @api.model_create_multi
    def create(self, vals_list):
        audits = super().create(vals_list)
        audits._create_scores()
        return audits

    def _get_free_fields(self):
        """A report can follow the decision; one that is there is kept."""
        free = super()._get_free_fields()
        late = self.state == "decided" and self.can_add_report
        return free | REPORT_FIELDS if late else free

    @api.model
    def _get_kept_domain(self):
        return Domain("state", "not in", OPEN_STATES)

    # ---------------------------------------------------------------- public API

    @ignore_caller_context
    def request(self, bureau, date=None):
        """Record that the audit is asked of ``bureau`` (a partner or its id).

        :param date: day of the request, today by default
        Raises UserError where the state forbids it or the date is in the future.
        """
        self.ensure_one()
        bureau = read_records(self.env["res.partner"], bureau)[:1]
        if not bureau:
            raise UserError(self.env._("Choose the audit bureau first."))
        day = self._get_past_day(date)
        self._move("requested", {"bureau_id": bureau.id, "date_requested": day})

    @ignore_caller_context
    def plan(self, date):
        """Record the day of the visit; planning again moves it.

        Raises UserError where the state forbids it or the day is before the request.
        """
        self.ensure_one()
        day = read_day(self.env, date)
        if not day:
            raise UserError(self.env._("Give the date of the visit."))
        self._check_order(self.date_requested, day)
        self._move("planned", {"date_planned": day})

    @ignore_caller_context
    def visit(self, date=None):
        """Record that the auditor came on ``date``, today by default."""
        self.ensure_one()
        day = self._get_past_day(date)
        self._check_order(self.date_requested, day)
        self._move("visited", {"date_visited": day})

    @ignore_caller_context
    def decide(
        self,
        outcome,
        registration_date=None,
        number=None,
        date_end=None,
        reason=None,
        date_decided=None,
    ):
        """Record the decision and grant the period that follows from it.

        :param outcome: ``positive``, ``conditional`` or ``negative``
        :param registration_date: the date on the attest, where the rule gives another
        :param date_end: the last day on the attest, where the rule gives another
        :param reason: why a date differs from the rule
        :param date_decided: day of the decision, today by default
        Raises UserError where the state, a date or a missing reason forbids it.
        """
        self.ensure_one()
        if not isinstance(outcome, str) or outcome not in dict(OUTCOMES):
            raise UserError(self.env._("Choose the outcome of the audit."))
        day = self._get_past_day(date_decided)
        self._check_order(self.date_visited, day)
        self._adopt_attachments()
        self._move("decided", {"outcome": outcome, "date_decided": day}, reason)
        if outcome != "negative":
            self._grant(registration_date, date_end, reason)
        if number := read_text(self.env, number):
            self.registration_id.number = number
        self.env["kmop.audit.decision"]._keep(self)

    @ignore_caller_context
    def cancel(self, reason):
        """Stop open audits; what was recorded stays.

        Raises UserError without a reason, or where one is decided.
        """
        reason = self._get_text(
            reason, self.env._("Give the reason of the cancellation.")
        )
        for audit in self:
            audit._move("cancelled", {"cancel_reason": reason}, reason)

    # ----------------------------------------------------------------- internals

    def _move(self, state, vals, reason=None):
        """Make one step of the transition table, alone on this registration."""
        self.check_access("write")
        self.registration_id._lock()
        if state not in TRANSITIONS[self.state]:
            raise UserError(
                self.env._(
                    "%(audit)s is %(current)s: it can't become %(wanted)s.",
                    audit=self.display_name,
                    current=self._get_state_label().lower(),
                    wanted=self._get_state_label(state).lower(),
                )
            )
        self._transition({"state": state, **vals}, reason=reason)
        # sudo: who records the step need not see the schedule
        self.registration_id.sudo().milestone_ids._review()

    def _kmop_can_remind(self, _anchor):
        return self.state != "cancelled"

    def _kmop_get_part(self):
        return self.part_id

    def _kmop_get_audit(self):
        return self

    def _create_scores(self):
        """Give each audit a line for each indicator of its norm and service."""
        Indicator = self.env["kmop.indicator"]
        tested = {
            key: Indicator._get_tested(*key)
            for key in {(audit.norm_id, audit.service) for audit in self}
        }
        self.env["kmop.audit.score"].create(
            [
                {"audit_id": audit.id, "indicator_id": indicator.id}
                for audit in self
                for indicator in tested[audit.norm_id, audit.service]
            ]
        )

    def _get_preceding(self):
        """Return the decided audit that came before this one, of whatever part."""
        decided = self.registration_id.audit_ids.filtered(
            lambda other: other.state == "decided" and other != self._origin
        )
        if self.state == "decided":
            key = (self.date_decided, self.id)
            decided = decided.filtered(
                lambda other: (other.date_decided, other.id) < key
            )
        return decided.sorted(lambda other: (other.date_decided, other.id))[-1:]

    def _known_on(self, day):
        """Return those that were under way on ``day``, or were decided by then."""
        return self.filtered(
            lambda a: (
                (a.date_requested or day) <= day and (a.date_decided or day) <= day
            )
        )

    def _get_reference_date(self):
        """Return the day for which the dossier must be ready, today where unknown."""
        return self.date_visited or self.date_planned or self._get_today()

    def _get_exemptions(self):
        """Return the exemptions by certificate that count for this audit."""
        return self.registration_id._get_exemptions(self._get_reference_date())

    def _grant(self, registration_date, date_end, reason):
        Period = self.env["kmop.registration.period"]
        vals = Period._prepare_grant(self, registration_date, date_end, reason)
        # sudo: the period's link to its audit is set here only
        return Period.sudo().create(vals)

    def _check_order(self, before, day):
        if before and day < before:
            raise UserError(
                self.env._(
                    "%(day)s is before %(before)s, the step that comes first.",
                    day=format_date(self.env, day),
                    before=format_date(self.env, before),
                )
            )

    # ------------------------------------------------------------------- actions

    @api.readonly
    def action_open_scores(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "kmop_registration.kmop_audit_score_action"
        )
        action["domain"] = [("audit_id", "=", self.id)]
        return action

    def _get_form_action(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

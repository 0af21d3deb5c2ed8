from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain

from ...tools import ignore_caller_context, read_text

STATES = [
    ("open", "Open"),
    ("proposed", "Measure proposed"),
    ("checking", "In effect check"),
    ("closed", "Closed"),
    ("cancelled", "Cancelled"),
]

LIVE_STATES = ("open", "proposed", "checking")

# Per step: the state that it leads to, from each state where it is possible.
TRANSITIONS = {
    "propose": {"open": "proposed"},
    "implement": {"proposed": "checking"},
    "confirm": {"checking": "closed"},
    "reopen": {"checking": "open"},
    "refuse": {"proposed": "open"},
    "cancel": dict.fromkeys(LIVE_STATES, "cancelled"),
}

ORIGINS = [
    ("audit", "Audit"),
    ("self_assessment", "Self-assessment"),
    ("complaint", "Complaint"),
    ("evaluation", "Evaluation"),
]

SEVERITIES = [
    ("attention", "Point of attention"),
    ("minor", "Minor non-conformity"),
    ("major", "Major non-conformity"),
]

ACTIVITY_TYPE = "kmop_registration.mail_activity_type_finding"
REPORT = "kmop_registration.kmop_finding_report"


class KmopFinding(models.Model):
    """A line of the improvement register: what was found, and what was done."""

    _name = "kmop.finding"
    _description = "Finding"
    _inherit = [
        "kmop.guarded.mixin",
        "kmop.anchored.mixin",
        "kmop.sourced.mixin",
        "kmop.evidence.source",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date_deadline, id"
    _check_company_auto = True
    _kmop_user_field = "user_id"
    _kmop_anchors = {"finding_deadline": "date_deadline"}
    _kmop_anchor_triggers = frozenset({"state", "user_id"})
    _guarded_fields = frozenset(
        {
            "state",
            "date_proposed",
            "date_measured",
            "effect_ok",
            "effect_note",
            "checked_by_id",
            "date_checked",
            "refuse_reason",
            "cancel_reason",
        }
    )
    _free_fields = {"closed": frozenset(), "cancelled": frozenset()}

    name = fields.Char(required=True, string="Finding")
    registration_id = fields.Many2one(
        "kmop.registration",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        compute="_compute_registration_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    company_id = fields.Many2one(
        related="registration_id.company_id", store=True, index=True
    )
    origin = fields.Selection(
        ORIGINS, required=True, default="self_assessment", tracking=True
    )
    audit_id = fields.Many2one(
        "kmop.audit",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('registration_id', '=?', registration_id)]",
        help="Also a decided one: its report can come later.",
    )
    requirement_id = fields.Many2one(
        "kmop.requirement",
        ondelete="restrict",
        compute="_compute_requirement_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    indicator_id = fields.Many2one(
        "kmop.indicator",
        index="btree_not_null",
        ondelete="restrict",
        domain="[('requirement_id', '=?', requirement_id)]",
    )
    severity = fields.Selection(
        SEVERITIES, required=True, default="attention", tracking=True
    )
    description = fields.Text(help="What was seen, where, and against what it is held.")
    date_found = fields.Date(
        string="Found on",
        required=True,
        default=lambda self: self._default_date_found(),
        tracking=True,
    )
    date_deadline = fields.Date(
        string="Deadline",
        required=True,
        index=True,
        compute="_compute_date_deadline",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        required=True,
        index=True,
        default=lambda self: self.env.user,
        domain=lambda self: self._user_domain(),
        check_company=True,
        tracking=True,
    )
    cause = fields.Text(help="Why it could happen: what the measure has to take away.")
    measure = fields.Text(string="Corrective measure", copy=False, tracking=True)
    date_proposed = fields.Date(string="Proposed on", readonly=True, copy=False)
    date_measured = fields.Date(
        string="Carried out on", readonly=True, copy=False, tracking=True
    )
    refuse_reason = fields.Text(
        string="Reason of the refusal", readonly=True, copy=False, tracking=True
    )
    effect_ok = fields.Boolean(
        string="Effective", readonly=True, copy=False, tracking=True
    )
    effect_note = fields.Text(
        string="Effect check", readonly=True, copy=False, tracking=True
    )
    checked_by_id = fields.Many2one(
        "res.users", string="Checked by", readonly=True, copy=False
    )
    date_checked = fields.Date(string="Checked on", readonly=True, copy=False)
    cancel_reason = fields.Text(
        string="Reason of the cancellation", readonly=True, copy=False, tracking=True
    )
    state = fields.Selection(
        STATES,
        required=True,
        default="open",
        readonly=True,
        copy=False,
        tracking=True,
        group_expand="_group_expand_states",
    )
    # Not stored: depends on today. Searched on the stored deadline.
    overdue = fields.Boolean(compute="_compute_overdue", search="_search_overdue")

    _deadline_after_found = models.Constraint(
        "CHECK (date_deadline >= date_found)",
        "The deadline can't be before the day of the finding.",
    )
    _live_idx = models.Index(
        "(registration_id, date_found) WHERE state IN ('open', 'proposed', 'checking')"
    )

    def _default_date_found(self):
        return self._get_today()

    @api.model
    def _user_domain(self):
        group = self.env.ref("kmop_registration.group_kmop_user")
        return [("share", "=", False), ("all_group_ids", "in", group.ids)]

    @api.model
    def _choose_user(self, company, concerned):
        """Return who looks into something: of ``concerned``, else of the company."""
        domain = Domain(self._user_domain()) & Domain("company_ids", "in", company.ids)
        users = concerned.filtered_domain(domain & Domain("active", "=", True))
        return users[:1] or self.env["res.users"].search(domain, limit=1, order="id")

    @api.model
    def _group_expand_states(self, states, _domain):
        """Return the columns in the order of the work; the end states where used."""
        return [state for state, _label in STATES if state in {*states, *LIVE_STATES}]

    # ------------------------------------------------------------------ computes

    @api.depends("audit_id")
    def _compute_registration_id(self):
        default = self.env["kmop.evidence"]._default_registration_id()
        for finding in self.filtered(lambda f: not f.registration_id):
            finding.registration_id = finding.audit_id.registration_id or default

    @api.depends("indicator_id")
    def _compute_requirement_id(self):
        for finding in self.filtered("indicator_id"):
            finding.requirement_id = finding.indicator_id.requirement_id

    @api.depends("date_found", "registration_id")
    def _compute_date_deadline(self):
        # Proposed once: a saved deadline is an appointment.
        for finding in self.filtered(lambda f: not f._origin and f.date_found):
            company = finding.registration_id.company_id or self.env.company
            term = relativedelta(months=company.kmop_corrective_months)
            finding.date_deadline = finding.date_found + term

    @api.depends("state", "date_deadline")
    def _compute_overdue(self):
        self.overdue = False
        self.filtered_domain(self._overdue_domain()).overdue = True

    @api.model
    def _search_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        overdue = self._overdue_domain()
        return Domain.OR(overdue if wanted else ~overdue for wanted in value)

    @api.model
    def _live_domain(self):
        """Return the domain of what still asks for something."""
        return Domain("state", "in", LIVE_STATES)

    @api.model
    def _overdue_domain(self):
        """Return the domain of what is late today: the deadline itself is in time.

        The one definition behind both compute and search: they can't disagree.
        """
        return self._live_domain() & self.env["res.company"]._kmop_day_domain(
            lambda today: Domain("date_deadline", "<", today)
        )

    # --------------------------------------------------------------- constraints

    @api.constrains("date_found")
    def _check_date_found(self):
        if any(f.date_found > f.company_id._kmop_today() for f in self):
            raise ValidationError(self.env._("A finding can't be of a day to come."))

    @api.constrains("origin", "audit_id", "registration_id")
    def _check_audit(self):
        for finding in self:
            if finding.origin == "audit" and not finding.audit_id:
                raise ValidationError(
                    self.env._("Choose the audit that it comes from.")
                )
            registration = finding.audit_id.registration_id
            if registration and registration != finding.registration_id:
                raise ValidationError(
                    self.env._(
                        "%(audit)s isn't an audit of this registration.",
                        audit=finding.audit_id.display_name,
                    )
                )

    @api.constrains("indicator_id", "requirement_id", "audit_id", "registration_id")
    def _check_indicator(self):
        for finding in self:
            if message := finding._get_indicator_error():
                raise ValidationError(message)

    def _get_indicator_error(self):
        norm, indicator = self.audit_id.norm_id, self.indicator_id
        requirement = self.requirement_id
        if norm and requirement and requirement.norm_id != norm:
            return self.env._(
                "%(requirement)s isn't of the norm of this audit, %(norm)s.",
                requirement=requirement.display_name,
                norm=norm.display_name,
            )
        if not indicator:
            return None
        values = {"indicator": indicator.display_name}
        if indicator.requirement_id != requirement:
            return self.env._("%(indicator)s is of another requirement.", **values)
        if indicator.service not in (self.registration_id.service, "both"):
            return self.env._("%(indicator)s is of another service.", **values)
        return None

    def _get_free_fields(self):
        free = super()._get_free_fields()
        if free is None and self.audit_id.state == "decided":
            return frozenset(self._fields) - {"audit_id", "registration_id"}
        return free

    def _get_kept_message(self):
        if self.state not in LIVE_STATES:
            return self.env._("A finding that is closed or cancelled is kept.")
        if self.audit_id.state == "decided":
            return self._get_decided_message()
        if self.state != "open" or self.date_proposed:
            return self.env._(
                "A finding that a measure was proposed for is kept: cancel it."
            )
        return super()._get_kept_message()

    def _get_decided_message(self):
        return self.env._("A finding of a decided audit stays with it: cancel it.")

    def _get_closed_message(self, names):
        if self.state in LIVE_STATES:
            return self._get_decided_message()
        return self.env._(
            "%(finding)s is closed or cancelled, and read-only.", finding=self.name
        )

    # ----------------------------------------------------------------- milestones

    def _kmop_can_remind(self, _anchor):
        return self.state in LIVE_STATES

    # ---------------------------------------------------------------------- CRUD

    @api.model_create_multi
    def create(self, vals_list):
        findings = super().create(vals_list)
        findings._schedule_activities()
        return findings

    def write(self, vals):
        self._check_writable(vals)
        result = super().write(vals)
        if {"date_deadline", "user_id"} & vals.keys():
            self._schedule_activities()
        return result

    def _check_writable(self, vals):
        proposed = self.filtered(lambda f: f.state in ("proposed", "checking"))
        if proposed and "measure" in proposed._get_changed_fields(vals):
            raise UserError(
                self.env._("A proposed measure can't change: refuse it first.")
            )

    # ---------------------------------------------------------------- public API

    @ignore_caller_context
    def propose(self, measure=None):
        """Propose ``measure``, or the one that was filled in already.

        Raises UserError where there is none or the state forbids it.
        """
        self.ensure_one()
        measure = read_text(self.env, measure or self.measure)
        if not measure:
            raise UserError(self.env._("Describe the corrective measure first."))
        self._move(
            "propose",
            {
                "measure": measure,
                "date_proposed": self._get_today(),
                "date_measured": False,
                "refuse_reason": False,
            },
            measure,
        )

    @ignore_caller_context
    def implement(self, date=None):
        """Record that the measure was carried out on ``date``, today by default.

        Raises UserError where the state forbids it, for a day to come or one before
        the finding.
        """
        day = self._get_past_day(date)
        if any(day < finding.date_found for finding in self):
            raise UserError(
                self.env._("A measure can't be carried out before the finding.")
            )
        self._move("implement", {"date_measured": day})

    @ignore_caller_context
    def check_effect(self, ok, note):
        """Record whether the measure helped: it closes the finding, or reopens it.

        :param note: how that was seen
        Raises UserError without a note, or where the state forbids it.
        """
        self._check_officer()
        note = self._get_text(note, self.env._("Say how the effect was checked."))
        for company, findings in self.grouped("company_id").items():
            findings._move(
                "confirm" if ok else "reopen",
                {
                    "effect_ok": bool(ok),
                    "effect_note": note,
                    "checked_by_id": self.env.uid,
                    "date_checked": company._kmop_today(),
                },
                note,
            )

    @ignore_caller_context
    def refuse(self, reason):
        """Refuse the proposed measure: the finding is open again.

        Raises UserError without a reason, or where the state forbids it.
        """
        self._check_officer()
        reason = self._get_text(reason, self.env._("Give the reason of the refusal."))
        self._move("refuse", {"refuse_reason": reason}, reason)

    @ignore_caller_context
    def cancel(self, reason):
        """Stop findings that turn out to be none; what was recorded stays.

        Raises UserError without a reason, or where one is closed.
        """
        self._check_officer()
        reason = self._get_text(
            reason, self.env._("Give the reason of the cancellation.")
        )
        self._move("cancel", {"cancel_reason": reason}, reason)

    @ignore_caller_context
    def add_report_as_evidence(self):
        """Make evidence of the report of each finding; return it.

        Raises UserError for what is cancelled, or evidence already.
        """
        kind = self.env.ref("kmop_registration.kmop_evidence_type_improvement")
        values = []
        for company, findings in self.grouped("company_id").items():
            evidence_type = kind._for_company(company)
            findings._check_reportable(evidence_type)
            values += [f._prepare_report_evidence(evidence_type) for f in findings]
        return self.env["kmop.evidence"].create(values)

    # ----------------------------------------------------------------- internals

    def _check_officer(self):
        officer = "kmop_registration.group_kmop_officer"
        if not (self.env.su or self.env.user.has_group(officer)):
            raise UserError(self.env._("Only a quality officer judges measures."))

    def _move(self, step, vals, reason=None):
        """Make one step of the transition table, together with what it records."""
        self.check_access("write")
        self._lock()
        targets = TRANSITIONS[step]
        if wrong := self.filtered(lambda f: f.state not in targets)[:1]:
            raise UserError(wrong._get_step_error())
        for state, findings in self.grouped(lambda f: targets[f.state]).items():
            findings._transition({"state": state, **vals}, reason=reason)
            findings._follow_up(state)

    def _get_step_error(self):
        labels = dict(self._fields["state"]._description_selection(self.env))
        return self.env._(
            "%(finding)s is %(state)s: this step isn't possible now.",
            finding=self.name,
            state=labels[self.state].lower(),
        )

    # ---------------------------------------------------------------- activities

    def _schedule_activities(self):
        """Have one activity per live finding, on its deadline, for its responsible."""
        # sudo: it follows from the finding, whoever recorded that
        for finding in self.sudo().filtered(lambda f: f.state in LIVE_STATES):
            vals = {
                "date_deadline": finding.date_deadline,
                "user_id": finding.user_id.id,
            }
            if activities := finding.activity_search([ACTIVITY_TYPE]):
                activities.write(vals)
            else:
                finding.activity_schedule(ACTIVITY_TYPE, **vals)

    def _follow_up(self, state):
        """Keep the activities in step with the ``state`` that was reached."""
        if state == "open":
            self._schedule_activities()
        elif state == "closed":
            self.activity_feedback([ACTIVITY_TYPE], feedback=self[:1].effect_note)
        elif state == "cancelled":
            self.activity_unlink([ACTIVITY_TYPE])

    # ------------------------------------------------------------------ evidence

    def _kmop_date_effective(self):
        return self.date_checked or self.company_id._kmop_today()

    def _check_reportable(self, evidence_type):
        for finding in self:
            if finding.state == "cancelled":
                raise UserError(
                    self.env._(
                        "%(finding)s is cancelled: its report is no evidence.",
                        finding=finding.name,
                    )
                )
            if finding._kmop_get_linked(finding.registration_id, evidence_type):
                raise UserError(
                    self.env._(
                        "The report of %(finding)s is among the evidence already.",
                        finding=finding.name,
                    )
                )

    def _prepare_report_evidence(self, evidence_type):
        attachment = self.env["ir.attachment"].create(self._prepare_report_file())
        indicators = evidence_type._get_indicators(self.registration_id)
        return {
            **self._prepare_kmop_evidence(self.registration_id, evidence_type),
            "indicator_ids": [Command.set((indicators | self.indicator_id).ids)],
            "attachment_ids": [Command.link(attachment.id)],
        }

    def _prepare_report_file(self):
        ending, content = self._kmop_render_report(REPORT, self)
        mimetype = "application/pdf" if ending == "pdf" else "text/html"
        name = f"{self._get_report_name()}.{ending}".replace("/", "-")
        return {"name": name, "raw": content, "mimetype": mimetype}

    def _kmop_evidence_name(self):
        return self._get_report_name()

    def _get_report_lang(self):
        responsible = self.registration_id.user_id or self.company_id
        return responsible.partner_id.lang or self.env.lang

    def _get_report_name(self):
        env = self.with_context(lang=self._get_report_lang()).env
        return env._("Improvement report - %(finding)s", finding=self.name)

    # ------------------------------------------------------------------- actions

    def action_propose(self):
        self.propose()

    def action_implement(self):
        self.implement()

    def action_add_report(self):
        evidences = self.add_report_as_evidence()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "kmop_registration.kmop_evidence_action"
        )
        if len(evidences) == 1:
            return {**action, "res_id": evidences.id, "views": [(False, "form")]}
        return {**action, "domain": [("id", "in", evidences.ids)]}

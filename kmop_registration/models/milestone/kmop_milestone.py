from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ...tools import format_day, ignore_caller_context, read_text

STATES = [
    ("planned", "Planned"),
    ("sent", "Reminded"),
    ("done", "Done"),
    ("superseded", "Superseded"),
    ("cancelled", "Cancelled"),
]

# What a milestone by hand may be given; one by a rule follows the rule.
EDITABLE = {"title", "note", "date_planned", "date_anchor", "user_id"}


class KmopMilestone(models.Model):
    """A planned moment of a registration, and the reminder that goes with it."""

    _name = "kmop.milestone"
    _description = "Milestone"
    _inherit = ["kmop.guarded.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date_planned, id"
    _rec_names_search = ["title", "rule_id"]
    _check_company_auto = True
    _guarded_fields = frozenset(
        {
            "rule_id",
            "res_model",
            "res_id",
            "state",
            "date_sent",
            "date_closed",
            "closed_by_id",
            "close_reason",
            "is_moved",
            "date_escalation",
            "date_escalated",
            "error",
            "date_error",
            "todo_id",
        }
    )

    name = fields.Char(compute="_compute_name")
    title = fields.Char()
    note = fields.Text(string="Own instruction")
    instruction = fields.Text(compute="_compute_name", string="What to do")
    registration_id = fields.Many2one(
        "kmop.registration",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="registration_id.company_id", store=True, index=True
    )
    rule_id = fields.Many2one(
        "kmop.milestone.rule",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Empty: planned by hand.",
    )
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(
        string="Record", model_field="res_model", readonly=True
    )
    record_name = fields.Char(compute="_compute_record_name", string="About")
    is_orphan = fields.Boolean(
        string="Orphaned",
        compute="_compute_is_orphan",
        help="What it was about is deleted.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Done by",
        index="btree_not_null",
        default=lambda self: self.env.user,
    )
    date_anchor = fields.Date(
        string="Reference date",
        required=True,
        compute="_compute_date_anchor",
        store=True,
        readonly=False,
        precompute=True,
    )
    date_name = fields.Char(string="Kind of date", compute="_compute_date_name")
    date_planned = fields.Date(required=True, string="Remind on")
    state = fields.Selection(STATES, required=True, default="planned", readonly=True)
    date_sent = fields.Datetime(readonly=True, string="Reminded on", copy=False)
    date_closed = fields.Datetime(readonly=True, string="Closed on", copy=False)
    closed_by_id = fields.Many2one(
        "res.users", readonly=True, string="Closed by", copy=False
    )
    is_moved = fields.Boolean(
        readonly=True, copy=False, help="Superseded for its date only."
    )
    close_reason = fields.Text(readonly=True, string="Why", copy=False)
    date_escalation = fields.Date(readonly=True, string="Escalates on", copy=False)
    date_escalated = fields.Datetime(readonly=True, string="Escalated on", copy=False)
    error = fields.Text(readonly=True, copy=False)
    date_error = fields.Date(readonly=True, string="Failed on", copy=False)
    reminder_ids = fields.One2many("kmop.reminder", "milestone_id", string="Reminders")
    todo_id = fields.Many2one(
        "mail.activity",
        string="To-do",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The to-do made for this milestone: marking it as done closes it.",
    )
    # Mail templates of databases that were updated still ask for it.
    has_deadline = fields.Boolean(
        compute="_compute_days", help="It reminds of a date to come, not of one past."
    )
    days_left = fields.Integer(compute="_compute_days", help="Until the deadline.")
    days_late = fields.Integer(
        compute="_compute_days", help="Since the planned reminder."
    )

    _once = models.UniqueIndex(
        "(rule_id, res_model, res_id, date_anchor) WHERE rule_id IS NOT NULL",
        "This milestone is planned already.",
    )
    _due_idx = models.Index("(date_planned) WHERE state = 'planned'")
    _escalation_idx = models.Index(
        "(date_escalation) WHERE state = 'sent' AND date_escalation IS NOT NULL"
    )
    _record_idx = models.Index("(res_model, res_id)")
    _titled = models.Constraint(
        "CHECK (rule_id IS NOT NULL OR title IS NOT NULL)",
        "Say what the milestone is.",
    )

    # ------------------------------------------------------------------ computes

    @api.depends("title", "note", "rule_id.name", "rule_id.instruction")
    @api.depends_context("lang")
    def _compute_name(self):
        for milestone in self:
            # sudo: who has something to do needn't be allowed to read the schedule
            rule = milestone.sudo().rule_id
            milestone.name = rule.name or milestone.title
            milestone.instruction = rule.instruction or milestone.note

    @api.depends("name", "date_anchor")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for milestone in self:
            day = format_date(self.env, milestone.date_anchor)
            milestone.display_name = f"{milestone.name} ({day})"

    @api.depends("res_model", "res_id", "registration_id")
    @api.depends_context("lang")
    def _compute_record_name(self):
        # sudo: who may read the milestone may know what it is about
        for milestone, record in self.sudo()._get_records().items():
            # An order's number says nothing to who must call its client.
            named = record.with_context(sale_show_partner_name=True)
            milestone.record_name = named.display_name

    @api.depends("rule_id.anchor")
    @api.depends_context("lang")
    def _compute_date_name(self):
        anchor_field = self.env["kmop.milestone.rule"]._fields["anchor"]
        anchors = dict(anchor_field._description_selection(self.env))
        for milestone in self:
            # sudo: as in _compute_name
            anchor = milestone.sudo().rule_id.anchor
            milestone.date_name = anchors.get(anchor) or self.env._("Deadline")

    @api.depends("res_model", "res_id")
    def _compute_is_orphan(self):
        for milestone, record in self._get_records().items():
            milestone.is_orphan = record._name != (milestone.res_model or record._name)

    @api.depends("date_planned")
    def _compute_date_anchor(self):
        for milestone in self:
            planned, anchor = milestone.date_planned, milestone.date_anchor
            if planned and not milestone.rule_id:
                anchor = max(anchor or planned, planned)
            milestone.date_anchor = anchor

    @api.depends("date_anchor", "date_planned")
    def _compute_days(self):
        self.days_left = self.days_late = self.has_deadline = 0
        for milestone in self.filtered("date_planned"):
            today = milestone.company_id._kmop_today()
            anchor, planned = milestone.date_anchor, milestone.date_planned
            milestone.days_left = (anchor - today).days
            milestone.days_late = max(0, (today - planned).days)
            milestone.has_deadline = planned <= anchor

    def _get_records(self):
        """Return what each milestone is about: by hand, its registration."""
        records = {}
        for model_name, milestones in self.grouped("res_model").items():
            found = self.env[model_name or "kmop.registration"].browse(
                milestones.mapped("res_id")
            )
            existing = {record.id: record for record in found.exists()}
            for milestone in milestones:
                records[milestone] = existing.get(
                    milestone.res_id, milestone.registration_id
                )
        return records

    def _get_record(self):
        """Return what one milestone is about, to be read with those of its batch."""
        if not self.res_model or self.is_orphan:
            return self.registration_id
        batch = self.browse(self._prefetch_ids)
        alike = batch.filtered(lambda m: m.res_model == self.res_model)
        record = self.env[self.res_model].browse(self.res_id)
        return record.with_prefetch(alike.mapped("res_id"))

    # ---------------------------------------------------------------------- CRUD

    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        """Add followers; the host asks per person, which a batch has done already."""
        if self.env.context.get("kmop_followed"):
            return True
        return super().message_subscribe(partner_ids, subtype_ids)

    def _get_free_fields(self):
        ended = self.state not in ("planned", "sent")
        return frozenset() if ended or self.rule_id else EDITABLE

    def _get_closed_message(self, names):
        # sudo: who has something to do needn't be allowed to read the schedule
        if rule := self.sudo().rule_id:
            return self.env._(
                "This milestone comes from the rule “%(rule)s”: change the rule"
                " instead.",
                rule=rule.name,
            )
        return super()._get_closed_message(names)

    def write(self, vals):
        result = super().write(vals)
        if "date_planned" in vals:
            self._wake_up()
        return result

    @api.model_create_multi
    def create(self, vals_list):
        milestones = super().create(vals_list)
        milestones._wake_up()
        return milestones

    def _get_kept_message(self):
        if self.rule_id or self.state != "planned":
            return self.env._("A milestone is kept: cancel it, and say why.")
        return super()._get_kept_message()

    # ---------------------------------------------------------------- public API

    @ignore_caller_context
    def mark_done(self, note=None):
        """Record that what these milestones ask for is done.

        :param note: what was done
        Raises UserError where one is over already.
        """
        note = read_text(self.env, note)
        self._close("done", note or self.env._("Marked as done."))

    @ignore_caller_context
    def cancel(self, reason):
        """Have these milestones remind nobody any more.

        Raises UserError without a reason, or where one is over already.
        """
        reason = self._get_text(
            reason, self.env._("Give the reason of the cancellation.")
        )
        self._close("cancelled", reason)

    # ----------------------------------------------------------------- internals

    def _close(self, state, reason):
        """End planned and sent milestones, with their to-dos."""
        if not self:
            return
        if over := self.filtered(lambda m: m.state not in ("planned", "sent"))[:1]:
            raise UserError(
                self.env._("%(milestone)s is over already.", milestone=over.name)
            )
        self._transition(
            {
                "state": state,
                "date_closed": fields.Datetime.now(),
                "closed_by_id": self.env.uid,
                "close_reason": reason,
                "error": False,
                "date_error": False,
            },
            reason=reason,
        )
        self._close_todos(state, reason)
        self.env["kmop.reminder"]._withdraw(self)

    def _close_todos(self, state, reason):
        # sudo: a to-do may be somebody else's
        todos = self.sudo().activity_ids
        if state == "done":
            todos._action_done(feedback=reason)
        else:
            todos.unlink()

    # ------------------------------------------------------------------- actions

    def action_done(self):
        self.mark_done()

    @api.readonly
    def action_open_record(self):
        self.ensure_one()
        record = self._get_record()
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }

    @api.model
    def _open_domain(self):
        return Domain("state", "in", ("planned", "sent"))

    def _describe_next(self):
        """Return ``{"id", "name", "when", "late": bool, "user": {"id", "name"} or
        False}``, as a card shows it.
        """
        today = self.company_id._kmop_today()
        user = self.user_id
        return {
            "id": self.id,
            "name": self.name,
            "when": self._get_when(today),
            "late": self.date_planned < today,
            "user": bool(user) and {"id": user.id, "name": user.name},
        }

    def _get_when(self, today):
        """Say when it is to be done, and how far off that is."""
        day = format_day(self.env, self.date_planned)
        days = (self.date_planned - today).days
        if abs(days) <= 1:
            return {
                -1: self.env._("Yesterday, %(day)s", day=day),
                0: self.env._("Today, %(day)s", day=day),
                1: self.env._("Tomorrow, %(day)s", day=day),
            }[days]
        if days < 0:
            return self.env._("%(day)s: %(days)s days late", day=day, days=-days)
        return self.env._("%(day)s: in %(days)s days", day=day, days=days)

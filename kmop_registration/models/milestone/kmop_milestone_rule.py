from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.tools import LazyTranslate

from ...tools import shift

_lt = LazyTranslate(__name__)

ANCHORS = [
    ("registration_start", "Start of the registration"),
    ("registration_end", "End of the registration"),
    ("audit_requested", "Request of an audit"),
    ("audit_planned", "Planned visit"),
    ("audit_visited", "Visit"),
    ("audit_decided", "Decision on an audit"),
    ("finding_deadline", "Deadline of a finding"),
    ("service_start", "Start of a service"),
    ("application_limit", "Last day for the client to apply"),
    ("service_end", "End of a service"),
    ("training_limit", "Last day on which a training may end"),
    ("evidence_review", "Review date of evidence"),
    ("exemption_end", "End of an exemption"),
]

# Each has a method in ``kmop.milestone._get_meters()``.
PURPOSES = [
    ("audit_requested", "the audit is requested"),
    ("audit_planned", "the visit is planned"),
    ("audit_visited", "the visit took place"),
    ("audit_decided", "the decision is known"),
    ("ready", "all indicators are supported"),
    ("document", "a document is there"),
    ("application", "the client applied for the subsidy"),
    ("complete", "the dossier is complete"),
]

# The offset in words: for one, and for several.
TIMINGS = {
    ("days", "before"): (_lt("1 day before"), _lt("%(number)s days before")),
    ("days", "after"): (_lt("1 day after"), _lt("%(number)s days after")),
    ("weeks", "before"): (_lt("1 week before"), _lt("%(number)s weeks before")),
    ("weeks", "after"): (_lt("1 week after"), _lt("%(number)s weeks after")),
    ("months", "before"): (_lt("1 month before"), _lt("%(number)s months before")),
    ("months", "after"): (_lt("1 month after"), _lt("%(number)s months after")),
}

# What decides when, for whom and whether a milestone is planned.
PLANNING = {
    "active",
    "anchor",
    "company_id",
    "offset_direction",
    "offset_number",
    "offset_unit",
    "part_ids",
    "role_id",
    "shared_id",
}


class KmopMilestoneRule(models.Model):
    """One line of the schedule: how long before or after which date to do what."""

    _name = "kmop.milestone.rule"
    _description = "Milestone rule"
    _inherit = ["kmop.versioned.mixin"]
    _order = "sequence, id"
    _check_company_auto = True

    shared_id = fields.Many2one(
        "kmop.milestone.rule",
        string="In place of",
        index="btree_not_null",
        ondelete="restrict",
        domain=[("company_id", "=", False)],
        help="The shared record that this one replaces for its company. Archive this"
        " one to use neither.",
    )
    version_ids = fields.One2many(
        "kmop.milestone.rule", "shared_id", context={"active_test": False}
    )
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    part_ids = fields.Many2many(
        "kmop.track.part",
        string="Parts",
        help="Parts of a track that this is for: the part to come, or that of the"
        " audit. Empty: all.",
    )
    anchor = fields.Selection(ANCHORS, required=True, default="registration_end")
    offset_direction = fields.Selection(
        [("before", "before"), ("after", "after")], required=True, default="before"
    )
    offset_number = fields.Integer(required=True, default=1)
    offset_unit = fields.Selection(
        [("days", "days"), ("weeks", "weeks"), ("months", "months")],
        required=True,
        default="months",
    )
    timing = fields.Char(string="When", compute="_compute_timing")
    instruction = fields.Text(
        string="What to do", translate=True, help="Shown in the mail and on the to-do."
    )
    purpose = fields.Selection(
        PURPOSES,
        string="Superfluous once",
        help="A milestone whose purpose is met sends nothing.",
    )
    document_type_id = fields.Many2one(
        "kmop.evidence.type", string="Document", ondelete="restrict", check_company=True
    )
    role_id = fields.Many2one(
        "kmop.milestone.role",
        string="Done by",
        ondelete="restrict",
        default=lambda self: self._default_role_id(),
        help="Empty, or nobody there: the responsible for the registration.",
    )
    activity_type_id = fields.Many2one(
        "mail.activity.type",
        string="To-do",
        ondelete="set null",
        domain=[("res_model", "in", (False, "kmop.milestone"))],
        help="Empty: nobody gets a to-do, only mail.",
    )
    template_id = fields.Many2one(
        "mail.template",
        string="Mail",
        ondelete="restrict",
        domain=[("model", "=", "kmop.reminder")],
        help="Empty: nobody gets mail, only a to-do.",
    )
    recipient_ids = fields.Many2many("kmop.milestone.role", string="Mail to")
    optional = fields.Boolean(
        default=True, help="Who gets this mail may choose not to get it any more."
    )
    escalation_days = fields.Integer(
        string="Escalate after (days)",
        help="Days after the reminder, when the administrators are told that it isn't"
        " done. 0: never.",
    )
    source = fields.Text(
        translate=True, help="Where this was read, and how sure it is."
    )
    active = fields.Boolean(default=True)

    _offset_positive = models.Constraint(
        "CHECK (offset_number >= 0)",
        "The number of days, weeks or months can't be negative.",
    )
    _escalation_positive = models.Constraint(
        "CHECK (escalation_days >= 0)", "A number of days can't be negative."
    )

    def _default_role_id(self):
        return self.env.ref(
            "kmop_registration.kmop_milestone_role_responsible",
            raise_if_not_found=False,
        )

    @api.depends("offset_number", "offset_unit", "offset_direction")
    @api.depends_context("lang")
    def _compute_timing(self):
        for rule in self:
            rule.timing = rule._get_timing()

    def _get_timing(self):
        if not self.offset_number:
            return self.env._("the day itself")
        one, several = TIMINGS.get((self.offset_unit, self.offset_direction), ("", ""))
        text = one if self.offset_number == 1 else several
        # A lazy text takes no values: they are filled in afterwards.
        return self.env._(text) % {"number": self.offset_number} if text else ""

    @api.constrains("purpose", "document_type_id")
    def _check_document(self):
        for rule in self:
            if rule.purpose == "document" and not rule.document_type_id:
                raise ValidationError(self.env._("Choose the document to look for."))

    @api.constrains("template_id", "activity_type_id", "recipient_ids")
    def _check_effect(self):
        for rule in self:
            mails = rule.template_id and rule.recipient_ids
            if not (mails or rule.activity_type_id):
                raise ValidationError(
                    self.env._(
                        "%(rule)s reaches nobody: choose a to-do, or a mail and whom it"
                        " goes to.",
                        rule=rule.name,
                    )
                )

    # ---------------------------------------------------------------------- CRUD

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        self.env.registry.clear_cache()
        rules._plan_anew()
        return rules

    def write(self, vals):
        replaced = self.shared_id
        result = super().write(vals)
        self.env.registry.clear_cache()
        if PLANNING & vals.keys():
            (self | replaced)._plan_anew()
        return result

    def unlink(self):
        self.env.registry.clear_cache()
        replaced = self.shared_id - self
        result = super().unlink()
        replaced._plan_anew()
        return result

    def _plan_anew(self):
        """Have what is planned follow the rules; what was sent stays as it was."""
        milestones = self.env["kmop.milestone"]
        idle = self.filtered(lambda rule: not rule.active)
        milestones._drop_rules(idle)
        # A shared rule is no longer used at a company that has its own version.
        active = (self - idle) | self.shared_id.filtered("active")
        for anchor, rules in active.grouped("anchor").items():
            # sudo: the schedule holds for the records of all companies
            records = self.env[self._get_model(anchor)].sudo()
            domain = records._kmop_relevant_domain(anchor)
            milestones._plan(records.search(domain), rules)

    # ----------------------------------------------------------------- internals

    @api.model
    def _get_model(self, anchor):
        """Return the name of the model that holds the date of ``anchor``."""
        return next(
            name
            for name, model in self.env.registry.items()
            if anchor in getattr(model, "_kmop_anchors", ()) and not model._abstract
        )

    @api.model
    def _get_rules(self, model_name):
        """Return the rules on the dates of a model."""
        return self.browse(self._get_ids(model_name))

    @api.model
    @tools.ormcache("model_name")
    def _get_ids(self, model_name):
        anchors = list(self.env[model_name]._kmop_anchors)
        # sudo: the cache serves everybody
        return self.sudo().search([("anchor", "in", anchors)]).ids

    def _get_date(self, anchor):
        """Return the day to remind, for the anchor's date."""
        sign = -1 if self.offset_direction == "before" else 1
        return shift(anchor, sign * self.offset_number, self.offset_unit)

    def _applies_to(self, record):
        """Return whether this rule is used for the company and part of ``record``."""
        if not self._is_used_by(record._kmop_get_registration().company_id):
            return False
        return not self.part_ids or record._kmop_get_part() in self.part_ids

    # -------------------------------------------------------------------- people

    def _get_doer(self, record):
        """Return the user who does it; without one, the registration's responsible."""
        users = self.role_id._get_people(record).user_ids
        users = users.filtered(lambda user: user.active and not user.share)
        return (users or record._kmop_get_registration().user_id)[:1]

    def _get_recipients(self, record):
        """Return whom the reminder is mailed to."""
        return self._get_mail_roles()._get_people(record)

    def _get_mail_roles(self):
        return self.recipient_ids if self.template_id else self.recipient_ids.browse()

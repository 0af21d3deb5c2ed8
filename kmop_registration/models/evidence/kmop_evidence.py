from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain

from ...tools import ignore_caller_context, read_records, shift
from ..base.constants import ASPECTS, FROZEN_STATES

STATES = [
    ("draft", "Draft"),
    ("submitted", "Submitted"),
    ("accepted", "Accepted"),
    ("rejected", "Rejected"),
    ("superseded", "Superseded"),
]

# Which state may follow which; a rejected piece can be mended and submitted again.
TRANSITIONS = {
    "draft": {"submitted"},
    "submitted": {"accepted", "rejected"},
    "accepted": {"superseded"},
    "rejected": {"submitted"},
    "superseded": set(),
}

# From the submission on, a file is what the officer looks at.
KEPT_STATES = ("submitted", *FROZEN_STATES)

# Notes about the evidence: not part of what is frozen.
ANNOTATIONS = frozenset(
    {
        "note",
        "stated_amount",
        "stated_client",
        "stated_date_start",
        "stated_enterprise_number",
    }
)
# How a piece is filed: an officer may change it while judging what was submitted.
CLASSIFICATION = ANNOTATIONS | {
    "aspect",
    "date_review",
    "indicator_ids",
    "owner_id",
    "registration_id",
    "type_id",
}


class KmopEvidence(models.Model):
    """One piece of evidence: a linked Odoo document, or files."""

    _name = "kmop.evidence"
    _description = "Evidence"
    _inherit = [
        "kmop.guarded.mixin",
        "kmop.anchored.mixin",
        "kmop.attached.mixin",
        "kmop.sourced.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _kmop_anchors = {"evidence_review": "date_review"}
    _kmop_anchor_triggers = frozenset({"owner_id", "state"})
    _kmop_owner_field = "owner_id"
    _order = "date_effective desc, id desc"
    _check_company_auto = True
    _guarded_fields = frozenset(
        {
            "state",
            "reject_reason",
            "superseded_by_id",
            "submitted_by_id",
            "accepted_by_id",
            "date_accepted",
            "fingerprint",
            "manifest",
            "source_user_id",
        }
    )
    # An officer looks at accepted evidence again, gives it another owner, and can note
    # what a frozen document says. None of it is part of what was accepted.
    _free_fields = {
        "accepted": ANNOTATIONS | {"date_review", "owner_id"},
        "superseded": ANNOTATIONS | {"owner_id"},
    }

    name = fields.Char(required=True)
    registration_id = fields.Many2one(
        "kmop.registration",
        required=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self._default_registration_id(),
        check_company=True,
    )
    company_id = fields.Many2one(
        related="registration_id.company_id", store=True, index=True
    )
    type_id = fields.Many2one(
        "kmop.evidence.type", required=True, ondelete="restrict", check_company=True
    )
    indicator_ids = fields.Many2many(
        "kmop.indicator",
        string="Indicators",
        compute="_compute_indicator_ids",
        store=True,
        readonly=False,
        ondelete="restrict",
    )
    indicator_codes = fields.Char(
        string="Indicators (codes)", compute="_compute_indicator_codes"
    )
    requirement_ids = fields.Many2many(
        "kmop.requirement",
        string="Requirements",
        compute="_compute_requirement_ids",
        store=True,
        ondelete="restrict",
    )
    aspect = fields.Selection(
        ASPECTS,
        compute="_compute_aspect",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        help="A description supports overeenstemming, its application aantoonbaarheid.",
    )
    date_effective = fields.Date(
        string="Effective date",
        required=True,
        default=lambda self: self._default_date_effective(),
        help="The day that the document is about, which is what counts for an audit:"
        " not the day it was added.",
    )
    date_review = fields.Date(
        string="Review on",
        compute="_compute_date_review",
        store=True,
        readonly=False,
        help="Last day that it counts without being looked at again; empty: no end.",
    )
    # Not stored: depends on today. Searched on the stored date.
    to_review = fields.Boolean(compute="_compute_to_review", search="_search_to_review")
    may_judge = fields.Boolean(compute="_compute_may_judge")
    to_resubmit = fields.Boolean(
        compute="_compute_to_resubmit", help="Changed after it was submitted."
    )
    owner_id = fields.Many2one(
        "res.users",
        required=True,
        default=lambda self: self._default_owner_id(),
        index=True,
    )
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(readonly=True)
    source_user_id = fields.Many2one(
        "res.users",
        string="Responsible for the source",
        compute="_compute_source_user_id",
        store=True,
        precompute=True,
        index="btree_not_null",
        help="Who is responsible for the source record, such as the salesperson.",
    )
    order_id = fields.Many2one(
        "sale.order",
        string="Project dossier",
        compute="_compute_order_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    # What a paper document says; where it is empty, nothing is compared.
    stated_client = fields.Char(string="Client", help="Compared with the quote.")
    stated_enterprise_number = fields.Char(
        string="Enterprise number", help="Compared with the quote."
    )
    stated_date_start = fields.Date(
        string="Start of the service", help="Compared with the quote."
    )
    stated_amount = fields.Float(
        string="Amount excluding VAT",
        digits=(16, 2),
        help="Compared with the quote, in its currency.",
    )
    attachment_ids = fields.Many2many(
        "ir.attachment", string="Files", ondelete="restrict", bypass_search_access=True
    )
    url = fields.Char(string="Link", help="A document kept elsewhere: https://…")
    file_ids = fields.One2many(
        "kmop.evidence.file", "evidence_id", string="Frozen files", copy=False
    )
    state = fields.Selection(
        STATES, required=True, default="draft", readonly=True, copy=False, tracking=True
    )
    reject_reason = fields.Text(
        string="Reason of the rejection", readonly=True, copy=False, tracking=True
    )
    superseded_by_id = fields.Many2one(
        "kmop.evidence",
        string="Replaced by",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    submitted_by_id = fields.Many2one(
        "res.users", string="Submitted by", readonly=True, copy=False
    )
    accepted_by_id = fields.Many2one(
        "res.users", string="Accepted by", readonly=True, copy=False
    )
    date_accepted = fields.Date(string="Accepted on", readonly=True, copy=False)
    note = fields.Html()

    # One accepted piece per document, and one newer version of it on its way; an
    # invoice for several dossiers is a piece of each.
    _source_uniq = models.UniqueIndex(
        "(res_model, res_id, registration_id, type_id, COALESCE(order_id, 0),"
        " (state = 'accepted'))"
        " WHERE res_id IS NOT NULL AND res_id != 0"
        " AND state NOT IN ('rejected', 'superseded')",
        "This document is linked to the registration already.",
    )
    _register_idx = models.Index("(registration_id, state, date_effective)")

    def _default_registration_id(self):
        """Return the company's only registration, or the only one that is valid."""
        live = self.env["kmop.registration"].search(
            [("company_id", "=", self.env.company.id), ("date_withdrawn", "=", False)]
        )
        if len(live) > 1:
            live = live.filtered(lambda r: r.validity in ("valid", "expiring"))
        return live if len(live) == 1 else False

    def _default_date_effective(self):
        return self._get_today()

    def _default_owner_id(self):
        return self.env.user

    # ------------------------------------------------------------------ computes

    @api.depends("type_id")
    def _compute_aspect(self):
        for evidence in self:
            evidence.aspect = evidence.type_id.aspect

    @api.depends("type_id", "registration_id")
    def _compute_indicator_ids(self):
        # Assigned to all that are alike at once: a query per group, not per record.
        alike = self.grouped(lambda e: (e.type_id, e.registration_id))
        for (evidence_type, registration), evidences in alike.items():
            evidences.indicator_ids = evidence_type._get_indicators(registration)

    @api.depends("indicator_ids.code")
    def _compute_indicator_codes(self):
        for evidence in self:
            evidence.indicator_codes = ", ".join(evidence.indicator_ids.mapped("code"))

    @api.depends("indicator_ids.requirement_id")
    def _compute_requirement_ids(self):
        for indicators, evidences in self.grouped("indicator_ids").items():
            evidences.requirement_ids = indicators.requirement_id

    @api.depends("type_id.review_months", "date_effective")
    def _compute_date_review(self):
        for evidence in self:
            months = evidence.type_id.review_months
            start = evidence.date_effective
            evidence.date_review = months and start and shift(start, months, "months")

    @api.depends_context("uid")
    def _compute_may_judge(self):
        self.may_judge = self._is_officer()

    @api.depends("state")
    def _compute_to_resubmit(self):
        for evidence in self:
            # sudo: an owner may not read the history, but may know that there is one
            before = evidence.sudo().history_ids
            evidence.to_resubmit = evidence.state == "draft" and bool(before)

    @api.depends("state", "date_review")
    def _compute_to_review(self):
        self.to_review = False
        self.filtered_domain(self._to_review_domain()).to_review = True

    @api.model
    def _search_to_review(self, operator, value):
        if operator != "in":
            return NotImplemented
        due = self._to_review_domain()
        return Domain.OR(due if wanted else ~due for wanted in value)

    @api.model
    def _current_domain(self, day, months=0):
        """Return the domain of what is current on ``day``, once it is accepted.

        Until and with its review day; what is about a project, no longer than
        ``months`` before ``day`` where a number is given. ``kmop.coverage`` asks the
        same of all registrations at once.
        """
        domain = Domain("date_review", "=", False) | Domain("date_review", ">=", day)
        if months:
            first = shift(day, -months, "months")
            domain &= Domain("type_id.scope", "!=", "project") | Domain(
                "date_effective", ">", first
            )
        return domain

    @api.model
    def _to_review_domain(self):
        """Return the domain of what has to be looked at again, from its day on."""
        return Domain("state", "=", "accepted") & self.env[
            "res.company"
        ]._kmop_day_domain(lambda today: Domain("date_review", "<=", today))

    @api.depends("res_model", "res_id")
    def _compute_order_id(self):
        quotes = self.filtered(lambda e: e.res_model == "sale.order")
        for evidence, order in quotes._get_sources().items():
            evidence.order_id = order

    @api.depends("res_model", "res_id", "order_id.user_id")
    def _compute_source_user_id(self):
        """Whoever answers for the dossier, or else for the source record."""
        sources = self._get_sources()
        for evidence in self:
            source = sources.get(evidence)
            user = evidence.order_id.user_id or (source and source._kmop_user())
            evidence.source_user_id = user

    @api.onchange("type_id")
    def _onchange_type_id(self):
        """Keep the cell of the matrix that a new piece was opened for."""
        aspect = self.env.context.get("default_aspect")
        ids = self.env.context.get("default_indicator_ids")
        if self._origin or not (aspect and ids):
            return
        usual = self.type_id._get_indicators(self.registration_id)
        if aspect != self.type_id.aspect:
            # Another aspect than the type's: its usual indicators don't apply.
            usual = usual.browse()
        self.aspect = aspect
        self.indicator_ids = usual.browse(ids) | usual

    # --------------------------------------------------------------- constraints

    def _get_file_error(self, attachment):
        limit = self.company_id.kmop_evidence_max_mb
        if attachment.file_size > limit * 1024 * 1024:
            return self.env._(
                "%(file)s is larger than %(limit)s MB, the limit in the settings.",
                file=attachment.name,
                limit=limit,
            )
        return super()._get_file_error(attachment)

    @api.constrains("url")
    def _check_url(self):
        for evidence in self.filtered("url"):
            if not evidence.url.startswith(("https://", "http://")):
                raise ValidationError(
                    self.env._("A link starts with https:// or http://.")
                )

    @api.constrains("res_model", "res_id", "registration_id")
    def _check_source(self):
        return super()._check_source()

    @api.constrains("indicator_ids", "registration_id")
    def _check_indicators(self):
        # sudo: salespeople can't read audits; only their norms are compared.
        for registration, evidences in self.sudo().grouped("registration_id").items():
            norms = registration._get_norm() | registration.audit_ids.norm_id
            for evidence in evidences:
                foreign = evidence.indicator_ids.filtered(
                    lambda i, norms=norms, service=registration.service: (
                        i.norm_id not in norms or i.service not in (service, "both")
                    )
                )
                if foreign:
                    raise ValidationError(
                        self.env._(
                            "%(indicator)s is of another norm or service than"
                            " %(registration)s.",
                            indicator=foreign[0].display_name,
                            registration=registration.display_name,
                        )
                    )

    @api.constrains("date_effective", "date_review")
    def _check_date_review(self):
        if any(e.date_review and e.date_review < e.date_effective for e in self):
            raise ValidationError(
                self.env._("Evidence can't be due for review before its own date.")
            )

    @api.constrains("date_effective")
    def _check_date_effective(self):
        if any(e.date_effective > e.company_id._kmop_today() for e in self):
            raise ValidationError(self.env._("Evidence can't be about a day to come."))

    def _get_kept_message(self):
        if self.state in FROZEN_STATES:
            return self.env._("Accepted evidence is kept: supersede it instead.")
        return super()._get_kept_message()

    def _get_closed_message(self, names):
        labels = dict(self._fields["state"]._description_selection(self.env))
        return self.env._(
            "%(evidence)s is %(state)s: %(fields)s can't change any more. Link a newer"
            " version instead.",
            evidence=self.name,
            state=labels[self.state].lower(),
            fields=self._get_labels(names),
        )

    # ----------------------------------------------------------------- milestones

    def _kmop_plan(self, new=False):
        """Plan milestones only for evidence with a review date."""
        reviewed = self.filtered("date_review")
        return super(KmopEvidence, reviewed)._kmop_plan(new)

    def _kmop_can_remind(self, _anchor):
        return self.state == "accepted"

    # ---------------------------------------------------------------------- CRUD

    def _check_source_access(self):
        # Not of no order at all: that asks for the right to sell in general.
        if orders := self.order_id:
            orders.check_access("read")
        return super()._check_source_access()

    def write(self, vals):
        if self.env.su:
            return super().write(vals)
        if self.filtered(lambda e: e.state in FROZEN_STATES):
            # What is free there (`_free_fields`) changes what counts for an audit.
            self._check_officer(
                self.env._("Accepted evidence is changed by a quality officer only.")
            )
        submitted = self.filtered(lambda e: e.state == "submitted")
        by_changes = submitted.grouped(lambda e: frozenset(e._get_changed_fields(vals)))
        result = super().write(vals)
        for changed, evidences in by_changes.items():
            if changed - ANNOTATIONS:
                evidences._change_submitted(changed)
        return result

    def _change_submitted(self, names):
        """Send changed evidence back to draft, or note the officer as its submitter.

        Whoever offers it submits it again. An officer can file it otherwise; what an
        officer changes in the content, that officer has submitted.
        """
        if not self._is_officer():
            self._transition({"state": "draft", "submitted_by_id": False})
        elif names - CLASSIFICATION:
            self._transition({"submitted_by_id": self.env.uid}, step="changed")

    # ----------------------------------------------------------------- kept files

    @api.model
    def _get_kept_domain(self):
        return Domain("state", "in", KEPT_STATES)

    def _get_files(self):
        return super()._get_files() | self.file_ids.attachment_id

    # ---------------------------------------------------------------- public API

    @ignore_caller_context
    def submit(self):
        """Offer the evidence to the quality officer.

        Raises UserError where there is no document, file or link behind it.
        """
        empty = self.filtered(lambda e: not (e.res_id or e.attachment_ids or e.url))
        if empty:
            raise UserError(
                self.env._(
                    "%(evidence)s has no file, link or source document yet.",
                    evidence=empty[0].name,
                )
            )
        self._adopt_attachments()
        vals = {"reject_reason": False, "submitted_by_id": self.env.uid}
        self._move("submitted", vals)

    @ignore_caller_context
    def accept(self):
        """Accept submitted evidence and freeze it: from now on it can't change.

        An accepted piece of the same document and kind is superseded by it.
        Raises UserError for one's own submission where the company wants four eyes.
        """
        self._check_officer()
        self._check_four_eyes()
        self._check_move("accepted")
        self._freeze()
        self._supersede_earlier()
        for company, evidences in self.grouped("company_id").items():
            evidences._transition(
                {
                    "state": "accepted",
                    "accepted_by_id": self.env.uid,
                    "date_accepted": company._kmop_today(),
                }
            )

    @ignore_caller_context
    def reject(self, reason):
        """Return submitted evidence to its owner. Raises UserError without a reason."""
        self._check_officer()
        reason = self._get_text(reason, self.env._("Give the reason of the rejection."))
        self._move("rejected", {"reject_reason": reason}, reason)

    @ignore_caller_context
    def supersede(self, by):
        """Replace accepted evidence by a newer piece (a record or its id)."""
        self._check_officer()
        newer = read_records(self.browse(), by)[:1]
        if (
            not newer
            or newer in self
            or newer.registration_id != self.registration_id
            or newer.state in ("rejected", "superseded")
        ):
            raise UserError(
                self.env._(
                    "Choose another piece of evidence of the same registration, one"
                    " that isn't rejected or superseded."
                )
            )
        self._move("superseded", {"superseded_by_id": newer.id})

    # ----------------------------------------------------------------- internals

    def _is_officer(self):
        officer = "kmop_registration.group_kmop_officer"
        return self.env.su or self.env.user.has_group(officer)

    def _check_officer(self, message=None):
        if not self._is_officer():
            raise UserError(
                message or self.env._("Only a quality officer judges evidence.")
            )

    def _check_four_eyes(self):
        own = self.filtered(
            lambda e: (
                e.company_id.kmop_four_eyes
                and self.env.user in (e.submitted_by_id, e.owner_id)
            )
        )
        if own and not self.env.su:
            raise UserError(
                self.env._(
                    "%(evidence)s is your own: somebody else has to accept it.",
                    evidence=own[0].name,
                )
            )

    def _get_source_key(self):
        document = self.res_model, self.res_id, self.order_id
        return *document, self.registration_id, self.type_id._get_shared()

    def _supersede_earlier(self):
        """Let the new version of a document take the place of its accepted one."""
        newer = {e._get_source_key(): e for e in self if e.res_id}
        earlier = self.search(
            [
                ("state", "=", "accepted"),
                ("res_model", "in", self.mapped("res_model")),
                ("res_id", "in", list(filter(None, self.mapped("res_id")))),
            ]
        )
        for evidence in earlier:
            if by := newer.get(evidence._get_source_key()):
                evidence._move("superseded", {"superseded_by_id": by.id})

    def _hand_over(self):
        """Make the person responsible for the source the owner, if there is one."""
        for user, evidences in self.grouped("source_user_id").items():
            if user:
                evidences.owner_id = user

    def _move(self, state, vals, reason=None):
        self._check_move(state)
        self._transition({"state": state, **vals}, reason=reason)

    def _check_move(self, state):
        """Lock the evidence. Raises UserError where it may not become ``state``."""
        self.check_access("write")
        self._lock()
        wrong = self.filtered(lambda e: state not in TRANSITIONS[e.state])
        if wrong:
            labels = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(evidence)s is %(current)s: it can't become %(wanted)s.",
                    evidence=wrong[0].name,
                    current=labels[wrong[0].state].lower(),
                    wanted=labels[state].lower(),
                )
            )

    # ------------------------------------------------------------------- actions

    @ignore_caller_context
    def action_new_version(self):
        """Make a draft of the document as it is now, to take this one's place."""
        self.ensure_one()
        source = self._get_sources().get(self)
        if self.state != "accepted" or source is None:
            raise UserError(
                self.env._("Only an accepted document of Odoo has a newer version.")
            )
        evidence = self.create(
            {
                **source._prepare_kmop_evidence(self.registration_id, self.type_id),
                "aspect": self.aspect,
                "order_id": self.order_id.id,
                "indicator_ids": [Command.set(self.indicator_ids.ids)],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": evidence.id,
            "views": [(False, "form")],
        }

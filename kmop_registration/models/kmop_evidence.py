from odoo import api, fields, models
from odoo.exceptions import LockError, UserError, ValidationError

from ..tools import shift
from .constants import ASPECTS

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


class KmopEvidence(models.Model):
    """One piece of evidence: a linked Odoo document, or files."""

    _name = "kmop.evidence"
    _description = "Evidence"
    _inherit = ["kmop.guarded", "mail.thread", "mail.activity.mixin"]
    _order = "date_effective desc, id desc"
    _check_company_auto = True
    _guarded_fields = frozenset(
        {
            "state",
            "reject_reason",
            "superseded_by_id",
            "accepted_by_id",
            "date_accepted",
            "source_user_id",
        }
    )
    _frozen_fields = frozenset(
        {
            "name",
            "registration_id",
            "type_id",
            "indicator_ids",
            "requirement_ids",
            "aspect",
            "date_effective",
            "res_model",
            "res_id",
            "attachment_ids",
        }
    )

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
    type_id = fields.Many2one("kmop.evidence.type", required=True, ondelete="restrict")
    indicator_ids = fields.Many2many(
        "kmop.indicator",
        string="Indicators",
        compute="_compute_indicator_ids",
        store=True,
        readonly=False,
        ondelete="restrict",
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
    owner_id = fields.Many2one(
        "res.users",
        required=True,
        default=lambda self: self._default_owner_id(),
        index=True,
    )
    res_model = fields.Char(string="Source model", readonly=True)
    res_id = fields.Many2oneReference(
        string="Source record", model_field="res_model", readonly=True
    )
    source_name = fields.Char(compute="_compute_source_name", string="Source")
    source_user_id = fields.Many2one(
        "res.users",
        string="Responsible for the source",
        compute="_compute_source_user_id",
        store=True,
        precompute=True,
        index="btree_not_null",
        help="Who is responsible for the source record, such as the salesperson.",
    )
    # Who may read the evidence may read its files: without the bypass, every read
    # would look through all attachments of the database.
    attachment_ids = fields.Many2many(
        "ir.attachment", string="Files", ondelete="restrict", bypass_search_access=True
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
    accepted_by_id = fields.Many2one(
        "res.users", string="Accepted by", readonly=True, copy=False
    )
    date_accepted = fields.Date(string="Accepted on", readonly=True, copy=False)
    note = fields.Html()

    _source_uniq = models.UniqueIndex(
        "(res_model, res_id, registration_id, type_id) WHERE res_id IS NOT NULL AND"
        " res_id != 0 AND state NOT IN ('rejected', 'superseded')",
        "This document is linked to the registration already.",
    )
    _register_idx = models.Index("(registration_id, state, date_effective)")

    def _default_registration_id(self):
        registrations = self.env["kmop.registration"].search(
            [("company_id", "=", self.env.company.id), ("date_withdrawn", "=", False)],
            limit=2,
        )
        return registrations if len(registrations) == 1 else False

    def _default_date_effective(self):
        return fields.Date.context_today(self)

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

    @api.depends("res_model", "res_id")
    def _compute_source_name(self):
        self.source_name = False
        # sudo: who may read the evidence may know which document it is
        for evidence, source in self.sudo()._get_sources():
            evidence.source_name = source.display_name

    @api.depends("res_model", "res_id")
    def _compute_source_user_id(self):
        self.source_user_id = False
        for evidence, source in self._get_sources():
            evidence.source_user_id = source._kmop_user()

    def _get_sources(self):
        """Return pairs of evidence and its source record, where there is one."""
        pairs = []
        linked = self.filtered(lambda e: e.res_id and e._is_source(e.res_model))
        for model_name, evidences in linked.grouped("res_model").items():
            records = self.env[model_name].browse(evidences.mapped("res_id")).exists()
            by_id = dict(zip(records.ids, records, strict=True))
            pairs += [(e, by_id[e.res_id]) for e in evidences if e.res_id in by_id]
        return pairs

    @api.model
    def _is_source(self, model_name):
        model = self.env.get(model_name)
        return hasattr(model, "_prepare_kmop_evidence") and not model._abstract

    # --------------------------------------------------------------- constraints

    @api.constrains("res_model", "res_id", "registration_id")
    def _check_source(self):
        # sudo: whether it exists doesn't depend on who may read it
        linked = self.sudo().filtered(lambda e: e.res_model or e.res_id)
        sources = dict(linked._get_sources())
        for evidence in linked:
            if message := evidence._get_source_error(sources.get(evidence)):
                raise ValidationError(message)

    def _get_source_error(self, source):
        if not self._is_source(self.res_model):
            return self.env._(
                "%(model)s can't serve as evidence.", model=self.res_model
            )
        if not source:
            return self.env._(
                "The document that %(evidence)s refers to doesn't exist.",
                evidence=self.name,
            )
        if source._kmop_company() not in (source.env["res.company"], self.company_id):
            return self.env._(
                "%(evidence)s and its registration are of different companies.",
                evidence=self.name,
            )
        return None

    @api.constrains("indicator_ids", "registration_id")
    def _check_indicators(self):
        # sudo: which audits there are is none of a salesperson's business
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
        today = fields.Date.context_today(self)
        if any(evidence.date_effective > today for evidence in self):
            raise ValidationError(self.env._("Evidence can't be about a day to come."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_accepted(self):
        if self.filtered(lambda e: e.state in ("accepted", "superseded")):
            raise UserError(
                self.env._("Accepted evidence is kept: supersede it instead.")
            )

    # ---------------------------------------------------------------------- CRUD

    @api.model_create_multi
    def create(self, vals_list):
        evidences = super().create(vals_list)
        evidences._check_source_access()
        evidences._adopt_attachments()
        return evidences

    def write(self, vals):
        frozen = self.filtered(lambda e: e.state in ("accepted", "superseded"))
        if frozen and self._frozen_fields & vals.keys():
            raise UserError(
                self.env._(
                    "%(evidence)s is accepted and can't change: supersede it.",
                    evidence=frozen[0].name,
                )
            )
        result = super().write(vals)
        if {"res_model", "res_id"} & vals.keys():
            self._check_source_access()
        if "attachment_ids" in vals:
            self._adopt_attachments()
        return result

    def _check_source_access(self):
        """Nobody makes evidence of a document that they may not read."""
        for model_name, evidences in (
            self.filtered("res_id").grouped("res_model").items()
        ):
            self.env[model_name].browse(evidences.mapped("res_id")).check_access("read")

    def _adopt_attachments(self):
        """Let who may read the evidence read the files that were added to it.

        A file uploaded before the evidence was saved is its uploader's only.
        """
        for evidence in self.filtered("attachment_ids"):
            evidence.attachment_ids.check_access("read")
            # sudo: only what the user may read gets here
            loose = evidence.attachment_ids.sudo().filtered(lambda a: not a.res_id)
            loose.write({"res_model": self._name, "res_id": evidence.id})

    # ---------------------------------------------------------------- public API

    def submit(self):
        """Offer the evidence to the quality officer."""
        self._move("submitted", {"reject_reason": False})

    def accept(self):
        """Accept submitted evidence: from now on it can't change."""
        self._check_officer()
        self._move(
            "accepted",
            {
                "accepted_by_id": self.env.uid,
                "date_accepted": fields.Date.context_today(self),
            },
        )

    def reject(self, reason):
        """Return submitted evidence to its owner. Raises UserError without a reason."""
        self._check_officer()
        if not (reason or "").strip():
            raise UserError(self.env._("Give the reason of the rejection."))
        self._move("rejected", {"reject_reason": reason})

    def supersede(self, by):
        """Replace accepted evidence by a newer piece (a record or its id)."""
        self._check_officer()
        newer = self.browse(getattr(by, "id", by))
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

    def _check_officer(self):
        if not (
            self.env.su
            or self.env.user.has_group("kmop_registration.group_kmop_officer")
        ):
            raise UserError(self.env._("Only a quality officer judges evidence."))

    def _lock(self):
        try:
            self.lock_for_update()
        except LockError as error:
            raise UserError(
                self.env._(
                    "Somebody else is working on this evidence right now: try again."
                )
            ) from error

    def _move(self, state, vals):
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
        self._transition({"state": state, **vals})

    # ------------------------------------------------------------------- actions

    def action_open_source(self):
        self.ensure_one()
        if not self.res_id:
            raise UserError(self.env._("This evidence has no source document in Odoo."))
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

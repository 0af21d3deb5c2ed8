from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.base.constants import ASPECTS
from ..tools import read_records

# More than this is linked in batches of it, with a request for each.
BATCH_SIZE = 100
# Names that a reason to skip shows; the others are counted.
NAMES_SHOWN = 20


class KmopEvidenceLink(models.TransientModel):
    """Links the selected documents as evidence, after saying what will happen."""

    _name = "kmop.evidence.link"
    _description = "Link as evidence"
    _inherit = ["kmop.target.mixin"]

    registration_id = fields.Many2one(
        "kmop.registration",
        required=True,
        ondelete="cascade",
        default=lambda self: self._default_registration_id(),
        domain="[('date_withdrawn', '=', False)]",
    )
    type_id = fields.Many2one(
        "kmop.evidence.type",
        required=True,
        ondelete="cascade",
        default=lambda self: self._default_type_id(),
    )
    requirement_ids = fields.Many2many(
        "kmop.requirement",
        string="Requirements",
        compute="_compute_requirement_ids",
        store=True,
        readonly=False,
    )
    indicator_ids = fields.Many2many(
        "kmop.indicator",
        string="Indicators",
        compute="_compute_indicator_ids",
        store=True,
        readonly=False,
    )
    aspect = fields.Selection(
        ASPECTS,
        compute="_compute_aspect",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    submit = fields.Boolean(
        string="Submit at once", default=True, help="Offer it to the quality officer."
    )
    to_link_count = fields.Integer(compute="_compute_preview", string="Will be linked")
    skipped = fields.Json(compute="_compute_preview", string="Will be skipped")

    def _default_registration_id(self):
        return self.env["kmop.evidence"]._default_registration_id()

    def _default_type_id(self):
        return self.env["kmop.evidence.type"]._get_default_for(
            self.env.context.get("active_model"), self.env.company
        )

    @api.depends("type_id")
    def _compute_aspect(self):
        for wizard in self:
            wizard.aspect = wizard.type_id.aspect

    @api.depends("type_id")
    def _compute_requirement_ids(self):
        for wizard in self:
            wizard.requirement_ids = wizard.type_id.requirement_ids

    @api.depends("type_id", "registration_id", "requirement_ids")
    def _compute_indicator_ids(self):
        for wizard in self:
            # In a form that isn't saved, the tags are stand-ins for their records.
            wizard.indicator_ids = wizard.type_id._get_indicators(
                wizard.registration_id, wizard.requirement_ids._origin
            )

    @api.depends("registration_id", "type_id")
    @api.depends_context("active_model", "active_ids")
    def _compute_preview(self):
        sources = self._get_sources()
        self.to_link_count, self.skipped = 0, False
        for wizard in self.filtered(lambda w: w.registration_id and w.type_id):
            linkable, skipped = wizard._split(sources)
            wizard.to_link_count = len(linkable)
            wizard.skipped = self._describe(skipped)

    def _split(self, sources):
        return sources._kmop_split(self.registration_id, self.type_id)

    @api.model
    def _describe(self, skipped):
        """Return ``[{"reason": s, "count": n, "names": [s]}]``, not all names."""
        return [
            {
                "reason": reason,
                "count": len(records),
                "names": records[:NAMES_SHOWN].mapped("display_name"),
            }
            for reason, records in skipped.items()
        ]

    def _get_sources(self):
        """Return the selection. Raises UserError where it can't be evidence."""
        model_name = self.env.context.get("active_model")
        known = isinstance(model_name, str)
        if not known or not self.env["kmop.evidence"]._is_source(model_name):
            raise UserError(self.env._("Select the documents to link first."))
        return read_records(self.env[model_name], self.env.context.get("active_ids"))

    def action_confirm(self):
        """Link the selection; where it takes several batches, the browser goes on."""
        self.ensure_one()
        linkable, skipped = self._split(self._get_sources())
        if not linkable:
            raise UserError(self.env._("Nothing to link: see the reasons above."))
        if len(linkable) > BATCH_SIZE:
            return self._get_progress_action(linkable, skipped)
        return self._get_result_action(self._link(linkable))

    def link_batch(self):
        """Link the selection, a batch of a larger one, in this transaction.

        What was linked meanwhile is skipped: a batch can be repeated.

        :return: ``{"linked": n, "skipped": [{"reason": s, "count": n, "names": [s]}]}``
        """
        self.ensure_one()
        linkable, skipped = self._split(self._get_sources())
        evidences = self._link(linkable)
        return {"linked": len(evidences), "skipped": self._describe(skipped)}

    def _link(self, sources):
        evidences = sources._kmop_link(
            self.registration_id, self.type_id, self._prepare_values()
        )
        if self.submit:
            evidences.submit()
        return evidences

    def _prepare_values(self):
        return {
            "aspect": self.aspect,
            "indicator_ids": [fields.Command.set(self.indicator_ids.ids)],
        }

    def _get_progress_action(self, sources, skipped):
        return {
            "type": "ir.actions.client",
            "tag": "kmop_link_progress",
            "params": {
                "wizard_id": self.id,
                "model": sources._name,
                "document_ids": sources.ids,
                "batch_size": BATCH_SIZE,
                "skipped": self._describe(skipped),
            },
        }

    def _get_result_action(self, evidences):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(count)s documents linked as evidence.", count=len(evidences)
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

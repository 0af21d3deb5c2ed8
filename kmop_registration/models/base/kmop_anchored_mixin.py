from odoo import api, models
from odoo.fields import Domain


class KmopAnchored(models.AbstractModel):
    """A record whose dates milestones are planned from.

    An addon that adds an anchor inherits this in the model that holds the date,
    names the date in ``_kmop_anchors`` and adds the anchor to the selection of
    ``kmop.milestone.rule``.
    """

    _name = "kmop.anchored.mixin"
    _description = "Milestones are planned from its dates"

    # The field that holds the date, by anchor.
    _kmop_anchors = {}
    # What else moves or ends the milestones.
    _kmop_anchor_triggers = frozenset({"user_id"})
    # Who has the record in hand.
    _kmop_owner_field = "user_id"

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._kmop_plan(new=True)
        return records

    def write(self, vals):
        result = super().write(vals)
        if not self._kmop_get_triggers().isdisjoint(vals):
            self._kmop_plan()
        return result

    def unlink(self):
        ids = self._kmop_filter_planned().ids
        result = super().unlink()
        if ids:
            self.env["kmop.milestone"]._forget(self._name, ids)
        return result

    def _kmop_filter_planned(self):
        """Return those that can have milestones at all."""
        return self

    @api.model
    def _kmop_get_triggers(self):
        return self._kmop_anchor_triggers.union(self._kmop_anchors.values())

    def _kmop_plan(self, new=False):
        if self:
            self.env["kmop.milestone"]._plan(self, new=new)

    def _kmop_get_anchor(self, anchor):
        """Return the date of ``anchor``, False where it isn't known."""
        return self[self._kmop_anchors[anchor]]

    def _kmop_can_remind(self, _anchor):
        """Tell whether there still is something to be reminded of."""
        return bool(self._kmop_get_registration())

    def _kmop_get_registration(self):
        return self.registration_id

    def _kmop_get_part(self):
        """Return the part of a track that this is about: the one to come."""
        return self._kmop_get_registration().coming_part_id

    def _kmop_get_owner(self):
        return self[self._kmop_owner_field]

    def _kmop_get_client(self):
        """Return whom of the client's a reminder may be sent to."""
        return self.env["res.partner"]

    def _kmop_get_audit(self):
        """Return the audit that this is about: the open one."""
        return self._kmop_get_registration().open_audit_id

    @api.model
    def _kmop_relevant_domain(self, anchor):
        """Return the domain of what a new rule on ``anchor`` may concern."""
        return Domain(self._kmop_anchors[anchor], "!=", False)

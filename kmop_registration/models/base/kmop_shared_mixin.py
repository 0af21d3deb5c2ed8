from odoo import api, models
from odoo.exceptions import AccessError


class KmopShared(models.AbstractModel):
    """Reference data that all companies of the database share.

    It changes for all of them at once. Only a user with access to every company may
    change it, or a settings administrator. In a database with one company, these are
    all administrators of the app.
    """

    _name = "kmop.shared.mixin"
    _description = "Shared by all companies"
    _inherit = ["kmop.target.mixin"]

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if result or operation == "read" or self._may_share():
            return result
        shared = self._filter_shared()
        return (shared, shared._make_shared_error) if shared else None

    @api.model
    def _may_share(self):
        """Tell whether the user may change what all companies share."""
        user = self.env.user
        if self.env.su or user.has_group("base.group_system"):
            return True
        # sudo: that there are other companies is all that is asked
        companies = self.env["res.company"].sudo()
        others = [("id", "not in", user.company_ids.ids)]
        return not companies.search_count(others, limit=1)

    def _filter_shared(self):
        """Return those of the records that all companies share."""
        return self

    def _make_shared_error(self):
        return AccessError(
            self.env._(
                "“%(record)s” is shared by all companies of this database: ask somebody"
                " with access to all of them to change it.",
                # sudo: the name of what the user wanted to change
                record=self[0].sudo().display_name,
            )
        )

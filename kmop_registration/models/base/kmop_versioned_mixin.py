from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain


class KmopVersioned(models.AbstractModel):
    """Shared reference data that a company can have its own version of.

    The model defines ``shared_id``, the shared record that a version replaces for its
    company, and the inverse ``version_ids``. An archived version also replaces the
    shared record: the company then uses neither.
    """

    _name = "kmop.versioned.mixin"
    _description = "Shared, or a company's own version"
    _inherit = ["kmop.shared.mixin"]

    company_id = fields.Many2one(
        "res.company",
        index="btree_not_null",
        ondelete="restrict",
        default=lambda self: self._default_company_id(),
        help="Empty: shared by all companies.",
    )

    _version_uniq = models.UniqueIndex(
        "(shared_id, company_id) WHERE shared_id IS NOT NULL",
        "This company has its own version already.",
    )
    _version_of_company = models.Constraint(
        "CHECK (shared_id IS NULL OR company_id IS NOT NULL)",
        "Fill in the company: only a company's own version replaces a shared record.",
    )

    def _default_company_id(self):
        return False if self._may_share() else self.env.company

    # ---------------------------------------------------------------------- access

    def write(self, vals):
        result = super().write(vals)
        if "company_id" in vals:
            # Record rules checked the old company only: the record may be shared now.
            self.check_access("write")
        return result

    def _filter_shared(self):
        # sudo: the user may have no access to the company of a version
        return self.sudo().filtered(lambda r: not r.company_id).with_env(self.env)

    def _make_shared_error(self):
        return AccessError(
            self.env._(
                "“%(record)s” is shared by all companies of this database: make a"
                " version of your own company, or ask somebody with access to all of"
                " them.",
                # sudo: the name of what the user wanted to change
                record=self[0].sudo().display_name,
            )
        )

    # -------------------------------------------------------------------- versions

    @api.model
    def _used_domain(self, company):
        """Return the domain of the records in use at ``company``.

        These are its own versions, and the shared records that it has no version of.
        """
        own = Domain("company_id", "=", company.id)
        shared = Domain("company_id", "=", False)
        return own | (shared & Domain("version_ids", "not any", own))

    def _is_used_by(self, company):
        """Return whether the record is in use at ``company``."""
        # sudo: the versions of other companies decide where the shared record is used
        record = self.sudo()
        if record.company_id:
            return record.company_id == company
        return company not in record.version_ids.company_id

    def _for_company(self, company):
        """Return the version of ``company``, or the shared record where it has none."""
        # sudo: the version in use doesn't depend on the user's rights
        versions = self.sudo().version_ids
        own = versions.filtered(lambda v: v.company_id == company).with_env(self.env)
        return own[:1] or self

    def _get_shared(self):
        """Return the shared record of each version, and the others as they are."""
        return self.browse().union(*(record.shared_id or record for record in self))

    def _alike_domain(self, name):
        """Return the domain of what refers to these, or to other versions of them.

        :param name: the many2one field to this model
        """
        ids = self._get_shared().ids
        return Domain(name, "in", ids) | Domain(f"{name}.shared_id", "in", ids)

    def action_make_version(self):
        """Create the version of the current company, and open its form."""
        self.ensure_one()
        version = self.copy({"company_id": self.env.company.id, "shared_id": self.id})
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": version.id,
            "views": [(False, "form")],
        }

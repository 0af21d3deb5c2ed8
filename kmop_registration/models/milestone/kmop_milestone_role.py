from odoo import fields, models


class KmopMilestoneRole(models.Model):
    """Who does what a milestone asks, or is told about it.

    ``_get_finders()`` has a method for each code: an addon adds a role with a record
    and such a method.
    """

    _name = "kmop.milestone.role"
    _description = "Role in a milestone"
    _inherit = ["kmop.shared.mixin"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    description = fields.Char(translate=True)

    _code_uniq = models.Constraint("UNIQUE (code)", "A role's code is unique.")

    def _get_people(self, record):
        """Return the partners that have one of these roles for ``record``."""
        found = [role._get_active_people(record) for role in self]
        # Alone they know whom to be read with.
        return found[0] if len(found) == 1 else self.env["res.partner"].union(*found)

    def _get_active_people(self, record):
        people = self._get_finders()[self.code](record)
        if all(person.active for person in people):
            return people
        return people.filtered("active")

    def _get_finders(self):
        """Return the method that finds the people of each code, for a record."""
        return {
            "responsible": self._get_responsible_people,
            "audit": self._get_audit_people,
            "owner": self._get_owner_people,
            "administrator": self._get_administrator_people,
            "client": self._get_client_people,
            "bureau": self._get_bureau_people,
        }

    def _get_responsible_people(self, record):
        return self._get_partner(record._kmop_get_registration().user_id)

    def _get_audit_people(self, record):
        return self._get_partner(record._kmop_get_audit().user_id)

    def _get_owner_people(self, record):
        return self._get_partner(record._kmop_get_owner())

    def _get_partner(self, user):
        """Return whom to mail to: nobody, for who works here no more."""
        return user.partner_id if user.active else user.partner_id.browse()

    def _get_administrator_people(self, record):
        company = record._kmop_get_registration().company_id
        return company.kmop_administrator_ids.partner_id

    def _get_client_people(self, record):
        """Return the client, where the company wants clients to be reminded."""
        wanted = record._kmop_get_registration().company_id.kmop_mail_clients
        client = record._kmop_get_client()
        return client if wanted else client.browse()

    def _get_bureau_people(self, record):
        audit = record._kmop_get_audit()
        return audit.auditor_id or audit.bureau_id

"""Give the rules of before the new templates, roles and conditions."""

from odoo.api import SUPERUSER_ID, Environment


def migrate(cr, version):
    # superuser: an update is nobody's request
    env = Environment(cr, SUPERUSER_ID, {})
    old = env["mail.template"].search([("model", "=", "kmop.milestone")])
    rules = env["kmop.milestone.rule"].with_context(active_test=False)
    rules = rules.search([("template_id", "in", old.ids)])
    role = env.ref("kmop_registration.kmop_milestone_role_responsible")
    todo = env.ref("kmop_registration.mail_activity_type_milestone")
    rules.write(
        {
            "template_id": env.ref("kmop_registration.mail_template_reminder").id,
            "recipient_ids": [(6, 0, role.ids)],
            "role_id": role.id,
            "activity_type_id": todo.id,
        }
    )
    old.unlink()
    # The shipped schedule says the same, and more.
    rules.filtered(
        lambda r: (
            (r.offset_number, r.offset_unit, r.offset_direction)
            == (6, "months", "before")
        )
    ).active = False

"""Who edits a contact or an invoice no longer answers for evidence about it."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    # superuser: an update is nobody's request
    env = api.Environment(cr, SUPERUSER_ID, {})
    evidences = env["kmop.evidence"].search(
        [("res_model", "in", ("res.partner", "account.move"))]
    )
    env.add_to_compute(evidences._fields["source_user_id"], evidences)
    env.flush_all()

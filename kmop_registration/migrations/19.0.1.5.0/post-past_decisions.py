"""Audits that were decided before keep what can still be found of that day."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    # superuser: an update is nobody's request
    env = api.Environment(cr, SUPERUSER_ID, {})
    decisions = env["kmop.audit.decision"]
    audits = env["kmop.audit"].search(
        [("state", "=", "decided"), ("decision_ids", "=", False)], order="id"
    )
    for audit in audits:
        decisions._keep(audit, rebuilt=audit.company_id._kmop_today())

"""Tell the evidence types that were there what new ones know from the data."""

from odoo.api import SUPERUSER_ID, Environment

VALUES = {
    "kmop_evidence_type_enrolment": {"dossiers": "subsidised"},
    "kmop_evidence_type_certificate": {"dossiers": "subsidised"},
    "kmop_evidence_type_invoice": {"source_model": "account.move"},
    "kmop_evidence_type_cv": {"source_model": "res.partner"},
}


def migrate(cr, version):
    # superuser: an update is nobody's request
    env = Environment(cr, SUPERUSER_ID, {})
    for name, vals in VALUES.items():
        record = env.ref(f"kmop_registration.{name}", raise_if_not_found=False)
        if record and not any(record[field] for field in vals if field != "dossiers"):
            record.write(vals)

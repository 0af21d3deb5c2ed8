"""Accepted evidence gets a manifest, which its fingerprint is of from now on."""

import json
from hashlib import sha256

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    # superuser: an update is nobody's request
    env = api.Environment(cr, SUPERUSER_ID, {})
    evidences = env["kmop.evidence"].search(
        [("fingerprint", "!=", False), ("manifest", "=", False)]
    )
    for evidence in evidences:
        # What doesn't match was altered, or its indicators were renamed: which of
        # the two can't be told any more, so it stays as it is and is told.
        if evidence.fingerprint == _get_former_fingerprint(evidence):
            manifest = json.dumps(evidence._prepare_manifest(), sort_keys=True)
            evidence.manifest = manifest
            evidence.fingerprint = evidence._get_digest(manifest)


def _get_former_fingerprint(evidence):
    content = [
        evidence.name,
        str(evidence.type_id.id),
        evidence.aspect,
        str(evidence.date_effective),
        evidence.url or "",
        f"{evidence.res_model or ''},{evidence.res_id or ''}",
        *sorted(evidence.indicator_ids.mapped("code")),
        *sorted(f"{file.name}:{file.sha256}" for file in evidence.file_ids),
    ]
    return sha256("\n".join(content).encode()).hexdigest()

"""Fed to Odoo's shell: files go to a folder of OCA's storage, and come back from it."""

import io
import os
from pathlib import Path
from zipfile import ZipFile

env = globals()["env"]
FOLDER = Path(os.environ["KMOP_STORAGE_FOLDER"])
CODE = os.environ["KMOP_STORAGE"]
PDF = b"%PDF-1.4 polis"


def use_storage():
    FOLDER.mkdir(exist_ok=True)
    env["fs.storage"].create(
        {
            "name": "Local folder",
            "protocol": "file",
            "code": CODE,
            "directory_path": str(FOLDER),
            "use_as_default_for_attachments": True,
        }
    )


def accept():
    """A PDF of evidence, from its upload to its acceptance."""
    registration = env["kmop.registration"].create(
        {
            "track_id": env.ref("kmop_registration.kmop_track_starter").id,
            "service": "training",
        }
    )
    file = env["ir.attachment"].create({"name": "polis.pdf", "raw": PDF})
    evidence = env["kmop.evidence"].create(
        {
            "name": "Polis",
            "registration_id": registration.id,
            "type_id": env.ref("kmop_registration.kmop_evidence_type_legal").id,
            "attachment_ids": [(6, 0, file.ids)],
        }
    )
    evidence.submit()
    evidence.accept()
    return evidence


def pack(registration):
    env.flush_all()
    pieces = registration._stream_dossier()
    archive = ZipFile(io.BytesIO(b"".join(pieces)))
    (name,) = (name for name in archive.namelist() if name.endswith("polis.pdf"))
    return archive.read(name)


use_storage()
evidence = accept()
frozen = evidence.file_ids.attachment_id
assert frozen.store_fname.startswith(f"{CODE}://"), frozen.store_fname
(place,) = FOLDER.rglob(frozen.fs_filename)
assert place.read_bytes() == PDF
env.invalidate_all()
assert evidence.verify()[evidence.id]["state"] == "intact"
assert pack(evidence.registration_id) == PDF
place.write_bytes(PDF[:-1] + b"x")
assert evidence.verify()[evidence.id]["state"] == "altered"
place.write_bytes(PDF)
assert evidence.verify()[evidence.id]["state"] == "intact"
# Only the storage stays, for the tests.
env.cr.rollback()
use_storage()
env.cr.commit()
print("stored")

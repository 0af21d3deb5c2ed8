from . import (
    kmop_evidence_type,
    kmop_evidence,
    kmop_evidence_upload,
    kmop_evidence_frozen,
    kmop_evidence_file,
    account_move,
)

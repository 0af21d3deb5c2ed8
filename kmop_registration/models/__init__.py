from . import (
    base,
    reference,
    evidence,
    registration,
    audit,
    dossier,
    satisfaction,
    milestone,
)

from . import (
    test_audit,
    test_coverage,
    test_dates,
    test_evidence,
    test_evidence_freeze,
    test_finding,
    test_i18n,
    test_milestone,
    test_norm,
    test_registration,
    test_score,
    test_ui,
)

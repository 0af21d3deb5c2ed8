from . import (
    test_audit,
    test_dates,
    test_i18n,
    test_milestone,
    test_registration,
    test_score,
    test_ui,
)

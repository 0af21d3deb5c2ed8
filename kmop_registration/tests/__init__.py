from . import (
    test_audit,
    test_dates,
    test_registration,
)

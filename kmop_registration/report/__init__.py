from . import (
    kmop_attendance_report,
    kmop_audit_report,
    kmop_certificate_report,
    kmop_coverage,
    kmop_exports,
)

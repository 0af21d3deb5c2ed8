from . import (
    kmop_attendance_report,
    kmop_audit_xlsx,
    kmop_certificate_report,
    kmop_coverage,
    kmop_project_xlsx,
)

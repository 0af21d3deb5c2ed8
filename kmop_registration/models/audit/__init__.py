from . import (
    kmop_audit,
    kmop_audit_page,
    kmop_audit_bureau,
    kmop_audit_access,
    kmop_audit_decision,
    kmop_audit_decision_evidence,
    kmop_audit_export,
    kmop_audit_log,
    kmop_audit_score,
    kmop_finding,
    mail_message,
)

from . import (
    kmop_audit_decide,
    kmop_audit_move,
    kmop_evidence_link,
    kmop_evidence_supersede,
    kmop_finding_check,
    kmop_period_correct,
    kmop_project_list,
    kmop_reason,
    kmop_satisfaction_report,
    survey_invite,
)

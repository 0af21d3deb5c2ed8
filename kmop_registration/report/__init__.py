from . import kmop_audit_xlsx, kmop_coverage, kmop_project_xlsx

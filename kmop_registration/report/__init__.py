from . import kmop_audit_xlsx

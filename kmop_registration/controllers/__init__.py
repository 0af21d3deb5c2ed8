from . import audit, audit_pack, badge, export, reminder, survey

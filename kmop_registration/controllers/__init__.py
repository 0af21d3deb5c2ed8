from . import audit, badge, export, reminder, survey

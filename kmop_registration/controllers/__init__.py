from . import audit, export, survey

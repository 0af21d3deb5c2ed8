from . import export, survey

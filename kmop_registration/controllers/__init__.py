from . import export, reminder, survey

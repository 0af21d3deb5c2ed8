from . import badge, export, reminder, survey

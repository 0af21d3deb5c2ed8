from . import badge, export, survey

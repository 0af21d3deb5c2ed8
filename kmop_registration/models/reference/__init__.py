from . import (
    kmop_theme,
    kmop_subsidy_rate,
    kmop_exclusion,
    kmop_rule,
    kmop_norm,
    kmop_requirement,
    kmop_indicator,
    kmop_track,
    kmop_track_part,
    kmop_bureau_appointment,
)

from . import (
    kmop_milestone_role,
    kmop_milestone_rule,
    kmop_milestone,
    kmop_milestone_plan,
    kmop_milestone_purpose,
    kmop_milestone_due,
    kmop_reminder,
    kmop_reminder_mail,
    sale_order,
    mail_activity,
)

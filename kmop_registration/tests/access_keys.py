"""The context keys that a call can send along, which decide nothing."""

import re
from pathlib import Path

ADDON = Path(__file__).parents[1]
FOLDERS = ("controllers", "data", "models", "report", "tools", "views", "wizard")
# A key that is read of a context, and not one that is put in it.
READ = re.compile(r"""(?:context|ctx)(?:\.get\(|\.pop\(|\[)\s*["'](\w+)["'](?!\] =)""")
TESTED = re.compile(r"""["'](\w+)["'] (?:not )?in (?:\w+\.)*context\b""")
GIVEN = re.compile(r"with_context\(([^()]*(?:\([^()]*\)[^()]*)*)\)")
NAME = re.compile(r"(?:^|[\s(,])(\w+)=")

# What our own code reads; a test finds these in the source.
OWN = {
    "active_id": 1,
    "active_ids": [1],
    "active_model": "kmop.audit",
    "hide_registration": True,
    "kmop_asked": True,
    "kmop_bureaus_first": True,
    "kmop_followed": True,
    "kmop_keep_address": True,
    "kmop_moving": True,
}
OWN_DEFAULTS = {"default_aspect": "application", "default_indicator_ids": [1]}

# With these, a call has the same outcome as without.
SWITCHES = {
    "_force_unlink": True,
    "active_test": False,
    "bin_size": True,
    "bin_size_raw": True,
    "display_default_code": False,
    "force_email": "x@example.com",
    "image_no_postprocess": True,
    "import_file": True,
    "install_mode": True,
    "lang": "en_US",
    "mail_activity_automation_skip": True,
    "mail_activity_quick_update": True,
    "mail_auto_subscribe_no_notify": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "mail_post_autofollow": True,
    "module": "kmop_registration",
    "no_reset_password": True,
    "prefetch_fields": False,
    "sale_show_partner_name": True,
    "skip_validation": True,
    "su": True,
    "sudo": True,
    "test_mode": True,
    "tracking_disable": True,
    "tz": "Pacific/Kiritimati",
    "uid": 1,
    **OWN,
}

# With these, a call may fail where it didn't, and does nothing that it couldn't do.
FORGED = {
    **SWITCHES,
    **OWN_DEFAULTS,
    "default_active": True,
    "default_accepted_by_id": 1,
    "default_outcome": "positive",
    "default_owner_id": 1,
    "default_public": True,
    "default_state": "accepted",
    "default_user_id": 1,
}


def find_keys():
    """Return the context keys that the addon reads or gives, anywhere in its source."""
    keys = set()
    for folder in FOLDERS:
        for path in (ADDON / folder).rglob("*"):
            if path.suffix in (".py", ".xml"):
                source = path.read_text()
                keys.update(READ.findall(source), TESTED.findall(source))
                for given in GIVEN.findall(source):
                    keys.update(NAME.findall(given))
    return keys

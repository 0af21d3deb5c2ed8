"""An upgrade with data that is killed, again and again, ends as if it never was."""

import subprocess
import time

from devtool import databases, logcheck, paths
from devtool.errors import Stop
from devtool.host import Host
from devtool.process import say, step
from more import snapshot, upgrade

NAME, KILLED = "kmop-chaos-upgraded", "kmop-chaos-killed"
# What Odoo's log says when an upgrade is killed, one after another.
MOMENTS = (
    f"module {paths.ADDON}: creating or updating database tables",
    f"loading {paths.ADDON}/data/kmop_milestone_rule_data.xml",
    f"Module {paths.ADDON} loaded",
    "verifying fields for every extended model",
)
LIMIT = 300
# A killed upgrade leaves gaps in the numbers: without them, both count alike.
NO_GAPS = """
    DO $$
    DECLARE one record;
    BEGIN
        FOR one IN
            SELECT s.oid::regclass AS counter, d.refobjid::regclass AS counted, attname
            FROM pg_class s
            JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i')
            JOIN pg_attribute a
                ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
            WHERE s.relkind = 'S'
        LOOP
            EXECUTE format(
                'SELECT setval(%L, COALESCE((SELECT max(%I) FROM %s), 0) + 1, false)',
                one.counter, one.attname, one.counted
            );
        END LOOP;
    END $$
"""
# What no two upgrades have in common: what is drawn by lot or made for a copy, and
# what a view was before its last update.
OWN = """
    UPDATE ir_ui_view SET arch_prev = NULL;
    UPDATE mail_message SET message_id = NULL;
    UPDATE ir_config_parameter SET value = ''
    WHERE key IN ('database.secret', 'database.uuid')
"""


def check(host: Host) -> None:
    """Upgrade the newest packed version once in one go, and once killed."""
    with step("Upgrading in one go"):
        upgrade.install(host, NAME, upgrade.get_archives()[-1])
        host.query(NAME, NO_GAPS)
        databases.clone(host, NAME, KILLED)
        databases.update(host, NAME)
    with step("Upgrading again, killed at one moment after another"):
        for moment in MOMENTS:
            _kill(host, moment)
            host.query(KILLED, NO_GAPS)
        databases.update(host, KILLED)
    logcheck.check(paths.log_file(f"update-{KILLED}"))
    found = []
    for database in (NAME, KILLED):
        host.query(database, OWN)
        found.append(snapshot.take(host, database))
    if difference := snapshot.difference(*found):
        say(difference)
        raise Stop("An upgrade that was killed ends in another database.")
    say(f"    killed {len(MOMENTS)} times: the same, row by row, as if it never was")
    for database in (NAME, KILLED):
        databases.drop(host, database)


def _kill(host: Host, moment: str) -> None:
    """Begin it, and end it where its log says ``moment``."""
    log = paths.log_file("upgrade-killed")
    command = host.command("-d", KILLED, "-u", paths.ADDON, "--stop-after-init")
    limit = time.monotonic() + LIMIT
    with open(log, "wb") as out:
        odoo = subprocess.Popen(command, env=host.environment(), stdout=out, stderr=out)
    while moment not in log.read_text(errors="replace"):
        if odoo.poll() is not None or time.monotonic() > limit:
            odoo.kill()
            raise Stop(f"The upgrade never came to “{moment}”: {paths.shown(log)}.")
        time.sleep(0.02)
    odoo.kill()
    odoo.wait()

"""Servers that are killed, cut off from the database or out of room halfway."""

import subprocess
import time
from pathlib import Path

from . import databases, logcheck, paths, snapshot
from .errors import Stop
from .host import NO_MAIL, Host
from .process import logged, say, step, tail

ACCIDENTS = Path(__file__).with_name("accidents.py")
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


def check(host: Host, name: str, source: str) -> None:
    """On a throw-away clone of ``source``: a next run completes the work."""
    with step("Killing servers, cutting them off, filling their disk"):
        databases.clone(host, source, name)
        try:
            log = _run(host, name)
        finally:
            databases.drop(host, name)
    say(log.read_text().rstrip())


def _run(host: Host, name: str) -> Path:
    """Where it may, in a place of its own: what is mounted there goes with it."""
    own = _own_mounts()
    env = host.environment() | ({"KMOP_OWN_MOUNTS": "1"} if own else {})
    command = host.command("shell", "-d", name, "--no-http", "--log-level=warn")
    log = paths.log_file("accidents")
    with open(ACCIDENTS) as script:
        # There, Python finds the tool beside Odoo.
        options = {"stdin": script, "cwd": paths.ROOT, "env": env}
        if logged([*own, *command, *NO_MAIL], "accidents", **options):
            say(tail(log, 25))
            raise Stop(f"A fault did harm: see {paths.shown(log)}.")
    return log


def _own_mounts() -> list[str]:
    """The command before a command that may mount; nothing where nobody may."""
    for options in (["--mount"], ["--mount", "--map-root-user"]):
        command = ["unshare", *options]
        try:
            done = subprocess.run([*command, "mount", "-t", "tmpfs", "kmop", "/tmp"])
        except OSError:
            return []
        if not done.returncode:
            return command
    return []


def check_upgrade(host: Host, name: str, upgraded: str) -> None:
    """Kill the upgrade of ``name`` again and again: it must end as ``upgraded``."""
    with step("Upgrading again, killed at one moment after another"):
        for moment in MOMENTS:
            _kill_upgrade(host, name, moment)
            host.query(name, NO_GAPS)
        databases.update(host, name)
    logcheck.check(paths.log_file(f"update-{name}"))
    found = []
    for database in (upgraded, name):
        host.query(database, OWN)
        found.append(snapshot.take(host, database))
    if difference := snapshot.difference(*found):
        say(difference)
        raise Stop("An upgrade that was killed ends in another database.")
    say(f"    killed {len(MOMENTS)} times: the same, row by row, as if it never was")


def _kill_upgrade(host: Host, name: str, moment: str) -> None:
    """Begin it, and end it where its log says ``moment``."""
    log = paths.log_file("upgrade-killed")
    command = host.command("-d", name, "-u", paths.ADDON, "--stop-after-init")
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

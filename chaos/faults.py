"""Servers that are killed, cut off from the database or out of room halfway."""

import subprocess
from pathlib import Path

from devtool import databases, paths
from devtool.errors import Stop
from devtool.host import NO_MAIL, Host
from devtool.process import logged, say, step, tail

NAME = "kmop-chaos-faults"
ACCIDENTS = Path(__file__).with_name("accidents.py")


def check(host: Host) -> None:
    """On a throw-away clone: a next run completes the work."""
    with step("Killing servers, cutting them off, filling their disk"):
        databases.clone(host, databases.prepared(host, databases.BARE), NAME)
        try:
            log = _run(host)
        finally:
            databases.drop(host, NAME)
    say(log.read_text().rstrip())


def _run(host: Host) -> Path:
    """Where it may, in a place of its own: what is mounted there goes with it."""
    own = _own_mounts()
    env = host.environment() | ({"KMOP_OWN_MOUNTS": "1"} if own else {})
    command = host.command("shell", "-d", NAME, "--no-http", "--log-level=warn")
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

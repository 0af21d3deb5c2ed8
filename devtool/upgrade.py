"""A database of an earlier version, with data in it, brought up to this one."""

import shutil
from collections import Counter

from . import databases, faults, logcheck, paths, snapshot
from .errors import Stop
from .host import NO_MAIL, Host, write_configuration
from .process import must, output, say, step

FOLDER = paths.HOST / "upgrade"
USED = "devtool/used.py"
# The same database, whose upgrade is killed.
KILLED = "kmop-test-killed"
# The last commit of each version whose data can still be out there.
VERSIONS = {"19.0.1.1.0": "5642d5eab5e628b2cf049389939f9808a23deee4"}
# What may never change.
KEPT = "SELECT count(*), max(fingerprint) FROM kmop_evidence WHERE state = 'accepted'"


def check(host: Host, name: str, fresh: str) -> None:
    """The structure must be that of ``fresh``, and what was accepted unaltered."""
    for version, commit in VERSIONS.items():
        if not _is_here(commit):
            say(f"==> NOT RUN: the upgrade from {version}, which isn't in this clone:")
            say("    `git fetch --unshallow` gets it")
            continue
        with step(f"Upgrading from {version}, with data"):
            _install(host, name, commit)
            host.query(name, faults.NO_GAPS)
            databases.clone(host, name, KILLED)
            before = host.query(name, KEPT), snapshot.count(host, name)
            databases.update(host, name)
        logcheck.check(paths.log_file(f"update-{name}"))
        if (host.query(name, KEPT), snapshot.count(host, name)) != before:
            raise Stop(f"Upgrading from {version} changed what users entered.")
        _compare(host, name, fresh, version)
        say("    the upgraded database is like a fresh one, with its data")
        faults.check_upgrade(host, KILLED, name)
        databases.drop(host, KILLED)
        databases.drop(host, name)


def _install(host: Host, name: str, commit: str) -> None:
    """As that version's own files install and use it."""
    _check_out(commit)
    databases.clone(host, databases.ground(host, databases.BARE), name)
    old = Host(host.source, host.address, FOLDER / "odoo.conf")
    write_configuration(old.configuration, old.source, FOLDER)
    databases.install(old, name, paths.ADDON)
    with open(FOLDER / USED) as script:
        old.log("upgrade-use", "shell", "-d", name, *NO_MAIL, stdin=script)


def _is_here(commit: str) -> bool:
    command = ["git", "-C", paths.ROOT, "rev-parse", "-q", f"{commit}^{{tree}}"]
    return bool(output(command))


def _check_out(commit: str) -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    target = FOLDER / "version.tar"
    command = ["git", "-C", paths.ROOT, "archive", f"--output={target}", commit]
    must([*command, paths.ADDON, USED], "upgrade-git", "Git has no earlier version.")
    must(["tar", "-xf", target, "-C", FOLDER], "upgrade-tar", "It doesn't unpack.")


def _compare(host: Host, name: str, fresh: str, version: str) -> None:
    one, other = (_structure(host, database) for database in (fresh, name))
    if difference := snapshot.difference(one, other):
        say(difference)
        raise Stop(f"Upgraded from {version}, the tables aren't those of a new one.")


def _structure(host: Host, name: str) -> Counter[str]:
    options = "--schema-only", "--no-comments"
    return snapshot.structure(snapshot.dump(host, *options, name))

"""A database of an earlier version, with data in it, brought up to this one."""

import os
import shutil
from collections import Counter
from pathlib import Path

from . import databases, faults, logcheck, paths, snapshot
from .errors import Stop
from .host import NO_MAIL, Host, write_configuration
from .process import must, output, say, step

FOLDER = paths.HOST / "upgrade"
USED = "devtool/used.py"
# The same database, whose upgrade is killed, and the version where that is done: from
# it, all that migrations do is done, and no chance value is made anew.
KILLED = "kmop-test-killed"
KILLED_FROM = "19.0.1.1.0"
# The first version came without a script that uses it.
FIRST = Path(__file__).with_name("used_first.py")
VERIFIED = Path(__file__).with_name("verified.py")
# The last commit of each version whose data can still be out there, oldest first.
# A version goes in here when the manifest gets the next one: a test insists.
VERSIONS = {
    "19.0.1.0.0": "ee4dc51145f5a43a3dcf0dbe2dcbd0b41507308e",
    "19.0.1.1.0": "5642d5eab5e628b2cf049389939f9808a23deee4",
    "19.0.1.2.0": "dcb11ac5373d1bfa79f6ddc697ea12fd59ad1d69",
    "19.0.1.3.0": "0533fb49bdef0d4c616263a154a1e9b83c47a578",
    "19.0.1.4.0": "1d95c13d00de064757fd4dcb3c8156c3dd8aa7e0",
}
# What may never change: accepted evidence with its files, periods, decided audits.
# A fingerprint is reckoned anew where its manifest is: verified.py compares it.
KEPT = """
SELECT 'evidence', id, name, date_accepted::text, res_id::text
FROM kmop_evidence WHERE state = 'accepted'
UNION ALL SELECT 'file', id, sha256, name, size::text FROM kmop_evidence_file
UNION ALL SELECT 'period', id, date_start::text, date_end::text, audit_id::text
FROM kmop_registration_period
UNION ALL SELECT 'audit', id, state, outcome, date_decided::text FROM kmop_audit
UNION ALL SELECT 'registration', id, number, service, track_id::text
FROM kmop_registration
UNION ALL SELECT 'finding', id, name, state, severity FROM kmop_finding
ORDER BY 1, 2
"""


def check(host: Host, name: str, fresh: str) -> None:
    for version in get_versions():
        if _is_here(VERSIONS[version]):
            _check(host, name, fresh, version)
        else:
            say(f"==> NOT RUN: the upgrade from {version}, which isn't in this clone:")
            say("    `git fetch --unshallow` gets it")


def get_versions() -> list[str]:
    """One with much to migrate and the newest; all with `./dev test --slow`."""
    every = list(VERSIONS)
    return every if os.environ.get("KMOP_SLOW") else [KILLED_FROM, every[-1]]


def _check(host: Host, name: str, fresh: str, version: str) -> None:
    """The structure must be that of ``fresh``, and what was accepted unaltered."""
    with step(f"Upgrading from {version}, with data"):
        _install(host, name, VERSIONS[version])
        host.query(name, faults.NO_GAPS)
        databases.clone(host, name, KILLED)
        before = _get_kept(host, name)
        databases.update(host, name)
        with open(VERIFIED) as script:
            options = ("-d", name, "--log-level=warn", *NO_MAIL)
            host.log("upgrade-verify", "shell", *options, stdin=script)
    logcheck.check(paths.log_file(f"update-{name}"))
    if difference := snapshot.difference(before, _get_kept(host, name)):
        say(difference)
        raise Stop(f"Upgrading from {version} changed what users entered.")
    _compare(host, name, fresh, version)
    say("    the upgraded database is like a fresh one, with its data")
    if version == KILLED_FROM:
        faults.check_upgrade(host, KILLED, name)
    databases.drop(host, KILLED)
    databases.drop(host, name)


def _get_kept(host: Host, name: str) -> Counter[str]:
    return Counter(host.query(name, KEPT).splitlines()) + snapshot.count(host, name)


def _install(host: Host, name: str, commit: str) -> None:
    """As that version's own files install and use it."""
    _check_out(commit)
    databases.clone(host, databases.ground(host, databases.BARE), name)
    old = Host(host.source, host.address, FOLDER / "odoo.conf")
    write_configuration(old.configuration, old.source, FOLDER)
    databases.install(old, name, paths.ADDON)
    own = FOLDER / USED
    with open(own if own.exists() else FIRST) as script:
        old.log("upgrade-use", "shell", "-d", name, *NO_MAIL, stdin=script)


def _is_here(commit: str) -> bool:
    command = ["git", "-C", paths.ROOT, "rev-parse", "-q", f"{commit}^{{tree}}"]
    return bool(output(command))


def _check_out(commit: str) -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    target = FOLDER / "version.tar"
    command = ["git", "-C", paths.ROOT, "archive", f"--output={target}", commit]
    must(command, "upgrade-git", "Git has no earlier version.")
    must(["tar", "-xf", target, "-C", FOLDER], "upgrade-tar", "It doesn't unpack.")


def _compare(host: Host, name: str, fresh: str, version: str) -> None:
    one, other = (_structure(host, database) for database in (fresh, name))
    if difference := snapshot.difference(one, other):
        say(difference)
        raise Stop(f"Upgraded from {version}, the tables aren't those of a new one.")


def _structure(host: Host, name: str) -> Counter[str]:
    options = "--schema-only", "--no-comments"
    return snapshot.structure(snapshot.dump(host, *options, name))

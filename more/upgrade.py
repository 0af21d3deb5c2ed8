"""A database of an earlier version, with data in it, brought up to this one."""

import shutil
import tarfile
from collections import Counter
from pathlib import Path

from devtool import databases, logcheck, paths
from devtool.databases import BARE
from devtool.errors import Stop
from devtool.host import Host, write_configuration
from devtool.process import say, step

from . import snapshot

NAME = "kmop-more-upgrade"
FOLDER = paths.HOST / "upgrade"
# A version goes in here when the manifest gets the next one (README.md says how): a
# clone need not have the commits of then. From 1.4.0 on: nobody can have earlier ones.
ARCHIVES = Path(__file__).with_name("versions")
USED = Path(__file__).with_name("used.py")
VERIFIED = Path(__file__).with_name("verified.py")
# What may never change: accepted evidence with its files, periods, decided audits, and
# what else users entered. A fingerprint is reckoned anew where its manifest is:
# verified.py compares it.
KEPT = """
SELECT 'evidence', id, name, state, concat_ws('/', date_accepted, res_id, type_id)
FROM kmop_evidence
UNION ALL SELECT 'file', id, sha256, name, size::text FROM kmop_evidence_file
UNION ALL SELECT 'period', id, date_start::text, date_end::text, audit_id::text
FROM kmop_registration_period
UNION ALL SELECT 'audit', id, state, outcome,
concat_ws('/', date_requested, date_planned, date_visited, date_decided) FROM kmop_audit
UNION ALL SELECT 'score', id, self_conformity, auditor_conformity, remark
FROM kmop_audit_score
UNION ALL SELECT 'registration', id, number, service, track_id::text
FROM kmop_registration
UNION ALL SELECT 'finding', id, name, state, concat_ws('/', severity, date_found)
FROM kmop_finding
UNION ALL SELECT 'reminder', id, state, milestone_id::text, partner_id::text
FROM kmop_reminder
UNION ALL SELECT 'answer', id, value_scale::text, question_id::text,
user_input_id::text FROM survey_user_input_line
ORDER BY 1, 2
"""


def check(host: Host) -> None:
    for archive in get_archives():
        _check(host, archive)


def get_archives() -> list[Path]:
    return sorted(ARCHIVES.glob("*.tar.xz"))


def get_version(archive: Path) -> str:
    return archive.name.removesuffix(".tar.xz")


def _check(host: Host, archive: Path) -> None:
    """The structure must be that of a fresh one, and what was entered unaltered."""
    version = get_version(archive)
    with step(f"Upgrading from {version}, with data"):
        install(host, NAME, archive)
        before = _get_kept(host, NAME)
        databases.update(host, NAME)
        host.feed(VERIFIED, NAME, "upgrade-verify")
    logcheck.check(paths.log_file(f"update-{NAME}"))
    if difference := snapshot.difference(before, _get_kept(host, NAME)):
        say(difference)
        raise Stop(f"Upgrading from {version} changed what users entered.")
    _compare(host, version)
    say(f"    like a fresh database, with the data of before ({before.total()} rows)")
    databases.drop(host, NAME)


def _get_kept(host: Host, name: str) -> Counter[str]:
    return Counter(host.query(name, KEPT).splitlines()) + snapshot.count(host, name)


def install(host: Host, name: str, archive: Path) -> None:
    """As that version's own files install it; filled by what it can do already."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    with tarfile.open(archive) as packed:
        packed.extractall(FOLDER, filter="data")
    databases.clone(host, databases.ground(host, BARE), name)
    old = Host(host.source, host.address, FOLDER / "odoo.conf")
    write_configuration(old.configuration, old.source, FOLDER)
    databases.install(old, name, paths.ADDON)
    with open(USED) as script:
        # Not beside this version's addon, which Odoo would find first.
        old.log("upgrade-use", "shell", "-d", name, "--no-http", stdin=script)


def _compare(host: Host, version: str) -> None:
    fresh = databases.prepared(host, BARE)
    one, other = (_structure(host, database) for database in (fresh, NAME))
    if difference := snapshot.difference(one, other):
        say(difference)
        raise Stop(f"Upgraded from {version}, the tables aren't those of a new one.")


def _structure(host: Host, name: str) -> Counter[str]:
    options = "--schema-only", "--no-comments"
    return snapshot.structure(snapshot.dump(host, *options, name))

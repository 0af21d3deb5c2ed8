"""`./dev test`."""

import os
import time
from pathlib import Path

from . import (
    addon,
    beside,
    browser,
    covered,
    databases,
    faults,
    full,
    host,
    locks,
    logcheck,
    node,
    paths,
    pytests,
    race,
    snapshot,
    storage,
    uninstall,
    upgrade,
    wheel,
)
from .databases import BARE, DEMO, HOST_MODULES
from .errors import Stop
from .host import NO_MAIL, Host
from .junit import Outcome
from .process import say, step

# Whoever tests has the test databases for itself.
LOCK = "test"
BARE_DB = "kmop-test-bare"
UNINSTALL_DB = "kmop-test-uninstall"
STORM_DB = "kmop-test-storm"
RACE_DB = "kmop-test-race"
FAULTS_DB = "kmop-test-faults"
UPGRADE_DB = "kmop-test-upgrade"
WHEEL_DB = "kmop-test-wheel"
FULL_DB = "kmop-test-full"
BESIDE_DB = "kmop-test-beside"
STORAGE_DB = "kmop-test-storage"
STORM = Path(__file__).with_name("storm.py")
DEMO_DB = "kmop-test-demo"
KINDS = {BARE_DB: BARE, DEMO_DB: DEMO}


def everything() -> int:
    """From empty databases: Odoo's own installer, its updates, then every test."""
    begin = time.monotonic()
    host.prepare()
    _prepare_browser()
    with locks.exclusive(LOCK), host.ready() as ready:
        _install_bare(ready)
        _update_twice(ready)
        uninstall.check(ready, UNINSTALL_DB, BARE_DB)
        upgrade.check(ready, UPGRADE_DB, BARE_DB)
        full.check(ready, FULL_DB)
        wheel.check(ready, WHEEL_DB)
        beside.check(ready, BESIDE_DB)
        storage.check(ready, STORAGE_DB)
        _storm(ready)
        race.check(ready, RACE_DB, BARE_DB)
        if os.environ.get("KMOP_SLOW"):
            faults.check(ready, FAULTS_DB, BARE_DB)
        _install_demo(ready)
        _run([], ready)
    say(f"==> All is well, after {time.monotonic() - begin:.0f} s")
    return 0


def selected(arguments: list[str]) -> int:
    """On the databases that are there, brought up to date only where they must."""
    host.prepare()
    if _only_tool(arguments):
        return _run(arguments, None)
    _prepare_browser()
    with locks.exclusive(LOCK), host.ready() as ready:
        return _run(arguments, ready)


def measured() -> int:
    """Every test of the addon, with each line and branch that it runs noted."""
    host.prepare()
    _prepare_browser()
    covered.start()
    with locks.exclusive(LOCK), host.ready() as ready:
        _run([], ready, covered.COMMAND)
    return covered.report()


def _prepare_browser() -> None:
    """What tours and JavaScript tests need, and what checks accessibility in it."""
    browser.ensure()
    node.ensure()


def _run(arguments: list[str], ready: Host | None, under=()) -> int:
    total, lines = Outcome(), []
    for part in pytests.parts(BARE_DB, DEMO_DB):
        if part.chosen(arguments) is None:
            _may_be_missing(part, arguments)
            continue
        _current(ready, part.database)
        outcome, line = pytests.run(part, arguments, ready, under)
        total += outcome
        lines.append(line)
    say("\n".join(["==> Tests", *lines]))
    total.check()
    return 0


def _may_be_missing(part: pytests.Part, arguments: list[str]) -> None:
    if not arguments:
        raise Stop(f"There are no tests for {part.title}: restore them from git.")


def _only_tool(arguments: list[str]) -> bool:
    tool, *others = pytests.parts(BARE_DB, DEMO_DB)
    return bool(tool.chosen(arguments)) and not any(
        part.chosen(arguments) for part in others
    )


def _current(ready: Host | None, name: str) -> None:
    """Seed records that changed are not reached by an update: clone anew."""
    if not name:
        return
    known, wanted = databases.marked(ready, name), addon.fingerprint()
    if known.split(" ")[0] == wanted.split(" ")[0]:
        databases.refresh(ready, name)
    else:
        databases.fresh(ready, name, KINDS[name])


def _install_bare(ready: Host) -> None:
    _install(ready, BARE_DB, "Installing the addon alone, without demo data", "")


def _install_demo(ready: Host) -> None:
    title = f"Installing the addon and {HOST_MODULES} with demo data"
    _install(ready, DEMO_DB, title, HOST_MODULES, *DEMO.options)


def _install(ready: Host, name: str, title: str, modules: str, *options: str) -> None:
    current, new = addon.fingerprint(), f"{name}.new"
    databases.drop(ready, new)
    wanted = ",".join(filter(None, (modules, paths.ADDON)))
    with step(f"{title}, on an empty database"):
        databases.install(ready, new, wanted, *options)
    logcheck.check(paths.log_file(f"install-{new}"))
    databases.take_name(ready, new, name)
    databases.mark(ready, name, current)


def _update_twice(ready: Host) -> None:
    """The second update must find nothing to do."""
    seen = []
    for turn in ("first", "second"):
        with step(f"Updating the addon, the {turn} time"):
            databases.update(ready, BARE_DB)
        logcheck.check(paths.log_file(f"update-{BARE_DB}"))
        seen.append(snapshot.take(ready, BARE_DB))
    if difference := snapshot.difference(*seen):
        say(difference)
        raise Stop("The second update changed the database: the rows are above.")
    say("    the second update changed nothing")


def _storm(ready: Host) -> None:
    """Reminders: two processes at once, and processes that are killed."""
    with step("Sending reminders by two at once, and by killed ones"):
        databases.clone(ready, BARE_DB, STORM_DB)
        try:
            with open(STORM) as script:
                options = ("-d", STORM_DB, "--no-http", "--log-level=warn", *NO_MAIL)
                log = ready.log("storm", "shell", *options, stdin=script)
        finally:
            databases.drop(ready, STORM_DB)
    say(log.read_text().rstrip())

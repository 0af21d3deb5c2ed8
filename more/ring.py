"""`./dev test --more`: what is proved on databases of its own, two checks at a time."""

import time
from functools import partial

from checks import times
from devtool import browser, databases, host, locks, node, paths
from devtool.databases import BARE
from devtool.errors import Stop
from devtool.host import Host
from devtool.process import say, side_by_side, step

from . import beside, full, race, storage, uninstall, upgrade, upstream, wheel

LOCK = "test-more"
STORM = paths.ROOT / "more" / "storm.py"


def _storm(ready: Host) -> None:
    """Reminders: two processes at once, and processes that are killed."""
    name = "kmop-more-storm"
    with step("Sending reminders by two at once, and by killed ones"):
        databases.clone(ready, databases.prepared(ready, BARE), name)
        try:
            log = ready.feed(STORM, name, "storm", "--log-level=warn")
        finally:
            databases.drop(ready, name)
    say(log.read_text().rstrip())


# The longest first: the others fill the time of the other core.
CHECKS = {
    "suites": upstream.check,
    "beside": beside.check,
    "storage": storage.check,
    "uninstall": uninstall.check,
    "upgrade": upgrade.check,
    "race": race.check,
    "full": full.check,
    "storm": _storm,
    "wheel": wheel.check,
}


def choose(names: list[str], checks: dict) -> dict:
    """The checks of those names; all where none is named."""
    if unknown := set(names) - checks.keys():
        raise Stop(
            f"There is no check {', '.join(sorted(unknown))}: choose from"
            f" {', '.join(checks)}."
        )
    return {name: checks[name] for name in names or checks}


def run(names: list[str], baseline: bool = False) -> int:
    begin, checks = time.monotonic(), choose(names, CHECKS)
    host.prepare()
    browser.ensure()
    node.ensure()
    with locks.exclusive(LOCK), host.ready() as ready:
        if baseline:
            return upstream.write(ready)
        # Prepared before two want it at the same time.
        databases.prepared(ready, BARE)
        side_by_side({name: partial(job, ready) for name, job in checks.items()})
    if not names:
        times.note("test --more", time.monotonic() - begin)
    return 0

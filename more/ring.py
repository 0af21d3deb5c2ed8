"""`./dev test --more`: what is proved on databases of its own, two checks at a time."""

import time
from functools import partial

from checks import times
from devtool import browser, databases, host, locks, node, paths
from devtool.databases import BARE
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


def run(baseline: bool = False) -> int:
    begin = time.monotonic()
    host.prepare()
    browser.ensure()
    node.ensure()
    with locks.exclusive(LOCK), host.ready() as ready:
        if baseline:
            return upstream.write(ready)
        # Prepared before two want it at the same time.
        databases.prepared(ready, BARE)
        side_by_side({name: partial(job, ready) for name, job in CHECKS.items()})
    times.note("test --more", time.monotonic() - begin)
    return 0

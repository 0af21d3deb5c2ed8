"""`./dev chaos [NAME ...]`: what takes hours, or breaks things; README.md says more."""

import os
import time
from collections.abc import Callable

from devtool import databases, host, locks, pytests, testing
from devtool.errors import Stop
from devtool.host import Host
from devtool.process import say
from more import beside, race
from more.ring import choose

from . import faults, killed, scale

LOCK = "chaos"
# How many random lives of registrations are lived, and rounds of two users played.
LIVES, ROUNDS = "3000", "3000"
# Tests that count the host's own queries, or walk its own screens, tell nothing beside.
COUNTED = ("budget", "performance", "tour", "journey", "ui", "hoot", "test_demo_")


def _live(_ready: Host) -> None:
    os.environ["KMOP_EXAMPLES"] = LIVES
    testing.selected([str(pytests.ADDON_TESTS / "test_life.py")])


def _race(ready: Host) -> None:
    os.environ["KMOP_ROUNDS"] = ROUNDS
    race.check(ready)


def _beside(ready: Host) -> None:
    """Nearly all tests beside other addons, not only those that tell most."""
    files = (path for path in sorted(pytests.ADDON_TESTS.rglob("test_*.py")))
    beside.check(ready, [p for p in files if not any(w in p.name for w in COUNTED)])


def _cover(_ready: Host) -> None:
    testing.measured(compare=True)


CHECKS: dict[str, Callable[[Host], object]] = {
    "faults": faults.check,
    "killed": killed.check,
    "scale": scale.check,
    "rounds": _race,
    "lives": _live,
    "beside": _beside,
    "coverage": _cover,
}


def run(names: list[str]) -> int:
    checks = choose(names, CHECKS)
    begin, failed = time.monotonic(), []
    with locks.exclusive(LOCK), host.ready() as ready:
        databases.prepared(ready, databases.BARE)
        for name, check in checks.items():
            try:
                check(ready)
            except Stop as error:
                say(f"==> FAILED: {name}: {error}")
                failed.append(name)
    if failed:
        raise Stop(f"Not weathered: {', '.join(failed)}; see above.")
    say(f"==> Weathered, after {time.monotonic() - begin:.0f} s")
    return 0

"""Odoo's own suites with the addon installed: nothing may fail that did not before."""

import re
from pathlib import Path

from . import browser, databases, host, locks, paths
from .databases import HOST_MODULES
from .errors import Stop
from .host import Host
from .process import logged, say, step
from .serve import free_port

BASELINE = paths.ROOT / "devtool" / "host_baseline.txt"
TAGS = "/sale,/survey,/sale_management"
MODULES = "sale,survey,sale_management"
DATABASE = "kmop-test-host"
FAILED = re.compile(r" ERROR \S+ \S+: (?:FAIL|ERROR): (\w+(?:\.\w+)?)")
COUNTED = re.compile(r"odoo\.tests\.(?:result|stats).*? of (\d+) tests")
HEADER = """\
# Tests of Odoo's own that fail on this host without the addon.
# Written by `./dev test --host --baseline`.
"""


def run(baseline: bool) -> int:
    host.prepare()
    browser.ensure()
    with locks.exclusive("test-host"), host.ready() as ready:
        log = _suites(ready, addon="" if baseline else paths.ADDON)
    text = log.read_text(errors="replace")
    count, failed = counted(text), failures(text)
    if not count:
        raise Stop(f"No test of Odoo's own was run: see {paths.shown(log)}.")
    say(f"    {count} tests, {len(failed)} failed")
    return _write(failed) if baseline else _judge(failed, log)


def _suites(ready: Host, addon: str) -> Path:
    """On an installed database, so that the addon is there for every test."""
    wanted = ",".join(filter(None, (HOST_MODULES, addon)))
    databases.drop(ready, DATABASE)
    with step(f"Installing {wanted} on an empty database"):
        databases.install(ready, DATABASE, wanted)
    with step(f"Running the tests {TAGS} (about 5 minutes)"):
        return _test(ready)


def _test(ready: Host) -> Path:
    """Odoo ends with an error where a test fails: the log is what counts."""
    name = "host-suites"
    command = ready.command(
        "-d", DATABASE, "-u", MODULES, f"--test-tags={TAGS}", "--stop-after-init",
        f"--http-port={free_port()}",
    )  # fmt: skip
    logged(command, name, env=ready.environment())
    return paths.log_file(name)


def failures(log: str) -> set[str]:
    return set(FAILED.findall(log))


def counted(log: str) -> int:
    found = COUNTED.findall(log)
    return int(found[-1]) if found else 0


def known() -> set[str]:
    lines = BASELINE.read_text().splitlines() if BASELINE.exists() else []
    return {line.strip() for line in lines if line.strip() and line[0] != "#"}


def _write(failed: set[str]) -> int:
    BASELINE.write_text(HEADER + "".join(f"{name}\n" for name in sorted(failed)))
    say(f"==> Wrote {paths.shown(BASELINE)}")
    return 0


def _judge(failed: set[str], log: Path) -> int:
    if new := sorted(failed - known()):
        raise Stop(
            f"With the addon these tests of Odoo fail: {', '.join(new)}; see"
            f" {paths.shown(log)}."
        )
    for name in sorted(known() - failed):
        say(f"    {name} fails without the addon, yet passed here")
    say("==> Odoo's own tests fail nothing that they don't fail without the addon")
    return 0

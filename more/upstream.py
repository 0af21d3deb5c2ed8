"""Odoo's own suites with the addon installed: nothing may fail that did not before."""

import re
from pathlib import Path

from devtool import databases, paths
from devtool.databases import HOST_MODULES
from devtool.errors import Stop
from devtool.host import Host
from devtool.process import logged, say, step
from devtool.serve import free_port

BASELINE = Path(__file__).with_name("host_baseline.txt")
TAGS = "/sale,/survey,/sale_management"
MODULES = "sale,survey,sale_management"
DATABASE = "kmop-more-host"
FAILED = re.compile(r" ERROR \S+ \S+: (?:FAIL|ERROR): (\w+(?:\.\w+)?)")
COUNTED = re.compile(r"odoo\.tests\.(?:result|stats).*? of (\d+) tests")
HEADER = """\
# Tests of Odoo's own that fail on this host without the addon.
# Written by `./dev test --baseline`.
"""


def check(host: Host) -> None:
    """With the addon, no test of Odoo fails that doesn't fail without it."""
    log = _suites(host, paths.ADDON)
    failed = _read(log)
    if new := sorted(failed - known()):
        raise Stop(
            f"With the addon these tests of Odoo fail: {', '.join(new)}; see"
            f" {paths.shown(log)}."
        )
    for name in sorted(known() - failed):
        say(f"    {name} fails without the addon, yet passed here")
    databases.drop(host, DATABASE)


def write(host: Host) -> int:
    """Note what fails without the addon."""
    failed = _read(_suites(host, ""))
    BASELINE.write_text(HEADER + "".join(f"{name}\n" for name in sorted(failed)))
    say(f"==> Wrote {paths.shown(BASELINE)}")
    return 0


def _read(log: Path) -> set[str]:
    text = log.read_text(errors="replace")
    count, failed = counted(text), failures(text)
    if not count:
        raise Stop(f"No test of Odoo's own was run: see {paths.shown(log)}.")
    say(f"    {count} tests, {len(failed)} failed")
    return failed


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

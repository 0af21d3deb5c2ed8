"""`./dev test`: from an empty database to every test; `./dev test -k word`: a few."""

import time
from functools import partial

from checks import covered, times
from more import updated

from . import (
    addon,
    browser,
    databases,
    host,
    locks,
    logcheck,
    node,
    paths,
    pytests,
)
from .databases import BARE, DEMO, HOST_MODULES
from .errors import Stop
from .host import Host
from .junit import Outcome
from .process import say, side_by_side, step

# Whoever tests has the test databases for itself.
LOCK = "test"
BARE_DB = "kmop-test-bare"
DEMO_DB = "kmop-test-demo"
KINDS = {BARE_DB: BARE, DEMO_DB: DEMO}


def everything() -> int:
    """Odoo's own installer on empty databases, its updates, then every test once."""
    begin = time.monotonic()
    host.prepare()
    _prepare_browser()
    with locks.exclusive(LOCK), host.ready() as ready:
        both = {"demo": _install_demo, "bare": _install_bare}
        side_by_side({name: partial(job, ready) for name, job in both.items()})
        _run([], ready)
    times.note("test", time.monotonic() - begin)
    return 0


def selected(arguments: list[str]) -> int:
    """On the databases that are there, brought up to date only where they must."""
    host.prepare()
    if _only_tool(arguments):
        return _run(arguments, None)
    _prepare_browser()
    with locks.exclusive(LOCK), host.ready() as ready:
        return _run(arguments, ready)


def measured(compare: bool = False) -> int:
    """Every test of the addon, with each line and branch that it runs noted.

    The page of docs/ is written, or compared with what is found.
    """
    host.prepare()
    _prepare_browser()
    covered.start()
    with locks.exclusive(LOCK), host.ready() as ready:
        _run([], ready, covered.COMMAND)
    return covered.report(compare)


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
    say("\n".join(["==> Tests", *lines, *total.get_slowest()]))
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
    updated.check(ready, BARE_DB)


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

"""`./dev test`."""

import time

from . import addon, browser, databases, host, logcheck, paths, pytests, snapshot
from .databases import DEMO, HOST_MODULES
from .errors import Stop
from .host import Host
from .junit import Outcome
from .process import say, step

BARE_DB = "kmop-test-bare"
DEMO_DB = "kmop-test-demo"


def everything() -> int:
    """From empty databases: Odoo's own installer, its updates, then every test."""
    begin = time.monotonic()
    host.prepare()
    browser.ensure()
    with host.ready() as ready:
        _install_bare(ready)
        _update_twice(ready)
        _install_demo(ready)
        _run([], ready)
    say(f"==> All is well, after {time.monotonic() - begin:.0f} s")
    return 0


def selected(arguments: list[str]) -> int:
    """On the databases that are there, brought up to date only where they must."""
    host.prepare()
    if _only_tool(arguments):
        return _run(arguments, None)
    browser.ensure()
    with host.ready() as ready:
        _current(ready, BARE_DB, _install_bare)
        _current(ready, DEMO_DB, _install_demo)
        return _run(arguments, ready)


def _run(arguments: list[str], ready: Host | None) -> int:
    total, lines = Outcome(), []
    for part in pytests.parts(BARE_DB, DEMO_DB):
        outcome, line = pytests.run(part, arguments, ready)
        total += outcome
        lines += [line] if line else []
        if not (arguments or outcome.ran or outcome.skipped):
            raise Stop(f"No test was run for {part.title}: they are missing.")
    say("\n".join(["==> Tests", *lines]))
    total.check()
    return 0


def _only_tool(arguments: list[str]) -> bool:
    files = [word for word in arguments if pytests.is_file(word)]
    tool = str(pytests.TOOL_TESTS.relative_to(paths.ROOT))
    return bool(files) and all(tool in word for word in files)


def _current(ready: Host, name: str, install) -> None:
    """Seed records that changed are not reached by an update: install anew."""
    known, wanted = databases.marked(ready, name), addon.fingerprint()
    if known.split(" ")[0] != wanted.split(" ")[0]:
        install(ready)
    else:
        databases.refresh(ready, name)


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

"""`./dev lint`: the whole chain, every link reported, none hides another."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from devtool import host, locks, node, paths, python
from devtool.errors import Stop
from devtool.process import say, side_by_side

from . import odoo_lint, pot, times

TOOL = ("dev", "devtool", "checks", "more", "chaos", "benchmarks", "docs")
PYTHON = (*TOOL, paths.ADDON, "examples")
ADDONS = (paths.ADDON, "examples/kmop_registration_event")
FAST_ONLY = "    left out with --fast: Odoo's own linter, upgrade_code, the .pot file"


def run(fix: bool, fast: bool) -> int:
    host.prepare()
    node.ensure()
    if fix:
        _fix()
    begin, failed = time.monotonic(), []
    lanes = {"style": lambda: failed.extend(_style())}
    if fast:
        say(FAST_ONLY)
    else:
        lanes["odoo"] = lambda: failed.extend(_with_odoo())
    side_by_side(lanes)
    if failed:
        raise Stop(f"Lint found something in: {', '.join(failed)}; see above.")
    say("==> Lint found nothing")
    if not (fix or fast):
        times.note("lint", time.monotonic() - begin)
    return 0


def _fix() -> None:
    say("==> Formatting")
    for command in (
        [python.tool("ruff"), "check", "-q", "--fix", "--exit-zero", *_python()],
        [python.tool("ruff"), "format", "-q", *_python()],
        node.prettier("--write", _files("xml", "js")),
    ):
        _call(command)


def _style() -> list[str]:
    return [title for title, check in _checks() if not _passes(title, check)]


def _checks() -> list[tuple[str, Callable[[], bool]]]:
    oca_po = [python.tool("oca-checks-po"), *_files("po", "pot")]
    commands = {
        "ruff check": [python.tool("ruff"), "check", "-q", *_python()],
        "ruff format": [python.tool("ruff"), "format", "-q", "--diff", *_python()],
        "pylint-odoo": _pylint(".pylintrc-mandatory"),
        "OCA's addon checks": [python.tool("oca-checks-odoo-module"), *ADDONS],
        "OCA's translation checks": oca_po,
        "prettier": node.prettier("--check", _files("xml", "js")),
        "eslint": node.eslint(_files("js")),
    }
    advice = [*_pylint(".pylintrc"), "--exit-zero"]
    say("==> pylint-odoo, optional set (advice only)")
    _call(advice)
    return [(title, lambda c=command: _call(c)) for title, command in commands.items()]


def _passes(title: str, check: Callable[[], bool]) -> bool:
    say(f"==> {title}")
    return check()


def _with_odoo() -> list[str]:
    with locks.exclusive("lint"), host.ready() as ready:
        checks = {
            "Odoo's test_lint": odoo_lint.test_lint,
            "Odoo's upgrade_code": odoo_lint.upgrade_code,
            "the .pot file (./dev i18n writes it)": pot.is_current,
        }
        return [
            title
            for title, check in checks.items()
            if not _passes(title, lambda c=check: c(ready))
        ]


def _pylint(configuration: str) -> list:
    return [python.tool("pylint"), f"--rcfile={configuration}", *ADDONS]


def _python() -> list[str]:
    return [name for name in PYTHON if (paths.ROOT / name).exists()]


def _files(*suffixes: str) -> list[Path]:
    found = []
    for suffix in suffixes:
        for addon in ADDONS:
            found += sorted((paths.ROOT / addon).rglob(f"*.{suffix}"))
    return [path.relative_to(paths.ROOT) for path in found]


def _call(command: list) -> bool:
    """A tool without files to look at has nothing to say."""
    if len(command) == 1 or not command:
        return True
    words = [str(word) for word in command]
    env = node.environment()
    return subprocess.run(words, cwd=paths.ROOT, env=env).returncode == 0

"""The commands of `./dev`."""

import argparse
import sys

from . import commands, ending
from .errors import Stop, report


def main(arguments: list[str]) -> int:
    ending.heed_signals()
    options, rest = parser().parse_known_args(arguments)
    try:
        if rest and not options.passes:
            raise Stop(f"`{' '.join(rest)}` is no option of this: see `./dev --help`.")
        return options.run(options, rest)
    except KeyboardInterrupt:
        print("\ndev: Stopped.", file=sys.stderr)
        return 130
    except Exception as error:
        return report(error)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="./dev",
        description="A real Odoo 19 with the addon, its tests and its linters; all it"
        " makes lives in .host.",
        epilog="ODOO_SOURCE: your own checkout of Odoo 19. PGHOST (with PGPORT, PGUSER,"
        " PGPASSWORD): your own PostgreSQL server.",
    )
    subs = top.add_subparsers(required=True, metavar="COMMAND")
    _add_run(subs)
    _add_test(subs)
    _add_lint(subs)
    _add(subs, "odoo", commands.odoo, "Odoo itself, with any of its options", True)
    _add_database(subs)
    _add(subs, "i18n", commands.i18n, "write the addon's .pot file")
    _add(
        subs,
        "docs",
        commands.docs,
        "write docs/sources.md, docs/access.md and the times",
    )
    bench = "run benchmarks/bench_*.py, or those that are named"
    _add(subs, "bench", commands.bench, bench, True)
    chaos = "kills, full disks, cut connections, thousands of lives: all, or by name"
    _add(subs, "chaos", commands.chaos, chaos, True)
    mutate = "put faults in a file, one by one: which ones does no test notice?"
    _add(subs, "mutate", commands.mutate, mutate, True)
    reset = _add(subs, "reset", commands.reset, "remove all databases, keep downloads")
    reset.add_argument("--all", action="store_true", help="remove the downloads too")
    return top


def _add(subs, name, run, text, passes=False) -> argparse.ArgumentParser:
    """A command; `passes` hands unknown arguments on."""
    # what is handed on may hold `--help`
    sub = subs.add_parser(name, help=text, description=text, allow_abbrev=False,
                          add_help=name != "odoo")  # fmt: skip
    sub.set_defaults(run=run, passes=passes)
    return sub


def _add_run(subs) -> None:
    run = _add(subs, "run", commands.run, "start the demo in the browser")
    run.add_argument("--db", help="database (default: kmop-demo, or kmop-plain)")
    run.add_argument("--port", type=int, default=8069)
    run.add_argument("--no-demo", action="store_true", help="without demo data")


def _add_test(subs) -> None:
    test = _add(
        subs,
        "test",
        commands.test,
        "everything from an empty database; with pytest arguments (-k WORD, a file):"
        " those tests on the databases that are there",
        True,
    )
    test.add_argument(
        "--more", action="store_true",
        help="instead: upgrades, uninstalling, beside other addons, Odoo's own suites",
    )  # fmt: skip
    test.add_argument(
        "--baseline", action="store_true",
        help="note which of Odoo's own tests fail without the addon",
    )  # fmt: skip
    test.add_argument(
        "--coverage", action="store_true",
        help="all tests on the databases that are there; writes docs/coverage.md",
    )  # fmt: skip


def _add_lint(subs) -> None:
    lint = _add(subs, "lint", commands.lint, "check style, translations and upgrades")
    lint.add_argument("--fix", action="store_true", help="format the files first")
    lint.add_argument("--fast", action="store_true", help="leave out what needs Odoo")


def _add_database(subs) -> None:
    shell = _add(subs, "shell", commands.shell, "Odoo's shell; reads standard input")
    shell.add_argument("-d", "--db", default="kmop-demo", help="default: kmop-demo")
    db = _add(subs, "db", commands.db, "a fresh database, replacing one of that name")
    db.add_argument("name")
    db.add_argument("--demo", action="store_true", help="with demo data")

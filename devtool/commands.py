"""What each command does, in words of the other modules."""

import shutil
import sys

from benchmarks import bench as benchmarks
from chaos import mutate as mutating
from chaos import ring as chaos_ring
from checks import access, figures, pot, times
from checks import lint as linting
from more import ring as more_ring

from . import databases, ending, host, locks, paths, postgres, serve, testing
from .errors import Stop
from .process import say


def run(options, _rest) -> int:
    ending.watch_parent()
    serve.check_port(options.port)
    kind = databases.PLAIN if options.no_demo else databases.DEMO
    name = options.db or f"kmop-{kind.name}"
    with host.ready() as ready:
        return serve.serve(ready, name, options.port, kind)


def test(options, rest) -> int:
    if options.more or options.baseline:
        return more_ring.run(rest, options.baseline)
    if options.coverage:
        return testing.measured()
    return testing.selected(rest) if rest else testing.everything()


def chaos(_options, rest) -> int:
    return chaos_ring.run(rest)


def mutate(_options, rest) -> int:
    return mutating.run(rest)


def lint(options, _rest) -> int:
    return linting.run(fix=options.fix, fast=options.fast)


def odoo(_options, rest) -> int:
    with host.ready() as ready:
        return ready.run(*rest)


def shell(options, _rest) -> int:
    with host.ready() as ready:
        if not databases.exists(ready, options.db):
            raise Stop(
                f"There is no database {options.db}: make it with `./dev db"
                f" {options.db} --demo`, or name another with -d."
            )
        quiet = [] if sys.stdin.isatty() else ["--log-level=warn"]
        return ready.run("shell", "-d", options.db, "--no-http", *quiet, *host.NO_MAIL)


def db(options, _rest) -> int:
    databases.check_name(options.name)
    kind = databases.DEMO if options.demo else databases.PLAIN
    with host.ready() as ready:
        databases.fresh(ready, options.name, kind)
    say(f"==> {options.name} is ready: ./dev run --db {options.name}")
    return 0


def i18n(_options, _rest) -> int:
    with host.ready() as ready:
        pot.write(ready)
    return 0


def docs(_options, _rest) -> int:
    figures.write()
    access.write()
    times.write()
    return 0


def bench(_options, rest) -> int:
    return benchmarks.run(rest)


def reset(options, _rest) -> int:
    if not paths.HOST.exists():
        return 0
    host.check_folder()
    with locks.shared("pg.users") as users:
        if not locks.alone(users):
            raise Stop("Another ./dev is at work: stop it first, then reset.")
        postgres.stop()
        for folder in _doomed(options.all):
            shutil.rmtree(folder, ignore_errors=True)
    say("==> Removed " + ("everything." if options.all else "all databases."))
    return 0


def _doomed(everything: bool) -> list:
    return [paths.HOST] if everything else [paths.CLUSTER, paths.DATA, paths.MAIL]

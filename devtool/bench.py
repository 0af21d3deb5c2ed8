"""`./dev bench`: benchmarks/bench_*.py, each on copies of the same seeded databases."""

import hashlib
import os
from pathlib import Path

from . import addon, databases, locks, paths
from .errors import Stop
from .host import NO_MAIL, Host, ready
from .process import say, step

FOLDER = paths.ROOT / "benchmarks"
SEED = FOLDER / "seed.py"
SIZE = int(os.environ.get("KMOP_BENCH_SIZE", "100000"))
# Beside the one at full size: a hundredth of it, and each without the addon.
SIZES = {"": SIZE, "-small": SIZE // 100, "-host": SIZE, "-small-host": SIZE // 100}
# What a script needs of them, if not all.
NEEDED = {"bench_screens.py": ("", "-small"), "bench_export.py": ("",)}
# Counts what it makes itself, from nothing.
FROM_NOTHING = ("bench_reminders.py",)


def run(words: list[str]) -> int:
    scripts = _choose(words)
    os.environ["KMOP_BENCHMARKS"] = str(FOLDER)
    os.environ["KMOP_BENCH_SIZE"] = str(SIZE)
    with ready() as host:
        return max(_bench(host, script) for script in scripts)


def _choose(words: list[str]) -> list[Path]:
    found = {
        path.stem.removeprefix("bench_"): path for path in FOLDER.glob("bench_*.py")
    }
    if unknown := set(words) - found.keys():
        raise Stop(
            f"There is no benchmark {', '.join(sorted(unknown))}: choose from"
            f" {', '.join(sorted(found))}."
        )
    return [found[name] for name in sorted(words or found)]


def _bench(host: Host, script: Path) -> int:
    """On databases of its own, so that two can be run at a time."""
    say(f"==> {script.name}")
    name = f"kmop-{script.stem.replace('_', '-')}"
    if script.name in FROM_NOTHING:
        databases.clone(host, databases.prepared(host, databases.PLAIN), name)
        return _feed(host, script, name)
    for kind in NEEDED.get(script.name, SIZES):
        databases.clone(host, _seeded(host, kind), name + kind)
    try:
        return _feed(host, script, name)
    finally:
        for kind in (*SIZES, "-peer", "-copy"):
            databases.drop(host, name + kind)


def _seeded(host: Host, kind: str) -> str:
    """The database that others are copied from, made anew when the seed changed."""
    name = f"kmop-seed{kind}"
    with locks.exclusive(f"database-{name}"):
        _make_current(host, name, kind)
    return name


def _make_current(host: Host, name: str, kind: str) -> None:
    size = SIZES[kind]
    digest = hashlib.sha256(SEED.read_bytes()).hexdigest()[:12]
    code, wanted = addon.fingerprint(), f" {digest} {size}"
    known = databases.marked(host, name)
    if not known.endswith(wanted):
        _seed(host, name, kind)
    elif known != code + wanted and not kind.endswith("host"):
        with step(f"The addon changed: updating {name}"):
            databases.update(host, name)
    databases.mark(host, name, code + wanted)


def _seed(host: Host, name: str, kind: str) -> None:
    make = databases.ground if kind.endswith("host") else databases.prepared
    with step(f"Seeding {SIZES[kind]:,} quotations ({name})"):
        databases.clone(host, make(host, databases.PLAIN), name)
        os.environ["KMOP_BENCH_SIZE"] = str(SIZES[kind])
        if _feed(host, SEED, name):
            raise Stop(f"{name} could not be seeded: see above.")
        os.environ["KMOP_BENCH_SIZE"] = str(SIZE)


def _feed(host: Host, script: Path, name: str) -> int:
    options = ["shell", "-d", name, "--no-http", "--log-level=warn"]
    with open(script) as text:
        return host.run(*options, *NO_MAIL, stdin=text)

"""`./dev bench`: benchmarks/bench_*.py, each on copies of the same seeded databases."""

import hashlib
import os
from pathlib import Path

from devtool import addon, databases, paths
from devtool.errors import Stop
from devtool.host import NO_MAIL, Host, ready
from devtool.process import say, step

FOLDER = paths.ROOT / "benchmarks"
SIZE = int(os.environ.get("KMOP_BENCH_SIZE", "100000"))
# Linking 100 quotations at once takes as many that are evidence already.
LEAST = 400
# Beside the one at full size: a hundredth of it, for what is to grow with it.
SIZES = {"kmop-seed": SIZE, "kmop-seed-small": max(SIZE // 100, LEAST)}
NAME = "kmop-bench"


def run(words: list[str]) -> int:
    scripts = _choose(words)
    with ready() as host:
        for seeded, size in SIZES.items():
            _make_current(host, seeded, size)
        for script in scripts:
            say(f"==> {script.name}")
            for seeded in SIZES:
                databases.clone(host, seeded, NAME + seeded.removeprefix("kmop-seed"))
            _feed(host, script, NAME, SIZE)
        for seeded in SIZES:
            databases.drop(host, NAME + seeded.removeprefix("kmop-seed"))
    return 0


def _choose(words: list[str]) -> list[Path]:
    found = {one.stem.removeprefix("bench_"): one for one in FOLDER.glob("bench_*.py")}
    if unknown := set(words) - found.keys():
        raise Stop(
            f"There is no benchmark {', '.join(sorted(unknown))}: choose from"
            f" {', '.join(sorted(found))}."
        )
    return [found[name] for name in sorted(words or found)]


def _make_current(host: Host, name: str, size: int) -> None:
    """The database that others are copied from, made anew when anything changed."""
    seed = FOLDER / "seed.py"
    digest = hashlib.sha256(seed.read_bytes()).hexdigest()[:12]
    wanted = f"{addon.fingerprint()} {digest} {size}"
    if databases.marked(host, name) == wanted:
        return
    with step(f"Seeding {size:,} quotations ({name})"):
        databases.clone(host, databases.prepared(host, databases.PLAIN), name)
        _feed(host, seed, name, size)
    databases.mark(host, name, wanted)


def _feed(host: Host, script: Path, name: str, size: int) -> None:
    os.environ["KMOP_BENCH_SIZE"] = str(size)
    options = ("--no-http", "--log-level=warn", *NO_MAIL)
    with open(script) as text:
        words = ("shell", "-d", name, *options)
        if host.run(*words, stdin=text, cwd=paths.ROOT):
            raise Stop(f"{script.name} broke off: see above.")

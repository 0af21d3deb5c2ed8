"""Child processes, and words about what is going on."""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from . import paths
from .errors import Stop

# In a thread of `side_by_side`: the name that its lines begin with.
_lane = threading.local()


def say(text: str) -> None:
    if in_lane():
        text = "\n".join(f"{_lane.name} | {line}" for line in text.splitlines())
    print(text, flush=True)


def in_lane() -> bool:
    return bool(getattr(_lane, "name", ""))


def side_by_side(jobs: dict[str, Callable[[], object]]) -> None:
    """Run the jobs two at a time; all are run, whatever fails.

    The first failure is raised at the end; each is said when it happens.
    """
    width = max(map(len, jobs))
    with ThreadPoolExecutor(2) as pool:
        results = [
            pool.submit(_run_in_lane, name.ljust(width), job)
            for name, job in jobs.items()
        ]
    for result in results:
        result.result()


def _run_in_lane(name: str, job: Callable[[], object]) -> None:
    _lane.name = name
    try:
        job()
    except Exception as error:
        say(f"==> FAILED: {error}")
        raise
    finally:
        _lane.name = ""


@contextmanager
def step(text: str) -> Iterator[None]:
    say(f"==> {text} ...")
    begin = time.monotonic()
    yield
    say(f"    done in {time.monotonic() - begin:.0f} s")


def logged(command: list, name: str, **options) -> int:
    """Run with the output in a log file of that name; returns the exit code."""
    with open(paths.log_file(name), "wb") as log:
        return subprocess.run(
            [str(part) for part in command],
            stdin=options.pop("stdin", subprocess.DEVNULL),
            stdout=log,
            stderr=subprocess.STDOUT,
            **options,
        ).returncode


def must(command: list, name: str, sentence: str, **options) -> None:
    """Run with a log; where it fails, stop with the sentence and the log's end."""
    if logged(command, name, **options):
        say(tail(paths.log_file(name)))
        raise Stop(f"{sentence} (Log: {paths.shown(paths.log_file(name))})")


def tail(log: Path, lines: int = 15) -> str:
    text = log.read_text(errors="replace").splitlines()[-lines:]
    return "\n".join(f"    | {line}" for line in text)


def output(command: list, **options) -> str:
    """What the command prints; empty where it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        **options,
    )
    return done.stdout.strip() if done.returncode == 0 else ""

"""Child processes, and words about what is going on."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import paths
from .errors import Stop


def say(text: str) -> None:
    print(text, flush=True)


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

"""File locks: two `./dev` at once must not build the same thing twice."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from . import paths
from .process import say


def _open(name: str) -> TextIO:
    paths.LOCKS.mkdir(parents=True, exist_ok=True)
    return open(paths.LOCKS / name, "w")


@contextmanager
def exclusive(name: str) -> Iterator[None]:
    with _open(name) as handle:
        if not _try(handle):
            say(f"    waiting for another ./dev that holds “{name}”")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def shared(name: str) -> Iterator[TextIO]:
    with _open(name) as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield handle


def alone(handle: TextIO) -> bool:
    """Whether nobody else holds the shared lock; takes it for itself then."""
    return _try(handle)


def _try(handle: TextIO) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

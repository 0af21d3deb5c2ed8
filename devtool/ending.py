"""Nothing of a `./dev` stays when it ends, also where it is killed.

A signal reaches it in the background as well. What it starts gets a signal when it is
gone; PostgreSQL, which has no parent, is stopped by a watcher that waits for the end of
a pipe.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread, main_thread

from . import paths

PR_SET_PDEATHSIG = 1


def heed_signals() -> None:
    """Have the usual signals end us; a shell starts what is in the background deaf."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    if not _is_left_alone():
        signal.signal(signal.SIGHUP, _interrupt)


def watch_parent() -> None:
    """End when who started us is gone, unless nohup asked for the opposite.

    Not by a signal of the system: that comes when a thread of the parent ends.
    """
    parent = os.getppid()
    if not _is_left_alone() and parent != 1:
        Thread(target=_wait_for_end, args=(parent,), daemon=True).start()


def _wait_for_end(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    signal.pthread_kill(main_thread().ident, signal.SIGTERM)


def _is_left_alone() -> bool:
    return signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def end_with_parent() -> None:
    """In a process that we start: get SIGTERM when we are gone (on Linux)."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def watched() -> Iterator[None]:
    """Have PostgreSQL stopped when the last `./dev` that uses it is gone."""
    watcher = subprocess.Popen(
        [sys.executable, "-m", "devtool.watcher"],
        stdin=subprocess.PIPE,
        cwd=paths.ROOT,
        start_new_session=True,
    )
    try:
        yield
    finally:
        watcher.communicate()


def _interrupt(*_) -> None:
    raise KeyboardInterrupt

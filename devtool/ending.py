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
from collections.abc import Iterator
from contextlib import contextmanager

from . import paths

PR_SET_PDEATHSIG = 1


def heed_signals() -> None:
    """Have the usual signals end us; a shell starts what is in the background deaf."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    # nohup asks for the opposite.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _interrupt)
        end_with_parent()


def end_with_parent() -> None:
    """Get SIGTERM when the parent is gone (on Linux; elsewhere nothing)."""
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

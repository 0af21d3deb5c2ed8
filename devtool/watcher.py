"""Started by `ending.watched`: waits for the end of who started it, then tidies up."""

import signal
import sys

from . import locks, postgres

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdin.read()
    with locks.shared("pg.users") as users:
        postgres.leave(users)

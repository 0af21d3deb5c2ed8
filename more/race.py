"""Two users who do the same at the same moment, on two servers."""

from pathlib import Path

from devtool import databases
from devtool.host import Host
from devtool.process import say, step

NAME = "kmop-more-race"
ROUNDS = Path(__file__).with_name("rounds.py")


def check(host: Host) -> None:
    """On a throw-away clone: one wins, the other is told why not."""
    with step("Doing the same at the same moment, on two servers"):
        databases.clone(host, databases.prepared(host, databases.BARE), NAME)
        try:
            log = host.feed(ROUNDS, NAME, "race", "--log-level=warn")
        finally:
            databases.drop(host, NAME)
    say(log.read_text().rstrip())

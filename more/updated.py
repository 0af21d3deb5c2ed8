"""A second update of a database with data finds nothing to do."""

from pathlib import Path

from devtool import databases, logcheck, paths
from devtool.errors import Stop
from devtool.host import Host
from devtool.process import say, step

from . import snapshot

NAME = "kmop-more-updated"
USED = Path(__file__).with_name("used.py")


def check(host: Host, source: str) -> None:
    """On a copy of ``source``, with some of all that users enter."""
    with step("Using the addon"):
        databases.clone(host, source, NAME)
        logcheck.check(host.feed(USED, NAME, "use"))
    seen = []
    for turn in ("first", "second"):
        with step(f"Updating the addon, the {turn} time"):
            databases.update(host, NAME)
        logcheck.check(paths.log_file(f"update-{NAME}"))
        seen.append(snapshot.take_exactly(host, NAME))
    if difference := snapshot.difference(*seen):
        say(difference)
        raise Stop("The second update changed the database: the rows are above.")
    databases.drop(host, NAME)
    say("    the second update changed nothing")

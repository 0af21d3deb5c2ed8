"""Two users who do the same at the same moment, on two servers."""

from pathlib import Path

from . import databases, paths
from .host import NO_MAIL, Host
from .process import say, step

ROUNDS = Path(__file__).with_name("rounds.py")


def check(host: Host, name: str, source: str) -> None:
    """On a throw-away clone of ``source``: one wins, the other is told why not."""
    with step("Doing the same at the same moment, on two servers"):
        databases.clone(host, source, name)
        try:
            with open(ROUNDS) as script:
                options = ("-d", name, "--no-http", "--log-level=warn", *NO_MAIL)
                # There, Python finds the tool beside Odoo.
                log = host.log("race", "shell", *options, stdin=script, cwd=paths.ROOT)
        finally:
            databases.drop(host, name)
    say(log.read_text().rstrip())

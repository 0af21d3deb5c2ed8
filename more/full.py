"""The addon in a database full of quotes, invoices and answers of before it."""

import re
from collections import Counter
from pathlib import Path

from devtool import databases, logcheck, paths
from devtool.errors import Stop
from devtool.host import Host
from devtool.process import say, step

from . import snapshot

NAME = "kmop-more-full"
SCRIPT = Path(__file__).with_name("filled.py")
# How many quotes the script makes; Odoo's own tool multiplies them.
MADE = 10
QUOTES = 2000
MODELS = (
    "sale.order",
    "sale.order.line",
    "account.move",
    "account.move.line",
    "survey.user_input",
    "survey.user_input.line",
)
# What an installation writes in: modules, what they bring, and caches.
WRITTEN = (*snapshot.BROUGHT, "ir_module*", "ir_attachment", "ir_cron_trigger")
# Odoo's digest gets our figures, its two administrators our rights (and a new moment).
MEANT = re.compile(r"public\.(digest_digest\t1|res_partner\t[23])\t")


def check(host: Host) -> None:
    """Each row of before is there, with the values of before."""
    fill(host, NAME, QUOTES)
    text = _dump(host, NAME)
    widths = get_widths(text)
    before = get_rows(text, widths)
    install(host, NAME, QUOTES)
    lost = before - get_rows(_dump(host, NAME), widths)
    if difference := snapshot.difference(lost, Counter()):
        say(difference)
        raise Stop("Installing changed what was there: the rows are above.")
    databases.drop(host, NAME)
    say(f"    {before.total():,} rows are as they were")


def fill(host: Host, name: str, quotes: int) -> None:
    """A host without the addon: half of the quotes sold, invoiced and answered."""
    ground = databases.ground(host, databases.BARE)
    with step(f"Filling a database with {quotes:,} quotes"):
        databases.clone(host, ground, name)
        host.feed(SCRIPT, name, "filled")
        factor = f"--factors={quotes // MADE - 1}"
        host.log(
            "populate", "populate", "-d", name, f"--models={','.join(MODELS)}", factor
        )
    found = host.query(name, "SELECT count(*) FROM sale_order")
    if int(found) != quotes:
        raise Stop(f"{found} quotes were made, not {quotes}.")


def install(host: Host, name: str, quotes: int) -> None:
    with step(f"Installing the addon on {quotes:,} quotes"):
        databases.install(host, name, paths.ADDON)
    logcheck.check(paths.log_file(f"install-{name}"))


def get_widths(text: str) -> dict[str, int]:
    """How many columns each table of a dump has."""
    headers = (line for line in text.splitlines() if line.startswith("COPY "))
    return {line.split()[1]: line.count(",") + 1 for line in headers}


def get_rows(text: str, widths: dict[str, int]) -> Counter[str]:
    """Rows of those tables, in their first columns: a new one comes last."""
    found: Counter[str] = Counter()
    for table, line in snapshot.copied(text):
        if table in widths:
            values = line.split("\t")[: widths[table]]
            row = "\t".join([table, *values])
            found[row] += not MEANT.match(row)
    return found


def _dump(host: Host, name: str) -> str:
    left_out = [f"--exclude-table=public.{table}" for table in WRITTEN]
    return snapshot.dump(host, "--data-only", *left_out, name)

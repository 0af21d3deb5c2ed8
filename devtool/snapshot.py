"""All rows of a database, less what every update touches."""

import os
import re
import subprocess
from collections import Counter

from . import postgres
from .errors import Stop
from .host import Host

MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?")
# Odoo's own doing at every update: workers are told, and cron 1 (autovacuum) is called.
HOSTS_OWN = re.compile(r"public\.(orm_signaling_\w+: |ir_cron_trigger: \d+\t1\t)")
SHOWN = 20


def take(host: Host, database: str) -> Counter[str]:
    """Each row with its table, however often; the order of rows says nothing."""
    done = subprocess.run(
        [postgres.binaries() / "pg_dump", "--data-only", database],
        env={**os.environ, **host.address},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise Stop(f"pg_dump failed: {done.stderr.strip()}")
    return rows(done.stdout)


def rows(dump: str) -> Counter[str]:
    found: Counter[str] = Counter()
    table = ""
    for line in dump.splitlines():
        if line.startswith("COPY "):
            table = line.split()[1]
        elif line == "\\.":
            table = ""
        elif table and not HOSTS_OWN.match(row := f"{table}: {line}"):
            found[MOMENT.sub("(moment)", row)] += 1
    return found


def difference(before: Counter[str], after: Counter[str]) -> str:
    lines = [f"- {row}"[:300] for row in sorted(before - after)]
    lines += [f"+ {row}"[:300] for row in sorted(after - before)]
    return "\n".join(lines[:SHOWN])

"""What the benchmarks share: rows by the many, clocks, and words about the machine."""

import gc
import os
import platform
import statistics
import time
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from odoo import api
from odoo.modules.registry import Registry
from odoo.sql_db import db_connect

SIZE = int(os.environ["KMOP_BENCH_SIZE"])
ROUNDS = int(os.environ.get("KMOP_BENCH_ROUNDS", "3"))


def copy(cr, table, source, changes):
    """Insert copies of rows, some columns changed.

    Analysed twice, or foreign keys would be checked as in an empty table.
    """
    cr.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_name = %s AND column_name != 'id'",
        [table],
    )
    names = [name for (name,) in cr.fetchall()]
    values = [changes.get(name, f'old."{name}"') for name in names]
    columns = ", ".join(f'"{name}"' for name in names)
    cr.execute(f"INSERT INTO {table} ({columns}) SELECT {', '.join(values)} {source}")
    cr.execute(f"ANALYZE {table}; ANALYZE {table}")


def grant(registrations):
    """Have the first part of their track be granted for a thousand days."""
    start = date.today() - timedelta(days=10)
    registrations.env["kmop.registration.period"].create(
        [
            {
                "registration_id": registration.id,
                "part_id": registration.track_id.part_ids[:1].id,
                "date_registration": start,
                "date_start": start,
                "date_end": start + timedelta(days=1000),
                "override_reason": "Bench",
            }
            for registration in registrations
        ]
    )


def vacuum(name):
    with db_connect(name).cursor() as cr:
        cr._cnx.autocommit = True
        cr.execute("VACUUM ANALYZE")


@contextmanager
def environment(name):
    """An environment of the administrator; what happens in it is undone."""
    with Registry(name).cursor() as cr:
        yield api.Environment(cr, api.SUPERUSER_ID, {})(
            user=2, context={"lang": "en_US", "tz": "Europe/Brussels"}
        )
        cr.rollback()


def measure(env, function):
    """Return the seconds and the queries of ``function``, with empty caches."""
    env.flush_all()
    env.invalidate_all()
    gc.collect()
    queries, begin = env.cr.sql_log_count, time.perf_counter()
    function()
    env.flush_all()
    return time.perf_counter() - begin, env.cr.sql_log_count - queries


def measure_undone(env, function):
    """The same, with what it changed undone."""
    savepoint = env.cr.savepoint()
    found = measure(env, function)
    env.invalidate_all()
    savepoint.close(rollback=True)
    return found


def take_turns(sides, rounds=ROUNDS):
    """Return what each side took, round by round; who comes first is last next time.

    :param sides: ``{name: function that returns seconds and queries}``
    """
    found = {name: [] for name in sides}
    for turn in range(rounds):
        names = list(sides)[:: 1 if turn % 2 else -1]
        for name in names:
            found[name].append(sides[name]())
    return found


def median(results):
    return statistics.median(seconds for seconds, _queries in results)


def show(seconds):
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def print_table(title, head, rows):
    """Print a table as benchmarks/README.md has it."""
    print(f"\n### {title}\n\n| {' | '.join(head)} |")
    print("| --- |" + " ---: |" * (len(head) - 1))
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")
    print(f"\nMeasured on {date.today()}: {machine()}.", flush=True)


def machine():
    """Say on what this was measured, but not where."""
    with db_connect("postgres").cursor() as cr:
        cr.execute("SHOW server_version")
        postgres = cr.fetchone()[0].split()[0]
    models = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return (
        f"{os.cpu_count()} cores, {models[0] if models else platform.machine()};"
        f" Python {platform.python_version()}, PostgreSQL {postgres};"
        f" load {os.getloadavg()[1]:.1f}"
    )

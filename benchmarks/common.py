"""What the benchmarks share: rows by the many, and words about the machine."""

import os
import platform
from datetime import date, timedelta
from pathlib import Path

from odoo.sql_db import db_connect


def repeat(cr, table, source, changes):
    """Insert copies of rows, some columns changed."""
    cr.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_name = %s AND column_name != 'id'",
        [table],
    )
    names = [name for (name,) in cr.fetchall()]
    values = [changes.get(name, f'old."{name}"') for name in names]
    columns = ", ".join(f'"{name}"' for name in names)
    cr.execute(f"INSERT INTO {table} ({columns}) SELECT {', '.join(values)} {source}")


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
        f" Python {platform.python_version()}, PostgreSQL {postgres}"
    )

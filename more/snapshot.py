"""All rows of a database, less what every update touches; and its structure."""

import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator

from devtool import paths, postgres
from devtool.errors import Stop
from devtool.host import Host

MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?")
# Odoo's own doing at every update: workers are told, and cron 1 (autovacuum) is called.
HOSTS_OWN = re.compile(r"public\.(orm_signaling_\w+: |ir_cron_trigger: \d+\t1\t)")
SHOWN = 20
# What modules bring: models, views, rights, jobs and the names of all those.
BROUGHT = (
    "ir_act_*",
    "ir_asset",
    "ir_config_parameter",
    "ir_cron",
    "ir_default",
    "ir_embedded_actions",
    "ir_filters",
    "ir_model*",
    "ir_rule",
    "ir_ui_*",
    "mail_activity_type",
    "mail_message_subtype",
    "mail_template",
    "res_groups*",
    "rule_group_rel",
)
# What Odoo writes anew at each update, beside actions, views and menus.
WRITTEN = {
    f"public.{name}"
    for name in (
        "ir_model_access",
        "ir_module_module",
        "res_groups",
        "res_groups_privilege",
    )
}
# What users entered, and must find back.
ENTERED = (
    "account_move",
    "account_move_line",
    "product_template",
    "res_company",
    "res_partner",
    "res_users",
    "sale_order",
    "sale_order_line",
    "survey_survey",
    "survey_user_input",
)
OPENED = re.compile(r"(CREATE|ALTER) .*")


def take(host: Host, database: str) -> Counter[str]:
    """Each row with its table, less its moments; the order of rows says nothing."""
    return rows(dump(host, "--data-only", database))


def take_exactly(host: Host, database: str) -> Counter[str]:
    """The same with its moments, but for when Odoo wrote what modules bring."""
    return exact_rows(dump(host, "--data-only", database))


def take_host(host: Host, database: str) -> Counter[str]:
    """The tables and what modules bring, whatever users added since."""
    tables = [f"--table=public.{name}" for name in BROUGHT]
    brought = rows(dump(host, "--data-only", *tables, database))
    return brought + structure(dump(host, "--schema-only", database))


def count(host: Host, database: str) -> Counter[str]:
    """How many rows there are of what users entered: what we brought is ours."""
    ours = (
        f"SELECT res_id FROM ir_model_data WHERE module = '{paths.ADDON}'"
        " AND replace(model, '.', '_') ="
    )
    query = " UNION ALL ".join(
        f"SELECT '{table}', count(*) FROM {table} WHERE id NOT IN ({ours} '{table}')"
        for table in ENTERED
    )
    rows = (line.split("|") for line in host.query(database, query).splitlines())
    return Counter({table: int(number) for table, number in rows})


def dump(host: Host, *arguments: str) -> str:
    """What pg_dump prints of a database."""
    done = subprocess.run(
        [postgres.binaries() / "pg_dump", *arguments],
        env={**os.environ, **host.address},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise Stop(f"pg_dump failed: {done.stderr.strip()}")
    return done.stdout


def structure(text: str) -> Counter[str]:
    """Each line with what it is a part of, wherever the dump has it."""
    found: Counter[str] = Counter()
    part = ""
    for line in text.splitlines():
        if not line or line.startswith(("--", "\\", "SET ", "SELECT ")):
            continue
        if OPENED.match(line):
            part = line
        found[f"{part} {line.strip().rstrip(',')}" if part != line else line] += 1
    return found


def rows(text: str) -> Counter[str]:
    found = (f"{table}: {line}" for table, line in copied(text))
    return Counter(
        MOMENT.sub("(moment)", row) for row in found if not HOSTS_OWN.match(row)
    )


def exact_rows(text: str) -> Counter[str]:
    found: Counter[str] = Counter()
    columns: list[str] = []
    for line in text.splitlines():
        if line.startswith("COPY "):
            table, rest = line.removeprefix("COPY ").split(" (", 1)
            columns = rest.partition(")")[0].split(", ")
        elif columns and line != "\\.":
            values = dict(zip(columns, line.split("\t"), strict=True))
            if _is_of_module(table, values):
                del values["write_date"]
            row = f"{table}: " + "\t".join(values.values())
            found[row] += not HOSTS_OWN.match(row)
        else:
            columns = []
    return found


def _is_of_module(table: str, values: dict[str, str]) -> bool:
    """Whether an update writes the row anew, also where nothing changed."""
    if "write_date" not in values:
        return False
    if table == "public.ir_attachment":
        return values["res_model"] == "ir.ui.menu"
    return table in WRITTEN or table.startswith(("public.ir_act_", "public.ir_ui_"))


def copied(text: str) -> Iterator[tuple[str, str]]:
    """Each row of a dump, with its table."""
    table = ""
    for line in text.splitlines():
        if line.startswith("COPY "):
            table = line.split()[1]
        elif line == "\\.":
            table = ""
        elif table:
            yield table, line


def difference(before: Counter[str], after: Counter[str]) -> str:
    lines = [f"- {row}"[:300] for row in sorted(before - after)]
    lines += [f"+ {row}"[:300] for row in sorted(after - before)]
    return "\n".join(lines[:SHOWN])

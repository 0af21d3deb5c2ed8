"""What the addon adds to the time that quotations take.

`./dev bench` feeds this to Odoo's shell on a database with the addon; beside it is
one without, NAME-host. Both get the same quotes, and are measured in turns.
"""

import cProfile
import gc
import os
import pstats
import statistics
import sys
import time
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from lxml import etree

from odoo import api
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.sql_db import close_db, db_connect

import odoo.addons.kmop_registration as addon

BENCHMARKS = Path(addon.__path__[0]).parent / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
from common import machine, repeat, vacuum  # noqa: E402

QUOTES = int(os.environ.get("KMOP_BENCH_QUOTES", "100000"))
LINES = 500
MANY = 1000
ROUNDS = 7
SLOW_ROUNDS = 5
WITH = env.cr.dbname  # noqa: F821
WITHOUT = f"{WITH}-host"
EMPTY = f"{WITH}-empty"
COPY = f"{WITH}-copy"
README = BENCHMARKS / "README.md"


# ------------------------------------------------------------------------- databases


@contextmanager
def environment(name):
    """An environment of the administrator; what happens in it is undone."""
    with Registry(name).cursor() as cr:
        yield api.Environment(cr, api.SUPERUSER_ID, {})(user=2)
        cr.rollback()


def administer(sql):
    with db_connect("postgres").cursor() as cr:
        cr._cnx.autocommit = True
        cr.execute(sql)


def forget(name):
    """Let go of a database, so that it can be copied or dropped."""
    Registry.delete(name)
    close_db(name)


def install_seconds(name):
    begin = time.perf_counter()
    Registry.new(name, update_module=True, install_modules=["kmop_registration"])
    return time.perf_counter() - begin


def copy(old, new):
    forget(old)
    administer(f'DROP DATABASE IF EXISTS "{new}"')
    administer(f'CREATE DATABASE "{new}" TEMPLATE "{old}"')


def install_on_empty():
    copy(WITHOUT, EMPTY)
    try:
        return install_seconds(EMPTY)
    finally:
        forget(EMPTY)
        administer(f'DROP DATABASE "{EMPTY}"')


# ------------------------------------------------------------------------------ seed


def prepare_quotes(env):
    """Return a quote like the many, and one of many lines."""
    product = env["product.product"].create(
        {"name": "Bench", "type": "service", "list_price": 100}
    )
    client = env["res.partner"].create({"name": "Bench", "is_company": True})
    lines = [Command.create({"product_id": product.id}) for _i in range(LINES)]
    few, long = env["sale.order"].create(
        [
            {"partner_id": client.id, "user_id": 2, "order_line": lines[:2]},
            {"partner_id": client.id, "user_id": 2, "order_line": lines},
        ]
    )
    return few, long


def seed(name):
    with environment(name) as env:
        few, long = prepare_quotes(env)
        env.flush_all()
        cr = env.cr
        repeat(
            cr,
            "sale_order",
            f"FROM sale_order old, generate_series(1, {QUOTES}) number"
            f" WHERE old.id = {few.id}",
            {
                "name": "'B' || number",
                "access_token": "NULL",
                "date_order": "old.date_order - number * interval '7 minutes'",
            },
        )
        # Or each line would look for its order in the table as it was when empty.
        cr.execute("ANALYZE sale_order")
        # Its foreign key was planned for two quotes: that is not how to check 200,000.
        cr.execute("ANALYZE sale_order")
        repeat(
            cr,
            "sale_order_line",
            "FROM sale_order_line old, sale_order made"
            f" WHERE old.order_id = {few.id} AND made.id > {long.id}",
            {"order_id": "made.id"},
        )
        cr.commit()
    vacuum(name)
    return few.id, long.id


# ---------------------------------------------------------------------- what is asked


def read_arch(env, model, node):
    """Return what the web client asks for to show a view."""
    specification = {}
    for element in node.iterchildren(etree.Element):
        if element.tag != "field":
            specification |= read_arch(env, model, element)
            continue
        field = model._fields[element.get("name")]
        specification[field.name] = {}
        if field.relational:
            nested = {} if field.type != "many2one" else {"display_name": {}}
            for view in element.iterchildren("list", "form", "kanban"):
                nested |= read_arch(env, env[field.comodel_name], view)
            fields = nested or {"display_name": {}}
            specification[field.name] = {"fields": fields}
    return specification


def get_specification(env, kind, view):
    orders = env["sale.order"]
    arch = orders.get_views([(env.ref(view).id, kind)])["views"][kind]["arch"]
    return read_arch(env, orders, etree.fromstring(arch))


def read_list(env, _few, _long):
    fields = get_specification(env, "list", "sale.view_quotation_tree_with_onboarding")
    own = [("user_id", "=", env.uid)]
    return lambda: env["sale.order"].web_search_read(
        own, fields, limit=80, count_limit=10001
    )


def read_form(env, few, _long):
    fields = get_specification(env, "form", "sale.view_order_form")
    return lambda: env["sale.order"].browse(few).web_read(fields)


def read_long(env, _few, long):
    fields = get_specification(env, "form", "sale.view_order_form")
    return lambda: env["sale.order"].browse(long).web_read(fields)


def type_line(env, _few, long):
    order = env["sale.order"].browse(long)
    fields = get_specification(env, "form", "sale.view_order_form")
    new = {"product_id": order.order_line[:1].product_id.id, "product_uom_qty": 1}
    changes = {"order_line": [Command.create(new)]}
    return lambda: order.onchange(changes, ["order_line"], fields)


def save_line(env, _few, long):
    order = env["sale.order"].browse(long)
    product = order.order_line[:1].product_id.id
    return lambda: order.write(
        {"order_line": [Command.create({"product_id": product})]}
    )


def recompute(env, _few, long):
    lines = env["sale.order"].browse(long).order_line
    quantities = iter(range(2, 100))
    return lambda: lines.write({"product_uom_qty": next(quantities)})


def create_many(env, few, _long):
    order = env["sale.order"].browse(few)
    line = {"product_id": order.order_line[:1].product_id.id}
    quote = {"partner_id": order.partner_id.id, "order_line": [Command.create(line)]}
    return lambda: env["sale.order"].create([quote] * MANY)


MEASURED = [
    (f"List of quotations, 80 of {QUOTES:,}", read_list, ROUNDS),
    (f"Form of a quotation, of {QUOTES:,}", read_form, ROUNDS),
    (f"Form of a quotation of {LINES} lines", read_long, ROUNDS),
    (f"Line typed in a form of {LINES} lines", type_line, SLOW_ROUNDS),
    (f"Line added to {LINES} lines", save_line, ROUNDS),
    (f"Quantity of {LINES} lines changed", recompute, SLOW_ROUNDS),
    (f"{MANY:,} quotations created", create_many, SLOW_ROUNDS),
]


# -------------------------------------------------------------------------- measuring


def run(prepared):
    env, function = prepared
    env.flush_all()
    env.invalidate_all()
    gc.collect()
    begin = time.perf_counter()
    function()
    env.flush_all()
    return time.perf_counter() - begin


def count_calls(prepared):
    """Return how many functions Python calls: what no other load can change."""
    env, function = prepared
    env.flush_all()
    env.invalidate_all()
    profile = cProfile.Profile()
    profile.enable()
    function()
    env.flush_all()
    profile.disable()
    return pstats.Stats(profile).total_calls


def measure(prepare, rounds, ids, names):
    """Return the times of both, one after the other in each round, and their calls."""
    with environment(names[0]) as first, environment(names[1]) as second:
        both = [
            (env, prepare(env, *ids[name]))
            for env, name in zip((first, second), names, strict=True)
        ]
        for prepared in both:
            run(prepared)
        times = []
        for turn in range(rounds):
            # Whoever comes first is second the next time.
            order = both if turn % 2 else both[::-1]
            pair = [run(prepared) for prepared in order]
            times.append(pair if turn % 2 else pair[::-1])
        return times, [count_calls(prepared) for prepared in both]


def row(title, times, calls):
    without, ours = (statistics.median(c) for c in zip(*times, strict=True))
    ratios = sorted(second / first for first, second in times)
    return (
        f"| {title} | {without * 1000:,.0f} ms | {ours * 1000:,.0f} ms"
        f" | {statistics.median(ratios):.2f} | {ratios[0]:.2f}–{ratios[-1]:.2f}"
        f" | {calls[1] / calls[0]:.3f} |"
    )


def table(rows, first, second):
    head = f"| | {first} | {second} | ratio | lowest–highest | calls |"
    return "\n".join([head, "| --- | ---: | ---: | ---: | ---: | ---: |", *rows])


def report(rows, control, empty, full):
    return f"""# Benchmarks

Written by `./dev bench`; don't edit.

Measured on {date.today()}: {machine()}; load {os.getloadavg()[1]:.1f}.

Two databases, without and with the addon, hold the same {QUOTES:,} quotations. They
are asked in turns, by the administrator, with empty record caches. Times are medians;
the ratio is the median of the rounds' own ratios, beside the lowest and the highest.
Calls is the ratio of the functions that Python calls: it doesn't vary.

{table(rows, "without", "with")}

The same with the addon on both sides, which shows what the machine makes of nothing:

{table(control, "with", "its copy")}

Installing the addon takes {empty:.0f} s in a database without quotations, and
{full:.0f} s in one of {QUOTES:,}.
"""


def compare(ids, names):
    rows = []
    for title, prepare, rounds in MEASURED:
        rows.append(row(title, *measure(prepare, rounds, ids, names)))
        print(rows[-1], flush=True)
    return rows


def main():
    begin = time.perf_counter()
    empty = install_on_empty()
    ids = {name: seed(name) for name in (WITHOUT, WITH)}
    print(f"    seeded after {time.perf_counter() - begin:.0f} s", flush=True)
    rows = compare(ids, (WITHOUT, WITH))
    full = install_seconds(WITHOUT)
    forget(WITHOUT)
    administer(f'DROP DATABASE "{WITHOUT}"')
    env.cr.close()  # noqa: F821
    copy(WITH, COPY)
    try:
        ids[COPY] = ids[WITH]
        control = compare(ids, (WITH, COPY))
    finally:
        forget(COPY)
        administer(f'DROP DATABASE "{COPY}"')
    text = report(rows, control, empty, full)
    README.write_text(text)
    print(text)


main()

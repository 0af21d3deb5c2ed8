"""What the addon adds to the time that the host's own screens take.

`./dev bench` feeds this to Odoo's shell on a seeded database with the addon. Beside
it are one without, NAME-host, one of a hundredth, NAME-small, and one of a hundredth
without, NAME-small-host. OCA's addons come on a copy of the one without.
"""

import cProfile
import os
import pstats
import sys
from datetime import date
from pathlib import Path

from odoo.fields import Command

BENCHMARKS = Path(os.environ["KMOP_BENCHMARKS"])
sys.path.insert(0, str(BENCHMARKS))
import peers  # noqa: E402
from common import machine  # noqa: E402
from table import Row, keep, show_ratio, show_time  # noqa: E402
from turns import (  # noqa: E402
    copy,
    drop,
    environment,
    forget,
    get_specification,
    install,
    measure,
    read_form,
    read_list,
)

SIZE = int(os.environ["KMOP_BENCH_SIZE"])
ROUNDS = int(os.environ.get("KMOP_BENCH_ROUNDS", "7"))
LINES = 500
MANY = 1000
WITH = env.cr.dbname  # noqa: F821
WITHOUT, SMALL, SMALL_WITHOUT, PEER, COPY = (
    f"{WITH}-{kind}" for kind in ("host", "small", "small-host", "peer", "copy")
)
FORM = "sale.view_order_form"
RESULTS = BENCHMARKS / "QUOTATIONS.md"


# ---------------------------------------------------------------------- what is asked


def get_quotes(env):
    return env["sale.order"].search([("user_id", "=", 2)], order="id", limit=1)


def make_long(env):
    """Return a quote of many lines."""
    quote = get_quotes(env)
    line = Command.create({"product_id": quote.order_line[:1].product_id.id})
    return env["sale.order"].create(
        {"partner_id": quote.partner_id.id, "order_line": [line] * LINES}
    )


def read_quotations(env):
    view = "sale.view_quotation_tree_with_onboarding"
    return read_list(env["sale.order"], view=view, domain=[("user_id", "=", env.uid)])


def read_quotation(env):
    return read_form(get_quotes(env), FORM)


def read_partner(env):
    return read_form(get_quotes(env).partner_id, "base.view_partner_form")


def read_long(env):
    return read_form(make_long(env), FORM)


def type_line(env):
    order = make_long(env)
    fields = get_specification(order, "form", FORM)
    new = {"product_id": order.order_line[:1].product_id.id, "product_uom_qty": 1}
    changes = {"order_line": [Command.create(new)]}
    return lambda: order.onchange(changes, ["order_line"], fields)


def save_line(env):
    order = make_long(env)
    product = order.order_line[:1].product_id.id
    return lambda: order.write(
        {"order_line": [Command.create({"product_id": product})]}
    )


def recompute(env):
    lines = make_long(env).order_line
    return lambda: lines.write({"product_uom_qty": 2})


def create_many(env):
    order = get_quotes(env)
    line = {"product_id": order.order_line[:1].product_id.id}
    quote = {"partner_id": order.partner_id.id, "order_line": [Command.create(line)]}
    return lambda: env["sale.order"].create([quote] * MANY)


MEASURED = {
    f"List of quotations, 80 of {SIZE:,}": read_quotations,
    f"Form of a quotation, of {SIZE:,}": read_quotation,
    f"Form of a contact with {SIZE:,} quotations": read_partner,
    f"Form of a quotation of {LINES} lines": read_long,
    f"Line typed in a form of {LINES} lines": type_line,
    f"Line added to {LINES} lines": save_line,
    f"Quantity of {LINES} lines changed": recompute,
    f"{MANY:,} quotations created": create_many,
}
# Those of which the index tells, and which are measured against a copy of itself.
SCREENS = (read_quotations, read_quotation, read_partner)


# -------------------------------------------------------------------------- measuring


def count_calls(name, prepare):
    """Return how many functions Python calls: what no other load can change."""
    with environment(name) as env:
        function = prepare(env)
        function()
        env.flush_all()
        env.invalidate_all()
        profile = cProfile.Profile()
        profile.enable()
        function()
        env.flush_all()
        profile.disable()
        return pstats.Stats(profile).total_calls


def compare(title, prepare):
    """Return the row of an item, and its line of details."""
    names = {"floor": WITHOUT, "ours": WITH, "peer": PEER, "small": SMALL}
    found = measure({side: (name, prepare) for side, name in names.items()}, ROUNDS)
    calls = [count_calls(name, prepare) for name in (WITHOUT, WITH)]
    peer = "agreement_sale and partner_identification in it"
    row = Row.of(title, found, "without the addon", peer)
    ours, floor = found["ours"], found["floor"]
    ratios = sorted(a / b for a, b in zip(ours.seconds, floor.seconds, strict=True))
    cells = [
        title,
        show_time(floor.median),
        show_time(ours.median),
        show_ratio(row.floor_ratio),
        f"{ratios[0]:.2f}–{ratios[-1]:.2f}",
        f"{calls[1] / calls[0]:.3f}",
        f"{floor.queries} → {ours.queries}",
        show_ratio(found["peer"].per(floor)),
        show_ratio(row.growth),
    ]
    line = f"| {' | '.join(cells)} |"
    print(line, flush=True)
    return row, line


def compare_with_itself():
    copy(WITH, COPY)
    try:
        for title, prepare in MEASURED.items():
            if prepare in SCREENS:
                sides = {"one": (WITH, prepare), "other": (COPY, prepare)}
                found = measure(sides, ROUNDS)
                yield f"{title}: {show_ratio(found['other'].per(found['one']))}"
    finally:
        drop(COPY)


def measure_install():
    """Return the row of installing; the peers stay in their database."""
    versions, theirs = install_on(
        WITHOUT, PEER, peers.download([*peers.AUDITS, *peers.QUOTES])
    )
    taken = {}
    for side, name, module in (
        ("small", SMALL_WITHOUT, "kmop_registration"),
        ("ours", WITHOUT, "kmop_registration"),
        ("floor", WITHOUT, "event_sale"),
    ):
        _modules, taken[side] = install_on(name, COPY, [module])
        drop(COPY)
    print(f"    installed: {taken}, peers {theirs:.0f} s", flush=True)
    return versions, Row(
        f"Install on {SIZE:,} quotations",
        taken["ours"],
        "the host's own event_sale",
        taken["floor"],
        taken["ours"] / taken["floor"],
        f"{len(versions)} addons of OCA",
        theirs,
        taken["ours"] / theirs,
        taken["ours"] / taken["small"],
    )


def install_on(name, new, modules):
    copy(name, new)
    return modules, install(new, sorted(modules))


def report(lines, control, row, versions):
    table = "\n".join(lines)
    same = "; ".join(control) or "not measured in this run"
    installed = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"""# The host's own screens

Written by `./dev bench quotations`; don't edit.

Measured on {date.today()}: {machine()}; load {os.getloadavg()[1]:.1f}.

Two databases, without and with the addon, hold the same {SIZE:,} quotations and
{SIZE // 2:,} answers; with it, {SIZE:,} pieces of evidence are linked to them. They
are asked in turns, by the administrator, with empty record caches. Times are medians
of {ROUNDS} rounds; the ratio is the median of the rounds' own, beside the lowest and
the highest. Calls is the ratio of the functions that Python calls: it doesn't vary.
Peer is the ratio of a database with OCA's agreement_sale and partner_identification in
it to the one without. Growth is with the addon, to a hundredth of the quotations.

| | without | with | ratio | lowest–highest | calls | queries | peer | growth |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
{table}

With the addon on both sides, which shows what the machine makes of nothing: {same}.

Installing takes {show_time(row.ours)}, and {show_time(row.ours / row.growth)} with a
hundredth of the quotations; the host's own event_sale takes {show_time(row.floor)}, and
OCA's addons {show_time(row.peer)}: {installed}.
"""


def main():
    """Write what is known after each item: the last ones take long."""
    env.cr.close()  # noqa: F821
    versions, installed = measure_install()
    found = []
    for item in MEASURED.items():
        found.append(compare(*item))
        write(found, [], installed, versions)
    forget(PEER)
    write(found, list(compare_with_itself()), installed, versions)
    print(RESULTS.read_text())


def write(found, control, installed, versions):
    rows = [row for row, _line in found[: len(SCREENS)]]
    lines = [line for _row, line in found]
    RESULTS.write_text(report(lines, control, installed, versions))
    keep("quotations", [*rows, installed], machine(), f"{SIZE:,} quotations")


main()

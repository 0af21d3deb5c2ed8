"""What the addon's own screens take, beside plain SQL or the nearest of the host's.

`./dev bench screens` feeds this to Odoo's shell on a seeded database; beside it is one
of a hundredth of that size, NAME-small. All that is compared is measured in turns.
"""

from contextlib import ExitStack

from lxml import etree

from benchmarks.common import (
    SIZE,
    environment,
    measure_undone,
    median,
    print_table,
    show,
    take_turns,
)

BIG = globals()["env"].cr.dbname
SMALL = f"{BIG}-small"
LINKED = 100
COVERED = """
    SELECT e.registration_id, rel.kmop_indicator_id, e.aspect, e.state, COUNT(*)
      FROM kmop_evidence e
      JOIN kmop_evidence_kmop_indicator_rel rel ON rel.kmop_evidence_id = e.id
     WHERE e.state IN ('accepted', 'submitted') AND e.registration_id = ANY(%s)
  GROUP BY e.registration_id, rel.kmop_indicator_id, e.aspect, e.state
"""


# --------------------------------------------------------------------- what is asked


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


def get_specification(model, kind, view=None):
    view_id = model.env.ref(view).id if view else False
    arch = model.get_views([(view_id, kind)])["views"][kind]["arch"]
    return read_arch(model.env, model, etree.fromstring(arch))


def read_list(model, kind="list", view=None):
    fields = get_specification(model, kind, view)
    return lambda: model.web_search_read([], fields, limit=80, count_limit=10001)


def read_form(record, view=None):
    fields = get_specification(record, "form", view)
    return lambda: record.browse(record.id).web_read(fields)


# ------------------------------------------------------------------------------- ours


def get_first(env):
    """Return the registration that has half of all evidence."""
    return env["kmop.registration"].search([], order="id", limit=1)


def read_overview(env):
    registrations = env["kmop.registration"]
    cards = read_list(registrations, "kanban")
    return lambda: (cards(), registrations.get_overview())


def link(env):
    """Link quotes that aren't evidence of this registration yet."""
    last = env["kmop.registration"].search([], order="id desc", limit=1)
    half = env["kmop.evidence"].search(
        [("registration_id", "=", get_first(env).id)], order="id", limit=LINKED
    )
    context = {"active_model": "sale.order", "active_ids": half.order_id.ids}
    wizards = env["kmop.evidence.link"].with_context(**context)
    wizard = wizards.create({"registration_id": last.id})

    def run():
        assert wizard.link_batch()["linked"] == LINKED

    return run


# ---------------------------------------------------------------------- their floors


def count(env, registrations):
    def run():
        env.cr.execute(COVERED, [registrations.ids])
        return env.cr.fetchall()

    return run


def read_quotations(env):
    return read_list(env["sale.order"], view="sale.view_quotation_tree_with_onboarding")


def read_quotation(env):
    quotation = env["sale.order"].search([], order="id", limit=1)
    return read_form(quotation, "sale.view_order_form")


def create_activities(env):
    """A to-do on each of as many quotes: the host's own record on a record."""
    model = env["ir.model"]._get_id("sale.order")
    quotes = env["sale.order"].search([], order="id", limit=LINKED)
    rows = [
        {"res_model_id": model, "res_id": quote.id, "user_id": 2, "summary": "Bench"}
        for quote in quotes
    ]
    return lambda: env["mail.activity"].create(rows)


MEASURED = [
    (
        "Readiness of one registration",
        lambda env: get_first(env).readiness,
        "plain SQL that counts the same rows",
        lambda env: count(env, get_first(env)),
    ),
    (
        "Readiness of all registrations",
        lambda env: env["kmop.registration"].search([]).readiness,
        "plain SQL that counts the same rows",
        lambda env: count(env, env["kmop.registration"].search([])),
    ),
    (
        "Matrix of one registration",
        lambda env: get_first(env).get_matrix,
        "plain SQL that counts the same rows",
        lambda env: count(env, get_first(env)),
    ),
    (
        "First screen: 80 cards, and what stands above",
        read_overview,
        "the host's list of 80 quotations",
        read_quotations,
    ),
    (
        "Form of a registration",
        lambda env: read_form(get_first(env)),
        "the host's form of a quotation",
        read_quotation,
    ),
    (
        "List of evidence, 80 rows",
        lambda env: read_list(env["kmop.evidence"]),
        "the host's list of 80 quotations",
        read_quotations,
    ),
    (
        f"Bulk link of {LINKED} quotations, and submitted",
        link,
        f"the host's to-do on {LINKED} quotations",
        create_activities,
    ),
]


def compare(title, ours, floor_name, floor):
    """Return the row of one item; a first round, which warms up, doesn't count."""
    sides = {"ours": (BIG, ours), "small": (SMALL, ours), "floor": (BIG, floor)}
    with ExitStack() as stack:
        ready = {}
        for side, (name, prepare) in sides.items():
            env = stack.enter_context(environment(name))
            function = prepare(env)
            measure_undone(env, function)
            ready[side] = lambda env=env, run=function: measure_undone(env, run)
        found = take_turns(ready)
    times = {side: median(results) for side, results in found.items()}
    few, many = (found[side][0][1] for side in ("small", "ours"))
    return [
        title,
        show(times["ours"]),
        f"{show(times['floor'])}: {floor_name}",
        f"{times['ours'] / times['floor']:.1f} ×",
        f"{times['ours'] / times['small']:.1f} ×",
        many if few == many else f"{few} → {many}",
    ]


def main():
    head = ["", "ours", "floor", "ratio", "growth", "queries"]
    rows = [compare(*item) for item in MEASURED]
    print_table(f"Screens: {SIZE:,} quotations and pieces of evidence", head, rows)


main()

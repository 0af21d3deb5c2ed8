"""What the addon's own screens take, beside plain SQL or the host, and beside OCA's.

`./dev bench` feeds this to Odoo's shell on a seeded database; beside it is one of a
hundredth of that size, NAME-small. All that is compared is measured in turns.
"""

import os
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from zipfile import ZipFile

from lxml import etree
from xlsxwriter import Workbook
from xlsxwriter.utility import xl_cell_to_rowcol

from odoo.addons.kmop_registration.report.xlsx_sheet import OPTIONS

BENCHMARKS = Path(os.environ["KMOP_BENCHMARKS"])
sys.path.insert(0, str(BENCHMARKS))
import export_peer  # noqa: E402
import peers  # noqa: E402
from common import machine, repeat, vacuum  # noqa: E402
from table import Row, keep  # noqa: E402
from turns import environment, measure, read_form, read_list  # noqa: E402

ROUNDS = int(os.environ.get("KMOP_BENCH_ROUNDS", "7"))
SIZE = int(os.environ["KMOP_BENCH_SIZE"])
LINKED, REMINDED = 100, 100
BIG = env.cr.dbname  # noqa: F821
SMALL = f"{BIG}-small"
RESULTS = BENCHMARKS / "SCREENS.md"
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
COVERED = """
    SELECT e.registration_id, rel.kmop_indicator_id, e.aspect, e.state, COUNT(*)
      FROM kmop_evidence e
      JOIN kmop_evidence_kmop_indicator_rel rel ON rel.kmop_evidence_id = e.id
     WHERE e.state IN ('accepted', 'submitted') AND e.registration_id = ANY(%s)
  GROUP BY e.registration_id, rel.kmop_indicator_id, e.aspect, e.state
"""


# ---------------------------------------------------------------------------- ours


def get_first(env):
    """Return the registration that has half of all evidence."""
    return env["kmop.registration"].search([], order="id", limit=1)


def read_readiness(env):
    return get_first(env).readiness


def read_all_readiness(env):
    return env["kmop.registration"].search([]).readiness


def read_matrix(env):
    return get_first(env).get_matrix


def read_overview(env):
    registrations = env["kmop.registration"]
    cards = read_list(registrations, "kanban")
    return lambda: (cards(), registrations.get_overview())


def read_registration(env):
    return read_form(get_first(env))


def read_evidence(env):
    return read_list(env["kmop.evidence"])


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


def remind(env):
    """Hand out milestones that are due, each with a mail."""
    milestones = env["kmop.milestone"].with_user(1)
    first_due(milestones)
    lines = milestones.env["kmop.reminder"]

    def run():
        while milestones._process_due():
            pass
        while lines._process_waiting():
            pass
        assert lines.search_count([("mail_id", "!=", False)]) == REMINDED

    return run


def write_workbook(env):
    """Write the audit workbook, as the route does."""

    def run():
        with tempfile.TemporaryFile() as file:
            env["kmop.audit.xlsx"]._write(get_first(env), file)

    return run


def first_due(milestones):
    """Have milestones of as many registrations be due, no other."""
    rule = get_rule(milestones.env)
    # All were registered ten days ago.
    rule.write({"offset_number": 1, "offset_unit": "weeks"})
    milestones.env.flush_all()
    milestones.env.cr.execute(
        "UPDATE kmop_milestone SET state = 'cancelled'"
        " WHERE rule_id != %s OR user_id != ALL(%s)",
        [rule.id, get_people(milestones.env).ids],
    )
    milestones.env.invalidate_all()


def get_people(env):
    return env["res.users"].search([("login", "=like", "bench-%")], order="id")


def get_rule(env):
    return env.ref("kmop_registration.kmop_milestone_rule_start_12_months")


# ---------------------------------------------------------------------- their floors


def count_first(env):
    return lambda: query(env, COVERED, [get_first(env).ids])


def count_all(env):
    ids = env["kmop.registration"].search([]).ids
    return lambda: query(env, COVERED, [ids])


def query(env, sql, parameters):
    env.cr.execute(sql, parameters)
    return env.cr.fetchall()


def read_quotations(env):
    return read_list(env["sale.order"], view="sale.view_quotation_tree_with_onboarding")


def read_quotation(env):
    return read_form(
        env["sale.order"].search([], order="id", limit=1), "sale.view_order_form"
    )


def create_activities(env):
    """A to-do on each of as many quotes: the host's own record on a record."""
    model = env["ir.model"]._get_id("sale.order")
    quotes = env["sale.order"].search([], order="id", limit=LINKED)
    rows = [
        {"res_model_id": model, "res_id": quote.id, "user_id": 2, "summary": "Bench"}
        for quote in quotes
    ]
    return lambda: env["mail.activity"].create(rows)


def send_batch(env):
    """The host's own mails of the same template, for lines that are there already."""
    milestones = env["kmop.milestone"].with_user(1)
    # Others than those above, which are locked.
    chosen = milestones.search(
        [("rule_id", "=", get_rule(env).id), ("user_id", "=", 2)], limit=REMINDED
    )
    partners = get_people(env).partner_id
    lines = milestones.env["kmop.reminder"]._queue(
        "reminder", dict(zip(chosen, partners, strict=True))
    )
    template, ids = lines[:1]._get_template(), lines.ids
    return lambda: template.send_mail_batch(ids)


def write_cells(env):
    """Write the same cells with xlsxwriter alone, in no format."""
    with tempfile.TemporaryFile() as file:
        env["kmop.audit.xlsx"]._write(get_first(env), file)
        sheets = read_cells(file)

    def run():
        with tempfile.TemporaryFile() as file, Workbook(file, OPTIONS) as book:
            for cells in sheets:
                sheet = book.add_worksheet()
                for place, value in cells:
                    sheet.write(*place, value)

    return run


def read_cells(file):
    """Return the cells of each sheet of a workbook: where they are, and the value."""
    with ZipFile(file) as archive:
        return [
            list(read_sheet(archive.open(name)))
            for name in archive.namelist()
            if name.startswith("xl/worksheets/sheet")
        ]


def read_sheet(file):
    for _event, cell in etree.iterparse(file, tag=f"{{{SHEET}}}c"):
        text = "".join(cell.itertext())
        is_text = cell.get("t") in ("inlineStr", "str")
        if text:
            place = xl_cell_to_rowcol(cell.get("r"))
            yield place, text if is_text else float(text)
        cell.clear()


# ------------------------------------------------------------------------- the peers


def seed_peers(env):
    """Make as many nonconformities as there is evidence, and audits as registrations.

    Half of all nonconformities are of the first audit, which has as many verification
    lines as a matrix has cells.
    """
    quote = env["sale.order"].search([], order="id", limit=1)
    first = env["mgmtsystem.nonconformity"].create(prepare_nonconformity(env, quote))
    cells = env["kmop.coverage"].search_count(
        [("registration_id", "=", get_first(env).id)]
    )
    lines = [(0, 0, {"name": f"Question {number}"}) for number in range(cells)]
    audit = env["mgmtsystem.audit"].create({"name": "Bench", "line_ids": lines})
    env.flush_all()
    cr = env.cr
    repeat(
        cr,
        "mgmtsystem_nonconformity",
        f"FROM mgmtsystem_nonconformity old, generate_series(2, {SIZE}) number"
        f" WHERE old.id = {first.id}",
        {"ref": "'N' || number"},
    )
    repeat(
        cr,
        "mgmtsystem_audit",
        f"FROM mgmtsystem_audit old, generate_series(2, {SIZE // 100}) number"
        f" WHERE old.id = {audit.id}",
        {"name": "'Audit ' || number"},
    )
    relation = env["mgmtsystem.audit"]._fields["nonconformity_ids"]
    cr.execute(
        f"INSERT INTO {relation.relation} ({relation.column1}, {relation.column2})"
        f" SELECT {audit.id}, id FROM mgmtsystem_nonconformity"
        f" ORDER BY id LIMIT {SIZE // 2}"
    )
    seed_people(env)
    seed_actions(env)
    cr.commit()
    vacuum(cr.dbname)


def seed_people(env):
    """Have some registrations be of a person each: one gets one mail of many."""
    env.user.email = "bench@example.com"
    people = env["res.users"].create(
        [
            {
                "name": f"Bench {number}",
                "login": f"bench-{number}",
                "email": f"bench-{number}@example.com",
            }
            for number in range(REMINDED)
        ]
    )
    mine = env["kmop.registration"].search([], order="id", limit=REMINDED)
    for registration, user in zip(mine, people, strict=True):
        registration.user_id = user


def seed_actions(env):
    """Make actions that are to be reminded of today, each of one of those people."""
    deadline = date.today() + timedelta(days=10)
    action = env["mgmtsystem.action"].create(
        {"name": "Bench", "type_action": "correction", "date_deadline": deadline}
    )
    env.flush_all()
    repeat(
        env.cr,
        "mgmtsystem_action",
        f"FROM mgmtsystem_action old, res_users person WHERE old.id = {action.id}"
        " AND person.login LIKE 'bench-%' AND person.login != 'bench-0'",
        {"name": "'Action of ' || person.login", "user_id": "person.id"},
    )


def prepare_nonconformity(env, quote):
    origin = env["mgmtsystem.nonconformity.origin"].search([], limit=1)
    return {
        "name": quote.name,
        "partner_id": quote.partner_id.id,
        "responsible_user_id": 2,
        "manager_user_id": 2,
        "origin_ids": origin.ids,
        "description": quote.name,
        "res_model": "sale.order",
        "res_id": quote.id,
    }


def write_peer(env):
    return lambda: export_peer.write(env, get_first(env).id)


def get_audit(env):
    return env["mgmtsystem.audit"].search([], order="id", limit=1)


def count_nonconformities(env):
    """Its own number of what is linked to an audit."""
    audit = get_audit(env)
    return audit._compute_number_of_nonconformities


def read_audit(env):
    return read_form(get_audit(env))


def read_audits(env):
    return read_list(env["mgmtsystem.audit"])


def read_nonconformities(env):
    return read_list(env["mgmtsystem.nonconformity"])


def create_nonconformities(env):
    quotes = env["sale.order"].search([], order="id", limit=LINKED)
    rows = [prepare_nonconformity(env, quote) for quote in quotes]
    return lambda: env["mgmtsystem.nonconformity"].create(rows)


def process_queue(env):
    actions = env["mgmtsystem.action"]

    def run():
        before = env["mail.mail"].search_count([])
        actions.process_reminder_queue()
        assert env["mail.mail"].search_count([]) - before == REMINDED

    return run


# ------------------------------------------------------------------------ the table

SQL, NO_PEER = "plain SQL that counts the same rows", "none: no addon counts this"
AUDIT = "mgmtsystem_audit"
MEASURED = [
    (
        "Readiness of one registration",
        read_readiness,
        (SQL, count_first),
        (f"{AUDIT}, its number of nonconformities", count_nonconformities),
    ),
    (
        "Readiness of all registrations",
        read_all_readiness,
        (SQL, count_all),
        (NO_PEER, None),
    ),
    (
        "Matrix of one registration",
        read_matrix,
        (SQL, count_first),
        (f"{AUDIT}, the form of an audit", read_audit),
    ),
    (
        "First screen: 80 cards, and what stands above",
        read_overview,
        ("the host's list of 80 quotations", read_quotations),
        (f"{AUDIT}, the list of 80 audits", read_audits),
    ),
    (
        "Form of a registration",
        read_registration,
        ("the host's form of a quotation", read_quotation),
        (f"{AUDIT}, the form of an audit", read_audit),
    ),
    (
        "List of evidence, 80 rows",
        read_evidence,
        ("the host's list of 80 quotations", read_quotations),
        ("mgmtsystem_nonconformity, its list of 80", read_nonconformities),
    ),
    (
        f"Bulk link of {LINKED} quotations, and submitted",
        link,
        (f"the host's to-do on {LINKED} quotations", create_activities),
        ("mgmtsystem_nonconformity on each", create_nonconformities),
    ),
    (
        f"{REMINDED} reminders",
        remind,
        ("the host's `send_mail_batch`", send_batch),
        ("mgmtsystem_action, its reminder queue", process_queue),
    ),
    (
        f"Audit workbook of {SIZE // 2:,} pieces of evidence",
        write_workbook,
        ("xlsxwriter alone, the same cells", write_cells),
        ("report_xlsx, the same sheets", write_peer),
        1,
    ),
]


def compare(title, ours, floor, peer, rounds=ROUNDS):
    sides = {"ours": (BIG, ours), "small": (SMALL, ours), "floor": (BIG, floor[1])}
    if peer[1]:
        sides["peer"] = BIG, peer[1]
    if ours is remind:
        del sides["small"]  # which has fewer registrations than that
    found = measure(sides, rounds)
    row = Row.of(title, found, floor[0], peer[0])
    print(row.detail(), flush=True)
    return row


def report(rows, versions):
    lines = "\n".join(row.detail() for row in rows)
    names = "\n".join(
        f"| {row.title} | {row.floor_name} | {row.peer_name} |" for row in rows
    )
    installed = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"""# The addon's own screens

Written by `./dev bench screens`; don't edit.

Measured on {date.today()}: {machine()}; load {os.getloadavg()[1]:.1f}.

One database with {SIZE:,} quotations, {SIZE:,} pieces of evidence (half of them of one
registration, which is the one that is measured), {SIZE // 2:,} answers and
{SIZE // 100:,} registrations; and one of a hundredth of that. Medians of {ROUNDS}
rounds (the workbook: one), in turns, by the administrator, with empty record caches;
what is compared runs in the same round. Growth is how many times longer it takes, with
a hundred times as much in the database.

{Row.head()}
{lines}

| | floor | peer |
| --- | --- | --- |
{names}

The peers are OCA's, with as many nonconformities as there is evidence and as many
audits as registrations: {installed}.
"""


def main():
    env.cr.close()  # noqa: F821
    versions, _seconds = peers.install(BIG, peers.AUDITS)
    versions["report_xlsx"] = export_peer.install(BIG)
    with environment(BIG) as own:
        seed_peers(own)
    print("    peers are installed", flush=True)
    rows = []
    for item in MEASURED:
        rows.append(compare(*item))
        RESULTS.write_text(report(rows, versions))
        size = f"{SIZE:,} quotations and pieces of evidence"
        keep("screens", rows, machine(), size)
    print(RESULTS.read_text())


main()

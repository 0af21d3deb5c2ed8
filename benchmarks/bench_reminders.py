"""What sending reminders takes beyond rendering and queueing their mails.

`./dev bench` feeds this to Odoo's shell on a database with the addon. Ours is the
scheduled action; the host's is its own `send_mail_batch`, of the same template, in
the same layout, for the same lines. Both commit, and take turns.
"""

import cProfile
import gc
import os
import pstats
import statistics
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import odoo.addons.kmop_registration as addon

BENCHMARKS = Path(addon.__path__[0]).parent / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
from common import grant, machine, repeat, vacuum  # noqa: E402

MANY = int(os.environ.get("KMOP_BENCH_REMINDERS", "10000"))
FEW = MANY // 10
PLANNED = min(1000, MANY)
ROUNDS = int(os.environ.get("KMOP_BENCH_ROUNDS", "3"))
RESULTS = BENCHMARKS / "REMINDERS.md"
# Rounds are told apart by nothing but who is measured.
RESET = """
    DELETE FROM mail_activity WHERE res_model = 'kmop.milestone';
    DELETE FROM mail_message WHERE model IN ('kmop.reminder', 'kmop.milestone');
    DELETE FROM kmop_reminder;
    DELETE FROM ir_cron_trigger;
    UPDATE sale_order SET access_token = NULL;
    UPDATE kmop_milestone SET state = 'planned', date_sent = NULL,
        date_escalation = NULL
"""

env = env(su=True)  # noqa: F821


# ------------------------------------------------------------------------------ seed


def seed():
    """Make dossiers of distinct clients, who all must apply for their subsidy now."""
    rule = env.ref("kmop_registration.kmop_milestone_rule_service_start_client")
    rules = env["kmop.milestone.rule"].search([])
    (rules - rule).active = False
    env.company.write({"kmop_mail_clients": True, "email": "bench@example.com"})
    clients = env["res.partner"].create(
        [
            {"name": f"Client {number}", "email": f"client{number}@example.com"}
            for number in range(MANY)
        ]
    )
    one = make_dossier(clients[0])
    env.flush_all()
    repeat(
        env.cr,
        "sale_order",
        "FROM sale_order old, res_partner made"
        f" WHERE old.id = {one.id} AND made.id > {clients[0].id}"
        f" AND made.id <= {clients[-1].id}",
        {
            "name": "'B' || made.id",
            "access_token": "NULL",
            "partner_id": "made.id",
            "partner_invoice_id": "made.id",
            "partner_shipping_id": "made.id",
        },
    )
    dossiers = env["sale.order"].search([("kmop_service", "=", "training")])
    assert len(dossiers) == MANY, dossiers
    env["kmop.milestone"]._plan(dossiers)
    assert env["kmop.milestone"].search_count([]) == MANY
    env.cr.commit()
    vacuum(env.cr.dbname)


def make_dossier(client):
    today = env.company._kmop_today()
    product = env["product.product"].create(
        {"name": "Bench", "type": "service", "kmop_service": "training"}
    )
    env["kmop.registration"].create(
        {
            "track_id": env.ref("kmop_registration.kmop_track_starter").id,
            "service": "training",
        }
    )
    dossier = env["sale.order"].create(
        {
            "partner_id": client.id,
            "user_id": 2,
            "kmop_subsidised": True,
            "kmop_date_start": today - timedelta(days=7),
            "kmop_date_end": today,
            "order_line": [(0, 0, {"product_id": product.id})],
        }
    )
    dossier.action_confirm()
    return dossier


def reset(number):
    """Have ``number`` milestones be due, as if nothing had been sent."""
    env.cr.execute(RESET)
    env.cr.execute(
        "UPDATE kmop_milestone SET state = 'cancelled' WHERE id NOT IN"
        " (SELECT id FROM kmop_milestone ORDER BY id LIMIT %s)",
        [number],
    )
    env.cr.commit()
    vacuum(env.cr.dbname)
    env.invalidate_all()


# -------------------------------------------------------------------------- measuring


def measure(function, profile=None):
    """Return the seconds and the queries of ``function`` and its last commit."""
    env.invalidate_all()
    gc.collect()
    queries, begin = env.cr.sql_log_count, time.perf_counter()
    if profile:
        profile.enable()
    function()
    env.cr.commit()
    if profile:
        profile.disable()
    return time.perf_counter() - begin, env.cr.sql_log_count - queries


def measure_ours(number, profile=None):
    reset(number)
    result = measure(env["kmop.milestone"]._cron_process_due, profile)
    lines = env["kmop.reminder"].search([])
    assert len(lines.mail_id) == number, len(lines.mail_id)
    return result


def measure_host(number, profile=None):
    """The lines are there already: only their mails are measured."""
    reset(number)
    milestones = env["kmop.milestone"].search([("state", "=", "planned")])
    orders = milestones._get_records()
    lines = env["kmop.reminder"]._queue(
        "reminder", {m: orders[m].partner_id for m in milestones}
    )
    env.cr.commit()
    template, ids = lines[:1]._get_template(), lines.ids
    result = measure(lambda: template.send_mail_batch(ids), profile)
    made = env["mail.mail"].search_count([("model", "=", "kmop.reminder")])
    assert made == number, made
    return result


def measure_handing_out(number, activity_type):
    """Return what the first step takes: marking, queueing and the to-dos."""
    reset(number)
    rule = env["kmop.milestone"].search([], limit=1).rule_id
    rule.activity_type_id = activity_type
    env.cr.commit()
    try:
        return measure(hand_out_all)
    finally:
        rule.activity_type_id = False
        env.cr.commit()


def hand_out_all():
    while env["kmop.milestone"]._process_due():
        env.cr.commit()


# --------------------------------------------------------------------------- planning


def seed_registrations():
    """Make registrations of distinct providers, each with a period."""
    rules = env["kmop.milestone.rule"].with_context(active_test=False)
    rules.search([]).active = True
    partners = env["res.partner"].search(
        [("email", "=like", "client%@example.com")], limit=PLANNED, order="id"
    )
    track = env.ref("kmop_registration.kmop_track_regular")
    registrations = env["kmop.registration"].create(
        [
            {"partner_id": partner.id, "track_id": track.id, "service": "advice"}
            for partner in partners
        ]
    )
    grant(registrations)
    return registrations


def measure_planning(registrations):
    """Return what planning takes, and creating the same rows without any rule."""
    about = [("res_model", "=", "kmop.registration")]
    milestones = env["kmop.milestone"].with_context(tracking_disable=True)
    forget_plans(milestones, about)
    planned = measure(lambda: milestones._plan(registrations))
    rows = [
        {
            "rule_id": m.rule_id.id,
            "registration_id": m.registration_id.id,
            "res_model": m.res_model,
            "res_id": m.res_id,
            "user_id": m.user_id.id,
            "date_anchor": m.date_anchor,
            "date_planned": m.date_planned,
        }
        for m in milestones.search(about)
    ]
    forget_plans(milestones, about)
    return len(rows), planned, measure(lambda: milestones.create(rows))


def forget_plans(milestones, about):
    env.cr.execute("DELETE FROM kmop_milestone WHERE res_model = 'kmop.registration'")
    env.cr.execute("DELETE FROM ir_cron_trigger")
    env.cr.commit()
    env.invalidate_all()
    assert not milestones.search_count(about)


# --------------------------------------------------------------------------- reporting


def median(results):
    return statistics.median(seconds for seconds, _queries in results)


def report(ours, host, growth, calls, todos, planning):
    rows, planned, created = (
        planning[0][0],
        *([p[i] for p in planning] for i in (1, 2)),
    )
    ratios = [o[0] / h[0] for o, h in zip(ours, host, strict=True)]
    (few_ours, few_host), (many_ours, many_host) = growth
    without, with_todos = todos
    return f"""# Reminders

Written by `./dev bench`; don't edit.

Measured on {date.today()}: {machine()}; load {os.getloadavg()[1]:.1f}.

{MANY:,} milestones of as many dossiers are due, each with one mail to another client.
Ours hands them out, queues a line for each, and makes the mails, in batches that are
committed. The host's `send_mail_batch` makes the same mails of lines that are there
already. They take turns; times are medians of {ROUNDS} rounds.

| {MANY:,} mails | host | ours | ratio | lowest–highest |
| --- | ---: | ---: | ---: | ---: |
| Time | {median(host):.1f} s | {median(ours):.1f} s\
 | {median(ours) / median(host):.2f}\
 | {min(ratios):.2f}–{max(ratios):.2f} |
| Calls, of {FEW:,} | {calls[0]:,} | {calls[1]:,} | {calls[1] / calls[0]:.2f} | |

Calls are the functions that Python calls, which no other load on the machine changes.

| Queries | host | ours |
| --- | ---: | ---: |
| {FEW:,} mails | {few_host:,} | {few_ours:,} |
| {MANY:,} mails | {many_host:,} | {many_ours:,} |
| for {FEW:,} more | {(many_host - few_host) / 9:,.0f}\
 | {(many_ours - few_ours) / 9:,.0f} |

To-dos are Odoo's activities, which the host's mails have none of: handing out
{FEW:,} milestones takes {without[0]:.1f} s ({without[1]:,} queries) without, and
{with_todos[0]:.1f} s ({with_todos[1]:,} queries) with a to-do each.

Planning {PLANNED:,} registrations from the rules makes {rows:,} milestones in\
 {median(planned):.1f} s
and {planned[0][1]:,} queries; creating the same rows alone takes\
 {median(created):.1f} s and {created[0][1]:,}.
"""


def count_calls(measured):
    """Return how many functions Python calls: what no other load can change."""
    profile = cProfile.Profile()
    measured(FEW, profile)
    return pstats.Stats(profile).total_calls


def main():
    begin = time.perf_counter()
    seed()
    print(f"    seeded after {time.perf_counter() - begin:.0f} s", flush=True)
    small = measure_ours(FEW), measure_host(FEW)
    ours, host = [], []
    for turn in range(ROUNDS):
        # Whoever comes first is second the next time.
        pair = [(ours, measure_ours), (host, measure_host)]
        for results, measured in pair if turn % 2 else pair[::-1]:
            results.append(measured(MANY))
        print(f"    ours {ours[-1]}, host {host[-1]}", flush=True)
    growth = [[one[1] for one in small], [ours[0][1], host[0][1]]]
    calls = [count_calls(measured) for measured in (measure_host, measure_ours)]
    todo = env.ref("kmop_registration.mail_activity_type_milestone")
    todos = [measure_handing_out(FEW, kind) for kind in (todo.browse(), todo)]
    registrations = seed_registrations()
    planning = [measure_planning(registrations) for _round in range(3)]
    text = report(ours, host, growth, calls, todos, planning)
    RESULTS.write_text(text)
    print(text)


main()

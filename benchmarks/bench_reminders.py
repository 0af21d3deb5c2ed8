"""What sending reminders takes beyond rendering and queueing their mails.

`./dev bench reminders` feeds this to Odoo's shell. Ours is the scheduled action; the
host's is its own `send_mail_batch`, of the same template, for the same lines. Both
commit, and take turns.
"""

from datetime import timedelta

from benchmarks.common import (
    SIZE,
    copy,
    measure,
    median,
    print_table,
    show,
    take_turns,
    vacuum,
)

env = globals()["env"](su=True)
MANY = SIZE // 10
FEW = MANY // 10
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


def seed():
    """Make dossiers of distinct clients, who all must apply for their subsidy now."""
    rule = env.ref("kmop_registration.kmop_milestone_rule_service_start_client")
    rules = env["kmop.milestone.rule"].search([])
    (rules - rule).active = False
    env.cr.execute("DELETE FROM kmop_milestone")
    env.company.write({"kmop_mail_clients": True, "email": "bench@example.com"})
    clients = env["res.partner"].create(
        [
            {"name": f"Client {number}", "email": f"client{number}@example.com"}
            for number in range(MANY)
        ]
    )
    one = make_dossier(clients[0])
    env.flush_all()
    copy(
        env.cr,
        "sale_order",
        "FROM sale_order old, res_partner made"
        f" WHERE old.id = {one.id} AND made.id > {clients[0].id}"
        f" AND made.id <= {clients[-1].id}",
        {
            "name": "'D' || made.id",
            "access_token": "NULL",
            "partner_id": "made.id",
            "partner_invoice_id": "made.id",
            "partner_shipping_id": "made.id",
        },
    )
    env.invalidate_all()
    dossiers = env["sale.order"].search([("partner_id", "in", clients.ids)])
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


def commit_after(function):
    def run():
        function()
        env.cr.commit()

    return run


def measure_ours(number):
    reset(number)
    result = measure(env, commit_after(env["kmop.milestone"]._cron_process_due))
    lines = env["kmop.reminder"].search([])
    assert len(lines.mail_id) == number, len(lines.mail_id)
    return result


def measure_host(number):
    """The lines are there already: only their mails are measured."""
    reset(number)
    milestones = env["kmop.milestone"].search([("state", "=", "planned")])
    orders = milestones._get_records()
    lines = env["kmop.reminder"]._queue(
        "reminder", {m: orders[m].partner_id for m in milestones}
    )
    env.cr.commit()
    template, ids = lines[:1]._get_template(), lines.ids
    result = measure(env, commit_after(lambda: template.send_mail_batch(ids)))
    made = env["mail.mail"].search_count([("model", "=", "kmop.reminder")])
    assert made == number, made
    return result


def main():
    seed()
    few = measure_ours(FEW), measure_host(FEW)
    found = take_turns(
        {"ours": lambda: measure_ours(MANY), "host": lambda: measure_host(MANY)}
    )
    ours, host = found["ours"], found["host"]
    print_table(
        f"Reminders: {MANY:,} due, one mail each",
        ["", "ours", "the host's `send_mail_batch`", "ratio"],
        [
            [
                "Time",
                show(median(ours)),
                show(median(host)),
                f"{median(ours) / median(host):.2f} ×",
            ],
            [f"Queries, of {FEW:,}", few[0][1], few[1][1], ""],
            [f"Queries, of {MANY:,}", ours[0][1], host[0][1], ""],
        ],
    )


main()

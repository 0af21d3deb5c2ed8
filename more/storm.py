"""Fed to Odoo's shell: reminders sent by two processes at once, and by killed ones.

Real processes with real commits, on a database that is thrown away. Each is a fork,
as Odoo's own cron workers are; a kill is SIGKILL, which nothing can catch.
"""

import os
import signal
import sys
import time
import traceback
from collections import Counter
from datetime import timedelta

from odoo import SUPERUSER_ID, api, sql_db
from odoo.modules.registry import Registry

PEOPLE = 200
EACH = 2
# Small, for many moments between two batches and in the middle of one.
DUE_BATCH = 50
MAIL_BATCH = 40
DATABASE = globals()["env"].cr.dbname


def seed(env):
    """Make dossiers whose clients, two dossiers each, are to apply today."""
    rule = env.ref("kmop_registration.kmop_milestone_rule_service_start_client")
    rule.activity_type_id = env.ref("kmop_registration.mail_activity_type_milestone")
    (rule.search([]) - rule).active = False
    # What the mail says is for other tests: short, it takes less time.
    rule.template_id.body_html = "<p t-out='object.milestone_id.record_name'/>"
    env.company.write({"kmop_mail_clients": True, "email": "storm@example.com"})
    clients = env["res.partner"].create(
        [
            {"name": f"Client {number}", "email": f"client{number}@example.com"}
            for number in range(PEOPLE)
        ]
    )
    env["kmop.registration"].create(
        {"track_id": env.ref("kmop_registration.kmop_track_starter").id}
    )
    start = env.company._kmop_today() - timedelta(days=7)
    env["sale.order"].with_context(tracking_disable=True).create(
        [
            {
                "partner_id": client.id,
                "user_id": env.ref("base.user_admin").id,
                "state": "sale",
                "kmop_service": "training",
                "kmop_subsidised": True,
                "kmop_date_start": start,
                "kmop_date_end": start,
            }
            for client in clients
            for _number in range(EACH)
        ]
    )
    found = env["kmop.milestone"].search_count([("rule_id", "=", rule.id)])
    assert found == PEOPLE * EACH, found


def reset(env):
    """Have all be due again, as if nothing had been sent."""
    env.cr.execute(
        """
        DELETE FROM mail_activity WHERE res_model = 'kmop.milestone';
        DELETE FROM mail_message WHERE model = 'kmop.reminder';
        DELETE FROM kmop_reminder;
        UPDATE kmop_milestone SET state = 'planned', date_sent = NULL
        """
    )


# ------------------------------------------------------------------------- processes


def environment(cr):
    return api.Environment(cr, SUPERUSER_ID, {})


def with_cursor(function):
    with Registry(DATABASE).cursor() as cr:
        result = function(environment(cr))
        cr.commit()
    sql_db.close_all()
    return result


def start(dies=None):
    """Return the id of a new process that does what the scheduled action does."""
    sys.stdout.flush()
    sql_db.close_all()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        with Registry(DATABASE).cursor() as cr:
            env = environment(cr)
            make_small(env)
            if dies:
                dies(env)
            env["kmop.milestone"]._cron_process_due()
            cr.commit()
        code = 0
    except Exception:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def make_small(env):
    for name, step, limit in (
        ("kmop.milestone", "_process_due", DUE_BATCH),
        ("kmop.reminder", "_process_waiting", MAIL_BATCH),
    ):
        model = env.registry[name]
        whole = getattr(model, step)
        setattr(model, step, lambda self, do=whole, limit=limit: do(self, limit))


def finish(child):
    """Return whether the process ended by itself, rather than by a kill."""
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, status
    return not os.WIFSIGNALED(status)


def die_in(model, method, times, *, after=False):
    """Have a process kill itself where it calls a method for the nth time."""

    def prepare(env):
        registry_class = env.registry[model]
        whole = getattr(registry_class, method)
        calls = Counter()

        def call(self, *args, **kwargs):
            calls[method] += 1
            if calls[method] == times and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            result = whole(self, *args, **kwargs)
            if calls[method] == times:
                self.env.flush_all()
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        setattr(registry_class, method, call)

    return prepare


def settle():
    """Wait until the database noticed that a process is gone."""
    for _attempt in range(100):
        with sql_db.db_connect("postgres").cursor() as cr:
            cr.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [DATABASE]
            )
            if not cr.fetchone()[0]:
                return
        time.sleep(0.1)
    raise AssertionError("A killed process still holds the database.")


# --------------------------------------------------------------------------- judgement


def check(env):
    """Each milestone is handed out once, and each person got one mail of all."""
    milestones = env["kmop.milestone"].search([("rule_id.active", "=", True)])
    assert len(milestones) == PEOPLE * EACH, len(milestones)
    assert set(milestones.mapped("state")) == {"sent"}, milestones.mapped("state")
    lines = env["kmop.reminder"].search([])
    by_milestone = Counter(lines.mapped("milestone_id.id"))
    assert set(by_milestone.values()) == {1}, by_milestone.most_common(3)
    assert len(by_milestone) == PEOPLE * EACH, len(by_milestone)
    assert set(lines.mapped("state")) == {"queued"}, lines.mapped("state")
    mails = env["mail.mail"].search([("model", "=", "kmop.reminder")])
    by_person = Counter(mails.mapped("recipient_ids.id"))
    assert len(mails) == len(by_person) == PEOPLE, (len(mails), len(by_person))
    assert lines.mail_id == mails.browse(lines.mail_id.ids) and len(
        lines.mail_id
    ) == len(mails)
    todos = Counter(milestones.activity_ids.mapped("res_id"))
    assert len(todos) == PEOPLE * EACH and set(todos.values()) == {1}, len(todos)


def check_the_check(env):
    """One mail too many, and one line too few, must not go unnoticed."""
    mail = env["mail.mail"].search([("model", "=", "kmop.reminder")], limit=1)
    for spoil in (mail.copy, env["kmop.reminder"].search([], limit=1).unlink):
        with env.cr.savepoint() as savepoint:
            spoil()
            assert not holds(env), spoil
            savepoint.rollback()
        env.invalidate_all()
    check(env)


def holds(env):
    try:
        check(env)
    except AssertionError:
        return False
    return True


def progress(env):
    lines = env["kmop.reminder"].search([])
    return len(lines), len(lines.mail_id)


def together():
    with_cursor(reset)
    children = [start(), start()]
    assert all([finish(child) for child in children])
    with_cursor(check_the_check)


def killed():
    """Kill one process after another, each where the one before left off."""
    with_cursor(reset)
    for title, dies, wanted in KILLS:
        assert not finish(start(dies)), f"{title}: nothing was killed"
        settle()
        done = with_cursor(progress)
        assert done == wanted, (title, done)
        print(f"    killed {title}, after {done[0]} lines and {done[1]} mails")
    assert finish(start())
    with_cursor(check)


ALL = PEOPLE * EACH
# Where, and what is committed by then: how many lines, and how many mails.
KILLS = [
    (
        "in the middle of handing out",
        die_in("kmop.reminder", "_queue", 3, after=True),
        (2 * DUE_BATCH, 0),
    ),
    (
        "between two batches of mails",
        die_in("kmop.reminder", "_process_waiting", 3),
        (ALL, 2 * MAIL_BATCH),
    ),
    (
        "in the middle of making mails",
        die_in("kmop.reminder", "_make_mails", 2, after=True),
        (ALL, 3 * MAIL_BATCH),
    ),
]
begin = time.monotonic()
with_cursor(seed)
together()
print("    two at once: each line once, each person one mail")
killed()
print("    and the next run: each line once, each person one mail")
print(f"    weathered, in {time.monotonic() - begin:.0f} s")
sys.stdout.flush()
# The shell would tidy up a cursor that went with the connections of the forks.
os._exit(0)

"""Fed to Odoo's shell: two users who do the same at the same moment, on two servers.

Round after round, each on a record of its own: one of them wins, the other reads in
Dutch why not, and the database is as if it had been done once.
"""

import os
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polib

from odoo import sql_db
from odoo.fields import Command
from odoo.tools import file_path

from more.server import Answer, Client, Server, serving

ENV = globals()["env"]
DATABASE = ENV.cr.dbname
ROUNDS = int(os.environ.get("KMOP_ROUNDS", "240"))
USERS = ("racer_one", "racer_two")
LANG = "nl_BE"
TODAY = ENV.company._kmop_today()
TRACK = ENV.ref("kmop_registration.kmop_track_starter").id
CRON = ENV.ref("kmop_registration.ir_cron_kmop_milestones").id
# What the loser may read, as it is in the code: of who met the other at it,
MET = (
    "Job '%s' already executing",
    "Somebody else is working on %(record)s right now: try again.",
    "This document is linked to the registration already.",
    "This part has an open audit already.",
    "This period is corrected already.",
    "This provider already has a live registration for this service.",
)
# and of who came just after.
CAME_AFTER = (
    "%(audit)s is %(current)s: it can't become %(wanted)s.",
    "%(evidence)s is %(current)s: it can't become %(wanted)s.",
    "Nothing to link: see the reasons above.",
)


@dataclass(frozen=True)
class Race:
    """What two users do at once, and what must be there afterwards."""

    title: str
    # What there is for each round.
    seed: Callable[[Any, int], list]
    # The call of each user: model, method, arguments, context.
    calls: Callable[[Any], list]
    # One row, and what it must be where the first or the second won.
    state: str
    wanted: Callable[[int], tuple]
    prepare: str = ""
    # Whether both may be told that it is done.
    both: bool = False


# ---------------------------------------------------------------------------- seeds


def seed_users(env):
    env["res.lang"]._activate_lang(LANG)
    env["ir.module.module"]._load_module_terms(["base", "kmop_registration"], [LANG])
    env.company.email = env.ref("base.user_admin").email = "race@example.com"
    groups = (
        "base.group_system",
        "kmop_registration.group_kmop_manager",
        "sales_team.group_sale_salesman_all_leads",
    )
    return env["res.users"].create(
        [
            {
                "name": login.title(),
                "login": login,
                "password": login,
                "lang": LANG,
                "email": f"{login}@example.com",
                "group_ids": [Command.link(env.ref(name).id) for name in groups],
            }
            for login in USERS
        ]
    )


def seed_providers(env, count):
    return env["res.partner"].create(
        [{"name": f"Provider {number}"} for number in range(count)]
    )


def seed_registrations(env, count, service="training"):
    return env["kmop.registration"].create(
        [
            {
                "partner_id": partner.id,
                "service": service,
                "track_id": TRACK,
                "user_id": env.user.id,
            }
            for partner in seed_providers(env, count)
        ]
    )


def seed_audits(env, count):
    """Visited ones, that wait for a decision."""
    registrations = seed_registrations(env, count)
    audits = env["kmop.audit"].create(
        [{"registration_id": r.id} for r in registrations]
    )
    days = {"date_requested": 60, "date_planned": 14, "date_visited": 14}
    dates = {name: TODAY - timedelta(days=number) for name, number in days.items()}
    audits.sudo().write({"state": "visited", **dates})
    return audits.ids


def seed_evidence(env, count):
    """Each with a file of its own, submitted."""
    registration = seed_registrations(env, 1)
    evidences = env["kmop.evidence"].create(
        [
            {
                "name": f"Evidence {number}",
                "registration_id": registration.id,
                "type_id": env.ref("kmop_registration.kmop_evidence_type_legal").id,
                "attachment_ids": [
                    Command.create({"name": "file.txt", "raw": os.urandom(99).hex()})
                ],
            }
            for number in range(count)
        ]
    )
    evidences.submit()
    return evidences.ids


def seed_wizards(env, count):
    """The same quotes for both, in another order; each has the wizard open."""
    client = env["res.partner"].create({"name": "Client"})
    registration = seed_registrations(env, 1)
    quotes = env["sale.order"].create(
        [{"partner_id": client.id, "user_id": env.user.id} for _n in range(5 * count)]
    )
    wizards = env["kmop.evidence.link"].with_context(active_model="sale.order")
    users = env["res.users"].search([("login", "in", USERS)], order="login")
    found = []
    for number in range(count):
        ids = quotes.ids[5 * number :][:5]
        vals = {"registration_id": registration.id}
        opened = [
            wizards.with_user(user).with_context(active_ids=ids).create(vals).id
            for user in users
        ]
        found.append((ids, opened))
    return found


def seed_milestones(env, count):
    registration = seed_registrations(env, 1)
    milestones = env["kmop.milestone"].create(
        [
            {
                "title": f"Round {number}",
                "registration_id": registration.id,
                "date_planned": TODAY + timedelta(days=500),
                "user_id": env.ref("base.user_admin").id,
            }
            for number in range(count)
        ]
    )
    return milestones.ids


def seed_periods(env, count):
    periods = env["kmop.registration.period"].create(
        [
            {
                "registration_id": registration.id,
                "part_id": registration.next_part_id.id,
                "date_registration": TODAY,
                "date_start": TODAY,
                "date_end": TODAY + timedelta(days=700),
                "override_reason": "Import",
            }
            for registration in seed_registrations(env, count)
        ]
    )
    return periods.ids


# ---------------------------------------------------------------------------- races


def call_both(model, method, *arguments):
    return lambda target: [
        (model, method, [[target], *some], {}) for some in (arguments or ([], []))
    ]


def call_link(target):
    ids, wizards = target
    orders = ids, ids[::-1]
    return [
        ("kmop.evidence.link", "action_confirm", [[wizard]],
         {"active_model": "sale.order", "active_ids": some})
        for wizard, some in zip(wizards, orders, strict=True)
    ]  # fmt: skip


def call_create(target):
    vals = {"partner_id": target, "service": "training", "track_id": TRACK}
    return [("kmop.registration", "create", [vals], {})] * 2


def call_cron(_target):
    return [("ir.cron", "method_direct_trigger", [[CRON]], {})] * 2


def end(number):
    return TODAY + timedelta(days=600 + number)


RACES = [
    Race(
        "deciding the same audit",
        seed_audits,
        call_both("kmop.audit", "decide", ["positive"], ["negative"]),
        """SELECT state, outcome,
                  (SELECT count(*) FROM kmop_registration_period p
                   WHERE p.audit_id = a.id)
           FROM kmop_audit a WHERE id = %s""",
        lambda won: ("decided", ("positive", "negative")[won], 1 - won),
    ),
    Race(
        "accepting the same evidence",
        seed_evidence,
        call_both("kmop.evidence", "accept"),
        """SELECT state, u.login, fingerprint IS NOT NULL,
                  (SELECT count(*) FROM kmop_evidence_file WHERE evidence_id = e.id),
                  (SELECT count(*) FROM ir_attachment a
                   WHERE a.res_model = 'kmop.evidence' AND a.res_id = e.id)
           FROM kmop_evidence e JOIN res_users u ON u.id = accepted_by_id
           WHERE e.id = %s""",
        lambda won: ("accepted", USERS[won], True, 1, 1),
    ),
    Race(
        "accepting and rejecting the same evidence",
        seed_evidence,
        lambda target: [
            ("kmop.evidence", "accept", [[target]], {}),
            ("kmop.evidence", "reject", [[target], "Not signed"], {}),
        ],
        """SELECT state, reject_reason, accepted_by_id IS NOT NULL,
                  (SELECT count(*) FROM kmop_evidence_file WHERE evidence_id = e.id)
           FROM kmop_evidence e WHERE id = %s""",
        lambda won: (
            ("accepted", None, True, 1),
            ("rejected", "Not signed", False, 0),
        )[won],
    ),
    Race(
        "linking the same quotes",
        seed_wizards,
        call_link,
        """SELECT count(*), count(DISTINCT res_id), min(state), max(state),
                  count(DISTINCT submitted_by_id)
           FROM kmop_evidence WHERE res_model = 'sale.order' AND res_id = ANY(%s)""",
        lambda _won: (5, 5, "submitted", "submitted", 1),
    ),
    Race(
        "registering the same provider",
        lambda env, count: seed_providers(env, count).ids,
        call_create,
        "SELECT count(*) FROM kmop_registration WHERE partner_id = %s",
        lambda _won: (1,),
    ),
    Race(
        "starting the same audit",
        lambda env, count: seed_registrations(env, count).ids,
        call_both("kmop.registration", "start_audit"),
        """SELECT count(DISTINCT a.id), min(a.state),
                  count(s) = count(DISTINCT s.indicator_id) AND count(s) > 0
           FROM kmop_audit a JOIN kmop_audit_score s ON s.audit_id = a.id
           WHERE registration_id = %s""",
        lambda _won: (1, "draft", True),
        both=True,
    ),
    Race(
        "running the same scheduled action",
        seed_milestones,
        call_cron,
        """SELECT m.state, count(DISTINCT r.id), count(DISTINCT r.mail_id),
                  count(DISTINCT a.id)
           FROM kmop_milestone m LEFT JOIN kmop_reminder r ON r.milestone_id = m.id
           LEFT JOIN mail_activity a
               ON a.res_model = 'kmop.milestone' AND a.res_id = m.id
           WHERE m.id = %s GROUP BY m.id""",
        lambda _won: ("sent", 1, 1, 1),
        prepare="UPDATE kmop_milestone SET date_planned = now() WHERE id = %s",
        both=True,
    ),
    Race(
        "correcting the same period",
        seed_periods,
        call_both(
            "kmop.registration.period",
            "correct",
            *([str(TODAY), str(end(number)), "Attest"] for number in (0, 1)),
        ),
        """SELECT count(*), min(c.date_end), max(p.date_last), max(r.date_end)
           FROM kmop_registration_period p JOIN kmop_registration_period c
               ON c.corrects_id = p.id JOIN kmop_registration r
               ON r.id = p.registration_id
           WHERE p.id = %s""",
        lambda won: (1, end(won), None, end(won)),
    ),
]
# What nothing guards, as it may be done twice: the check must say so.
UNGUARDED = Race(
    "noting the same finding",
    lambda env, count: seed_registrations(env, count).ids,
    lambda target: (
        [("kmop.finding", "create", [{"name": "Late", "registration_id": target}], {})]
        * 2
    ),
    "SELECT count(*) FROM kmop_finding WHERE registration_id = %s",
    lambda _won: (1,),
)


# -------------------------------------------------------------------------- judgement


def read_messages():
    """Return the patterns of the Dutch that the losers may read, by its English."""
    wanted, found = {*MET, *CAME_AFTER}, {}
    for module in ("base", "kmop_registration"):
        for entry in polib.pofile(file_path(f"{module}/i18n/nl.po")):
            if entry.msgid in wanted:
                found[entry.msgid] = re.compile(fill(entry.msgstr))
    assert found.keys() == wanted, wanted - found.keys()
    return found


def fill(text):
    """Let anything be where the text has a placeholder."""
    return re.sub(r"%(\\\(\w+\\\))?s", ".+", re.escape(text))


def judge(race, target, answers, row, patterns):
    """Raise AssertionError where the round didn't end as it should."""
    winners = [number for number, answer in enumerate(answers) if answer.won]
    enough = (1, 2) if race.both else (1,)
    assert len(winners) in enough, (race.title, target, answers)
    for answer in answers:
        assert answer.clear, (race.title, target, answer)
        known = answer.won or find(answer, patterns)
        assert known, (race.title, "not in Dutch, or not expected", answer)
        shown = isinstance(answer.result, dict) and answer.result.get("tag")
        assert shown != "display_exception", (race.title, answer)
    wanted = race.wanted(winners[0])
    assert row == wanted, (race.title, target, row, wanted)


def find(answer, patterns):
    """Return which sentence it is."""
    return next((m for m, p in patterns.items() if p.search(answer.message)), None)


def check_the_check(race, target, row, patterns):
    """Nobody, another language, a traceback, two at once: none of it passes."""
    won, lost = Answer(True), Answer(None, "odoo.exceptions.UserError", "Nope")
    raw = Answer(None, "odoo.exceptions.UserError", "could not serialize access")
    broken = Answer(None, "builtins.ValueError", "Iemand anders is nu bezig met x")
    spoilt = [[lost, lost], [won, lost], [won, raw], [won, broken]]
    spoilt += [] if race.both else [[won, won]]
    for answers in spoilt:
        try:
            judge(race, target, answers, row, patterns)
        except AssertionError:
            continue
        raise SystemExit(f"{race.title}: {answers} was let through.")


# ----------------------------------------------------------------------------- rounds


def play(race, targets, clients, patterns):
    """Play the rounds of one race; return how often the two met at it."""
    seen = Counter()
    barrier = threading.Barrier(len(clients))

    def run(client, call):
        model, method, arguments, context = call
        barrier.wait()
        return client.call(model, method, *arguments, context=context)

    with ThreadPoolExecutor(len(clients)) as pool:
        for target in targets:
            subject = target[0] if isinstance(target, tuple) else target
            query(race.prepare, subject)
            answers = list(pool.map(run, clients, race.calls(target)))
            row = query(race.state, subject)
            judge(race, target, answers, row, patterns)
            seen.update(find(answer, patterns) for answer in answers if not answer.won)
    check_the_check(race, target, row, patterns)
    met = sum(seen[message] for message in MET)
    assert met, f"{race.title}: the two never met, which proves nothing"
    return met


def query(sql, subject):
    if not sql:
        return None
    with sql_db.db_connect(DATABASE).cursor() as cr:
        cr.execute(sql, [subject])
        row = cr.fetchone() if cr.description else None
        cr.commit()
    return row


def play_unguarded(targets, clients, patterns):
    """What is done twice must be found, by the same rounds."""
    try:
        play(UNGUARDED, targets, clients, patterns)
    except AssertionError:
        assert query(UNGUARDED.state, targets[0]) == (2,), "It wasn't done twice"
        return
    raise SystemExit("Two did the same, and it went unnoticed.")


def deadlocks():
    sql = "SELECT deadlocks FROM pg_stat_database WHERE datname = %s"
    return query(sql, DATABASE)[0]


def check_log(server):
    """Nothing of it may look as if the server were broken."""
    bad = [
        line
        for line in server.read().splitlines()
        # The host notes each query that lost, before it is told or tried again.
        if re.search(r"deadlock detected|Traceback| ERROR (?!.*: bad query: )", line)
    ]
    assert not bad, (server.log.name, len(bad), bad[:3])


def main():
    begin, before = time.monotonic(), deadlocks()
    seed_users(ENV)
    each = -(-ROUNDS // len(RACES))
    seeds = [race.seed(ENV, each) for race in RACES]
    spare = UNGUARDED.seed(ENV, 3)
    ENV.cr.commit()
    patterns = read_messages()
    servers = [
        Server(f"race-{n}", DATABASE, "--max-cron-threads=0", "--db_maxconn=32")
        for n in (1, 2)
    ]
    with serving(*servers):
        pairs = [Client(*pair) for pair in zip(servers, USERS, strict=True)]
        print(f"    seeded in {time.monotonic() - begin:.0f} s")
        play_unguarded(spare, pairs, patterns)
        with ThreadPoolExecutor(len(RACES)) as lanes:
            results = lanes.map(
                lambda race, targets: play(race, targets, pairs, patterns), RACES, seeds
            )
            for race, met in zip(RACES, results, strict=True):
                print(f"    {race.title}, {each} times ({met} met): one won")
    found = deadlocks() - before
    assert not found, f"{found} deadlocks"
    for server in servers:
        check_log(server)
    print(f"    no deadlock, in {time.monotonic() - begin:.0f} s")


main()
sys.stdout.flush()

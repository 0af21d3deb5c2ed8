"""One database at full size for all that is measured; `./dev bench` feeds it first.

Quotes, answers and their clients, and registrations with evidence on top of them.
"""

from datetime import date

from benchmarks import common
from benchmarks.common import SIZE, grant, vacuum

PROVIDERS = max(SIZE // 100, 3)
ANSWERS = SIZE // 2

env = globals()["env"](su=True)
cr = env.cr


def copy(table, source, changes):
    common.copy(cr, table, source, changes)


def numbered(table, condition="TRUE"):
    return (
        f"(SELECT id, row_number() OVER (ORDER BY id) AS number FROM {table}"
        f" WHERE {condition})"
    )


# -------------------------------------------------------------------------- the host's


def seed_quotes():
    """Make quotes of one client, two lines each; return the first."""
    product = env["product.product"].create(
        {"name": "Bench", "type": "service", "list_price": 100}
    )
    client = env["res.partner"].create({"name": "Bench", "is_company": True})
    line = (0, 0, {"product_id": product.id})
    first = env["sale.order"].create(
        {"partner_id": client.id, "user_id": 2, "order_line": [line, line]}
    )
    env.flush_all()
    copy(
        "sale_order",
        f"FROM sale_order old, generate_series(2, {SIZE}) number"
        f" WHERE old.id = {first.id}",
        {
            "name": "'B' || number",
            "access_token": "NULL",
            "date_order": "old.date_order - number * interval '7 minutes'",
        },
    )
    copy(
        "sale_order_line",
        "FROM sale_order_line old, sale_order made"
        f" WHERE old.order_id = {first.id} AND made.id > {first.id}",
        {"order_id": "made.id"},
    )
    return first


def seed_answers(first):
    """Make completed answers to one survey."""
    survey = env["survey.survey"].create({"title": "Bench"})
    answer = survey._create_answer(partner=first.partner_id, state="done")
    env.flush_all()
    copy(
        "survey_user_input",
        f"FROM survey_user_input old, generate_series(2, {ANSWERS}) number"
        f" WHERE old.id = {answer.id}",
        {"access_token": "'bench-' || number"},
    )


# ------------------------------------------------------------------------------- ours


def seed_registrations():
    """Make registrations of distinct providers, each granted not long ago."""
    partners = env["res.partner"].create(
        [{"name": f"Provider {number}"} for number in range(PROVIDERS)]
    )
    track = env.ref("kmop_registration.kmop_track_starter")
    registrations = env["kmop.registration"].create(
        [
            {
                "partner_id": partner.id,
                "track_id": track.id,
                "service": "training",
                "user_id": 2,
            }
            for partner in partners
        ]
    )
    grant(registrations)
    env.flush_all()
    return registrations


def seed_evidence(first, registrations):
    """Link each quote: half of them to one registration, the rest to all the others."""
    kind = env["kmop.evidence.type"]._get_default_for("sale.order", env.company)
    evidence = first._kmop_link(registrations[0], kind)
    evidence.submit()
    evidence.accept()
    env.flush_all()
    quotes = numbered("sale_order", f"id >= {first.id}")
    whose = numbered("kmop_registration", f"id > {registrations[0].id}")
    copy(
        "kmop_evidence",
        f"FROM kmop_evidence old, {quotes} made LEFT JOIN {whose} other"
        f" ON made.number > {SIZE // 2}"
        f" AND other.number = 1 + made.number % {PROVIDERS - 1}"
        f" WHERE old.id = {evidence.id} AND made.number > 1",
        {
            "name": "'Quote ' || made.number",
            "registration_id": "COALESCE(other.id, old.registration_id)",
            "order_id": "made.id",
            "res_id": "made.id",
            "date_effective": "old.date_effective - (made.number % 300)::int",
            "state": "CASE made.number % 10 WHEN 0 THEN 'submitted' ELSE old.state END",
        },
    )
    for relation in ("kmop_indicator", "kmop_requirement"):
        table = f"kmop_evidence_{relation}_rel"
        copy(
            table,
            f"FROM {table} old, kmop_evidence made"
            f" WHERE old.kmop_evidence_id = {evidence.id} AND made.id > {evidence.id}",
            {"kmop_evidence_id": "made.id"},
        )


def seed_satisfaction(first, registrations):
    """Give each answer its figures, spread like the evidence."""
    figure = env["kmop.satisfaction"].create(
        {"company_id": env.company.id, "date": date.today(), "score": 80}
    )
    env.flush_all()
    first_id = registrations[0].id
    whose = numbered("kmop_registration", f"id > {first_id}")
    copy(
        "kmop_satisfaction",
        f"FROM kmop_satisfaction old, {numbered('survey_user_input')} made"
        f" LEFT JOIN {whose} other ON made.number > {ANSWERS // 2}"
        f" AND other.number = 1 + made.number % {PROVIDERS - 1}"
        f" WHERE old.id = {figure.id}",
        {
            "answer_id": "made.id",
            "registration_id": f"COALESCE(other.id, {first_id})",
            "score": "made.number % 100",
        },
    )
    cr.execute("DELETE FROM kmop_satisfaction WHERE id = %s", [figure.id])


def main():
    first = seed_quotes()
    seed_answers(first)
    registrations = seed_registrations()
    seed_evidence(first, registrations)
    seed_satisfaction(first, registrations)
    cr.commit()
    vacuum(cr.dbname)
    counted = "sale.order", "survey.user_input", "kmop.registration", "kmop.evidence"
    found = [f"{env[name].search_count([]):,} {name}" for name in counted]
    print(f"    {cr.dbname}: {', '.join(found)}", flush=True)


main()

from odoo.tools import SQL

MODULE = "kmop_registration"


def uninstall_hook(env):
    """Leave the host as it was: no dangling names, no errors in its log."""
    # Names that mail and its like gave to parts of our models: Odoo forgets them.
    env["ir.model.data"].search(
        [
            ("module", "!=", MODULE),
            "|",
            ("name", "=like", "selection__kmop_%"),
            ("name", "=like", "model_inherit__kmop_%"),
        ]
    ).unlink()
    _keep_answered_surveys(env)
    _keep_used_bureaus(env)
    _keep_meetings(env)
    _drop_activities(env)
    _let_go(env)
    _empty_registrations(env)


def _keep_answered_surveys(env):
    """Leave a survey of ours that was answered to the company: the answers are."""
    ours = env["ir.model.data"].search(
        [("module", "=", MODULE), ("model", "=like", "survey.%")]
    )
    surveys = env["survey.survey"].browse(
        ours.filtered(lambda d: d.model == "survey.survey").mapped("res_id")
    )
    if env["survey.user_input"].search_count([("survey_id", "in", surveys.ids)]):
        ours.unlink()


def _keep_used_bureaus(env):
    """Leave a bureau of ours that the company did something with to the company."""
    ours = env["ir.model.data"].search(
        [("module", "=", MODULE), ("model", "=", "res.partner")]
    )
    bureaus = env["res.partner"].browse(ours.mapped("res_id")).exists()
    edited = bureaus.filtered(lambda bureau: bureau.write_date > bureau.create_date)
    used = set(edited.ids) | _get_referred(env, bureaus)
    ours.filtered(lambda data: data.res_id in used).unlink()


def _get_referred(env, partners):
    """Return the ids of partners that a row refers to, but their own appointments.

    That they are their own commercial entity says nothing.
    """
    columns = env.execute_query(
        SQL(
            """
            SELECT conrelid::regclass::text, attname
            FROM pg_constraint
            JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
            WHERE contype = 'f' AND confrelid = 'res_partner'::regclass
            AND conrelid != 'kmop_bureau_appointment'::regclass
            """
        )
    )
    found = [
        SQL(
            "SELECT %(column)s FROM %(table)s WHERE %(column)s IN %(ids)s %(others)s",
            column=SQL.identifier(column),
            table=SQL.identifier(table),
            ids=tuple(partners.ids) or (0,),
            others=SQL("AND id != %s", SQL.identifier(column))
            if table == "res_partner"
            else SQL(),
        )
        for table, column in columns
    ]
    return {row[0] for row in env.execute_query(SQL(" UNION ").join(found))}


def _keep_meetings(env):
    """Leave the meetings with a bureau: Odoo would drop them with our models."""
    if "calendar.event" in env:
        meetings = env["calendar.event"].with_context(active_test=False)
        meetings.search([("res_model", "=like", "kmop.%")]).with_context(
            dont_notify=True
        ).write({"res_model_id": False, "res_id": False})


def _drop_activities(env):
    """Drop the to-dos on our records; those on others keep their text only.

    They hold on to our types of activity, and would hold up their removal.
    """
    activities = env["mail.activity"].with_context(active_test=False)
    activities.search([("res_model", "=like", "kmop.%")]).unlink()
    types = env["ir.model.data"].search(
        [("module", "=", MODULE), ("model", "=", "mail.activity.type")]
    )
    others = activities.search([("activity_type_id", "in", types.mapped("res_id"))])
    others.activity_type_id = False


def _let_go(env):
    """Drop the foreign keys on the host's tables: Odoo forgets those as well."""
    env["ir.model.constraint"].search(
        [("module.name", "=", MODULE), ("type", "=", "f")]
    ).filtered(lambda c: not c.model.model.startswith("kmop.")).unlink()


def _empty_registrations(env):
    """Empty registrations and what refers to them.

    They hold on to their tracks, and would hold up their removal. Without CASCADE,
    PostgreSQL refuses where a table that isn't ours would be emptied as well.
    """
    names = [SQL.identifier(name) for name in _get_holding(env, _get_tables(env))]
    env.execute_query(SQL("TRUNCATE %s", SQL(", ").join(names)))


def _get_tables(env):
    """Return the tables of our models, and those between them."""
    tables = {env[name]._table for name in env if name.startswith("kmop.")}
    relations = env["ir.model.relation"].search([("module.name", "=", MODULE)])
    return tables | set(relations.mapped("name"))


def _get_holding(env, tables):
    """Return which of the tables refer to registrations, through others or not."""
    rows = env.execute_query(
        SQL(
            """
            WITH RECURSIVE held AS (
                SELECT %s::regclass::oid AS oid
                UNION
                SELECT fkey.conrelid
                FROM pg_constraint fkey
                JOIN pg_class ON pg_class.oid = fkey.conrelid
                JOIN held ON held.oid = fkey.confrelid
                WHERE fkey.contype = 'f' AND pg_class.relname IN %s
            )
            SELECT relname FROM pg_class JOIN held USING (oid)
            """,
            env["kmop.registration"]._table,
            tuple(tables),
        )
    )
    return [name for (name,) in rows]

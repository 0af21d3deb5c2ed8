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

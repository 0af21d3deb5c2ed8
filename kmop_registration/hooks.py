from odoo.tools import SQL


def uninstall_hook(env):
    """Leave the host as it was: no dangling names, no errors in its log."""
    # Names that mail and its like gave to parts of our models: Odoo forgets them.
    env["ir.model.data"].search(
        [
            ("module", "!=", "kmop_registration"),
            "|",
            ("name", "=like", "selection__kmop_%"),
            ("name", "=like", "model_inherit__kmop_%"),
        ]
    ).unlink()
    # Registrations hold on to their tracks, and would hold up their removal. What
    # refers to them is ours and goes with them.
    table = env["kmop.registration"]._table
    env.execute_query(SQL("TRUNCATE %s CASCADE", SQL.identifier(table)))

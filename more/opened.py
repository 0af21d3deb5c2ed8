"""Fed to Odoo's shell: each screen of ours and of those beside us, and one sale."""

env = globals()["env"]

OTHERS = (
    "account.move",
    "event.event",
    "event.registration",
    "mgmtsystem.audit",
    "mgmtsystem.nonconformity",
    "product.template",
    "project.project",
    "project.task",
    "res.config.settings",
    "res.partner",
    "sale.order",
    "survey.survey",
    "survey.user_input",
)


def open_screens(name):
    """Load every kind of view that the model has, as a browser asks for them."""
    views = env["ir.ui.view"].search([("model", "=", name), ("inherit_id", "=", False)])
    kinds = {view.type for view in views} - {"qweb"}
    env[name].get_views([(False, kind) for kind in kinds], {"toolbar": True})
    return len(kinds)


def sell():
    """A dossier from its quote to its invoice, with Belgium's taxes and a project."""
    env["account.chart.template"].try_loading("be_comp", env.company)
    product = env["product.product"].create(
        {
            "name": "Opleiding",
            "type": "service",
            "kmop_service": "training",
            "invoice_policy": "order",
            "service_tracking": "task_in_project",
        }
    )
    client = env["res.partner"].create({"name": "Klant", "kmop_size": "small"})
    order = env["sale.order"].create(
        {
            "partner_id": client.id,
            "kmop_subsidised": True,
            "order_line": [(0, 0, {"product_id": product.id, "price_unit": 500})],
        }
    )
    order.action_confirm()
    invoice = order._create_invoices()
    invoice.action_post()
    assert order.kmop_service == "training", order.kmop_service
    assert order.tasks_ids, "No task came of the line."
    assert invoice.amount_untaxed == 500 and invoice.amount_tax == 105, invoice
    return order


ours = sorted(name for name in env if name.startswith("kmop.") and env[name]._auto)
opened = [open_screens(name) for name in (*ours, *OTHERS)]
assert sum(opened) > 100, opened
sell()
env.cr.rollback()

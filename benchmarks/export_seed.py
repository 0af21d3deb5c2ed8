"""A registration with many dossiers and as much accepted evidence, in seconds."""

from datetime import date

from common import repeat, vacuum

from odoo.fields import Command


def copy(cr, table, source, changes):
    repeat(cr, table, source, changes)
    # Or each foreign key would be checked as when the table was empty.
    cr.execute(f"ANALYZE {table}")


def prepare(env):
    """Return a registration with one dossier, and one accepted piece of evidence."""
    registration = env["kmop.registration"].create({"service": "training"})
    trainer = env["res.partner"].create({"name": "Bench Trainer"})
    client = env["res.partner"].create(
        {"name": "Bench Client", "is_company": True, "vat": "BE0477472701"}
    )
    product = env["product.product"].create({"name": "Bench", "type": "service"})
    order = env["sale.order"].create(
        {
            "partner_id": client.id,
            "user_id": 2,
            "kmop_service": "training",
            "kmop_theme_id": env["kmop.theme"].search([], limit=1).id,
            "kmop_date_start": date.today(),
            "kmop_date_end": date.today(),
            "kmop_trainer_ids": [Command.link(trainer.id)],
            "kmop_registration_id": registration.id,
            "order_line": [Command.create({"product_id": product.id})],
        }
    )
    order.action_confirm()
    attachment = env["ir.attachment"].create({"name": "list.txt", "raw": b"present"})
    evidence = env["kmop.evidence"].create(
        {
            "name": "Attendance list of a day of training",
            "registration_id": registration.id,
            "type_id": env.ref("kmop_registration.kmop_evidence_type_attendance").id,
            "order_id": order.id,
            "attachment_ids": [Command.link(attachment.id)],
        }
    )
    evidence.submit()
    evidence.accept()
    env.flush_all()
    return registration.id, order.id, evidence.id


def seed(env, rows):
    """Return the id of a registration with many dossiers, and one of few."""
    registration, order, evidence = prepare(env)
    advice = env["kmop.registration"].create({"service": "advice"}).id
    env.flush_all()
    cr = env.cr
    many = f"generate_series(1, {rows - 1}) number"
    copy(
        cr,
        "sale_order",
        f"FROM sale_order old, {many} WHERE old.id = {order}",
        {"name": "'B' || number", "access_token": "NULL"},
    )
    made = f"made.kmop_registration_id = {registration} AND made.id != {order}"
    copy(
        cr,
        "kmop_dossier_trainer_rel",
        "FROM kmop_dossier_trainer_rel old, sale_order made"
        f" WHERE old.order_id = {order} AND {made}",
        {"order_id": "made.id"},
    )
    seed_evidence(cr, registration, evidence, made)
    cr.commit()
    vacuum(cr.dbname)
    return registration, advice


def seed_evidence(cr, registration, evidence, made):
    copy(
        cr,
        "kmop_evidence",
        f"FROM kmop_evidence old, sale_order made WHERE old.id = {evidence} AND {made}",
        {
            "name": "old.name || ' ' || made.name",
            "order_id": "made.id",
            "res_model": "'sale.order'",
            "res_id": "made.id",
        },
    )
    made = f"made.registration_id = {registration} AND made.id > {evidence}"
    for relation in ("kmop_indicator", "kmop_requirement"):
        table = f"kmop_evidence_{relation}_rel"
        copy(
            cr,
            table,
            f"FROM {table} old, kmop_evidence made"
            f" WHERE old.kmop_evidence_id = {evidence} AND {made}",
            {"kmop_evidence_id": "made.id"},
        )
    copy(
        cr,
        "ir_attachment",
        "FROM ir_attachment old, kmop_evidence made"
        f" WHERE old.res_model = 'kmop.evidence' AND {made} AND old.id = (SELECT"
        f" attachment_id FROM kmop_evidence_file WHERE evidence_id = {evidence})",
        {"res_id": "made.id"},
    )
    copy(
        cr,
        "kmop_evidence_file",
        "FROM kmop_evidence_file old, kmop_evidence made, ir_attachment copy"
        f" WHERE old.evidence_id = {evidence} AND {made}"
        " AND copy.res_model = 'kmop.evidence' AND copy.res_id = made.id",
        {"evidence_id": "made.id", "attachment_id": "copy.id"},
    )

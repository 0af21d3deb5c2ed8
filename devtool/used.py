"""Fed to Odoo's shell: a dossier, evidence, an answer, a bureau that was asked."""

env = globals()["env"]

product = env["product.product"].create(
    {"name": "Opleiding", "type": "service", "kmop_service": "training"}
)
client = env["res.partner"].create(
    {"name": "Klant", "is_company": True, "kmop_size": "small"}
)
registration = env["kmop.registration"].create(
    {
        "track_id": env.ref("kmop_registration.kmop_track_starter").id,
        "service": "training",
    }
)
dossier = env["sale.order"].create(
    {
        "partner_id": client.id,
        "kmop_subsidised": True,
        "kmop_date_start": "2026-06-01",
        "kmop_date_end": "2026-06-02",
        "kmop_trainer_ids": [(6, 0, client.ids)],
        "kmop_session_ids": [(0, 0, {"date": "2026-06-01"})],
        "kmop_participant_ids": [(0, 0, {"name": "Cursist"})],
        "order_line": [(0, 0, {"product_id": product.id})],
    }
)
ordinary = env["sale.order"].create({"partner_id": client.id})
(dossier | ordinary).action_confirm()
evidence = dossier.kmop_dossier_evidence_ids
assert evidence.state == "submitted", evidence
evidence.accept()
assert evidence.fingerprint
dossier._kmop_create_answer()
bureau = env.ref("kmop_registration.kmop_bureau_certup")
contact = env["res.partner"].create({"name": "Auditor", "parent_id": bureau.id})
audit = registration.start_audit()
wizard = env["kmop.audit.request"].create(
    {
        "audit_id": audit.id,
        "bureau_id": bureau.id,
        "email": "certup@example.com",
    }
)
wizard.action_send()
assert audit.state == "requested", audit.state
registration.action_renew_badge()
env.cr.commit()

"""Fed to the shell of 19.0.1.0.0, which brought no such script of its own."""

import base64

env = globals()["env"]

client = env["res.partner"].create({"name": "Klant", "is_company": True})
product = env["product.product"].create({"name": "Opleiding", "type": "service"})
quote = env["sale.order"].create(
    {"partner_id": client.id, "order_line": [(0, 0, {"product_id": product.id})]}
)
quote.action_confirm()
registration = env["kmop.registration"].create(
    {
        "track_id": env.ref("kmop_registration.kmop_track_starter").id,
        "service": "training",
    }
)
attachment = env["ir.attachment"].create(
    {"name": "statuten.txt", "datas": base64.b64encode(b"Artikel 1")}
)
common = {"registration_id": registration.id, "date_effective": "2026-02-01"}
legal = env.ref("kmop_registration.kmop_evidence_type_legal")
offer = env.ref("kmop_registration.kmop_evidence_type_quote")
evidence = env["kmop.evidence"].create(
    [
        {
            **common,
            "name": "Statuten",
            "type_id": legal.id,
            "attachment_ids": [(6, 0, attachment.ids)],
        },
        {
            **common,
            "name": "Offerte",
            "type_id": offer.id,
            "res_model": "sale.order",
            "res_id": quote.id,
        },
    ]
)
evidence.submit()
evidence.accept()
assert all(evidence.mapped("fingerprint")), evidence
bureau = env["res.partner"].create({"name": "Auditbureau", "is_company": True})
audit = registration.start_audit()
audit.request(bureau, "2026-01-05")
audit.plan("2026-02-15")
audit.visit("2026-02-15")
audit.decide(
    "positive",
    number="DV.O123456",
    date_decided="2026-03-01",
)
assert registration.period_ids
finding = env["kmop.finding"].create(
    {
        "name": "Een bevinding",
        "registration_id": registration.id,
        "date_found": "2026-02-15",
        "severity": "minor",
    }
)
registration.start_audit().request(bureau, "2026-03-02")
env.cr.commit()

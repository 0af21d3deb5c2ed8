"""Fed to Odoo's shell: some of all that users enter, in this version and in 1.4.0.

Two kinds of evidence, a dossier with an answer, an audit that was decided with its
scores and period, one that is requested, findings, and a reminder.
"""

from datetime import timedelta

env = globals()["env"]
TODAY = env.company._kmop_today()
PDF = b"%PDF-1.4 "


def ref(name):
    return env.ref(f"kmop_registration.{name}")


def before(days):
    return TODAY - timedelta(days=days)


def sell():
    """Return a dossier with its evidence accepted and an answer, and another quote."""
    product = env["product.product"].create(
        {"name": "Opleiding", "type": "service", "kmop_service": "training"}
    )
    client = env["res.partner"].create(
        {"name": "Klant", "is_company": True, "kmop_size": "small"}
    )
    dossier, ordinary = env["sale.order"].create(
        [
            {
                "partner_id": client.id,
                "kmop_subsidised": True,
                "kmop_date_start": "2026-06-01",
                "kmop_date_end": "2026-06-02",
                "kmop_trainer_ids": [(6, 0, client.ids)],
                "kmop_session_ids": [(0, 0, {"date": "2026-06-01"})],
                "kmop_participant_ids": [(0, 0, {"name": "Cursist"})],
                "order_line": [(0, 0, {"product_id": product.id})],
            },
            {"partner_id": client.id},
        ]
    )
    (dossier | ordinary).action_confirm()
    evidence = dossier.kmop_dossier_evidence_ids
    assert evidence.state == "submitted", evidence
    evidence.accept()
    assert evidence.fingerprint
    answer = dossier._kmop_create_answer()
    for question in answer.survey_id.question_ids:
        if question.question_type == "scale":
            answer._save_lines(question, "8")
    answer._mark_done()
    return dossier


def keep_files(registration):
    """A file that is accepted, one that is submitted, and one that was rejected."""
    evidences = env["kmop.evidence"].create(
        [
            {
                "name": name,
                "registration_id": registration.id,
                "type_id": ref("kmop_evidence_type_legal").id,
                "date_effective": before(40),
                "attachment_ids": [
                    (0, 0, {"name": f"{name}.pdf", "raw": PDF + name.encode()})
                ],
            }
            for name in ("Statuten", "Polis", "Brief")
        ]
    )
    evidences.submit()
    evidences[0].accept()
    evidences[2].reject("Niet getekend")


def decide(registration):
    """Walk the first audit to its decision, scored by ourselves and by the auditor."""
    bureau = ref("kmop_bureau_certup")
    audit = registration.start_audit()
    audit.request(bureau, before(100))
    audit.plan(before(50))
    audit.score_ids[0].write({"self_conformity": "T", "remark": "Zie map 3"})
    audit.visit(before(50))
    audit.score_ids[0].auditor_conformity = "G"
    audit.decide("positive", number="DV.O123456", date_decided=before(30))
    assert registration.period_ids
    return audit


def note_findings(registration, audit):
    finding, other = env["kmop.finding"].create(
        [
            {
                "name": name,
                "registration_id": registration.id,
                "date_found": before(50),
                "severity": "minor",
                **vals,
            }
            for name, vals in (("Lijst", {"audit_id": audit.id}), ("Klacht", {}))
        ]
    )
    finding.propose("Inscannen")
    finding.implement()
    finding.check_effect(True, "Nagekeken")
    other.propose("Terugbellen")
    # On a record of the host's, which an uninstallation leaves.
    kind = ref("mail_activity_type_finding").id
    client = registration.partner_id
    env["mail.activity"].create(
        {
            "res_model_id": env["ir.model"]._get_id(client._name),
            "res_id": client.id,
            "activity_type_id": kind,
            "summary": "Bellen",
        }
    )


def remind(registration):
    env.company.email = env.ref("base.user_admin").email = "kwaliteit@example.com"
    env["kmop.milestone"].create(
        {
            "title": "Verzekering",
            "registration_id": registration.id,
            "date_planned": before(1),
            "user_id": env.ref("base.user_admin").id,
        }
    )
    env["kmop.milestone"]._cron_process_due()
    assert env["kmop.reminder"].search_count([])


def ask_bureau(registration):
    bureau = ref("kmop_bureau_certup")
    env["res.partner"].create({"name": "Auditor", "parent_id": bureau.id})
    audit = registration.start_audit()
    wizard = env["kmop.audit.request"].create(
        {"audit_id": audit.id, "bureau_id": bureau.id, "email": "certup@example.com"}
    )
    wizard.action_send()
    assert audit.state == "requested", audit.state


registration = env["kmop.registration"].create(
    {"track_id": ref("kmop_track_starter").id, "service": "training"}
)
sell()
keep_files(registration)
note_findings(registration, decide(registration))
ask_bureau(registration)
remind(registration)
registration.action_renew_badge()
env.cr.commit()

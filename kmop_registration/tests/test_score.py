from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..models.audit.kmop_audit_score import AUDITOR_FIELDS
from .common import KmopCommon


@tagged("post_install", "-at_install")
class TestScore(KmopCommon):
    def setUp(self):
        super().setUp()
        self.registration = self._create_registration()
        self.norm = self.env.ref("kmop_registration.kmop_norm_2016")

    def _line(self, audit, code):
        return audit.score_ids.filtered(lambda s: s.indicator_id.code == code)

    # --------------------------------------------------------------------- lines

    def test_a_line_per_indicator_of_the_service(self):
        training = self.registration.start_audit()
        advice = self._create_registration(service="advice").start_audit()
        for audit, service, other in (
            (training, "training", "advice"),
            (advice, "advice", "training"),
        ):
            services = set(audit.score_ids.indicator_id.mapped("service"))
            self.assertEqual(services, {service, "both"})
            self.assertNotIn(other, services)
            self.assertEqual(
                audit.score_ids.indicator_id.sorted(),
                self.env["kmop.indicator"]._get_tested(self.norm, service).sorted(),
            )

    def test_new_norm_leaves_running_and_decided_audits_alone(self):
        decided = self._decide(self.registration, date(2026, 3, 1))
        with freeze_time("2026-05-04"):
            running = self.registration.start_audit()
        before = (decided + running).score_ids.indicator_id
        self.norm.date_to = date(2026, 12, 31)
        new = self.norm.copy(
            {"name": "Nieuw", "date_from": "2027-01-01", "date_to": False}
        )
        requirement = self.env["kmop.requirement"].create(
            {"norm_id": new.id, "code": "1", "name": "Activiteit"}
        )
        self.env["kmop.indicator"].create(
            {"requirement_id": requirement.id, "code": "1.1", "name": "Nieuw"}
        )
        self.assertEqual((decided + running).score_ids.indicator_id, before)
        with freeze_time("2027-01-01"):
            later = self._create_registration(service="advice").start_audit()
        self.assertEqual(later.norm_id, new)
        self.assertEqual(later.score_ids.indicator_id.norm_id, new)

    def test_scored_once(self):
        audit = self.registration.start_audit()
        line = audit.score_ids[0]
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            line.copy()

    # ---------------------------------------------------------------- exemptions

    def test_part_1_exempts_experience_and_satisfaction(self):
        audit = self.registration.start_audit()
        exempt = audit.score_ids.filtered("exempt_ground")
        self.assertEqual(set(exempt.requirement_id.mapped("code")), {"2", "3"})
        self.assertIn("Part 1", exempt[0].exempt_ground)
        self._decide(self.registration, date(2026, 3, 1))
        with freeze_time("2026-05-04"):
            audit = self.registration.start_audit()
        self.assertFalse(audit.score_ids.filtered("exempt_ground"))

    def test_certificate_exempts_until_it_expires(self):
        self._decide(self.registration, date(2026, 3, 1))
        integrity = self.env.ref("kmop_registration.kmop_requirement_integrity")
        self.registration.exemption_ids = [
            (
                0,
                0,
                {
                    "requirement_id": integrity.id,
                    "ground": "iso9001",
                    "reference": "BE-42",
                    "date_from": date(2025, 1, 1),
                    "date_to": date(2027, 6, 30),
                },
            )
        ]
        for day, exempt in (("2027-06-30", True), ("2027-07-01", False)):
            with freeze_time(day):
                audit = self.registration.start_audit()
                audit.score_ids.invalidate_recordset(["exempt_ground"])
                ground = self._line(audit, "5.1").exempt_ground
                self.assertEqual(bool(ground), exempt, day)
        with freeze_time("2027-06-01"):
            audit.request(self.bureau)
            audit.plan(date(2027, 7, 1))
            self.assertFalse(self._line(audit, "5.1").exempt_ground)
            audit.plan(date(2027, 6, 30))
            self.assertIn("BE-42", self._line(audit, "5.1").exempt_ground)
            self.assertFalse(self._line(audit, "1.1").exempt_ground)

    def test_exemption_of_one_indicator(self):
        indicator = self.env.ref("kmop_registration.kmop_indicator_integrity_legal")
        values = {
            "registration_id": self.registration.id,
            "requirement_id": indicator.requirement_id.id,
            "indicator_id": indicator.id,
            "ground": "institute",
        }
        exemptions = self.env["kmop.exemption"].with_user(self.officer)
        exemptions.create(values)
        audit = self.registration.start_audit()
        self.assertTrue(self._line(audit, indicator.code).exempt_ground)
        self.assertFalse(self._line(audit, "5.2").exempt_ground)
        activity = self.env.ref("kmop_registration.kmop_requirement_activity")
        with self.assertRaises(ValidationError):
            exemptions.create({**values, "requirement_id": activity.id})

    # ------------------------------------------------------------- read-only, trend

    def test_decided_is_read_only(self):
        audit = self.registration.start_audit()
        line = self._line(audit, "1.1")
        line.self_conformity = "T"
        audit = self._decide(self.registration, date(2026, 12, 1))
        for values in ({"self_conformity": "V"}, {"remark": "Toch beter"}):
            with self.assertRaises(UserError):
                line.write(values)
        with self.assertRaises(UserError):
            line.unlink()
        self.assertEqual(line.self_conformity, "T")

    def test_compared_with_the_previous_audit(self):
        with freeze_time("2026-03-01"):
            first = self._visit(self.registration, date(2026, 2, 1))
            for code, scores in (
                ("1.1", "GG"),
                ("1.2", "TT"),
                ("1.3", "TG"),
                ("1.4", "V"),
            ):
                values = zip(AUDITOR_FIELDS, scores, strict=False)
                self._line(first, code).write(dict(values))
            first.decide("positive")
        with freeze_time("2027-03-01"):
            second = self.registration.start_audit()
            for code, scores in (("1.1", "TG"), ("1.2", "TB"), ("1.3", "GT")):
                values = zip(AUDITOR_FIELDS, scores, strict=False)
                self._line(second, code).write(dict(values))
        trends = {
            code: self._line(second, code).trend
            for code in ("1.1", "1.2", "1.3", "1.4")
        }
        self.assertEqual(
            trends, {"1.1": "up", "1.2": "down", "1.3": "same", "1.4": False}
        )
        self.assertFalse(any(first.score_ids.mapped("trend")))

    # --------------------------------------------------------------------- files

    def test_files_are_for_who_reads_the_record(self):
        """Also those that were uploaded before it was saved."""
        files = self.env["ir.attachment"].with_user(self.officer)
        report = files.create({"name": "verslag.pdf", "raw": b"%PDF verslag"})
        certificate = files.create({"name": "iso.pdf", "raw": b"%PDF iso"})
        audit = self.registration.start_audit()
        audit.report_attachment_ids = report
        requirement = self.env.ref("kmop_registration.kmop_requirement_integrity")
        exemption = self.env["kmop.exemption"].with_user(self.officer)
        exemption = exemption.create(
            {
                "registration_id": self.registration.id,
                "requirement_id": requirement.id,
                "ground": "iso9001",
                "attachment_ids": [(6, 0, certificate.ids)],
            }
        )
        self.env.invalidate_all()
        self.assertEqual(
            audit.with_user(self.reader).report_attachment_ids.raw, b"%PDF verslag"
        )
        self.assertEqual(
            exemption.with_user(self.reader).attachment_ids.raw, b"%PDF iso"
        )
        with self.assertRaises(AccessError):
            report.with_user(self.stranger).read(["raw"])

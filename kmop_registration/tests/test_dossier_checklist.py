from base64 import b64encode
from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time

from .test_dossier import RegisteredCommon


@freeze_time("2026-05-01")
class TestDossierChecklist(RegisteredCommon):
    """What a dossier needs, has and misses."""

    def setUp(self):
        super().setUp()
        self.order = self._create_dossier(kmop_date_start="2026-04-01")

    def _get_type(self, name):
        return self.env.ref(f"kmop_registration.kmop_evidence_type_{name}")

    def _add(self, name, order=None, **vals):
        """Return a draft document of the dossier."""
        order = order or self.order
        return self._create_evidence(
            self.registration,
            user=self.salesman,
            type_id=self._get_type(name).id,
            order_id=order.id,
            **vals,
        )

    def _create_file(self, content=b"%PDF inhoud", name="lijst.pdf", **vals):
        return (
            self.env["ir.attachment"]
            .with_user(self.salesman)
            .create(
                {
                    "name": name,
                    "datas": b64encode(content),
                    "mimetype": "application/pdf",
                    **vals,
                }
            )
        )

    def _get_lines(self, order=None):
        order = order or self.order
        order.invalidate_recordset(["kmop_checklist"])
        return {line["name"]: line for line in order.kmop_checklist}

    # --------------------------------------------------------------- completeness

    def test_needed(self):
        codes = {
            (service, subsidised): set(
                self.env["kmop.evidence.type"]
                ._get_needed(self.company, service, subsidised)
                .mapped("code")
            )
            for service in ("training", "advice")
            for subsidised in (True, False)
        }
        training = {"quote", "programme", "attendance", "invoice", "evaluation"}
        advice = {"quote", "agreement", "report", "invoice", "evaluation"}
        self.assertEqual(codes["training", False], training)
        self.assertEqual(
            codes["training", True], training | {"enrolment", "certificate"}
        )
        self.assertEqual(codes["advice", False], advice)
        self.assertEqual(codes["advice", True], advice)

    def test_completeness_through_the_states(self):
        """Seven documents: each is 14 %."""
        self.assertEqual(self.order.kmop_completeness, 0)
        evidence = self._add("attendance")
        self.assertEqual(self.order.kmop_completeness, 0)
        evidence.submit()
        self.assertEqual(self.order.kmop_completeness, 14)
        judged = evidence.with_user(self.officer)
        judged.reject("Niet getekend")
        self.assertEqual(self.order.kmop_completeness, 0)
        evidence.submit()
        judged.accept()
        self.assertEqual(self.order.kmop_completeness, 14)
        newer = self._add("attendance")
        judged.supersede(newer.id)
        self.assertEqual(self.order.kmop_completeness, 0)
        newer.submit()
        self.assertEqual(self.order.kmop_completeness, 14)
        newer.with_user(self.officer).reject("Onleesbaar")
        self.assertEqual(self.order.kmop_completeness, 0)

    def test_completeness_after_rejection(self):
        evidence = self._add("attendance")
        evidence.submit()
        evidence.with_user(self.officer).reject("Niet getekend")
        self.assertEqual(self.order.kmop_completeness, 0)

    def test_completeness_moved_and_retyped(self):
        other = self._create_dossier()
        evidence = self._add("attendance")
        evidence.submit()
        evidence.order_id = other
        self.assertEqual(self.order.kmop_completeness, 0)
        evidence.submit()
        self.assertEqual(other.kmop_completeness, 14)
        evidence.type_id = self._get_type("feedback")
        self.assertEqual(other.kmop_completeness, 0)

    def test_completeness_is_stored(self):
        self._add("attendance").submit()
        found = self.env["sale.order"].search([("kmop_completeness", "=", 14)])
        self.assertIn(self.order.id, found.ids)

    def test_two_of_a_kind_count_once(self):
        (self._add("attendance") | self._add("attendance")).submit()
        self.assertEqual(self.order.kmop_completeness, 14)

    def test_all_there(self):
        types = self.env["kmop.evidence.type"]._get_needed(
            self.company, "training", True
        )
        for evidence_type in types:
            self._add(evidence_type.code).submit()
        self.assertEqual(self.order.kmop_completeness, 100)

    def test_subsidised(self):
        self._add("attendance").submit()
        self.order.kmop_subsidised = False
        self.assertEqual(self.order.kmop_completeness, 20)
        self.assertNotIn("Enrolment", self._get_lines())
        self.order.kmop_subsidised = True
        self.assertEqual(self.order.kmop_completeness, 14)
        self.assertIn("Enrolment", self._get_lines())

    def test_ordinary_quote(self):
        self.order.kmop_service = False
        self.assertEqual(self.order.kmop_completeness, 0)
        self.assertFalse(self.order.kmop_checklist)

    def test_type_changed(self):
        self._add("attendance").submit()
        enrolment = self._get_type("enrolment")
        changes = (
            {"mandatory": False},
            {"active": False},
            {"service": "advice"},
            {"scope": "provider"},
        )
        for vals in changes:
            before = {name: enrolment[name] for name in vals}
            enrolment.write(vals)
            self.assertEqual(self.order.kmop_completeness, 16, vals)
            enrolment.write(before)
            self.assertEqual(self.order.kmop_completeness, 14, vals)

    def test_type_added_and_removed(self):
        self._add("attendance").submit()
        added = self.env["kmop.evidence.type"].create(
            {"name": "Extra", "code": "extra", "mandatory": True}
        )
        self.assertEqual(self.order.kmop_completeness, 12)
        self.assertEqual(self._get_lines()["Extra"]["state"], "missing")
        added.unlink()
        self.assertEqual(self.order.kmop_completeness, 14)

    # ---------------------------------------------------------------------- lines

    def test_lines(self):
        evidence = self._add("attendance")
        line = self._get_lines()["Attendance list"]
        self.assertEqual(line["state"], "draft")
        self.assertTrue(line["counts"])
        self.assertEqual([e["id"] for e in line["evidence"]], evidence.ids)
        self.assertEqual(self._get_lines()["Invoice"]["state"], "missing")

    def test_best_piece_speaks(self):
        first, second = self._add("attendance"), self._add("attendance")
        first.submit()
        first.with_user(self.officer).accept()
        line = self._get_lines()["Attendance list"]
        self.assertEqual(line["state"], "accepted")
        self.assertEqual([e["id"] for e in line["evidence"]], [first.id, second.id])

    def test_not_expected_but_there(self):
        self._add("feedback")
        line = self._get_lines()["Client feedback"]
        self.assertFalse(line["counts"])
        self._get_type("feedback").active = False
        self.assertIn("Client feedback", self._get_lines())

    def test_pieces_of_others(self):
        """That it is there is told to all; what it is to who may read it."""
        evidence = self._add("attendance")
        evidence.with_user(self.officer).owner_id = self.officer
        self.order.sudo().user_id = False
        line = self._get_lines()["Attendance list"]
        self.assertEqual(line["state"], "draft")
        self.assertFalse(line["evidence"])

    # ------------------------------------------------------------------- trainers

    def test_trainer(self):
        trainer = self.env["res.partner"].create({"name": "Ann De Trainer"})
        before = self.order.kmop_completeness
        self.order.kmop_trainer_ids = trainer
        line = self._get_trainer_line()
        self.assertEqual(line["partner"], trainer.id)
        self.assertEqual(line["trainer"], "Ann De Trainer")
        self.assertEqual(line["state"], "missing")
        self.assertFalse(line["counts"])
        evidence_id = self.order.kmop_add_document(
            self._get_type("cv").id, self._create_file().ids, trainer.id
        )
        evidence = self.env["kmop.evidence"].browse(evidence_id)
        self.assertEqual(evidence.date_effective, date(2026, 5, 1))
        self.assertFalse(evidence.order_id)
        self.assertEqual(self._get_trainer_line()["state"], "submitted")
        self.assertEqual(self.order.kmop_completeness, before)
        # The same CV serves another dossier.
        other = self._create_dossier(kmop_trainer_ids=trainer.ids)
        self.assertEqual(self._get_trainer_line(other)["state"], "submitted")

    def _get_trainer_line(self, order=None):
        order = order or self.order
        order.invalidate_recordset(["kmop_checklist"])
        return next(line for line in order.kmop_checklist if line["partner"])

    def test_trainer_without_file(self):
        trainer = self.env["res.partner"].create({"name": "Ann De Trainer"})
        self.order.kmop_trainer_ids = trainer
        with self.assertRaises(UserError):
            self.order.kmop_add_document(self._get_type("cv").id, [], trainer.id)
        self.assertEqual(self._get_trainer_line()["state"], "missing")

    # -------------------------------------------------------------- dropped files

    def test_dropped(self):
        files = self._create_file() | self._create_file(b"%PDF nog meer", "meer.pdf")
        evidence_id = self.order.kmop_add_document(
            self._get_type("attendance").id, files.ids
        )
        evidence = self.env["kmop.evidence"].browse(evidence_id)
        self.assertEqual(evidence.state, "submitted")
        self.assertEqual(evidence.owner_id, self.salesman)
        self.assertEqual(evidence.registration_id, self.registration)
        self.assertEqual(evidence.order_id, self.order)
        self.assertEqual(evidence.attachment_ids, files)
        self.assertEqual(evidence.date_effective, date(2026, 4, 1))
        self.assertEqual(self.order.kmop_completeness, 14)

    def test_dropped_before_the_service(self):
        self.order.write({"kmop_date_start": "2026-06-01"})
        evidence_id = self.order.kmop_add_document(
            self._get_type("programme").id, self._create_file().ids
        )
        evidence = self.env["kmop.evidence"].browse(evidence_id)
        self.assertEqual(evidence.date_effective, date(2026, 5, 1))

    def test_dropped_bad_files(self):
        attendance = self._get_type("attendance").id
        self.company.kmop_evidence_max_mb = 1
        for vals in (
            {"content": b""},
            {"content": b"MZ", "mimetype": "application/x-msdownload"},
            {"content": b"x" * (1024 * 1024 + 1)},
        ):
            attachment = self._create_file(**vals)
            with self.assertRaises(ValidationError), self.cr.savepoint():
                self.order.kmop_add_document(attendance, attachment.ids)
        with self.assertRaises(UserError):
            self.order.kmop_add_document(attendance, [])
        self.assertFalse(self.order.kmop_dossier_evidence_ids)

    def test_dropped_a_file_of_others(self):
        attachment = self.env["ir.attachment"].create(
            {"name": "geheim.pdf", "datas": b64encode(b"geheim")}
        )
        with self.assertRaises(AccessError), self.cr.savepoint():
            self.order.kmop_add_document(
                self._get_type("attendance").id, attachment.ids
            )

    def test_dropped_on_an_order_of_others(self):
        self.order.sudo().user_id = self.officer
        with self.assertRaises(AccessError):
            self.order.kmop_add_document(
                self._get_type("attendance").id, self._create_file().ids
            )

    def test_dropped_without_registration(self):
        order = self._create_dossier(kmop_service="advice")
        self.assertFalse(order.kmop_registration_id)
        with self.assertRaises(UserError):
            order.kmop_add_document(
                self._get_type("report").id, self._create_file().ids
            )

    def test_kind_is_needed(self):
        file = self._create_file()
        with self.assertRaisesRegex(UserError, "what kind of document"):
            self.order.with_user(self.salesman).kmop_add_document(False, file.ids)

    def test_a_new_kind_that_no_dossier_needs(self):
        before = self.order.kmop_completeness
        self.env["kmop.evidence.type"].create({"name": "Foto", "code": "foto"})
        self.assertEqual(self.order.kmop_completeness, before)

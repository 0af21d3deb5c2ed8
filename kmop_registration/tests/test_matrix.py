from datetime import date

from odoo.exceptions import AccessError
from odoo.tests import Form, HttpCase, freeze_time, tagged

from .common import KmopCommon


class MatrixCommon(KmopCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registration = cls._create_registration()
        cls.legal = cls.env.ref("kmop_registration.kmop_indicator_integrity_legal")
        cls.accounts = cls.env.ref("kmop_registration.kmop_evidence_type_accounts")

    def _accept(self, **vals):
        evidence = self._create_evidence(self.registration, **vals)
        evidence.submit()
        evidence.accept()
        return evidence

    def _get_matrix(self, user=None):
        self.env.invalidate_all()
        return self.registration.with_user(user or self.reader).get_matrix()

    def _get_cells(self, matrix=None):
        """Return the cells by indicator and aspect."""
        return {
            (indicator["id"], cell["aspect"]): cell
            for requirement in (matrix or self._get_matrix())["requirements"]
            for indicator in requirement["indicators"]
            for cell in indicator["cells"]
        }

    def _get_cell(self, aspect="description"):
        return self._get_cells()[self.legal.id, aspect]


@tagged("post_install", "-at_install")
class TestMatrix(MatrixCommon):
    def test_shape(self):
        matrix = self._get_matrix()
        self.assertEqual(matrix["id"], self.registration.id)
        self.assertEqual(matrix["name"], self.registration.display_name)
        self.assertEqual(matrix["part"], self.part1.display_name)
        self.assertFalse(matrix["day"])
        self.assertEqual(
            [aspect["name"] for aspect in matrix["aspects"]],
            ["description", "application"],
        )
        for requirement in matrix["requirements"]:
            for indicator in requirement["indicators"]:
                aspects = [cell["aspect"] for cell in indicator["cells"]]
                self.assertEqual(aspects, ["description", "application"])
        indicators = self.registration._get_indicators()
        shown = [
            indicator["id"]
            for requirement in matrix["requirements"]
            for indicator in requirement["indicators"]
        ]
        self.assertEqual(shown, indicators.ids)

    def test_totals_are_those_of_readiness(self):
        self._accept()
        self._accept(type_id=self.accounts.id)
        matrix = self._get_matrix()
        readiness = self.registration.readiness()[self.registration.id]
        self.assertGreater(matrix["supported"], 0)
        self.assertEqual(matrix["supported"], readiness["supported"])
        self.assertEqual(matrix["required"], readiness["required"])
        for requirement in matrix["requirements"]:
            counts = {name: requirement[name] for name in ("supported", "required")}
            self.assertEqual(
                counts,
                readiness["requirements"].get(
                    requirement["id"], {"supported": 0, "required": 0}
                ),
            )

    def test_states(self):
        def state():
            cell = self._get_cell()
            counts = {
                key: count for key, count in cell.items() if count and key in keys
            }
            return cell["state"], counts

        keys = ("accepted", "submitted", "expired", "outside", "draft", "rejected")
        self.assertEqual(state(), ("missing", {}))
        with freeze_time("2026-03-02"):
            evidence = self._create_evidence(
                self.registration,
                date_effective="2026-03-02",
                date_review="2026-09-30",
            )
            self.assertEqual(state(), ("missing", {"draft": 1}))
            evidence.submit()
            self.assertEqual(state(), ("waiting", {"submitted": 1}))
            evidence.reject("Onleesbaar")
            self.assertEqual(state(), ("missing", {"rejected": 1}))
            evidence.submit()
            evidence.accept()
            self.assertEqual(state(), ("supported", {"accepted": 1}))
        with freeze_time("2026-10-01"):
            self.assertEqual(state(), ("stale", {"expired": 1}))
            self._create_evidence(self.registration).submit()
            self.assertEqual(state(), ("waiting", {"expired": 1, "submitted": 1}))
        self.assertEqual(self._get_cell("application")["state"], "missing")

    def test_outside_the_window(self):
        indicator = self.env.ref("kmop_registration.kmop_indicator_activity_project")
        with freeze_time("2026-03-02"):
            self._accept(type_id=self.quote_type.id, date_effective="2024-10-01")
        with freeze_time("2026-10-01"):
            cell = self._get_cells()[indicator.id, "application"]
        self.assertEqual((cell["state"], cell["outside"]), ("stale", 1))

    def test_exempt_by_the_part(self):
        requirements = {
            requirement["id"]: requirement
            for requirement in self._get_matrix()["requirements"]
        }
        for exempt in self.part1.exempt_requirement_ids:
            entry = requirements[exempt.id]
            self.assertEqual((entry["supported"], entry["required"]), (0, 0))
            for indicator in entry["indicators"]:
                for cell in indicator["cells"]:
                    self.assertEqual(cell["state"], "exempt")
                    self.assertEqual(cell["ground"], self.part1.display_name)

    def test_exempt_by_certificate(self):
        """The ground is shown up to and with the certificate's last day."""
        exemption = self.env["kmop.exemption"].create(
            {
                "registration_id": self.registration.id,
                "requirement_id": self.legal.requirement_id.id,
                "indicator_id": self.legal.id,
                "ground": "iso9001",
                "reference": "BE-123",
                "date_from": "2026-01-01",
                "date_to": "2026-06-30",
            }
        )
        with freeze_time("2026-06-30"):
            cell = self._get_cell()
            self.assertEqual(cell["state"], "exempt")
            self.assertEqual(cell["ground"], exemption.display_name)
            self.assertIn("BE-123", cell["ground"])
        with freeze_time("2026-07-01"):
            cell = self._get_cell()
            self.assertEqual((cell["state"], cell["ground"]), ("missing", False))

    def test_part_that_tests_descriptions_only(self):
        self.part1.tests_application = False
        self.assertEqual(self._get_cell()["state"], "missing")
        cell = self._get_cell("application")
        self.assertEqual(cell["state"], "exempt")
        self.assertEqual(cell["ground"], self.part1.display_name)

    def test_day_of_the_audit(self):
        with freeze_time("2026-09-01"):
            audit = self.registration.start_audit()
            audit.request(self.bureau)
            audit.plan(date(2026, 10, 1))
            self.assertEqual(self._get_matrix()["day"], "2026-10-01")

    def test_no_audit_to_prepare(self):
        self.registration.withdraw("2026-03-01", "Gestopt")
        matrix = self._get_matrix()
        self.assertEqual(matrix["requirements"], [])
        self.assertEqual((matrix["supported"], matrix["required"]), (0, 0))

    def test_in_the_language_of_the_user(self):
        self.env["res.lang"]._activate_lang("nl_BE")
        self.env["ir.module.module"]._load_module_terms(
            ["kmop_registration"], ["nl_BE"], overwrite=True
        )
        self.registration = self.registration.with_context(lang="nl_BE")
        matrix = self._get_matrix()
        self.assertEqual(
            matrix["aspects"][0]["label"], "Beschrijving (overeenstemming)"
        )
        self.assertIn("1. Activiteit", matrix["requirements"][0]["name"])
        self.assertIn("Opleiding", matrix["name"])

    def test_access(self):
        for user in (self.stranger, self.salesman, self.surveyor):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._get_matrix(user)
        for user in (self.reader, self.officer, self.manager):
            with self.subTest(user=user.login):
                self.assertTrue(self._get_matrix(user)["requirements"])

    def test_same_queries_for_one_and_many(self):
        # As the web client calls it: else the user is read for the time zone, or not.
        self.registration = self.registration.with_context(tz="Europe/Brussels")
        counts = []
        for number in (1, 99):
            evidences = self.env["kmop.evidence"].with_user(self.officer)
            evidences.create(
                [
                    {
                        "name": f"Bewijs {index}",
                        "registration_id": self.registration.id,
                        "type_id": (self.legal_type, self.quote_type)[index % 2].id,
                        "url": f"https://dekade.example.com/{number}/{index}",
                    }
                    for index in range(number)
                ]
            ).submit()
            self.env.flush_all()
            self._get_matrix()
            start = self.env.cr.sql_log_count
            self._get_matrix()
            counts.append(self.env.cr.sql_log_count - start)
        self.assertEqual(*counts)
        self.assertLessEqual(counts[0], 14)

    # ----------------------------------------------------- a new piece for a cell

    def _open_new(self, indicator, aspect):
        """Return the form that a click on an empty cell opens."""
        return Form(
            self.env["kmop.evidence"]
            .with_user(self.officer)
            .with_context(
                default_registration_id=self.registration.id,
                default_indicator_ids=indicator.ids,
                default_aspect=aspect,
            )
        )

    def test_new_piece_of_another_aspect(self):
        """The cell it was opened for stays, whatever the kind usually supports."""
        self.assertEqual(self.legal_type.aspect, "description")
        with self._open_new(self.legal, "application") as form:
            self.assertFalse(form.duplicate_ids)
            form.name = "Inschrijving in de KBO"
            form.type_id = self.legal_type
        self.assertEqual(form.record.aspect, "application")
        self.assertEqual(form.record.indicator_ids, self.legal)

    def test_new_piece_of_the_same_aspect(self):
        """What the kind usually supports comes on top."""
        project = self.env.ref("kmop_registration.kmop_indicator_activity_project")
        with self._open_new(project, "description") as form:
            form.name = "Statuten"
            form.type_id = self.legal_type
        usual = self.legal_type._get_indicators(self.registration)
        self.assertTrue(usual)
        self.assertEqual(form.record.aspect, "description")
        self.assertEqual(form.record.indicator_ids, usual | project)

    def test_existing_piece_follows_its_kind(self):
        evidence = self._create_evidence(self.registration)
        other = self.env.ref("kmop_registration.kmop_indicator_activity_project")
        context = {
            "default_indicator_ids": other.ids,
            "default_aspect": "description",
        }
        with Form(evidence.with_context(**context)) as form:
            form.type_id = self.accounts
        self.assertEqual(evidence.aspect, self.accounts.aspect)
        self.assertNotIn(other, evidence.indicator_ids)


@tagged("post_install", "-at_install")
class TestMatrixScreen(MatrixCommon, HttpCase):
    def test_tour(self):
        self.env["res.lang"]._activate_lang("nl_BE")
        self.env["ir.module.module"]._load_module_terms(
            ["kmop_registration", "web", "base"], ["nl_BE"], overwrite=True
        )
        self.officer.lang = "nl_BE"
        self.start_tour(
            f"/odoo/kmop/{self.registration.id}",
            "kmop_matrix_tour",
            login=self.officer.login,
        )
        evidence = self.registration.evidence_ids
        self.assertEqual(evidence.state, "submitted")
        self.assertEqual(evidence.aspect, "application")
        self.assertEqual(evidence.indicator_ids, self.legal)
        self.assertEqual(self._get_cell("application")["state"], "waiting")

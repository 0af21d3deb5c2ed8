from datetime import date

from odoo.tests import freeze_time

from .test_dossier import DossierCommon


class SatisfactionCommon(DossierCommon):
    """A survey on content, form and the whole, and a dossier to ask about."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["survey.survey"].search([]).kmop_satisfaction = False
        cls.survey = cls.env["survey.survey"].create(
            {
                "title": "Tevredenheid",
                "kmop_satisfaction": "both",
                "access_mode": "token",
                "questions_layout": "one_page",
                "question_and_page_ids": [
                    (0, 0, {"title": name, "question_type": "scale", **vals})
                    for name, vals in (
                        ("Inhoud", {"kmop_dimension": "content", "scale_max": 10}),
                        ("Vorm", {"kmop_dimension": "form", "scale_max": 5}),
                        ("Geheel", {"kmop_dimension": "general", "scale_max": 10}),
                    )
                ],
            }
        )
        cls.company.kmop_min_answers = 2
        with freeze_time("2026-01-01"):
            cls.registration = cls._create_registration()

    def setUp(self):
        super().setUp()
        self._decide(self.registration, date(2026, 3, 1), number="DV.O123456")
        self.order = self._create_dossier()
        self.order.action_confirm()

    def _answer(self, figures, order=None, **vals):
        """Return a completed answer with ``figures`` for the questions in order."""
        order = order or self.order
        answer = order._kmop_create_answer()
        answer.write(vals)
        for question, figure in zip(self.survey.question_ids, figures, strict=False):
            answer._save_lines(question, figure)
        answer._mark_done()
        return answer

    def _get_figures(self):
        return self.registration.satisfaction()[self.registration.id]


@freeze_time("2026-06-05")
class TestSatisfaction(SatisfactionCommon):
    def test_figures(self):
        self._answer(["8", "5", "9"])
        self.assertIsNone(self._get_figures()["means"]["score"])
        self._answer(["6", "0", "7"])
        figures = self._get_figures()
        self.assertEqual(figures["answered"], 2)
        self.assertAlmostEqual(figures["means"]["content"], 70)
        self.assertAlmostEqual(figures["means"]["form"], 50)
        self.assertAlmostEqual(figures["means"]["score"], 80)
        self.assertEqual(figures["bands"], {"1": 0, "2": 0, "3": 0, "4": 1, "5": 1})

    def test_not_asked_is_no_zero(self):
        self._answer(["8"])
        self._answer(["6"])
        self.assertIsNone(self._get_figures()["means"]["form"])
        self.assertAlmostEqual(self._get_figures()["means"]["content"], 70)

    def test_evidence_and_finding(self):
        answer = self._answer(["2", "1", "2"])
        evidence = self.order.kmop_dossier_evidence_ids.filtered(
            lambda e: e.res_model == "survey.user_input"
        )
        self.assertEqual(evidence.state, "submitted")
        self.assertEqual(evidence.res_id, answer.id)
        finding = self.registration.finding_ids
        self.assertEqual((finding.origin, finding.res_id), ("evaluation", answer.id))

    def test_invite(self):
        self.order.kmop_participant_ids = [
            (0, 0, {"name": "Anke", "email": "anke@klant.example.com"}),
            (0, 0, {"name": "Bert", "email": "bert@klant.example.com"}),
        ]
        self.order.action_kmop_invite()
        answers = self.env["survey.user_input"].search(
            [("kmop_order_id", "=", self.order.id)]
        )
        self.assertEqual(len(answers), 2)
        answers[0]._mark_done()
        self.assertEqual(self._get_figures()["rate"], 50)
        self.order.action_kmop_remind()
        self.assertEqual(len(answers), 2)

    def test_anonymous(self):
        self.survey.kmop_anonymous = True
        self.order.kmop_participant_ids = [
            (0, 0, {"name": "Anke", "email": "anke@klant.example.com"}),
        ]
        self.order.action_kmop_invite()
        answer = self.env["survey.user_input"].search(
            [("kmop_order_id", "=", self.order.id)]
        )
        self.assertFalse(answer.email or answer.partner_id or answer.nickname)
        answer._mark_done()
        self.assertEqual(answer.create_uid, self.env.ref("base.user_root"))

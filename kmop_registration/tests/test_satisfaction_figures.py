from datetime import date, datetime

from odoo import SUPERUSER_ID
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tests import Form, freeze_time, tagged

from .test_satisfaction import SatisfactionCommon

MEANS = [f"score_{name}:avg" for name in ("content", "form", "general")]


class FiguresCommon(SatisfactionCommon):
    def _set_questions(self, *values):
        """Give the survey these questions instead of its own."""
        self.survey.question_ids.unlink()
        self.survey.question_and_page_ids = [
            (0, 0, {"title": f"Vraag {i}", "kmop_dimension": "general", **vals})
            for i, vals in enumerate(values)
        ]
        return self.survey.question_ids

    def _get_rows(self, order=None):
        order = order or self.order
        return self.env["kmop.satisfaction"].search([("order_id", "=", order.id)])

    def _get_scores(self, *answers):
        """Return the score of each answer to the survey, from 0 to 100."""
        rows = self.env["kmop.satisfaction"]
        for figures in answers:
            self._answer(figures)
        return self._get_rows().sorted("id").mapped("score") or rows


@freeze_time("2026-06-05")
class TestNormalising(FiguresCommon):
    """A question's figures from 0 to 100, whatever its kind."""

    def test_scales(self):
        for low, high, given in (
            (0, 10, {"0": 0, "5": 50, "10": 100}),
            (1, 5, {"1": 0, "2": 25, "5": 100}),
            (1, 4, {"1": 0, "2": 33.3, "4": 100}),
        ):
            self._get_rows().unlink()
            scale = {"question_type": "scale", "scale_min": low, "scale_max": high}
            self._set_questions(scale)
            scores = self._get_scores(*[[figure] for figure in given])
            self.assertEqual(scores, list(given.values()), (low, high))

    def test_number(self):
        self._set_questions(
            {
                "question_type": "numerical_box",
                "validation_required": True,
                "validation_min_float_value": 10,
                "validation_max_float_value": 20,
            }
        )
        self.assertEqual(self._get_scores(["10"], ["12.5"], ["20"]), [0, 25, 100])

    def test_number_without_limits(self):
        self._set_questions({"question_type": "numerical_box"})
        self._answer(["8"])
        self.assertFalse(self._get_rows())

    def _set_choice(self, kind, **vals):
        return self._set_questions(
            {
                "question_type": kind,
                "suggested_answer_ids": [
                    (0, 0, {"value": name, "answer_score": score})
                    for name, score in (("slecht", -2), ("goed", 1), ("top", 2))
                ],
                **vals,
            }
        )

    def test_choice(self):
        question = self._set_choice("simple_choice")
        poor, good, top = question.suggested_answer_ids.ids
        scores = self._get_scores([str(poor)], [str(good)], [str(top)])
        self.assertEqual(scores, [0, 75, 100])

    def test_several_choices(self):
        question = self._set_choice("multiple_choice")
        poor, good, top = question.suggested_answer_ids.ids
        scores = self._get_scores([[str(poor), str(top)]], [[str(good), str(top)]])
        self.assertEqual(scores, [50, 87.5])

    def test_choice_with_a_remark(self):
        question = self._set_choice("simple_choice", comments_allowed=True)
        answer = self.order._kmop_create_answer()
        answer._save_lines(question, str(question.suggested_answer_ids[1].id), "Prima!")
        answer._mark_done()
        self.assertEqual(self._get_rows().score, 75)

    def test_choice_without_scores(self):
        question = self._set_choice("simple_choice")
        question.suggested_answer_ids.answer_score = 0
        self._answer([str(question.suggested_answer_ids[0].id)])
        self.assertFalse(self._get_rows())

    def test_matrix(self):
        question = self._set_choice(
            "matrix",
            matrix_subtype="simple",
            matrix_row_ids=[(0, 0, {"value": name}) for name in ("zaal", "lunch")],
        )
        poor, _good, top = question.suggested_answer_ids.ids
        room, lunch = question.matrix_row_ids.ids
        scores = self._get_scores(
            [{str(room): [str(top)], str(lunch): [str(poor)]}],
            [{str(room): [str(top)]}],
        )
        self.assertEqual(scores, [50, 100])

    def test_several_questions_of_a_dimension(self):
        """Their mean; what was skipped stays out of it."""
        ten = {"question_type": "scale", "scale_max": 10}
        five = {"question_type": "scale", "scale_min": 1, "scale_max": 5}
        self._set_questions(ten, five)
        self.assertEqual(self._get_scores(["10", "1"], ["8", ""]), [50, 80])

    def test_text_gives_no_figure(self):
        self._set_questions({"question_type": "text_box"})
        self._answer(["10"])
        self.assertFalse(self._get_rows())

    def test_score_without_a_question_on_the_whole(self):
        self.survey.question_ids[2].kmop_dimension = "comment"
        self._answer(["8", "3", "1"])
        row = self._get_rows()
        self.assertEqual((row.score, row.band), (70, "4"))

    def test_bands(self):
        bands = {0: "1", 19.9: "1", 20: "2", 59.9: "3", 60: "4", 80: "5", 100: "5"}
        figures = self.env["kmop.satisfaction"]
        self.assertEqual({s: figures._get_band(s) for s in bands}, bands)


@freeze_time("2026-06-05")
class TestWhatCounts(FiguresCommon):
    """Which answers count, once, and what happens to them afterwards."""

    def test_test_entry(self):
        answer = self.order._kmop_create_answer()
        answer.test_entry = True
        answer._save_lines(self.survey.question_ids[2], "1")
        answer._mark_done()
        self.assertFalse(self._get_rows() or self.registration.finding_ids)

    def test_incomplete(self):
        answer = self.order._kmop_create_answer()
        answer._save_lines(self.survey.question_ids[2], "1")
        self.assertFalse(self._get_rows())
        self.assertFalse(self._get_figures()["answered"])

    def test_counted_once(self):
        """Two tabs that send the last page count as one answer."""
        answer = self._answer(["1", "1", "1"])
        answer._mark_done()
        self.assertEqual(len(self._get_rows()), 1)
        self.assertEqual(len(self.registration.finding_ids), 1)

    def test_second_by_partner(self):
        anke = self.env["res.partner"].create({"name": "Anke"})
        self._answer(["8", "4", "8"], partner_id=anke.id)
        second = self._answer(["1", "1", "1"], partner_id=anke.id)
        self.assertTrue(second.kmop_repeated)
        self.assertEqual(self._get_rows().score, 80)
        self.assertFalse(self.registration.finding_ids)

    def test_second_by_address(self):
        self._answer(["8", "4", "8"], email="anke@klant.example.com")
        second = self._answer(["1", "1", "1"], email="Anke@Klant.example.com ")
        self.assertTrue(second.kmop_repeated)
        self.assertEqual(len(self._get_rows()), 1)

    def test_second_by_the_address_of_the_partner(self):
        """Invited as a contact, and again by the link with the same address."""
        anke = self.env["res.partner"].create(
            {"name": "Anke", "email": "anke@klant.example.com"}
        )
        self._answer(["8", "4", "8"], partner_id=anke.id)
        second = self._answer(["1", "1", "1"], email="ANKE@klant.example.com")
        self.assertTrue(second.kmop_repeated)

    def test_colleagues_with_one_address(self):
        for name in ("Anke", "Bert"):
            partner = self.env["res.partner"].create(
                {"name": name, "email": "info@klant.example.com"}
            )
            self._answer(
                ["8", "4", "8"], partner_id=partner.id, email="info@klant.example.com"
            )
        self.assertEqual(len(self._get_rows()), 2)

    def test_same_person_on_another_dossier(self):
        other = self._create_dossier()
        for order in (self.order, other):
            answer = self._answer(["8", "4", "8"], order, email="anke@x.example.com")
            self.assertFalse(answer.kmop_repeated)

    def test_dossier_cancelled(self):
        answer = self.order._kmop_create_answer()
        self.order._action_cancel()
        answer._save_lines(self.survey.question_ids[2], "1")
        answer._mark_done()
        self.assertEqual(answer.state, "done")
        self.assertFalse(self._get_rows() or self.registration.finding_ids)

    def test_cancelled_after_the_answer(self):
        self._answer(["8", "4", "8"])
        self.order._action_cancel()
        self.assertEqual(self._get_rows().score, 80)

    def _assert_unchanged(self):
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self._get_figures()["answered"], 2)
        self.assertEqual(self._get_figures()["means"]["score"], 70)

    def test_later_changes(self):
        """Question, survey and answer can change or go: what was said was said."""
        first = self._answer(["8", "4", "8"])
        second = self._answer(["6", "3", "6"])
        self.survey.question_ids[2].scale_max = 9
        self._assert_unchanged()
        self.survey.question_ids[2].unlink()
        self._assert_unchanged()
        self.survey.active = False
        self._assert_unchanged()
        first.unlink()
        self._assert_unchanged()
        # Of one transaction, as in a test, the database can't do both at once.
        second.unlink()
        self.survey.unlink()
        self._assert_unchanged()

    def test_question_changed_while_answering(self):
        """Never outside 0 to 100, whatever the scale was when it was given."""
        answer = self.order._kmop_create_answer()
        answer._save_lines(self.survey.question_ids[2], "10")
        self.survey.question_ids[2].scale_max = 5
        answer._mark_done()
        self.assertEqual(self._get_rows().score, 100)

    def test_dossier_put_right(self):
        """Theme and trainer that are corrected later take the figures along."""
        self._answer(["8", "4", "8"])
        trainer = self.env["res.partner"].create({"name": "Lesgever"})
        self.order.sudo().write(
            {"kmop_theme_id": self.cyber.id, "kmop_trainer_ids": [(4, trainer.id)]}
        )
        row = self._get_rows()
        self.assertEqual((row.theme_id, row.trainer_ids), (self.cyber, trainer))

    def test_registration_found_later(self):
        self.order.sudo().kmop_registration_id = False
        self._answer(["8", "4", "8"])
        self.order.sudo().kmop_registration_id = self.registration
        self.assertEqual(self._get_figures()["answered"], 1)

    def test_dossier_deleted(self):
        self._answer(["8", "4", "8"])
        row = self._get_rows()
        self.order.sudo()._action_cancel()
        self.order.sudo().kmop_dossier_evidence_ids.unlink()
        self.order.sudo().unlink()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(row.order_id)
        self.assertEqual(row.registration_id, self.registration)
        self.assertEqual(row.theme_id, self.digital)


@freeze_time("2026-06-05")
class TestFewAnswers(FiguresCommon):
    """No mean of fewer than the set number, however it is asked for."""

    def setUp(self):
        super().setUp()
        self.company.kmop_min_answers = 3
        self.trainers = self.env["res.partner"].create(
            [{"name": "Lesgever Een"}, {"name": "Lesgever Twee"}]
        )
        one, two = self.trainers
        self.order.sudo().kmop_trainer_ids = one
        self.other = self._create_dossier(kmop_trainer_ids=[(6, 0, (one + two).ids)])
        self.other.kmop_theme_id = self.cyber
        self.other.action_confirm()
        self._answer(["9", "5", "9"])
        self._answer(["6", "3", "6"])
        self._answer(["3", "", "3"], self.other)
        self.figures = self.env["kmop.satisfaction"].with_user(self.reader)
        self.domain = [("registration_id", "=", self.registration.id)]

    def test_total(self):
        [group] = self.figures.formatted_read_group(self.domain, [], MEANS)
        self.assertEqual([group[m] for m in MEANS], [60, None, 60])

    def test_skipped_is_no_zero(self):
        self.company.kmop_min_answers = 1
        [group] = self.figures.formatted_read_group(self.domain, [], MEANS)
        self.assertEqual(group["score_form:avg"], 80)
        [group] = self.figures.formatted_read_group(
            [("order_id", "=", self.other.id)], [], MEANS
        )
        self.assertIsNone(group["score_form:avg"])

    def test_subgroups(self):
        groups = self.figures.formatted_read_group(
            self.domain, ["theme_id"], ["__count", "score:avg"]
        )
        self.assertEqual({g["__count"] for g in groups}, {1, 2})
        self.assertEqual({g["score:avg"] for g in groups}, {None})

    def test_trainers(self):
        """Who taught with a colleague counts with both, in the totals once."""
        sets = self.figures.formatted_read_grouping_sets(
            self.domain, [[], ["trainer_ids"]], ["__count", "score:avg"]
        )
        [[total], trainers] = sets
        self.assertEqual((total["__count"], total["score:avg"]), (3, 60))
        found = {g["trainer_ids"][0]: (g["__count"], g["score:avg"]) for g in trainers}
        one, two = self.trainers.ids
        self.assertEqual(found, {one: (3, 60), two: (1, None)})

    def test_grouping_sets(self):
        sets = self.figures.formatted_read_grouping_sets(
            self.domain,
            [[], ["theme_id"], ["theme_id", "date:quarter"]],
            ["score:avg", "score_form:avg"],
        )
        [[total], themes, cells] = sets
        self.assertEqual((total["score:avg"], total["score_form:avg"]), (60, None))
        self.assertEqual({g["score:avg"] for g in themes + cells}, {None})

    def test_web_read_group(self):
        found = self.figures.web_read_group(
            self.domain, ["theme_id"], ["score:avg", "score_form:avg"]
        )
        self.assertEqual({g["score:avg"] for g in found["groups"]}, {None})

    def test_what_amounts_to_a_mean(self):
        for function in ("sum", "min", "max", "array_agg"):
            groups = self.figures.formatted_read_group(
                self.domain, ["theme_id"], [f"score:{function}"]
            )
            with self.subTest(function=function):
                self.assertEqual({g[f"score:{function}"] for g in groups}, {None})

    def test_nothing_at_all(self):
        for domain in (Domain.FALSE, [("date", ">", "2030-01-01")]):
            [group] = self.figures.formatted_read_group(domain, [], ["score:avg"])
            self.assertFalse(group["score:avg"])

    def test_strictest_company(self):
        """Whichever company is chosen, the one whose answers they are decides."""
        self.other_company.kmop_min_answers = 1
        self.reader.company_ids += self.other_company
        both = (self.other_company + self.company).ids
        figures = self.figures.with_context(allowed_company_ids=both)
        groups = figures.formatted_read_group(self.domain, ["theme_id"], ["score:avg"])
        self.assertEqual({g["score:avg"] for g in groups}, {None})

    def test_of_the_registration(self):
        self.assertEqual(self._get_figures()["means"]["score"], 60)
        self.assertIsNone(self._get_figures()["means"]["form"])
        self.assertEqual(self.registration.satisfaction_summary, "60 / 100")
        self.company.kmop_min_answers = 4
        self.registration.invalidate_recordset()
        self.assertIsNone(self._get_figures()["means"]["score"])
        self.assertEqual(self.registration.satisfaction_summary, "Too few")
        self.assertEqual(self.registration.satisfaction_count, 3)


@freeze_time("2026-06-05")
class TestWindow(FiguresCommon):
    def _get_answered(self, date_from, date_to):
        figures = self.registration.satisfaction(date_from, date_to)
        return figures[self.registration.id]["answered"]

    def _answer_at(self, moment):
        """Return the figures of an answer given at a moment in UTC, by a visitor."""
        with freeze_time(moment):
            visitor = self.env.ref("base.public_user")
            answer = self.order._kmop_create_answer().with_user(visitor).sudo()
            answer._save_lines(self.survey.question_ids[2], "1")
            answer._mark_done()
        return self._get_rows()[:1]

    def test_day_of_the_answer(self):
        """Half past midnight in Flanders is the day before in UTC."""
        row = self._answer_at("2026-05-31 22:30:00")
        self.assertEqual(row.date, date(2026, 6, 1))
        self.assertEqual(self._get_answered("2026-06-01", "2026-06-30"), 1)
        self.assertEqual(self._get_answered("2026-05-01", "2026-05-31"), 0)
        self.assertEqual(self.registration.finding_ids.date_found, date(2026, 6, 1))

    def test_elsewhere(self):
        self.company.partner_id.tz = "America/New_York"
        self.assertEqual(self._answer_at("2026-06-01 03:30:00").date, date(2026, 5, 31))

    def test_boundary_days(self):
        self._answer(["8", "4", "8"])
        for first, last, count in (
            ("2026-06-05", "2026-06-05", 1),
            ("2026-06-06", None, 0),
            (None, "2026-06-04", 0),
            ("2026-06-05", None, 1),
            (None, "2026-06-05", 1),
        ):
            self.assertEqual(self._get_answered(first, last), count, (first, last))

    def test_day_of_the_invitation(self):
        answer = self.order._kmop_create_answer()
        answer.kmop_invited = True
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE survey_user_input SET create_date = %s WHERE id = %s",
            [datetime(2026, 5, 31, 22, 0), answer.id],
        )
        self.env.invalidate_all()
        for first, last, count in (
            ("2026-06-01", "2026-06-01", 1),
            ("2026-05-31", "2026-05-31", 0),
        ):
            figures = self.registration.satisfaction(first, last)
            self.assertEqual(figures[self.registration.id]["invited"], count)

    def test_response_rate(self):
        invited = [self.order._kmop_create_answer() for _i in range(3)]
        for answer in invited:
            answer.kmop_invited = True
        self.assertEqual(self._get_figures()["rate"], 0)
        invited[0]._mark_done()
        self._answer(["8", "4", "8"])
        figures = self._get_figures()
        self.assertEqual((figures["invited"], figures["responded"]), (3, 1))
        self.assertEqual((figures["rate"], figures["answered"]), (33, 1))

    def test_nobody_invited(self):
        self._answer(["8", "4", "8"])
        self.assertIsNone(self._get_figures()["rate"])


@freeze_time("2026-06-05")
class TestFindings(FiguresCommon):
    def test_below_the_limit(self):
        self.company.kmop_low_score = 60
        for figure in ("6", "5"):
            self._answer(["8", "4", figure])
        finding = self.registration.finding_ids
        self.assertEqual(len(finding), 1)
        self.assertEqual(finding.res_id, self._get_rows()[:1].answer_id.id)
        self.assertEqual(finding.state, "open")

    def test_switched_off(self):
        self.company.kmop_low_score = 0
        self._answer(["0", "0", "0"])
        self.assertFalse(self.registration.finding_ids)

    def test_nothing_asked_that_gives_a_figure(self):
        self._answer([])
        self.assertFalse(self._get_rows() or self.registration.finding_ids)

    def test_responsible(self):
        """Somebody of the provider who may see it, whoever answers."""
        self.assertEqual(self.order.user_id, self.salesman)
        self.registration.sudo().user_id = False
        self._answer(["1", "1", "1"])
        finding = self.registration.finding_ids
        self.assertTrue(finding.user_id.has_group("kmop_registration.group_kmop_user"))
        self.assertIn(self.company, finding.user_id.company_ids)

    def test_responsible_has_left(self):
        self.officer.sudo().active = False
        self._answer(["1", "1", "1"])
        self.assertTrue(self.registration.sudo().finding_ids.user_id.active)

    def test_complaint(self):
        """From the dossier to the register, by who works on quality."""
        self.officer.group_ids += self.env.ref("sales_team.group_sale_manager")
        order = self.order.with_user(self.officer)
        action = order.action_kmop_complaint()
        findings = self.env["kmop.finding"].with_user(self.officer)
        with Form(findings.with_context(**action["context"])) as form:
            form.name = "De zaal was te klein"
        finding = form.record
        self.assertEqual(finding.origin, "complaint")
        self.assertEqual(finding.registration_id, self.registration)
        self.assertEqual((finding.res_model, finding.res_id), (order._name, order.id))
        self.assertEqual(finding.activity_ids.mapped("res_model"), ["kmop.finding"])
        self.assertFalse(order.activity_ids)

    def test_complaint_by_who_sells(self):
        order = self.order.with_user(self.salesman)
        context = order.action_kmop_complaint()["context"]
        findings = self.env["kmop.finding"].with_user(self.salesman)
        with self.assertRaises(AccessError):
            findings.with_context(**context).create({"name": "Te koud"})

    def test_buttons(self):
        view = self.env.ref("sale.view_order_form").id
        orders = self.env["sale.order"]
        for user, seen in ((self.salesman, False), (self.manager, True)):
            user.group_ids += self.env.ref("sales_team.group_sale_salesman")
            arch = orders.with_user(user).get_view(view, "form")["arch"]
            self.assertIn("action_kmop_invite", arch)
            self.assertEqual("action_kmop_complaint" in arch, seen)


@freeze_time("2026-06-05")
class TestFiguresAccess(FiguresCommon):
    def setUp(self):
        super().setUp()
        self._answer(["8", "4", "8"])
        self._answer(["8", "4", "8"])

    def test_who_may(self):
        for user in (self.reader, self.officer, self.manager):
            figures = self.registration.with_user(user).satisfaction()
            self.assertEqual(figures[self.registration.id]["means"]["score"], 80)

    def test_who_may_not(self):
        for user in (self.salesman, self.surveyor):
            with self.assertRaises(AccessError):
                self.registration.with_user(user).satisfaction()
            rows = self.env["kmop.satisfaction"].with_user(user)
            with self.assertRaises(AccessError):
                rows.formatted_read_group([], [], ["score:avg"])
            names = rows.env["kmop.registration"].fields_get()
            self.assertNotIn("satisfaction_summary", names)

    def test_nobody_writes(self):
        row = self._get_rows().with_user(self.manager)
        with self.assertRaises(AccessError):
            row.write({"score": 100})
        with self.assertRaises(AccessError):
            row.unlink()

    def test_other_company(self):
        with self.assertRaises(AccessError):
            self.registration.with_user(self.stranger).satisfaction()
        rows = self.env["kmop.satisfaction"].with_user(self.stranger)
        mine = [("registration_id", "=", self.registration.id)]
        [group] = rows.formatted_read_group(mine, [], ["__count", "score:avg"])
        self.assertEqual(group["__count"], 0)


@tagged("post_install", "-at_install")
@freeze_time("2026-06-05")
class TestSatisfactionReport(FiguresCommon):
    def setUp(self):
        super().setUp()
        self.anke = self.env["res.partner"].create(
            {"name": "Anke Zonderling", "email": "anke@klant.example.com"}
        )
        self.trainer = self.env["res.partner"].create({"name": "Tuur Lesgever"})
        self.order.sudo().kmop_trainer_ids = self.trainer
        self._answer(["8", "4", "9"], partner_id=self.anke.id)
        self._answer(["6", "3", "7"], email="bert@klant.example.com")

    def _create_report(self, user=None, **vals):
        wizards = self.env["kmop.satisfaction.report"].with_user(user or self.officer)
        return wizards.create({"registration_id": self.registration.id, **vals})

    def _read(self, evidence):
        return evidence.attachment_ids.raw.decode()

    def test_default_window(self):
        report = self._create_report()
        self.assertEqual(report.date_to, date(2026, 6, 5))
        self.assertEqual(report.date_from, date(2024, 6, 5))
        self.registration.sudo().next_part_id.project_window_months = 6
        self.assertEqual(self._create_report().date_from, date(2025, 12, 5))

    def test_evidence(self):
        action = self._create_report().action_confirm()
        evidence = self.env["kmop.evidence"].browse(action["res_id"])
        self.assertEqual(evidence.state, "submitted")
        self.assertEqual(evidence.type_id.code, "satisfaction_figures")
        self.assertEqual(evidence.date_effective, date(2026, 6, 5))
        self.assertEqual(
            set(evidence.indicator_ids.mapped("code")), {"3.1", "3.2", "3.3"}
        )
        for word in ("Leerhuis Test", "DV.O123456", "Tevredenheid", "Q2 2026", "80"):
            self.assertIn(word, self._read(evidence))

    def test_draft(self):
        action = self._create_report(submit=False).action_confirm()
        evidence = self.env["kmop.evidence"].browse(action["res_id"])
        self.assertEqual(evidence.state, "draft")

    def test_names_nobody(self):
        for user in (self.officer, self.reader):
            report = self._create_report(user)
            page = self._read(report._add_evidence()) + report.preview
            for name in ("Zonderling", "anke@", "bert@", "Tuur", user.name):
                self.assertNotIn(name, page)

    def test_snapshot_stays(self):
        evidence = self._create_report()._add_evidence()
        before = self._read(evidence)
        self._answer(["0", "0", "0"])
        self.assertEqual(self._read(evidence), before)

    def test_too_few(self):
        self.company.kmop_min_answers = 3
        page = self._read(self._create_report()._add_evidence())
        self.assertIn("Too few answers for a mean", page)
        self.assertNotIn("Distribution", page)
        self.assertNotIn("Q2 2026", page)

    def test_too_few_in_a_group(self):
        other = self._create_dossier()
        other.kmop_theme_id = self.cyber
        other.action_confirm()
        self._answer(["1", "1", "1"], other)
        rows = self._create_report()._get_values()["tables"][0][1]
        means = {label: (count, row["general"]) for label, count, row in rows}
        self.assertEqual(means[self.cyber.name], (1, None))
        self.assertEqual(means[self.digital.name], (2, 80))

    def test_nothing_to_show(self):
        report = self._create_report(date_from="2020-01-01", date_to="2020-12-31")
        self.assertFalse(report.answered)
        with self.assertRaisesRegex(UserError, "Nobody answered"):
            report.action_confirm()

    def test_in_the_form(self):
        wizards = self.env["kmop.satisfaction.report"].with_user(self.officer)
        wizards = wizards.with_context(default_registration_id=self.registration.id)
        with Form(wizards) as form:
            self.assertEqual(form.answered, 2)
            form.date_from = date(2026, 6, 6)
            self.assertEqual(form.answered, 0)
            form.date_from = date(2026, 6, 5)
            self.assertEqual(form.answered, 2)

    def test_markup_in_a_title(self):
        self.survey.title = "<script>alert(1)</script>"
        report = self._create_report()
        self.assertNotIn("<script>alert", report.preview)
        self.assertNotIn("<script>alert", self._read(report._add_evidence()))

    def test_other_company(self):
        with self.assertRaises(AccessError):
            self._create_report(self.stranger).action_confirm()

    def test_nothing_to_show_yet(self):
        report = self.env["kmop.satisfaction.report"].with_user(self.officer).new({})
        report.registration_id = False
        self.assertFalse(report.preview)


@tagged("post_install", "-at_install")
class TestFiguresBudget(FiguresCommon):
    """Figures come by aggregation in the database, however many there are."""

    def _insert(self, registrations, number):
        """Add ``number`` answers to each registration, as if they had come in."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            INSERT INTO kmop_satisfaction
                (company_id, registration_id, date, score, score_content, band)
            SELECT %s, r.id, DATE '2024-01-01' + n %% 800, n %% 101, n %% 101,
                   LEAST(n %% 101 / 20 + 1, 5)::text
              FROM unnest(%s) r(id), generate_series(0, %s - 1) n
            """,
            [self.company.id, registrations.ids, number],
        )
        self.env.invalidate_all()

    def _count(self, function):
        """Return the queries once the server is warm."""
        for _round in range(2):
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            function()
        return self.env.cr.sql_log_count - start

    def test_many_answers(self):
        registration = self.registration
        few = self._count(registration.satisfaction)
        self._insert(registration, 50_000)
        many = self._count(registration.satisfaction)
        self.assertLessEqual(many, few + 1)
        self.assertLessEqual(many, 8)
        figures = self._get_figures()
        self.assertEqual(figures["answered"], 50_000)
        self.assertEqual(sum(figures["bands"].values()), 50_000)

    def test_many_registrations(self):
        """One or two hundred: the same queries, for figures and for the button."""
        partners = self.env["res.partner"].create(
            [{"name": f"Aanbieder {i}", "is_company": True} for i in range(200)]
        )
        registrations = self.registration.with_user(SUPERUSER_ID).create(
            [
                {
                    "partner_id": partner.id,
                    "company_id": self.company.id,
                    "track_id": self.starter.id,
                }
                for partner in partners
            ]
        )
        registrations = registrations.with_user(self.officer)
        self._insert(registrations, 10)
        for function in ("satisfaction", "_compute_satisfaction"):
            one = self._count(getattr(registrations[0], function))
            all_ = self._count(getattr(registrations, function))
            with self.subTest(function=function):
                self.assertEqual(one, all_)

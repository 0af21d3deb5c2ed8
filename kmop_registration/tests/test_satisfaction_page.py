from base64 import b64decode

from lxml import etree, html

from odoo.exceptions import UserError
from odoo.tests import HttpCase, new_test_user, tagged

from .test_satisfaction import SatisfactionCommon


@tagged("post_install", "-at_install")
class TestSatisfactionPage(SatisfactionCommon, HttpCase):
    """What a participant sees who follows the link or the code on paper."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = new_test_user(
            cls.env,
            "kmop_portal",
            groups="base.group_portal",
            name="Petra Portaal",
            lang="en_US",
        )
        cls.survey.lang_ids = False

    def setUp(self):
        super().setUp()
        self.url = self.order._kmop_get_survey_url()
        self.code = self.url.rpartition("/")[2]

    def _get_answers(self):
        domain = [("kmop_order_id", "=", self.order.id)]
        return self.env["survey.user_input"].search(domain, order="id")

    def _follow(self, code=None):
        return self.url_open(f"/kmop/evaluate/{code or self.code}")

    def _call(self, step, answer, **params):
        """Do what the survey's page does; return the code of its error, if any."""
        tokens = f"{self.survey.access_token}/{answer.access_token}"
        result = self.make_jsonrpc_request(f"/survey/{step}/{tokens}", params)
        return result[1].get("error")

    def _fill(self, answer, figures=("8", "4", "9")):
        questions = zip(self.survey.question_ids, figures, strict=True)
        params = {str(question.id): figure for question, figure in questions}
        return self._call("begin", answer) or self._call("submit", answer, **params)

    # ------------------------------------------------------------------ who answers

    def test_public_visitor(self):
        page = self._follow()
        self.assertEqual(page.status_code, 200)
        self.assertIn("Tevredenheid", page.text)
        self.assertIn("as long as that has to be kept", page.text)
        answer = self._get_answers()
        self.assertFalse(answer.partner_id or answer.email or answer.nickname)
        self.assertFalse(self._fill(answer))
        self.assertEqual(answer.state, "done")
        self.assertEqual(self.order.kmop_answer_count, 1)
        evidence = self.order.kmop_dossier_evidence_ids.filtered(
            lambda e: e.res_model == answer._name
        )
        self.assertEqual(evidence.state, "submitted")

    def test_typed_in_capitals(self):
        self.assertEqual(self._follow(self.code.upper()).status_code, 200)

    def test_portal_user(self):
        self.authenticate(self.portal.login, self.portal.login)
        self.assertIn("Tevredenheid", self._follow().text)
        answer = self._get_answers()
        self.assertEqual(answer.partner_id, self.portal.partner_id)
        self.assertFalse(self._fill(answer, ("1", "0", "1")))
        finding = self.registration.finding_ids
        self.assertEqual(len(finding), 1)
        self.assertNotIn(self.portal.partner_id, finding.message_partner_ids)
        self.assertNotIn(self.portal.partner_id, finding.message_ids.author_id)

    def test_second_answer_of_a_portal_user_is_kept_apart(self):
        self.authenticate(self.portal.login, self.portal.login)
        for _i in range(2):
            self._follow()
            self.assertFalse(self._fill(self._get_answers()[-1]))
        self.assertEqual(self._get_answers().mapped("kmop_repeated"), [False, True])
        self.assertEqual(self._get_figures()["answered"], 1)

    def test_a_colleagues_tablet(self):
        """Participants who borrow it one by one are nobody in particular."""
        self.authenticate(self.surveyor.login, self.surveyor.login)
        for _i in range(2):
            self._follow()
            self.assertFalse(self._fill(self._get_answers()[-1]))
        self.assertFalse(self._get_answers().partner_id)
        self.assertEqual(self._get_figures()["answered"], 2)

    def test_anonymous_though_logged_in(self):
        self.survey.kmop_anonymous = True
        self.authenticate(self.portal.login, self.portal.login)
        page = self._follow()
        self.assertIn("without your name", page.text)
        answer = self._get_answers()
        self._assert_nobody(answer)
        self.assertFalse(self._call("begin", answer))
        self._assert_nobody(answer)
        self.assertFalse(self._fill_begun(answer))
        self._assert_nobody(answer)
        self.assertEqual(len(self.registration.finding_ids), 1)
        self._assert_not_theirs(self.registration.finding_ids)
        self._assert_not_theirs(self.registration.finding_ids.message_ids)
        self._assert_not_theirs(self.env["kmop.evidence"].search([], limit=1))

    def test_anonymous_and_given_up(self):
        """Page by page, and not finished: what was saved is nobody's either."""
        self.survey.write(
            {"kmop_anonymous": True, "questions_layout": "page_per_question"}
        )
        self.authenticate(self.portal.login, self.portal.login)
        self._follow()
        answer = self._get_answers()
        question = self.survey.question_ids[0]
        self.assertFalse(self._call("begin", answer))
        values = {"question_id": question.id, str(question.id): "8"}
        self.assertFalse(self._call("submit", answer, **values))
        self.assertEqual(answer.state, "in_progress")
        self.assertEqual(answer.user_input_line_ids.value_scale, 8)
        self._assert_nobody(answer)

    def _fill_begun(self, answer):
        questions = self.survey.question_ids
        return self._call("submit", answer, **{str(q.id): "1" for q in questions})

    def _assert_nobody(self, answer):
        self.env.invalidate_all()
        self.assertFalse(answer.partner_id or answer.email or answer.nickname)
        self._assert_not_theirs(answer)
        self._assert_not_theirs(answer.user_input_line_ids)
        self.assertFalse(answer.message_partner_ids)

    def _assert_not_theirs(self, records):
        self.assertNotIn(self.portal, records.create_uid + records.write_uid)

    # ---------------------------------------------------------------------- again

    def test_goes_on_with_what_was_begun(self):
        self._follow()
        answer = self._get_answers()
        self.opener.cookies.set(
            f"survey_{self.survey.access_token}", answer.access_token
        )
        self._call("begin", answer)
        page = self._follow()
        self.assertIn(answer.access_token, page.url)
        self.assertEqual(self._get_answers(), answer)

    def test_once_more_is_kept_apart(self):
        self.order._kmop_create_answer(self.portal)
        self.authenticate(self.portal.login, self.portal.login)
        first = self._get_answers()
        self.assertFalse(self._fill(first))
        tokens = f"{self.survey.access_token}/{first.access_token}"
        self.assertEqual(self.url_open(f"/survey/retry/{tokens}").status_code, 200)
        again = self._get_answers() - first
        self.assertFalse(self._fill(again))
        self.assertTrue(again.kmop_repeated)

    def test_not_with_another_dossiers(self):
        self._follow()
        answer = self._get_answers()
        self.opener.cookies.set(
            f"survey_{self.survey.access_token}", answer.access_token
        )
        other = self._create_dossier()
        page = self.url_open(other._kmop_get_survey_url())
        self.assertNotIn(answer.access_token, page.url)

    def test_not_with_somebody_elses(self):
        self.authenticate(self.portal.login, self.portal.login)
        self._follow()
        theirs = self._get_answers()
        self.logout()
        self.opener.cookies.set(
            f"survey_{self.survey.access_token}", theirs.access_token
        )
        self.assertEqual(self._follow().status_code, 200)
        self.assertFalse((self._get_answers() - theirs).partner_id)

    # --------------------------------------------------------------------- closed

    def _assert_closed(self, code=None):
        page = self._follow(code)
        self.assertEqual(page.status_code, 404)
        self.assertIn("This evaluation is closed", page.text)
        self.assertFalse(self._get_answers())

    def test_unknown_code(self):
        for code in ("x", "%00", "%25", "false", "0", "É" * 12):
            self._assert_closed(code)

    def test_cancelled(self):
        self.order._action_cancel()
        self._assert_closed()

    def test_archived_and_deleted_survey(self):
        self.survey.action_archive()
        self._assert_closed()
        self.survey.unlink()
        self._assert_closed()
        with self.assertRaises(UserError):
            self.order._kmop_get_survey_url()

    def test_cancelled_while_answering(self):
        self._follow()
        answer = self._get_answers()
        self.assertFalse(self._call("begin", answer))
        self.order._action_cancel()
        self.assertEqual(self._fill_begun(answer), "survey_closed")
        self.assertEqual(answer.state, "in_progress")
        self.assertFalse(self.registration.finding_ids)

    def test_archived_while_answering(self):
        self._follow()
        answer = self._get_answers()
        self.assertFalse(self._call("begin", answer))
        self.survey.action_archive()
        self.assertEqual(self._fill_begun(answer), "survey_closed")

    # --------------------------------------------------------------------- budget

    def _count(self, answer):
        """Return the queries of the answer's page once the server is warm."""
        url = f"/survey/{self.survey.access_token}/{answer.access_token}"
        for _round in range(3):
            self.env.flush_all()
            start = self.env.cr.sql_log_count
            self.assertEqual(self.url_open(url).status_code, 200)
        return self.env.cr.sql_log_count - start

    def test_queries(self):
        for state in ("new", "in_progress"):
            plain = self.survey._create_answer(check_attempts=False)
            ours = self.order._kmop_create_answer()
            (plain + ours).state = state
            self.assertLessEqual(self._count(ours), self._count(plain) + 2)

    # -------------------------------------------------------------------- a browser

    def test_in_a_browser(self):
        shipped = self.env.ref("kmop_registration.survey_satisfaction")
        shipped.kmop_satisfaction = "training"
        self.start_tour(f"/kmop/evaluate/{self.code}", "kmop_evaluate_tour")
        answer = self._get_answers().filtered(lambda a: a.state == "done")
        self.assertEqual(answer.survey_id, shipped)
        figures = self.env["kmop.satisfaction"].search([("answer_id", "=", answer.id)])
        self.assertAlmostEqual(figures.score_content, 100)
        self.assertAlmostEqual(figures.score_form, 75)
        self.assertAlmostEqual(figures.score_general, 90)
        self.assertAlmostEqual(figures.score_recommendation, 80)
        evidence = self.order.kmop_dossier_evidence_ids.filtered(
            lambda e: e.res_model == answer._name
        )
        self.assertEqual((evidence.res_id, evidence.state), (answer.id, "submitted"))


@tagged("post_install", "-at_install")
class TestEvaluationSheet(SatisfactionCommon):
    REPORT = "kmop_registration.kmop_evaluation_sheet"

    def _render(self, order, user=None):
        reports = self.env["ir.actions.report"].with_user(user or self.salesman)
        content, _type = reports._render_qweb_html(self.REPORT, order.ids)
        return html.fromstring(content)

    def test_on_paper(self):
        self.client.lang = "en_US"
        page = self._render(self.order)
        text = " ".join(page.text_content().split())
        for part in (
            "Digitaal veilig werken",
            "06/01/2026 – 06/02/2026",
            "Leerhuis Test",
            self.order._kmop_get_survey_url(),
        ):
            self.assertIn(part, text)
        (source,) = page.xpath("//img[@alt='QR code']/@src")
        start, _comma, image = source.partition(",")
        self.assertEqual(start, "data:image/svg+xml;base64")
        drawing = etree.fromstring(b64decode(image))
        self.assertEqual(etree.QName(drawing).localname, "svg")
        self.assertGreater(len(drawing.findall(".//{*}rect")), 100)

    def test_in_the_clients_language(self):
        self.env["res.lang"]._activate_lang("nl_BE")
        self.training.with_context(lang="nl_BE").name = "Veilig op het net"
        self.client.lang = "nl_BE"
        text = self._render(self.order).text_content()
        self.assertIn("Veilig op het net", text)
        self.assertIn("1/06/2026", text)

    def test_the_code_stays(self):
        url = self.order._kmop_get_survey_url()
        self.assertEqual(self.order._kmop_get_survey_url(), url)
        self.assertNotEqual(self._create_dossier()._kmop_get_survey_url(), url)
        self.assertFalse(self.order.copy().sudo().kmop_survey_token)

    def test_no_survey(self):
        self.survey.action_archive()
        with self.assertRaises(UserError):
            self._render(self.order)

    def test_for_dossiers_only(self):
        report = self.env.ref(self.REPORT)
        quote = self._create_order()
        for order, offered in ((self.order, True), (quote, False)):
            ids = report.get_valid_action_reports("sale.order", order.ids)
            self.assertEqual(report.id in ids, offered)

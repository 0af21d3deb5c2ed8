from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.survey.controllers.main import Survey


class KmopSurvey(Survey):
    @http.route(
        "/kmop/evaluate/<string:token>",
        type="http",
        auth="public",
        website=True,
        methods=["GET"],
        sitemap=False,
    )
    def kmop_evaluate(self, token):
        """Start an answer for the dossier behind a link or a code on paper.

        A browser that had begun one goes on with it.
        """
        # sudo: who has the token may answer, and sees nothing of the dossier
        orders = request.env["sale.order"].sudo()
        order = orders.search([("kmop_survey_token", "=", token)], limit=1)
        try:
            answer = order._kmop_is_asking() and self._kmop_get_answer(order)
        except UserError:
            answer = None
        if not answer:
            return request.render("kmop_registration.survey_not_asking", status=404)
        return request.redirect(answer.get_start_url())

    def _kmop_get_answer(self, order):
        survey = order._kmop_get_survey()
        begun = request.cookies.get(f"survey_{survey.access_token}")
        answer = begun and self._fetch_from_access_token(survey.access_token, begun)[1]
        if answer and answer.kmop_order_id == order:
            return answer
        return order._kmop_create_answer()

    def _check_validity(
        self,
        survey_sudo,
        answer_sudo,
        answer_token,
        ensure_token=True,
        check_partner=True,
    ):
        """Nobody is behind an anonymous answer; a cancelled dossier is over."""
        order = answer_sudo.kmop_order_id
        if order and not order._kmop_is_asking() and answer_sudo.state != "done":
            return "survey_closed"
        named = check_partner and not survey_sudo.kmop_anonymous
        return super()._check_validity(
            survey_sudo, answer_sudo, answer_token, ensure_token, named
        )

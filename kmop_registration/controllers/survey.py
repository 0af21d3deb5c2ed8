from odoo import SUPERUSER_ID, http
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
        order = request.env["sale.order"].sudo()
        if token.isalnum():
            order = order.search([("kmop_survey_token", "=", token.lower())], limit=1)
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
        if answer and answer.kmop_order_id == order and self._kmop_is_mine(answer):
            return answer
        # A colleague's session isn't the participant's: it may be their tablet.
        user = request.env.user
        return order._kmop_create_answer(user._is_portal() and user)

    def _kmop_is_mine(self, answer):
        """Tell whether whose browser it is can go on with the answer."""
        partner = answer.partner_id
        return not partner or partner == request.env.user.partner_id

    def _fetch_from_access_token(self, survey_token, answer_token):
        """Who is logged in leaves no trace on an anonymous answer."""
        survey, answer = super()._fetch_from_access_token(survey_token, answer_token)
        if survey.kmop_anonymous:
            # superuser: the host's own way has sudo() here; only the name changes
            nobody = answer.with_user(SUPERUSER_ID)
            # superuser: as above
            return survey.with_user(SUPERUSER_ID), nobody
        return survey, answer

    def _prepare_retry_additional_values(self, answer):
        values = super()._prepare_retry_additional_values(answer)
        return values | {"kmop_order_id": answer.kmop_order_id.id}

    def _check_validity(
        self,
        survey_sudo,
        answer_sudo,
        answer_token,
        ensure_token=True,
        check_partner=True,
    ):
        """A cancelled dossier is over; what is nobody's answer is for who has it."""
        order = answer_sudo.kmop_order_id
        if order and answer_sudo.state != "done" and not order._kmop_is_asking():
            return "survey_closed"
        nobodys = survey_sudo.kmop_anonymous or (order and not answer_sudo.partner_id)
        return super()._check_validity(
            survey_sudo,
            answer_sudo,
            answer_token,
            ensure_token,
            check_partner and not nobodys,
        )

from werkzeug.exceptions import NotFound

from odoo import http
from odoo.fields import Command
from odoo.http import request
from odoo.tools import consteq


class KmopReminder(http.Controller):
    @http.route(
        "/kmop/reminders/<int:partner_id>/<string:token>",
        type="http",
        auth="public",
        website=True,
        methods=["GET"],
        sitemap=False,
        readonly=True,
    )
    def reminder_preferences(self, partner_id, token, saved=None):
        """Show which reminders somebody gets, to who came by a link in one."""
        partner = self._get_partner(partner_id, token)
        values = {
            "partner": partner,
            "rules": self._get_known(partner),
            "inside": partner._kmop_is_inside(),
            "saved": saved,
        }
        response = request.render("kmop_registration.reminder_preferences", values)
        # The address holds the token.
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response

    @http.route(
        "/kmop/reminders/<int:partner_id>/<string:token>",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
        csrf=False,  # the token is the proof; mail programs post without a page
        sitemap=False,
    )
    def reminder_unsubscribe(self, partner_id, token, **form):
        """Keep what was ticked; a mail program's one click unticks everything."""
        partner = self._get_partner(partner_id, token)
        if "List-Unsubscribe" in form:
            partner.kmop_optout_ids = [Command.set(self._get_optional(partner).ids)]
            return request.make_response("")
        ticked = request.httprequest.form.getlist("rule")
        known = self._get_known(partner)
        wanted = known.filtered(lambda rule: str(rule.id) in ticked)
        partner.kmop_optout_ids = [Command.set((known - wanted).ids)]
        return request.redirect(f"/kmop/reminders/{partner_id}/{token}?saved=1")

    def _get_partner(self, partner_id, token):
        # sudo: the token is the proof that the link came by mail
        partner = request.env["res.partner"].sudo().browse(partner_id).exists()
        if not partner or not self._is_token(partner, token):
            raise NotFound
        request.update_context(lang=partner.lang or request.env.lang)
        # sudo: as above, for whoever is logged in as somebody else
        return partner.with_env(request.env(su=True))

    def _is_token(self, partner, token):
        # As bytes: what isn't ASCII can't be compared otherwise.
        proof = partner._kmop_get_reminder_token().encode()
        return consteq(proof, token.encode("utf-8", "replace"))

    def _get_optional(self, partner):
        rules = partner.env["kmop.milestone.rule"]
        return rules.search([("optional", "=", True), ("template_id", "!=", False)])

    def _get_known(self, partner):
        """Return what somebody may be told that they can refuse.

        A client needn't know the company's whole schedule: only what they got.
        """
        optional = self._get_optional(partner)
        if partner._kmop_is_inside():
            companies = partner.user_ids.company_ids
            return optional.filtered(
                lambda r: r.company_id in (r.company_id.browse(), *companies)
            )
        lines = partner.env["kmop.reminder"].search([("partner_id", "=", partner.id)])
        return optional & lines.milestone_id.rule_id

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
            "rules": self._get_optional(partner),
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
        optional = self._get_optional(partner)
        ticked = request.httprequest.form.getlist("rule")
        wanted = optional.filtered(lambda rule: str(rule.id) in ticked)
        partner.kmop_optout_ids = [Command.set((optional - wanted).ids)]
        if "List-Unsubscribe" in form:
            return request.make_response("")
        return request.redirect(f"/kmop/reminders/{partner_id}/{token}?saved=1")

    def _get_partner(self, partner_id, token):
        # sudo: the token is the proof that the link came by mail
        partner = request.env["res.partner"].sudo().browse(partner_id).exists()
        if not partner or not consteq(partner._kmop_get_reminder_token(), token):
            raise NotFound
        request.update_context(lang=partner.lang or request.env.lang)
        return partner.with_env(request.env(su=True))

    def _get_optional(self, partner):
        rules = partner.env["kmop.milestone.rule"]
        return rules.search([("optional", "=", True), ("template_id", "!=", False)])

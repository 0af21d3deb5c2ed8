from werkzeug.exceptions import NotFound

from odoo import http
from odoo.http import request

HEADERS = {
    "Content-Type": "image/svg+xml; charset=utf-8",
    # It is for other sites to show, and can do nothing there.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}


class KmopBadge(http.Controller):
    @http.route(
        "/kmop/badge/<string:token>.svg",
        type="http",
        auth="public",
        methods=["GET"],
        readonly=True,
        save_session=False,
        sitemap=False,
    )
    def badge(self, token, lang=None):
        """Show the badge of a registration that is valid today; else there is none.

        :param lang: code of an installed language, that of the provider by default
        """
        # sudo: who has the address may see the badge, and sees nothing else
        registration = request.env["kmop.registration"].sudo()._find_by_badge(token)
        if registration:
            registration = self._in_language(registration, lang)
        image = registration and registration._render_badge()
        if not image:
            return self._not_found()
        age = registration._get_badge_age()
        headers = {**HEADERS, "Cache-Control": f"public, max-age={age}"}
        return request.make_response(image, list(headers.items()))

    def _in_language(self, registration, lang):
        installed = dict(request.env["res.lang"].get_installed())
        if lang not in installed:
            lang = registration.company_id.partner_id.lang or request.env.lang
        return registration.with_context(lang=lang)

    def _not_found(self):
        """Answer alike whether it never was, or isn't today; to be asked again."""
        response = NotFound().get_response()
        response.data = b""
        response.headers["Cache-Control"] = "no-store"
        return response

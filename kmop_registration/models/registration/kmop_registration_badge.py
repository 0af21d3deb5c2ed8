import re
import secrets
from base64 import b64encode
from datetime import UTC, datetime, timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import format_date

# What XML can't hold, whatever it is written as.
NOT_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")

# Letters that fit on the badge.
NAME_LENGTH = 42
NUMBER_LENGTH = 24

# Seconds for which a browser may show a badge without asking again.
MAX_AGE = 300


class KmopRegistration(models.Model):
    """The label of a registration: shown on the days that it is valid, only then.

    It says what the register says (number, service, last day), and promises nothing.
    """

    _inherit = "kmop.registration"

    badge_token = fields.Char(
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups="kmop_registration.group_kmop_user",
    )
    badge_url = fields.Char(
        string="Address of the badge",
        compute="_compute_badge_url",
        groups="kmop_registration.group_kmop_user",
    )
    badge_html = fields.Char(
        string="For your own site",
        compute="_compute_badge_url",
        groups="kmop_registration.group_kmop_user",
    )
    badge_image = fields.Char(
        string="Badge",
        compute="_compute_badge_image",
        groups="kmop_registration.group_kmop_user",
    )

    @api.depends("badge_token")
    @api.depends_context("lang")
    def _compute_badge_url(self):
        for registration in self:
            token = registration.badge_token
            path = f"/kmop/badge/{token}.svg" if token else ""
            url = path and registration.get_base_url() + path
            registration.badge_url = url
            registration.badge_html = url and registration._get_badge_html(url)

    def _get_badge_html(self, url):
        """Return what a site shows the badge with.

        Of an object that isn't found nothing is left, not even a text: of an image
        the browser would go on showing what it stands for.
        """
        return Markup(
            '<object type="image/svg+xml" data="{}?lang={}" width="{}" height="{}">'
            "</object>"
        ).format(url, self.env.lang or "", 320, 112)

    @api.depends("number", "service", "partner_id.name", "period_ids.date_last")
    @api.depends_context("lang")
    def _compute_badge_image(self):
        for registration in self:
            registration.badge_image = registration._get_badge().get("image")

    # ----------------------------------------------------------------- internals

    def _get_badge_period(self):
        """Return the period that is valid today, where the company is."""
        today = self.company_id._kmop_today()
        return self.period_ids.filtered(
            lambda p: p.date_last and p.date_start <= today <= p.date_last
        )[:1]

    def _get_badge_values(self):
        """Return what the badge says, nothing on a day that it isn't valid."""
        self.ensure_one()
        # sudo: what a badge says is public, wherever it is shown
        registration = self.sudo()
        period = registration._get_badge_period()
        if not (period and registration.number):
            return {}
        services = dict(
            registration._fields["service"]._description_selection(self.env)
        )
        name = self._clean_for_badge(registration.partner_id.name)
        number = self._clean_for_badge(registration.number)
        heading = self.env._("Registered for the kmo-portefeuille")
        what = self.env._(
            "%(service)s, valid until %(date)s",
            service=services[registration.service],
            date=format_date(self.env, period.date_chain_end),
        )
        return {
            "language": (self.env.lang or "en_US").replace("_", "-"),
            "heading": heading,
            "number": self._shorten(number, NUMBER_LENGTH),
            "what": what,
            "name": self._shorten(name, NAME_LENGTH),
            "title": f"{heading}: {name}, {number}. {what}",
        }

    def _render_badge(self):
        """Return the badge as SVG, or nothing on a day that it isn't valid."""
        values = self._get_badge_values()
        return self._draw_badge(values) if values else ""

    def _draw_badge(self, values):
        return str(self.env["ir.qweb"]._render("kmop_registration.badge", values))

    def _clean_for_badge(self, text):
        return " ".join(NOT_XML.sub("", text or "").split())

    def _shorten(self, text, length):
        return text if len(text) <= length else f"{text[: length - 1]}…"

    def _get_badge(self):
        """Return the badge for a page: an image that holds itself, and its text."""
        values = self._get_badge_values()
        if not values:
            return {}
        content = b64encode(self._draw_badge(values).encode()).decode()
        return {
            "image": f"data:image/svg+xml;base64,{content}",
            "text": values["title"],
        }

    def _get_badge_age(self):
        """Return for how many seconds the badge holds: until midnight at most."""
        company = self.company_id
        tomorrow = company._kmop_today() + timedelta(days=1)
        midnight = company._kmop_to_moment(tomorrow).replace(tzinfo=UTC)
        left = (midnight - datetime.now(UTC)).total_seconds()
        return max(0, min(MAX_AGE, int(left)))

    @api.model
    def _find_by_badge(self, token):
        """Return the registration of a badge's address, none for a wrong one."""
        if not re.fullmatch(r"[\w-]{32,64}", token, re.ASCII):
            return self.browse()
        return self.search([("badge_token", "=", token)], limit=1)

    # ------------------------------------------------------------------- actions

    def action_renew_badge(self):
        """Give the badge an address of its own, another one where it has one."""
        for registration in self:
            registration._transition({"badge_token": secrets.token_urlsafe(24)})

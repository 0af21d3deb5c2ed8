from base64 import b64decode
from datetime import date

from lxml import etree, html

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .test_dossier import DossierCommon

SVG = "{http://www.w3.org/2000/svg}"
# Registered on 1 March 2026: until 29 February 2028.
FIRST, LAST, AFTER = date(2026, 3, 1), "2028-02-29", "2028-03-01"


class BadgeCommon(DossierCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.country_id = cls.env.ref("base.be")
        cls.registration = cls._create_registration()

    def setUp(self):
        super().setUp()
        self._decide(self.registration, FIRST, number="DV.O123456")

    def _get_svg(self, registration=None, lang="en_US"):
        registration = (registration or self.registration).with_context(lang=lang)
        image = registration._render_badge()
        return image and etree.fromstring(image)

    def _get_texts(self, svg):
        return [text for text in svg.itertext() if text.strip()]


@tagged("post_install", "-at_install")
@freeze_time("2026-06-05 10:00:00")
class TestBadge(BadgeCommon):
    # ------------------------------------------------------------------- contents

    def test_says_what_the_register_says(self):
        svg = self._get_svg()
        title, *texts = self._get_texts(svg)
        self.assertEqual(
            texts,
            [
                "Registered for the kmo-portefeuille",
                "DV.O123456",
                "Training, valid until 02/29/2028",
                "Leerhuis Test",
            ],
        )
        for text in texts:
            self.assertIn(text, title)
        self.assertEqual(svg.get("role"), "img")
        self.assertEqual(svg.get("lang"), "en-US")

    def test_names_are_text(self):
        for name in (
            "<script>alert(1)</script>",
            "</text><image href='x' onload='alert(1)'/>",
            "\"' & Zoon]]>",
            "{{7*7}}<t t-out='7*7'/>",
            "Kade\x0b\x1f\u202e",
        ):
            self.company.partner_id.name = name
            svg = self._get_svg()
            with self.subTest(name=name):
                tags = {node.tag.removeprefix(SVG) for node in svg.iter()}
                self.assertEqual(tags, {"svg", "title", "rect", "path", "text"})
                self.assertNotIn("49", self._get_texts(svg)[-1])
        self.assertTrue(self._get_texts(svg)[-1].startswith("Kade"))

    def test_number_is_text(self):
        self.registration.number = "<b>DV.O1</b>" + "9" * 50
        number = self._get_texts(self._get_svg())[2]
        self.assertEqual(len(number), 24)
        self.assertTrue(number.startswith("<b>DV.O1</b>9"))

    def test_long_name(self):
        self.company.partner_id.name = "Leerhuis " * 20
        title, *_texts, name = self._get_texts(self._get_svg())
        self.assertEqual((len(name), name[-1]), (42, "…"))
        self.assertIn("Leerhuis " * 19, title)

    def test_last_day_of_what_follows(self):
        """A part 2 in time goes on where part 1 ends: so does the badge."""
        with freeze_time("2027-12-01"):
            self._decide(self.registration, date(2027, 11, 2))
            self.assertIn("02/28/2031", self._get_texts(self._get_svg())[3])

    # ----------------------------------------------------------------------- days

    def test_boundary_days(self):
        for day, valid in (
            ("2026-02-28", False),
            (FIRST, True),
            (LAST, True),
            (AFTER, False),
        ):
            with self.subTest(day=day), freeze_time(day):
                self.assertEqual(bool(self.registration._render_badge()), valid)

    def test_the_companys_own_midnight(self):
        """At 23:30 UTC it is the next day in Brussels, not in New York."""
        with freeze_time(f"{LAST} 23:30:00"):
            self.assertFalse(self.registration._render_badge())
            self.company.partner_id.tz = "America/New_York"
            self.assertTrue(self.registration._render_badge())

    def test_gone_where_nothing_is_registered(self):
        fresh = self._create_registration(service="advice")
        self.assertFalse(fresh._render_badge())
        self.registration.number = False
        self.assertFalse(self.registration._render_badge())
        self.registration.number = "DV.O123456"
        self.assertTrue(self.registration._render_badge())
        self.registration.withdraw("2026-06-05", "Stop")
        self.assertFalse(self.registration._render_badge())

    def test_corrected_period(self):
        period = self.registration.period_ids
        period.correct(FIRST, date(2026, 5, 31), "Verkeerd attest")
        self.assertFalse(self.registration._render_badge())

    # --------------------------------------------------------------------- address

    def test_address_on_demand(self):
        self.assertFalse(self.registration.badge_html)
        self.registration.action_renew_badge()
        first = self.registration.badge_token
        self.assertGreaterEqual(len(first), 32)
        self.assertIn(f"/kmop/badge/{first}.svg", self.registration.badge_url)
        snippet = html.fragment_fromstring(self.registration.badge_html)
        self.assertEqual((snippet.tag, snippet.text), ("object", None))
        self.assertTrue(
            snippet.get("data").startswith(f"{self.registration.badge_url}?lang=")
        )
        self.registration.action_renew_badge()
        self.assertNotEqual(self.registration.badge_token, first)
        other = self._create_registration(service="advice")
        other.action_renew_badge()
        self.assertNotEqual(other.badge_token, self.registration.badge_token)

    def test_who_makes_it(self):
        for user in (self.reader, self.salesman, self.surveyor, self.stranger):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.registration.with_user(user).action_renew_badge()
        with self.assertRaises(UserError):
            self.registration.badge_token = "x" * 32
        with self.assertRaises(UserError):
            self._create_registration(service="advice", badge_token="x" * 32)
        for user, allowed in ((self.reader, True), (self.salesman, False)):
            with self.subTest(user=user.login):
                mine = self.registration.with_user(user)
                if allowed:
                    mine.read(["badge_token", "badge_image"])
                else:
                    with self.assertRaises(AccessError):
                        mine.read(["badge_token"])

    # ---------------------------------------------------------------------- attest

    def test_attest(self):
        """It comes after the decision: the period is history, its attest isn't."""
        period = self.registration.period_ids
        attachment = (
            self.env["ir.attachment"]
            .with_user(self.officer)
            .create({"name": "attest.pdf", "raw": b"%PDF-1.4"})
        )
        period.attest_attachment_ids = attachment
        self.assertEqual(attachment.res_model, "kmop.registration.period")
        self.assertEqual(attachment.res_id, period.id)
        self.assertEqual(period.action_open_attest()["res_id"], period.id)
        with self.assertRaisesRegex(UserError, "is history"):
            period.write({"attest_attachment_ids": [], "date_end": "2040-01-01"})
        for user, allowed in (
            (self.reader, True),
            (self.salesman, True),
            (self.stranger, False),
        ):
            self.env.invalidate_all()
            with self.subTest(user=user.login):
                mine = attachment.with_user(user)
                self.assertEqual(mine.has_access("read"), allowed)
                self.assertFalse(mine.has_access("write"))
                with self.assertRaises(AccessError):
                    period.with_user(user).attest_attachment_ids = False

    def test_anothers_file_as_attest(self):
        theirs = (
            self.env["ir.attachment"]
            .with_user(self.stranger)
            .create({"name": "geheim.pdf", "raw": b"%PDF-1.4"})
        )
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            self.registration.period_ids.attest_attachment_ids = theirs


@tagged("post_install", "-at_install")
class TestBadgePages(BadgeCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self.registration.action_renew_badge()
        self.url = f"/kmop/badge/{self.registration.badge_token}.svg"

    def _get(self, url=None, **arguments):
        return self.url_open(url or self.url, **arguments)

    # ----------------------------------------------------------------------- route

    def test_public(self):
        """Whoever asks, logged in or not, of whatever company, sees the same."""
        with freeze_time("2026-06-05 10:00:00"):
            answers = [self._get()]
            for user in (self.stranger, self.reader):
                self.authenticate(user.login, user.login)
                answers.append(self._get())
        self.assertEqual({answer.status_code for answer in answers}, {200})
        self.assertEqual(len({answer.text for answer in answers}), 1)
        headers = answers[0].headers
        self.assertEqual(headers["Content-Type"], "image/svg+xml; charset=utf-8")
        self.assertEqual(headers["Cache-Control"], "public, max-age=300")
        self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        self.assertNotIn("Set-Cookie", headers)
        self.assertIn("DV.O123456", answers[0].text)

    @mute_logger("odoo.http")
    def test_last_day_and_the_next(self):
        with freeze_time(f"{LAST} 22:59:00"):
            answer = self._get()
            self.assertEqual(answer.status_code, 200)
            self.assertEqual(answer.headers["Cache-Control"], "public, max-age=60")
        with freeze_time(f"{LAST} 23:00:00"):
            answer = self._get()
            self.assertEqual(answer.status_code, 404)
            self.assertEqual(answer.headers["Cache-Control"], "no-store")
            self.assertFalse(answer.content)

    @mute_logger("odoo.http")
    def test_wrong_addresses(self):
        token = self.registration.badge_token
        with freeze_time("2026-06-05 10:00:00"):
            for wrong in (
                token[:-1],
                token + "x",
                token.swapcase(),
                "x" * 32,
                "%25" * 32,
                "'%20or%20true--" + "x" * 20,
                "%00" * 32,
                "é" * 32,
                "9" * 400,
                "False",
                str(self.registration.id),
            ):
                with self.subTest(token=wrong):
                    answer = self._get(f"/kmop/badge/{wrong}.svg")
                    self.assertEqual(answer.status_code, 404)
                    self.assertNotIn("DV.O", answer.text)

    @mute_logger("odoo.http")
    def test_renewed_and_archived(self):
        with freeze_time("2026-06-05 10:00:00"):
            self.registration.action_renew_badge()
            self.assertEqual(self._get().status_code, 404)
            self.url = f"/kmop/badge/{self.registration.badge_token}.svg"
            self.assertEqual(self._get().status_code, 200)
            self.registration.action_archive()
            self.assertEqual(self._get().status_code, 404)

    def test_languages(self):
        self.env["res.lang"]._activate_lang("nl_BE")
        self.env["ir.module.module"]._load_module_terms(
            ["kmop_registration"], ["nl_BE"]
        )
        self.company.partner_id.lang = "en_US"
        with freeze_time("2026-06-05 10:00:00"):
            for lang, service in (
                ("nl_BE", "Opleiding"),
                ("en_US", "Training"),
                ("xx_XX", "Training"),
                ("<script>", "Training"),
            ):
                with self.subTest(lang=lang):
                    answer = self.url_open(f"{self.url}?lang={lang}")
                    self.assertEqual(answer.status_code, 200)
                    self.assertIn(f"{service}, ", answer.text)
                    self.assertNotIn("script", answer.text)

    # ---------------------------------------------------------------------- quotes

    def _count(self, page):
        return len(html.fromstring(page).xpath("//img[@name='kmop_badge']"))

    def _print(self, dossier):
        report = self.env["ir.actions.report"].with_user(self.salesman)
        content, _kind = report._render_qweb_html("sale.report_saleorder", dossier.ids)
        return content

    def test_on_the_quote(self):
        for start, today, shown in (
            ("2026-09-01", "2026-06-05", 1),
            (LAST, LAST, 1),
            (AFTER, LAST, 0),
            (LAST, AFTER, 0),
        ):
            dossier = self._create_dossier(kmop_date_start=start, kmop_date_end=start)
            dossier.state = "sent"
            with self.subTest(start=start, today=today), freeze_time(today):
                self.env.invalidate_all()
                self.assertEqual(self._count(self._print(dossier)), shown)
                page = self.url_open(dossier.get_portal_url())
                self.assertEqual(page.status_code, 200)
                self.assertEqual(self._count(page.content), shown)

    def test_the_image_on_the_quote(self):
        with freeze_time("2026-06-05"):
            dossier = self._create_dossier(
                kmop_date_start="2026-09-01", kmop_date_end="2026-09-01"
            )
            page = html.fromstring(self._print(dossier))
        (image,) = page.xpath("//img[@name='kmop_badge']")
        kind, _comma, content = image.get("src").partition(",")
        self.assertEqual(kind, "data:image/svg+xml;base64")
        svg = etree.fromstring(b64decode(content))
        self.assertIn("DV.O123456", self._get_texts(svg))
        self.assertIn("DV.O123456", image.get("alt"))

    def test_ordinary_quote(self):
        with freeze_time("2026-06-05"):
            self.assertFalse(self._count(self._print(self._create_order())))

    # ---------------------------------------------------------------- portal's home

    def _get_home(self, company):
        new_test_user(
            self.env,
            f"kmop_visitor_{company.id}",
            groups="base.group_portal",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        self.authenticate(f"kmop_visitor_{company.id}", f"kmop_visitor_{company.id}")
        return self.url_open("/my").content

    def test_portal_home(self):
        with freeze_time(LAST):
            self.assertEqual(self._count(self._get_home(self.company)), 1)
            page = self._get_home(self.other_company)
            self.assertEqual(self._count(page), 0)

    def test_portal_home_once_it_is_over(self):
        with freeze_time(AFTER):
            page = self._get_home(self.company)
            self.assertIn(b"o_portal_docs", page)
            self.assertEqual(self._count(page), 0)

    def test_portal_home_shows_ones_own(self):
        """Not those of other providers that the company keeps."""
        with freeze_time("2026-06-05"):
            self._register(partner_id=self.client.id, service="advice")
            self.assertEqual(self._count(self._get_home(self.company)), 1)

import re
from datetime import date

from lxml import html

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time
from odoo.tools import is_html_empty

from .test_dossier import DossierCommon

QUOTE = "sale.report_saleorder"
ATTENDANCE = "kmop_registration.report_kmop_attendance"
CERTIFICATE = "kmop_registration.report_kmop_certificate"


class DocumentsCommon(DossierCommon):
    """A provider registered for both services, and ways to read what is printed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client.write({"vat": "BE0477472701", "lang": "en_US"})
        cls.training.default_code = "DVW"
        cls.trainer = cls.env["res.partner"].create({"name": "Els Peeters"})
        cls.advice = cls.env["product.product"].create(
            {
                "name": "Cyberaudit",
                "type": "service",
                "list_price": 1000,
                "taxes_id": False,
                "kmop_service": "advice",
                "kmop_theme_id": cls.cyber.id,
                "kmop_hours": 16.5,
            }
        )

    def setUp(self):
        super().setUp()
        self._decide(self._create_registration(), date(2026, 3, 1), number="DV.O123456")
        registration = self._create_registration(service="advice")
        self._decide(registration, date(2026, 3, 1), number="DV.A654321")

    def _add_people(self, order, *names, **vals):
        order.kmop_participant_ids = [(0, 0, {"name": n, **vals}) for n in names]

    def _print(self, report, orders, user=None):
        reports = self.env["ir.actions.report"].with_user(user or self.salesman)
        return reports._render_qweb_html(report, orders.ids)[0].decode()

    def _print_tree(self, report, orders):
        return html.fromstring(self._print(report, orders))

    def _show_portal(self, order):
        """Return the page that the client sees, which Odoo renders as superuser."""
        order = order.sudo().with_context(lang="en_US")
        values = {
            "sale_order": order,
            "report_type": "html",
            "is_html_empty": is_html_empty,
        }
        page = order.env["ir.qweb"]._render("sale.sale_order_portal_content", values)
        return str(page)

    def _read_table(self, node):
        """Return the rows of a table with labels: label to text."""
        rows = [row.xpath("./th|./td") for row in node.xpath(".//tr[th and td]")]
        return {_text(label): _text(value) for label, value in rows}

    def _get_mentions(self, order):
        """Return what PDF and portal mention: the same, by label."""
        texts = self._print(QUOTE, order), self._show_portal(order)
        found = [
            self._read_table(
                html.fromstring(text).xpath("//*[@name='kmop_mentions']")[0]
            )
            for text in texts
        ]
        self.assertEqual(*found)
        return found[0]


def _text(node):
    return re.sub(r"\s+", " ", node.text_content()).strip()


@freeze_time("2026-05-01")
class TestQuote(DocumentsCommon):
    def test_ordinary_quote_is_untouched(self):
        product = self.exam | self.product
        orders = self._create_order(
            order_line=[(0, 0, {"product_id": p.id}) for p in product],
            note="<p>Terms</p>",
        )
        ours = self.env.ref("kmop_registration.report_saleorder_document")
        ours |= self.env.ref("kmop_registration.sale_order_portal_content")
        shown = self._print(QUOTE, orders), self._show_portal(orders)
        ours.active = False
        self.assertEqual(shown[0], self._print(QUOTE, orders))
        self.assertEqual(shown[1], self._show_portal(orders))

    def test_enrolment(self):
        order = self._create_dossier(
            self.training | self.exam,
            kmop_place="Gent",
            kmop_trainer_ids=self.trainer.ids,
        )
        self._add_people(order, "An", "Bob")
        mentions = self._get_mentions(order)
        self.assertEqual(
            mentions,
            {
                "Subject": "Digitaal veilig werken",
                "Provider": "Leerhuis Test",
                "Registration number": "DV.O123456 (kmo-portefeuille)",
                "Theme": self.digital.name,
                "Start": "06/01/2026",
                "End": "06/02/2026",
                "Hours per participant": "7",
                "Form": "Classroom",
                "Place": "Gent",
                "Trainers": "Els Peeters",
                "Enterprise": "Kmo Klant BV",
                "Enterprise number": "0477472701",
                "Participants": "An, Bob",
                "Eligible costs, excluding VAT": "$ 1,000.00",
                "Non-eligible costs, excluding VAT": "$ 150.00",
            },
        )

    def test_days(self):
        order = self._create_dossier(
            kmop_date_start=False,
            kmop_date_end=False,
            kmop_session_ids=[
                (0, 0, {"date": "2026-06-08", "time_from": 13.5, "place": "Aalst"}),
                (0, 0, {"date": "2026-06-01"}),
            ],
        )
        order.invalidate_recordset()
        mentions = self._get_mentions(order)
        self.assertEqual(mentions["Start"], "06/01/2026")
        self.assertNotIn("End", mentions)
        self.assertEqual(
            mentions["Days"],
            "06/01/2026, 09:00–17:00 06/08/2026, 13:30–17:00 – Aalst",
        )

    def test_nothing_empty(self):
        order = self._create_dossier(
            self.exam,
            kmop_service="training",
            kmop_date_start=False,
            kmop_date_end=False,
            kmop_enterprise_id=False,
        )
        mentions = self._get_mentions(order)
        self.assertEqual(
            list(mentions),
            ["Subject", "Provider", "Registration number", "Price, excluding VAT"],
        )
        self.assertTrue(all(mentions.values()))

    def test_rewritten_subject(self):
        order = self._create_dossier()
        order.order_line.name = "[DVW] Excel voor <b>boekhouders</b>\nDrie dagen"
        mentions = self._get_mentions(order)
        self.assertEqual(mentions["Subject"], "Excel voor <b>boekhouders</b>")

    def test_several_enterprises(self):
        other = self.client.copy({"name": "Andere BV", "vat": "/"})
        order = self._create_dossier()
        self._add_people(order, "An")
        self._add_people(order, "Bob", enterprise_id=other.id)
        text = _text(html.fromstring(self._print(QUOTE, order)))
        self.assertIn("Kmo Klant BV Enterprise number 0477472701 Participants An", text)
        self.assertIn("Enterprise Andere BV Participants Bob", text)

    def test_not_covered(self):
        """Without a registration on the day nothing announces a subsidy."""
        order = self._create_dossier(
            self.training | self.exam,
            kmop_date_start="2035-06-01",
            kmop_date_end="2035-06-01",
        )
        mentions = self._get_mentions(order)
        self.assertEqual(mentions["Price, excluding VAT"], "$ 1,150.00")
        for text in (self._print(QUOTE, order), self._show_portal(order)):
            for word in ("DV.O", "kmo-portefeuille", "ligible", "ubsid"):
                self.assertNotIn(word, text)

    def test_theme_without_subsidy(self):
        order = self._create_dossier(self.advice | self.exam)
        order.kmop_theme_id = self.digital
        mentions = self._get_mentions(order)
        self.assertEqual(mentions["Price, excluding VAT"], "$ 1,150.00")
        self.assertNotIn("ligible", self._print(QUOTE, order))

    def test_non_eligible_line(self):
        order = self._create_dossier(self.training | self.exam)
        for text in (self._print(QUOTE, order), self._show_portal(order)):
            marks = html.fromstring(text).xpath("//*[@name='kmop_non_eligible']")
            self.assertEqual(len(marks), 1)
            self.assertIn("Examen", _text(marks[0].getparent()))

    def test_no_amount_promised(self):
        order = self._create_dossier()
        self.assertEqual(order.kmop_subsidy, 300)
        self.assertNotIn("300", self._print(QUOTE, order))

    def test_language_of_the_client(self):
        self.env["res.lang"]._activate_lang("nl_BE")
        self.client.lang = "nl_BE"
        self.digital.with_context(lang="nl_BE").name = "Digitalisering"
        self.training.with_context(lang="nl_BE").name = "Veilig op het net"
        self.training.kmop_hours = 7.5
        order = self._create_dossier()
        page = self._print_tree(QUOTE, order).xpath("//*[@name='kmop_mentions']")[0]
        text = _text(page)
        for word in ("Digitalisering", "Veilig op het net", "7,5", "01/06/2026"):
            self.assertIn(word, text)

    def test_agreement(self):
        order = self._create_dossier(self.advice, kmop_trainer_ids=self.trainer.ids)
        mentions = self._get_mentions(order)
        self.assertEqual(
            mentions["Registration number"], "DV.A654321 (kmo-portefeuille)"
        )
        self.assertEqual(mentions["Advisers"], "Els Peeters")
        self.assertEqual(mentions["Hours"], "16.5")
        self.assertEqual(mentions["Enterprise number"], "0477472701")
        page = self._print_tree(QUOTE, order)
        (parties,) = page.xpath("//*[@name='kmop_signatures']")
        self.assertIn("For the provider Leerhuis Test", _text(parties))
        self.assertIn("For the client Kmo Klant BV", _text(parties))

    def test_agreement_signed_online(self):
        order = self._create_dossier(self.advice)
        order.sudo().signature = self.env.company.logo or self._get_image()
        page = self._print_tree(QUOTE, order)
        self.assertFalse(page.xpath("//*[@name='kmop_signatures']"))
        page = self._print_tree(QUOTE, self._create_dossier())
        self.assertFalse(page.xpath("//*[@name='kmop_signatures']"))

    def _get_image(self):
        return self.env["ir.attachment"]._file_read("web/static/img/logo.png")

    def test_text_from_outside(self):
        order = self._create_dossier(kmop_place="<i>Gent</i>")
        self.client.name = "Klant <script>alert(1)</script>"
        self._add_people(order, "<b>Bob</b>")
        for text in (self._print(QUOTE, order), self._show_portal(order)):
            mentions = html.fromstring(text).xpath("//*[@name='kmop_mentions']")[0]
            self.assertFalse(mentions.xpath(".//b | .//i | .//script"))
            self.assertIn("<b>Bob</b>", _text(mentions))


@freeze_time("2026-05-01")
class TestAttendance(DocumentsCommon):
    def _get_pages(self, orders):
        """Return the heads of the pages and the rows of their tables."""
        page = self._print_tree(ATTENDANCE, orders)
        tables = page.xpath("//div[@class='page']//table")
        heads, bodies = tables[::2], tables[1::2]
        return [
            (self._read_table(head), [_cells(r) for r in body.xpath(".//tr")])
            for head, body in zip(heads, bodies, strict=True)
        ]

    def test_page_per_day(self):
        order = self._create_dossier(kmop_place="Gent")
        self._add_people(order, "An", "Bob <b>")
        pages = self._get_pages(order)
        self.assertEqual(
            [head["Date"] for head, _body in pages], ["06/01/2026", "06/02/2026"]
        )
        head, body = pages[0]
        self.assertEqual(head["Training"], "Digitaal veilig werken")
        self.assertEqual(head["Provider"], "Leerhuis Test")
        self.assertEqual(head["Registration number"], "DV.O123456 (kmo-portefeuille)")
        self.assertEqual(head["Place"], "Gent")
        self.assertEqual(body[1], ["1", "An", "Kmo Klant BV", "", ""])
        self.assertEqual(body[2], ["2", "Bob <b>", "Kmo Klant BV", "", ""])
        self.assertEqual(body[12], ["12", "", "", "", ""])

    def test_days_of_the_service(self):
        """Sessions of one day share a page; an evening asks for one signature."""
        times = [("2026-06-08", 18, 21), ("2026-06-01", 9, 12), ("2026-06-01", 13, 17)]
        order = self._create_dossier(
            kmop_session_ids=[
                (0, 0, {"date": day, "time_from": start, "time_to": end})
                for day, start, end in times
            ]
        )
        order.kmop_session_ids.filtered(lambda s: s.time_from == 18).place = "Aalst"
        pages = self._get_pages(order)
        self.assertEqual(len(pages), 2)
        self.assertEqual(pages[0][0]["Date"], "06/01/2026, 09:00–12:00, 13:00–17:00")
        self.assertEqual(pages[1][0]["Place"], "Aalst")
        self.assertEqual([len(body[1]) for _head, body in pages], [5, 4])

    def test_unknown_days(self):
        long = self._create_dossier(kmop_date_end="2026-06-06")
        unknown = self._create_dossier(kmop_date_start=False, kmop_date_end=False)
        week = self._create_dossier(kmop_date_end="2026-06-05")
        self.assertEqual([h["Date"] for h, _body in self._get_pages(long)], [""])
        self.assertEqual([h["Date"] for h, _body in self._get_pages(unknown)], [""])
        self.assertEqual(len(self._get_pages(week)), 5)

    def test_large_group(self):
        """Each page tells what is signed for, and there is room for others."""
        order = self._create_dossier(kmop_date_end="2026-06-01")
        self._add_people(order, *(f"P{number:02}" for number in range(22)))
        pages = self._get_pages(order)
        self.assertEqual(len(pages), 3)
        self.assertEqual(len({head["Date"] for head, _body in pages}), 1)
        rows = [row for _head, body in pages for row in body[1:]]
        self.assertEqual([row[0] for row in rows], [str(n) for n in range(1, 37)])
        self.assertEqual(len([row for row in rows if row[1]]), 22)

    def test_not_covered(self):
        order = self._create_dossier(
            kmop_date_start="2035-06-01", kmop_date_end="2035-06-01"
        )
        head, _body = self._get_pages(order)[0]
        self.assertNotIn("Registration number", head)

    def test_batch(self):
        """Other quotes are left out; the PDF can be split by quote."""
        one, other = self._create_dossier(), self._create_dossier()
        rest = self._create_order() | self._create_dossier(self.advice)
        page = self._print_tree(ATTENDANCE, one | rest | other)
        articles = page.xpath("//div[@data-oe-model='sale.order']")
        self.assertEqual(
            [int(a.get("data-oe-id")) for a in articles], [one.id, other.id]
        )
        titles = page.xpath("//div[@class='page']//*[self::h1 or self::h2 or self::h3]")
        self.assertFalse(titles)

    def test_nothing_to_print(self):
        with self.assertRaises(UserError):
            self._print(ATTENDANCE, self._create_dossier(self.advice))

    def test_who_may_print(self):
        order = self._create_dossier()
        with self.assertRaises(AccessError):
            self._print(ATTENDANCE, order, self.stranger)

    def test_offered_for_trainings(self):
        reports = self.env.ref("kmop_registration.kmop_attendance_report")
        reports |= self.env.ref("kmop_registration.kmop_certificate_report")
        for order, expected in (
            (self._create_dossier(), set(reports.ids)),
            (self._create_dossier(self.advice), set()),
            (self._create_order(), set()),
        ):
            valid = reports.get_valid_action_reports("sale.order", order.ids)
            self.assertEqual(set(valid), expected)


def _cells(row):
    return [_text(cell) for cell in row.xpath("./td")]


@freeze_time("2026-06-10")
class TestCertificate(DocumentsCommon):
    def _get_certificates(self, orders):
        return self._print_tree(CERTIFICATE, orders).xpath(
            "//*[@name='kmop_certificate']"
        )

    def test_who_attended(self):
        order = self._create_dossier()
        self._add_people(order, "An", result="Passed <b>")
        self._add_people(order, "Bob")
        self._add_people(order, "Carl", attended=False)
        an, bob = self._get_certificates(order)
        self.assertIn("An", _text(an.xpath(".//div[starts-with(@class, 'h3')]")[0]))
        expected = {
            "Enterprise": "Kmo Klant BV",
            "Training": "Digitaal veilig werken",
            "Period": "06/01/2026 – 06/02/2026",
            "Hours": "7",
            "Provider": "Leerhuis Test",
            "Registration number": "DV.O123456 (kmo-portefeuille)",
        }
        self.assertEqual(self._read_table(an), expected | {"Result": "Passed <b>"})
        self.assertEqual(self._read_table(bob), expected)

    def test_one_day(self):
        order = self._create_dossier(kmop_date_end="2026-06-01")
        self._add_people(order, "An")
        rows = self._read_table(self._get_certificates(order)[0])
        self.assertEqual(rows["Date"], "06/01/2026")
        self.assertNotIn("Period", rows)

    def test_language_of_the_participant(self):
        """One who has none reads the client's language; so does a language gone."""
        for lang in ("nl_BE", "fr_BE"):
            self.env["res.lang"]._activate_lang(lang)
            name = f"Training {lang}"
            self.training.with_context(lang=lang).name = name
        self.client.lang = "nl_BE"
        order = self._create_dossier()
        self._add_people(order, "An", lang="fr_BE")
        self._add_people(order, "Bob")
        an, bob = self._get_certificates(order)
        self.assertIn("Training fr_BE", _text(an))
        self.assertEqual(bob.get("lang"), "nl-BE")
        self.assertIn("Training nl_BE", _text(bob))
        self.env.ref("base.lang_fr_BE").active = False
        an, bob = self._get_certificates(order)
        self.assertEqual(an.get("lang"), "nl-BE")

    def test_not_covered(self):
        order = self._create_dossier(
            kmop_date_start="2026-02-01", kmop_date_end="2026-02-01"
        )
        self._add_people(order, "An")
        (certificate,) = self._get_certificates(order)
        self.assertNotIn("DV.O", _text(certificate))
        self.assertNotIn("kmo-portefeuille", _text(certificate))

    def test_batch(self):
        orders = [self._create_dossier() for _number in range(3)]
        self._add_people(orders[0], "An", "Bob")
        self._add_people(orders[2], "Carl")
        batch = orders[0] | orders[1] | orders[2] | self._create_order()
        page = self._print_tree(CERTIFICATE, batch)
        articles = page.xpath("//div[@data-oe-model='sale.order']")
        printed = [int(a.get("data-oe-id")) for a in articles]
        self.assertEqual(printed, [orders[0].id, orders[2].id])
        self.assertEqual(len(page.xpath("//*[@name='kmop_certificate']")), 3)

    def test_nobody(self):
        order = self._create_dossier()
        self._add_people(order, "An", attended=False)
        with self.assertRaises(UserError):
            self._print(CERTIFICATE, order)

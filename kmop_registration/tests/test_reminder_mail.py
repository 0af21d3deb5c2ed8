from datetime import date

from lxml import html

from odoo.tests import HttpCase, freeze_time, tagged

from .test_milestone import ROOT, MilestoneCommon

LANGUAGES = ("en_US", "nl_BE", "fr_BE")


@tagged("post_install", "-at_install")
class TestReminderMail(MilestoneCommon):
    """What the shipped mails say, in each language, of new and of full records."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for lang in LANGUAGES:
            cls.env["res.lang"]._activate_lang(lang)
        cls.env["ir.module.module"]._load_module_terms(
            ["kmop_registration"], list(LANGUAGES[1:]), overwrite=True
        )
        cls.templates = cls.env["mail.template"].search(
            [("model", "=", "kmop.reminder")]
        )
        with freeze_time("2026-03-01"):
            cls.registration = cls._create_registration()

    def _create_line(self, kind="reminder", partner=None, **vals):
        milestone = (
            self.env["kmop.milestone"]
            .sudo()
            .create(
                {
                    "title": "Bel <b>het bureau</b>",
                    "registration_id": self.registration.id,
                    "date_planned": "2026-06-01",
                    "date_anchor": "2026-06-20",
                    "state": "sent",
                    **vals,
                }
            )
        )
        reminders = self.env["kmop.reminder"].sudo()
        return reminders._queue(kind, {milestone: partner or self.officer.partner_id})

    def _render(self, template, line):
        values = template._generate_template(line.ids, ("subject", "body_html"))
        line = line.with_context(lang=line._get_lang())
        body = line._encapsulate([values[line.id]["body_html"]])
        return values[line.id]["subject"], body

    def _get_cases(self):
        """Return a line with next to nothing, and one with all there can be."""
        with freeze_time("2026-05-01"):
            order = self._create_dossier()
            order.action_confirm()
        bare = self._create_line(
            user_id=False, res_model="sale.order", res_id=order.id, date_sent=False
        )
        full = self._create_line(
            user_id=self.officer.id,
            note="Vraag naar de datum & de prijs.",
            res_model="sale.order",
            res_id=order.id,
            date_sent="2026-06-01 08:00:00",
        )
        failed = self._create_line(
            "undelivered", res_model="sale.order", res_id=order.id
        )
        self.env["kmop.reminder"].sudo()._queue(
            "reminder", {failed.milestone_id: self.client}
        ).write({"state": "failed", "error": "550 <geen> zo'n adres"})
        return bare | full | failed

    def test_every_template_in_every_language(self):
        self.assertEqual(len(self.templates), 5)
        lines = self._get_cases()
        seen = {}
        for template in self.templates:
            for lang in LANGUAGES:
                self.officer.lang = lang
                for line in lines:
                    with self.subTest(template=template.name, lang=lang):
                        with freeze_time("2026-06-03"):
                            subject, body = self._render(template, line)
                        self._check(subject, body)
                        seen[template, lang, line] = html.fromstring(
                            body
                        ).text_content()
        for template in self.templates:
            for line in lines:
                said = {seen[template, lang, line] for lang in LANGUAGES}
                self.assertEqual(len(said), 3, f"{template.name} says the same")

    def _check(self, subject, body):
        self.assertTrue(subject)
        for broken in ("None", "False", "{{", "t-out", "() "):
            self.assertNotIn(broken, f"{subject} {body}")
        self.assertNotIn("<b>het bureau</b>", body, "text stays text")
        self.assertNotIn("<img", body, "read without images")
        self.assertNotIn("<table", body, "read on a phone")
        self.assertNotRegex(body, r"width:\s*\d{4}")

    def test_dates_and_buttons_in_the_readers_language(self):
        line = self._get_cases()[1]
        self.officer.lang = "nl_BE"
        template = self.env.ref(ROOT + "mail_template_reminder")
        with freeze_time("2026-06-03"):
            _subject, body = self._render(template, line)
        text = " ".join(html.fromstring(body).text_content().split())
        self.assertIn("Dag Officer,", text)
        self.assertIn("Uiterste datum: 20/06/2026, dagen over: 17.", text)
        self.assertIn("komt te laat (dagen: 2)", text)
        self.assertIn("Wat je nu doet: Vraag naar de datum & de prijs.", text)
        self.assertIn("Openen in Odoo", text)
        self.assertIn("Wie het doet: Officer", text)

    def test_on_the_last_day_and_after(self):
        line = self._get_cases()[1]
        template = self.env.ref(ROOT + "mail_template_reminder")
        for day, words in (
            ("2026-06-20", "Deadline: 06/20/2026, today."),
            ("2026-06-25", "Deadline: 06/20/2026, days past: 5."),
        ):
            with freeze_time(day):
                line.invalidate_recordset()
                line.milestone_id.invalidate_recordset()
                _subject, body = self._render(template, line)
            text = " ".join(html.fromstring(body).text_content().split())
            self.assertIn(words, text)

    def test_shipped_rules_say_what_when_and_who(self):
        """A colleague who gets any of them needs to look nothing up."""
        anchors = dict(self.rules._fields["anchor"].selection)
        for rule in self.rules.with_context(active_test=False).search([]):
            if not rule.template_id or "client" in rule.recipient_ids.mapped("code"):
                continue
            text = self._get_text(
                rule_id=rule.id,
                date_planned="2026-06-03",
                date_escalation=rule.escalation_days and "2026-06-17",
            )
            with self.subTest(rule=rule.name):
                self.assertIn(rule.name, text)
                self.assertIn("06/20/2026", text)
                self.assertRegex(text, r"(?i)days left: 17")
                self.assertIn(f"What to do now: {rule.instruction}", text)
                self.assertIn("Who does it: Officer", text)
                self.assertEqual(
                    "before 06/17/2026, the administrators" in text,
                    bool(rule.escalation_days),
                )
                if rule.template_id == self.template:
                    self.assertIn(f"{anchors[rule.anchor]}: 06/20/2026", text)

    def test_of_a_dossier_names_the_client(self):
        """Who must call the client needn't open the order to know whom."""
        with freeze_time("2026-05-01"):
            order = self._create_dossier()
            order.action_confirm()
        rule = self.env.ref(ROOT + "kmop_milestone_rule_service_start_12_days")
        vals = {"rule_id": rule.id, "res_model": "sale.order", "res_id": order.id}
        self.assertIn(f"{order.name} - {self.client.name}", self._get_text(**vals))

    def test_clients_last_day(self):
        """The client's mail says the day, how far off it is, and not what is past."""
        template = self.env.ref(ROOT + "mail_template_application")
        line = self._get_cases()[1]
        for day, words in (
            ("2026-06-08", "until 06/15/2026 (days left: 7)."),
            ("2026-06-15", "until 06/15/2026 (days left: 0)."),
            ("2026-06-16", "could apply online until 06/15/2026: this reminder comes"),
        ):
            with freeze_time(day):
                self.env.invalidate_all()
                subject, body = self._render(template, line)
            with self.subTest(day=day):
                self.assertIn("06/15/2026", subject)
                text = html.fromstring(body).text_content()
                self.assertIn(words, " ".join(text.split()))

    def _get_text(self, **vals):
        line = self._create_line(
            user_id=self.officer.id, title=False, state="planned", **vals
        )
        with freeze_time("2026-06-03"):
            _subject, body = self._render(line._get_template(), line)
        return " ".join(html.fromstring(body).text_content().split())

    def test_shipped_rules_speak_every_language(self):
        rules = self.env["kmop.milestone.rule"].with_context(active_test=False)
        for rule in rules.search(
            [("create_uid", "=", self.env.ref("base.user_root").id)]
        ):
            if not rule.get_external_id()[rule.id].startswith(ROOT):
                continue
            for field in ("name", "instruction", "source"):
                said = {rule.with_context(lang=lang)[field] for lang in LANGUAGES}
                self.assertEqual(len(said), 3, f"{rule.name}: {field}")

    def test_grouped_in_the_readers_language(self):
        rule = self._create_rule()
        self.officer.lang = "nl_BE"
        with freeze_time("2026-03-01"):
            for partner in (self.bureau, self.client):
                self._register(partner_id=partner.id)
        mail = self._run("2027-08-29")
        self.assertIn("2 herinneringen", mail.subject)
        self.assertIn("Er zijn", mail.body_html)
        self.assertEqual(mail.body_html.count("Openen in Odoo"), 2)
        self.assertTrue(rule)


@tagged("post_install", "-at_install")
class TestReminderPreferences(HttpCase, MilestoneCommon):
    def setUp(self):
        super().setUp()
        self.optional = self._create_rule(name="Optional <i>one</i>")
        self.must = self._create_rule(1, optional=False, name="The last warning")
        self.partner = self.officer.partner_id
        self.url = self._get_url(self.partner)

    def _get_url(self, partner):
        return f"/kmop/reminders/{partner.id}/{partner._kmop_get_reminder_token()}"

    def test_shows_what_can_be_refused(self):
        page = self.url_open(self.url)
        self.assertEqual(page.status_code, 200)
        self.assertIn("Optional &lt;i&gt;one&lt;/i&gt;", page.text)
        self.assertNotIn("The last warning", page.text)
        self.assertEqual(page.headers["Referrer-Policy"], "no-referrer")
        self.assertIn("no-store", page.headers["Cache-Control"])

    def test_looking_changes_nothing(self):
        self.url_open(self.url)
        self.assertFalse(self.partner.kmop_optout_ids)

    def test_refuse_and_take_back(self):
        page = self.url_open(self.url, data={"rule": []} | {"x": "1"})
        self.assertIn("Saved.", page.text)
        self.partner.invalidate_recordset()
        self.assertEqual(self.partner.kmop_optout_ids, self.optional)
        self.url_open(self.url, data={"rule": self.optional.id})
        self.partner.invalidate_recordset()
        self.assertFalse(self.partner.kmop_optout_ids)

    def test_a_client_sees_what_they_got_only(self):
        """Not the company's schedule; refusing with one click refuses all the same."""
        url = self._get_url(self.client)
        self.assertNotIn("Optional", self.url_open(url).text)
        with freeze_time("2026-03-01"):
            registration = self._register()
        milestone = self._get(registration, self.optional).sudo()
        self.env["kmop.reminder"].sudo()._queue("reminder", {milestone: self.client})
        other = self._create_rule(2, name="Another")
        page = self.url_open(url).text
        self.assertIn("Optional &lt;i&gt;one&lt;/i&gt;", page)
        self.assertNotIn("Another", page)
        self.assertNotIn("To-dos", page)
        self.url_open(url, data={"List-Unsubscribe": "One-Click"})
        self.client.invalidate_recordset()
        self.assertEqual(self.client.kmop_optout_ids, self.optional | other)
        self.assertNotIn("Another", self.url_open(url).text)

    def test_one_click(self):
        """What a mail program posts, without a page or a session."""
        data = {"List-Unsubscribe": "One-Click"}
        answer = self.url_open(self.url, data=data, allow_redirects=False)
        self.assertEqual((answer.status_code, answer.text), (200, ""))
        self.partner.invalidate_recordset()
        self.assertEqual(self.partner.kmop_optout_ids, self.optional)

    def test_nobody_elses(self):
        other = self.reader.partner_id
        token = self.url.rsplit("/", 1)[1]
        for url in (
            f"/kmop/reminders/{other.id}/{token}",
            f"/kmop/reminders/{self.partner.id}/{token[:-1]}0x",
            f"/kmop/reminders/{2**31}/{token}",
            f"/kmop/reminders/0/{token}",
            f"/kmop/reminders/x/{token}",
        ):
            with self.subTest(url=url):
                self.assertEqual(self.url_open(url).status_code, 404)
                self.assertEqual(self.url_open(url, data={"a": 1}).status_code, 404)
        self.assertFalse(other.kmop_optout_ids)

    def test_the_link_of_a_mail(self):
        with freeze_time("2026-03-01"):
            self._register()
        mail = self._run(date(2027, 8, 29))
        links = html.fromstring(mail.body_html).xpath("//a/@href")
        preferences = [link for link in links if "/kmop/reminders/" in link]
        self.assertEqual(len(preferences), 1)
        self.assertTrue(preferences[0].endswith(self.url))

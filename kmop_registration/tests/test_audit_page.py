import re
from datetime import date, timedelta
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

from lxml import html

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from ..models.evidence.kmop_evidence import STATES
from .files import get_place
from .test_dossier import DossierCommon
from .test_evidence import EvidenceCommon

PDF = b"%PDF-1.4\n%%EOF"
LOGGER = "odoo.addons.kmop_registration.controllers.audit"


class AuditPageCommon(EvidenceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.audit = cls.registration.start_audit()
        cls.auditor = cls.env["res.partner"].create(
            {"name": "An Auditor", "email": "an@bureau.example.com"}
        )
        cls.score = cls.audit.score_ids.filtered(lambda s: not s.exempt_ground)[:1]
        cls.access = cls._invite(cls.audit, cls.auditor)

    @classmethod
    def _invite(cls, audit, partner, **vals):
        accesses = cls.env["kmop.audit.access"].with_user(cls.officer)
        return accesses.create({"audit_id": audit.id, "partner_id": partner.id, **vals})

    def _get_log(self, audit=None):
        """Return the log of the audit, oldest first."""
        self.env.invalidate_all()
        lines = (audit or self.audit).sudo().log_ids.sorted("id")
        return [(line.kind, line.name or line.evidence_id.name) for line in lines]

    def _expire(self, access=None):
        """Let the last day be past, as time does."""
        access = (access or self.access).sudo()
        access.flush_recordset()
        yesterday = self.company._kmop_today() - timedelta(days=1)
        self.env.cr.execute(
            "UPDATE kmop_audit_access SET date_expires = %s WHERE id = %s",
            (yesterday, access.id),
        )
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestAuditAccess(AuditPageCommon):
    # --------------------------------------------------------------- how long it lasts

    def test_last_day_counts_where_the_company_is(self):
        self.access.date_expires = date(2027, 6, 30)
        for moment, state in {
            "2027-06-30 21:59": "live",
            "2027-06-30 22:00": "expired",
        }.items():
            with self.subTest(moment=moment), freeze_time(moment):
                self.env.invalidate_all()
                self.assertEqual(self.access.state, state)

    def test_proposed_last_day_follows_the_visit(self):
        with freeze_time("2027-01-04 10:00"):
            self.audit.request(self.bureau)
            self.audit.plan(date(2027, 3, 31))
            other = self.env["res.partner"].create({"name": "Bea"})
            self.assertEqual(
                self._invite(self.audit, other).date_expires, date(2027, 4, 30)
            )

    def test_cannot_end_in_the_past(self):
        with self.assertRaises(ValidationError):
            self.access.date_expires = date(2020, 1, 1)

    def test_withdrawn_for_good(self):
        url = self.access.url
        self.access.revoke()
        self.assertEqual(self.access.state, "revoked")
        self.assertEqual(self.access.revoked_by_id, self.officer)
        moment = self.access.date_revoked
        self.access.with_user(self.manager).revoke()
        self.assertEqual(self.access.date_revoked, moment)
        with self.assertRaises(UserError):
            self.access.date_revoked = False
        self.assertNotEqual(self._invite(self.audit, self.auditor).url, url)

    def test_cancelled_audit_closes(self):
        self.audit.cancel("Verkeerd traject")
        self.env.invalidate_all()
        self.assertEqual(self.access.state, "closed")

    # ---------------------------------------------------------------------- the secret

    def test_each_access_has_its_own_secret(self):
        other = self._invite(self.audit, self.client)
        self.assertNotEqual(self.access._get_token(), other._get_token())
        self.assertEqual(len(self.access._get_token()), 64)

    def test_secret_is_nowhere_in_the_database(self):
        token = self.access._get_token()
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT * FROM kmop_audit_access WHERE id = %s", (self.access.id,)
        )
        self.assertNotIn(token, str(self.env.cr.fetchall()))

    def test_is_of_one_person_and_audit(self):
        for vals in (
            {"partner_id": self.client.id},
            {"audit_id": self._create_registration(service="advice").start_audit().id},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                self.access.write(vals)

    def test_only_officers_see_the_link(self):
        for user in (self.reader, self.salesman, self.stranger):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.access.with_user(user)._get_url()

    def test_is_kept(self):
        with self.assertRaises(UserError):
            self.access.sudo().unlink()

    def test_log_is_kept_as_it_is(self):
        line = self.access._log("view")
        with self.assertRaises(UserError):
            line.sudo().write({"kind": "download"})
        with self.assertRaises(UserError):
            line.sudo().unlink()

    # ------------------------------------------------------------------------ the mail

    def _send(self, lang):
        self.env["res.lang"]._activate_lang(lang)
        self.auditor.lang = lang
        self.access.invalidate_recordset()
        self.access.action_send()
        domain = [("model", "=", self.access._name), ("res_id", "=", self.access.id)]
        return self.env["mail.mail"].sudo().search(domain, order="id desc", limit=1)

    def test_mail_holds_the_link(self):
        mail = self._send("en_US")
        self.assertEqual(mail.recipient_ids, self.auditor)
        self.assertTrue(mail.auto_delete)
        link = html.fromstring(mail.body_html).xpath("//a/@href")[0]
        self.assertEqual(link, self.access._get_url())
        self.assertIn("the dossier for your audit", mail.subject)
        self.assertIn("was sent to An Auditor", self.audit.message_ids[0].body)
        self.assertNotIn(self.access._get_token(), self.audit.message_ids[0].body)

    def test_link_is_in_the_language_of_the_auditor(self):
        for code in ("nl_NL", "fr_FR"):
            with self.subTest(lang=code):
                self._offer_on_website(self.env["res.lang"]._activate_lang(code))
                link = html.fromstring(self._send(code).body_html).xpath("//a/@href")[0]
                prefix = self.env["res.lang"]._get_data(code=code).url_code
                path = urlsplit(link).path
                self.assertEqual(path, f"/{prefix}/my/kmop/audits/{self.audit.id}")

    def test_no_mail_without_address(self):
        self.auditor.email = False
        with self.assertRaisesRegex(UserError, "copy the link"):
            self.access.action_send()

    def test_no_mail_after_withdrawal(self):
        self.access.revoke()
        with self.assertRaises(UserError):
            self.access.action_send()

    # ------------------------------------------------------------------- what it shows

    def test_counts_as_the_coverage_does(self):
        """Of every state and date, what the page shows is what the matrix counts."""
        self._decide(self.registration, date(2026, 3, 1), number="DV.O123456")
        audit = self.registration.start_audit()
        project = self.env["kmop.evidence.type"].search(
            [("scope", "=", "project"), ("indicator_ids", "!=", False)], limit=1
        )
        today = self.company._kmop_today()
        for kind in (self.legal_type, project):
            for state, _label in STATES:
                for age in (1, 400, 3000):
                    evidence = self._create_evidence(
                        self.registration,
                        type_id=kind.id,
                        date_effective=today - timedelta(days=age),
                    )
                    self._put(evidence, state)
        late = self._create_evidence(
            self.registration, date_effective=today - timedelta(days=9)
        )
        self._put(late, "accepted").sudo().date_review = today - timedelta(days=1)
        self.env.flush_all()
        coverage = self.env["kmop.coverage"].with_user(self.officer)
        rows = coverage.search([("registration_id", "=", self.registration.id)])
        shown = audit.sudo()._get_counting_evidence()
        self.assertTrue(shown)
        for row in rows:
            counting = shown.filtered(
                lambda e, r=row: (
                    r.indicator_id in e.indicator_ids and e.aspect == r.aspect
                )
            )
            self.assertEqual(len(counting), row.accepted, row.indicator_id.code)

    def test_decided_audit_shows_what_was_decided_on(self):
        before = self._accepted(name="Ervoor")
        before.sudo().date_accepted = date(2026, 2, 1)
        self.audit.request(self.bureau, date(2026, 1, 5))
        self.audit.plan(date(2026, 2, 10))
        self.audit.visit(date(2026, 2, 10))
        self.audit.decide("positive", date_decided=date(2026, 3, 1))
        self._accepted(name="Erna")
        self.assertEqual(self.audit.sudo()._get_counting_evidence(), before)

    def test_nothing_to_change_in_no_log(self):
        self.assertTrue(self.env["kmop.audit.log"].write({"name": "Niets"}))


class AuditPageCase(AuditPageCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = new_test_user(
            cls.env,
            "kmop_portal",
            groups="base.group_portal",
            name="Bea Bureau",
            email="bea@bureau.example.com",
            lang="en_US",
        )

    def setUp(self):
        super().setUp()
        self.pdf = self._create_attachment("statuten.pdf", raw=PDF)
        self.evidence = self._accepted(name="Statuten", attachment_ids=self.pdf.ids)
        self.file = self.evidence.file_ids
        self.base = f"/my/kmop/audits/{self.audit.id}"
        self.token = self.access._get_token()

    def _open(self, path="", token=None, base=None, **params):
        token = self.token if token is None else token
        params = {**({"access_token": token} if token else {}), **params}
        return self.opener.get(
            self.base_url() + (base or self.base) + path, params=params
        )

    def _post(self, path, token=None, base=None, page=True, **data):
        """Post a form as the page does."""
        token = self.token if token is None else token
        text = self._open(token=token, base=base).text if page else ""
        csrf = re.search(r'name="csrf_token" value="([^"]+)"', text)
        data |= {"access_token": token, "csrf_token": csrf[1] if csrf else ""}
        url = self.base_url() + (base or self.base) + path
        return self.opener.post(url, data=data, allow_redirects=False)

    def _assert_closed(self, answer):
        self.assertEqual(answer.status_code, 404)
        self.assertIn("This page isn't available", answer.text.replace("&#39;", "'"))
        for secret in ("Statuten", "An Auditor", self.file.sha256):
            self.assertNotIn(secret, answer.text)


@tagged("post_install", "-at_install")
class TestAuditPage(AuditPageCase):
    """Who gets in, and to what."""

    # ----------------------------------------------------------------------- getting in

    def _get_paths(self):
        return ("", f"/files/{self.file.id}", "/projects", "/projects/page/1")

    def _assert_all_closed(self, **params):
        for path in self._get_paths():
            with self.subTest(path=path):
                self._assert_closed(self._open(path, **params))

    def test_with_the_link(self):
        page = self._open()
        self.assertEqual(page.status_code, 200)
        for text in ("Leerhuis Test", "Statuten", self.file.sha256, "An Auditor"):
            self.assertIn(text, page.text)
        self.assertEqual(page.headers["Cache-Control"], "no-store")
        self.assertEqual(page.headers["Referrer-Policy"], "same-origin")
        self.assertEqual(page.headers["X-Frame-Options"], "DENY")
        self.assertEqual(self._get_log(), [("view", False)])

    def test_url_that_is_sent_works(self):
        page = self.opener.get(self.access._get_url())
        self.assertEqual(page.status_code, 200)
        self.assertIn("Statuten", page.text)

    def test_without_the_link(self):
        self._assert_all_closed(token="")
        self.assertFalse(self._get_log())

    def test_wrong_link(self):
        wrong = f"{self.token[:-1]}{'0' if self.token[-1] != '0' else '1'}"
        for token in (wrong, self.token[:-1], self.token.upper(), "é€😀", "x" * 5000):
            self._assert_all_closed(token=token)
        self.assertFalse(self._get_log())

    def test_link_of_another_audit(self):
        other = self._create_registration(service="advice").start_audit()
        token = self._invite(other, self.auditor)._get_token()
        self._assert_all_closed(token=token)
        self.assertFalse(self._get_log())

    def test_expired(self):
        self._expire()
        self._assert_all_closed()
        refused = [("refused", f"{self.base}{path}") for path in self._get_paths()]
        self.assertEqual(self._get_log(), refused)

    def test_withdrawn(self):
        self.assertEqual(self._open().status_code, 200)
        self.access.revoke()
        self._assert_all_closed()

    def test_cancelled(self):
        self.audit.cancel("Verkeerd traject")
        self._assert_all_closed()

    def test_other_auditors_go_on(self):
        other = self._invite(self.audit, self.client)
        self.access.revoke()
        self.assertEqual(self._open(token=other._get_token()).status_code, 200)

    # -------------------------------------------------------------------- logged in

    def test_people_who_are_logged_in(self):
        """Rights on audits open nothing here: the page is for who was let in."""
        for user in (self.portal, self.salesman, self.officer, self.stranger):
            self.authenticate(user.login, user.login)
            self._assert_all_closed(token="")
        self.assertFalse(self._get_log())

    def test_portal_user(self):
        self.authenticate(self.portal.login, self.portal.login)
        self.assertNotIn(self.base, self._open(base="/my/kmop/audits").text)
        access = self._invite(self.audit, self.portal.partner_id)
        self.assertIn(self.base, self._open(base="/my/kmop/audits", token="").text)
        page = self._open(token="")
        self.assertEqual(page.status_code, 200)
        self.assertIn("Statuten", page.text)
        self.assertNotIn("access_token", page.text)
        self.assertEqual(self.audit.sudo().log_ids[0].user_id, self.portal)
        self._expire(access)
        self._assert_all_closed(token="")
        self.assertNotIn(self.base, self._open(base="/my/kmop/audits", token="").text)

    def test_portal_home_counts(self):
        self.authenticate(self.portal.login, self.portal.login)
        self._invite(self.audit, self.portal.partner_id)
        counters = {"counters": ["kmop_audit_count"]}
        result = self.make_jsonrpc_request("/my/counters", counters)
        self.assertEqual(result["kmop_audit_count"], 1)

    def test_list_asks_to_log_in(self):
        page = self._open(base="/my/kmop/audits", token="")
        self.assertIn("/web/login", page.url)

    def test_colleague_looks_and_touches_nothing(self):
        self.access.may_score = True
        self.authenticate(self.officer.login, self.officer.login)
        page = self._open()
        self.assertEqual(page.status_code, 200)
        self.assertNotIn(f'action="{self.base}/question"', page.text)
        self.assertEqual(self.audit.sudo().log_ids.user_id, self.officer)
        csrf = re.search(r'csrf_token: "(\w+)"', page.text)[1]
        data = {"access_token": self.token, "csrf_token": csrf, "body": "Vraag"}
        answer = self.opener.post(self.base_url() + f"{self.base}/question", data=data)
        self._assert_closed(answer)
        self.assertFalse(self.audit.sudo()._get_page_messages(self.auditor))

    # ------------------------------------------------------------------- other numbers

    def test_file_of_other_evidence(self):
        """Of another registration, or that doesn't count: not through this audit."""
        advice = self._create_registration(service="advice")
        foreign = self._create_evidence(
            advice, attachment_ids=self._create_attachment("advies.txt").ids
        )
        foreign.submit()
        foreign.accept()
        past = self._accepted(attachment_ids=self._create_attachment("oud.txt").ids)
        self._put(past, "superseded")
        for file in (foreign.file_ids, past.file_ids):
            with self.subTest(file=file.name):
                path = f"/files/{file.id}"
                self._assert_closed(self._open(path))
                self.assertEqual(self._get_log()[-1], ("refused", self.base + path))

    def test_evidence_that_is_not_accepted(self):
        for state, _label in STATES:
            evidence = self._create_evidence(self.registration, name=f"Stuk {state}")
            self._put(evidence, state)
        page = self._open().text
        shown = [state for state, _label in STATES if f"Stuk {state}" in page]
        self.assertEqual(shown, ["accepted"])

    def test_replaced_evidence_is_gone(self):
        """What was shown before isn't, by its old address either."""
        path = f"/files/{self.file.id}"
        self.assertEqual(self._open(path).status_code, 200)
        self.evidence.supersede(self._accepted(name="Nieuwe versie"))
        self._assert_closed(self._open(path))

    def test_loose_attachments_are_no_files(self):
        """The number of an attachment opens nothing, here or elsewhere."""
        attachment = self.file.attachment_id
        for path in (f"/attachments/{attachment.id}", f"/attachments/{self.pdf.id}"):
            self._assert_closed(self._open(path))
        for url in (f"/web/content/{attachment.id}", f"/web/content/{self.pdf.id}"):
            answer = self._open(base=url)
            self.assertNotEqual(answer.content, PDF)
            self.assertEqual(answer.status_code, 404)

    @mute_logger("odoo.http", "odoo.addons.http_routing.models.ir_http")
    def test_nonsense_is_answered_with_4xx(self):
        big = 10**30
        numbers = (0, -1, 2**31, 2**63, big, "x", "1.5", "%00", "é", "1;drop", " ")
        for number in numbers:
            for url in (
                f"/my/kmop/audits/{number}",
                f"/my/kmop/audits/{number}/files/1",
                f"/my/kmop/audits/{number}/projects",
                f"{self.base}/files/{number}",
                f"{self.base}/attachments/{number}",
            ):
                with self.subTest(url=url):
                    answer = self.opener.get(
                        self.base_url() + url, params={"access_token": self.token}
                    )
                    self.assertIn(answer.status_code, range(400, 500))
        for params in (
            "access_token=%00",
            "access_token=%ff%fe",
            "access_token[]=1&access_token[]=2",
            f"access_token={self.token}&search={'x' * 300}",
        ):
            with self.subTest(params=params):
                answer = self.opener.get(f"{self.base_url()}{self.base}?{params}")
                self.assertIn(answer.status_code, range(400, 500))

    def test_odd_parameters_are_harmless(self):
        for params in (
            {"search": "\0'\"<script>%s{{7*7}}"},
            {"search": "Ω 😀 \u202e"},
            {"done": "<b>", "unknown": "1", "debug": "assets"},
        ):
            with self.subTest(params=params):
                self.assertEqual(self._open(**params).status_code, 200)

    # -------------------------------------------------------------------- searching

    def test_search(self):
        self._accepted(name="Klachtenprocedure")
        page = self._open(search="KLACHT").text
        self.assertIn("Klachtenprocedure", page)
        self.assertNotIn("Statuten", page)
        self.assertIn("Nothing here holds these words", self._open(search="zzz").text)

    # ------------------------------------------------------------------ performance

    def _count_queries(self):
        self.env.invalidate_all()
        self._open()
        before = self.env.cr.sql_log_count
        self._open()
        return self.env.cr.sql_log_count - before

    def test_queries_do_not_grow(self):
        self._count_queries()
        few = self._count_queries()
        evidences = self.env["kmop.evidence"].with_user(self.officer)
        for number in range(199):
            attachment = self._create_attachment(f"{number}.txt")
            evidences += self._create_evidence(
                self.registration, name=f"N{number}", attachment_ids=attachment.ids
            )
        evidences.submit()
        evidences.accept()
        self.assertEqual(self._count_queries(), few)

    def test_own_scores_and_no_window(self):
        """Without a window, evidence of any year is shown."""
        self.audit.part_id.sudo().project_window_months = 0
        score = self.audit.score_ids[:1]
        score.with_user(self.officer).self_conformity = "T"
        page = self._open()
        self.assertEqual(page.status_code, 200)
        self.assertIn("Own conformity", page.text)
        self.assertIn("statuten.pdf", page.text)


@tagged("post_install", "-at_install")
class TestAuditPageFiles(AuditPageCase):
    """What is viewed and downloaded, and under which name."""

    def _accept_file(self, name, raw=None):
        attachment = self._create_attachment(name, **({"raw": raw} if raw else {}))
        return self._accepted(attachment_ids=attachment.ids).file_ids

    def _assert_safe(self, answer):
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(
            answer.headers["Content-Security-Policy"], "default-src 'none'"
        )
        self.assertEqual(answer.headers["Cache-Control"], "no-store")

    def test_view_and_download(self):
        path = f"/files/{self.file.id}"
        viewed = self._open(path)
        self.assertEqual(viewed.content, PDF)
        self.assertEqual(viewed.headers["Content-Type"], "application/pdf")
        self.assertTrue(viewed.headers["Content-Disposition"].startswith("inline"))
        saved = self._open(path, download=1)
        self.assertEqual(saved.content, PDF)
        self.assertTrue(saved.headers["Content-Disposition"].startswith("attachment"))
        for answer in (viewed, saved):
            self._assert_safe(answer)
        lines = self.audit.sudo().log_ids.sorted("id")
        self.assertEqual(lines.mapped("kind"), ["view", "download"])
        self.assertEqual(set(lines.mapped("name")), {"statuten.pdf"})
        self.assertEqual(lines.evidence_id, self.evidence)
        self.assertEqual(lines.partner_id, self.auditor)
        self.assertEqual(lines.access_id, self.access)
        self.assertFalse(lines.user_id)

    def test_only_harmless_kinds_are_shown(self):
        """The rest is saved, as bytes: no browser runs anything in it."""
        for name in ("a.html", "a.svg", "a.xml", "a.csv", "a.eml"):
            file = self._accept_file(name, b"<p>Geen script</p>")
            with self.subTest(name=name):
                answer = self._open(f"/files/{file.id}")
                disposition = answer.headers["Content-Disposition"]
                self.assertTrue(disposition.startswith("attachment"))
                self.assertEqual(
                    answer.headers["Content-Type"], "application/octet-stream"
                )
                self._assert_safe(answer)
        file = self._accept_file("a.txt", b"<script>alert(1)</script>")
        answer = self._open(f"/files/{file.id}")
        self.assertEqual(answer.headers["Content-Type"], "text/plain; charset=utf-8")
        self._assert_safe(answer)

    def test_files_that_lied_before(self):
        """What was accepted once as what it isn't, is saved and not shown."""
        for name, mimetype, raw in (
            ("rapport.exe", "application/pdf", b"MZ\x90\0"),
            ("foto.hta", "image/png", b"<script>alert(1)</script>"),
            ("brief.pdf", "application/pdf", b"<script>alert(1)</script>"),
        ):
            file = self._accept_file("a.txt", raw=b"x")
            attachment = file.attachment_id
            self.env.cr.execute(
                "UPDATE ir_attachment SET name = %s, mimetype = %s,"
                " store_fname = NULL, db_datas = %s WHERE id = %s",
                [name, mimetype, raw, attachment.id],
            )
            self.env.cr.execute(
                "UPDATE kmop_evidence_file SET name = %s, sha256 = %s WHERE id = %s",
                [name, sha256(raw).hexdigest(), file.id],
            )
            self.env.invalidate_all()
            with self.subTest(name=name):
                answer = self._open(f"/files/{file.id}")
                self.assertEqual(answer.content, raw)
                disposition = answer.headers["Content-Disposition"]
                self.assertTrue(disposition.startswith("attachment"))
                self.assertEqual(
                    answer.headers["Content-Type"], "application/octet-stream"
                )

    def test_names(self):
        for name, saved in {
            "../../etc/passwd": "_.._etc_passwd",
            "..\\..\\boot.txt": "_.._boot.txt",
            "CON": "_CON",
            "nul.txt": "_nul.txt",
            'a"b\r\nX-Evil: 1.txt': "a_bX-Evil_ 1.txt",
            "عقد التدريب.pdf": "عقد التدريب.pdf",
            "factuur\u202efdp.exe.txt": "factuurfdp.exe.txt",
            "😀 évaluatie.txt": "😀 évaluatie.txt",
            "<script>alert(1)</script>.txt": "_script_alert(1)__script_.txt",
        }.items():
            file = self._accept_file(name)
            with self.subTest(name=name):
                answer = self._open(f"/files/{file.id}", download=1)
                self.assertEqual(answer.status_code, 200)
                disposition = answer.headers["Content-Disposition"]
                self.assertEqual(self._get_filename(disposition), saved)
                self.assertNotIn("X-Evil", answer.headers)
        page = self._open()
        self.assertEqual(page.status_code, 200)
        self.assertNotIn("<script>alert(1)", page.text)

    def _get_filename(self, disposition):
        if "filename*=" in disposition:
            coded = disposition.split("filename*=UTF-8''")[1].split(";")[0]
            return parse_qs(f"n={coded}")["n"][0]
        return re.search(r'filename="?([^";]+)"?', disposition)[1]

    def test_names_are_no_markup(self):
        evil = "<script>alert(1)</script>"
        (self.auditor | self.registration.partner_id).sudo().name = evil
        self._accepted(name=evil)
        self._post("/question", body=evil)
        self.assertNotIn(evil, self._open().text)

    @mute_logger("odoo.addons.base.models.ir_attachment")
    def test_removed_from_the_disk(self):
        attachment = self.file.attachment_id.sudo()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ir_attachment SET store_fname = 'zz/gone', db_datas = NULL"
            " WHERE id = %s",
            (attachment.id,),
        )
        self.env.invalidate_all()
        with self.assertLogs(LOGGER, "WARNING") as logs:
            answer = self._open(f"/files/{self.file.id}")
        self.assertEqual(answer.status_code, 404)
        self.assertIn("can't be opened", answer.text.replace("&#39;", "'"))
        self.assertIn(f"frozen file {self.file.id} ", logs.output[0])
        self.assertIn("missing", logs.output[0])
        self.assertEqual(self._get_log(), [("missing", "statuten.pdf")])

    def test_altered_on_the_disk(self):
        attachment = self.file.attachment_id.sudo()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ir_attachment SET store_fname = NULL, db_datas = %s WHERE id = %s",
            (b"forged", attachment.id),
        )
        self.env.invalidate_all()
        with self.assertLogs(LOGGER, "WARNING"):
            answer = self._open(f"/files/{self.file.id}")
        self.assertEqual(answer.status_code, 404)
        self.assertNotIn("forged", answer.text)

    def test_size(self):
        self._accept_file("groot.pdf", b"%PDF" + b"x" * 1_500_000)
        self.assertIn("1.4 MB", self._open().text)


@tagged("post_install", "-at_install")
class TestAuditPageAnswers(AuditPageCase):
    """What the auditor writes."""

    # ------------------------------------------------------------------------ questions

    def test_question_and_answer(self):
        answer = self._post("/question", body="Waar is\nde lijst?")
        self.assertEqual(answer.status_code, 303)
        message = self.audit.message_ids[0]
        self.assertEqual(message.author_id, self.auditor)
        self.assertIn(self.officer.partner_id, message.notified_partner_ids)
        self.assertIn("Waar is<br>de lijst?", message.body)
        self.assertEqual(self._get_log()[-1][0], "question")
        self._reply("Hier is ze.")
        page = self._open().text
        self.assertIn("Waar is", page)
        self.assertIn("Hier is ze.", page)

    def _reply(self, body, **vals):
        return self.audit.with_user(self.officer).message_post(
            body=body,
            message_type="comment",
            subtype_xmlid=vals.pop("subtype_xmlid", "mail.mt_comment"),
            **vals,
        )

    def test_what_is_not_for_the_auditor(self):
        self._reply("Nog voor de vraag")
        self._post("/question", body="Vraag")
        self._reply("Onder ons", subtype_xmlid="mail.mt_note")
        self._reply(
            "Ook onder ons",
            subtype_xmlid="mail.mt_note",
            partner_ids=self.auditor.ids,
        )
        page = self._open().text
        for text in ("Nog voor de vraag", "Onder ons", "Ook onder ons"):
            self.assertNotIn(text, page)

    def test_question_of_another_auditor(self):
        other = self._invite(self.audit, self.client)
        self._post("/question", body="Van An")
        self.assertNotIn("Van An", self._open(token=other._get_token()).text)

    def test_file_with_an_answer(self):
        self._post("/question", body="Vraag")
        attachment = self._create_attachment("antwoord.txt", raw=b"Ja")
        self._reply("Zie bijlage", attachment_ids=attachment.ids)
        self.assertIn("antwoord.txt", self._open().text)
        answer = self._open(f"/attachments/{attachment.id}")
        self.assertEqual(answer.content, b"Ja")
        self.assertTrue(answer.headers["Content-Disposition"].startswith("attachment"))
        self.assertEqual(self._get_log()[-1], ("download", "antwoord.txt"))
        self.access.revoke()
        self._assert_closed(self._open(f"/attachments/{attachment.id}"))

    def _get_mail_to_auditor(self):
        mails = self.env["mail.mail"].sudo()
        domain = [("recipient_ids", "in", self.auditor.ids)]
        return mails.search(domain, order="id desc", limit=1)

    def test_mail_of_an_answer_leads_to_the_page(self):
        self._post("/question", body="Vraag")
        self._reply("Antwoord")
        mail = self._get_mail_to_auditor()
        self.assertIn(self.token, mail.body_html)
        self.access.revoke()
        self._reply("Nog iets")
        self.assertEqual(self._get_mail_to_auditor(), mail)
        self._reply("Bewust gestuurd", partner_ids=self.auditor.ids)
        self.assertNotEqual(self._get_mail_to_auditor(), mail)
        self.assertNotIn(self.token, self._get_mail_to_auditor().body_html)

    @mute_logger("odoo.http", "odoo.addons.http_routing.models.ir_http")
    def test_bad_questions(self):
        for body in ("", "  \n", "\0", "x" * 5001):
            answer = self._post("/question", body=body)
            self.assertEqual(answer.status_code, 400)
        without = self._post("/question", page=False, body="Vraag")
        self.assertEqual(without.status_code, 400)
        self.assertFalse(self.audit.sudo()._get_page_messages(self.auditor))

    def test_asking_after_withdrawal(self):
        self._open()
        for path in ("/question", "/findings", f"/scores/{self.score.id}"):
            page = self._open().text
            csrf = re.search(r'csrf_token: "(\w+)"', page)[1]
            data = {"csrf_token": csrf, "access_token": self.token, "body": "Vraag"}
            self.access.revoke()
            answer = self.opener.post(f"{self.base_url()}{self.base}{path}", data=data)
            self._assert_closed(answer)

    def test_only_posting_writes(self):
        for path in ("/question", "/findings", f"/scores/{self.score.id}"):
            self.assertEqual(self._open(path, body="Vraag").status_code, 404)

    # --------------------------------------------------------------------------- scores

    def _post_score(self, score=None, **vals):
        vals = vals or {"conformity": "T", "demonstrability": "V"}
        return self._post(f"/scores/{(score or self.score).id}", **vals)

    def test_scores_are_closed_unless_opened(self):
        self.assertNotIn("/scores/", self._open().text)
        self._assert_closed(self._post_score())
        self._assert_closed(self._post("/findings", name="x", severity="minor"))
        self.assertFalse(self.score.auditor_conformity)
        self.assertFalse(self.audit.finding_ids)

    def test_scores(self):
        self.access.may_score = True
        self.assertIn(f"/scores/{self.score.id}", self._open().text)
        answer = self._post_score()
        self.assertEqual(answer.status_code, 303)
        self.env.invalidate_all()
        self.assertEqual(self.score.auditor_conformity, "T")
        self.assertEqual(self.score.auditor_demonstrability, "V")
        self.assertFalse(self.score.self_conformity)
        code = self.score.indicator_id.code
        self.assertEqual(self._get_log()[-1], ("score", f"{code}: T/V"))
        self._post_score()
        kinds = [kind for kind, _name in self._get_log()]
        self.assertEqual(kinds.count("score"), 1)
        self._post_score(conformity="")
        self.env.invalidate_all()
        self.assertFalse(self.score.auditor_conformity)
        self.assertEqual(self.score.auditor_demonstrability, "V")

    @mute_logger("odoo.http", "odoo.addons.http_routing.models.ir_http")
    def test_bad_scores(self):
        self.access.may_score = True
        for value in ("X", "t", "TT", "\0"):
            self.assertEqual(self._post_score(conformity=value).status_code, 400)
        exempt = self.audit.score_ids.filtered("exempt_ground")[:1]
        self.assertEqual(self._post_score(exempt).status_code, 400)
        other = self._create_registration(service="advice").start_audit()
        self._assert_closed(self._post_score(other.score_ids[:1]))
        self.assertFalse(other.score_ids[:1].auditor_conformity)

    def test_decided_audit_takes_no_scores(self):
        self.access.may_score = True
        self.audit.request(self.bureau)
        today = self.company._kmop_today()
        self.audit.plan(today)
        self.audit.visit(today)
        self.audit.decide("negative")
        self.assertEqual(self._open().status_code, 200)
        self.assertNotIn("/scores/", self._open().text)
        self._assert_closed(self._post_score())

    # ------------------------------------------------------------------------- findings

    def test_finding(self):
        self.access.may_score = True
        indicator = self.score.indicator_id
        answer = self._post(
            "/findings",
            name="Lijst <b>ontbreekt</b>",
            severity="minor",
            indicator=str(indicator.id),
            description="Op de dag zelf niet getoond.",
        )
        self.assertEqual(answer.status_code, 303)
        finding = self.audit.finding_ids
        self.assertEqual(finding.origin, "audit")
        self.assertEqual(finding.severity, "minor")
        self.assertEqual(finding.indicator_id, indicator)
        self.assertEqual(finding.registration_id, self.registration)
        self.assertEqual(finding.user_id, self.officer)
        self.assertEqual(self._get_log()[-1], ("finding", finding.name))
        page = self._open().text
        self.assertIn("Op de dag zelf niet getoond.", page)
        self.assertNotIn("<b>ontbreekt", page)

    def test_own_findings_stay_inside(self):
        finding = self.env["kmop.finding"].with_user(self.officer)
        finding.create({"name": "Van onszelf", "audit_id": self.audit.id})
        self.access.may_score = True
        self.assertNotIn("Van onszelf", self._open().text)

    @mute_logger("odoo.http", "odoo.addons.http_routing.models.ir_http")
    def test_bad_findings(self):
        self.access.may_score = True
        good = {"name": "Lijst", "severity": "minor"}
        foreign = self.env["kmop.indicator"].search(
            [("id", "not in", self.audit.score_ids.indicator_id.ids)], limit=1
        )
        for bad in (
            {"name": " "},
            {"name": "x" * 201},
            {"severity": "fatal"},
            {"indicator": "x"},
            {"indicator": str(foreign.id or 999999)},
            {"description": "x" * 5001},
        ):
            with self.subTest(bad=list(bad)):
                answer = self._post("/findings", **{**good, **bad})
                self.assertEqual(answer.status_code, 400)
        self.assertFalse(self.audit.finding_ids)

    def test_file_that_is_lost(self):
        """It is said, and logged, that the server hasn't got it any more."""
        self._post("/question", body="Vraag")
        attachment = self._create_attachment("antwoord.txt", raw=b"Ja, zeker")
        self._reply("Zie bijlage", attachment_ids=attachment.ids)
        get_place(attachment).unlink()
        with self.assertLogs("odoo.addons.kmop_registration.controllers.audit") as logs:
            answer = self._open(f"/attachments/{attachment.id}")
        self.assertIn("has no content", logs.output[0])
        self.assertNotEqual(answer.status_code, 200)
        self.assertEqual(self._get_log()[-1], ("missing", "antwoord.txt"))


@tagged("post_install", "-at_install")
class TestAuditPageProjects(AuditPageCase, DossierCommon):
    def test_only_where_shared(self):
        dossier = self._create_dossier()
        dossier.sudo().write({"state": "sale"})
        self.assertEqual(dossier.kmop_registration_id, self.registration)
        self.assertNotIn("/projects", self._open().text)
        self._assert_closed(self._open("/projects"))
        self.access.share_projects = True
        self.assertIn("/projects", self._open().text)
        page = self._open("/projects")
        self.assertEqual(page.status_code, 200)
        self.assertIn(dossier.name, page.text)
        self.assertEqual(self._get_log()[-1][0], "projects")

    def test_of_no_other_registration(self):
        self.access.share_projects = True
        order = self._create_order(state="sale")
        self.assertNotIn(order.name, self._open("/projects").text)

    def test_odd_pages(self):
        self.access.share_projects = True
        for page in (0, -1, 99, 10**30):
            with self.subTest(page=page):
                answer = self._open(f"/projects/page/{page}")
                self.assertEqual(answer.status_code, 200)


@tagged("post_install", "-at_install")
class TestAuditPageLanguages(AuditPageCase):
    def test_each_language(self):
        for code, text in {
            "nl_NL": "statuten.pdf",
            "fr_FR": "statuten.pdf",
            "en_US": "On this page",
        }.items():
            lang = self.env["res.lang"]._activate_lang(code)
            self.auditor.lang = code
            if "website" in self.env:
                # Not of the website yet: the page opens in another.
                page = self.opener.get(self.access._get_url())
                self.assertEqual(page.status_code, 200)
            self._offer_on_website(lang)
            with self.subTest(lang=code):
                page = self.opener.get(self.access._get_url())
                self.assertEqual(page.status_code, 200)
                self.assertIn(text, page.text)
                lang = html.document_fromstring(page.content).get("lang")
                self.assertEqual(lang, code.replace("_", "-"))
                answer = self._post("/question", body=f"Vraag {code}")
                self.assertEqual(answer.status_code, 303)
                back = self.url_open(answer.headers["Location"])
                self.assertIn(f"Vraag {code}", back.text)

"""Whatever file is handed over, it is kept or refused; it never runs at a reader."""

import io
import json
import zipfile
import zlib

from odoo import http
from odoo.tests import tagged
from odoo.tools import mute_logger

from .nasty import HEADERS, LETTERS, MARKUP, PATHS
from .test_audit_page import AuditPageCase
from .test_dossier import DossierCommon

FILE_NAMES = [
    *PATHS[::2],
    *HEADERS,
    *LETTERS[::4],
    *MARKUP[::6],
    "x" * 300,
    "é" * 200 + ".pdf",
]
SCRIPT = b"<script>nasty()</script>"
HTML = b"<!DOCTYPE html><html><body onload='nasty()'>" + SCRIPT + b"</body></html>"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='nasty()'>" + SCRIPT + b"</svg>"
XHTML = b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>" + SCRIPT
# What a browser runs, or asks to be run.
ACTIVE = ("html", "xml", "svg", "javascript", "ecmascript")


def make_bomb():
    """Return a small archive of much that is nothing, within another one."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("nul", bytes(5_000_000))
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"../{number}.zip", inner.getvalue())
    return outer.getvalue()


# What a file is called, what it says that it is, and what is in it.
LIES = [
    ("leeg.pdf", "application/pdf", b""),
    ("pagina.pdf", "application/pdf", HTML),
    ("pagina.html", "text/html", HTML),
    ("pagina.htm", "image/png", HTML),
    ("foto.png", "image/png", SVG),
    ("foto.svg", "image/svg+xml", SVG),
    ("foto.svgz", "image/svg+xml", zlib.compress(SVG)),
    ("blad.xhtml", "application/xhtml+xml", XHTML),
    ("blad.xml", "text/xml", XHTML),
    ("code.js", "text/javascript", b"nasty()"),
    ("code.mjs", "image/jpeg", b"nasty()"),
    ("boek.pdf", "application/pdf\r\nX-Evil: 1", b"%PDF-1.4 <script>nasty()"),
    ("tekst.txt", "text/plain", HTML),
    ("mail.eml", "message/rfc822", b"Content-Type: text/html\r\n\r\n" + HTML),
    ("oud.mht", "multipart/related", b"MIME-Version: 1.0\r\n\r\n" + HTML),
    ("gif.gif", "image/gif", b"GIF89a/*" + SCRIPT + b"*/=1;"),
    ("programma.exe", "image/png", b"MZ\x90\x00\x03\x00\x00\x00\x04"),
    ("bom.zip", "application/zip", make_bomb()),
    ("foto.jpg", "text/html", b"\x89PNG\r\n\x1a\n" + SCRIPT),
    ("onzin.pdf", "nonsense", b"%PDF-1.4"),
    ("onzin.pdf", "x" * 400, b"%PDF-1.4"),
    ("onzin", "", bytes(range(256))),
]


@tagged("post_install", "-at_install")
class TestFuzzUploads(AuditPageCase, DossierCommon):
    def _upload(self, name, mimetype, raw):
        """Upload as the browser does; return the answer."""
        return self.url_open(
            "/web/binary/upload_attachment",
            data={
                "csrf_token": http.Request.csrf_token(self),
                "model": "kmop.evidence",
                "id": 0,
            },
            files={"ufile": (name, raw, mimetype)},
            timeout=60,
        )

    def _add(self, ids):
        """Drop files on the list of evidence, over the web client's own door."""
        # Of a kind that the auditor gets to see.
        about = {"default_registration_id": self.registration.id}
        about["default_type_id"] = self.legal_type.id
        params = {
            "model": "kmop.evidence",
            "method": "create_document_from_attachment",
            "args": ["", ids],
            "kwargs": {"context": about},
        }
        return self.url_open("/web/dataset/call_kw", json={"params": params}).json()

    def _upload_all(self, files):
        self.authenticate(self.officer.login, self.officer.login)
        ids = []
        for name, mimetype, raw in files:
            answer = self._upload(name, mimetype, raw)
            with self.subTest(name=name[:60], mimetype=mimetype[:40]):
                self.assertLess(answer.status_code, 500)
            if answer.status_code == 200:
                ids += [one["id"] for one in json.loads(answer.text) if "id" in one]
        return self.env["ir.attachment"].browse(ids)

    @mute_logger("odoo.addons.web.controllers.binary", "odoo.http")
    def test_names_of_files(self):
        """They are kept as evidence, and saved under a name that is one."""
        files = [
            (name, "application/pdf", b"%%PDF-1.4 %d" % number)
            for number, name in enumerate(FILE_NAMES)
        ]
        attachments = self._upload_all(files)
        self.assertGreater(len(attachments), len(files) * 3 // 4)
        named = {file.id: file.name for file in attachments}
        notices = self._add(attachments.ids)["result"]["context"]["notifications"]
        evidences = self.registration.evidence_ids - self.evidence
        self.assertEqual(evidences.attachment_ids, attachments.exists())
        # What ends like a program is refused, by its name.
        refused = {named[id_] for id_ in named if id_ not in attachments.exists().ids}
        self.assertEqual(set(notices), refused)
        self.assertLess(len(refused), len(named) // 3)
        evidences.with_user(self.officer).submit()
        evidences.with_user(self.officer).accept()
        self.authenticate(None, None)
        for file in evidences.file_ids:
            answer = self._open(f"/files/{file.id}", download=1)
            with self.subTest(name=file.name[:60]):
                self.assertEqual(answer.status_code, 200)
                self._assert_saved(answer)
        self.assertEqual(self._open().status_code, 200)

    def _assert_saved(self, answer):
        disposition = answer.headers["Content-Disposition"]
        self.assertTrue(disposition.startswith("attachment"))
        self.assertNotRegex(disposition, r'[\r\n\\/]|nasty\.exe"$')
        for name in ("Bcc", "Set-Cookie", "Location", "X-Evil"):
            self.assertNotIn("nasty", answer.headers.get(name, ""))

    @mute_logger("odoo.addons.web.controllers.binary", "odoo.http")
    def test_what_is_in_files(self):
        """A file of evidence, draft or accepted, is never a page of its own."""
        attachments = self._upload_all(LIES)
        answer = self._add(attachments.ids)
        self.assertNotIn("error", answer)
        notices = answer["result"]["context"]["notifications"]
        self.assertIn("leeg.pdf", notices)
        for name in ("programma.exe", "code.js", "pagina.html", "pagina.pdf"):
            self.assertIn(name, notices)
        evidences = self.registration.evidence_ids - self.evidence
        self.assertGreater(len(evidences), 5)
        for attachment in evidences.attachment_ids:
            for query in ("", "?download=1"):
                answer = self.url_open(f"/web/content/{attachment.id}{query}")
                with self.subTest(name=attachment.name, query=query):
                    self._assert_inert(answer)
        evidences.with_user(self.officer).submit()
        evidences.with_user(self.officer).accept()
        self.authenticate(None, None)
        for file in evidences.file_ids:
            answer = self._open(f"/files/{file.id}")
            with self.subTest(name=file.name):
                self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
                self._assert_inert(answer)

    def _assert_inert(self, answer):
        """A file is saved, or is of a kind that no browser runs, whatever is in it."""
        self.assertEqual(answer.status_code, 200)
        kind = answer.headers["Content-Type"].lower()
        saved = answer.headers.get("Content-Disposition", "").startswith("attachment")
        policy = answer.headers.get("Content-Security-Policy", "")
        active = any(word in kind for word in ACTIVE)
        self.assertTrue(saved or not active or "default-src 'none'" in policy)
        self.assertNotIn("X-Evil", answer.headers)

    def test_the_check_can_fail(self):
        answer = self.url_open("/web/login")
        with self.assertRaises(AssertionError):
            self._assert_inert(answer)

    def test_files_are_never_unpacked(self):
        """What is small when it comes in stays small, in the archive as well."""
        bomb = make_bomb()
        self.assertLess(len(bomb), 200_000)
        attachment = self._create_attachment("bom.zip", raw=bomb)
        self._accepted(attachment_ids=attachment.ids)
        self.env.flush_all()
        registration = self.registration.with_user(self.officer)
        pieces = registration._stream_dossier()
        self.assertLess(sum(map(len, pieces)), 1_000_000)

    @mute_logger("odoo.http")
    def test_content_that_is_no_content(self):
        """Over a remote call a file comes as base64, or as what isn't."""
        self.authenticate(self.salesman.login, self.salesman.login)
        order = self._create_dossier()
        for content in (
            "%%%",
            "a",
            "====",
            "\u0000",
            "é",
            [],
            {},
            7,
            True,
            "A" * 9_999,
        ):
            params = {"model": "ir.attachment", "method": "create", "kwargs": {}}
            params["args"] = [[{"name": "x.pdf", "datas": content}]]
            answer = self.url_open("/web/dataset/call_kw", json={"params": params})
            with self.subTest(content=str(content)[:20]):
                self.assertLess(answer.status_code, 500)
                ids = answer.json().get("result") or []
                added = self._drop(order, ids)
                self.assertIn(added.get("error", "UserError"), ("UserError", "none"))

    def _drop(self, order, ids):
        """Drop files on a line of a dossier's checklist; return what it says."""
        params = {"model": "sale.order", "method": "kmop_add_document", "kwargs": {}}
        params["args"] = [order.ids, self.legal_type.id, ids]
        answer = self.url_open("/web/dataset/call_kw", json={"params": params}).json()
        name = answer.get("error", {}).get("data", {}).get("name", "none")
        known = {"UserError", "ValidationError", "AccessError", "MissingError", "none"}
        kind = name.rpartition(".")[2]
        return {"error": "UserError" if kind in known - {"none"} else kind}

    @mute_logger("odoo.http")
    def test_odd_bodies(self):
        """A form's address takes no JSON, no XML and no broken form."""
        self.access.may_score = True
        bodies = [
            ("application/json", b'{"body": "x"}'),
            ("application/json", b"{"),
            ("application/json", b"[" * 5000),
            ("text/xml", b"<!DOCTYPE x [<!ENTITY a 'a'>]><x>&a;</x>"),
            ("multipart/form-data", b"--"),
            ("multipart/form-data; boundary=", b"----\r\n\r\n"),
            ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: x\r\n"),
            ("application/x-www-form-urlencoded", b"body=%ff%fe&&&=&=x"),
            ("application/x-www-form-urlencoded", b"a=1&" * 3000),
            ("", b"\x00\xff"),
        ]
        paths = ("/question", "/findings", f"/scores/{self.score.id}")
        addresses = [f"{self.base}{path}" for path in paths]
        token = self.client._kmop_get_reminder_token()
        addresses.append(f"/kmop/reminders/{self.client.id}/{token}")
        for address in addresses:
            for kind, body in bodies:
                answer = self.opener.post(
                    f"{self.base_url()}{address}",
                    data=body,
                    headers={"Content-Type": kind},
                    allow_redirects=False,
                )
                with self.subTest(address=address[:40], kind=kind, body=body[:20]):
                    self.assertLess(answer.status_code, 500)
        self.assertFalse(self.audit.finding_ids)

    def test_files_on_the_auditors_page(self):
        """Its forms take no files: what is sent along is left where it is."""
        files = {"body": ("x.html", HTML, "text/html"), "ufile": ("y.svg", SVG)}
        before = self.env["ir.attachment"].search_count([])
        page = self._open().text
        token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
        answer = self.opener.post(
            f"{self.base_url()}{self.base}/question",
            data={"access_token": self.token, "csrf_token": token},
            files=files,
            allow_redirects=False,
        )
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(self.env["ir.attachment"].search_count([]), before)

from odoo.tests import BaseCase, tagged

from ..tools import INLINE, examine, file_kinds, is_inline
from ..tools.file_kinds import CONTENT, ENDING, KINDS, SCRIPT, get_ending

PNG, ZIP, OLE = b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DER = b"\x30\x82\x01\0"


@tagged("post_install", "-at_install")
class TestFileKinds(BaseCase):
    def test_documents(self):
        for name, content, mimetype in (
            ("polis.pdf", b"%PDF-1.7", "application/pdf"),
            ("POLIS.PDF", b"%PDF-1.7", "application/pdf"),
            ("foto.jpg", b"\xff\xd8\xff\xe0", "image/jpeg"),
            # Phones and programs save an image under the ending of another.
            ("foto.jpg", PNG, "image/png"),
            ("foto.png", b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
            ("foto.heic", b"\0\0\0\x18ftypheic", "image/heif"),
            ("brief.doc", OLE, "application/msword"),
            ("brief.doc", b"{\\rtf1", "application/msword"),
            # With a password.
            ("brief.docx", OLE, KINDS["docx"][0]),
            ("brief.docx", ZIP, KINDS["docx"][0]),
            ("blad.ods", ZIP, KINDS["ods"][0]),
            ("brief.rtf", b"{\\rtf1", "application/rtf"),
            ("mail.eml", b"From: an@example.com\r\n\r\n<script>", "message/rfc822"),
            ("mail.msg", OLE, "application/vnd.ms-outlook"),
            ("brief.pages", ZIP, "application/vnd.apple.pages"),
            ("polis.pdf.p7m", DER, "application/pkcs7-mime"),
            ("polis.p7s", DER, "application/pkcs7-signature"),
            ("polis.p7s", b"-----BEGIN PKCS7-----", "application/pkcs7-signature"),
            ("polis.asice", ZIP, "application/vnd.etsi.asic-e+zip"),
            ("factuur.xml", b"<?xml version='1.0'?><Invoice one='1'/>", "text/xml"),
            ("alles.zip", ZIP, "application/zip"),
            ("alles.7z", b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
            ("alles.rar", b"Rar!\x1a\x07", "application/vnd.rar"),
            ("lijst.csv", b"a;b", "text/csv"),
            ("tekst.txt", "één".encode("utf-16"), "text/plain"),
            ("pagina.html", b"<p>Jong is niet one = 1</p>", "text/html"),
            ("tekening.svg", b"<svg><rect/></svg>", "image/svg+xml"),
            ("Overeenkomst v2.1", b"%PDF-1.7", "application/pdf"),
            ("zonder", b"tekst", "text/plain"),
        ):
            with self.subTest(name=name, content=content[:20]):
                self.assertEqual(examine(name, content), (mimetype, None))

    def test_refused(self):
        page = b"<html><script>x</script></html>"
        for name, content, fault in (
            ("rapport.exe", b"%PDF-1.7", ENDING),
            ("rapport.pdf.exe", b"MZ", ENDING),
            ("foto.hta", PNG, ENDING),
            ("code.js", b"x", ENDING),
            ("start.lnk", b"L\0", ENDING),
            ("macro.vbs", b"x", ENDING),
            # What no system shows, and what Windows leaves out at the end.
            ("rapport.exe. ", b"MZ", ENDING),
            ("rapport.hta\u00a0", b"x", ENDING),
            ("rapport.ex\u200be", b"MZ", ENDING),
            ("fdp\u202efdp.exe", b"MZ", ENDING),
            ("rapport.pdf", b"MZ\x90\0", CONTENT),
            ("rapport.pdf", page, CONTENT),
            ("rapport.pdf", b"", CONTENT),
            ("foto.png", b"%PDF-1.7", CONTENT),
            ("foto.png", b"<svg/>", CONTENT),
            ("alles.zip", b"MZ\x90\0", CONTENT),
            ("brief.docx", page, CONTENT),
            ("tekst.txt", b"MZ\x90\0", CONTENT),
            ("zonder", b"MZ\x90\0", CONTENT),
            ("mail.msg", b"MZ\x90\0", CONTENT),
            ("pagina.html", page, SCRIPT),
            ("pagina.html", page.decode().encode("utf-16"), SCRIPT),
            ("pagina.htm", b"<body ONLOAD = x>", SCRIPT),
            ("pagina.htm", b"<a href='javascript:x'>", SCRIPT),
            ("tekening.svg", b"<svg onload='x'/>", SCRIPT),
            ("blad.xml", b"<x xmlns='http://www.w3.org/1999/xhtml'/>", SCRIPT),
        ):
            with self.subTest(name=name, content=content[:20]):
                self.assertEqual(examine(name, content), (None, fault))

    def test_table(self):
        """Each ending can be had, and no browser shows what isn't on the short list."""
        known = {*file_kinds.MARKS, *file_kinds.TYPES}
        for ending, (mimetype, contents) in KINDS.items():
            with self.subTest(ending=ending):
                self.assertEqual(get_ending(f"x.{ending}"), ending)
                self.assertLessEqual(set(contents), known)
                self.assertEqual(is_inline(f"x.{ending}"), mimetype in INLINE)
        for name in ("x.html", "x.svg", "x.xml", "x.exe", "x", "x.csv"):
            self.assertFalse(is_inline(name))

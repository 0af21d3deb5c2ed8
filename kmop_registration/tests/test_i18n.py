import re
from collections import Counter
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import polib
from lxml import etree, html

from odoo.modules import Manifest
from odoo.tests import freeze_time, tagged
from odoo.tools.translate import TranslationModuleReader, get_base_langs

from .common import KmopCommon

ADDON = "kmop_registration"
FOLDER = Path(__file__).parents[1] / "i18n"
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|{{.*?}}")
# OCA's check wants no translation that repeats its source: this tells it from a gap.
SAME = "The same in this language."
# Attributes with text for people, which a translation changes.
TEXTS = {"title", "alt", "placeholder", "aria-label"}
ENGLISH = set(
    "the your this until again registration training ends ended days late".split()
)


def get_tags(term):
    """Count the tags of a term, with those attributes that a translation keeps."""
    return Counter(
        (node.tag, *sorted(item for item in node.items() if item[0] not in TEXTS))
        for node in html.fragment_fromstring(term, create_parent=True).iter()
    )


def get_words(text):
    return set(re.findall(r"\w+", text.lower()))


@tagged("post_install", "-at_install")
class TestTranslationFiles(KmopCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = {e.msgid for e in polib.pofile(str(FOLDER / f"{ADDON}.pot"))}
        cls.files = {path.stem: polib.pofile(str(path)) for path in FOLDER.glob("*.po")}

    def _get_demo_ids(self):
        manifest = Manifest.for_addon(ADDON)
        files = (Path(manifest.path) / name for name in manifest["demo"])
        ids = {
            i for file in files for i in etree.parse(str(file)).xpath("//record/@id")
        }
        # A demo product names its template too.
        return ids | {f"{i}_product_template" for i in ids}

    def _is_own(self, ttype, name, xmlid):
        """Tell ours from demo data and from other modules' fields on our models."""
        if ttype == "code":
            return True
        if not name.startswith("ir.model.fields,"):
            return xmlid.removeprefix(f"{ADDON}.") not in self.demo_ids
        field = self.env.ref(xmlid)
        return ADDON in self.env[field.model]._fields[field.name]._modules

    def _get_sources(self):
        """Return the terms of the addon as it is now, as Odoo exports them."""
        self.demo_ids = self._get_demo_ids()
        return {
            source
            for _m, ttype, name, xmlid, source, *_rest in TranslationModuleReader(
                self.env.cr, modules=[ADDON]
            )
            if self._is_own(ttype, name, xmlid)
        }

    def test_template_has_every_term(self):
        self.assertFalse(self._get_sources() - self.template, "export the .pot again")

    def test_complete(self):
        self.assertIn("nl", self.files)
        for lang, po in self.files.items():
            with self.subTest(lang=lang):
                self.assertEqual({e.msgid for e in po}, self.template)
                done = {e.msgid for e in po if e.translated() or e.tcomment == SAME}
                self.assertFalse(self.template - done, "missing or fuzzy")
                self.assertFalse([e.msgid for e in po if e.fuzzy or e.obsolete])
                self.assertEqual(po.metadata["Language"], lang)

    def test_no_english(self):
        """The source is English: a file of it would hide what changes there."""
        self.assertFalse([lang for lang in self.files if lang.startswith("en")])

    def test_placeholders(self):
        for lang, po in self.files.items():
            for entry in po.translated_entries():
                with self.subTest(lang=lang, term=entry.msgid):
                    self.assertEqual(
                        Counter(PLACEHOLDER.findall(entry.msgstr)),
                        Counter(PLACEHOLDER.findall(entry.msgid)),
                    )

    def test_markup(self):
        for lang, po in self.files.items():
            for entry in po.translated_entries():
                if "<" in entry.msgid + entry.msgstr:
                    with self.subTest(lang=lang, term=entry.msgid):
                        self.assertEqual(get_tags(entry.msgstr), get_tags(entry.msgid))


@tagged("post_install", "-at_install")
class TestReminderLanguages(KmopCommon):
    """The mail that nobody may miss, in each language and in every case it words."""

    DEADLINE = date(2028, 2, 29)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        langs = (
            cls.env["res.lang"]
            .with_context(active_test=False)
            .search([])
            .mapped("code")
        )
        shipped = {path.stem for path in FOLDER.glob("*.po")}
        cls.langs = [lang for lang in langs if shipped & set(get_base_langs(lang))]
        for lang in cls.langs:
            cls.env["res.lang"]._activate_lang(lang)
        cls.env["ir.module.module"]._load_module_terms(
            [ADDON], cls.langs, overwrite=True
        )
        cls.mail_template = cls.env.ref(
            "kmop_registration.mail_template_registration_end"
        )

    def setUp(self):
        super().setUp()
        with freeze_time("2026-03-01"):
            registration = self._register()
        rule = self.env.ref("kmop_registration.kmop_milestone_rule_end_6_months")
        self.milestone = registration.milestone_ids.sudo().filtered(
            lambda m: m.rule_id == rule
        )
        self.line = self.env["kmop.reminder"]._queue(
            "reminder", {self.milestone: self.officer.partner_id}
        )

    def _get_mail(self, lang, day, days_late, number):
        self.officer.lang = lang
        self.milestone.registration_id.number = number
        self.milestone.date_planned = day - timedelta(days=days_late)
        self.env.invalidate_all()
        with freeze_time(day):
            mail = self.env["mail.mail"].browse(
                self.mail_template.send_mail(self.line.id)
            )
        body = html.fromstring(str(mail.body_html)).text_content()
        return f"{mail.subject}\n{' '.join(body.split())}"

    def _get_cases(self):
        days = [self.DEADLINE - timedelta(days=54), self.DEADLINE, date(2028, 3, 10)]
        return product(days, [0, 17], ["DV.O123456", False])

    def _check_facts(self, mail, day, days_late, number):
        days_left = (self.DEADLINE - day).days
        self.assertIn("2028", mail)
        self.assertEqual("DV.O123456" in mail, bool(number))
        self.assertEqual("17" in get_words(mail), bool(days_late))
        self.assertEqual("54" in get_words(mail), days_left == 54)
        self.assertNotIn("t-out", mail)
        self.assertNotIn("{{", mail)

    def test_english(self):
        for case in self._get_cases():
            with self.subTest(case=case):
                mail = self._get_mail("en_US", *case)
                self._check_facts(mail, *case)
                self.assertIn(
                    "ends on" if case[0] <= self.DEADLINE else "ended on", mail
                )

    def test_translated(self):
        self.assertLessEqual({"nl_BE", "nl_NL"}, set(self.langs))
        for lang, case in product(self.langs, list(self._get_cases())):
            with self.subTest(lang=lang, case=case):
                mail = self._get_mail(lang, *case)
                self._check_facts(mail, *case)
                self.assertFalse(get_words(mail) & ENGLISH, mail)

from datetime import date

from odoo.exceptions import UserError
from odoo.tests import tagged

from .budget import BudgetCommon
from .test_evidence import EvidenceCommon

PDF = b"%PDF-1.4 "


@tagged("post_install", "-at_install")
class TestEvidenceUpload(BudgetCommon, EvidenceCommon):
    def _upload(self, files, user=None, **context):
        user = user or self.officer
        attachments = self.env["ir.attachment"].with_user(user)
        for name, raw in files.items():
            attachments += attachments.create({"name": name, "raw": raw})
        return self._add(attachments, user, **context), attachments

    def _add(self, attachments, user=None, **context):
        evidences = self.env["kmop.evidence"].with_user(user or self.officer)
        evidences = evidences.with_context(**context)
        return evidences.create_document_from_attachment(attachments.ids)

    def _get_added(self):
        return self.registration.evidence_ids.sorted("id")

    def test_one_draft_per_file(self):
        action, attachments = self._upload(
            {
                "Privacy_policy.v2.pdf": PDF,
                "CV Trees.docx": b"PK\x03\x04",
                "zonder": b"tekst",
            }
        )
        evidences = self._get_added()
        self.assertEqual(
            evidences.mapped("name"), ["Privacy policy.v2", "CV Trees", "zonder"]
        )
        self.assertEqual(set(evidences.mapped("state")), {"draft"})
        self.assertEqual(evidences.attachment_ids.sorted("id"), attachments)
        self.assertEqual(evidences.owner_id, self.officer)
        self.assertEqual(set(evidences.type_id.mapped("code")), {"other"})
        self.assertFalse(evidences.indicator_ids)
        # Of the evidence from now on, and no longer of their uploader only.
        self.assertEqual(set(attachments.mapped("res_model")), {"kmop.evidence"})
        self.assertTrue(all(attachments.mapped("res_id")))
        self.assertEqual(action["domain"], [("id", "in", evidences.ids)])
        self.assertEqual(action["context"]["notifications"], {})

    def test_bad_files_are_told_and_removed(self):
        self.company.kmop_evidence_max_mb = 1
        action, attachments = self._upload(
            {
                "goed.pdf": PDF,
                "leeg.pdf": b"",
                "groot.pdf": PDF + b"x" * 1024 * 1024,
                "programma.exe": b"MZ\x90\x00\x03\x00\x00\x00\x04",
            }
        )
        notices = action["context"]["notifications"]
        self.assertEqual(set(notices), {"leeg.pdf", "groot.pdf", "programma.exe"})
        self.assertIn("is empty", notices["leeg.pdf"])
        self.assertIn("larger than 1 MB", notices["groot.pdf"])
        self.assertIn("Programs and scripts", notices["programma.exe"])
        self.assertEqual(self._get_added().name, "goed")
        self.assertEqual(attachments.exists().mapped("name"), ["goed.pdf"])

    def test_only_bad_files(self):
        action, attachments = self._upload({"leeg.pdf": b""})
        self.assertEqual(action["tag"], "soft_reload")
        self.assertIn("leeg.pdf", action["context"]["notifications"])
        self.assertFalse(attachments.exists())
        self.assertFalse(self._get_added())

    def test_dropped_again(self):
        """A folder that is dropped twice is there once."""
        self._upload({"statuten.pdf": PDF, "kopie.pdf": PDF})
        self.assertEqual(self._get_added().mapped("name"), ["statuten"])
        action, _attachments = self._upload({"statuten (2).pdf": PDF})
        notice = action["context"]["notifications"]["statuten (2).pdf"]
        self.assertIn("Already there", notice)
        self.assertIn("statuten", notice)
        self.assertEqual(len(self._get_added()), 1)

    def test_kind_of_the_list(self):
        self._upload({"statuten.pdf": PDF}, default_type_id=self.legal_type.id)
        evidence = self._get_added()
        self.assertEqual(evidence.type_id, self.legal_type)
        usual = self.legal_type._get_indicators(self.registration)
        self.assertEqual(evidence.indicator_ids, usual)

    def test_without_the_kind_of_ours(self):
        """An administrator may delete it: another is there to begin with."""
        self.env.ref("kmop_registration.kmop_evidence_type_other").unlink()
        self._upload({"statuten.pdf": PDF})
        self.assertTrue(self._get_added().type_id)

    def test_which_registration(self):
        other = self._create_registration(service="advice")
        with self.assertRaisesRegex(UserError, "Which registration"):
            self._upload({"a.pdf": PDF})
        self._upload({"a.pdf": PDF}, default_registration_id=other.id)
        self.assertEqual(other.evidence_ids.name, "a")
        # Of two, the one that is valid.
        self._decide(self.registration, date(2026, 3, 1))
        if self.registration.validity == "valid":
            self._upload({"b.pdf": PDF + b"b"})
            self.assertEqual(self._get_added().name, "b")

    def test_files_of_others(self):
        """Nobody gets at a file by its number."""
        theirs = self._create_attachment("geheim.txt", user=self.manager)
        attached = self._create_attachment(
            res_model="kmop.registration", res_id=self.registration.id
        )
        for attachment in (theirs, attached):
            with self.assertRaisesRegex(UserError, "of your own"):
                self._add(attachment)
        with self.assertRaises(UserError):
            self._add(self.env["ir.attachment"])
        self.assertFalse(self._get_added())

    def test_rights(self):
        for user in (self.salesman, self.surveyor, self.reader):
            with self.subTest(user=user.login):
                self._upload({f"{user.login}.txt": user.login.encode()}, user)
                evidence = self._get_added()[-1]
                self.assertEqual(evidence.owner_id, user)
        foreign = {"default_registration_id": self.registration.id}
        # A default that the user may not read is none.
        with self.assertRaisesRegex(UserError, "Which registration"):
            self._upload({"x.pdf": PDF}, self.stranger, **foreign)

    def test_many(self):
        """A hundred files take hardly more queries than two, a file apart."""

        def count(number):
            attachments = self.env["ir.attachment"].with_user(self.officer)
            attachments = attachments.create(
                [
                    {"name": f"{number}-{i}.txt", "raw": f"{number}-{i}".encode()}
                    for i in range(number)
                ]
            )
            return self._count_once(lambda: self._add(attachments))

        count(2)
        few, many = count(2), count(62)
        self.assertLessEqual((many - few) / 60, 6)

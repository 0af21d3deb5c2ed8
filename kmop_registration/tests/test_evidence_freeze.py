import errno
from hashlib import sha256
from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import KmopCommon
from .files import get_place

PDF = b"%PDF-1.4 statuten"


@tagged("post_install", "-at_install")
class TestEvidenceFreeze(KmopCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registration = cls._create_registration()

    @classmethod
    def _create_file(cls, name="statuten.pdf", raw=PDF, user=None, **vals):
        attachments = cls.env["ir.attachment"].with_user(user or cls.officer)
        return attachments.create({"name": name, "raw": raw, **vals})

    def _accept(self, *files, **vals):
        evidence = self._create_evidence(
            self.registration, attachment_ids=[(6, 0, [f.id for f in files])], **vals
        )
        evidence.submit()
        evidence.accept()
        return evidence

    # ------------------------------------------------------------------ freezing

    def test_files_are_kept_and_hashed(self):
        original = self._create_file()
        evidence = self._accept(original, self._create_file("cv.txt", b"Ervaring"))
        self.assertRecordValues(
            evidence.file_ids,
            [
                {
                    "name": "statuten.pdf",
                    "kind": "file",
                    "sha256": sha256(PDF).hexdigest(),
                    "size": len(PDF),
                },
                {
                    "name": "cv.txt",
                    "kind": "file",
                    "sha256": sha256(b"Ervaring").hexdigest(),
                    "size": 8,
                },
            ],
        )
        # No copies: what the form shows is what is kept.
        self.assertIn(original, evidence.file_ids.attachment_id)
        self.assertEqual(evidence.file_ids.attachment_id, evidence.attachment_ids)
        self.assertEqual(evidence.verify()[evidence.id]["state"], "intact")

    def test_nobody_changes_or_removes_a_frozen_file(self):
        evidence = self._accept(self._create_file())
        frozen = evidence.file_ids.attachment_id
        for attachment in (frozen.with_user(self.manager), frozen.sudo()):
            for vals in (
                {"raw": b"x"},
                {"name": "x.pdf"},
                {"res_model": "res.partner"},
            ):
                with self.assertRaises(UserError) as caught:
                    attachment.write(vals)
                self.assertIn("Statuten", str(caught.exception))
            with self.assertRaises(UserError):
                attachment.unlink()
        self.assertEqual(frozen.raw, PDF)
        with self.assertRaises(UserError):
            evidence.file_ids.with_user(self.manager).write({"sha256": "0"})

    def test_a_file_that_is_not_there_is_not_accepted(self):
        """Nor one of which a part is there: nothing else is frozen in its place."""
        for number, left in enumerate((None, PDF[:4])):
            raw = PDF + b"%d" % number
            original = self._create_file(raw=raw).sudo()
            evidence = self._create_evidence(
                self.registration, attachment_ids=[(6, 0, original.ids)]
            )
            evidence.submit()
            path = get_place(original)
            path.unlink()
            if left:
                path.write_bytes(left)
            self.env.invalidate_all()
            with self.assertRaises(UserError) as caught:
                evidence.accept()
            self.assertIn("statuten.pdf is missing", str(caught.exception))
            self.assertEqual((evidence.state, len(evidence.file_ids)), ("submitted", 0))
            path.write_bytes(raw)
            self.env.invalidate_all()
            evidence.accept()
            self.assertEqual(evidence.verify()[evidence.id]["state"], "intact")

    def test_no_room_for_a_snapshot(self):
        """On a disk that is full nothing is accepted, and later on it can be."""
        evidence = self._create_order()._kmop_link(self.registration, self.quote_type)
        evidence.submit()
        evidence = evidence.with_user(self.officer)
        attachments = self.env.registry["ir.attachment"]
        full = OSError(errno.ENOSPC, "No space left on device")
        with (
            patch.object(attachments, "_file_write", side_effect=full),
            self.assertLogs("odoo.addons.kmop_registration", "ERROR") as logs,
            self.assertRaises(UserError) as caught,
        ):
            evidence.accept()
        self.assertIn("No space left on device", str(caught.exception))
        self.assertIn(f"evidence [{evidence.id}] can't be kept", logs.output[0])
        self.assertEqual((evidence.state, len(evidence.file_ids)), ("submitted", 0))
        evidence.accept()
        self.assertEqual(evidence.verify()[evidence.id]["state"], "intact")

    def test_names_are_unique(self):
        evidence = self._accept(
            self._create_file("a.pdf", b"%PDF 1"),
            self._create_file("A.pdf", b"%PDF 2"),
            self._create_file("zonder", b"tekst"),
            self._create_file("zonder", b"tekst 2"),
        )
        self.assertEqual(
            evidence.file_ids.mapped("name"),
            ["a.pdf", "A (2).pdf", "zonder", "zonder (2)"],
        )

    def test_snapshot_of_a_quote(self):
        order = self._create_order()
        evidence = (
            order.with_user(self.officer)
            .sudo()
            ._kmop_link(self.registration, self.quote_type)
        )
        evidence.submit()
        evidence.accept()
        (snapshot,) = evidence.file_ids
        self.assertEqual(snapshot.kind, "snapshot")
        self.assertTrue(snapshot.name.startswith(order.name))
        content = snapshot.attachment_id.raw
        self.assertEqual(snapshot.sha256, sha256(content).hexdigest())
        if snapshot.name.endswith(".html"):
            self.assertIn(b"Opleiding", content)
        else:
            self.assertTrue(content.startswith(b"%PDF"))
        order.order_line.name = "Iets anders"
        self.assertEqual(evidence.verify()[evidence.id]["state"], "intact")
        with self.assertRaises(UserError) as caught:
            order.unlink()
        self.assertIn(order.name, str(caught.exception))

    def test_snapshot_of_survey_answers(self):
        survey = self.env["survey.survey"].create({"title": "Tevreden/heid <b>"})
        question = self.env["survey.question"].create(
            {"survey_id": survey.id, "title": "Inhoud?", "question_type": "char_box"}
        )
        answer = survey._create_answer(partner=self.client)
        answer._save_lines(question, "Goed <script>")
        answer._mark_done()
        evaluation = self.env.ref("kmop_registration.kmop_evidence_type_evaluation")
        evidence = answer._kmop_link(self.registration, evaluation)
        evidence.submit()
        evidence.accept()
        content = evidence.file_ids.attachment_id.raw.decode()
        for text in ("Inhoud?", "Goed &lt;script&gt;", "Kmo Klant BV", "&lt;b&gt;"):
            self.assertIn(text, content)
        self.assertNotIn("<script>", content)

    def test_in_bulk(self):
        """Accepting 100 takes few queries more than accepting 10, apart from the
        files that are written."""

        def count(number):
            evidences = self.env["kmop.evidence"].concat(
                *(self._create_evidence(self.registration) for _i in range(number))
            )
            evidences.submit()
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            evidences.accept()
            self.env.flush_all()
            self.assertEqual(set(evidences.mapped("state")), {"accepted"})
            return self.env.cr.sql_log_count - start

        count(1)
        few, many = count(10), count(100)
        self.assertLessEqual(many, few + 5)

    def test_new_version_takes_the_place_of_the_accepted_one(self):
        order = self._create_order()
        first = order._kmop_link(self.registration, self.quote_type)
        first = first.with_user(self.officer)
        with self.assertRaises(UserError):
            first.action_new_version()
        first.submit()
        first.sudo().accept()
        newer = first.browse(first.sudo().action_new_version()["res_id"])
        self.assertEqual(newer.indicator_ids, first.indicator_ids)
        newer.submit()
        self.assertEqual(first.state, "accepted")
        newer.sudo().accept()
        self.assertEqual((first.state, newer.state), ("superseded", "accepted"))
        self.assertEqual(first.superseded_by_id, newer)
        self.assertEqual(first.verify()[first.id]["state"], "intact")

    # -------------------------------------------------------------------- verify

    def test_altered(self):
        evidence = self._accept(self._create_file())
        self.env.flush_all()
        # Behind Odoo's back, as somebody with the database would.
        self.env.cr.execute(
            "UPDATE ir_attachment SET store_fname = NULL, db_datas = %s WHERE id = %s",
            [b"vervalst", evidence.file_ids.attachment_id.id],
        )
        self.env.invalidate_all()
        self.assertEqual(
            evidence.verify()[evidence.id],
            {"state": "altered", "files": {"statuten.pdf": "altered"}},
        )

    @mute_logger("odoo.addons.base.models.ir_attachment")
    def test_missing(self):
        evidence = self._accept(self._create_file(raw=b"%PDF alleen hier"))
        attachment = evidence.file_ids.attachment_id
        get_place(attachment).unlink()
        self.env.invalidate_all()
        self.assertEqual(evidence.verify()[evidence.id]["state"], "missing")
        action = evidence.action_verify()
        self.assertIn("statuten.pdf", action["params"]["message"])

    def test_evidence_altered(self):
        evidence = self._accept(self._create_file())
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE kmop_evidence SET date_effective = '2001-01-01' WHERE id = %s",
            [evidence.id],
        )
        self.env.invalidate_all()
        self.assertEqual(evidence.verify()[evidence.id]["state"], "altered")
        self.assertFalse(self._create_evidence(self.registration).verify())

    # ----------------------------------------------------------------- bad input

    def test_bad_files(self):
        self.company.kmop_evidence_max_mb = 1
        for name, raw, words in (
            ("leeg.pdf", b"", "empty"),
            ("groot.pdf", b"%PDF" + bytes(1024 * 1024), "larger than 1 MB"),
            ("virus.exe", b"MZ" + bytes(100), "that end in “.exe” are no documents"),
        ):
            with self.subTest(name=name), self.assertRaises(ValidationError) as caught:
                self._create_evidence(
                    self.registration,
                    attachment_ids=[(4, self._create_file(name, raw).id)],
                )
            self.assertIn(words, str(caught.exception))
            self.assertIn(name, str(caught.exception))

    def test_just_within_the_limit(self):
        self.company.kmop_evidence_max_mb = 1
        raw = b"%PDF" + bytes(1024 * 1024 - 4)
        self._create_evidence(
            self.registration, attachment_ids=[(4, self._create_file(raw=raw).id)]
        )

    def test_links_are_links(self):
        for url in ("javascript:alert(1)", "ftp://x", "intranet"):
            with self.assertRaises(ValidationError):
                self._create_evidence(self.registration, url=url)

    def test_nothing_to_submit(self):
        evidence = self._create_evidence(self.registration, url=False)
        with self.assertRaises(UserError):
            evidence.submit()
        self.assertEqual(evidence.state, "draft")

    def test_four_eyes(self):
        own = self._create_evidence(self.registration)
        own.submit()
        others = self._create_evidence(self.registration, user=self.salesman)
        others.submit()
        self.company.kmop_four_eyes = True
        with self.assertRaises(UserError) as caught:
            own.accept()
        self.assertIn("your own", str(caught.exception))
        self.assertEqual(own.state, "submitted")
        others.with_user(self.officer).accept()
        own.with_user(self.manager).accept()

    def test_indicator_of_another_norm_or_service(self):
        advice = self.env.ref("kmop_registration.kmop_indicator_activity_report")
        norm = self.env["kmop.norm"].create({"name": "Oud", "date_from": "2000-01-01"})
        requirement = self.env["kmop.requirement"].create(
            {"norm_id": norm.id, "code": "1", "name": "Oud"}
        )
        old = self.env["kmop.indicator"].create(
            {"requirement_id": requirement.id, "code": "1", "name": "Oud"}
        )
        for indicator in (advice, old):
            with self.assertRaises(ValidationError) as caught:
                self._create_evidence(
                    self.registration, indicator_ids=[(6, 0, indicator.ids)]
                )
            self.assertIn(indicator.display_name, str(caught.exception))

    def test_review_before_its_own_date(self):
        with self.assertRaises(ValidationError):
            self._create_evidence(
                self.registration, date_effective="2026-03-02", date_review="2026-03-01"
            )

    def test_review_follows_the_type(self):
        self.legal_type.review_months = 12
        evidence = self._create_evidence(self.registration, date_effective="2026-02-28")
        self.assertEqual(str(evidence.date_review), "2027-02-28")

    # ---------------------------------------------------------------- duplicates

    def test_same_file_twice_is_noticed(self):
        first = self._create_evidence(
            self.registration, attachment_ids=[(4, self._create_file().id)]
        )
        second = self._create_evidence(
            self.registration,
            attachment_ids=[(4, self._create_file("anders.pdf").id)],
        )
        other = self._create_evidence(
            self.registration, attachment_ids=[(4, self._create_file(raw=b"%PDF 3").id)]
        )
        self.assertEqual(second.duplicate_ids, first)
        self.assertEqual(first.duplicate_ids, second)
        self.assertFalse(other.duplicate_ids)

    def test_what_was_not_frozen_may_change(self):
        evidence = self._accept(self._create_file())
        file = evidence.file_ids.attachment_id.sudo()
        file.description = "Nagelezen"
        self.assertEqual(file.description, "Nagelezen")

"""What a remote call can do to files, with whatever it sends along: nothing."""

import base64
import io
from datetime import date
from unittest.mock import patch

from PIL import Image

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.models import MAGIC_COLUMNS
from odoo.modules.migration import load_script
from odoo.tests import HttpCase, tagged
from odoo.tools import SQL, file_path, mute_logger

from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG

from ..models.base.ir_attachment import FREE_FIELDS, OWNERS
from .budget import BudgetCommon
from .files import get_place, make_content
from .test_evidence import EvidenceCommon

# What a remote call may send along: keys that the host, or the addon, knows.
CONTEXTS = (
    {},
    {MODULE_UNINSTALL_FLAG: True},
    {"install_mode": True, "import_file": True, "module": "kmop_registration"},
    {"tracking_disable": True, "mail_notrack": True, "active_test": False},
    {"kmop_moving": True, "image_no_postprocess": True, "bin_size": True},
    {"default_res_model": "res.partner", "default_public": True},
    {"storage_location": "db", "force_storage_key": "x"},
)
FORGED = b"%PDF-1.4 vervalst"


class GuardCommon(EvidenceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = cls.env.ref("base.user_admin")
        # Of this company as well: nothing but the guard is in their way.
        cls.admin.company_ids += cls.company

    def _get_kept(self):
        """Return, by what it is, a file that nobody may touch any more."""
        accepted = self._accepted(
            attachment_ids=self._create_attachment("statuten.pdf").ids
        )
        superseded = self._accepted(
            attachment_ids=self._create_attachment("oud.pdf").ids
        )
        superseded.supersede(accepted)
        submitted = self._create_evidence(
            self.registration, attachment_ids=self._create_attachment("nieuw.pdf").ids
        )
        submitted.submit()
        quote = self._link(self._create_order())
        quote.submit()
        quote.with_user(self.officer).accept()
        audit = self._visit(self.registration, date(2026, 2, 1))
        audit.report_attachment_ids = self._create_attachment("rapport.pdf")
        audit.decide("positive")
        period = audit.period_ids
        period.attest_attachment_ids = self._create_attachment("attest.pdf")
        return {
            "accepted": accepted.attachment_ids,
            "superseded": superseded.attachment_ids,
            "submitted": submitted.attachment_ids,
            "snapshot": quote.file_ids.attachment_id,
            "report": audit.report_attachment_ids,
            "attest": period.attest_attachment_ids,
        }

    def _get_owner(self, attachment):
        return self.env[attachment.res_model].browse(attachment.res_id)

    def _get_state(self, attachment):
        """Return all that the database knows of an attachment."""
        self.env.flush_all()
        self.env.cr.execute("SELECT * FROM ir_attachment WHERE id = %s", attachment.ids)
        return self.env.cr.dictfetchall()


@tagged("post_install", "-at_install")
class TestKeptFiles(GuardCommon):
    def _get_values(self, attachment):
        """Return another value for each field that is stored, or that stores."""
        values = {}
        for name, field in attachment._fields.items():
            written = field.store or field.inverse
            if name in FREE_FIELDS or name in MAGIC_COLUMNS or not written:
                continue
            values[name] = {
                "boolean": True,
                "integer": 7,
                "many2one_reference": self.client.id,
                "many2one": 1,
                "binary": base64.b64encode(FORGED) if name == "datas" else FORGED,
                "selection": "url",
            }.get(field.type, "res.partner")
        return values

    def test_every_field(self):
        """No field is free but those that are named, for anybody, with any key."""
        for kind, attachment in self._get_kept().items():
            before = self._get_state(attachment)
            values = self._get_values(attachment)
            self.assertGreaterEqual(
                set(values),
                {"raw", "datas", "name", "mimetype", "public", "access_token"}
                | {"res_model", "res_id", "url", "type", "store_fname", "db_datas"}
                | {"checksum", "file_size", "company_id", "res_field"},
            )
            for name, value in values.items():
                for context in CONTEXTS:
                    with self.subTest(kind=kind, field=name, context=context):
                        with self.assertRaises(UserError):
                            attachment.sudo().with_context(**context).write(
                                {name: value}
                            )
            for user in (self.officer, self.manager, self.admin):
                for name in ("raw", "public", "res_id"):
                    with self.subTest(kind=kind, field=name, user=user.login):
                        with self.assertRaises(UserError):
                            attachment.with_user(user).write({name: values[name]})
            self.assertEqual(self._get_state(attachment), before)

    def test_not_removed(self):
        for kind, attachment in self._get_kept().items():
            for context in CONTEXTS:
                for user in (self.officer, self.manager, self.admin):
                    mine = attachment.with_user(user).with_context(**context)
                    with self.subTest(kind=kind, context=context, user=user.login):
                        with self.assertRaises(UserError):
                            mine.unlink()
                with self.subTest(kind=kind, context=context):
                    with self.assertRaises(UserError):
                        attachment.sudo().with_context(**context).unlink()
            self.assertTrue(attachment.exists())

    def test_strangers_are_told_nothing(self):
        """Who has no right to the file isn't told what it is called, or whose."""
        for kind, attachment in self._get_kept().items():
            for user in (self.stranger, self.surveyor):
                mine = attachment.with_user(user)
                for call in (lambda m=mine: m.write({"raw": FORGED}), mine.unlink):
                    with self.subTest(kind=kind, user=user.login):
                        with self.assertRaises(AccessError) as caught:
                            call()
                        self.assertNotIn("belongs to", str(caught.exception))

    def test_no_link_for_the_world(self):
        """Neither public nor by a token, made before or after."""
        shared = self._create_attachment("gedeeld.pdf")
        shared.generate_access_token()
        shared.public = True
        evidence = self._accepted(attachment_ids=shared.ids)
        frozen = evidence.attachment_ids
        self.assertNotEqual(frozen, shared)
        for attachment in (frozen, *self._get_kept().values()):
            self.assertFalse(attachment.sudo().access_token or attachment.public)
            for user in (self.officer, self.manager, self.admin):
                with self.assertRaises(UserError):
                    attachment.with_user(user).generate_access_token()
        # Of one's own draft, too: what is accepted is nobody's link.
        draft = self._create_evidence(
            self.registration, attachment_ids=self._create_attachment("later.pdf").ids
        )
        original = draft.attachment_ids
        original.generate_access_token()
        draft.submit()
        draft.accept()
        self.assertNotEqual(draft.attachment_ids, original)
        self.assertFalse(draft.attachment_ids.sudo().access_token)

    def test_by_the_commands_of_a_record(self):
        """Through the field of its own record, and through that of another."""
        draft = self._create_evidence(self.registration)
        for kind, attachment in self._get_kept().items():
            owner = self._get_owner(attachment)
            field = owner._attachment_field
            linked = owner.with_user(self.officer)
            before = self._get_state(attachment)
            for commands in (
                [Command.update(attachment.id, {"raw": FORGED})],
                [Command.update(attachment.id, {"public": True})],
                [Command.delete(attachment.id)],
            ):
                for record, name in (
                    (linked, field),
                    (draft, "attachment_ids"),
                ):
                    for context in CONTEXTS[:2]:
                        with self.subTest(kind=kind, commands=commands):
                            with self.assertRaises(UserError):
                                record.with_context(**context).write({name: commands})
            self.assertEqual(self._get_state(attachment), before)

    def test_attests_are_added_and_never_taken_away(self):
        kept = self._get_kept()["attest"]
        period = self._get_owner(kept).with_user(self.officer)
        for commands in (
            [Command.clear()],
            [Command.unlink(kept.id)],
            [Command.set(self._create_attachment("ander.pdf").ids)],
            [Command.set([])],
        ):
            for mine in (period, period.sudo()):
                with self.subTest(commands=commands), self.assertRaises(UserError):
                    mine.write({"attest_attachment_ids": commands})
        self.assertEqual(period.attest_attachment_ids, kept)
        other = self._create_attachment("tweede.pdf")
        period.attest_attachment_ids = [Command.link(other.id)]
        self.assertEqual(period.attest_attachment_ids, kept | other)

    def test_report_follows_the_decision_once(self):
        audit = self._visit(self.registration, date(2026, 2, 1))
        wrong, right = (self._create_attachment(f"{n}.pdf") for n in "ab")
        audit.report_attachment_ids = wrong
        # Until the decision it can be replaced, and mended.
        audit.report_attachment_ids = right
        right.raw = make_content("a.pdf") + b" verbeterd"
        audit.report_attachment_ids = False
        audit.decide("positive")
        self.assertTrue(audit.can_add_report)
        late = self._create_attachment("laat.pdf")
        audit.report_attachment_ids = late
        self.assertFalse(audit.can_add_report)
        for commands in (
            [Command.link(self._create_attachment("nog.pdf").id)],
            [Command.clear()],
            [Command.create({"name": "c.pdf", "raw": FORGED})],
        ):
            for context in CONTEXTS[:2]:
                mine = audit.with_context(**context)
                with self.subTest(commands=commands), self.assertRaises(UserError):
                    mine.write({"report_attachment_ids": commands})
        self.assertEqual(audit.report_attachment_ids, late)

    def test_no_report_of_a_cancelled_audit(self):
        audit = self.registration.start_audit()
        audit.cancel("Verkeerd traject")
        with self.assertRaisesRegex(UserError, "read-only"):
            audit.report_attachment_ids = self._create_attachment("x.pdf")

    def test_moved_away_before_the_decision(self):
        """A file that is another record's by then is copied, so that it is kept."""
        audit = self._visit(self.registration, date(2026, 2, 1))
        report = self._create_attachment("rapport.pdf")
        audit.report_attachment_ids = report
        evidence = self._create_evidence(
            self.registration, attachment_ids=self._create_attachment("b.pdf").ids
        )
        for attachment in (report, evidence.attachment_ids):
            attachment.write(
                {"res_model": "kmop.registration", "res_id": self.registration.id}
            )
        moved = evidence.attachment_ids
        evidence.submit()
        audit.decide("positive")
        moved.raw = FORGED
        report.raw = FORGED
        evidence.accept()
        for kept in (evidence.attachment_ids, audit.report_attachment_ids):
            self.assertNotIn(kept, moved | report)
            self.assertNotEqual(kept.raw, FORGED)
            with self.assertRaises(UserError):
                kept.raw = FORGED

    def test_copy_of_before(self):
        """Of a database of before: the original and the copy that was kept."""
        evidence = self._accepted(attachment_ids=self._create_attachment("a.pdf").ids)
        original = evidence.attachment_ids
        self.env.flush_all()
        copy = self._create_attachment(
            "a.pdf", res_model="kmop.evidence", res_id=evidence.id
        )
        self.env.cr.execute(
            "UPDATE kmop_evidence_file SET attachment_id = %s WHERE evidence_id = %s",
            [copy.id, evidence.id],
        )
        self.env.invalidate_all()
        for attachment in (original, copy):
            with self.assertRaises(UserError):
                attachment.raw = FORGED
            with self.assertRaises(UserError):
                attachment.unlink()

    def test_what_is_not_kept_stays_free(self):
        """A draft's own file, and what is said beside accepted evidence."""
        draft = self._create_evidence(
            self.registration, attachment_ids=self._create_attachment("a.pdf").ids
        )
        draft.attachment_ids.write({"name": "b.pdf", "raw": b"%PDF anders"})
        file = draft.attachment_ids
        draft.unlink()
        self.assertFalse(file.exists())
        evidence = self._accepted(attachment_ids=self._create_attachment("c.pdf").ids)
        message = evidence.message_post(attachments=[("praat.txt", b"Zie bijlage")])
        message.attachment_ids.write({"name": "praatje.txt"})
        message.attachment_ids.unlink()
        # The web client draws a thumbnail of what it shows, whoever looks.
        evidence.attachment_ids.sudo().thumbnail = base64.b64encode(
            self.env["ir.attachment"]._file_read("web/static/img/logo.png") or b""
        )
        rejected = self._create_evidence(
            self.registration, attachment_ids=self._create_attachment("d.pdf").ids
        )
        rejected.submit()
        rejected.reject("Onleesbaar")
        rejected.attachment_ids.raw = b"%PDF leesbaar"


@tagged("post_install", "-at_install")
class TestUpdate(GuardCommon):
    """What the update makes of a database of before."""

    def _link(self, record, attachments):
        """Link attachments as nobody could any more."""
        field = record._fields[record._attachment_field]
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "DELETE FROM %(table)s WHERE %(record)s = %(id)s",
                table=SQL.identifier(field.relation),
                record=SQL.identifier(field.column1),
                id=record.id,
            )
        )
        for attachment in attachments:
            self.env.cr.execute(
                SQL(
                    "INSERT INTO %(table)s (%(one)s, %(other)s)"
                    " VALUES (%(id)s, %(to)s)",
                    table=SQL.identifier(field.relation),
                    one=SQL.identifier(field.column1),
                    other=SQL.identifier(field.column2),
                    id=record.id,
                    to=attachment.id,
                )
            )
        self.env.invalidate_all()

    def _accept_as_before(self, name):
        """Return accepted evidence, its original, and the copy that was kept."""
        evidence = self._accepted(attachment_ids=self._create_attachment(name).ids)
        original = evidence.attachment_ids
        copy = self._create_attachment(
            name, res_model="kmop.evidence", res_id=evidence.id
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE kmop_evidence_file SET attachment_id = %s WHERE evidence_id = %s",
            [copy.id, evidence.id],
        )
        self.env.invalidate_all()
        return evidence, original, copy

    def _update(self):
        path = file_path("kmop_registration/migrations/19.0.1.5.0/post-files.py")
        self.env.flush_all()
        load_script(path, "post_files").migrate(self.env.cr, "19.0.1.4.0")
        self.env.invalidate_all()

    def test_accepted_evidence(self):
        same = self._accept_as_before("gelijk.pdf")
        altered = self._accept_as_before("anders.pdf")
        foreign = self._accept_as_before("vreemd.pdf")
        theirs = self._create_attachment(
            "vreemd.pdf",
            user=self.env.user,
            res_model="res.partner",
            res_id=self.client.id,
        )
        self._link(foreign[0], theirs)
        self.env.cr.execute(
            "UPDATE ir_attachment SET checksum = 'x' WHERE id = %s", altered[1].ids
        )
        self._update()
        # Where the original is what was accepted, both are there, and both are kept.
        self.assertEqual(same[0].attachment_ids, same[1])
        for attachment in same[1:]:
            with self.assertRaises(UserError):
                attachment.raw = FORGED
        for evidence, original, copy in (altered, foreign):
            self.assertEqual(evidence.attachment_ids, copy)
            self.assertTrue(original.exists())
            with self.assertRaises(UserError):
                copy.raw = FORGED
        for evidence in (same[0], altered[0], foreign[0]):
            self.assertEqual(evidence.verify()[evidence.id]["state"], "intact")
        theirs.raw = b"%PDF van een ander"

    def test_reports_and_attests(self):
        audit = self._visit(self.registration, date(2026, 2, 1))
        audit.decide("positive")
        for record in (audit, audit.period_ids):
            theirs = self._create_attachment(
                "verslag.pdf",
                user=self.env.user,
                res_model="res.partner",
                res_id=self.client.id,
            )
            lost = theirs.copy(
                {"name": "weg.pdf", "raw": FORGED + record._name.encode()}
            )
            self._link(record, theirs | lost)
            get_place(lost).unlink()
            with mute_logger("odoo.addons.base.models.ir_attachment"):
                self._update()
            files = record[record._attachment_field]
            self.assertEqual(len(files), 2)
            self.assertIn(lost, files)
            self.assertNotIn(theirs, files)
            kept = files - lost
            self.assertEqual(kept.raw, theirs.raw)
            with self.subTest(model=record._name), self.assertRaises(UserError):
                kept.raw = FORGED
            theirs.unlink()


@tagged("post_install", "-at_install")
class TestAdoption(GuardCommon):
    def setUp(self):
        super().setUp()
        attachments = self.env["ir.attachment"].sudo()
        order = self._create_order(user_id=self.officer.id)
        self.foreign = {
            "served": attachments.create(
                {"name": "web.css", "raw": b"body {}", "public": True, "url": "/w.css"}
            ),
            "public": self._create_attachment("logo.pdf", public=True),
            "shared": self._create_attachment("gedeeld.pdf"),
            "of a quote": self._create_attachment(
                "offerte.pdf",
                user=self.env.user,
                res_model="sale.order",
                res_id=order.id,
            ),
            "of a field": self._create_attachment(
                "beeld.pdf",
                user=self.env.user,
                res_model="res.partner",
                res_id=self.client.id,
                res_field="image_1920",
            ),
            "in a message": self._create_attachment(
                "mail.pdf", res_model="mail.compose.message"
            ),
        }
        self.foreign["shared"].generate_access_token()
        self.officer.group_ids += self.env.ref("sales_team.group_sale_manager")

    def _get_holders(self):
        """Return a record of each kind that has files, and its field."""
        audit = self._visit(self.registration, date(2026, 2, 1))
        other = self._register(service="advice").sudo(False)
        exemption = self.env["kmop.exemption"].create(
            {
                "registration_id": self.registration.id,
                "requirement_id": self.env.ref(
                    "kmop_registration.kmop_requirement_activity"
                ).id,
                "ground": "iso9001",
            }
        )
        records = (
            self._create_evidence(self.registration),
            audit,
            other.period_ids,
            exemption.with_user(self.officer),
        )
        return [(record, record._attachment_field) for record in records]

    def test_every_model_that_has_files(self):
        """A model with a field of files adopts them, or it is named here."""
        fields = {
            (model_name, name)
            for model_name in self.env
            if model_name.startswith("kmop.") and not self.env[model_name]._abstract
            for name, field in self.env[model_name]._fields.items()
            if field.relational
            and field.comodel_name == "ir.attachment"
            and not name.startswith(("message_", "activity_"))
        }
        adopting = {
            (model_name, self.env[model_name]._attachment_field)
            for model_name in self.env
            if "_attachment_field" in dir(self.env[model_name])
            and not self.env[model_name]._abstract
        }
        self.assertEqual(
            {record._name for record, _f in self._get_holders()},
            {model_name for model_name, _field in adopting},
        )
        # A decision keeps copies of certificates; nobody adds a file to it.
        owners = set(OWNERS) - {"kmop.audit.decision"}
        self.assertLess(owners, {model_name for model_name, _field in adopting})
        self.assertEqual(
            fields - adopting,
            {
                # Made by the server only.
                ("kmop.export", "part_ids"),
                ("kmop.evidence.file", "attachment_id"),
                # Handed on to the period, which copies them.
                ("kmop.registration.onboard.part", "attest_attachment_ids"),
            },
        )

    def test_own_upload_is_taken_over(self):
        """With or without the model of the form, as the web client sends it."""
        for record, field in self._get_holders():
            for vals in ({}, {"res_model": record._name, "res_id": 0}):
                upload = self._create_attachment("eigen.pdf", **vals)
                record.write({field: [Command.link(upload.id)]})
                with self.subTest(model=record._name, vals=vals):
                    self.assertIn(upload, record[field])
                    owner = (upload.res_model, upload.res_id)
                    self.assertEqual(owner, (record._name, record.id))

    @mute_logger("odoo.addons.base.models.ir_attachment")
    def test_nothing_else_is_taken_over(self):
        """What anybody can read stays as it was, and a copy is linked."""
        served = self.foreign.pop("served")
        for record, field in self._get_holders():
            for kind, attachment in self.foreign.items():
                before = self._get_state(attachment)
                record.write({field: [Command.link(attachment.id)]})
                with self.subTest(model=record._name, kind=kind):
                    self.assertNotIn(attachment, record[field])
                    copy = record[field].filtered(
                        lambda a, name=attachment.name: a.name == name
                    )
                    self.assertEqual(copy.raw, attachment.raw)
                    owner = (copy.res_model, copy.res_id)
                    self.assertEqual(owner, (record._name, record.id))
                    self.assertFalse(copy.public or copy.access_token)
                    self.assertEqual(self._get_state(attachment), before)
            before = self._get_state(served)
            with self.subTest(model=record._name), self.assertRaises(UserError):
                record.write({field: [Command.link(served.id)]})
            self.assertEqual(self._get_state(served), before)

    def test_defaults_that_are_sent_along(self):
        """They make no copy public, nor have it served at an address."""
        sent = {
            "default_public": True,
            "default_url": "/x.pdf",
            "default_access_token": "x",
            "default_type": "url",
            "default_res_field": "image_1920",
            "storage_location": "db",
        }
        draft = self._create_evidence(self.registration).with_context(**sent)
        draft.attachment_ids = [Command.link(self.foreign["public"].id)]
        copy = draft.attachment_ids
        self.assertTrue(draft._is_own(copy.sudo()))

    def test_a_draft_that_goes_takes_nothing_along(self):
        for kind, attachment in self.foreign.items():
            if kind == "served":
                continue
            draft = self._create_evidence(
                self.registration, attachment_ids=attachment.ids
            )
            copy = draft.attachment_ids
            draft.unlink()
            with self.subTest(kind=kind):
                self.assertFalse(copy.exists())
                self.assertTrue(attachment.exists())

    def test_commands_on_foreign_files(self):
        """What a user may not do to a file, they may not do through a record."""
        draft = self._create_evidence(self.registration, user=self.salesman)
        served = self.foreign["served"]
        order = self.foreign["of a quote"]
        for attachment in (served, order, self._create_attachment(user=self.manager)):
            before = self._get_state(attachment)
            for commands in (
                [Command.update(attachment.id, {"raw": FORGED})],
                [Command.link(attachment.id), (1, attachment.id, {"raw": FORGED})],
                [Command.delete(attachment.id)],
                [Command.link(attachment.id), Command.delete(attachment.id)],
            ):
                with self.subTest(name=attachment.name, commands=commands):
                    with self.assertRaises(UserError):
                        draft.write({"attachment_ids": commands})
            self.env.invalidate_all()
            self.assertEqual(self._get_state(attachment), before)

    def test_created_with_an_owner_of_its_own(self):
        """What comes as another record's file is copied; as a served one, refused."""
        draft = self._create_evidence(self.registration, user=self.salesman)
        vals = {"name": "a.pdf", "raw": b"%PDF a"}
        draft.attachment_ids = [Command.create({**vals, "res_model": "res.partner"})]
        self.assertEqual(draft.attachment_ids.res_model, "kmop.evidence")
        with self.assertRaises(UserError):
            draft.attachment_ids = [Command.create({**vals, "url": "/x.pdf"})]

    def test_shared_between_records(self):
        """Each has its own: what one does with it is nothing to the other."""
        upload = self._create_attachment("a.pdf")
        first, second = (
            self._create_evidence(self.registration, attachment_ids=upload.ids)
            for _i in range(2)
        )
        self.assertEqual(first.attachment_ids, upload)
        self.assertNotEqual(second.attachment_ids, upload)
        third = first.copy()
        self.assertNotEqual(third.attachment_ids, upload)
        first.unlink()
        self.assertEqual(third.attachment_ids.raw, make_content("a.pdf"))
        both = second | third
        one = self._create_attachment("b.pdf")
        both.attachment_ids = [Command.set(one.ids)]
        self.assertEqual(len(both.attachment_ids), 2)

    def test_image_keeps_its_size(self):
        """The host makes large images smaller; a copy is what was linked."""
        drawn = io.BytesIO()
        Image.new("RGB", (4000, 10)).save(drawn, "PNG")
        foreign = self.env["ir.attachment"].with_context(image_no_postprocess=True)
        foreign = foreign.create(
            {
                "name": "breed.png",
                "raw": drawn.getvalue(),
                "res_model": "res.partner",
                "res_id": self.client.id,
            }
        )
        evidence = self._create_evidence(self.registration, attachment_ids=foreign.ids)
        self.assertEqual(evidence.attachment_ids.raw, drawn.getvalue())

    def test_files_dropped_on_the_list(self):
        """Only what one uploaded just now, whatever one could read."""
        for kind, attachment in self.foreign.items():
            mine = attachment.with_user(self.officer)
            evidences = mine.env["kmop.evidence"]
            with self.subTest(kind=kind), self.assertRaisesRegex(UserError, "your own"):
                evidences.create_document_from_attachment(attachment.ids)
            self.assertTrue(attachment.exists())

    def test_document_of_a_dossier(self):
        order = self._create_order(
            kmop_service="training",
            kmop_registration_id=self.registration.id,
            user_id=self.officer.id,
        ).with_user(self.officer)
        foreign = self.foreign["of a quote"]
        before = self._get_state(foreign)
        id_ = order.kmop_add_document(self.legal_type.id, foreign.ids)
        evidence = self.env["kmop.evidence"].browse(id_)
        self.assertNotEqual(evidence.attachment_ids, foreign)
        self.assertEqual(self._get_state(foreign), before)


@tagged("post_install", "-at_install")
class TestRemoteCalls(HttpCase, GuardCommon):
    """The same by a real client: with its own session, its values and its context."""

    def _call(self, user, model, method, *args, **context):
        self.authenticate(user.login, user.login)
        params = {
            "model": model,
            "method": method,
            "args": args,
            "kwargs": {"context": context},
        }
        answer = self.url_open("/web/dataset/call_kw", json={"params": params}).json()
        self.env.invalidate_all()
        return answer.get("error", {}).get("data", {}).get("name")

    @mute_logger("odoo.http")
    def test_frozen(self):
        denied = ("odoo.exceptions.UserError", "odoo.exceptions.AccessError")
        forged = base64.b64encode(FORGED).decode()
        for kind, attachment in self._get_kept().items():
            before = self._get_state(attachment)
            for user in (self.officer, self.manager):
                for method, *args in (
                    ("write", {"datas": forged}),
                    ("write", {"public": True}),
                    ("write", {"res_model": "res.partner", "res_id": 1}),
                    ("unlink",),
                    ("generate_access_token",),
                ):
                    for context in CONTEXTS[:3]:
                        error = self._call(
                            user,
                            "ir.attachment",
                            method,
                            attachment.ids,
                            *args,
                            **context,
                        )
                        with self.subTest(kind=kind, method=method, context=context):
                            self.assertIn(error, denied)
            self.assertEqual(self._get_state(attachment), before)

    @mute_logger("odoo.http")
    def test_bundle_of_the_host(self):
        """Neither a salesperson nor an officer gets hold of what all are served."""
        bundle = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                {
                    "name": "web.assets_x.min.css",
                    "raw": b"body {}",
                    "mimetype": "text/css",
                    "public": True,
                    "url": "/web/assets/x/web.assets_x.min.css",
                    "res_model": "ir.ui.view",
                    "res_id": 0,
                }
            )
        )
        draft = self._create_evidence(self.registration, user=self.salesman)
        period = self._register(service="advice").period_ids
        before = self._get_state(bundle)
        forged = base64.b64encode(FORGED).decode()
        for user, record, field in (
            (self.salesman, draft, "attachment_ids"),
            (self.officer, period, "attest_attachment_ids"),
        ):
            for commands in (
                [[4, bundle.id]],
                [[6, 0, bundle.ids]],
                [[4, bundle.id], [1, bundle.id, {"datas": forged}]],
                [[1, bundle.id, {"datas": forged}]],
                [[2, bundle.id]],
            ):
                error = self._call(
                    user, record._name, "write", record.ids, {field: commands}
                )
                with self.subTest(user=user.login, commands=commands):
                    self.assertTrue(error)
            for method, *args in (("write", {"datas": forged}), ("unlink",)):
                error = self._call(user, "ir.attachment", method, bundle.ids, *args)
                self.assertEqual(error, "odoo.exceptions.AccessError")
        self.assertEqual(self._get_state(bundle), before)


@tagged("post_install", "-at_install")
class TestGuardCost(BudgetCommon, GuardCommon):
    """The host's own attachments cost what they did."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._create_order()

    def _get_counts(self, attachments, model):
        """Return the queries of writing and of removing an attachment."""
        values = {"name": "a.pdf", "raw": b"%PDF"}
        if model:
            values |= {"res_model": model, "res_id": self.order.id}
        attachment = attachments.create(values)
        return (
            self._count_once(lambda: attachment.write({"name": "b.pdf"})),
            self._count_once(attachment.unlink),
        )

    def test_not_a_query_more(self):
        """For what isn't ours: what the host reads of a row is read at once."""
        attachments = self.env["ir.attachment"].with_user(self.salesman)
        guard = patch.object(
            self.env.registry["ir.attachment"],
            "_kmop_get_kept",
            lambda self: self.browse(),
        )
        for model in (None, "sale.order"):
            # Once for what the server remembers from then on.
            self._get_counts(attachments, model)
            guarded = self._get_counts(attachments, model)
            with self.subTest(model=model), guard:
                alone = self._get_counts(attachments, model)
            self.assertLessEqual(guarded[0], alone[0])
            self.assertLessEqual(guarded[1], alone[1])

    def test_as_superuser(self):
        """A row that wasn't read yet is read by its id, as removing it does anyway."""
        attachments = self.env["ir.attachment"].sudo()
        guard = patch.object(
            self.env.registry["ir.attachment"],
            "_kmop_get_kept",
            lambda self: self.browse(),
        )
        self._get_counts(attachments, "sale.order")
        written, removed = self._get_counts(attachments, "sale.order")
        with guard:
            alone = self._get_counts(attachments, "sale.order")
        self.assertIn(written - alone[0], (0, 1))
        self.assertEqual(removed, alone[1])

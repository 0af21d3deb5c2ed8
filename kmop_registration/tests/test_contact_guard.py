from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .test_audit_page import AuditPageCommon


@tagged("post_install", "-at_install")
class TestContactGuard(AuditPageCommon):
    """Who edits contacts, or posts messages, changes nothing that is closed by it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.editor = cls._create_user("editor", "base.group_partner_manager")
        cls.other = cls.env["res.partner"].create({"name": "Ander", "email": "x@e.com"})

    def _merge(self, user, *partners):
        wizards = self.env["base.partner.merge.automatic.wizard"].with_user(user)
        ids = [partner.id for partner in partners]
        wizard = wizards.create(
            {
                "partner_ids": [Command.set(ids)],
                "dst_partner_id": ids[-1],
                "state": "selection",
            }
        )
        wizard.action_merge()

    def test_merging_whom_something_closed_names(self):
        self.auditor.email = self.bureau.email = "x@e.com"
        provider = self.registration.partner_id.sudo()
        provider.email = "x@e.com"
        self.audit.sudo().bureau_id = self.bureau
        for partner in (self.auditor, self.bureau, provider):
            with (
                self.subTest(partner=partner.name),
                self.assertRaisesRegex(UserError, "provider, bureau or auditor"),
            ):
                self._merge(self.editor, partner, self.other)
            self.assertTrue(partner.exists())

    def test_merging_others(self):
        one, two = self.env["res.partner"].create(
            [
                {"name": "Klant", "email": "k@e.com"},
                {"name": "Klant", "email": "k@e.com"},
            ]
        )
        self._merge(self.editor, one, two)
        self.assertFalse(one.exists())

    def test_who_manages_all_companies_merges(self):
        self.auditor.email = "x@e.com"
        self.manager.group_ids += self.env.ref("base.group_partner_manager")
        self._merge(self.manager, self.auditor, self.other)
        self.assertEqual(self.audit.sudo().access_ids.partner_id, self.other)

    def test_time_zone_of_a_company(self):
        partner = self.company.partner_id
        with self.assertRaisesRegex(UserError, "administrator"):
            partner.with_user(self.editor).tz = "Pacific/Pago_Pago"
        partner.with_user(self.editor).tz = partner.tz
        self.other.with_user(self.editor).tz = "Pacific/Pago_Pago"

    def test_address_of_an_auditor(self):
        with self.assertRaisesRegex(UserError, "quality officer"):
            self.auditor.with_user(self.editor).email = "attacker@example.com"
        self.other.with_user(self.editor).email = "free@example.com"
        self.officer.group_ids += self.env.ref("base.group_partner_manager")
        self.auditor.with_user(self.officer).email = "new@example.com"

    def test_speaking_for_the_auditor(self):
        audit, messages = self.audit.with_user(self.officer), self.env["mail.message"]
        forged = {"body": "Alles in orde", "author_id": self.auditor.id}
        vals = {**forged, "model": audit._name, "res_id": audit.id}
        asked = self.audit.sudo().message_post(
            **forged, message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        theirs = asked.with_user(self.officer)
        for act in (
            lambda: audit.message_post(
                **forged, message_type="comment", subtype_xmlid="mail.mt_comment"
            ),
            lambda: messages.with_user(self.officer).create(
                {**vals, "message_type": "comment"}
            ),
            lambda: theirs.write({"body": "Prachtig"}),
            lambda: theirs.write({"message_type": "notification"}),
            lambda: theirs.unlink(),
            lambda: theirs.with_context(_force_unlink=True).unlink(),
        ):
            with self.assertRaises(UserError):
                act()
        self.assertIn("Alles in orde", asked.body)

    def test_speaking_for_oneself(self):
        audit = self.audit.with_user(self.officer)
        message = audit.message_post(body="Dank u", message_type="comment")
        message.write({"body": "Dank u wel"})
        message.unlink()

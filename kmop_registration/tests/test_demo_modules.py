"""Beside modules that the addon doesn't need, and the demo database has."""

from datetime import datetime

from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

from .common import KmopCommon
from .test_dossier import DossierCommon
from .test_satisfaction_invite import PEOPLE, InviteCommon


# Not among the standard tests: run by name.
@tagged("post_install", "-at_install", "-standard", "kmop_demo")
@freeze_time("2026-06-05")
class TestQuotationTemplate(DossierCommon):
    def test_lines_give_the_service(self):
        template = self.env["sale.order.template"].create(
            {
                "name": "Opleiding",
                "company_id": self.company.id,
                "sale_order_template_line_ids": [
                    Command.create({"product_id": self.training.id})
                ],
            }
        )
        self.salesman.group_ids += self.env.ref(
            "sale_management.group_sale_order_template"
        )
        with Form(self.env["sale.order"].with_user(self.salesman)) as form:
            form.partner_id = self.client
            form.sale_order_template_id = template
            self.assertEqual(form.kmop_service, "training")
        self.assertEqual(form.record.kmop_theme_id, self.digital)


@tagged("post_install", "-at_install", "-standard", "kmop_demo")
@freeze_time("2026-06-05")
class TestPrivacyLookup(InviteCommon):
    """Odoo's own tool finds a person, and removes them; the figures stay."""

    def test_removal(self):
        self.order.action_kmop_invite()
        mine = self._get_answers().filtered(lambda a: a.email == PEOPLE[0][1])
        mine._save_lines(self.survey.question_ids[0], "8")
        mine._mark_done()
        self._answer(["6"])
        wizard = self.env["privacy.lookup.wizard"].create(
            {"name": PEOPLE[0][0], "email": PEOPLE[0][1]}
        )
        wizard.action_lookup()
        lines = wizard.line_ids
        found = set(lines.mapped("res_model"))
        self.assertLessEqual({"survey.user_input", "kmop.participant"}, found)
        lines.filtered(lambda line: line.res_model != "res.partner").action_unlink_all()
        self.assertFalse(mine.exists())
        self.assertEqual(self._get_figures()["answered"], 2)


@tagged("post_install", "-at_install", "-standard", "kmop_demo")
@freeze_time("2026-06-05 10:00:00")
class TestCalendar(KmopCommon):
    """The introductory meeting comes in the calendar, and on the audit."""

    def setUp(self):
        super().setUp()
        self.bureau.email = "bureau@example.com"
        self.audit = self._create_registration().start_audit()

    def _plan(self, user=None, **vals):
        wizards = self.env["kmop.audit.meeting"].with_user(user or self.officer)
        wizard = wizards.create(
            {
                "audit_id": self.audit.id,
                "bureau_id": self.bureau.id,
                "start": "2026-06-15 08:00:00",
                "duration": 1.5,
                "location": "Kade 1",
                **vals,
            }
        )
        self.assertTrue(wizard.has_calendar)
        wizard.action_confirm()
        return self.env["calendar.event"].search([], order="id desc", limit=1)

    def test_meeting(self):
        event = self._plan()
        self.assertEqual(event.name, "Introductory meeting with Auditbureau")
        self.assertEqual(event.start, datetime(2026, 6, 15, 8))
        self.assertEqual(event.stop, datetime(2026, 6, 15, 9, 30))
        self.assertEqual(event.location, "Kade 1")
        self.assertEqual(event.user_id, self.officer)
        self.assertEqual(event.partner_ids, self.bureau | self.officer.partner_id)

    def test_shown_on_the_audit(self):
        self.assertFalse(self.audit.meeting_count)
        event = self._plan()
        self.audit.invalidate_recordset()
        self.assertEqual(self.audit.meeting_count, 1)
        self.assertEqual(self.audit.activity_ids.calendar_event_id, event)
        action = self.audit.action_open_meetings()
        found = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(found, event)
        self.assertEqual(self.audit.state, "draft")

    def test_contact_at_the_bureau(self):
        contact = self.env["res.partner"].create(
            {"name": "An Auditor", "parent_id": self.bureau.id}
        )
        event = self._plan(contact_id=contact.id)
        self.assertEqual(event.partner_ids, contact | self.officer.partner_id)

    def test_counted_per_audit(self):
        self._plan()
        other = self._create_registration(service="advice").start_audit()
        self.assertEqual((self.audit | other).mapped("meeting_count"), [1, 0])

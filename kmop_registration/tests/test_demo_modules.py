"""Beside modules that the addon doesn't need, and the demo database has."""

from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

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

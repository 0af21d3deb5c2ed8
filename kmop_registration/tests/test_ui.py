from odoo.tests import HttpCase, tagged

from .common import KmopCommon


@tagged("post_install", "-at_install")
class TestUi(KmopCommon, HttpCase):
    """The screens, in a real browser."""

    def test_officer(self):
        self.start_tour("/odoo/kmop", "kmop_officer_tour", login=self.officer.login)
        registration = self.env["kmop.registration"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(registration.number, "DV.O12345")
        self.assertEqual(registration.audit_ids.outcome, "positive")
        # As of the day where the officer is, which began before that of the server.
        self.assertEqual(registration.with_user(self.officer).validity, "valid")

    def test_salesperson(self):
        registration = self._create_registration()
        orders = self._create_order() + self._create_order()
        action = self.env.ref("sale.action_quotations").id
        self.start_tour(
            f"/odoo/action-{action}", "kmop_salesperson_tour", login=self.salesman.login
        )
        self.assertCountEqual(registration.evidence_ids.mapped("res_id"), orders.ids)
        self.assertEqual(registration.evidence_ids.owner_id, self.salesman)
        usual = self.quote_type._get_indicators(registration)
        self.assertTrue(usual)
        for evidence in registration.evidence_ids:
            self.assertEqual(evidence.indicator_ids, usual)

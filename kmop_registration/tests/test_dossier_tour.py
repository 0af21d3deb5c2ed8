from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .test_dossier import DossierCommon


@tagged("post_install", "-at_install")
class TestDossierTour(DossierCommon, HttpCase):
    """The tab of the quote, in a real browser."""

    # The server says why it refuses an empty file, and logs that.
    @mute_logger("odoo.http")
    def test_tour(self):
        registration = self._create_registration()
        day = fields.Date.today() - timedelta(days=60)
        self._decide(registration, day, number="DV.O123456")
        self.product.name = "Stoel"
        action = self.env.ref("sale.action_quotations").id
        self.start_tour(
            f"/odoo/action-{action}", "kmop_dossier_tour", login=self.salesman.login
        )
        dossier = registration.evidence_ids.order_id.with_env(self.env)
        self.assertEqual(dossier.user_id, self.salesman)
        self.assertEqual(dossier.kmop_date_end - dossier.kmop_date_start, timedelta(1))
        self._check_documents(dossier)
        ordinary = self.env["sale.order"].search(
            [("user_id", "=", self.salesman.id), ("id", "!=", dossier.id)]
        )
        self.assertEqual(ordinary.order_line.product_id, self.product)
        self.assertFalse(ordinary.kmop_service)

    def _check_documents(self, dossier):
        evidences = dossier.kmop_dossier_evidence_ids
        self.assertEqual(set(evidences.mapped("state")), {"submitted"})
        self.assertEqual(
            set(evidences.type_id.mapped("code")), {"quote", "programme", "attendance"}
        )
        added = evidences.filtered(lambda e: e.type_id.code == "attendance")
        self.assertEqual(
            set(added.attachment_ids.mapped("name")), {"day 1.pdf", "day 2.pdf"}
        )
        # The refused file isn't left behind, and the others aren't loose.
        uploaded = self.env["ir.attachment"].search(
            [("create_uid", "=", self.salesman.id), ("res_model", "=", "kmop.evidence")]
        )
        self.assertEqual(uploaded, evidences.attachment_ids)
        self.assertTrue(all(uploaded.mapped("res_id")))

from datetime import timedelta

from odoo.fields import Datetime
from odoo.tests import tagged

from .common import KmopCommon

EVIDENCE, DOSSIERS = "kpi_kmop_evidence_accepted", "kpi_kmop_dossiers"


@tagged("post_install", "-at_install")
class TestDigest(KmopCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reader.group_ids += cls.env.ref("sales_team.group_sale_salesman_all_leads")
        cls.digest = cls.env["digest.digest"].create(
            {
                "name": "Week",
                "company_id": cls.company.id,
                EVIDENCE: True,
                DOSSIERS: True,
                "user_ids": [(6, 0, cls.reader.ids)],
            }
        )

    def _get_figures(self, user, digest=None):
        """Return what the mail of a user tells of the last week, by figure."""
        kpis = (digest or self.digest)._compute_kpis(user.company_id, user)
        return {kpi["kpi_name"]: kpi["kpi_col2"]["value"] for kpi in kpis}

    def _accept(self):
        evidence = self._create_evidence(self._create_registration())
        evidence.submit()
        evidence.accept()

    def test_accepted_evidence_and_sold_dossiers_are_counted(self):
        self._accept()
        self._create_evidence(self._create_registration(service="advice")).submit()
        sold, _quote = (self._create_order(kmop_service="training") for _turn in "ab")
        sold.action_confirm()
        self._create_order().action_confirm()
        self.env["sale.order"].search([("company_id", "=", self.company.id)]).write(
            {"date_order": Datetime.now() - timedelta(hours=30)}
        )
        self.assertEqual(self._get_figures(self.reader), {EVIDENCE: 1, DOSSIERS: 1})

    def test_another_company_counts_its_own(self):
        self._accept()
        theirs = self.digest.copy({"company_id": self.other_company.id})
        self.assertEqual(self._get_figures(self.stranger, theirs)[EVIDENCE], 0)

    def test_who_may_not_see_it_gets_no_figure(self):
        self._accept()
        self.assertEqual(self._get_figures(self.surveyor), {})
        self.assertEqual(self._get_figures(self.salesman), {})

    def test_the_mail_names_the_figures_and_leads_to_them(self):
        self._accept()
        self.digest.action_send()
        mail = self.env["mail.mail"].search(
            [("email_to", "ilike", self.reader.email)], limit=1
        )
        self.assertIn("Evidence accepted", mail.body_html)
        self.assertIn("kmop_registration.kmop_evidence_action", mail.body_html)

    def test_who_has_no_part_in_it_sees_no_option(self):
        form = self.env.ref("digest.digest_digest_view_form")
        views = self.env["digest.digest"].with_user(self.salesman)
        self.assertNotIn(EVIDENCE, views.get_view(form.id)["arch"])
        views = self.env["digest.digest"].with_user(self.reader)
        self.assertIn(EVIDENCE, views.get_view(form.id)["arch"])

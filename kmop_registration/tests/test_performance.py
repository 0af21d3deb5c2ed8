from datetime import date, timedelta
from unittest.mock import patch

from odoo.tests import tagged

from .budget import BudgetCommon
from .common import KmopCommon


@tagged("post_install", "-at_install")
class TestPerformance(BudgetCommon, KmopCommon):
    """What the addon costs, in queries: to its own screens and to the host's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registration = cls._create_registration()
        cls.orders = cls.env["sale.order"].create(
            [
                {
                    "partner_id": cls.client.id,
                    "company_id": cls.company.id,
                    "user_id": cls.salesman.id,
                    "order_line": [(0, 0, {"product_id": cls.product.id})],
                }
                for _i in range(40)
            ]
        )
        cls.orders._kmop_link(cls.registration, cls.quote_type)

    # ----------------------------------------------------------------- quotations

    def test_quotation_list_with_the_count(self):
        """Whoever adds the count to the list pays one query for all rows."""
        orders = self.env["sale.order"].with_user(self.salesman)
        fields = self._get_specification(orders, "list", "sale.view_quotation_tree")
        without = self._search_read(orders, fields)
        counted = self._search_read(orders, {**fields, "kmop_evidence_count": {}})
        self.assertEqual(counted - without, 1)

    def test_quotation_write(self):
        """Saving a quote asks nothing of the evidence; a handover does."""
        order = self.orders[0]
        for vals, ours in (
            ({"client_order_ref": "a"}, False),
            ({"user_id": self.officer.id}, True),
        ):
            queries = self._get_queries_of_ours(lambda vals=vals: order.write(vals))
            self.assertEqual(bool(queries), ours)

    # ------------------------------------------------------------------- partners

    def test_partner_list(self):
        partners = self.env["res.partner"].with_user(self.reader)
        fields = self._get_specification(partners, "list", "base.view_partner_tree")
        self.assertEqual(fields, self._without_ours(fields))

    def test_partner_form(self):
        """Two reads each of registrations and periods; nothing for who sees none."""
        self._decide(self.registration, date(2026, 3, 1))
        for user, budget in ((self.reader, 4), (self.salesman, 0)):
            partner = self.company.partner_id.with_user(user)
            fields = self._get_specification(partner, "form", "base.view_partner_form")
            ours = self._read_form(partner, fields)
            theirs = self._read_form(partner, self._without_ours(fields))
            with self.subTest(user=user.login):
                self.assertLessEqual(ours - theirs, budget)

    # --------------------------------------------------------------- registrations

    def _create_many(self, count):
        """Return registrations of other providers, each with its periods."""
        registrations = self.env["kmop.registration"]
        for index in range(count):
            partner = self.env["res.partner"].create({"name": f"Opleider {index}"})
            registration = self._register(
                date(2026, 3, 1) + timedelta(days=index), partner_id=partner.id
            )
            registrations += registration
        return registrations

    def test_registration_list(self):
        """80 rows take what one row takes, and that is little."""
        registrations = self._create_many(80).with_user(self.reader)
        fields = self._get_specification(registrations, "list")
        one = self._search_read(
            registrations, fields, [("id", "=", registrations[0].id)]
        )
        many = self._search_read(
            registrations, fields, [("id", "in", registrations.ids)]
        )
        self.assertEqual(one, many)
        self.assertLessEqual(many, 12)

    def test_evidence_list(self):
        linked = self.orders.kmop_evidence_ids
        evidences = linked.with_user(self.reader)
        fields = self._get_specification(evidences, "list")
        one = self._search_read(evidences, fields, [("id", "=", linked[0].id)])
        many = self._search_read(evidences, fields, [("id", "in", linked.ids)])
        self.assertEqual(one, many)
        self.assertLessEqual(many, 14)

    # ------------------------------------------------------------------- evidence

    def _count_acceptance(self, evidences):
        start = self.env.cr.sql_log_count
        evidences.submit()
        evidences.accept()
        self.env.flush_all()
        return self.env.cr.sql_log_count - start

    def test_accept_in_bulk(self):
        """Each state changes in one go, however many pieces are selected."""
        evidences = self.env["kmop.evidence"].union(
            *(self._create_evidence(self.registration) for _i in range(40))
        )
        few = self._count_acceptance(evidences[:2])
        many = self._count_acceptance(evidences[2:])
        self.assertLessEqual(many, few)
        self.assertLessEqual(few, 25)

    def test_accept_quotes_in_bulk(self):
        """Odoo renders quote after quote; the rest is done for all at once."""
        evidences = self.orders.kmop_evidence_ids.with_user(self.officer)
        orders = self.env.registry["sale.order"]
        rendered = ("offerte.html", b"<p>Offerte</p>")
        with patch.object(orders, "_kmop_snapshot", return_value=rendered):
            few = self._count_acceptance(evidences[:2])
            many = self._count_acceptance(evidences[2:])
        self.assertLessEqual(many, few)

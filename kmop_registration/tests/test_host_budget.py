from datetime import date

from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .budget import BudgetCommon
from .test_dossier import DossierCommon

LISTS = (
    "sale.view_quotation_tree_with_onboarding",
    "sale.view_quotation_tree",
    "sale.view_order_tree",
)


@tagged("post_install", "-at_install")
@freeze_time("2026-05-01")
class TestHostBudget(BudgetCommon, DossierCommon):
    """What the addon adds to the queries of Odoo's own sales documents.

    Without the addon means: what the host's own views ask for, of the same records
    in the same database, as warm, read by the host's own methods.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-05-01"):
            cls.registration = cls._create_registration()
        cls.seller = cls._create_user(
            "seller", "sales_team.group_sale_salesman_all_leads"
        )
        cls.accountant = cls._create_user("accountant", "account.group_account_invoice")
        cls.users = {
            "salesperson": cls.salesman,
            "all documents": cls.seller,
            "accountant": cls.accountant,
        }
        cls.env["account.chart.template"].try_loading("generic_coa", cls.company)
        cls.product.write({"invoice_policy": "order", "taxes_id": False})
        cls.order = cls._create_order(order_line=cls._get_lines(3))

    def setUp(self):
        super().setUp()
        self._decide(self.registration, date(2026, 3, 1), number="DV.O123456")

    @classmethod
    def _get_lines(cls, count):
        return [Command.create({"product_id": cls.product.id}) for _i in range(count)]

    @classmethod
    def _create_full_dossier(cls, size):
        """Return a dossier with ``size`` of everything that it can have many of."""
        trainers = cls.env["res.partner"].create(
            [{"name": f"Lesgever {index}"} for index in range(size)]
        )
        dossier = cls._create_dossier(
            cls.training,
            kmop_trainer_ids=[Command.set(trainers.ids)],
            kmop_session_ids=[
                Command.create({"date": date(2026, 6, 1 + index)})
                for index in range(size)
            ],
            kmop_participant_ids=[
                Command.create({"name": f"Cursist {index}"}) for index in range(size)
            ],
        )
        dossier.order_line = cls._get_lines(size)
        for index in range(size):
            cls._create_evidence(
                cls.registration,
                cls.salesman,
                name=f"Stuk {index}",
                order_id=dossier.id,
            )
        return dossier

    # -------------------------------------------------------------------- quotations

    def test_list(self):
        """The list asks no query more, not even where it shows dossiers."""
        for _i in range(5):
            self._create_order()
            self._create_dossier()
        for view in LISTS:
            for role, user in self.users.items():
                orders = self.env["sale.order"].with_user(user)
                theirs, ours = self._get_both(orders, "list", view)
                with self._host_reading():
                    without = self._search_read(orders, theirs)
                with self.subTest(view=view, role=role):
                    self.assertEqual(self._search_read(orders, ours), without)

    def test_form(self):
        """Four queries more at most: the number of documents, lists of dossiers."""
        for role, user in self.users.items():
            order = self.order.with_user(user)
            theirs, ours = self._get_both(order, "form", "sale.view_order_form")
            with self._host_reading():
                without = self._read_form(order, theirs)
            with self.subTest(role=role):
                self.assertLess(len(theirs), len(ours))
                self.assertLessEqual(self._read_form(order, ours) - without, 4)

    def _count_dossier(self, dossier, user):
        """Return the queries that a dossier's form asks more than the host's."""
        dossier = dossier.with_user(user)
        theirs, ours = self._get_both(dossier, "form", "sale.view_order_form")
        with self._host_reading():
            without = self._read_form(dossier, theirs)
        return self._read_form(dossier, ours) - without

    def test_dossier_form(self):
        """A dossier's form takes as much for ten of everything as for two."""
        small, large = self._create_full_dossier(2), self._create_full_dossier(10)
        budgets = {"salesperson": 32, "all documents": 33, "accountant": 2}
        for role, user in self.users.items():
            few, many = (self._count_dossier(d, user) for d in (small, large))
            with self.subTest(role=role):
                self.assertEqual(many, few)
                self.assertLessEqual(few, budgets[role])

    def test_accountant_opens_dossier(self):
        """Whoever books invoices has no rights on sessions, and needs none."""
        dossier = self._create_full_dossier(2).with_user(self.accountant)
        fields = self._get_specification(dossier, "form", "sale.view_order_form")
        self.assertFalse({name for name in fields if name.startswith("kmop_session")})
        (row,) = dossier.web_read(fields)
        self.assertEqual(row["name"], dossier.name)

    # ------------------------------------------------------------------------ changes

    def _count_onchange(self, changes, field):
        order = self.order.with_user(self.salesman)
        theirs, ours = self._get_both(order, "form", "sale.view_order_form")
        without, added = (
            self._count(lambda f=fields: order.onchange(changes, [field], f))
            for fields in (theirs, ours)
        )
        return added - without

    def test_onchange(self):
        """Typing in an ordinary quote asks five queries more at most, for its lists."""
        line = self.order.order_line[0]
        new = {"product_id": self.product.id, "product_uom_qty": 1}
        for field, value in (
            ("order_line", [Command.update(line.id, {"product_uom_qty": 7})]),
            ("order_line", [Command.create(new)]),
            ("partner_id", self.bureau.id),
        ):
            with self.subTest(field=field):
                self.assertLessEqual(self._count_onchange({field: value}, field), 5)

    def test_onchange_keeps_the_list_that_is_filled_in(self):
        order = self.order.with_user(self.salesman)
        fields = self._get_specification(order, "form", "sale.view_order_form")
        days = [Command.create({"date": "2026-06-01", "time_from": 9, "time_to": 17})]
        changes = {"kmop_service": "training", "kmop_session_ids": days}
        result = order.onchange(changes, ["kmop_session_ids"], fields)
        self.assertEqual(result["value"]["kmop_date_start"], date(2026, 6, 1))
        self.assertEqual(result["value"]["kmop_date_end"], date(2026, 6, 1))

    # ---------------------------------------------------------------- life of a quote

    def test_create_and_write(self):
        """An ordinary quote is made and saved without a look at our tables."""
        order = self.order.with_user(self.salesman)
        for name, function in {
            "create": self._create_order,
            "create many": lambda: self._create_order(order_line=self._get_lines(20)),
            "write": lambda: order.write({"client_order_ref": "a"}),
            "quantity": lambda: order.order_line.write({"product_uom_qty": 2}),
            "line": lambda: order.write({"order_line": self._get_lines(1)}),
        }.items():
            with self.subTest(name=name):
                self.assertEqual(self._get_queries_of_ours(function), [])

    def test_confirm_and_invoice(self):
        """Nor is it confirmed, invoiced or booked with one."""
        self.assertFalse(self._get_queries_of_ours(self.order.action_confirm))
        self.assertFalse(self._get_queries_of_ours(self.order._create_invoices))
        invoice = self.order.invoice_ids.with_user(self.accountant)
        self.assertFalse(self._get_queries_of_ours(invoice.action_post))
        self.assertEqual(invoice.state, "posted")

    def test_cancel_and_delete(self):
        """One search each, for all quotes together, and three to cascade."""
        orders = self.order | self._create_order() | self._create_order()
        self.assertEqual(len(self._get_queries_of_ours(orders._action_cancel)), 1)
        self.assertLessEqual(len(self._get_queries_of_ours(orders.unlink)), 4)

    def test_entries(self):
        """A journal entry that sells nothing is booked without us."""
        accounts = self.env["account.account"].with_company(self.company)
        account = accounts.search([("company_ids", "in", self.company.ids)], limit=1)
        moves = self.env["account.move"].with_company(self.company)
        lines = [{"account_id": account.id, "debit": 1}]
        lines += [{"account_id": account.id, "credit": 1}]
        entry = moves.create({"line_ids": [Command.create(line) for line in lines]})
        self.assertFalse(self._get_queries_of_ours(entry.action_post))

    # ----------------------------------------------------------------------- partners

    def test_partner_form(self):
        """A partner can be a trainer, a client and a provider: four queries for all."""
        trainer = self._create_full_dossier(2).kmop_trainer_ids[0]
        for partner in (self.client, trainer, self.company.partner_id):
            for role, user in {**self.users, "reader": self.reader}.items():
                seen = partner.with_user(user)
                theirs, ours = self._get_both(seen, "form", "base.view_partner_form")
                added = self._read_form(seen, ours) - self._read_form(seen, theirs)
                with self.subTest(partner=partner.name, role=role):
                    self.assertLessEqual(added, 4)

    def test_partner_write(self):
        partner = self.client
        for name, function, budget in (
            ("create", lambda: partner.create({"name": "Nieuw"}), 0),
            ("write", lambda: partner.write({"phone": "012"}), 0),
            ("handover", lambda: partner.write({"user_id": self.seller.id}), 1),
            ("unlink", self.env["res.partner"].create({"name": "Weg"}).unlink, 1),
        ):
            with self.subTest(name=name):
                self.assertLessEqual(len(self._get_queries_of_ours(function)), budget)

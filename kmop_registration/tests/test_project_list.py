import io
from datetime import date, datetime, timedelta
from unittest.mock import patch
from urllib.parse import unquote

from lxml import etree
from openpyxl import load_workbook

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, HttpCase, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from ..report.pack import Pack
from ..report.project_sheet import ProjectSheet
from ..tools import rows
from .test_dossier import DossierCommon

TODAY = "2026-05-04"


class ProjectCommon(DossierCommon):
    """A quality officer who may see all quotes, as an auditor's list needs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keeper = cls._create_user(
            "keeper",
            "kmop_registration.group_kmop_officer,"
            "sales_team.group_sale_salesman_all_leads",
        )
        cls.registration = cls._create_registration()

    @classmethod
    def _sell(cls, start=TODAY, products=None, **vals):
        """Return a dossier that was sold, with a service of one day."""
        order = cls._create_dossier(
            products, kmop_date_start=start, kmop_date_end=start, **vals
        )
        order.sudo().state = "sale"
        return order

    def _sell_around(self, days):
        """Return a dossier on the eve of, on and after each day, by its start."""
        starts = {day + timedelta(shift) for day in days for shift in (-1, 0, 1)}
        return {start: self._sell(start) for start in starts}

    def _open(self, window="part", user=None, **vals):
        wizards = self.env["kmop.project.list"].with_user(user or self.keeper)
        wizards = wizards.with_context(lang="en_US")
        return wizards.create(
            {"registration_id": self.registration.id, "window": window, **vals}
        )

    def _get_listed(self, wizard):
        """Return what the list view shows of the window."""
        action = wizard.action_show()
        return wizard.env["sale.order"].search(action["domain"])

    def _export(self, first=date(2024, 5, 5), last=date(2026, 5, 4), user=None):
        user = user or self.keeper
        registration = self.registration.with_user(user).with_context(lang=user.lang)
        file = io.BytesIO()
        registration._write_projects(file, first, last)
        return load_workbook(file)["Projects"]

    def _get_facts(self, sheet):
        rows = sheet.iter_rows(min_row=3, values_only=True)
        return {row[0]: row[3] for row in rows if row[0] and row[0] != "Number"}

    def _get_rows(self, sheet):
        rows = list(sheet.iter_rows())
        top = next(i for i, row in enumerate(rows) if row[0].value == "Number")
        return rows[top], rows[top + 1 :]

    def _get_names(self, sheet):
        return [row[0].value for row in self._get_rows(sheet)[1]]


@tagged("post_install", "-at_install")
@freeze_time("2026-05-04 10:00")
class TestProjectWindow(ProjectCommon):
    # ------------------------------------------------------------------- windows

    def _assert_window(self, wizard, first, last):
        """The window has these days, and each day of them is in the list."""
        self.assertEqual((wizard.date_from, wizard.date_to), (first, last))
        around = self._sell_around([first, last])
        inside = {order for day, order in around.items() if first <= day <= last}
        self.assertEqual(len(inside), 4)
        listed = {order.id for order in self._get_listed(wizard)}
        self.assertEqual(listed, {order.id for order in inside})
        wizard.invalidate_recordset()
        self.assertEqual(wizard.dossier_count, 4)

    def test_as_the_next_part_asks(self):
        self.part1.project_window_months = 18
        self._assert_window(self._open(), date(2024, 11, 5), date(2026, 5, 4))

    def test_24_months(self):
        self._assert_window(self._open("24"), date(2024, 5, 5), date(2026, 5, 4))

    def test_five_years(self):
        self._assert_window(self._open("60"), date(2021, 5, 5), date(2026, 5, 4))

    def test_since_the_last_audit(self):
        self._decide(self.registration, date(2026, 3, 1))
        # Visited two weeks before its decision.
        self._assert_window(self._open("audit"), date(2026, 2, 15), date(2026, 5, 4))

    def test_since_an_audit_that_waits_for_its_decision(self):
        self._decide(self.registration, date(2025, 1, 15))
        self._visit(self.registration, date(2026, 4, 1))
        self.assertEqual(self._open("audit").date_from, date(2026, 4, 1))

    def test_cancelled_audit_is_none(self):
        audit = self._visit(self.registration, date(2026, 4, 1))
        audit.cancel("Uitgesteld")
        self.assertFalse(self._open("audit").date_from)

    def test_own_dates(self):
        wizard = self._open("own", date_from="2026-01-10", date_to="2026-02-20")
        self._assert_window(wizard, date(2026, 1, 10), date(2026, 2, 20))

    def test_until_the_planned_visit(self):
        """What is sold for before the visit will have been done by then."""
        audit = self.registration.start_audit()
        audit.request(self.bureau, date(2026, 4, 1))
        audit.plan(date(2026, 7, 1))
        self._assert_window(self._open(), date(2024, 7, 2), date(2026, 7, 1))
        with freeze_time("2026-07-02"):
            self.assertEqual(self._open().date_to, date(2026, 7, 2))

    def test_short_months(self):
        for day, first in (
            ("2028-02-28", date(2026, 3, 1)),
            ("2028-02-29", date(2026, 3, 1)),
            ("2028-03-01", date(2026, 3, 2)),
            ("2026-02-28", date(2024, 2, 29)),
        ):
            with self.subTest(day=day), freeze_time(day):
                self.assertEqual(self._open("24").date_from, first)

    def test_today_is_that_of_the_user(self):
        with freeze_time("2026-05-04 22:30"):
            self.assertEqual(self._open("24").date_to, date(2026, 5, 5))

    def test_completed_track(self):
        self._decide(self.registration, date(2022, 3, 1))
        self._decide(self.registration, date(2024, 2, 1))
        self.assertFalse(self.registration.next_part_id)
        self.assertEqual(self._open().date_from, date(2024, 5, 5))

    def test_same_window_as_the_coverage(self):
        """A dossier that is in the list isn't outside for the matrix."""
        with freeze_time("2026-05-04 10:00"):
            first = self._open().date_from
        rows = self.env["kmop.coverage"]
        for day, outside in ((first - timedelta(1), 1), (first, 0)):
            evidence = self._create_evidence(
                self.registration, type_id=self.quote_type.id, date_effective=day
            )
            evidence.submit()
            evidence.accept()
            self.env.flush_all()
            rows.invalidate_model()
            found = rows.search([("registration_id", "=", self.registration.id)])
            with self.subTest(day=day):
                self.assertEqual(max(found.mapped("outside")), outside)
                self.assertEqual(max(found.mapped("accepted")), 1 - outside)
            evidence.sudo().state = "rejected"

    def test_in_the_form(self):
        self._sell("2026-05-01")
        wizards = self.env["kmop.project.list"].with_user(self.keeper)
        wizards = wizards.with_context(default_registration_id=self.registration.id)
        with Form(wizards) as form:
            self.assertEqual(form.dossier_count, 1)
            form.window = "audit"
            self.assertFalse(form.date_from or form.date_to or form.dossier_count)
            form.window = "own"
            form.date_from, form.date_to = date(2026, 5, 2), date(2026, 5, 3)
            self.assertEqual(form.dossier_count, 0)
        with self.assertRaises(ValidationError):
            form.record.date_from = date(2026, 5, 4)

    def test_no_audit_yet(self):
        wizard = self._open("audit")
        for action in ("show", "download", "add_evidence"):
            with self.subTest(action=action), self.assertRaises(UserError):
                getattr(wizard, f"action_{action}")()

    # -------------------------------------------------------------------- counts

    def test_totals(self):
        self._sell("2026-04-01")
        self._sell("2026-04-02", self.training | self.exam, kmop_subsidised=False)
        wizard = self._open()
        self.assertEqual((wizard.dossier_count, wizard.subsidised_count), (2, 1))
        self.assertEqual(wizard.hours, 14)
        self.assertIn("2,150.00", wizard.amounts)

    def test_currencies_are_not_added_up(self):
        dollar, euro = self.env.ref("base.USD"), self.env.ref("base.EUR")
        (dollar + euro).active = True
        for currency in dollar + euro:
            pricelist = self.env["product.pricelist"].create(
                {
                    "name": currency.name,
                    "currency_id": currency.id,
                    "company_id": self.company.id,
                }
            )
            order = self._sell("2026-04-01", pricelist_id=pricelist.id)
            order.sudo().order_line.price_unit = 1000
        wizard = self._open()
        self.assertEqual(wizard.amounts.count("1,000.00"), 2)

    def test_only_what_was_sold(self):
        order = self._sell()
        for state, count in (("draft", 0), ("sent", 0), ("cancel", 0), ("sale", 1)):
            order.sudo().state = state
            with self.subTest(state=state):
                self.assertEqual(self._open().dossier_count, count)
                self.registration.invalidate_recordset(["dossier_count"])
                mine = self.registration.with_user(self.keeper)
                self.assertEqual(mine.dossier_count, count)

    def test_without_a_start(self):
        """It is in no list, and that is said."""
        order = self._sell()
        order.write({"kmop_date_start": False, "kmop_date_end": False})
        wizard = self._open("60")
        self.assertEqual((wizard.dossier_count, wizard.undated_count), (0, 1))
        found = self.env["sale.order"].search(wizard.action_show_undated()["domain"])
        self.assertEqual(found.ids, order.ids)

    def test_subsidised_in_12_months(self):
        """Day by day around both ends."""
        mine = self.registration.with_user(self.keeper)
        for start, count in (
            ("2025-05-04", 0),
            ("2025-05-05", 1),
            ("2026-05-04", 1),
            ("2026-05-05", 0),
        ):
            order = self._sell(start)
            mine.invalidate_recordset()
            with self.subTest(start=start):
                self.assertEqual(mine.subsidised_year_count, count)
            order.kmop_subsidised = False
            mine.invalidate_recordset()
            self.assertEqual(mine.subsidised_year_count, 0)

    def test_counts_take_one_query(self):
        registrations = self.registration + self._create_registration(service="advice")
        self._sell()
        mine = registrations.with_user(self.keeper)
        for field in ("dossier_count", "subsidised_year_count"):
            mine.mapped(field)
            mine.invalidate_recordset()
            mine.fetch(["company_id"])
            with self.subTest(field=field), self.assertQueryCount(1):
                self.assertEqual(mine.mapped(field), [1, 0])

    def test_smart_button(self):
        """What opens is what was counted."""
        order = self._sell()
        self._create_dossier()
        mine = self.registration.with_user(self.keeper)
        action = mine.action_open_dossiers()
        arch = self.env.ref("kmop_registration.sale_order_view_search").arch
        self.assertTrue(action["context"]["search_default_kmop_sold"])
        self.assertIn('name="kmop_sold"', arch)
        found = mine.env["sale.order"].search(action["domain"])
        self.assertEqual(len(found), 2)
        sold = found.filtered(lambda o: o.state == "sale")
        self.assertEqual((sold.ids, mine.dossier_count), (order.ids, 1))

    # ------------------------------------------------------------------ evidence

    def test_as_evidence(self):
        order = self._sell("2026-05-01")
        action = self._open().action_add_evidence()
        evidence = self.env["kmop.evidence"].browse(action["res_id"])
        self.assertEqual(evidence.type_id.code, "project_list")
        self.assertEqual(evidence.registration_id, self.registration)
        self.assertEqual(evidence.state, "submitted")
        self.assertEqual(evidence.owner_id, self.keeper)
        self.assertEqual(evidence.date_effective, date(2026, 5, 4))
        self.assertEqual(evidence.name, "Project list 05/05/2024 – 05/04/2026")
        attachment = evidence.attachment_ids
        self.assertEqual(attachment.name, "Project list 05-05-2024 – 05-04-2026.xlsx")
        sheet = load_workbook(io.BytesIO(attachment.raw))["Projects"]
        self.assertEqual(self._get_names(sheet), [order.name])
        evidence.with_user(self.officer).accept()
        self.assertTrue(evidence.file_ids)

    def test_as_evidence_of_days_past_and_to_come(self):
        for last, effective in (("2026-04-30", 30), ("2026-06-30", 4)):
            wizard = self._open("own", date_from="2026-04-01", date_to=last)
            evidence = wizard._add_as_evidence()
            self.assertEqual(evidence.date_effective.day, effective)

    # -------------------------------------------------------------------- access

    def test_without_sales_rights(self):
        """Nothing to see, and no error either; nothing to take along."""
        self._sell()
        for user in (self.reader, self.officer, self.manager):
            registration = self.registration.with_user(user)
            with self.subTest(user=user.login):
                self.assertEqual(registration.dossier_count, 0)
                self.assertEqual(registration.subsidised_year_count, 0)
                arch = registration.get_view(view_type="form")["arch"]
                for name in ("action_open_dossiers", "subsidised_year_count"):
                    self.assertNotIn(name, arch)
                self.assertNotIn('string="Project list"', arch)
                wizard = self._open(user=user)
                self.assertEqual((wizard.dossier_count, wizard.hours), (0, 0))
                for action in ("show", "download", "add_evidence"):
                    with self.assertRaises(AccessError):
                        getattr(wizard, f"action_{action}")()

    def test_buttons(self):
        for user, shown in ((self.keeper, True), (self.salesman, False)):
            registration = self.registration.with_user(user)
            arch = registration.get_view(view_type="form")["arch"]
            with self.subTest(user=user.login):
                self.assertIn("action_open_dossiers", arch)
                self.assertEqual('string="Project list"' in arch, shown)
                self.assertEqual("action_export_xlsx" in arch, shown)

    def test_own_quotes_only(self):
        """Who sees some says so, in the wizard and in the list itself."""
        self._sell(user_id=self.salesman.id)
        seller = self._create_user(
            "seller",
            "kmop_registration.group_kmop_user,sales_team.group_sale_salesman",
        )
        mine = self._sell(user_id=seller.id).with_user(seller)
        wizard = self._open(user=seller)
        self.assertEqual(wizard.dossier_count, 1)
        self.assertTrue(wizard.is_incomplete)
        self.assertFalse(self._open().is_incomplete)
        sheet = self._export(user=seller)
        self.assertEqual(self._get_names(sheet), [mine.name])
        self.assertIn("Seller", self._get_facts(sheet)["Not complete"])
        self.assertNotIn("Not complete", self._get_facts(self._export()))

    def test_another_company(self):
        self._sell()
        theirs = self.env["kmop.registration"].with_user(self.stranger).create({})
        order = self._create_order(
            company=self.other_company,
            user_id=self.stranger.id,
            order_line=[(0, 0, {"product_id": self.training.id})],
            kmop_date_start=TODAY,
            kmop_date_end=TODAY,
            state="sale",
        )
        self.assertEqual(order.kmop_registration_id, theirs)
        self.assertEqual(theirs.dossier_count, 1)
        self.assertEqual(self.registration.with_user(self.keeper).dossier_count, 1)
        self.assertNotIn(order.id, self._get_listed(self._open()).ids)
        with self.assertRaises(AccessError):
            self._open(user=self.stranger)._add_as_evidence()


@tagged("post_install", "-at_install")
@freeze_time("2026-05-04 10:00")
class TestProjectXlsx(ProjectCommon):
    def test_facts(self):
        self._decide(self.registration, date(2026, 3, 1), number="DV.O123456")
        self._sell("2025-01-15")
        self._sell("2026-01-15")
        self._sell("2026-01-15", kmop_subsidised=False)
        sheet = self._export()
        self.assertEqual(sheet["A1"].value, "Project list")
        self.assertEqual(
            self._get_facts(sheet) | dict.fromkeys(self._get_names(sheet)),
            {
                "Provider": "Leerhuis Test – Training",
                "Registration number": "DV.O123456",
                "Services started from": "05/05/2024 – 05/04/2026",
                "Date of this export": datetime(2026, 5, 4),
                "Dossiers, of which subsidised": "3, 2",
                "Subsidised dossiers in the last 12 months": 1,
                **dict.fromkeys(self._get_names(sheet)),
            },
        )

    def test_row(self):
        self.client.vat = "BE0477472701"
        trainers = self.env["res.partner"].create(
            [{"name": "An Adams"}, {"name": "Bob Baert"}]
        )
        order = self._sell(
            "2026-04-01",
            self.training | self.exam,
            kmop_trainer_ids=[(6, 0, trainers.ids)],
        )
        # A freelancer who left did give this training.
        trainers[1].active = False
        header, [row] = self._get_rows(self._export())
        values = {cell.value: row[i].value for i, cell in enumerate(header)}
        self.assertEqual(
            values,
            {
                "Number": order.name,
                "Client": "Kmo Klant BV",
                "Enterprise number": "BE0477472701",
                "Service": "Training",
                "Theme": self.digital.name,
                "Start": datetime(2026, 4, 1),
                "End": datetime(2026, 4, 1),
                "Hours": 7,
                "Trainers or advisers": "An Adams\nBob Baert",
                "Salesperson": "Salesman",
                "Subsidised": "Yes",
                "Amount excluding VAT": 1150,
                "Eligible amount": 1000,
                "Non-eligible amount": 150,
                "Currency": order.currency_id.name,
                "Complete": 0,
                "Keep until": datetime(2036, 4, 1),
                "Answers": None,
                "Satisfaction": None,
            },
        )
        formats = {cell.value: row[i].number_format for i, cell in enumerate(header)}
        for label in ("Amount excluding VAT", "Eligible amount", "Non-eligible amount"):
            self.assertEqual(formats[label], "#,##0.00")
        self.assertEqual((formats["Hours"], formats["Complete"]), ("0.00", "0%"))
        for label in ("Start", "End", "Keep until"):
            self.assertEqual(formats[label], "yyyy-mm-dd")

    def test_order_and_layout(self):
        late, early = self._sell("2026-04-02"), self._sell("2026-04-01")
        sheet = self._export()
        self.assertEqual(self._get_names(sheet), [early.name, late.name])
        self.assertEqual(sheet.freeze_panes, "A11")
        self.assertEqual(sheet.auto_filter.ref, "A10:S12")
        self.assertEqual(sheet.print_title_rows, "$10:$10")
        self.assertEqual(sheet.page_setup.orientation, "landscape")
        self.assertEqual(sheet.page_setup.paperSize, 9)

    def test_hostile_text(self):
        hostile = '=HYPERLINK("https://example.com")\x07'
        self._sell(
            "2026-04-01", name="=1+1", kmop_trainer_ids=[(6, 0, self.bureau.ids)]
        )
        (self.bureau + self.client + self.company.partner_id).write({"name": hostile})
        self.digital.name = "@SUM(1;1)"
        self.registration.number = "+1+1"
        cells = [cell for row in self._export() for cell in row]
        self.assertIn("=1+1", [cell.value for cell in cells])
        self.assertFalse([c for c in cells if c.data_type == "f" or c.hyperlink])

    def test_in_the_audit_workbook(self):
        """Over the window of the next part, for who may see dossiers."""
        inside, _outside = self._sell("2024-05-05"), self._sell("2024-05-04")
        for user, shown in ((self.keeper, True), (self.officer, False)):
            file = io.BytesIO()
            registration = self.registration.with_user(user)
            registration._write_workbook(file)
            workbook = load_workbook(file)
            with self.subTest(user=user.login):
                self.assertEqual("Projects" in workbook.sheetnames, shown)
        file = io.BytesIO()
        registration = self.registration.with_user(self.keeper)
        registration._write_workbook(file)
        sheet = load_workbook(file)["Projects"]
        self.assertEqual(self._get_names(sheet), [inside.name])

    # -------------------------------------------------------------------- budget

    def _fill(self, count):
        orders = self.env["sale.order"].create(
            [
                {
                    "partner_id": partner.id,
                    "company_id": self.company.id,
                    "order_line": [(0, 0, {"product_id": self.training.id})],
                    "kmop_trainer_ids": [(6, 0, partner.ids)],
                    "kmop_date_start": TODAY,
                    "kmop_date_end": TODAY,
                }
                for partner in self.env["res.partner"].create(
                    [{"name": f"Klant {i}"} for i in range(count)]
                )
            ]
        )
        orders.state = "sale"

    def _count_queries(self):
        for _round in range(3):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            self._export()
        return self.env.cr.sql_log_count - start

    def test_queries_do_not_grow(self):
        self._fill(10)
        few = self._count_queries()
        self._fill(290)
        many = self._count_queries()
        self.assertAlmostEqual(few, many, delta=1)
        self.assertLessEqual(many, 25)

    def test_chunks(self):
        self._fill(7)
        expected = self._get_names(self._export())
        self.assertEqual(len(set(expected)), 7)
        for size in (1, 3, 7, 8):
            with (
                self.subTest(size=size),
                patch.object(rows, "CHUNK", size),
            ):
                self.assertEqual(self._get_names(self._export()), expected)

    def test_scores_are_not_for_everybody(self):
        self._sell()
        orders = self.env["sale.order"].with_user(self.salesman)
        sheet = ProjectSheet(Pack(orders.env["kmop.registration"]))
        self.assertEqual(sheet.read_scores(orders.browse([1, 2])), {})


@tagged("post_install", "-at_install")
class TestProjectFilters(ProjectCommon):
    def _filter(self, name, user=None):
        """Return what the filter of the search view leaves."""
        orders = self.env["sale.order"].with_user(user or self.keeper)
        view = self.env.ref("sale.view_sales_order_filter")
        arch = orders.get_view(view.id, "search")["arch"]
        [node] = etree.fromstring(arch).xpath(f"//filter[@name='{name}']")
        return orders.search(safe_eval(node.get("domain")))

    @freeze_time("2026-05-04 10:00")
    def test_last_24_months(self):
        around = self._sell_around([date(2024, 5, 5), date(2026, 5, 4)])
        found = self._filter("kmop_last_24_months")
        wizard = self._open("24")
        self.assertEqual(found.ids, self._get_listed(wizard).ids)
        self.assertEqual(
            set(found.mapped("kmop_date_start")),
            {day for day in around if date(2024, 5, 5) <= day <= date(2026, 5, 4)},
        )

    def test_past_retention(self):
        """The last day to keep it is a day to keep it."""
        last = self._sell("2026-05-03").kmop_date_retention
        self.assertEqual(last, date(2036, 5, 3))
        for day, count in ((last, 0), (last + timedelta(1), 1)):
            with self.subTest(day=day), freeze_time(f"{day} 10:00"):
                self.assertEqual(len(self._filter("kmop_past_retention")), count)

    def test_no_evaluation(self):
        ended, running = self._sell("2026-05-03"), self._sell("2026-05-04")
        open_ended = self._sell("2026-05-02")
        open_ended.kmop_date_end = False
        with freeze_time("2026-05-04 10:00"):
            self.assertEqual(self._filter("kmop_no_evaluation"), ended + open_ended)
            evidence = self._create_evidence(
                self.registration,
                self.keeper,
                type_id=self.env.ref(
                    "kmop_registration.kmop_evidence_type_evaluation"
                ).id,
                order_id=ended.id,
                date_effective="2026-05-03",
            )
            self.assertIn(ended, self._filter("kmop_no_evaluation"))
            evidence.submit()
            self.assertEqual(self._filter("kmop_no_evaluation"), open_ended)
            evidence.reject("Onleesbaar")
            self.assertIn(ended, self._filter("kmop_no_evaluation"))
            self.assertNotIn(running, self._filter("kmop_no_evaluation"))

    def test_incomplete(self):
        order = self._sell()
        draft = self._create_dossier()
        found = self._filter("kmop_incomplete")
        self.assertIn(order, found)
        self.assertNotIn(draft, found)
        types = self.env["kmop.evidence.type"]._get_needed(
            self.company, "training", True
        )
        for needed in types:
            self.assertIn(order, self._filter("kmop_incomplete"))
            self._create_evidence(
                self.registration, self.keeper, type_id=needed.id, order_id=order.id
            ).submit()
        self.assertNotIn(order, self._filter("kmop_incomplete"))

    def test_pivot(self):
        """Hours by trainer and theme; those of two trainers count once in all."""
        trainers = self.env["res.partner"].create([{"name": "An"}, {"name": "Bob"}])
        self._sell(kmop_trainer_ids=[(6, 0, trainers.ids)])
        self._sell(kmop_trainer_ids=[(6, 0, trainers[:1].ids)])
        orders = self.env["sale.order"].with_user(self.keeper)
        domain = [("kmop_registration_id", "=", self.registration.id)]
        groups = orders._read_group(
            domain, ["kmop_trainer_ids", "kmop_theme_id"], ["kmop_hours:sum"]
        )
        self.assertEqual(
            [(trainer.name, theme, hours) for trainer, theme, hours in groups],
            [("An", self.digital, 14), ("Bob", self.digital, 7)],
        )
        self.assertEqual(orders._read_group(domain, [], ["kmop_hours:sum"]), [(14,)])


@tagged("post_install", "-at_install")
class TestProjectRoute(HttpCase, ProjectCommon):
    def _get(self, user=None, query="", registration_id=None, method="GET"):
        login = (user or self.keeper).login
        self.authenticate(login, login)
        registration_id = registration_id or self.registration.id
        url = f"/kmop/registration/{registration_id}/projects.xlsx{query}"
        return self.url_open(url, method=method, allow_redirects=False)

    def test_per_role(self):
        seller = self._create_user(
            "seller",
            "kmop_registration.group_kmop_user,sales_team.group_sale_salesman",
        )
        portal = new_test_user(self.env, "kmop_portal", groups="base.group_portal")
        for user, status in (
            (portal, 404),
            (self._create_user("internal", "base.group_user"), 404),
            (self.salesman, 404),
            (self.surveyor, 404),
            (self.reader, 404),
            (self.officer, 404),
            (self.manager, 404),
            (self.stranger, 404),
            (seller, 200),
            (self.keeper, 200),
        ):
            with self.subTest(user=user.login):
                answer = self._get(user)
                self.assertEqual(answer.status_code, status)
                sheet = "sheet" in answer.headers["Content-Type"]
                self.assertEqual(sheet, status == 200)

    def test_anonymous(self):
        self.authenticate(None, None)
        url = f"/kmop/registration/{self.registration.id}/projects.xlsx"
        answer = self.url_open(url, allow_redirects=False)
        self.assertEqual(answer.status_code, 303)
        self.assertIn("/web/login", answer.headers["Location"])

    def test_another_company(self):
        theirs = self._get(self.stranger)
        nothing = self._get(self.stranger, registration_id=10**8)
        self.assertEqual((theirs.status_code, nothing.status_code), (404, 404))
        self.assertEqual(len(theirs.content), len(nothing.content))

    def test_window(self):
        orders = [self._sell(day) for day in ("2026-01-01", "2026-01-31", "2026-02-01")]
        answer = self._get(query="?date_from=2026-01-01&date_to=2026-01-31")
        sheet = load_workbook(io.BytesIO(answer.content))["Projects"]
        self.assertEqual(self._get_names(sheet), [order.name for order in orders[:2]])
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        filename = unquote(answer.headers["Content-Disposition"])
        self.assertIn("Leerhuis Test – Training Project list 20", filename)

    def test_window_of_the_next_part(self):
        """Without dates."""
        with freeze_time("2026-05-04 10:00"):
            first, last = self.registration._get_project_window()
            facts = self._get_facts(
                load_workbook(io.BytesIO(self._get().content))["Projects"]
            )
        self.assertEqual(last - first, date(2026, 5, 4) - date(2024, 5, 5))
        self.assertEqual(facts["Services started from"], "05/05/2024 – 05/04/2026")

    @mute_logger("odoo.http")
    def test_bad_dates(self):
        for query in (
            "?date_from=",
            "?date_from=x",
            "?date_to=2026-02-30",
            "?date_from=2026-1",
            "?date_from=20260101",
            "?date_from=2026-01-01%2010:00",
            "?date_from=2026-01-01'--",
            "?date_from=0000-01-01",
            "?date_from=2026-02-01&date_to=2026-01-31",
            "?date_to=1000-01-01",
        ):
            with self.subTest(query=query):
                self.assertEqual(self._get(query=query).status_code, 400)

    def test_far_dates(self):
        answer = self._get(query="?date_from=0001-01-01&date_to=9999-12-31")
        self.assertEqual(answer.status_code, 200)

    @mute_logger("odoo.http")
    def test_other_methods(self):
        self.authenticate(self.keeper.login, self.keeper.login)
        url = f"/kmop/registration/{self.registration.id}/projects.xlsx"
        for method in ("POST", "PUT", "DELETE"):
            answer = self.opener.request(method, self.base_url() + url)
            self.assertIn(answer.status_code, range(400, 500))

    def test_read_only_transaction(self):
        """A replica can serve it."""
        transactions = []
        registrations = self.env.registry["kmop.registration"]
        write = registrations._write_projects

        def spy(registration, *args):
            transactions.append(registration.env.cr.readonly)
            return write(registration, *args)

        self._sell()
        with patch.object(registrations, "_write_projects", spy):
            self.assertEqual(self._get().status_code, 200)
        self.assertEqual(transactions, [True])

    def test_download(self):
        """The wizard's link is the route's."""
        self._sell("2026-01-31")
        wizard = self._open("own", date_from="2026-01-01", date_to="2026-01-31")
        self.authenticate(self.keeper.login, self.keeper.login)
        answer = self.url_open(wizard.action_download()["url"])
        sheet = load_workbook(io.BytesIO(answer.content))["Projects"]
        self.assertEqual(len(self._get_names(sheet)), 1)

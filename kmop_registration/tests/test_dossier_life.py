from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, freeze_time

from .test_dossier import InvoicedCommon


@freeze_time("2026-05-02")
class TestDossierLife(InvoicedCommon):
    """From the first line of a quote to its cancellation."""

    def _get_pieces(self, order, name=None):
        """Return the living pieces of a dossier, of one kind."""
        pieces = order.sudo().kmop_dossier_evidence_ids
        living = pieces.filtered(lambda e: e.state not in ("rejected", "superseded"))
        return living.filtered(lambda e: name in (None, e.type_id.code))

    def _set_lines(self, order, *products):
        order.order_line = [
            Command.clear(),
            *(Command.create({"product_id": product.id}) for product in products),
        ]

    # ----------------------------------------------------------------- confirming

    def test_confirm(self):
        order = self._create_sold()
        piece = self._get_pieces(order)
        self.assertEqual(piece.state, "submitted")
        self.assertEqual(piece.submitted_by_id, self.salesman)
        self.assertEqual((piece.res_model, piece.res_id), ("sale.order", order.id))
        self.assertEqual(piece.registration_id, self.registration)

    def test_confirm_again(self):
        order = self._create_sold()
        order._action_cancel()
        self.assertFalse(self._get_pieces(order))
        order.action_draft()
        order.action_confirm()
        self.assertEqual(self._get_pieces(order).state, "submitted")
        self.assertEqual(len(order.kmop_dossier_evidence_ids), 2)

    def test_confirm_linked_already(self):
        order = self._create_dossier()
        order._kmop_link(self.registration.sudo(), self.quote_type).submit()
        order.action_confirm()
        self.assertEqual(len(order.kmop_dossier_evidence_ids), 1)

    def test_confirm_without_registration(self):
        order = self._create_sold(kmop_service="advice")
        self.assertEqual(order.state, "sale")
        self.assertFalse(order.kmop_dossier_evidence_ids)

    def test_confirm_ordinary(self):
        order = self._create_order()
        order.action_confirm()
        self.assertFalse(order.kmop_dossier_evidence_ids)

    def test_confirm_by_the_client(self):
        """Whoever signs online, the evidence is the salesperson's."""
        order = self._create_dossier()
        public = self.env.ref("base.public_user")
        order.with_user(public).sudo().action_confirm()
        self.assertEqual(self._get_pieces(order).owner_id, self.salesman)

    def test_confirm_many(self):
        """Linking takes as many queries for 200 quotes as for 10."""
        self._create_dossier()._kmop_link_quotes()
        counts = []
        for number in (10, 200):
            orders = self.env["sale.order"].create(
                [
                    {
                        "partner_id": self.client.id,
                        "company_id": self.company.id,
                        "user_id": self.salesman.id,
                        "kmop_service": "training",
                    }
                    for _number in range(number)
                ]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            orders.with_user(self.salesman)._kmop_link_quotes()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(len(orders.kmop_dossier_evidence_ids), number)
        self.assertLessEqual(counts[1], counts[0] + 12)

    # ------------------------------------------------------------------ invoicing

    def test_invoice(self):
        order = self._create_sold()
        invoice = self._create_invoice(order)
        piece = self._get_pieces(order, "invoice")
        self.assertEqual(piece.state, "submitted")
        self.assertEqual((piece.res_model, piece.res_id), ("account.move", invoice.id))
        self.assertEqual(piece.owner_id, self.bookkeeper)

    def test_invoice_draft(self):
        order = self._create_sold()
        self._create_invoice(order, post=False)
        self.assertFalse(self._get_pieces(order, "invoice"))

    def test_invoice_reset_and_booked_again(self):
        order = self._create_sold()
        invoice = self._create_invoice(order)
        first = self._get_pieces(order, "invoice")
        complete = order.kmop_completeness
        invoice.button_draft()
        self.assertEqual(first.state, "rejected")
        self.assertLess(order.kmop_completeness, complete)
        invoice.action_post()
        self.assertEqual(self._get_pieces(order, "invoice").state, "submitted")
        self.assertEqual(order.kmop_completeness, complete)

    def test_invoice_cancelled(self):
        order = self._create_sold()
        invoice = self._create_invoice(order)
        invoice.button_cancel()
        self.assertFalse(self._get_pieces(order, "invoice"))

    def test_accepted_invoice_changed(self):
        """What was accepted stays, its responsible hears of it, and judges again."""
        order = self._create_sold()
        invoice = self._create_invoice(order)
        accepted = self._get_pieces(order, "invoice")
        accepted.with_user(self.officer).accept()
        invoice.button_draft()
        self.assertEqual(accepted.state, "accepted")
        self.assertEqual(accepted.activity_ids.user_id, self.officer)
        invoice.action_post()
        newer = self._get_pieces(order, "invoice") - accepted
        self.assertEqual(newer.state, "submitted")
        newer.with_user(self.officer).accept()
        self.assertEqual(accepted.superseded_by_id, newer)

    def test_credit_note(self):
        order = self._create_sold()
        invoice = self._create_invoice(order)
        refund = self._refund(invoice)
        pieces = self._get_pieces(order, "invoice")
        self.assertEqual(set(pieces.mapped("res_id")), {invoice.id, refund.id})

    def test_invoice_of_several_dossiers(self):
        first, second = self._create_sold(), self._create_sold()
        invoice = self._create_invoice(first | second)
        for order in (first, second):
            piece = self._get_pieces(order, "invoice")
            self.assertEqual(piece.res_id, invoice.id)
            self.assertEqual(order.kmop_completeness, 28)
            piece.with_user(self.officer).accept()
        invoice.button_draft()
        invoice.action_post()
        for order in (first, second):
            pieces = self._get_pieces(order, "invoice")
            self.assertEqual(sorted(pieces.mapped("state")), ["accepted", "submitted"])

    def test_invoice_of_two_services(self):
        self._register(service="advice", number="DV.A123456")
        training = self._create_sold()
        advice = self._create_sold(kmop_service="advice")
        self._create_invoice(training | advice)
        for order in (training, advice):
            piece = self._get_pieces(order, "invoice")
            self.assertEqual(piece.registration_id, order.kmop_registration_id)

    def test_invoice_of_nothing_sold(self):
        invoice = (
            self.env["account.move"]
            .with_user(self.bookkeeper)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.client.id,
                    "invoice_line_ids": [
                        Command.create({"name": "Losse les", "price_unit": 10})
                    ],
                }
            )
        )
        invoice.action_post()
        self.assertEqual(invoice.state, "posted")
        self.assertFalse(invoice.sudo().kmop_evidence_ids)

    # ------------------------------------------------------ cancelling, removing

    def test_cancel(self):
        order = self._create_sold()
        piece = self._get_pieces(order)
        order._action_cancel()
        self.assertEqual(piece.state, "rejected")
        self.assertIn("cancelled", piece.reject_reason)

    def test_cancel_accepted(self):
        order = self._create_sold()
        piece = self._get_pieces(order)
        piece.with_user(self.officer).accept()
        order._action_cancel()
        self.assertEqual(piece.state, "accepted")
        self.assertEqual(piece.activity_ids.user_id, self.officer)
        with self.assertRaises(UserError), self.cr.savepoint():
            order.sudo().unlink()

    def test_delete(self):
        order = self._create_dossier(
            kmop_session_ids=[Command.create({"date": "2026-06-01"})],
            kmop_participant_ids=[Command.create({"name": "Piet"})],
        )
        order._kmop_link(self.registration.sudo(), self.quote_type)
        pieces, session = order.kmop_dossier_evidence_ids, order.kmop_session_ids
        order.sudo().unlink()
        self.assertFalse(
            (pieces.exists(), session.exists()) != (pieces[:0], session[:0])
        )

    # -------------------------------------------------------------------- copying

    def test_copy(self):
        order = self._create_sold(
            kmop_session_ids=[Command.create({"date": "2026-06-01"})],
            kmop_participant_ids=[Command.create({"name": "Piet"})],
            kmop_trainer_ids=self.bureau.ids,
            kmop_date_application="2026-05-02",
            kmop_place="Gent",
        )
        copied = order.copy()
        self.assertEqual(copied.kmop_service, "training")
        self.assertEqual(copied.kmop_theme_id, self.digital)
        self.assertEqual(copied.kmop_hours, 7)
        self.assertEqual(copied.kmop_place, "Gent")
        self.assertEqual(copied.kmop_trainer_ids, self.bureau)
        self.assertEqual(copied.kmop_registration_id, self.registration)
        self.assertTrue(copied.kmop_subsidised)
        for name in (
            "kmop_date_start",
            "kmop_date_end",
            "kmop_date_application",
            "kmop_session_ids",
            "kmop_participant_ids",
            "kmop_dossier_evidence_ids",
            "kmop_completeness",
            "kmop_overruled",
        ):
            self.assertFalse(copied[name], name)

    def test_copy_asks_the_products_anew(self):
        order = self._create_dossier()
        self.env.flush_all()
        self.training.write({"kmop_theme_id": self.cyber.id, "kmop_hours": 6})
        self.assertEqual(order.copy().kmop_theme_id, self.cyber)
        self.assertEqual(order.copy().kmop_hours, 6)
        self.assertEqual(order.copy({"kmop_hours": 3}).kmop_hours, 3)
        order.kmop_hours = 12
        self.assertEqual(order.copy().kmop_hours, 12)
        self.assertEqual(order.copy().kmop_theme_id, self.cyber)

    # ---------------------------------------------------------- the registration

    def test_registration_afterwards(self):
        order = self._create_sold(kmop_service="advice")
        ordinary = self._create_order()
        registration = self._register(service="advice", number="DV.A123456")
        self.assertEqual(order.kmop_registration_id, registration)
        self.assertFalse(ordinary.kmop_registration_id)

    def test_registration_of_another_company(self):
        order = self._create_dossier(kmop_service="advice")
        self.env["kmop.registration"].with_user(self.stranger).create(
            {"track_id": self.starter.id, "service": "advice"}
        )
        self.assertFalse(order.kmop_registration_id)

    def test_registration_withdrawn(self):
        """What it covered stays with it; a new one takes what comes after."""
        done = self._create_dossier(kmop_date_start="2026-04-01")
        done.kmop_date_end = "2026-04-02"
        coming = self._create_dossier()
        self.registration.withdraw("2026-05-02", "Andere rechtsvorm")
        for order in (done, coming):
            self.assertEqual(order.kmop_registration_id, self.registration)
        self.assertEqual(self._get_checks(coming), {"coverage"})
        self.assertFalse(self._create_dossier().kmop_registration_id)
        newer = self._create_registration()
        self.assertEqual(coming.kmop_registration_id, newer)
        self.assertEqual(done.kmop_registration_id, self.registration)

    # ---------------------------------------------------------- lines and products

    def test_product_changed_later(self):
        order = self._create_dossier()
        self.env.flush_all()
        self.training.write(
            {
                "kmop_service": "advice",
                "kmop_theme_id": self.cyber.id,
                "kmop_hours": 1,
                "kmop_form": "distance",
                "kmop_non_eligible": True,
            }
        )
        self.env.flush_all()
        self.assertEqual(order.kmop_service, "training")
        self.assertEqual(order.kmop_theme_id, self.digital)
        self.assertEqual(order.kmop_hours, 7)
        self.assertEqual(order.kmop_form, "classroom")
        self.assertEqual(order.kmop_amount_eligible, 1000)

    def test_product_replaced(self):
        order = self._create_dossier()
        remote = self._create_service("Online", kmop_form="distance", kmop_hours=0)
        order.order_line.product_id = remote
        self.assertEqual(order.kmop_form, "distance")
        self.assertEqual(order.kmop_hours, 0)

    def test_overruled_each_by_itself(self):
        order = self._create_dossier()
        values = {
            "kmop_theme_id": self.cyber,
            "kmop_hours": 12,
            "kmop_form": "mixed",
        }
        order.write(
            {**values, "kmop_theme_id": self.cyber.id},
        )
        order.order_line = [Command.create({"product_id": self.exam.id})]
        order.order_line[0].product_uom_qty = 3
        for name, value in values.items():
            self.assertEqual(order[name], value)
        order.kmop_hours = 21
        order.order_line[0].product_uom_qty = 2
        self.assertEqual(order.kmop_hours, 14)
        self.assertEqual(order.kmop_theme_id, self.cyber)

    def test_overruled_in_an_unsaved_form(self):
        with Form(self.env["sale.order"].with_user(self.salesman)) as form:
            form.partner_id = self.client
            with form.order_line.new() as line:
                line.product_id = self.training
            form.kmop_theme_id = self.cyber
            form.kmop_hours = 12
            with form.order_line.new() as line:
                line.product_id = self.exam
            with form.order_line.edit(0) as line:
                line.product_uom_qty = 2
            self.assertEqual(form.kmop_theme_id, self.cyber)
            self.assertEqual(form.kmop_hours, 12)
            form.kmop_hours = 14
            with form.order_line.edit(0) as line:
                line.product_uom_qty = 3
            self.assertEqual(form.kmop_hours, 21)
        self.assertEqual(form.record.kmop_overruled, ["kmop_theme_id"])

    def test_no_dossier_after_all(self):
        order = self._create_dossier()
        order.kmop_service = False
        order.order_line = [Command.create({"product_id": self.exam.id})]
        self.assertFalse(order.kmop_service)
        self.assertFalse(order.kmop_registration_id or order.kmop_enterprise_id)
        self.assertFalse(order.kmop_amount_eligible)

    def test_lines_removed(self):
        order = self._create_dossier(self.training | self.exam)
        order.order_line[0].unlink()
        self.assertFalse(order.kmop_service or order.kmop_theme_id)
        self.assertFalse(order.kmop_hours or order.kmop_form)
        self.assertFalse(order.kmop_amount_eligible or order.kmop_amount_other)
        self.assertFalse(order.kmop_checklist or order.kmop_warnings)

    def test_sections_and_notes(self):
        order = self._create_dossier()
        order.order_line = [
            Command.create({"display_type": "line_section", "name": "Opleiding"}),
            Command.create({"display_type": "line_note", "name": "In het Nederlands"}),
        ]
        self.assertEqual(order.kmop_amount_eligible, 1000)
        self.assertEqual(order.kmop_hours, 7)

    def test_hours(self):
        """By the day each counts; by the course or the participant it's one."""
        hour = self.env.ref("uom.product_uom_hour")
        course = self._create_service(
            "Per deelnemer", uom_id=self.env.ref("uom.product_uom_unit").id
        )
        order = self._create_dossier()
        order.order_line.product_uom_qty = 3
        self.assertEqual(order.kmop_hours, 21)
        self._set_lines(order, course, course)
        order.order_line[0].product_uom_qty = 10
        self.assertEqual(order.kmop_hours, 7)
        by_hour = self._create_service("Coaching", uom_id=hour.id, kmop_hours=1)
        self._set_lines(order, by_hour, course)
        order.order_line[0].product_uom_qty = 4
        self.assertEqual(order.kmop_hours, 11)

    def test_hours_in_another_unit(self):
        """Eight hours of a product sold by the day of seven hours."""
        order = self._create_dossier()
        line = order.order_line
        line.write(
            {
                "product_uom_id": self.env.ref("uom.product_uom_hour").id,
                "product_uom_qty": 8,
            }
        )
        self.assertEqual(order.kmop_hours, 7)

    def test_many_lines(self):
        order = self._create_dossier()
        order.order_line = [
            Command.create({"product_id": self.exam.id, "price_unit": 1})
            for _number in range(499)
        ]
        self.assertEqual(order.kmop_amount_eligible, 1000)
        self.assertEqual(order.kmop_amount_other, 499)
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        order.read(["kmop_warnings", "kmop_subsidy", "kmop_checklist"])
        self.assertLess(self.env.cr.sql_log_count - before, 60)

    # --------------------------------------------------------------- made by hand

    def test_make_dossier(self):
        ordinary = self._create_order()
        before = self._create_dossier(kmop_service=False, kmop_theme_id=False)
        (ordinary | before).action_kmop_make_dossier()
        self.assertEqual(ordinary.kmop_service, "training")
        self.assertEqual(before.kmop_theme_id, self.digital)
        self.assertFalse(before.kmop_overruled)
        self._set_lines(before)
        self.assertFalse(before.kmop_service)
        self._set_lines(ordinary, self.exam)
        self.assertEqual(ordinary.kmop_service, "training")

    def test_import(self):
        """A list of old assignments has its own services and days."""
        result = (
            self.env["sale.order"]
            .with_user(self.salesman)
            .load(
                [
                    "partner_id/.id",
                    "kmop_service",
                    "kmop_theme_id/id",
                    "kmop_date_start",
                    "kmop_date_end",
                    "kmop_hours",
                ],
                [
                    [
                        str(self.client.id),
                        "advice",
                        "kmop_registration.kmop_theme_people",
                        "2025-03-01",
                        "2025-03-02",
                        "14",
                    ]
                ],
            )
        )
        self.assertFalse(result["messages"])
        order = self.env["sale.order"].browse(result["ids"])
        self.assertEqual(order.kmop_service, "advice")
        self.assertEqual(order.kmop_hours, 14)
        self.assertEqual(order.kmop_enterprise_id, self.client)

    def test_days(self):
        order = self._create_dossier()
        order.kmop_session_ids = [
            Command.create({"date": day}) for day in ("2026-07-02", "2026-07-09")
        ]
        self.assertEqual(str(order.kmop_date_start), "2026-07-02")
        self.assertEqual(str(order.kmop_date_end), "2026-07-09")
        order.kmop_session_ids[1].date = "2026-07-01"
        self.assertEqual(str(order.kmop_date_start), "2026-07-01")
        self.assertEqual(str(order.kmop_date_end), "2026-07-02")
        order.kmop_session_ids.unlink()
        self.assertEqual(str(order.kmop_date_end), "2026-07-02")

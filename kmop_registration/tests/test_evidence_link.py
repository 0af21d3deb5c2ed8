from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged, warmup

from ..wizard.kmop_evidence_link import BATCH_SIZE
from .test_evidence import EvidenceCommon

LINKED = "Linked already as Quote or contract"
FOREIGN = "Of another company than the registration"
CANCELLED = "Cancelled"
SERVICE = "Of another service than the registration"


class LinkCommon(EvidenceCommon):
    def _open(self, sources, user):
        """Return the wizard as ``user`` gets it for a selection of documents."""
        return (
            self.env["kmop.evidence.link"]
            .with_user(user)
            .with_context(active_model=sources._name, active_ids=sources.ids)
        )

    def _link_by_wizard(self, sources, user, **vals):
        """Return the evidence that confirming the wizard adds."""
        before = self.env["kmop.evidence"].search([])
        wizard = self._open(sources, user).create(vals)
        wizard.action_confirm()
        return self.env["kmop.evidence"].search([]) - before

    def _get_preview(self, wizard):
        """Return what will be linked, and how many are skipped by reason."""
        skipped = {line["reason"]: line["count"] for line in wizard.skipped or []}
        return wizard.to_link_count, skipped

    def _create_orders(self, count, **vals):
        """Return quotes without lines, made in one go."""
        return self.env["sale.order"].create(
            [
                {
                    "partner_id": self.client.id,
                    "company_id": self.company.id,
                    "user_id": self.salesman.id,
                    **vals,
                }
                for _i in range(count)
            ]
        )


@tagged("post_install", "-at_install")
class TestEvidenceLink(LinkCommon):
    def test_one_order(self):
        """Whatever the order of the list, or two who link the same could deadlock."""
        orders = self._create_orders(3)
        evidences = orders[::-1]._kmop_link(self.registration, self.quote_type)
        self.assertEqual(evidences.mapped("res_id"), orders.ids)

    # ------------------------------------------------------------------ preview

    def test_proposal(self):
        """The only registration, the usual type and what that type stands for."""
        for source, type_code in (
            (self._create_order(), "quote"),
            (self._create_answer(), "evaluation"),
        ):
            wizard = Form(self._open(source, self.env.user))
            self.assertEqual(wizard.type_id.code, type_code)
            self.assertEqual(wizard.aspect, wizard.type_id.aspect)
            self.assertTrue(wizard.submit)
            self.assertEqual(wizard.requirement_ids[:], wizard.type_id.requirement_ids)

    def test_preview(self):
        orders = self.env["sale.order"].union(*(self._create_order() for _i in "abc"))
        self._link(orders[0])
        foreign = self._create_order(company=self.other_company)
        self.salesman.company_ids += self.other_company
        sources = orders + foreign
        wizard = self._open(sources, self.salesman).with_context(
            allowed_company_ids=(self.company + self.other_company).ids
        )
        form = Form(wizard)
        form.registration_id = self.registration
        foreign_reason = {FOREIGN: 1}
        self.assertEqual(self._get_preview(form), (2, {LINKED: 1, **foreign_reason}))
        self.assertEqual(form.skipped[0]["names"], [orders[0].name])
        form.type_id = self.legal_type
        self.assertEqual(self._get_preview(form), (3, foreign_reason))

    def test_preview_of_quotes(self):
        """What is no quote any more, or of another service, is no evidence."""
        ordinary, training, advice, cancelled = self._create_orders(4)
        training.kmop_service = "training"
        advice.kmop_service = "advice"
        (cancelled + advice)._action_cancel()
        advice.action_draft()
        orders = ordinary + training + advice + cancelled
        wizard = self._open(orders, self.salesman).create({})
        self.assertEqual(self._get_preview(wizard), (2, {CANCELLED: 1, SERVICE: 1}))
        names = {line["reason"]: line["names"] for line in wizard.skipped}
        self.assertEqual(names[CANCELLED], [cancelled.name])
        self.assertEqual(names[SERVICE], [advice.name])
        wizard.action_confirm()
        evidences = self.registration.evidence_ids
        self.assertEqual(set(evidences.mapped("res_id")), {ordinary.id, training.id})

    def test_one_reason_each(self):
        """A cancelled quote that is linked already counts once."""
        order = self._create_order()
        self._link(order)
        order._action_cancel()
        self.registration.evidence_ids.sudo().state = "accepted"
        wizard = self._open(order, self.salesman).create({})
        self.assertEqual(self._get_preview(wizard), (0, {LINKED: 1}))

    def test_link_obeys_the_reasons(self):
        """Also where no wizard comes into it."""
        order = self._create_order(state="cancel")
        self.assertFalse(self._link(order))

    def test_names_of_many(self):
        """Of each reason the first names, of all of them the number."""
        orders = self._create_orders(30, state="cancel")
        wizard = self._open(orders, self.salesman).create({})
        [line] = wizard.skipped
        self.assertEqual(line["count"], 30)
        self.assertEqual(line["names"], orders[:20].mapped("name"))

    def test_preview_says_what_happens(self):
        orders = self._create_order() + self._create_order()
        self._link(orders[0])
        wizard = self._open(orders, self.salesman).create({})
        self.assertEqual(self._get_preview(wizard), (1, {LINKED: 1}))
        wizard.action_confirm()
        wizard.invalidate_recordset()
        self.assertEqual(self._get_preview(wizard), (0, {LINKED: 2}))

    def test_preview_without_a_registration(self):
        """Nothing is said of documents while there is nothing to compare with."""
        self._create_registration(service="advice")
        form = Form(self._open(self._create_order(), self.salesman))
        self.assertFalse(form.registration_id)
        self.assertEqual(self._get_preview(form), (0, {}))

    def test_rejected_counts_as_to_link(self):
        order = self._create_order()
        self._put(self._link(order), "rejected")
        wizard = self._open(order, self.salesman).create({})
        self.assertEqual(self._get_preview(wizard), (1, {}))

    # ------------------------------------------------------------------ linking

    def test_link_quotes(self):
        orders = self._create_order() + self._create_order()
        evidences = self._link_by_wizard(orders, self.salesman)
        self.assertEqual(len(evidences), 2)
        self.assertEqual(set(evidences.mapped("res_id")), set(orders.ids))
        self.assertRecordValues(
            evidences.sorted("res_id"),
            [
                {
                    "name": order._kmop_evidence_name(),
                    "registration_id": self.registration.id,
                    "type_id": self.quote_type.id,
                    "aspect": "application",
                    "res_model": "sale.order",
                    "owner_id": self.salesman.id,
                    "source_user_id": self.salesman.id,
                    "state": "submitted",
                }
                for order in orders.sorted("id")
            ],
        )
        self.assertEqual(evidences.requirement_ids, self.quote_type.requirement_ids)

    def test_link_answers(self):
        answers = self._create_answer() + self._create_answer()
        evidences = self._link_by_wizard(answers, self.surveyor)
        self.assertEqual(evidences.type_id.code, "evaluation")
        self.assertEqual(set(evidences.mapped("res_id")), set(answers.ids))
        self.assertEqual(evidences.owner_id, self.surveyor)
        self.assertFalse(evidences.source_user_id)

    def test_own_choices(self):
        requirement = self.env.ref("kmop_registration.kmop_requirement_integrity")
        evidence = self._link_by_wizard(
            self._create_order(),
            self.salesman,
            type_id=self.legal_type.id,
            aspect="application",
            requirement_ids=[Command.set(requirement.ids)],
            submit=False,
        )
        self.assertEqual(evidence.state, "draft")
        self.assertEqual(evidence.aspect, "application")
        self.assertEqual(evidence.requirement_ids, requirement)

    def test_the_rest_is_linked(self):
        """What is linked already, or of others, holds nothing up."""
        orders = self._create_order() + self._create_order()
        self._link(orders[0])
        foreign = self._create_order(company=self.other_company)
        self.salesman.company_ids += self.other_company
        wizard = self._open(orders + foreign, self.salesman).with_context(
            allowed_company_ids=(self.company + self.other_company).ids
        )
        wizard.create({"registration_id": self.registration.id}).action_confirm()
        self.assertEqual(len(orders[1].kmop_evidence_ids), 1)
        self.assertFalse(foreign.kmop_evidence_ids)

    def test_nothing_to_link(self):
        order = self._create_order()
        self._link(order)
        with self.assertRaisesRegex(UserError, "Nothing to link"):
            self._link_by_wizard(order, self.salesman)

    def test_deleted_meanwhile(self):
        orders = self._create_order() + self._create_order()
        wizard = self._open(orders, self.salesman).create({})
        orders[0].unlink()
        wizard.action_confirm()
        self.assertEqual(len(orders[1].kmop_evidence_ids), 1)

    def test_no_documents(self):
        for model in (False, "res.country", "kmop.evidence.source", "no.such.model"):
            wizard = self.env["kmop.evidence.link"].with_user(self.reader)
            wizard = wizard.with_context(active_model=model, active_ids=[1])
            with self.subTest(model=model), self.assertRaises(UserError):
                wizard.create({"type_id": self.legal_type.id}).action_confirm()

    def test_withdrawn_or_archived_registration(self):
        """They are no choice, and no default."""
        self.registration.action_archive()
        form = Form(self._open(self._create_order(), self.salesman))
        self.assertFalse(form.registration_id)

    # -------------------------------------------------------------------- access

    def test_salesperson_on_a_colleagues_quote(self):
        order = self._create_order(user_id=self.manager.id)
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            self._link_by_wizard(order, self.salesman)
        self.assertFalse(order.kmop_evidence_ids)

    def test_one_of_a_colleague_among_ones_own(self):
        """All or nothing, and the message is Odoo's own."""
        orders = self._create_order() + self._create_order(user_id=self.manager.id)
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            self._link_by_wizard(orders, self.salesman)
        self.assertFalse(orders.kmop_evidence_ids)

    def test_surveyor_on_a_restricted_survey(self):
        answer = self._create_answer()
        answer.survey_id.restrict_user_ids = self.manager
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            self._link_by_wizard(answer, self.surveyor)

    def test_salesperson_on_an_answer_and_surveyor_on_a_quote(self):
        for source, user in (
            (self._create_answer(), self.salesman),
            (self._create_order(), self.surveyor),
        ):
            self.env.invalidate_all()
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._link_by_wizard(source, user)

    def test_form_proposes_indicators(self):
        """Also before it is saved, and after a requirement is taken away."""
        order = self._create_order()
        wizards = self.env["kmop.evidence.link"].with_user(self.salesman)
        wizards = wizards.with_context(active_model=order._name, active_ids=order.ids)
        form = Form(wizards)
        usual = self.quote_type._get_indicators(self.registration)
        self.assertEqual(form.indicator_ids.ids, usual.ids)
        requirement = usual.requirement_id[0]
        form.requirement_ids.remove(id=requirement.id)
        left = usual.filtered(lambda i: i.requirement_id != requirement)
        self.assertEqual(form.indicator_ids.ids, left.ids)

    def test_registration_of_another_company(self):
        other = (
            self.env["kmop.registration"]
            .with_user(self.stranger)
            .create({"track_id": self.starter.id})
        )
        self.env.invalidate_all()
        with self.assertRaises(UserError):
            self._link_by_wizard(
                self._create_order(), self.salesman, registration_id=other.id
            )

    def test_salesperson_from_start_to_end(self):
        """With nothing but the right to sell: link, see, mend and submit."""
        order = self._create_order()
        evidence = self._link_by_wizard(order, self.salesman, submit=False)
        evidence = evidence.with_user(self.salesman)
        evidence.name = "Offerte digitale veiligheid"
        evidence.submit()
        evidence.with_user(self.officer).reject("Verkeerde versie")
        self.assertEqual(evidence.reject_reason, "Verkeerde versie")
        evidence.submit()
        evidence.with_user(self.officer).accept()
        self.assertEqual(evidence.state, "accepted")
        self.assertEqual(evidence.action_open_source()["res_id"], order.id)

    # --------------------------------------------------------------- smart button

    def _get_listed(self, order, user):
        order = order.with_user(user)
        action = order.action_kmop_open_evidence()
        return self.env["kmop.evidence"].with_user(user).search(action["domain"])

    def test_button_counts_what_its_list_shows(self):
        order = self._create_order(user_id=False)
        self._link(order, self.salesman)
        order._kmop_link(self.registration, self.legal_type)
        colleague = self._create_user("colleague", "sales_team.group_sale_salesman")
        leader = self._create_user("leader", "sales_team.group_sale_salesman_all_leads")
        for user, count in (
            (self.salesman, 1),
            (colleague, 0),
            (leader, 2),
            (self.env.user, 2),
        ):
            with self.subTest(user=user.login):
                self.assertEqual(order.with_user(user).kmop_evidence_count, count)
                self.assertEqual(len(self._get_listed(order, user)), count)

    def test_button_of_ones_own_quote(self):
        """The salesperson sees what others linked of their quote."""
        order = self._create_order()
        order._kmop_link(self.registration, self.legal_type)
        self.assertEqual(order.with_user(self.salesman).kmop_evidence_count, 1)

    def test_button_without_any_right(self):
        """An accountant opens the quote as ever, without a button."""
        order = self._create_order()
        self._link(order)
        accountant = self._create_user("accountant", "account.group_account_invoice")
        self.assertEqual(order.with_user(accountant).kmop_evidence_count, 0)

    def test_button_of_an_answer(self):
        answer = self._create_answer()
        self._link(answer, self.surveyor)
        self.assertEqual(answer.with_user(self.surveyor).kmop_evidence_count, 1)
        self.assertEqual(len(self._get_listed(answer, self.surveyor)), 1)

    def test_button_ignores_other_models(self):
        order = self._create_order()
        answer = self._create_answer()
        evidence = self._link(answer)
        self.env.cr.execute(
            "UPDATE kmop_evidence SET res_id = %s WHERE id = %s",
            [order.id, evidence.id],
        )
        self.env.invalidate_all()
        self.assertFalse(order.kmop_evidence_count)

    def test_offered_in_the_lists(self):
        """The entry is in the Actions menu of who can use it, of nobody else."""
        for model, users in (
            ("sale.order", self.salesman + self.reader + self.officer),
            ("survey.user_input", self.surveyor + self.reader + self.officer),
        ):
            for user in self.salesman + self.surveyor + self.reader + self.officer:
                bindings = self.env["ir.actions.actions"].with_user(user)
                offered = any(
                    action["name"] == "Link as kmo-portefeuille evidence"
                    for action in bindings.get_bindings(model).get("action", [])
                )
                with self.subTest(model=model, user=user.login):
                    self.assertEqual(offered, user in users)


@tagged("post_install", "-at_install")
class TestEvidenceLinkBatches(LinkCommon):
    def _confirm(self, orders, **vals):
        """Return the wizard and what it tells the browser to do."""
        wizard = self._open(orders, self.salesman).create(vals)
        return wizard, wizard.action_confirm()

    def _slice(self, ids):
        return [ids[i : i + BATCH_SIZE] for i in range(0, len(ids), BATCH_SIZE)]

    def _link_batch(self, wizard, ids):
        """Link one batch as the browser asks for it."""
        return wizard.with_context(active_ids=ids).link_batch()

    def test_up_to_a_batch(self):
        """Linked at once, whatever else is skipped."""
        orders = self._create_orders(BATCH_SIZE)
        cancelled = self._create_orders(BATCH_SIZE, state="cancel")
        action = self._confirm(orders + cancelled)[1]
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(len(self.registration.evidence_ids), BATCH_SIZE)

    def test_more_than_a_batch(self):
        """Left to the browser, with what there is to link and what isn't."""
        orders = self._create_orders(BATCH_SIZE + 1)
        cancelled = self._create_orders(1, state="cancel")
        wizard, action = self._confirm(orders + cancelled)
        self.assertEqual(action["tag"], "kmop_link_progress")
        self.assertEqual(
            action["params"],
            {
                "wizard_id": wizard.id,
                "model": "sale.order",
                "document_ids": orders.ids,
                "batch_size": BATCH_SIZE,
                "skipped": [
                    {"reason": CANCELLED, "count": 1, "names": [cancelled.name]}
                ],
            },
        )
        self.assertFalse(self.registration.evidence_ids)

    def test_1000_quotes(self):
        """Interrupted after four batches and started again: each is linked once."""
        orders = self._create_orders(1000)
        wizard, action = self._confirm(orders)
        batches = self._slice(action["params"]["document_ids"])
        self.assertEqual(len(batches), 10)
        for ids in batches[:4]:
            answer = self._link_batch(wizard, ids)
            self.assertEqual(answer, {"linked": BATCH_SIZE, "skipped": []})
        again, action = self._confirm(orders)
        self.assertEqual(action["params"]["document_ids"], orders.ids[400:])
        [line] = action["params"]["skipped"]
        self.assertEqual((line["reason"], line["count"]), (LINKED, 400))
        for ids in self._slice(action["params"]["document_ids"]):
            self._link_batch(again, ids)
        evidences = self.registration.evidence_ids
        self.assertEqual(sorted(evidences.mapped("res_id")), orders.ids)
        self.assertEqual(set(evidences.mapped("state")), {"submitted"})
        self.assertEqual(evidences.owner_id, self.salesman)

    def test_repeated_batch(self):
        """As after an answer that got lost on its way to the browser."""
        orders = self._create_orders(BATCH_SIZE + 1)
        wizard, action = self._confirm(orders)
        ids = action["params"]["document_ids"][:BATCH_SIZE]
        self._link_batch(wizard, ids)
        answer = self._link_batch(wizard, ids)
        self.assertEqual(answer["linked"], 0)
        self.assertEqual(answer["skipped"][0]["count"], BATCH_SIZE)
        self.assertEqual(len(self.registration.evidence_ids), BATCH_SIZE)

    def test_choices_hold_in_each_batch(self):
        orders = self._create_orders(BATCH_SIZE + 1)
        requirement = self.env.ref("kmop_registration.kmop_requirement_integrity")
        wizard, action = self._confirm(
            orders,
            type_id=self.legal_type.id,
            aspect="application",
            requirement_ids=[Command.set(requirement.ids)],
            submit=False,
        )
        for ids in self._slice(action["params"]["document_ids"]):
            self._link_batch(wizard, ids)
        evidences = self.registration.evidence_ids
        self.assertEqual(set(evidences.mapped("aspect")), {"application"})
        self.assertEqual(set(evidences.mapped("state")), {"draft"})
        self.assertEqual(evidences.requirement_ids, requirement)

    def test_cancelled_and_deleted_meanwhile(self):
        orders = self._create_orders(3)
        wizard = self._open(orders, self.salesman).create({})
        orders[0]._action_cancel()
        ids = orders.ids
        orders[1].unlink()
        answer = self._link_batch(wizard, ids)
        self.assertEqual(answer["linked"], 1)
        self.assertEqual(answer["skipped"][0]["reason"], CANCELLED)

    def test_batch_of_a_colleagues_quotes(self):
        """The batch is the browser's to choose: each is checked as any other."""
        wizard = self._open(self._create_orders(1), self.salesman).create({})
        theirs = self._create_orders(2, user_id=self.manager.id)
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            self._link_batch(wizard, theirs.ids)
        self.assertFalse(self.registration.evidence_ids)

    def test_a_colleagues_wizard(self):
        wizard = self._open(self._create_orders(1), self.salesman).create({})
        colleague = self._create_user("colleague", "sales_team.group_sale_salesman")
        for method in ("link_batch", "action_confirm"):
            with self.subTest(method=method), self.assertRaises(AccessError):
                getattr(wizard.with_user(colleague), method)()

    @warmup
    def test_queries_per_batch(self):
        """As many for a batch as for ten quotes, and for each batch of them."""

        def count(ids):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            self._link_batch(wizard, ids)
            self.env.flush_all()
            return self.env.cr.sql_log_count - start

        orders = self._create_orders(3 * BATCH_SIZE)
        wizard, action = self._confirm(orders)
        first, *batches = self._slice(action["params"]["document_ids"])
        count(first[:1])
        ten = count(first[1:11])
        counts = [count(ids) for ids in batches]
        self.assertLessEqual(ten, 45)
        self.assertLessEqual(max(counts), ten + 4)

    @warmup
    def test_queries_of_the_preview(self):
        def count(orders):
            self.env.flush_all()
            self.env.invalidate_all()
            wizards = self._open(orders, self.salesman)
            start = self.env.cr.sql_log_count
            wizards.new({})._compute_preview()
            return self.env.cr.sql_log_count - start

        orders = self._create_orders(400)
        self._link(orders[:200])
        orders[200:300].state = "cancel"
        count(orders)
        self.assertLessEqual(count(orders), count(orders[198:202]))


@tagged("post_install", "-at_install")
class TestEvidenceLinkBudget(LinkCommon):
    def _count_queries(self, count):
        """Return the queries that linking ``count`` quotes at once takes."""
        orders = self._create_orders(count)
        self.env.flush_all()
        self.env.invalidate_all()
        start = self.env.cr.sql_log_count
        evidences = self._link_by_wizard(orders, self.salesman)
        self.env.flush_all()
        self.assertEqual(len(evidences), count)
        return self.env.cr.sql_log_count - start

    @warmup
    def test_queries(self):
        self._count_queries(1)
        ten, many = self._count_queries(10), self._count_queries(BATCH_SIZE)
        self.assertLessEqual(ten, 45)
        self.assertLessEqual(many, ten + 8)

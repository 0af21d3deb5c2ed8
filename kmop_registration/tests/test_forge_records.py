"""What a penetration test did to records, by a real client: points 2, 4, 6-9, 12-17."""

from datetime import date

from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from .forge import ACCESS, VALIDATION, ForgeCase

# At this moment it is 31 May in Pago Pago, 1 June in Brussels, 2 June on Kiritimati.
MOMENT = "2026-06-01 10:30:00"


@tagged("post_install", "-at_install")
class TestForgeDecided(ForgeCase):
    """What was decided, accepted or granted."""

    def setUp(self):
        super().setUp()
        self.audit = self._decide(
            self.registration, date(2026, 3, 1), number="DV.O123456"
        )
        self.period = self.registration.period_ids
        self.advice = self._create_registration(service="advice")
        self.negative = self._decide(self.advice, date(2026, 3, 2), "negative")

    def _create_finding(self, **vals):
        findings = self.env["kmop.finding"].with_user(self.officer)
        vals = {"registration_id": self.registration.id, **vals}
        return findings.create({"name": "Lijst ontbreekt", **vals})

    def _close(self, finding):
        finding.propose("Inscannen")
        finding.implement()
        finding.check_effect(True, "Nagekeken")
        return finding

    def _accept_own(self, **vals):
        """Return accepted evidence of a salesperson."""
        evidence = self._create_evidence(self.registration, user=self.salesman, **vals)
        evidence.submit()
        evidence.with_user(self.officer).accept()
        return evidence

    def test_real_login(self):
        self.assertEqual(
            self._send(self.salesman, self.salesman, "read", ["login"])[0][0]["login"],
            "kmop_salesman",
        )
        self.assertIn("SessionExpired", self._send(None, self.client, "read", [])[1])

    def test_each_key(self):
        """Point 2: no single key opens what is closed."""
        evidence = self._accept_own()
        keys = [{name: value} for name, value in self.defaults.items()]
        self.refuse([self.salesman], (evidence, "unlink"), keys=keys)
        closed = ((r, "unlink") for r in (self.audit.score_ids[0], self.audit))
        self.refuse([self.officer], *closed, keys=keys)

    def test_salesperson(self):
        """Point 2: a salesperson and their own accepted evidence, file or link."""
        file = self._create_attachment("bewijs.pdf", user=self.salesman)
        for vals in ({}, {"url": False, "attachment_ids": file.ids}):
            evidence = self._accept_own(**vals)
            self.refuse(
                [self.salesman],
                (evidence, "unlink"),
                (evidence, "web_save", {"name": "Anders"}, {}),
                (evidence, {"url": "https://elders.example.com"}),
                (evidence, {"attachment_ids": [Command.clear()]}),
                (evidence, {"file_ids": [Command.clear()]}),
                (evidence, {"state": "draft"}),
                watched=[evidence.file_ids, evidence.attachment_ids],
            )

    def test_officer(self):
        """Point 2: scores of a decided audit, a negative one, a finding, milestones."""
        finding = self._close(self._create_finding(severity="major"))
        milestone = self.registration.milestone_ids[:1]
        milestone.mark_done("Gedaan")
        scores, audit = self.audit.score_ids, self.audit
        decision = audit.sudo().decision_ids
        kept = (scores[:2], audit, self.negative, finding, milestone, self.period,
                self.registration, decision)  # fmt: skip
        people = [self.officer, self.manager]
        self.refuse(people, *((record, "unlink") for record in kept))
        self.refuse(
            [self.officer],
            (audit, {"score_ids": [Command.clear()]}),
            (audit, {"score_ids": [Command.delete(scores[0].id)]}),
            (audit, {"score_ids": [Command.update(scores[0].id, {"remark": "x"})]}),
            (audit, {"period_ids": [Command.clear()]}),
            (audit, {"decision_ids": [Command.clear()]}),
            watched=[scores, self.period, decision],
        )

    def test_by_lists_of_the_registration(self):
        """Points 2 and 4: the same through the x2many fields of the registration."""
        records = {
            "evidence_ids": (self._accept_own(), {"name": "x"}),
            "audit_ids": (self.audit, {"cycle": 9}),
            "period_ids": (self.period, {"date_end": "2099-12-31"}),
            "finding_ids": (self._close(self._create_finding()), {"name": "x"}),
        }
        for name, (record, vals) in records.items():
            self.refuse(
                [self.officer],
                (self.registration, {name: [Command.update(record.id, vals)]}),
                (self.registration, {name: [Command.delete(record.id)]}),
                (self.registration, {name: [Command.unlink(record.id)]}),
                (self.registration, {name: [Command.clear()]}),
                watched=[record],
            )

    def test_rewriting(self):
        """Point 4: cycle, kind, user and note of a decided audit; dates of the rest."""
        registration = self.registration
        self.refuse(
            [self.officer, self.manager, self.stranger],
            (self.audit, {"cycle": 9}),
            (self.audit, {"kind": "renewal"}),
            (self.audit, {"user_id": self.manager.id}),
            (self.audit, {"note": "<p>Anders</p>"}),
            (self.audit, {"outcome": "negative"}),
        )
        new = {"service": "advice", "partner_id": self.client.id}
        for vals in ({"date_end": "2099-12-31"}, {"step": "completed"}):
            data = [[*vals, ".id"], [[*vals.values(), str(registration.id)]]]
            self.refuse(
                [self.officer, self.manager],
                (registration, vals),
                (registration.browse(), "create", {**new, **vals}),
            )
            self.refuse(
                [self.manager],
                (registration, "load", *data),
                watched=[registration],
                told=False,
            )

    def test_score_moves(self):
        """Point 4: a filled-in score moved into a decided audit, from anywhere."""
        score = self.registration.start_audit().score_ids[:1]
        score.auditor_conformity = "V"
        theirs = self._register_elsewhere().start_audit().score_ids[:1]
        # Not scored in the decided audit yet: no unique index is in the way.
        indicator = score.indicator_id.sudo().copy({"code": "1.99"})
        (score + theirs).sudo().indicator_id = indicator
        for user, record in ((self.officer, score), (self.stranger, theirs)):
            vals = {"audit_id": self.audit.id}
            new = {**vals, "indicator_id": indicator.id}
            calls = (record, vals), (record.browse(), "create", new)
            self.refuse([user], *calls, watched=[self.audit])

    def _register_elsewhere(self):
        registrations = self.env["kmop.registration"].with_user(self.stranger)
        vals = {"track_id": self.starter.id, "service": "training"}
        return registrations.create(vals)

    def test_translations(self):
        """Point 4: the host's own way to write translated fields knows no write()."""
        translated = [
            f"{name}.{field.name}"
            for name in self.registry
            if hasattr(self.env[name], "_free_fields")
            for field in self.env[name]._fields.values()
            if field.translate and field.store
        ]
        self.assertFalse(translated)
        decision = self.audit.sudo().decision_ids
        vals = {"decision_id": decision.id, "evidence_id": self._accept_own().id}
        lines = self.env["kmop.audit.decision.evidence"]
        kept = lines.create({**vals, "type_name": "Statuten"})
        self.manager.group_ids += self.env.ref("base.group_system")
        terms = {"nl_BE": "x", "en_US": "x"}
        call = kept, "update_field_translations", "type_name", terms
        self.refuse([self.officer, self.manager], call)

    def test_into_another_company(self):
        """Point 6: made at home, then moved into another company's register."""
        foreign = self._register_elsewhere()
        their_audit = foreign.start_audit()
        order = self._create_order(self.other_company)
        mine = self._create_evidence(self.registration, user=self.salesman)
        own = self._create_evidence(self.registration)
        finding = self._create_finding()
        score = self.registration.start_audit().score_ids[:1]
        new = {"name": "x", "type_id": self.legal_type.id}
        there = {**new, "registration_id": foreign.id}
        elsewhere = {"company_id": self.other_company.id}
        about = {"watched": [foreign, their_audit, order.sudo()],
                 "keys": [*self.contexts, self.both]}  # fmt: skip
        self.refuse(
            [self.salesman],
            (mine, {"registration_id": foreign.id}),
            (mine, {"order_id": order.id}),
            (mine, elsewhere),
            (mine.browse(), "create", there),
            (mine.browse(), "create", {**new, "order_id": order.id}),
            **about,
        )
        # The constraint on companies looks before the check of access.
        call = mine, {"res_model": "sale.order", "res_id": order.id}
        self.refuse([self.salesman], call, errors=(ACCESS, VALIDATION), **about)
        self.refuse(
            [self.officer],
            (own, {"registration_id": foreign.id}),
            (finding, {"registration_id": foreign.id}),
            (finding, {"audit_id": their_audit.id}),
            (score, {"audit_id": their_audit.id}),
            (self.registration, elsewhere),
            (self.registration, {"evidence_ids": [Command.create(there)]}),
            (own.browse(), "create", there),
            **about,
        )

    def test_frozen_stays_intact(self):
        """Point 9: another code, or a new norm, raises no alarm."""
        evidence = self._accept_own()
        self.manager.group_ids += self.env.ref("base.group_system")
        indicator = evidence.indicator_ids[:1]
        for record, method, vals in (
            (indicator, "write", {"code": "Z.9", "name": "Anders"}),
            (indicator.requirement_id, "write", {"name": "Anders", "code": "Z"}),
            (evidence.type_id, "write", {"name": "Andere soort"}),
            (self.env["kmop.norm"], "create", {"name": "N", "date_from": "2026-03-05"}),
        ):
            self.assertIsNone(self._send(self.manager, record, method, vals)[1])
        self.assertEqual(indicator.code, "Z.9")
        found = self._send(self.reader, evidence, "verify")[0]
        self.assertEqual(found[str(evidence.id)]["state"], "intact")

    def test_seen_is_accepted(self):
        """Point 12: what changes after submission isn't accepted as it is."""
        file = self._create_attachment("bewijs.pdf", user=self.salesman)
        for context in self.contexts:
            for vals in (
                {"name": "Anders"},
                {"url": "https://elders.example.com"},
                {"attachment_ids": [Command.link(file.id)]},
            ):
                evidence = self._create_evidence(self.registration, user=self.salesman)
                evidence.submit()
                error = self._send(self.salesman, evidence, "write", vals, **context)[1]
                with self.subTest(vals=vals, keys=str(context)[:60]):
                    self.assertIsNone(error)
                    self.assertEqual(evidence.sudo().state, "draft")
                    self.refuse([self.officer], (evidence, "accept"), keys=[context])

    def test_history(self):
        """Point 15: the chatter is the host's; what lasts is in the history."""
        evidence = self._create_evidence(self.registration, user=self.reader)
        evidence.submit()
        evidence.with_user(self.officer).reject("Te vaag")
        lines = evidence.history_ids.sudo()
        line = lines.filtered("reason")
        self.assertEqual(line.reason, "Te vaag")
        new = {"res_model": evidence._name, "res_id": evidence.id, "step": "accepted",
               "user_id": self.officer.id, "company_id": self.company.id,
               "date": "2026-01-01 00:00:00"}  # fmt: skip
        people = [self.reader, self.officer, self.manager]
        self.refuse(
            people,
            (line, "unlink"),
            (line, {"reason": "Alles goed"}),
            (line, {"user_id": self.manager.id}),
            (line.browse(), "create", new),
            (evidence, "unlink"),
            (evidence, {"history_ids": [Command.clear()]}),
            (evidence, {"history_ids": [Command.delete(line.id)]}),
            watched=[lines, evidence],
        )
        messages = evidence.sudo().message_ids
        talk = (messages, {"body": "x"}), (messages, "unlink")
        self.refuse(people, *talk, watched=[lines, evidence], told=False)
        order = self._create_order()
        quote = self._link(order, self.salesman)
        quote.submit()
        quote.with_user(self.officer).reject("Niet getekend")
        seller = self._create_user("chief_seller", "sales_team.group_sale_manager")
        calls = (order, "unlink"), (quote, "unlink")
        watched = [quote.sudo().history_ids, quote]
        self.refuse([self.salesman, seller], *calls, watched=watched)
        decided = self.audit.history_ids.sudo()
        self.assertTrue(decided)
        self.refuse(
            [self.officer],
            (self.audit.sudo().message_ids, "unlink"),
            (self.audit, {"message_ids": [Command.clear()]}),
            watched=[decided, self.audit],
            told=False,
        )

    def test_shared_data(self):
        """Point 16: one company's administrator changes nothing for all companies."""
        shared = [
            name
            for name, model in sorted(self.registry.items())
            if hasattr(model, "_may_share") and not model._abstract
        ]
        self.assertIn("kmop.milestone.rule", shared)
        for name in shared:
            record = self.env[name].search([], limit=1)
            field = "active" if "active" in record else "sequence"
            translated = [
                (record, "update_field_translations", text, {"nl_BE": "x"})
                for text, known in record._fields.items()
                if known.translate and known.store
            ]
            calls = (record, {field: False}), (record, "unlink"), *translated
            self.refuse([self.manager], *calls)


@tagged("post_install", "-at_install")
@freeze_time(MOMENT)
class TestForgeDay(ForgeCase):
    """Point 13: the day of an act is the company's, wherever the call comes from."""

    def test_days(self):
        """Point 13: also where the call sends another time zone."""
        for tz in ("Pacific/Kiritimati", "Pacific/Pago_Pago", False):
            for context in ({"tz": tz}, {**self.keys, "tz": tz}):
                with self.subTest(tz=tz, keys=str(context)[:60]):
                    self._act(context)

    def _act(self, context):
        savepoint = self.env.cr.savepoint()
        evidence = self._create_evidence(self.registration, date_effective="2026-06-01")
        evidence.submit()
        findings = self.env["kmop.finding"].with_user(self.officer)
        vals = {"name": "Lijst", "registration_id": self.registration.id}
        finding = findings.create(vals)
        audit = self.registration.start_audit()
        for record, method, *args in (
            (evidence, "accept"),
            (finding, "propose", "Inscannen"),
            (finding, "implement"),
            (finding, "check_effect", True, "Nagekeken"),
            (audit, "request", self.bureau.id),
            (audit, "plan", "2026-06-01"),
            (audit, "visit"),
            (audit, "decide", "positive"),
        ):
            found = self._send(self.officer, record, method, *args, **context)
            self.assertIsNone(found[1], method)
        days = [
            evidence.date_accepted,
            *(finding[f"date_{n}"] for n in ("proposed", "measured", "checked")),
            *(audit[f"date_{n}"] for n in ("requested", "visited", "decided")),
        ]
        self.assertEqual(set(days), {date(2026, 6, 1)}, days)
        savepoint.close(rollback=True)
        self.env.clear()


@tagged("post_install", "-at_install")
class TestForgePeople(ForgeCase):
    """What belongs to somebody else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls._create_user(
            "seller", "sales_team.group_sale_salesman,base.group_partner_manager"
        )

    def test_milestone(self):
        """Point 7: a to-do of one's own, pointed at a milestone, ends nothing."""
        milestone = self.env["kmop.milestone"].create(
            {
                "registration_id": self.registration.id,
                "title": "Dossier klaarleggen",
                "date_planned": "2026-04-01",
                "user_id": self.reader.id,
            }
        )
        with freeze_time("2026-04-01 08:00:00"):
            milestone._hand_out()
        kept = {"watched": [milestone, milestone.reminder_ids, milestone.todo_id]}
        models, todos = self.env["ir.model"], self.env["mail.activity"]
        home, there = (models._get_id(n) for n in ("res.partner", "kmop.milestone"))
        for user in (self.employee, self.salesman, self.surveyor, self.stranger):
            own = {"res_model_id": home, "res_id": user.partner_id.id}
            for context in self.contexts:
                todo = todos.create({**own, "user_id": user.id})
                vals = {"res_model_id": there, "res_id": milestone.id}
                self._send(user, todo, "write", vals, **context)
                ends = ((todo, m) for m in ("action_feedback", "action_done", "unlink"))
                self.refuse([user], *ends, **kept, keys=[context], told=False)
            self.refuse(
                [user],
                (milestone, "mark_done"),
                (milestone, "cancel", "Niet nodig"),
                (milestone, {"todo_id": False}),
                (milestone, {"state": "done"}),
                (milestone, "unlink"),
                **kept,
            )

    def test_evidence_about_a_person(self):
        """Point 8: to become a contact's salesperson opens no CV."""
        trainer = self.env["res.partner"].create({"name": "Els Lesgever"})
        types = self.env["kmop.evidence.type"]
        evidence = self._accepted(
            name="CV",
            type_id=types._get_default_for("res.partner", self.company).id,
            res_model="res.partner",
            res_id=trainer.id,
            attachment_ids=self._create_attachment("cv.txt").ids,
        )
        frozen = evidence.file_ids.attachment_id
        for context in self.contexts:
            vals = {"user_id": self.seller.id}
            error = self._send(self.seller, trainer, "write", vals, **context)[1]
            self.assertIsNone(error)
            self.refuse(
                [self.seller],
                (evidence, "read", ["name"]),
                (evidence.file_ids, "read", ["name"]),
                (frozen, "read", ["name"]),
                (evidence, {"owner_id": self.seller.id}),
                keys=[context],
            )
        self.assertEqual(evidence.owner_id, self.officer)
        for file in frozen:
            answer = self._get(self.seller, f"/web/content/{file.id}?download=1")
            self.assertNotEqual(answer.status_code, 200)

    def test_form_with_a_forged_source(self):
        """Point 17: a form tells nothing of a dossier that one may not read."""
        order = self._create_order(self.other_company, user_id=self.stranger.id)
        evidences = self.env["kmop.evidence"]
        own = self._create_evidence(self.registration, user=self.salesman)
        names = {"fields": {"display_name": {}}}
        spec = {"order_id": names, "source_user_id": names, "source_name": {}}
        for values in (
            {"res_model": "sale.order", "res_id": order.id},
            {"order_id": order.id},
        ):
            self.refuse(
                [self.salesman, self.surveyor, self.officer],
                (evidences, "onchange", values, [*values], spec),
                (own, "onchange", values, [*values], spec),
            )
            defaults = {f"default_{name}": value for name, value in values.items()}
            for context in (defaults, {**self.keys, **defaults}):
                for method, *args in (
                    ("onchange", [], {}, [], spec),
                    ("default_get", [*spec, "res_id"]),
                ):
                    found = self._send_model(
                        self.salesman, evidences, method, *args, **context
                    )
                    self.assertIn("result", found)
                    self.assertNotIn(order.name, str(found))
                    self.assertNotIn(self.stranger.name, str(found))

    def test_client_on_the_portal(self):
        """Point 17: a client reads their own quote, and none of our own notes on it."""
        visitor = new_test_user(
            self.env,
            "kmop_client",
            groups="base.group_portal",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        visitor.partner_id.parent_id = self.client
        order = self._create_dossier(partner_id=visitor.partner_id.id, state="sent")
        order.sudo().message_subscribe(visitor.partner_id.ids)
        self.assertIsNone(self._send(visitor, order, "read", ["name"])[1])
        data = self.env["ir.model.data"].search(
            [("module", "=", "kmop_registration"), ("model", "=", "ir.model.fields")]
        )
        fields = self.env["ir.model.fields"].browse(data.mapped("res_id"))
        added = fields.filtered(
            lambda f: f.model == "sale.order" and "kmop" in f.name
        ).mapped("name")
        self.assertGreater(len(added), 20)
        orders = order.browse()
        for name in added:
            field = orders._fields[name]
            calls = [("read", order.ids, [name]), ("search_read", [], [name])]
            if field.store or field.search:
                calls.append(("search", [(name, "!=", False)]))
            if field.store and not field.type.endswith("2many"):
                calls.append(("search", [], 0, None, name))
            if field.store:
                calls.append(("formatted_read_group", [], [name]))
                calls.append(
                    ("formatted_read_group", [], [], [f"{name}:count_distinct"])
                )
            for method, *args in calls:
                found = self._send_model(visitor, orders, method, *args)
                with self.subTest(field=name, method=method):
                    self.assertIn("AccessError", str(found.get("error")))
        for name in ("kmop_completeness", "kmop_differences", "kmop_overruled"):
            self.assertIn(name, added)
            self.refuse(
                [visitor],
                (order, "read", [name]),
                (order, "web_read", {name: {}}),
                (order, "export_data", [name]),
                (order, "web_save", {}, {name: {}}),
            )

    def test_client_writes_nothing(self):
        """Point 17: neither does a client change a quote by remote call."""
        order = self._create_dossier(state="sent")
        portal = new_test_user(self.env, "kmop_other", groups="base.group_portal")
        names = ("kmop_subsidised", "kmop_date_start", "kmop_evidence_ids")
        self.refuse([portal], *((order, {name: False}) for name in names))


@tagged("post_install", "-at_install")
class TestForgeAnswers(ForgeCase):
    """Point 2: answers that count for a dossier."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.survey = cls.env["survey.survey"].create(
            {
                "title": "Tevredenheid",
                "kmop_satisfaction": "both",
                "question_and_page_ids": [
                    Command.create(
                        {
                            "title": "Geheel",
                            "question_type": "scale",
                            "kmop_dimension": "general",
                        }
                    ),
                    Command.create(
                        {
                            "title": "Waarom",
                            "question_type": "simple_choice",
                            "suggested_answer_ids": [Command.create({"value": "Goed"})],
                        }
                    ),
                ],
            }
        )

    def _answer(self, **vals):
        scale, choice = self.survey.question_ids
        answer = self.env["survey.user_input"].create(
            {"survey_id": self.survey.id, "predefined_question_ids": scale.ids, **vals}
        )
        answer._save_lines(scale, "8")
        answer._save_lines(choice, str(choice.suggested_answer_ids.id))
        answer._mark_done()
        return answer

    def test_completed_answer(self):
        """Point 2: not its lines, its state, its questions nor its choices."""
        self._decide(self.registration, date(2026, 3, 1), number="DV.O123456")
        order = self._create_dossier()
        order.sudo().kmop_registration_id = self.registration
        answer = self._answer(kmop_order_id=order.id)
        lines, questions = answer.user_input_line_ids, self.survey.question_ids
        line, labels = lines[0], questions.suggested_answer_ids
        figures = self.env["kmop.satisfaction"].search([("order_id", "=", order.id)])
        self.assertTrue(figures)
        evidence = self.env["kmop.evidence"].search([("order_id", "=", order.id)])
        new = {"user_input_id": answer.id, "question_id": questions[0].id,
               "answer_type": "scale", "value_scale": 1}  # fmt: skip
        other = self._answer()
        waiting = self.env["survey.user_input"].create(
            {"survey_id": self.survey.id, "kmop_order_id": order.id}
        )
        question, same = questions[0], self.survey.copy()
        remove = {"predefined_question_ids": [Command.delete(question.id)]}
        self.refuse(
            [self.surveyor, self.researcher],
            (lines, "unlink"),
            (line, {"value_scale": 1}),
            (line, {"user_input_id": other.id}),
            (other.user_input_line_ids[0], {"user_input_id": answer.id}),
            (line.browse(), "create", new),
            (line.browse(), "create", {**new, "user_input_id": waiting.id}),
            (waiting, {"state": "done"}),
            (answer, {"user_input_line_ids": [Command.clear()]}),
            (answer, {"user_input_line_ids": [Command.delete(line.id)]}),
            (answer, {"user_input_line_ids": [Command.create(new)]}),
            (answer, {"state": "in_progress"}),
            (answer, {"test_entry": True}),
            (answer, {"survey_id": same.id}),
            (answer, {"kmop_order_id": False}),
            (answer, remove),
            (other, remove),
            (question, "unlink"),
            (labels, "unlink"),
            (self.survey, {"question_and_page_ids": [Command.delete(question.id)]}),
            watched=[lines, answer, figures, questions, evidence],
        )

    def test_accepted_answer(self):
        """Point 2: not even its survey, with all its answers, goes."""
        answer = self._answer(partner_id=self.client.id)
        evidence = self._link(answer)
        evidence.submit()
        evidence.with_user(self.officer).accept()
        lines = answer.user_input_line_ids
        calls = (answer, "unlink"), (self.survey, "unlink")
        self.refuse([self.surveyor, self.researcher], *calls, watched=[lines])
        self.assertEqual(evidence.verify()[evidence.id]["state"], "intact")

    def test_answers_that_are_not_ours(self):
        """They stay as the host has them."""
        answer = self._answer()
        line = answer.user_input_line_ids[0]
        found = self._send(self.researcher, line, "write", {"value_scale": 1})
        self.assertIsNone(found[1])
        self.assertEqual(line.value_scale, 1)
        for record in (line, self.survey.question_ids[0], answer):
            self.assertIsNone(self._send(self.researcher, record, "unlink")[1])

"""Attacks by remote call on records of another company or another user.

Users moved records into another company, closed the milestones of others, read a CV
by becoming the salesperson of a contact, and read other records through a form that
isn't saved. A portal user read internal fields of their own quote.
"""

from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import SQL, mute_logger

from .test_access_rights import AccessCommon
from .test_dossier import DossierCommon

REFUSED = (AccessError, UserError, ValidationError)


class TargetsCommon(AccessCommon, DossierCommon):
    """Two companies with the same kinds of records; users work for the first."""

    def setUp(self):
        super().setUp()
        self.records = self._get_records()
        self.foreign = self._get_foreign_records()
        # All rights at the first company, and no access to the other one.
        self.chief = self._create_user(
            "chief",
            "kmop_registration.group_kmop_manager,sales_team.group_sale_manager,"
            "survey.group_survey_manager,account.group_account_manager,"
            "base.group_partner_manager",
        )
        self.env.flush_all()

    def _get_foreign_records(self):
        """Return one record of the other company for each model with a company."""
        company = self.other_company
        registration = self.env["kmop.registration"].create(
            {
                "company_id": company.id,
                "partner_id": company.partner_id.id,
                "track_id": self.starter.id,
                "user_id": self.stranger.id,
            }
        )
        registration = registration.with_user(self.stranger)
        self._decide(registration, date(2026, 3, 1), number="DV.O654321")
        audit = registration.start_audit()
        order = self._create_order(
            company, kmop_service="training", user_id=self.stranger.id
        )
        partner = self.env["res.partner"].create(
            {"name": "Geheim", "email": "geheim@example.com", "company_id": company.id}
        )
        requirement = self.env.ref("kmop_registration.kmop_requirement_activity")
        evidence = self._create_evidence(registration, user=self.stranger)
        survey = self.env["survey.survey"].create({"title": "Elders"})
        records = {
            "res.company": company,
            "res.partner": partner,
            "sale.order": order,
            "survey.user_input": self.env["survey.user_input"].create(
                {"survey_id": survey.id, "kmop_order_id": order.id}
            ),
            "kmop.registration": registration,
            "kmop.registration.period": registration.period_ids,
            "kmop.audit": audit,
            "kmop.audit.score": audit.score_ids[:1],
            "kmop.audit.access": self.env["kmop.audit.access"].create(
                {"audit_id": audit.id, "partner_id": self.bureau.id}
            ),
            "kmop.evidence": evidence,
            "kmop.exemption": self.env["kmop.exemption"].create(
                {
                    "registration_id": registration.id,
                    "requirement_id": requirement.id,
                    "ground": "iso9001",
                }
            ),
            "kmop.finding": self.env["kmop.finding"].create(
                {
                    "name": "Lijst ontbreekt",
                    "registration_id": registration.id,
                    "user_id": self.stranger.id,
                }
            ),
            "kmop.milestone": registration.milestone_ids.filtered(
                lambda m: m.state == "planned"
            )[:1],
            "kmop.participant": self._create_participant(order),
            "kmop.session": self._create_session(order),
        }
        return {name: record.sudo() for name, record in records.items()}

    def _call(self, user, records, method, *args, **context):
        """Call a method the way a remote call by ``user`` does."""
        self.env.invalidate_all()
        # pylint: disable-next=context-overridden
        model = records.with_user(user).with_context(context).browse()
        ids = [] if method in ("create", "search") else [records.ids]
        return call_kw(model, method, [*ids, *args], {"context": context})

    def _is_refused(self, user, records, method, *args, **context):
        """Return whether a call is refused, and roll it back."""
        savepoint = self.env.cr.savepoint()
        try:
            self._call(user, records, method, *args, **context)
            self.env.flush_all()
        except REFUSED:
            return True
        finally:
            savepoint.close(rollback=True)
            self.env.clear()
        return False

    def _get_stored(self, record):
        """Return the row of a record in the database."""
        table = SQL.identifier(record._table)
        query = SQL("SELECT to_jsonb(t) FROM %s t WHERE id = %s", table, record.id)
        return self.env.execute_query(query)

    def _get_links(self, model):
        """Yield the relational fields to a model with a record in ``self.foreign``."""
        for name, field in sorted(model._fields.items()):
            if field.relational and field.comodel_name in self.foreign:
                yield name, field


@tagged("post_install", "-at_install")
class TestMoves(TargetsCommon):
    @mute_logger("odoo.sql_db")
    def test_nothing_is_moved_into_another_company(self):
        """No many2one field can be written with a record of another company."""
        moved = []
        for record in self.records.values():
            for name, field in self._get_links(record):
                if field.type != "many2one" or not field.store:
                    continue
                foreign = self.foreign[field.comodel_name]
                if not self._is_refused(
                    self.chief, record, "write", {name: foreign.id}
                ):
                    moved.append(f"{record._name}.{name}")
        self.assertFalse(moved)

    @mute_logger("odoo.sql_db")
    def test_nothing_is_made_in_another_company(self):
        made = []
        for name, record in self.records.items():
            copied = record.sudo().copy_data()[0]
            for link, field in self._get_links(record):
                if field.type != "many2one" or not field.store:
                    continue
                vals = {**copied, link: self.foreign[field.comodel_name].id}
                if not self._is_refused(self.chief, record.browse(), "create", [vals]):
                    made.append(f"{name}.{link}")
        self.assertFalse(made)

    def _get_parents(self):
        order = self.records["kmop.session"].order_id
        return [*self.records.values(), order, self.client, self.company]

    @mute_logger("odoo.sql_db")
    def test_lists_reach_no_record_of_another_company(self):
        """Commands of one2many fields don't change records of another company."""
        for parent in self._get_parents():
            for name, field in self._get_links(parent):
                ours = "kmop" in parent._name or name.startswith("kmop_")
                if field.type != "one2many" or not ours:
                    continue
                foreign = self.foreign[field.comodel_name]
                before = self._get_stored(foreign)
                for command in (
                    Command.link(foreign.id),
                    Command.set(foreign.ids),
                    Command.update(foreign.id, {"active": False}),
                    Command.delete(foreign.id),
                    Command.unlink(foreign.id),
                ):
                    with self.subTest(parent._name, field=name, command=command[0]):
                        self._try_list(parent, name, command, foreign, before)

    def _try_list(self, parent, name, command, foreign, before):
        savepoint = self.env.cr.savepoint()
        try:
            self._call(self.chief, parent, "write", {name: [command]})
            self.env.flush_all()
            self.assertEqual(self._get_stored(foreign), before)
        except REFUSED as error:
            self.assertTrue(str(error))
        finally:
            savepoint.close(rollback=True)
            self.env.clear()

    def test_what_is_of_ones_own_still_moves(self):
        """Records can still be moved between parents that the user may read."""
        other = self._create_registration(
            service="advice", partner_id=self.company.partner_id.id
        )
        order = self._create_dossier()
        session = self.records["kmop.session"].with_user(self.chief)
        evidence = self._create_evidence(self.registration)
        evidence.registration_id = other
        session.order_id = order
        self.assertEqual(evidence.company_id, self.company)
        self.assertEqual(session.order_id, order)

    def test_registration_stays_in_its_company(self):
        """A registration can't be moved to a company without access."""
        registration = self._create_registration(service="advice")
        vals = {"company_id": self.other_company.id}
        self.assertTrue(self._is_refused(self.officer, registration, "write", vals))

    # --------------------------------------------------------------- the host's own

    def test_answer_stays_with_its_dossier(self):
        """The dossier of a survey answer can't be set by a user."""
        answer = self._create_answer()
        order = self.records["kmop.session"].order_id
        for target in (order, self.foreign["sale.order"]):
            for name, value in (("kmop_order_id", target.id), ("kmop_invited", True)):
                self.assertTrue(
                    self._is_refused(self.chief, answer, "write", {name: value})
                )
            vals = {"survey_id": answer.survey_id.id, "kmop_order_id": target.id}
            self.assertTrue(
                self._is_refused(self.chief, answer.browse(), "create", [vals])
            )

    def test_invitation_names_no_dossier(self):
        """A user can't set a dossier on Odoo's own survey invitation."""
        survey = self.env["survey.survey"].create({"title": "Tevredenheid"})
        order = self.foreign["sale.order"]
        vals = {"survey_id": survey.id, "emails": "x@example.com", "subject": "Vraag"}
        invites = self.env["survey.invite"].browse()
        forged = {**vals, "kmop_order_id": order.id}
        self.assertTrue(self._is_refused(self.chief, invites, "create", [forged]))
        for anonymous in (False, True):
            survey.kmop_anonymous = anonymous
            default = {"default_kmop_order_id": order.id}
            self.assertTrue(
                self._is_refused(self.chief, invites, "create", [vals], **default)
            )

    def test_what_follows_from_a_dossier_is_not_filled_in(self):
        dossier = self._create_dossier()
        for name, value in {
            "kmop_completeness": 100,
            "kmop_amount_eligible": 1,
            "kmop_date_retention": "2050-01-01",
            "kmop_date_invited": "2026-01-01",
        }.items():
            for user in (self.salesman, self.chief):
                self.assertTrue(
                    self._is_refused(user, dossier, "write", {name: value}), name
                )


@tagged("post_install", "-at_install")
class TestTodos(TargetsCommon):
    def setUp(self):
        super().setUp()
        registration = self.registration
        self.milestone = self.env["kmop.milestone"].create(
            {
                "registration_id": registration.id,
                "title": "Dossier klaarleggen",
                "date_planned": "2026-04-01",
                "user_id": self.reader.id,
            }
        )
        with freeze_time("2026-04-01 08:00:00"):
            self.milestone._hand_out()

    def _create_todo(self, user):
        """Return a to-do of ``user`` that a call pointed at the milestone."""
        todo = self.env["mail.activity"].create(
            {
                "res_model_id": self.env["ir.model"]._get_id("res.partner"),
                "res_id": user.partner_id.id,
                "user_id": user.id,
                "summary": "Van mij",
            }
        )
        model_id = self.env["ir.model"]._get_id("kmop.milestone")
        vals = {"res_model_id": model_id, "res_id": self.milestone.id}
        self._call(user, todo, "write", vals)
        return todo

    def _tick(self, user, todo):
        self._call(user, todo, "action_feedback")
        self.env.invalidate_all()
        return self.milestone.state

    def test_milestone_remembers_its_to_do(self):
        self.assertEqual(self.milestone.todo_id, self.milestone.activity_ids)
        self.assertTrue(
            self._is_refused(self.officer, self.milestone, "write", {"todo_id": False})
        )

    def test_to_do_of_ones_own_ends_nothing(self):
        """A to-do that a user pointed at the milestone doesn't close it."""
        for user in (self.internal, self.surveyor, self.stranger):
            todo = self._create_todo(user)
            self.assertEqual(self._tick(user, todo), "sent", user.login)
        waiting = self.milestone.reminder_ids.filtered(lambda r: r.state == "waiting")
        self.assertEqual(waiting, self.milestone.reminder_ids)

    def test_to_do_that_was_handed_out_ends_it(self):
        """The milestone's own to-do closes it, whoever it is assigned to."""
        self.milestone.todo_id.user_id = self.internal
        state = self._tick(self.internal, self.milestone.todo_id)
        self.assertEqual(state, "done")
        self.assertEqual(self.milestone.closed_by_id, self.internal)

    def test_to_do_of_who_may_write_it_ends_it(self):
        todo = self._create_todo(self.officer)
        self.assertEqual(self._tick(self.officer, todo), "done")

    def test_to_do_that_went_elsewhere_ends_nothing(self):
        """The to-do of one milestone doesn't close another one."""
        foreign = self.foreign["kmop.milestone"]
        todo = self.milestone.todo_id
        self._call(self.reader, todo, "write", {"res_id": foreign.id})
        self._tick(self.reader, todo)
        self.assertEqual(foreign.state, "planned")

    def test_deleted_to_do_ends_nothing(self):
        self.milestone.todo_id.unlink()
        self.assertEqual(self.milestone.state, "sent")


@tagged("post_install", "-at_install")
class TestPersonalEvidence(TargetsCommon):
    def setUp(self):
        super().setUp()
        self.trainer = self.env["res.partner"].create({"name": "Els Lesgever"})
        self.seller = self._create_user(
            "seller", "sales_team.group_sale_salesman,base.group_partner_manager"
        )
        cv = self.env["kmop.evidence.type"]._get_default_for(
            "res.partner", self.company
        )
        self.evidence = self._accepted(
            name="CV",
            type_id=cv.id,
            res_model="res.partner",
            res_id=self.trainer.id,
            attachment_ids=self._create_attachment("cv.txt").ids,
        )

    def test_salesperson_of_a_contact_reads_nothing_about_them(self):
        """Becoming the salesperson of a contact gives no access to their CV."""
        self._call(self.seller, self.trainer, "write", {"user_id": self.seller.id})
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.evidence.sudo().owner_id, self.officer)
        self.assertFalse(self.evidence.sudo().source_user_id)
        frozen = self.evidence.file_ids
        for record in (self.evidence, frozen, frozen.attachment_id):
            self.assertFalse(record.with_user(self.seller).has_access("read"), record)

    def test_salesperson_from_the_start_neither(self):
        trainer = self.trainer.copy({"user_id": self.seller.id})
        evidence = self._create_evidence(
            self.registration, res_model="res.partner", res_id=trainer.id
        )
        self.assertFalse(evidence.with_user(self.seller).has_access("read"))

    def test_invoice_is_given_to_nobody(self):
        """Becoming the salesperson of an invoice gives no access to its evidence."""
        invoice = self._create_invoice()
        evidence = self._create_evidence(
            self.registration,
            user=self.chief,
            res_model="account.move",
            res_id=invoice.id,
        )
        invoice.invoice_user_id = self.seller
        self.env.flush_all()
        self.assertEqual(evidence.sudo().owner_id, self.chief)
        self.assertFalse(evidence.with_user(self.seller).has_access("read"))

    def _create_invoice(self):
        journals = self.env["account.journal"]
        vals = {"name": "Verkoop", "code": "KMV", "type": "general"}
        journal = journals.create({**vals, "company_id": self.company.id})
        moves = self.env["account.move"].with_company(self.company)
        return moves.create({"move_type": "entry", "journal_id": journal.id})

    def test_dossier_goes_with_its_order(self):
        """The evidence of a dossier goes to the new salesperson of its order."""
        order = self._create_order()
        evidence = self._create_evidence(
            self.registration, user=self.salesman, order_id=order.id
        )
        order.with_user(self.leader).user_id = self.seller
        self.assertEqual(evidence.sudo().owner_id, self.seller)
        self.assertTrue(evidence.with_user(self.seller).has_access("write"))


@tagged("post_install", "-at_install")
class TestUnsaved(TargetsCommon):
    """Onchange calls don't show data of records that the user may not read."""

    def _get_spec(self, model):
        spec = {
            name: {"fields": {"display_name": {}}} if field.relational else {}
            for name, field in model._fields.items()
            if field.type not in ("one2many", "many2many", "properties")
            and model._has_field_access(field, "read")
        }
        spec.pop("id")
        return spec

    def _ask(self, user, model, values, **context):
        spec = self._get_spec(model.with_user(user))
        return self._call(user, model, "onchange", values, [*values], spec, **context)

    @mute_logger("odoo.sql_db")
    def test_no_form_names_what_one_may_not_read(self):
        """Onchange refuses records of another company, in every relational field."""
        told = []
        hosts = ["sale.order", "survey.user_input"]
        names = [n for n in self.registry if n.startswith("kmop.")] + hosts
        for name in sorted(names):
            model = self.env[name]
            if model._abstract or not model.with_user(self.chief).has_access("create"):
                continue
            for link, field in self._get_links(model):
                ours = name not in hosts or link.startswith("kmop_")
                if field.inherited or not ours:
                    continue
                foreign = self.foreign[field.comodel_name]
                value = foreign.id
                if field.type != "many2one":
                    value = [Command.link(foreign.id)]
                try:
                    self._ask(self.chief, model.browse(), {link: value})
                except REFUSED:
                    continue
                told.append(f"{name}.{link}")
        self.assertFalse(told)

    def test_forged_source(self):
        """A forged source showed the number and salesperson of any dossier."""
        order = self.foreign["sale.order"]
        source = {"res_model": "sale.order", "res_id": order.id}
        evidences = self.env["kmop.evidence"].browse()
        own = self._create_evidence(self.registration, user=self.surveyor)
        for user in (self.salesman, self.surveyor, self.officer):
            for values in (source, {"order_id": order.id}):
                with self.assertRaises(AccessError):
                    self._ask(user, evidences, values)
        with self.assertRaises(AccessError):
            self._ask(self.surveyor, own, source)

    def test_id_as_text(self):
        """The database reads a text as a number, so an id is never a text."""
        order = self.foreign["sale.order"]
        evidences = self.env["kmop.evidence"].browse()
        for id_ in (str(order.id), hex(order.id), float(order.id)):
            values = {"res_model": "sale.order", "res_id": id_}
            try:
                found = self._ask(self.chief, evidences, values)
            except (AccessError, ValueError):
                continue
            self.assertFalse(found, id_)

    def test_half_a_source(self):
        """A forged id is checked with the model of the saved record."""
        evidence = self.records["kmop.evidence"]
        order = self._create_order()
        evidence.sudo().write({"res_model": "sale.order", "res_id": order.id})
        foreign = self.foreign["sale.order"]
        with self.assertRaises(AccessError):
            self._ask(self.chief, evidence, {"res_id": foreign.id})

    def test_milestone_about_anything(self):
        """A forged source on a milestone showed the name of any record."""
        parameter = self.env["ir.config_parameter"].search([], limit=1)
        values = {"res_model": parameter._name, "res_id": parameter.id}
        with self.assertRaises(AccessError):
            self._ask(self.officer, self.env["kmop.milestone"].browse(), values)

    def test_defaults_of_a_call(self):
        """Default values that the user may not read are dropped."""
        audit = self.foreign["kmop.audit"]
        registration = self.foreign["kmop.registration"]
        for name in ("kmop.audit.request", "kmop.audit.decide", "kmop.audit.answer"):
            found = self._ask(
                self.officer, self.env[name].browse(), {}, default_audit_id=audit.id
            )
            self.assertFalse(found["value"].get("audit_id"), name)
        found = self._ask(
            self.officer,
            self.env["kmop.evidence"].browse(),
            {},
            default_registration_id=registration.id,
            default_res_model="sale.order",
            default_res_id=self.foreign["sale.order"].id,
        )
        for name in ("registration_id", "order_id", "source_user_id", "res_id"):
            self.assertFalse(found["value"].get(name), name)

    def test_wizard_for_another_company(self):
        """The message held the secret link to an audit of another company."""
        audit = self.foreign["kmop.audit"]
        requests = self.env["kmop.audit.request"].browse()
        vals = {"audit_id": audit.id, "bureau_id": self.bureau.id}
        self.assertTrue(self._is_refused(self.officer, requests, "create", [vals]))
        with self.assertRaises(AccessError):
            self._ask(self.officer, requests, vals)

    def test_line_of_a_form(self):
        """A line in a form showed the e-mail address of any contact."""
        partner = self.foreign["res.partner"]
        line = Command.create({"partner_id": partner.id})
        order = self._create_dossier()
        for record in (order, order.browse()):
            with self.assertRaises(AccessError):
                self._ask(self.salesman, record, {"kmop_participant_ids": [line]})

    def test_dossier_of_another_company(self):
        """A form showed the registration of any company that a call named."""
        orders = self.env["sale.order"].browse()
        values = {
            "company_id": self.other_company.id,
            "order_line": [Command.create({"product_id": self.training.id})],
        }
        with self.assertRaises(AccessError):
            self._ask(self.salesman, orders, values)

    def test_documents_that_are_not_saved(self):
        """A form showed what the documents of other dossiers say."""
        order = self._create_dossier()
        foreign = self.foreign["kmop.evidence"]
        foreign.write({"stated_client": "Geheime klant", "stated_amount": 1})
        self.env.flush_all()
        with self.assertRaises(AccessError):
            self._ask(
                self.salesman,
                order,
                {"kmop_dossier_evidence_ids": [Command.link(foreign.id)]},
            )

    def test_forms_still_fill_themselves_in(self):
        """Forms still compute fields from records that the user may read."""
        order = self._create_order()
        evidences = self.env["kmop.evidence"].browse()
        source = {"res_model": "sale.order", "res_id": order.id}
        found = self._ask(self.salesman, evidences, source)["value"]
        self.assertEqual(found["order_id"]["id"], order.id)
        self.assertEqual(found["source_user_id"]["id"], self.salesman.id)


@tagged("post_install", "-at_install")
class TestInternalFields(TargetsCommon):
    """Fields that the addon adds to host models are for internal users only."""

    def _get_added(self):
        """Return the names of the fields that the addon adds, by host model."""
        data = self.env["ir.model.data"].search(
            [("module", "=", "kmop_registration"), ("model", "=", "ir.model.fields")]
        )
        added = self.env["ir.model.fields"].browse(data.mapped("res_id"))
        return {
            model: fields.mapped("name")
            for model, fields in added.grouped("model").items()
            if not model.startswith("kmop.")
        }

    def test_no_client_reads_them(self):
        outsiders = (self.portal, self.public)
        readable = []
        for model, names in self._get_added().items():
            for user in outsiders:
                mine = self.env[model].with_user(user)
                open_ones = [
                    name
                    for name in names
                    if "kmop" in name
                    and mine.has_access("read")
                    and mine._has_field_access(mine._fields[name], "read")
                ]
                readable += [f"{user.login}: {model}.{name}" for name in open_ones]
        self.assertFalse(readable)

    def test_client_on_the_portal(self):
        """A portal user reads their own quote, without its internal fields."""
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
        self.assertEqual(
            self._call(visitor, order, "read", ["name"])[0]["id"], order.id
        )
        hidden = {
            order: ("kmop_completeness", "kmop_differences", "kmop_overruled"),
            visitor.partner_id: ("kmop_size", "kmop_evidence_count"),
            self.company: ("kmop_low_score", "kmop_four_eyes"),
        }
        for record, names in hidden.items():
            for name in names:
                self.assertTrue(self._is_refused(visitor, record, "read", [name]), name)
                self.assertTrue(
                    self._is_refused(
                        visitor, record.browse(), "search", [(name, "!=", False)]
                    ),
                    name,
                )
        # sudo: as the host's portal prints it
        reports = self.env["ir.actions.report"].with_user(visitor).sudo()
        page = reports._render_qweb_html("sale.report_saleorder", order.ids)[0]
        self.assertIn(b"kmop_mentions", page)

    def test_who_works_here_reads_them(self):
        order = self._create_dossier()
        for name in ("kmop_completeness", "kmop_differences", "kmop_warnings"):
            self._call(self.salesman, order, "read", [name])

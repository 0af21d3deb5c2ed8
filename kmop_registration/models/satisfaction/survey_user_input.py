from itertools import takewhile

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.mail import email_normalize
from odoo.tools.sql import column_exists, create_column

from ...tools import check_targets, shift

# What tells who answered; the language may, in a small group.
PERSONAL = ("partner_id", "email", "nickname", "lang_id")
# Set when an answer is created from a dossier, and never by hand.
ASKED = frozenset(
    {"kmop_order_id", "kmop_registration_id", "kmop_invited", "kmop_repeated"}
)
# Whether it is complete, and whether it counts.
RESULT = frozenset({"state", "test_entry"})


class SurveyUserInput(models.Model):
    _name = "survey.user_input"
    _inherit = ["survey.user_input", "kmop.evidence.source"]

    kmop_order_id = fields.Many2one(
        "sale.order",
        string="Project dossier",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
    )
    kmop_registration_id = fields.Many2one(
        "kmop.registration",
        string="Registration",
        compute="_compute_kmop_registration_id",
        store=True,
        index="btree_not_null",
        ondelete="set null",
    )
    kmop_invited = fields.Boolean(
        string="Invited",
        readonly=True,
        copy=False,
        help="By mail; others followed the link or the code of their dossier.",
    )
    kmop_repeated = fields.Boolean(
        string="Repeated",
        readonly=True,
        copy=False,
        help="The same person had answered for this dossier already.",
    )

    def _auto_init(self):
        """Make the column empty: no answer of before is of a registration."""
        name = "kmop_registration_id"
        if not column_exists(self.env.cr, self._table, name):
            create_column(self.env.cr, self._table, name, "int4")
        return super()._auto_init()

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._kmop_check_asked({name: v for name, v in vals.items() if v})
        return super().create(vals_list)

    @api.model
    def _kmop_check_asked(self, vals):
        if ASKED & vals.keys() and not self.env.su:
            raise UserError(
                self.env._(
                    "The dossier of an answer can't be edited: its invitation sets it."
                )
            )

    def _kmop_check_kept(self):
        """Raise UserError for an answer of a dossier: it stays as it was given.

        The survey itself saves answers in superuser mode.
        """
        if self.env.su:
            return
        # sudo: who may write answers needn't be allowed to read their dossiers
        if kept := self.sudo().filtered("kmop_order_id")[:1]:
            raise UserError(
                self.env._(
                    "What was answered for %(dossier)s can't be changed.",
                    dossier=kept.kmop_order_id.name,
                )
            )

    @api.model
    def _kmop_check_unused(self, domain):
        """Raise UserError where a line of a dossier's answer is in ``domain``."""
        if self.env.su:
            return
        ours = Domain("user_input_id.kmop_order_id", "!=", False)
        # sudo: answers are protected from those who can't see them as well
        lines = self.env["survey.user_input.line"].sudo()
        line = lines.search(domain & ours, limit=1)
        line.user_input_id.with_env(self.env)._kmop_check_kept()

    def onchange(self, values, field_names, fields_spec):
        # The registration is computed in superuser mode from the dossier.
        ours = {n: v for n, v in values.items() if n.startswith("kmop_")}
        check_targets(self, [ours])
        return super().onchange(values, field_names, fields_spec)

    def _kmop_get_subject(self):
        """Return the subject of the invitation, or of the reminder after it."""
        order = self.kmop_order_id
        service = order._kmop_get_service_name()
        if order.kmop_date_invited:
            return self.env._("Reminder: how was %(service)s?", service=service)
        return self.env._("How was %(service)s?", service=service)

    def _kmop_get_lang(self):
        """Return the language to write in: theirs, or else the client's."""
        address = email_normalize(self.email)
        people = address and self.kmop_order_id.kmop_participant_ids.filtered("lang")
        mine = [p for p in people or () if email_normalize(p.email) == address]
        theirs = mine[0].lang if mine else self.partner_id.lang
        return theirs or self.kmop_order_id._kmop_get_lang()

    @api.depends("kmop_order_id")
    def _compute_kmop_registration_id(self):
        for answer in self:
            answer.kmop_registration_id = answer.kmop_order_id.kmop_registration_id

    # ---------------------------------------------------------------------- evidence

    def _kmop_date_effective(self):
        return self._kmop_to_date(self.end_datetime or self.create_date)

    def _kmop_company(self):
        # sudo: the user may have no access to the order; only its company is used.
        return self.sudo().kmop_order_id.company_id

    def _kmop_user(self):
        # sudo: the user may have no access to the order; only its salesperson is used.
        return self.sudo().kmop_order_id.user_id

    def _prepare_kmop_evidence(self, registration, evidence_type):
        values = super()._prepare_kmop_evidence(registration, evidence_type)
        return values | {"order_id": self.kmop_order_id.id}

    def _kmop_evidence_name(self):
        """Name the dossier, not who answered."""
        # sudo: the user may have no access to the order; only its name is used.
        names = [self.survey_id.title, self.sudo().kmop_order_id.name]
        return " – ".join(filter(None, names)) or super()._kmop_evidence_name()

    def _kmop_snapshot(self):
        content = self.env["ir.qweb"]._render(
            "kmop_registration.survey_user_input_snapshot", {"answer": self}
        )
        return f"{self.survey_id.title[:80]}.html".replace("/", "-"), content.encode()

    # -------------------------------------------------------------------- completion

    def _mark_done(self):
        result = super()._mark_done()
        company = self.kmop_order_id.company_id[:1]
        lang = company.partner_id.lang or self.env.lang
        # superuser: participants may not write these records; use the company's
        # language.
        self.with_user(SUPERUSER_ID).with_context(lang=lang)._kmop_process()
        return result

    def _kmop_process(self):
        """Turn completed answers into figures, evidence and proposed findings."""
        real = self.filtered(lambda answer: not answer.test_entry)
        real.filtered("survey_id.kmop_anonymous")._kmop_forget()
        answers = real.filtered(lambda answer: answer._kmop_is_of_dossier())
        repeated = answers._kmop_get_repeated()
        repeated.kmop_repeated = True
        counted = answers - repeated
        figures = self.env["kmop.satisfaction"]._add(counted)
        counted._kmop_add_evidence()
        figures._propose_findings()
        # Flush as superuser now, so that write_uid doesn't name the participant.
        self.env.flush_all()

    def _kmop_is_of_dossier(self):
        order = self.kmop_order_id
        return order and order.state != "cancel"

    def _kmop_get_repeated(self):
        """Return answers whose author already answered for this dossier."""
        named = self.filtered(lambda answer: answer.partner_id or answer.email)
        if not named:
            return named
        done = self.search(
            Domain("kmop_order_id", "in", named.kmop_order_id.ids)
            & Domain("state", "=", "done")
            & Domain("test_entry", "=", False)
        )
        done = done.sorted(lambda a: (a.end_datetime or a.create_date, a.id))
        alike = done.grouped(lambda a: (a.survey_id, a.kmop_order_id))
        return named.filtered(
            lambda a: any(
                earlier._kmop_is_of_same_person(a)
                for earlier in takewhile(
                    lambda other: other != a, alike[a.survey_id, a.kmop_order_id]
                )
            )
        )

    def _kmop_is_of_same_person(self, other):
        """Tell whether one person gave both: invited by name, or by address."""
        if self.partner_id and other.partner_id:
            return self.partner_id == other.partner_id
        mine, theirs = (
            email_normalize(a.email or a.partner_id.email) for a in (self, other)
        )
        return bool(mine) and mine == theirs

    def _kmop_add_evidence(self):
        # superuser: an answer becomes evidence whoever gave it, on their own or not
        owned = self.filtered("kmop_registration_id").with_user(SUPERUSER_ID).sudo()
        types = owned.env["kmop.evidence.type"]
        for registration, answers in owned.grouped("kmop_registration_id").items():
            company = registration.company_id
            if evidence_type := types._get_default_for(self._name, company):
                answers._kmop_link(registration, evidence_type).submit()

    # --------------------------------------------------------------------- anonymity

    def write(self, vals):
        self._kmop_check_asked(vals)
        if not self.env.su:
            counting = vals.keys() & RESULT
            kept = self.filtered(lambda a: counting or a.state == "done")
            kept._kmop_check_kept()
        result = super().write(vals)
        self._kmop_flush_as_nobody()
        return result

    def _save_lines(self, *args, **kwargs):
        result = super()._save_lines(*args, **kwargs)
        self._kmop_flush_as_nobody()
        return result

    def _clear_inactive_conditional_answers(self):
        result = super()._clear_inactive_conditional_answers()
        self._kmop_flush_as_nobody()
        return result

    def _kmop_flush_as_nobody(self):
        """Flush as superuser now, so that write_uid doesn't name the participant."""
        # sudo: who may write an answer needn't be allowed to read its survey
        anonymous = self.sudo().filtered("survey_id.kmop_anonymous")
        # superuser: write_uid may not name the participant
        anonymous = anonymous.with_user(SUPERUSER_ID)
        anonymous.flush_recordset()
        anonymous.user_input_line_ids.flush_recordset()

    def action_kmop_forget(self):
        """Keep the answers and forget who gave them: what evidence allows to remove.

        Their figures and their evidence stay, which don't name anybody.
        """
        self.check_access("write")
        # sudo: the log of an answer isn't its reader's to delete
        self.sudo()._kmop_forget()

    def _kmop_forget(self):
        """Remove the name, address and log from the answers; keep the answers."""
        if not self:
            return
        self.write(dict.fromkeys(PERSONAL, False))
        self.user_input_line_ids.filtered(
            lambda line: (
                line.question_id.save_as_email or line.question_id.save_as_nickname
            )
        ).unlink()
        self.message_ids.unlink()
        self.message_follower_ids.unlink()
        self.env.flush_all()
        for records in (self, self.user_input_line_ids):
            if records:
                self.env.execute_query(
                    SQL(
                        "UPDATE %s SET create_uid = %s, write_uid = %s WHERE id IN %s",
                        SQL.identifier(records._table),
                        SUPERUSER_ID,
                        SUPERUSER_ID,
                        records._ids,
                    )
                )
                records.invalidate_recordset(["create_uid", "write_uid"], flush=False)

    # ----------------------------------------------------------------------- hygiene

    @api.model
    def _kmop_open_domain(self):
        """Return the domain of those who were asked and haven't answered."""
        return (
            Domain("kmop_order_id", "!=", False)
            & Domain("state", "!=", "done")
            & Domain("test_entry", "=", False)
        )

    @api.model
    def _kmop_invited_domain(self, registrations, date_from=None, date_to=None):
        """Return the domain of the invited, by the day of their invitation."""
        return Domain.OR(
            Domain("kmop_registration_id", "in", some.ids)
            & Domain("kmop_invited", "=", True)
            & Domain("test_entry", "=", False)
            & self._kmop_window_domain(company, date_from, date_to)
            for company, some in registrations.grouped("company_id").items()
        )

    @api.model
    def _kmop_window_domain(self, company, date_from, date_to):
        domain = Domain.TRUE
        if date_from:
            start = company._kmop_to_moment(date_from)
            domain &= Domain("create_date", ">=", start)
        if date_to:
            end = company._kmop_to_moment(shift(date_to, 1, "days"))
            domain &= Domain("create_date", "<", end)
        return domain

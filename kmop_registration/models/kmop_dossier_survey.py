import random
from secrets import token_urlsafe
from urllib.parse import quote

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools import shift

# How long after its end a dossier still asks by itself: what is older was over
# before the setting was switched on.
LATEST_DAYS = 31
BATCH = 50


class KmopDossierSurvey(models.AbstractModel):
    """A dossier asks how satisfied its participants, or its client, are."""

    _name = "kmop.dossier.survey"
    _description = "Satisfaction of a project dossier"

    kmop_survey_token = fields.Char(
        copy=False, readonly=True, index="btree_not_null", groups="base.group_system"
    )
    kmop_date_invited = fields.Date(
        string="Asked for satisfaction on", copy=False, readonly=True
    )
    kmop_date_reminded = fields.Date(string="Reminded on", copy=False, readonly=True)
    kmop_answer_count = fields.Integer(
        string="Answers", compute="_compute_kmop_answer_count"
    )

    @api.depends_context("uid")
    def _compute_kmop_answer_count(self):
        self.kmop_answer_count = 0
        dossiers = self.filtered("kmop_service")
        if not dossiers:
            return
        # sudo: how many answered is no secret of who may read the dossier
        answers = self.env["survey.user_input"].sudo()
        groups = answers._read_group(
            Domain("kmop_order_id", "in", dossiers.ids)
            & Domain("state", "=", "done")
            & Domain("test_entry", "=", False),
            ["kmop_order_id"],
            ["__count"],
        )
        counts = {order.id: count for order, count in groups}
        for order in dossiers:
            order.kmop_answer_count = counts.get(order.id, 0)

    # --------------------------------------------------------------------- the survey

    def _kmop_get_survey(self):
        """Return the satisfaction survey for this service, the own kind first.

        Raises UserError where there is none.
        """
        # sudo: who sells need not be allowed to read surveys
        surveys = self.env["survey.survey"].sudo()
        surveys = surveys.search(
            [("kmop_satisfaction", "in", (self.kmop_service, "both"))], order="id"
        )
        own = surveys.filtered(lambda s: s.kmop_satisfaction == self.kmop_service)
        survey = (own or surveys)[:1]
        if not survey:
            raise UserError(
                self.env._(
                    "There is no satisfaction survey for this service: mark one in the"
                    " Surveys app."
                )
            )
        return survey

    def _kmop_get_survey_url(self):
        """Return the address that asks for an answer on this dossier."""
        self.ensure_one()
        # sudo: the token is made by whoever needs the address first
        order = self.sudo()
        if not order.kmop_survey_token:
            order.kmop_survey_token = token_urlsafe(16)
        return f"{self.get_base_url()}/kmop/evaluate/{quote(order.kmop_survey_token)}"

    def _kmop_create_answer(self):
        """Return a new answer to this dossier's survey, of nobody in particular."""
        self.ensure_one()
        survey = self._kmop_get_survey().with_context(mail_create_nolog=True)
        return survey._create_answer(check_attempts=False, kmop_order_id=self.id)

    def _kmop_is_asking(self):
        """Tell whether an answer is still welcome."""
        return bool(self.kmop_service and self.state != "cancel")

    # -------------------------------------------------------------------- inviting

    def _kmop_get_invited(self):
        """Return ``[(partner, email, language)]`` of whom to ask, in no order.

        The order of the answers could tell who is behind them.
        """
        client = self.partner_id
        people = self.kmop_participant_ids.filtered(lambda p: p.attended and p.email)
        invited = [
            (p.partner_id, p.email, p.lang or p.partner_id.lang or client.lang)
            for p in people
        ]
        if not invited and client.email:
            invited = [(client, client.email, client.lang)]
        return random.sample(invited, len(invited))

    def action_kmop_invite(self):
        """Ask the participants, or the client, for their satisfaction by mail.

        Raises UserError where it was done already or nobody has an address.
        """
        for order in self:
            order.check_access("write")
            if order.kmop_date_invited:
                raise UserError(
                    self.env._(
                        "%(dossier)s was asked for already: those who haven't answered"
                        " can be reminded once.",
                        dossier=order.name,
                    )
                )
            if not order._kmop_get_invited():
                raise UserError(
                    self.env._(
                        "%(dossier)s has nobody with an e-mail address to ask: fill in"
                        " the participants.",
                        dossier=order.name,
                    )
                )
        self._kmop_invite()

    def _kmop_invite(self):
        for order in self:
            survey = order._kmop_get_survey()
            by_lang = {}
            for partner, email, lang in order._kmop_get_invited():
                by_lang.setdefault(lang or self.env.lang, []).append((partner, email))
            for lang, people in by_lang.items():
                order._kmop_send(survey, people, lang)
            order.kmop_date_invited = fields.Date.context_today(order)

    def _kmop_send(self, survey, people, lang, resend=False):
        """Send Odoo's own invitation to ``[(partner, email)]`` in one language."""
        template = self.env.ref("survey.mail_template_user_input_invite").sudo()
        partners = self.env["res.partner"].union(*(partner for partner, _ in people))
        # sudo: who sells asks through the addon, not through the Surveys app
        invitations = self.env["survey.invite"].sudo().with_context(lang=lang)
        invitation = invitations.create(
            {
                "survey_id": survey.id,
                "kmop_order_id": self.id,
                "template_id": template.id,
                "existing_mode": "resend" if resend else "new",
                "partner_ids": [fields.Command.set(partners.ids)],
                "emails": "\n".join(email for partner, email in people if not partner),
                "subject": template.with_context(lang=lang).subject,
                "body": template.with_context(lang=lang).body_html,
            }
        )
        invitation.action_invite()

    def action_kmop_remind(self):
        """Remind, once, those who were asked and haven't answered."""
        for order in self:
            order.check_access("write")
            if not order.kmop_date_invited or order.kmop_date_reminded:
                raise UserError(
                    self.env._(
                        "%(dossier)s: people are asked first, and reminded once.",
                        dossier=order.name,
                    )
                )
        self._kmop_remind()

    def _kmop_remind(self):
        # sudo: as above
        answers = self.env["survey.user_input"].sudo()
        waiting = answers.search(
            answers._kmop_open_domain()
            & Domain("kmop_order_id", "in", self.ids)
            & Domain("kmop_invited", "=", True)
        ).filtered(lambda a: (a.partner_id or a.email) and a.survey_id.active)
        for order, mine in waiting.grouped("kmop_order_id").items():
            alike = mine.grouped(lambda a: (a.survey_id, a._kmop_get_lang()))
            for (survey, lang), some in alike.items():
                people = [(a.partner_id, a.email) for a in some]
                order._kmop_send(survey, people, lang, resend=True)
        self.kmop_date_reminded = fields.Date.context_today(self)

    # -------------------------------------------------------------------- by itself

    @api.model
    def _cron_kmop_survey(self):
        """Ask and remind where the company wants it, batch by batch."""
        for send, domain in (
            (type(self)._kmop_invite, self._kmop_to_invite_domain()),
            (type(self)._kmop_remind, self._kmop_to_remind_domain()),
        ):
            while self._kmop_send_batch(send, domain):
                pass

    @api.model
    def _kmop_send_batch(self, send, domain):
        """Do one batch; tell whether there is time and work for another."""
        orders = self.search(domain, limit=BATCH, order="id").try_lock_for_update()
        for order in orders:
            order._kmop_send_safely(send)
        remaining = self.search_count(domain) if orders else 0
        left = self.env["ir.cron"]._commit_progress(len(orders), remaining=remaining)
        return orders and remaining and left

    def _kmop_send_safely(self, send):
        """One dossier that can't be asked doesn't keep the others waiting."""
        try:
            with self.env.cr.savepoint():
                send(self.with_company(self.company_id))
        except UserError as error:
            self.message_post(body=str(error))
            field = (
                "kmop_date_reminded" if self.kmop_date_invited else "kmop_date_invited"
            )
            self[field] = fields.Date.context_today(self)

    @api.model
    def _kmop_to_invite_domain(self):
        return Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("state", "=", "sale")
            & Domain("kmop_service", "!=", False)
            & Domain("kmop_date_invited", "=", False)
            & Domain("kmop_date_end", "<=", last)
            & Domain("kmop_date_end", ">", shift(last, -LATEST_DAYS, "days"))
            for company, last in self._kmop_get_last_days("kmop_survey_days")
        )

    @api.model
    def _kmop_to_remind_domain(self):
        return Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("state", "=", "sale")
            & Domain("kmop_date_reminded", "=", False)
            & Domain("kmop_date_invited", "<=", last)
            & Domain("kmop_date_invited", ">", shift(last, -LATEST_DAYS, "days"))
            for company, last in self._kmop_get_last_days("kmop_reminder_days")
        )

    @api.model
    def _kmop_get_last_days(self, field):
        """Yield each company that set a number of days, and that long ago."""
        companies = self.env["res.company"].search(
            [("kmop_survey_auto", "=", True), (field, ">", 0)]
        )
        for company in companies:
            yield company, shift(company._kmop_today(), -company[field], "days")

    # ---------------------------------------------------------------------- complaint

    def action_kmop_complaint(self):
        """Open a new finding for a complaint about this dossier."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Complaint"),
            "res_model": "kmop.finding",
            "views": [(False, "form")],
            "context": {
                "default_origin": "complaint",
                "default_registration_id": self.kmop_registration_id.id,
                "default_res_model": self._name,
                "default_res_id": self.id,
            },
        }

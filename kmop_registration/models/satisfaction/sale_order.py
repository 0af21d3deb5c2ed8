import logging
import random
import secrets
from base64 import b64encode
from collections import namedtuple

from reportlab.graphics.barcode import createBarcodeDrawing

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.mail import email_normalize

from ...tools import shift

_logger = logging.getLogger(__name__)

# How long after its end a dossier still asks by itself: what is older was over
# before the setting was switched on.
LATEST_DAYS = 31
BATCH = 50
# Of what is typed over from paper: no letters that look like others.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"

Person = namedtuple("Person", "partner email name lang")


# What the figures of a dossier are grouped by.
FIGURED = {"kmop_registration_id", "kmop_service", "kmop_theme_id", "kmop_trainer_ids"}


class SaleOrder(models.Model):
    """A dossier asks how satisfied its participants, or its client, are."""

    _inherit = "sale.order"

    kmop_survey_token = fields.Char(
        copy=False, readonly=True, index="btree_not_null", groups="base.group_system"
    )
    kmop_date_invited = fields.Date(
        string="Asked for satisfaction on",
        copy=False,
        readonly=True,
        groups="base.group_user",
    )
    kmop_date_reminded = fields.Date(
        string="Reminded on", copy=False, readonly=True, groups="base.group_user"
    )
    kmop_survey_error = fields.Char(
        string="Satisfaction isn't asked because",
        copy=False,
        readonly=True,
        help="It is asked by hand, once this is mended.",
        groups="base.group_user",
    )
    kmop_answer_count = fields.Integer(
        string="Answers", compute="_compute_kmop_answer_count", groups="base.group_user"
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

    def write(self, vals):
        result = super().write(vals)
        if FIGURED & vals.keys() and (dossiers := self.filtered("kmop_service")):
            self.env["kmop.satisfaction"]._follow(dossiers)
        return result

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
        """Return the address that asks for an answer on this dossier.

        Raises UserError where there is nothing to answer.
        """
        self.ensure_one()
        self._kmop_get_survey()
        # sudo: the token is made by whoever needs the address first
        order = self.sudo()
        if not order.kmop_survey_token:
            order.kmop_survey_token = "".join(
                secrets.choice(ALPHABET) for _i in range(12)
            )
        return f"{self.get_base_url()}/kmop/evaluate/{order.kmop_survey_token}"

    def _kmop_get_survey_code(self):
        """Return that address as a code to scan: a drawing, to put in a page."""
        code = createBarcodeDrawing(
            "QR", value=self._kmop_get_survey_url(), width=400, height=400, barLevel="M"
        )
        drawing = code.asString("svg").encode()
        return f"data:image/svg+xml;base64,{b64encode(drawing).decode()}"

    def _kmop_get_lang(self):
        """Return the language of the client, or else our own."""
        return self.partner_id.lang or self.company_id.partner_id.lang or self.env.lang

    def _kmop_get_service_name(self):
        """Return what was followed or asked for, as participants know it."""
        products = self.order_line.product_id.filtered("kmop_service")
        return ", ".join(products.mapped("name")) or self.name

    def _kmop_create_answer(self, user=False):
        """Return a new answer to this dossier's survey, of ``user`` or of nobody."""
        self.ensure_one()
        survey = self._kmop_get_survey().with_context(mail_create_nolog=True)
        return survey._create_answer(
            user=user, check_attempts=False, kmop_order_id=self.id
        )

    def _kmop_is_asking(self):
        """Tell whether an answer is still welcome."""
        return bool(self.kmop_service and self.state != "cancel")

    # -------------------------------------------------------------------- inviting

    def _kmop_get_invited(self):
        """Return the people to ask, one by address, in no order.

        The order of the answers could tell who is behind them.
        """
        client = self.partner_id
        attended = self.kmop_participant_ids.filtered("attended")
        invited = {}
        for one in attended.filtered(lambda p: email_normalize(p.email)) or client:
            address = email_normalize(one.email)
            partner = one if one == client else one.partner_id
            if partner.email_normalized != address:
                partner = partner.browse()
            lang = one.lang or partner.lang or self._kmop_get_lang()
            if address:
                invited.setdefault(address, Person(partner, address, one.name, lang))
        return random.sample(list(invited.values()), len(invited))

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
        self._kmop_invite()

    def _kmop_invite(self):
        for order in self:
            survey = order._kmop_check_invite()
            people = order._kmop_get_invited()
            invitations = {
                lang: order._kmop_prepare_invitation(survey, lang)
                for lang in {person.lang for person in people}
            }
            for person in people:
                invitations[person.lang]._kmop_ask(person)
            # sudo: users can't edit this date, they only send the invitation
            order.sudo().kmop_date_invited = order.company_id._kmop_today()
            order._kmop_note_unreachable()
        self.sudo().kmop_survey_error = False  # sudo: as above

    def _kmop_check_invite(self):
        """Return the survey to send.

        Raises UserError where there is none, or nothing or nobody to ask.
        """
        values = {"dossier": self.name}
        if not self._kmop_is_asking():
            message = self.env._(
                "%(dossier)s is cancelled, or no project dossier.", **values
            )
            raise UserError(message)
        survey = self._kmop_get_survey()
        if not survey._kmop_get_measured():
            message = self.env._(
                "“%(survey)s” has no question that gives a figure: say in its"
                " questions what they tell, and give them a scale.",
                survey=survey.title,
            )
            raise UserError(message)
        if not self._kmop_get_invited():
            message = self.env._(
                "%(dossier)s has nobody with an e-mail address to ask: fill in the"
                " participants.",
                **values,
            )
            raise UserError(message)
        return survey

    def _kmop_prepare_invitation(self, survey, lang):
        """Return Odoo's own invitation to the survey, to send in one language."""
        sender = self.user_id.partner_id.filtered("email") or self.company_id.partner_id
        # sudo: who sells asks through the addon, not through the Surveys app
        template = self.env.ref("kmop_registration.mail_template_satisfaction").sudo()
        template = template.with_context(lang=lang)
        return template.env["survey.invite"].create(
            {
                "survey_id": survey.id,
                "kmop_order_id": self.id,
                "author_id": sender.id,
                "template_id": template.id,
                "existing_mode": "new",
                "subject": template.subject,
                "body": template.body_html,
            }
        )

    def _kmop_note_unreachable(self):
        """Say on the dossier whom no mail could be sent to."""
        names = [
            person.name
            for person in self.kmop_participant_ids
            if person.attended and not email_normalize(person.email)
        ]
        if names:
            message = self.env._(
                "Not asked by mail, for want of a valid address: %(names)s.",
                names=", ".join(names),
            )
            self.message_post(body=message)

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
            if not order._kmop_get_waiting():
                raise UserError(
                    self.env._(
                        "%(dossier)s: nobody is left to remind. Who was asked for an"
                        " anonymous survey isn't known.",
                        dossier=order.name,
                    )
                )
        self._kmop_remind()

    def _kmop_get_waiting(self):
        """Return the answers of whom can be reminded."""
        # sudo: as above
        answers = self.env["survey.user_input"].sudo()
        waiting = answers.search(
            answers._kmop_open_domain()
            & Domain("kmop_order_id", "in", self.ids)
            & Domain("kmop_invited", "=", True)
            & (Domain("partner_id", "!=", False) | Domain("email", "!=", False))
        )
        asking = self.filtered(lambda order: order._kmop_is_asking())
        return waiting.filtered(
            lambda a: a.survey_id.active and a.kmop_order_id in asking
        )

    def _kmop_remind(self):
        for order, mine in self._kmop_get_waiting().grouped("kmop_order_id").items():
            alike = mine.grouped(lambda a: (a.survey_id, a._kmop_get_lang()))
            for (survey, lang), some in alike.items():
                invitation = order._kmop_prepare_invitation(survey, lang)
                for answer in some:
                    invitation._send_mail(answer)
        for order in self:
            # sudo: users can't edit this date, they only send the reminder
            order.sudo().kmop_date_reminded = order.company_id._kmop_today()
        self.sudo().kmop_survey_error = False  # sudo: as above

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
        """Send for one dossier, and keep the others from waiting for its mistakes.

        It isn't tried again by itself: the responsible is told instead.
        """
        lang = self.user_id.lang or self.company_id.partner_id.lang
        order = self.with_company(self.company_id).with_context(lang=lang)
        try:
            with self.env.cr.savepoint():
                send(order)
        except Exception as error:  # a template can raise anything
            if not isinstance(error, UserError):
                _logger.exception("Satisfaction isn't asked for %s", self.id)
            order._kmop_tell_failure(str(error))

    def _kmop_tell_failure(self, error):
        # sudo: users can't edit this message
        self.sudo().kmop_survey_error = error
        self.message_post(body=error)
        # sudo: as above
        responsible = self.user_id or self.kmop_registration_id.sudo().user_id
        if responsible:
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Ask for satisfaction"),
                user_id=responsible.id,
            )

    @api.model
    def _kmop_to_invite_domain(self):
        return Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("state", "=", "sale")
            & Domain("kmop_service", "!=", False)
            & Domain("kmop_date_invited", "=", False)
            & Domain("kmop_survey_error", "=", False)
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
            & Domain("kmop_survey_error", "=", False)
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

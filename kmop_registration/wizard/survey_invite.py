from odoo import fields, models

from ..tools import one_line


class SurveyInvite(models.TransientModel):
    _inherit = "survey.invite"

    # Set by the dossier's own invitation, in superuser mode only.
    kmop_order_id = fields.Many2one(
        "sale.order",
        string="Project dossier",
        ondelete="cascade",
        groups=fields.NO_ACCESS,
    )

    def _kmop_ask(self, person):
        """Invite one person, who needn't be a contact, about the dossier."""
        emails = [] if person.partner else [person.email]
        answer = self._prepare_answers(person.partner, emails)
        answer.nickname = person.name
        if person.lang in self.survey_id._get_supported_lang_codes():
            answer.lang_id = self.env["res.lang"]._lang_get(person.lang)
        return self._send_mail(answer)

    def _get_answers_values(self):
        values = super()._get_answers_values()
        if order := self._kmop_get_order():
            values |= {"kmop_order_id": order.id, "kmop_invited": True}
        return values

    def _kmop_get_order(self):
        # sudo: no user has access to this field
        return self.sudo().kmop_order_id

    def _prepare_answers(self, partners, emails):
        keeping = self.with_context(kmop_keep_address=True)
        return super(SurveyInvite, keeping)._prepare_answers(partners, emails)

    def _send_mail(self, answer):
        mail = super()._send_mail(answer)
        if self._kmop_get_order():
            sender = one_line(mail.email_from)
            subject = one_line(mail.subject)
            mail.write({"email_from": sender, "reply_to": sender, "subject": subject})
        if answer.survey_id.kmop_anonymous:
            # sudo: the address has served, and is nobody's to keep
            answer.sudo()._kmop_forget()
        return mail

from odoo import fields, models


class SurveyInvite(models.TransientModel):
    _inherit = "survey.invite"

    kmop_order_id = fields.Many2one(
        "sale.order", string="Project dossier", ondelete="cascade"
    )

    def _get_answers_values(self):
        values = super()._get_answers_values()
        if self.kmop_order_id:
            values |= {"kmop_order_id": self.kmop_order_id.id, "kmop_invited": True}
        return values

    def _get_done_partners_emails(self, existing_answers):
        """Who answered about another dossier hasn't been asked about this one."""
        if self.kmop_order_id:
            existing_answers = existing_answers.filtered(
                lambda a: a.kmop_order_id == self.kmop_order_id and a.state != "done"
            )
        return super()._get_done_partners_emails(existing_answers)

    def _prepare_answers(self, partners, emails):
        keeping = self.with_context(kmop_keep_address=True)
        return super(SurveyInvite, keeping)._prepare_answers(partners, emails)

    def _send_mail(self, answer):
        mail = super()._send_mail(answer)
        if answer.survey_id.kmop_anonymous:
            # sudo: the address has served, and is nobody's to keep
            answer.sudo()._kmop_forget()
        return mail

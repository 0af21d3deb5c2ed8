from odoo import fields, models


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _postprocess_sent_message(self, *args, **kwargs):
        """Have what became of a reminder noted soon, and not by tomorrow's run."""
        about = {mail.model for mail in self}
        result = super()._postprocess_sent_message(*args, **kwargs)
        if "kmop.reminder" in about:
            self.env["kmop.milestone"]._wake_up_at(fields.Datetime.now())
        return result

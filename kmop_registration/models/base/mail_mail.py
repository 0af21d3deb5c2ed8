from itertools import product

from odoo import fields, models

from ...tools import one_line

# What holds names, and goes into the head of a mail.
HEADERS = ("email_from", "reply_to", "subject")


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _prepare_outgoing_list(self, *args, **kwargs):
        """A name with a line break in it, pasted or imported, stops no mail of ours."""
        prepared = super()._prepare_outgoing_list(*args, **kwargs)
        if self.model and self.model.startswith("kmop."):
            for values, name in product(prepared, HEADERS):
                values[name] = one_line(values[name])
        return prepared

    def _postprocess_sent_message(self, *args, **kwargs):
        """Have what became of a reminder noted soon, and not by tomorrow's run."""
        about = {mail.model for mail in self}
        result = super()._postprocess_sent_message(*args, **kwargs)
        if "kmop.reminder" in about:
            self.env["kmop.milestone"]._wake_up_at(fields.Datetime.now())
        return result

from odoo import api, models
from odoo.exceptions import UserError

from ...tools import is_uninstalling

# What a message says, and who says it.
SAID = frozenset(
    {
        "attachment_ids",
        "author_guest_id",
        "author_id",
        "body",
        "date",
        "email_from",
        "is_internal",
        "message_type",
        "model",
        "notified_partner_ids",
        "partner_ids",
        "res_id",
        "subject",
        "subtype_id",
    }
)


class MailMessage(models.Model):
    """What is said about an audit is its author's: the auditor's page shows it."""

    _inherit = "mail.message"

    @api.model_create_multi
    def create(self, vals_list):
        messages = super().create(vals_list)
        messages._kmop_check_author()
        return messages

    def write(self, vals):
        if said := bool(SAID & vals.keys()):
            self._kmop_check_author()
        result = super().write(vals)
        if said:
            # Where it was moved to, and whose it became.
            self._kmop_check_author()
        return result

    @api.ondelete(at_uninstall=True)
    def _unlink_except_kmop_said(self):
        if not is_uninstalling(self.env):
            self._kmop_check_author()

    def _kmop_check_author(self):
        """Raise UserError where the user speaks for another, on an audit."""
        if self.env.su:
            return
        me = self.env.user.partner_id
        # sudo: the host decides who may read a message
        said = self.sudo().filtered(
            lambda m: m.model == "kmop.audit" and m.message_type in ("comment", "email")
        )
        if any(message.author_id != me for message in said):
            raise UserError(
                self.env._(
                    "What is said about an audit is only its author's to change."
                )
            )

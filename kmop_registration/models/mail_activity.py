from odoo import models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        """A milestone is done when its to-do is."""
        about = self.filtered(lambda a: a.res_model == "kmop.milestone")
        ids = about.mapped("res_id")
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        # sudo: who may do the to-do may say that it is done
        milestones = self.env["kmop.milestone"].sudo().browse(ids)
        milestones.filtered(lambda m: m.state in ("planned", "sent"))._close(
            "done", feedback or self.env._("The to-do was done.")
        )
        return result

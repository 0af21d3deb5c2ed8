from odoo import models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        """Close the milestones whose to-dos are marked as done."""
        milestones = self._kmop_get_milestones()
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        milestones._close("done", feedback or self.env._("The to-do was done."))
        return result

    def _kmop_get_milestones(self):
        """Return the open milestones that are closed by these to-dos.

        Any user can point a to-do of their own at any milestone. Only the to-do that
        the milestone itself created closes it, or a to-do marked as done by a user who
        may write the milestone.
        """
        about = self.filtered(lambda activity: activity.res_model == "kmop.milestone")
        # sudo: the assigned user may have no access to milestones
        milestones = self.env["kmop.milestone"].sudo().browse(about.mapped("res_id"))
        open_ones = milestones.exists().filtered_domain(milestones._open_domain())
        allowed = open_ones.with_env(self.env)._filtered_access("write")
        return open_ones.filtered(lambda m: m in allowed or m.todo_id in about)

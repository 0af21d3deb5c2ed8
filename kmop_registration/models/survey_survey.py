from odoo import api, models


class SurveySurvey(models.Model):
    _inherit = "survey.survey"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kmop_accepted(self):
        # The database deletes a survey's answers without asking them.
        # sudo: evidence protects its source whoever deletes it
        answers = self.env["survey.user_input"].sudo()
        answers.search([("survey_id", "in", self.ids)])._unlink_except_kmop_accepted()

from odoo import models


class SurveyUserInput(models.Model):
    _name = "survey.user_input"
    _inherit = ["survey.user_input", "kmop.evidence.source"]

    def _kmop_date_effective(self):
        return self._kmop_to_date(self.end_datetime or self.create_date)

    def _kmop_snapshot(self):
        content = self.env["ir.qweb"]._render(
            "kmop_registration.survey_user_input_snapshot", {"answer": self}
        )
        return f"{self.survey_id.title[:80]}.html".replace("/", "-"), content.encode()

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..base.constants import DIMENSIONS


class SurveyQuestion(models.Model):
    _inherit = "survey.question"

    kmop_dimension = fields.Selection(
        DIMENSIONS,
        string="Satisfaction with",
        help="What the question tells about a training or advice. Scales of any length"
        " are reckoned from 0 to 100; a choice needs scores, a number its limits.",
    )

    @api.constrains("save_as_email", "save_as_nickname", "survey_id")
    def _check_kmop_anonymous(self):
        for question in self.filtered(lambda q: q.save_as_email or q.save_as_nickname):
            if question.survey_id.kmop_anonymous:
                raise ValidationError(
                    self.env._(
                        "“%(question)s” would keep who answered, and the survey is"
                        " anonymous.",
                        question=question.title,
                    )
                )

    @api.ondelete(at_uninstall=True)
    def _unlink_except_kmop_kept(self):
        # The database deletes what was answered along with its question.
        answers = self.env["survey.user_input"]
        answers._kmop_check_unused(Domain("question_id", "in", self.ids))

    def _kmop_get_bounds(self):
        """Return the lowest and the highest figure that can be given, or None."""
        if self.question_type == "scale":
            return self.scale_min, self.scale_max
        if self.question_type == "numerical_box":
            bounds = self.validation_min_float_value, self.validation_max_float_value
        else:
            scores = self.suggested_answer_ids.mapped("answer_score") or [0]
            bounds = min(scores), max(scores)
        return bounds if bounds[0] < bounds[1] else None

    def _kmop_get_figure(self, line):
        """Return the figure that an answer gives, None where it gives none."""
        if line.skipped:
            return None
        if line.answer_type == "scale":
            return line.value_scale
        if line.answer_type == "numerical_box":
            return line.value_numerical_box
        if line.answer_type == "suggestion":
            return line.suggested_answer_id.answer_score
        return None

    def _kmop_get_score(self, lines):
        """Return the mean of one question's answers from 0 to 100, None without."""
        bounds = self._kmop_get_bounds()
        figures = [self._kmop_get_figure(line) for line in lines if bounds]
        figures = [figure for figure in figures if figure is not None]
        if not figures:
            return None
        low, high = bounds
        mean = sum(figures) / len(figures)
        return min(max(100 * (mean - low) / (high - low), 0.0), 100.0)


class SurveyQuestionAnswer(models.Model):
    _inherit = "survey.question.answer"

    @api.ondelete(at_uninstall=True)
    def _unlink_except_kmop_kept(self):
        # The database empties the answers that chose it.
        chosen = Domain("suggested_answer_id", "in", self.ids)
        row = Domain("matrix_row_id", "in", self.ids)
        self.env["survey.user_input"]._kmop_check_unused(chosen | row)

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..base.constants import SERVICE_SCOPES

# Both are what the norm wants clients to be asked about.
ASKED = ("content", "form")


class SurveySurvey(models.Model):
    _inherit = "survey.survey"

    kmop_satisfaction = fields.Selection(
        SERVICE_SCOPES,
        string="Satisfaction survey for",
        index="btree_not_null",
        help="Project dossiers of this service ask their participants or client.",
    )
    kmop_anonymous = fields.Boolean(
        string="Anonymous",
        help="Nothing is kept that leads from an answer to a person: no contact, no"
        " address, no name. Who was asked and didn't answer isn't known either, so"
        " nobody is reminded.",
    )
    kmop_notice = fields.Text(string="To be mended", compute="_compute_kmop_notice")

    @api.depends(
        "kmop_satisfaction",
        "users_login_required",
        "question_and_page_ids.kmop_dimension",
        "question_and_page_ids.question_type",
        "question_and_page_ids.scale_min",
        "question_and_page_ids.scale_max",
        "question_and_page_ids.validation_min_float_value",
        "question_and_page_ids.validation_max_float_value",
        "question_and_page_ids.suggested_answer_ids.answer_score",
    )
    @api.depends_context("lang")
    def _compute_kmop_notice(self):
        for survey in self:
            survey.kmop_notice = "\n".join(survey._kmop_get_notices()) or False

    def _kmop_get_notices(self):
        """Return what keeps the survey from giving figures."""
        if not self.kmop_satisfaction:
            return []
        labels = dict(
            self.question_ids._fields["kmop_dimension"]._description_selection(self.env)
        )
        measured = self._kmop_get_measured()
        missing = [
            labels[name]
            for name in ASKED
            if name not in measured.mapped("kmop_dimension")
        ]
        idle = (
            self.question_ids.filtered(
                lambda q: q.kmop_dimension and q.kmop_dimension != "comment"
            )
            - measured
        )
        notices = [
            self.env._("No question gives a figure on: %(name)s.", name=name)
            for name in missing
        ]
        if self.users_login_required:
            notices.append(
                self.env._(
                    "Participants without an account can't answer: require no login."
                )
            )
        return notices + [
            self.env._(
                "“%(question)s” gives no figure: it needs a scale, scores or limits.",
                question=question.title,
            )
            for question in idle
        ]

    def _kmop_get_measured(self):
        """Return the questions that give a figure."""
        return self.question_ids.filtered(
            lambda q: (
                q.kmop_dimension not in (False, "comment") and q._kmop_get_bounds()
            )
        )

    @api.constrains("kmop_anonymous", "question_and_page_ids")
    def _check_kmop_anonymous(self):
        anonymous = self.filtered("kmop_anonymous")
        anonymous.question_ids._check_kmop_anonymous()
        # sudo: whether there are any is all that is told
        answers = self.env["survey.user_input"].sudo()
        named = anonymous and answers.search(
            Domain("survey_id", "in", anonymous.ids)
            & Domain("test_entry", "=", False)
            & (Domain("partner_id", "!=", False) | Domain("email", "!=", False)),
            limit=1,
        )
        if named:
            raise ValidationError(
                self.env._(
                    "“%(survey)s” has answers with a name: make an anonymous copy of"
                    " it instead.",
                    survey=named.survey_id.title,
                )
            )

    def _kmop_get_promise(self):
        """Return what is kept of an answer and for whom, as people are told."""
        if self.kmop_anonymous:
            return self.env._(
                "We keep your answers without your name, your address or anything else"
                " that leads to you. Who looks after our quality reads them; an"
                " auditor of the kmo-portefeuille may."
            )
        return self.env._(
            "We keep your answers, with your name where we know it, in the dossier of"
            " this training or advice, for as long as that has to be kept. Who looks"
            " after our quality reads them; an auditor of the kmo-portefeuille may. In"
            " the figures that we make of them nobody is named."
        )

    def _create_answer(self, user=False, partner=False, email=False, **vals):
        """Nobody's name is asked for an anonymous survey, whoever is logged in."""
        named = self.env.context.get("kmop_keep_address") or vals.get("test_entry")
        if named or not any(survey.kmop_anonymous for survey in self):
            return super()._create_answer(user, partner, email, **vals)
        self.check_access("read")
        # superuser: signed by nobody; whoever asks may read the survey, as just checked
        nobody = self.with_user(SUPERUSER_ID).with_context(mail_create_nolog=True)
        answers = super(SurveySurvey, nobody)._create_answer(
            False, False, False, **vals
        )
        answers._kmop_flush_as_nobody()
        return answers.with_env(self.env)

    @api.ondelete(at_uninstall=True)
    def _unlink_except_kmop_accepted(self):
        # The database deletes a survey's answers without asking them.
        # sudo: evidence protects its source whoever deletes it
        answers = self.env["survey.user_input"].sudo()
        answers = answers.search([("survey_id", "in", self.ids)])
        answers.with_env(self.env)._unlink_except_kmop_accepted()

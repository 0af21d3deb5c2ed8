from odoo import api, fields, models
from odoo.fields import Domain

from ..base.constants import SERVICES

SCORED = ("content", "form", "general", "recommendation")
SCORES = tuple(f"score_{name}" for name in SCORED)
BANDS = [
    ("1", "0 – 19"),
    ("2", "20 – 39"),
    ("3", "40 – 59"),
    ("4", "60 – 79"),
    ("5", "80 – 100"),
]


class KmopSatisfaction(models.Model):
    """What one completed answer says, from 0 to 100: figures without a person.

    Written when the answer comes in: a question that is changed or removed later, or
    an answer that its author has removed, leaves the figures as they were.
    """

    _name = "kmop.satisfaction"
    _description = "Satisfaction"
    _order = "date desc, id desc"
    _log_access = False

    answer_id = fields.Many2one(
        "survey.user_input", index="btree_not_null", ondelete="set null", readonly=True
    )
    survey_id = fields.Many2one("survey.survey", ondelete="set null", readonly=True)
    order_id = fields.Many2one(
        "sale.order",
        string="Project dossier",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
    )
    registration_id = fields.Many2one(
        "kmop.registration",
        compute="_compute_dossier",
        store=True,
        precompute=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, readonly=True
    )
    service = fields.Selection(
        SERVICES, compute="_compute_dossier", store=True, precompute=True
    )
    theme_id = fields.Many2one(
        "kmop.theme",
        compute="_compute_dossier",
        store=True,
        precompute=True,
        ondelete="restrict",
    )
    trainer_ids = fields.Many2many(
        "res.partner",
        "kmop_satisfaction_trainer_rel",
        "satisfaction_id",
        "partner_id",
        string="Trainers or advisers",
        compute="_compute_trainer_ids",
        store=True,
    )
    date = fields.Date(required=True, readonly=True)
    score_content = fields.Float(
        string="Content", digits=(5, 1), aggregator="avg", readonly=True
    )
    score_form = fields.Float(
        string="Form", digits=(5, 1), aggregator="avg", readonly=True
    )
    score_general = fields.Float(
        string="The whole", digits=(5, 1), aggregator="avg", readonly=True
    )
    score_recommendation = fields.Float(
        string="Recommendation", digits=(5, 1), aggregator="avg", readonly=True
    )
    score = fields.Float(
        digits=(5, 1),
        aggregator="avg",
        readonly=True,
        help="That of the whole where it was asked, else the mean of the others.",
    )
    band = fields.Selection(BANDS, string="Distribution", readonly=True)

    _answer_uniq = models.UniqueIndex(
        "(answer_id) WHERE answer_id IS NOT NULL", "An answer counts once."
    )
    _window_idx = models.Index("(registration_id, date)")

    # Not on the dossier's own fields: every quote that is written would look for
    # figures. A dossier that is put right says so itself (`_follow`), and one that is
    # deleted leaves them as they were.
    @api.depends("order_id")
    def _compute_dossier(self):
        for figure in self.filtered("order_id"):
            order = figure.order_id
            figure.registration_id = order.kmop_registration_id
            figure.service = order.kmop_service
            figure.theme_id = order.kmop_theme_id

    @api.depends("order_id")
    def _compute_trainer_ids(self):
        for figure in self.filtered("order_id"):
            figure.trainer_ids = figure.order_id.kmop_trainer_ids

    @api.model
    def _follow(self, orders):
        """Take the figures and the answers of corrected dossiers along."""
        # sudo: who corrects a dossier need not be allowed to read its figures
        figures = self.sudo().search([("order_id", "in", orders.ids)])
        for name in ("registration_id", "service", "theme_id", "trainer_ids"):
            self.env.add_to_compute(self._fields[name], figures)
        # sudo: nor its answers
        answers = self.env["survey.user_input"].sudo()
        mine = answers.search([("kmop_order_id", "in", orders.ids)])
        self.env.add_to_compute(answers._fields["kmop_registration_id"], mine)

    # ----------------------------------------------------------------------- filling

    @api.model
    def _add(self, answers):
        """Add the figures of completed answers, once; those without any give none."""
        counted = self.search([("answer_id", "in", answers.ids)]).answer_id
        values = [self._prepare(answer) for answer in answers - counted]
        return self.create([vals for vals in values if "score" in vals])

    @api.model
    def _prepare(self, answer):
        return {
            "answer_id": answer.id,
            "survey_id": answer.survey_id.id,
            "order_id": answer.kmop_order_id.id,
            "company_id": answer.kmop_order_id.company_id.id,
            "date": answer._kmop_date_effective(),
            **self._prepare_scores(answer),
        }

    @api.model
    def _prepare_scores(self, answer):
        # What wasn't asked stays out: no figure is not a zero.
        by_question = answer.user_input_line_ids.grouped("question_id")
        found = {}
        for question, lines in by_question.items():
            score = question._kmop_get_score(lines)
            if question.kmop_dimension in SCORED and score is not None:
                found.setdefault(f"score_{question.kmop_dimension}", []).append(score)
        scores = {name: sum(values) / len(values) for name, values in found.items()}
        if not scores:
            return {}
        whole = scores.get("score_general", sum(scores.values()) / len(scores))
        # Reckoned from what is kept and shown.
        whole = round(whole, 1)
        return {**scores, "score": whole, "band": self._get_band(whole)}

    @api.model
    def _get_band(self, score):
        return str(min(int(score // 20) + 1, 5))

    def _propose_findings(self):
        """Propose a finding for each answer below the limit of its company."""
        low = self.filtered(
            lambda s: s.registration_id and s.score < s.company_id.kmop_low_score
        )
        values = [figure._prepare_finding() for figure in low]
        self.env["kmop.finding"].create([vals for vals in values if vals["user_id"]])

    def _prepare_finding(self):
        return {
            "name": self.env._(
                "Satisfaction of %(score)s out of 100: %(dossier)s",
                score=round(self.score),
                dossier=self.order_id.name,
            ),
            "origin": "evaluation",
            "registration_id": self.registration_id.id,
            "date_found": self.date,
            "res_model": "survey.user_input",
            "res_id": self.answer_id.id,
            "user_id": self._get_responsible().id,
        }

    def _get_responsible(self):
        """Return who looks into it: never who answered, and someone who may."""
        concerned = self.registration_id.user_id | self.order_id.user_id
        return self.env["kmop.finding"]._choose_user(self.company_id, concerned)

    # ----------------------------------------------------------------------- reading

    @api.model
    def _read_group(self, domain, groupby=(), aggregates=(), *args, **kwargs):
        """Show no mean of fewer answers than the company wants for one."""
        asked = self._get_asked(aggregates)
        rows = super()._read_group(domain, groupby, asked, *args, **kwargs)
        return self._hide_few(rows, len(groupby), aggregates)

    @api.model
    def _read_grouping_sets(self, domain, grouping_sets, aggregates=(), **kwargs):
        asked = self._get_asked(aggregates)
        sets = super()._read_grouping_sets(domain, grouping_sets, asked, **kwargs)
        return [
            self._hide_few(rows, len(groupby), aggregates)
            for groupby, rows in zip(grouping_sets, sets, strict=True)
        ]

    @api.model
    def _get_telling(self, aggregates):
        """Return the aggregates that tell a score, by place: a sum is a mean too."""
        pairs = [aggregate.partition(":")[::2] for aggregate in aggregates]
        return {
            place: f"{name}:count"
            for place, (name, function) in enumerate(pairs)
            if name in ("score", *SCORES) and not function.startswith("count")
        }

    @api.model
    def _get_asked(self, aggregates):
        """Return what to read: also how many answers are behind each score."""
        counts = self._get_telling(aggregates).values()
        return [*aggregates, *counts, "company_id:array_agg_distinct"]

    @api.model
    def _hide_few(self, rows, first, aggregates):
        """Empty the scores of too few answers; take off what was asked beside them.

        Where a group holds answers of several companies, the strictest counts.
        """
        places = [first + place for place in self._get_telling(aggregates)]
        width = first + len(aggregates)
        companies = {company for row in rows for company in row[-1] or []}
        # sudo: a setting that anyone who sees the figures sees the effect of
        companies = self.env["res.company"].sudo().browse(companies)
        least = {company.id: company.kmop_min_answers for company in companies}
        shown = []
        for row in rows:
            wanted = max((least[company] for company in row[-1] or []), default=1)
            counts = zip(places, row[width:-1], strict=True)
            few = {place for place, count in counts if (count or 0) < wanted}
            shown.append(tuple(None if i in few else row[i] for i in range(width)))
        return shown

    @api.model
    def _window_domain(self, registrations, date_from=None, date_to=None):
        domain = Domain("registration_id", "in", registrations.ids)
        if date_from:
            domain &= Domain("date", ">=", date_from)
        if date_to:
            domain &= Domain("date", "<=", date_to)
        return domain

    @api.model
    def _get_figures(self, registrations, date_from=None, date_to=None):
        """Return what ``kmop.registration.satisfaction`` documents."""
        domain = self._window_domain(registrations, date_from, date_to)
        names = ["score", *SCORES]
        means = self._read_group(
            domain, ["registration_id"], ["__count", *(f"{n}:avg" for n in names)]
        )
        bands = self._read_group(domain, ["registration_id", "band"], ["__count"])
        result = self._get_responses(registrations, date_from, date_to)
        for registration, count, *row in means:
            entry = result[registration.id]
            entry["answered"] = count
            keys = [name.removeprefix("score_") for name in names]
            entry["means"] = dict(zip(keys, row, strict=True))
        for registration, band, count in bands:
            result[registration.id]["bands"][band] = count
        return result

    @api.model
    def _get_responses(self, registrations, date_from, date_to):
        """Return how many were invited and responded, by registration."""
        # sudo: counts only; who answered stays with the Surveys app
        answers = self.env["survey.user_input"].sudo()
        groups = answers._read_group(
            answers._kmop_invited_domain(registrations, date_from, date_to),
            ["kmop_registration_id", "state"],
            ["__count"],
        )
        result = {r.id: self._get_empty() for r in registrations}
        for registration, state, count in groups:
            entry = result[registration.id]
            entry["invited"] += count
            entry["responded"] += count if state == "done" else 0
        for entry in result.values():
            if entry["invited"]:
                entry["rate"] = round(100 * entry["responded"] / entry["invited"])
        return result

    @api.model
    def _get_empty(self):
        names = ("score", *SCORED)
        return {
            "invited": 0,
            "responded": 0,
            "rate": None,
            "answered": 0,
            "means": dict.fromkeys(names),
            "bands": {band: 0 for band, _label in BANDS},
        }

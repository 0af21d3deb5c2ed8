from odoo import api, fields, models
from odoo.fields import Domain

from .constants import SERVICES

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
        "kmop.registration", index="btree_not_null", ondelete="cascade", readonly=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, readonly=True
    )
    service = fields.Selection(SERVICES, readonly=True)
    theme_id = fields.Many2one("kmop.theme", ondelete="restrict", readonly=True)
    trainer_ids = fields.Many2many(
        "res.partner",
        "kmop_satisfaction_trainer_rel",
        "satisfaction_id",
        "partner_id",
        string="Trainers or advisers",
        readonly=True,
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

    _window_idx = models.Index("(registration_id, date)")

    # ----------------------------------------------------------------------- filling

    @api.model
    def _add(self, answers):
        """Add the figures of completed answers; those without any give none."""
        values = [self._prepare(answer) for answer in answers]
        return self.create([vals for vals in values if "score" in vals])

    @api.model
    def _prepare(self, answer):
        order = answer.kmop_order_id
        return {
            "answer_id": answer.id,
            "survey_id": answer.survey_id.id,
            "order_id": order.id,
            "registration_id": order.kmop_registration_id.id,
            "company_id": order.company_id.id,
            "service": order.kmop_service,
            "theme_id": order.kmop_theme_id.id,
            "trainer_ids": [fields.Command.set(order.kmop_trainer_ids.ids)],
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
        return {**scores, "score": whole, "band": self._get_band(whole)}

    @api.model
    def _get_band(self, score):
        return str(min(int(score // 20) + 1, 5))

    def _propose_findings(self):
        """Propose a finding for each answer below the limit of its company."""
        low = self.filtered(
            lambda s: s.registration_id and s.score < s.company_id.kmop_low_score
        )
        self.env["kmop.finding"].create([figure._prepare_finding() for figure in low])

    def _prepare_finding(self):
        responsible = self.registration_id.user_id or self.order_id.user_id
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
            "user_id": (responsible or self.env.user).id,
        }

    # ----------------------------------------------------------------------- reading

    @api.model
    def _read_group(self, domain, groupby=(), aggregates=(), *args, **kwargs):
        """Show no mean of fewer answers than the company wants for one."""
        asked = [*aggregates, *self._get_counts(aggregates)]
        rows = super()._read_group(domain, groupby, asked, *args, **kwargs)
        return self._hide_few(rows, len(groupby), aggregates)

    @api.model
    def _read_grouping_sets(self, domain, grouping_sets, aggregates=(), **kwargs):
        asked = [*aggregates, *self._get_counts(aggregates)]
        sets = super()._read_grouping_sets(domain, grouping_sets, asked, **kwargs)
        return [
            self._hide_few(rows, len(groupby), aggregates)
            for groupby, rows in zip(grouping_sets, sets, strict=True)
        ]

    @api.model
    def _get_counts(self, aggregates):
        """Return what counts the answers behind each mean of ``aggregates``."""
        return [a.replace(":avg", ":count") for a in aggregates if a.endswith(":avg")]

    @api.model
    def _hide_few(self, rows, first, aggregates):
        """Empty the means of too few answers; take the counts off again."""
        least = self.env.company.kmop_min_answers
        means = [first + i for i, a in enumerate(aggregates) if a.endswith(":avg")]
        width = first + len(aggregates)
        shown = []
        for row in rows:
            counts = dict(zip(means, row[width:], strict=True))
            shown.append(
                tuple(
                    None if counts.get(i, least) < least else value
                    for i, value in enumerate(row[:width])
                )
            )
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
        answers = self.env["survey.user_input"].sudo()
        # sudo: counts only; who answered stays with the Surveys app
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

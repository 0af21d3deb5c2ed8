from odoo import models
from odoo.fields import Domain

from ..models.base.constants import ASPECTS
from .xlsx_sheet import Column

# Of what supports an indicator, how many pieces are named: the newest.
NAMED = 5
LEVELS = {"supported": "good", "waiting": "doubt", "stale": "doubt", "missing": "bad"}


class KmopXlsxRequirement(models.AbstractModel):
    """Each indicator: both its scores, its exemption, and what supports it."""

    _name = "kmop.xlsx.requirement"
    _inherit = "kmop.xlsx.sheet"
    _description = "Requirements in the audit workbook"

    def _get_name(self):
        return self.env._("Requirements")

    def _get_help(self):
        return self.env._("Each indicator: scores, exemptions and what supports it.")

    def _get_columns(self):
        return [
            Column(
                self.env._("Requirement"),
                30,
                self.env._("The basic requirement of the kmop-norm."),
            ),
            Column(self.env._("Code"), 9, self.env._("The code of the indicator.")),
            Column(self.env._("Indicator"), 36, self.env._("What the auditor scores.")),
            Column(
                self.env._("Own conformity"),
                17,
                self.env._("Our own score: is it described?"),
            ),
            Column(
                self.env._("Own demonstrability"),
                17,
                self.env._("Our own score: is it shown?"),
            ),
            Column(
                self.env._("Auditor's conformity"),
                17,
                self.env._("The auditor's score."),
            ),
            Column(
                self.env._("Auditor's demonstrability"),
                17,
                self.env._("The auditor's score."),
            ),
            Column(
                self.env._("Exempt because of"),
                22,
                self.env._("Why it isn't tested, if so."),
            ),
            Column(
                self.env._("Description"),
                20,
                self.env._(
                    "Whether accepted evidence describes it, on the day of the audit."
                ),
                "mark",
            ),
            Column(
                self.env._("Describing evidence"),
                46,
                self.env._("The newest accepted pieces."),
            ),
            Column(
                self.env._("Application"),
                20,
                self.env._("Whether accepted evidence shows it in practice."),
                "mark",
            ),
            Column(
                self.env._("Evidence of application"),
                46,
                self.env._("The newest accepted pieces."),
            ),
            Column(
                self.env._("Remark"), 30, self.env._("What was noted with the scores.")
            ),
            Column(
                self.env._("Must be present"),
                22,
                self.env._("Who answers for it at the visit."),
            ),
        ]

    def _get_rows(self, book):
        scores = {score.indicator_id: score for score in book.audit.score_ids}
        indicators = self._get_indicators(book, scores)
        supports = self._get_supports(book)
        states = self._get_states(book, supports)
        for indicator in indicators:
            score = scores.get(indicator, self.env["kmop.audit.score"])
            yield self._get_row(indicator, score, states, supports)

    def _get_indicators(self, book, scores):
        """Return what the audit scores, or what the next one will."""
        mine = book.registration._get_indicators()
        if scores and not book.audit.is_open:
            mine = mine.browse()
        found = self.env["kmop.indicator"].browse([i.id for i in scores]) | mine
        return found.sorted(lambda i: (i.requirement_id.sequence, i.sequence, i.id))

    def _get_states(self, book, _supports):
        """Return how far each indicator is, by aspect."""
        rows = self.env["kmop.coverage"]._search_rows(book.registration)
        return {(row.indicator_id.id, row.aspect): row._get_state() for row in rows}

    def _get_supports(self, book):
        """Return the ids of accepted evidence by indicator and aspect."""
        groups = self.env["kmop.evidence"]._read_group(
            self._get_supporting_domain(book),
            ["indicator_ids", "aspect"],
            ["id:array_agg"],
        )
        newest = {
            (indicator.id, aspect): (sorted(ids)[: -NAMED - 1 : -1], len(ids))
            for indicator, aspect, ids in groups
        }
        named = {i for ids, _count in newest.values() for i in ids}
        self.env["kmop.evidence"].browse(named).fetch(["name"])
        return newest

    def _get_supporting_domain(self, book):
        return book.evidences & Domain("state", "=", "accepted")

    def _get_row(self, indicator, score, states, supports):
        described, applied = (
            (
                self._get_state(states.get((indicator.id, aspect))),
                self._get_names(*supports.get((indicator.id, aspect), ((), 0))),
            )
            for aspect, _label in ASPECTS
        )
        return (
            indicator.requirement_id.display_name,
            indicator.code,
            indicator.name,
            self._get_label(score, "self_conformity"),
            self._get_label(score, "self_demonstrability"),
            self._get_label(score, "auditor_conformity"),
            self._get_label(score, "auditor_demonstrability"),
            score.exempt_ground,
            *described,
            *applied,
            score.remark,
            # sudo: who may read the score may know who is asked for
            "\n".join(score.sudo().present_ids.mapped("name")),
        )

    def _get_state(self, state):
        if state is None:
            return ""
        labels = {
            "supported": self.env._("Supported"),
            "waiting": self.env._("To judge"),
            "stale": self.env._("Out of date"),
            "missing": self.env._("Missing"),
            "exempt": self.env._("Not tested"),
        }
        return self._mark(LEVELS.get(state), labels[state])

    def _get_names(self, ids, count):
        evidences = self.env["kmop.evidence"].browse(ids)
        lines = [f"{evidence.id} {evidence.name}" for evidence in evidences]
        if count > len(lines):
            more = count - len(lines)
            lines.append(self.env._("and %(more)s more: see Evidence", more=more))
        return "\n".join(lines)

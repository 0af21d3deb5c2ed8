from operator import attrgetter
from typing import Any, NamedTuple

from odoo.fields import Domain
from odoo.tools import LazyTranslate

from ..models.constants import ASPECTS
from .audit_sheet import AuditSheet, FieldColumn, mark
from .xlsx_sheet import BAD, DOUBT, GOOD

_lt = LazyTranslate(__name__)

# Of what supports an indicator, how many pieces are named: the newest.
NAMED = 5
STATES = {
    "supported": (GOOD, _lt("Supported")),
    "waiting": (DOUBT, _lt("To judge")),
    "stale": (DOUBT, _lt("Out of date")),
    "missing": (BAD, _lt("Missing")),
    "exempt": (None, _lt("Not tested")),
}


class Line(NamedTuple):
    """An indicator, and its score in the audit: none where it isn't scored."""

    indicator: Any
    score: Any


class RequirementSheet(AuditSheet):
    """Each indicator: both its scores, its exemption, and what supports it."""

    name = "requirement"
    label = _lt("Requirements")
    help = _lt("Each indicator: scores, exemptions and what supports it.")
    model = "kmop.audit.score"

    def get_indicator(self, line):
        return line.indicator.name

    def get_description(self, line):
        return self.get_state(line, "description")

    def get_description_evidence(self, line):
        return self.get_pieces(line, "description")

    def get_application(self, line):
        return self.get_state(line, "application")

    def get_application_evidence(self, line):
        return self.get_pieces(line, "application")

    def get_present(self, line):
        # sudo: who may read the score may know who is asked for
        return "\n".join(line.score.sudo().present_ids.mapped("name"))

    columns = (
        FieldColumn(
            "requirement_id",
            30,
            help=_lt("The basic requirement of the kmop-norm."),
            model="kmop.indicator",
        ),
        FieldColumn(
            "code", 9, help=_lt("The code of the indicator."), model="kmop.indicator"
        ),
        FieldColumn(
            "indicator_id",
            36,
            help=_lt("What the auditor scores."),
            get=get_indicator,
        ),
        FieldColumn("self_conformity", 17, help=_lt("Our own score: is it described?")),
        FieldColumn(
            "self_demonstrability", 17, help=_lt("Our own score: is it shown?")
        ),
        FieldColumn("auditor_conformity", 17, help=_lt("The auditor's score.")),
        FieldColumn("auditor_demonstrability", 17, help=_lt("The auditor's score.")),
        FieldColumn("exempt_ground", 22, help=_lt("Why it isn't tested, if so.")),
        FieldColumn(
            "description",
            20,
            "mark",
            label=_lt("Description"),
            help=_lt(
                "Whether accepted evidence describes it, on the day of the audit."
            ),
            get=get_description,
        ),
        FieldColumn(
            "description_evidence",
            46,
            label=_lt("Describing evidence"),
            help=_lt("The newest accepted pieces."),
            get=get_description_evidence,
        ),
        FieldColumn(
            "application",
            20,
            "mark",
            label=_lt("Application"),
            help=_lt("Whether accepted evidence shows it in practice."),
            get=get_application,
        ),
        FieldColumn(
            "application_evidence",
            46,
            label=_lt("Evidence of application"),
            help=_lt("The newest accepted pieces."),
            get=get_application_evidence,
        ),
        FieldColumn("remark", 30, help=_lt("What was noted with the scores.")),
        FieldColumn("present_ids", 22, get=get_present),
    )

    def get_reader(self, column):
        owner = "indicator" if column.model == "kmop.indicator" else "score"
        return attrgetter(f"{owner}.{column.name}")

    def get_records(self):
        none = self.env["kmop.audit.score"]
        scores = {score.indicator_id: score for score in self.subject.audit.score_ids}
        self.supports = self.get_supports()
        self.states = self.get_states()
        for indicator in self.get_indicators(scores):
            yield Line(indicator, scores.get(indicator, none))

    def get_indicators(self, scores):
        """Return what the audit scores, or what the next one will."""
        found = self.env["kmop.indicator"].browse([i.id for i in scores])
        if not scores or self.subject.audit.is_open:
            found |= self.subject.registration._get_indicators()
        return found.sorted(lambda i: (i.requirement_id.sequence, i.sequence, i.id))

    def get_states(self):
        """Return how far each indicator is, by aspect."""
        rows = self.env["kmop.coverage"]._search_rows(self.subject.registration)
        return {(row.indicator_id.id, row.aspect): row._get_state() for row in rows}

    def get_supports(self):
        """Return the newest evidence, and how much there is, by indicator, aspect."""
        groups = self.env["kmop.evidence"]._read_group(
            self.get_supporting_domain(), ["indicator_ids", "aspect"], ["id:array_agg"]
        )
        newest = {
            (indicator.id, aspect): (sorted(ids)[: -NAMED - 1 : -1], len(ids))
            for indicator, aspect, ids in groups
        }
        named = {i for ids, _count in newest.values() for i in ids}
        self.env["kmop.evidence"].browse(named).fetch(["name"])
        return newest

    def get_supporting_domain(self):
        return self.subject.evidences & Domain("state", "=", "accepted")

    def get_state(self, line, aspect):
        state = self.states.get((line.indicator.id, aspect))
        sign, label = STATES.get(state, (None, ""))
        return mark(sign, label and self.env._(label))

    def get_pieces(self, line, aspect):
        ids, count = self.supports.get((line.indicator.id, aspect), ((), 0))
        evidences = self.env["kmop.evidence"].browse(ids)
        lines = [f"{evidence.id} {evidence.name}" for evidence in evidences]
        if count > len(lines):
            more = count - len(lines)
            lines.append(self.env._("and %(more)s more: see Evidence", more=more))
        return "\n".join(lines)


class CountedRequirementSheet(RequirementSheet):
    """Each indicator of one audit, with no evidence but what counts for it."""

    def get_indicators(self, scores):
        """Return what the audit scores, and nothing else."""
        found = self.env["kmop.indicator"].browse([i.id for i in scores])
        return found.sorted(lambda i: (i.requirement_id.sequence, i.sequence, i.id))

    def get_supporting_domain(self):
        return self.subject.evidences

    def get_states(self):
        """Return whether accepted evidence is there; what isn't accepted stays inside.

        What isn't there for a past audit may never have been entered here: that isn't
        called missing.
        """
        audit = self.subject.audit
        missing = "missing" if audit.is_open else None
        states = {}
        for score in audit.score_ids:
            for aspect, _label in ASPECTS:
                key = score.indicator_id.id, aspect
                states[key] = "supported" if key in self.supports else missing
                tested = aspect == "description" or audit.part_id.tests_application
                if score.exempt_ground or not tested:
                    states[key] = "exempt"
        return states

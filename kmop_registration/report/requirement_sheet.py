from operator import attrgetter
from types import SimpleNamespace

from odoo.fields import Domain
from odoo.tools import LazyTranslate

from ..models.base.constants import ASPECTS
from .audit_sheet import AuditSheet, Shown, mark
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


class RequirementSheet(AuditSheet):
    """Each indicator: both its scores, its exemption, and what supports it."""

    name = "requirement"
    label = _lt("Requirements")
    help = _lt("Each indicator: scores, exemptions and what supports it.")
    model = "kmop.audit.score"

    def get_present(self, line):
        # sudo: who may read the score may know who is asked for
        return "\n".join(line.score.sudo().present_ids.mapped("name"))

    columns = (
        Shown(
            "requirement_id",
            30,
            _lt("The basic requirement of the kmop-norm."),
            model="kmop.indicator",
        ),
        Shown("code", 9, _lt("The code of the indicator."), model="kmop.indicator"),
        Shown("indicator", 36, _lt("What the auditor scores."), label=_lt("Indicator")),
        Shown("self_conformity", 17, _lt("Our own score: is it described?")),
        Shown("self_demonstrability", 17, _lt("Our own score: is it shown?")),
        Shown("auditor_conformity", 17, _lt("The auditor's score.")),
        Shown("auditor_demonstrability", 17, _lt("The auditor's score.")),
        Shown("exempt_ground", 22, _lt("Why it isn't tested, if so.")),
        Shown(
            "description",
            20,
            _lt("Whether accepted evidence describes it, on the day of the audit."),
            "mark",
            _lt("Description"),
        ),
        Shown(
            "description_evidence",
            46,
            _lt("The newest accepted pieces."),
            label=_lt("Describing evidence"),
        ),
        Shown(
            "application",
            20,
            _lt("Whether accepted evidence shows it in practice."),
            "mark",
            _lt("Application"),
        ),
        Shown(
            "application_evidence",
            46,
            _lt("The newest accepted pieces."),
            label=_lt("Evidence of application"),
        ),
        Shown("remark", 30, _lt("What was noted with the scores.")),
        Shown("present_ids", 22, get=get_present),
    )

    def get_reader(self, column):
        if column.model == "kmop.indicator":
            return attrgetter(f"record.{column.name}")
        return attrgetter(
            f"score.{column.name}" if self.get_field(column) else column.name
        )

    def get_records(self):
        """Yield the indicators, each with its score in the audit if it has one."""
        scores = {score.indicator_id: score for score in self.pack.audit.score_ids}
        self.supports = self.get_supports()
        self.states = self.get_states()
        for indicator in self.get_indicators(scores):
            yield SimpleNamespace(
                record=indicator,
                indicator=indicator.name,
                score=scores.get(indicator, self.env["kmop.audit.score"]),
                description=self.get_state(indicator, "description"),
                description_evidence=self.get_pieces(indicator, "description"),
                application=self.get_state(indicator, "application"),
                application_evidence=self.get_pieces(indicator, "application"),
            )

    def get_indicators(self, scores):
        """Return what the audit scores, or what the next one will."""
        found = self.env["kmop.indicator"].browse([i.id for i in scores])
        if not scores or self.pack.audit.is_open:
            found |= self.pack.registration._get_indicators()
        return found.sorted(lambda i: (i.requirement_id.sequence, i.sequence, i.id))

    def get_states(self):
        """Return how far each indicator is, by aspect."""
        rows = self.env["kmop.coverage"]._search_rows(self.pack.registration)
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
        return self.pack.evidences & Domain("state", "=", "accepted")

    def get_state(self, indicator, aspect):
        state = self.states.get((indicator.id, aspect))
        sign, label = STATES.get(state, (None, ""))
        return mark(sign, label and self.env._(label))

    def get_pieces(self, indicator, aspect):
        ids, count = self.supports.get((indicator.id, aspect), ((), 0))
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
        return self.pack.evidences

    def get_states(self):
        """Return whether accepted evidence is there; what isn't accepted stays inside.

        What isn't there for a past audit may never have been entered here: that isn't
        called missing.
        """
        audit = self.pack.audit
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

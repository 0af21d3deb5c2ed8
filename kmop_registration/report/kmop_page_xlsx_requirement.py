from odoo import models

from ..models.base.constants import ASPECTS


class KmopPageXlsxRequirement(models.AbstractModel):
    """Each indicator of the audit, with the evidence that counts and no other."""

    _name = "kmop.page.xlsx.requirement"
    _inherit = "kmop.xlsx.requirement"
    _description = "Requirements in the auditor's workbook"

    def _get_columns(self):
        """Leave out our own remark, and who answers for it."""
        return super()._get_columns()[:-2]

    def _get_row(self, indicator, score, states, supports):
        return super()._get_row(indicator, score, states, supports)[:-2]

    def _get_indicators(self, book, scores):
        """Return what the audit scores, and nothing else."""
        found = self.env["kmop.indicator"].browse([i.id for i in scores])
        return found.sorted(lambda i: (i.requirement_id.sequence, i.sequence, i.id))

    def _get_supporting_domain(self, book):
        return book.evidences

    def _get_states(self, book, supports):
        """What isn't accepted yet stays inside: it is there, or it isn't.

        What isn't there for a past audit may never have been entered here: that
        isn't called missing.
        """
        keys = [
            (score, (score.indicator_id.id, aspect))
            for score in book.audit.score_ids
            for aspect, _label in ASPECTS
        ]
        missing = "missing" if book.audit.is_open else None
        states = {k: "supported" if k in supports else missing for _s, k in keys}
        all_tested = book.audit.part_id.tests_application
        for score, key in keys:
            if score.exempt_ground or not (all_tested or key[1] == "description"):
                states[key] = "exempt"
        return states

from odoo import models
from odoo.fields import Domain

from ..tools import format_day


class KmopGuideItem(models.AbstractModel):
    """How far each line of the guided path is.

    Each method takes the part that its step is about and what ``readiness()`` counts,
    and returns whether it is done, what to show and where it links to: None for the
    action of the line. It returns None itself where the line isn't shown.
    """

    _name = "kmop.guide.item"
    _description = "Lines of the guided path"

    def _get_share(self, there, all_of_them):
        return self.env._("%(there)s of %(all)s", there=there, all=all_of_them)

    # ------------------------------------------------------------------- prepare

    def _guide_indicators(self, part, readiness):
        if not readiness or part != self.next_part_id:
            return None
        there, needed = readiness["supported"], readiness["required"]
        return there >= needed, self._get_share(there, needed), None

    def _guide_documents(self, part, _readiness):
        if self._get_cycle_periods():
            return None
        types = self._get_usual_documents(part)
        there = self._count_accepted(types)
        return there >= len(types), self._get_share(there, len(types)), None

    def _get_usual_documents(self, part):
        """Return the documents of the provider that ``part`` doesn't exempt."""
        types = self.env["kmop.evidence.type"]
        types = types.search(
            types._used_domain(self.company_id)
            & Domain("scope", "=", "provider")
            & Domain("mandatory", "=", True)
            & Domain("service", "in", (self.service, "both"))
        )
        exempt = part.exempt_requirement_ids
        return types.filtered(
            lambda t: not t.requirement_ids or t.requirement_ids - exempt
        )

    def _count_accepted(self, types):
        """Return of how many ``types`` there is a piece that counts today."""
        today = self.company_id._kmop_today()
        current = Domain("date_review", "=", False) | Domain("date_review", ">=", today)
        groups = self.env["kmop.evidence"]._read_group(
            Domain("registration_id", "=", self.id)
            & types._alike_domain("type_id")
            & Domain("state", "=", "accepted")
            & current,
            ["type_id"],
        )
        found = types.browse().union(*(evidence_type for (evidence_type,) in groups))
        return len(found._get_shared())

    # -------------------------------------------------------------------- audits

    def _get_guide_audit(self, part):
        """Return the audit of ``part`` that counts in this cycle: the latest."""
        audits = self.audit_ids.filtered(
            lambda a: (
                a.cycle == self.cycle and a.part_id == part and a.state != "cancelled"
            )
        )
        return audits.sorted("id")[-1:]

    def _guide_audit_date(self, part, name):
        """Return the line of a date of the audit, with a link to the audit."""
        audit = self._get_guide_audit(part)
        day = audit[name]
        return day, format_day(self.env, day), self._get_audit_link(audit, part)

    def _get_audit_link(self, audit, part):
        """Link to the audit, or make it where it is the one to come."""
        if audit:
            return {"model": audit._name, "id": audit.id}
        due = part == self.next_part_id and not self.date_withdrawn
        return due and self.has_access("write") and {"action": "action_start_audit"}

    def _guide_track(self, _part, _readiness):
        return True, self.track_id.name, False

    def _guide_bureau(self, part, _readiness):
        audit = self._get_guide_audit(part)
        bureau = audit.bureau_id
        return bureau, bureau.name, self._get_audit_link(audit, part)

    def _guide_requested(self, part, _readiness):
        return self._guide_audit_date(part, "date_requested")

    def _guide_planned(self, part, _readiness):
        return self._guide_audit_date(part, "date_planned")

    def _guide_visited(self, part, _readiness):
        return self._guide_audit_date(part, "date_visited")

    def _guide_reported(self, part, _readiness):
        return self._guide_audit_date(part, "date_reported")

    def _guide_decided(self, part, _readiness):
        done, day, link = self._guide_audit_date(part, "date_decided")
        audit = self._get_guide_audit(part)
        outcome = dict(audit._fields["outcome"]._description_selection(self.env))
        text = ", ".join(filter(None, [outcome.get(audit.outcome), day]))
        return done and audit.outcome != "negative", text, link

    def _guide_exempted(self, part, readiness):
        """Count what the parts before exempted and this one tests."""
        earlier = self._get_guide_parts().filtered(lambda p: p.sequence < part.sequence)
        exempted = earlier.exempt_requirement_ids - part.exempt_requirement_ids
        if not exempted or self.next_part_id != part:
            return None
        details = readiness.get("requirements", {})
        counts = [details.get(requirement.id) for requirement in exempted]
        there = sum(count["supported"] for count in counts if count)
        needed = sum(count["required"] for count in counts if count)
        return there >= needed, self._get_share(there, needed), None

    # ---------------------------------------------------------------- registered

    def _guide_period(self, _part, _readiness):
        period = self._get_cycle_periods().sorted("date_start")[:1]
        text = period and self.env._(
            "%(start)s until %(end)s",
            start=format_day(self.env, period.date_start),
            end=format_day(self.env, period.date_last),
        )
        return period, text, False

    def _guide_number(self, _part, _readiness):
        return self.number, self.number, {"field": "number"}

    def _guide_attest(self, _part, _readiness):
        period = self._get_cycle_periods().sorted("date_start")[:1]
        if not period:
            return False, False, False
        return period.attest_attachment_ids, False, None

    # ------------------------------------------------------------------- perform

    def _guide_conditions(self, _part, _readiness):
        last = self._get_cycle_periods().sorted("date_start")[-1:]
        if not last.conditional:
            return None
        return False, format_day(self.env, last.date_last), None

    def _guide_dossiers(self, _part, _readiness):
        if not self.env["sale.order"].has_access("read"):
            return None
        return self.dossier_count, str(self.dossier_count), None

    def _guide_complete(self, _part, _readiness):
        if not self.dossier_count:
            return None
        full = Domain("kmop_completeness", ">=", 100)
        there = self._count_dossiers(full).get(self.id, 0)
        return (
            there >= self.dossier_count,
            self._get_share(there, self.dossier_count),
            None,
        )

    def _guide_answers(self, _part, _readiness):
        count, wanted = self.satisfaction_count, self.company_id.kmop_min_answers
        done = count >= wanted
        return done, str(count) if done else self._get_share(count, wanted), None

    def _guide_findings(self, _part, _readiness):
        count = self.open_finding_count
        return not count, count and self.env._("%s open", count), None

from odoo import models
from odoo.fields import Domain

# How far an audit got, by the purpose that is met from there on.
REACHED = {
    "audit_requested": ("requested", "planned", "visited"),
    "audit_planned": ("planned", "visited"),
    "audit_visited": ("visited",),
}


class KmopMilestone(models.Model):
    """What makes a milestone superfluous."""

    _inherit = "kmop.milestone"

    def _get_met(self):
        """Return the milestones whose purpose is met, looked up purpose by purpose."""
        ruled = self.filtered("rule_id.purpose")
        return self.browse().union(
            *(
                milestones._get_meters()[purpose]()
                for purpose, milestones in ruled.grouped(
                    lambda m: m.rule_id.purpose
                ).items()
            )
        )

    def _get_meters(self):
        """Return, by purpose, the method that returns those whose purpose is met."""
        return {
            "audit_requested": self._met_audit_requested,
            "audit_planned": self._met_audit_planned,
            "audit_visited": self._met_audit_visited,
            "audit_decided": self._met_audit_decided,
            "ready": self._met_ready,
            "document": self._met_document,
            "application": self._met_application,
            "complete": self._met_complete,
        }

    def _met_audit_requested(self):
        return self._filter_by_audit(REACHED["audit_requested"])

    def _met_audit_planned(self):
        return self._filter_by_audit(REACHED["audit_planned"])

    def _met_audit_visited(self):
        return self._filter_by_audit(REACHED["audit_visited"])

    def _filter_by_audit(self, states):
        """Return those whose own audit, or open audit, got as far as ``states``.

        For a registration no decided audit counts: a positive decision moves the
        date that its milestones count from, a negative one leaves all to be done.
        """
        audits = self.env["kmop.audit"].search(
            Domain("registration_id", "in", self.registration_id.ids)
            & Domain("state", "in", [*states, "decided"])
        )
        own = set(audits.ids)
        waiting = audits.filtered(lambda a: a.state != "decided").registration_id
        return self.filtered(
            lambda m: (
                m.res_id in own
                if m.res_model == "kmop.audit"
                else m.registration_id in waiting
            )
        )

    def _met_audit_decided(self):
        audits = self.env["kmop.audit"].search(
            self._id_domain("kmop.audit") & Domain("state", "=", "decided")
        )
        return self._filter_about(audits)

    def _met_ready(self):
        readiness = self.registration_id.readiness()
        ready = {
            registration_id
            for registration_id, counts in readiness.items()
            if counts["supported"] >= counts["required"]
        }
        return self.filtered(lambda m: m.registration_id.id in ready)

    def _met_document(self):
        """Return those whose document was accepted and isn't due for review."""
        met = self.browse()
        for milestone_type, some in self.grouped(
            lambda m: m.rule_id.document_type_id
        ).items():
            for company, mine in some.grouped("company_id").items():
                evidences = some.env["kmop.evidence"]
                found = evidences.search(
                    milestone_type._alike_domain("type_id")
                    & Domain("registration_id", "in", mine.registration_id.ids)
                    & Domain("state", "=", "accepted")
                    & evidences._current_domain(company._kmop_today())
                )
                met |= mine.filtered(lambda m, found=found: m._has_document(found))
        return met

    def _has_document(self, evidences):
        """Tell whether one of ``evidences`` belongs to what this is about."""
        if self.res_model == "sale.order":
            return self.res_id in evidences.order_id.ids
        return self.registration_id in evidences.registration_id

    def _met_application(self):
        orders = self.env["sale.order"].search(
            self._id_domain("sale.order") & Domain("kmop_date_application", "!=", False)
        )
        return self._filter_about(orders)

    def _met_complete(self):
        orders = self.env["sale.order"].search(
            self._id_domain("sale.order") & Domain("kmop_completeness", ">=", 100)
        )
        return self._filter_about(orders)

    def _id_domain(self, model_name):
        about = self.filtered(lambda m: m.res_model == model_name)
        return Domain("id", "in", about.mapped("res_id"))

    def _filter_about(self, records):
        ids = set(records.ids)
        return self.filtered(lambda m: m.res_model == records._name and m.res_id in ids)

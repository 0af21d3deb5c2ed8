from odoo import models
from odoo.fields import Domain


class SaleOrder(models.Model):
    """What a dossier reminds of: the client's application, its end, its documents."""

    _name = "sale.order"
    _inherit = ["sale.order", "kmop.anchored.mixin"]

    _kmop_anchors = {
        "service_start": "kmop_date_start",
        "application_limit": "kmop_date_start",
        "service_end": "kmop_date_end",
        "training_limit": "kmop_date_application",
    }
    _kmop_anchor_triggers = frozenset(
        {
            "kmop_registration_id",
            "kmop_service",
            "kmop_subsidised",
            "order_line",
            "state",
            "user_id",
        }
    )

    # pylint: disable-next=missing-return
    def _kmop_plan(self, new=False):
        """Plan for confirmed dossiers; the host's own quotes pay nothing for this."""
        dossiers = self._kmop_filter_planned()
        super(SaleOrder, dossiers)._kmop_plan(new)
        if dossiers and not new:
            self.env["kmop.milestone"]._review_about(dossiers)

    def _kmop_filter_planned(self):
        return self.filtered(
            lambda order: order.kmop_service and order.state in ("sale", "cancel")
        )

    def _kmop_get_anchor(self, anchor):
        if anchor == "training_limit":
            return self._kmop_get_missed_training_limit()
        if anchor == "application_limit":
            return self._kmop_get_application_limit()
        return super()._kmop_get_anchor(anchor)

    def _kmop_get_missed_training_limit(self):
        """Return the last day on which the training may end, unless it does."""
        limit = self._kmop_get_training_limit(self.kmop_date_application)
        ends_in_time = limit and self.kmop_date_end and self.kmop_date_end <= limit
        return not ends_in_time and limit

    def _kmop_can_remind(self, anchor):
        """Only of what was agreed; of the application where subsidy is asked for."""
        asked = anchor == "service_end" or self.kmop_subsidised
        return bool(
            self.state == "sale"
            and self.kmop_service
            and self.kmop_registration_id
            and asked
        )

    def _kmop_get_registration(self):
        return self.kmop_registration_id

    def _kmop_get_client(self):
        return self.partner_id

    def _kmop_relevant_domain(self, anchor):
        confirmed = Domain("state", "=", "sale") & Domain("kmop_service", "!=", False)
        return confirmed & super()._kmop_relevant_domain(anchor)

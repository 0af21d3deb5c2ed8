from odoo import fields, models


class EventEvent(models.Model):
    _name = "event.event"
    _inherit = ["event.event", "kmop.evidence.source"]

    # Whose evidence it is, where a robot links it; it follows when it is handed over.
    _kmop_user_field = "user_id"

    def _kmop_date_effective(self):
        return self._kmop_to_date(self.date_end)

    def _kmop_snapshot(self):
        """What is frozen when the evidence is accepted: the list as it is that day."""
        report = "kmop_registration_event.event_attendance_report"
        ending, content = self._kmop_render_report(report, self)
        return f"{self.name[:80].replace('/', '-')}.{ending}", content

    def _kmop_get_attendees(self):
        return self.registration_ids.filtered(lambda one: one.state == "done")

    def _kmop_skip_reasons(self, registration, evidence_type):
        reasons = super()._kmop_skip_reasons(registration, evidence_type)
        now = fields.Datetime.now()
        coming = self.filtered(lambda event: event.date_end > now)
        missed = self.filtered(lambda event: not event._kmop_get_attendees())
        return reasons | {
            self.env._("Not over yet"): coming,
            self.env._("Nobody attended"): missed,
        }

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_datetime, plaintext2html


class KmopAuditMeeting(models.TransientModel):
    """Plans the introductory meeting that a bureau agreed to."""

    _name = "kmop.audit.meeting"
    _description = "Introductory meeting with an audit bureau"
    _inherit = ["kmop.target.mixin"]

    audit_id = fields.Many2one("kmop.audit", required=True, ondelete="cascade")
    bureau_id = fields.Many2one(
        "res.partner",
        string="Audit bureau",
        compute="_compute_bureau_id",
        store=True,
        readonly=False,
    )
    contact_id = fields.Many2one(
        "res.partner",
        string="Contact at the bureau",
        domain="[('id', 'child_of', bureau_id)]",
        help="Empty: the bureau itself.",
    )
    start = fields.Datetime()
    duration = fields.Float(string="Duration (hours)", default=1)
    location = fields.Char(help="An address, or the link of an online meeting.")
    has_calendar = fields.Boolean(compute="_compute_has_calendar")

    @api.depends("audit_id")
    def _compute_bureau_id(self):
        for wizard in self:
            wizard.bureau_id = wizard.audit_id.bureau_id

    def _compute_has_calendar(self):
        self.has_calendar = "calendar.event" in self.env

    def action_confirm(self):
        """Plan the meeting: in the calendar where there is one, else as an activity."""
        self.ensure_one()
        self.audit_id.check_access("write")
        self._check()
        if self.has_calendar:
            self._create_event()
        else:
            self._schedule_activity()
        return {"type": "ir.actions.act_window_close"}

    def _check(self):
        if not self.bureau_id:
            raise UserError(self.env._("Choose the audit bureau first."))
        if not self.start:
            raise UserError(self.env._("Give the day and the hour of the meeting."))
        if self.duration <= 0:
            raise UserError(self.env._("A meeting takes some time."))
        if not self.audit_id.is_open:
            raise UserError(self.env._("A decided or cancelled audit is read-only."))

    def _get_summary(self):
        return self.env._(
            "Introductory meeting with %(bureau)s", bureau=self.bureau_id.name
        )

    def _get_user(self):
        return self.audit_id.user_id or self.env.user

    def _create_event(self):
        """Make the meeting; the calendar adds its activity to the audit."""
        user = self._get_user()
        people = (self.contact_id or self.bureau_id) | user.partner_id
        self.env["calendar.event"].create(
            {
                "name": self._get_summary(),
                "start": self.start,
                "stop": self.start + timedelta(hours=self.duration),
                "location": self.location,
                "user_id": user.id,
                "partner_ids": [Command.set(people.ids)],
                "res_model_id": self.env["ir.model"]._get_id(self.audit_id._name),
                "res_id": self.audit_id.id,
            }
        )

    def _schedule_activity(self):
        user = self._get_user()
        company = self.audit_id.company_id
        moment = format_datetime(self.env, self.start, tz=user.tz)
        self.audit_id.activity_schedule(
            "mail.mail_activity_data_meeting",
            date_deadline=company._kmop_to_day(self.start),
            summary=self._get_summary(),
            note=plaintext2html("\n".join(filter(None, [moment, self.location]))),
            user_id=user.id,
        )

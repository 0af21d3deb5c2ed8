from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import format_date

from ..models.base.constants import SERVICES


class KmopRegistrationOnboard(models.TransientModel):
    """Takes over a registration that was granted before it was followed here.

    It walks the models' own way: audits are requested, visited and decided, periods
    are granted. All of it is there afterwards, or nothing.
    """

    _name = "kmop.registration.onboard"
    _description = "Take over a running registration"
    _inherit = ["kmop.target.mixin"]

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self._default_company_id()
    )
    service = fields.Selection(SERVICES, required=True, default="training")
    track_id = fields.Many2one(
        "kmop.track",
        required=True,
        ondelete="cascade",
        default=lambda self: self._default_track_id(),
        help="The track on which you were registered last.",
    )
    number = fields.Char(string="Registration number", required=True)
    number_warning = fields.Char(compute="_compute_number_warning")
    part_ids = fields.One2many(
        "kmop.registration.onboard.part",
        "onboard_id",
        compute="_compute_part_ids",
        store=True,
        readonly=False,
    )
    registration_id = fields.Many2one(
        "kmop.registration", readonly=True, ondelete="cascade"
    )

    def _default_company_id(self):
        return self.env.company

    def _default_track_id(self):
        return self.env["kmop.registration"]._default_track_id()

    @api.depends("number", "service")
    @api.depends_context("lang")
    def _compute_number_warning(self):
        registrations = self.env["kmop.registration"]
        for wizard in self:
            values = {"number": wizard.number, "service": wizard.service}
            wizard.number_warning = registrations.new(values)._get_number_warning()

    @api.depends("track_id")
    def _compute_part_ids(self):
        for wizard in self:
            parts = wizard.track_id.part_ids.sorted("sequence")
            wizard.part_ids = [
                Command.clear(),
                *(Command.create({"part_id": part.id}) for part in parts),
            ]

    # ------------------------------------------------------------------- confirming

    def action_confirm(self):
        """Take it over, and go on to its evidence. Raises UserError for nonsense."""
        self.ensure_one()
        granted = self._get_granted()
        registration = self._get_registration()
        for line in granted:
            line._take_over(registration)
        registration.number = self.number.strip()
        registration.message_post(body=self._get_log(granted))
        self.registration_id = registration
        return self._reopen()

    def _get_granted(self):
        """Return the parts that were granted, in order, once they make sense."""
        lines = self.part_ids.sorted(lambda line: line.part_id.sequence)
        granted = lines.filtered("date_start")
        if message := self._get_error(lines, granted):
            raise UserError(message)
        previous = granted.browse()
        for line in granted:
            line._check_dates(previous)
            previous = line
        return granted

    def _get_error(self, lines, granted):
        """Return what is wrong with which lines are filled in, or None."""
        parts = self.track_id.part_ids
        if lines.part_id != parts.sorted("sequence") or len(lines) != len(parts):
            return self.env._("There is one line for each part of the track.")
        if not granted:
            return self.env._(
                "Fill in from when you are registered: it is on the attest."
            )
        empty = lines - granted
        if incomplete := empty.filtered(lambda line: line._has_anything())[:1]:
            return self.env._(
                "%(part)s has no first day: fill it in, or leave the line empty.",
                part=incomplete.part_id.name,
            )
        last = granted[-1].part_id
        if missing := empty.part_id.filtered(lambda p: p.sequence < last.sequence)[:1]:
            return self.env._(
                "%(part)s was granted, so %(earlier)s was before it: fill it in.",
                part=last.name,
                earlier=missing.name,
            )
        return None

    def _get_registration(self):
        """Return a new registration, or the one that waits without any history."""
        registrations = self.env["kmop.registration"].with_company(self.company_id)
        identity = {
            "company_id": self.company_id.id,
            "partner_id": self.company_id.partner_id.id,
            "service": self.service,
        }
        existing = registrations.search(
            Domain.AND(Domain(name, "=", value) for name, value in identity.items())
            & Domain("date_withdrawn", "=", False),
            limit=1,
        )
        if not existing:
            return registrations.create({**identity, "track_id": self.track_id.id})
        existing._lock()
        if existing.period_ids or existing.audit_ids.filtered(
            lambda audit: audit.state not in ("draft", "cancelled")
        ):
            raise UserError(
                self.env._(
                    "%(registration)s is followed here already: correct its periods"
                    " there.",
                    registration=existing.display_name,
                )
            )
        if existing.track_id != self.track_id:
            existing.audit_ids.filtered("is_open").unlink()
            existing.track_id = self.track_id
        return existing

    def _get_reason(self):
        """Return what the log says of what is older than this database."""
        return self.env._("Taken over: granted before it was followed in Odoo.")

    def _get_log(self, granted):
        periods = ", ".join(
            f"{line.part_id.name} {format_date(self.env, line.date_start)} –"
            f" {format_date(self.env, line.date_end)}"
            for line in granted
        )
        return self.env._(
            "Taken over with what was granted before: %(periods)s. Days that weren't"
            " entered are those of the visit, for the request, and of the"
            " registration, for the decision.",
            periods=periods,
        )

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Taken over"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    # ------------------------------------------------------------------ and then

    def action_open_evidence(self):
        """Open the list on which many files are dropped at once."""
        return self.registration_id.action_open_evidence()

    def action_open_quotes(self):
        """Open what was sold in the window that the next audit looks at."""
        first, _last = self.registration_id._get_project_window()
        action = self.env["ir.actions.act_window"]._for_xml_id("sale.action_orders")
        return {
            **action,
            "name": self.env._(
                "Sold since %(day)s, not linked yet", day=format_date(self.env, first)
            ),
            "domain": [
                ("company_id", "=", self.company_id.id),
                ("state", "=", "sale"),
                ("date_order", ">=", first),
            ],
            "context": {"search_default_kmop_unlinked": 1},
        }

    def action_open_registration(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": "kmop.registration",
            "res_id": self.registration_id.id,
            "views": [(False, "form")],
        }

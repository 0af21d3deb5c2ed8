from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.fields import Domain


class ResCompany(models.Model):
    _inherit = "res.company"

    kmop_expiring_months = fields.Integer(
        string="Expiring (months before the end)",
        default=6,
        help="From when a registration counts as expiring. Neither the law nor the"
        " norm gives a number: planning and procedure together take some months.",
        groups="base.group_user",
    )
    kmop_conditional_months = fields.Integer(
        string="Conditional registration (months)",
        default=12,
        help="Proposed length of a conditional registration. Its legal term isn't"
        " published: the date on the attest overrides this. 0: as a positive decision.",
        groups="base.group_user",
    )

    kmop_corrective_months = fields.Integer(
        string="Corrective measures (months)",
        default=6,
        help="Proposed deadline of a finding. No term of the kmop-norm is published:"
        " the nearest analogue, CertUp's Qfor audits, uses at most 6 months.",
        groups="base.group_user",
    )

    _kmop_corrective_months_positive = models.Constraint(
        "CHECK (kmop_corrective_months > 0)",
        "A corrective measure gets at least one month.",
    )
    kmop_four_eyes = fields.Boolean(
        string="Four eyes on evidence",
        help="Nobody accepts evidence that they own or submitted themselves.",
        groups="base.group_user",
    )
    kmop_evidence_max_mb = fields.Integer(
        string="Largest evidence file (MB)",
        default=50,
        help="Larger files are refused as evidence. A choice, not a rule.",
        groups="base.group_user",
    )

    kmop_survey_auto = fields.Boolean(
        string="Ask for satisfaction automatically",
        help="By mail, after the end of a training or advice.",
        groups="base.group_user",
    )
    kmop_survey_days = fields.Integer(
        string="Ask (days after the end)",
        default=1,
        help="When people still remember.",
        groups="base.group_user",
    )
    kmop_reminder_days = fields.Integer(
        string="Remind once (days later)",
        default=7,
        help="0: nobody is reminded.",
        groups="base.group_user",
    )
    kmop_min_answers = fields.Integer(
        string="Answers for a mean",
        default=5,
        help="Of fewer answers no mean is shown: it would say little, and could tell"
        " who gave which. A choice: no number of the kmop-norm is published.",
        groups="base.group_user",
    )
    kmop_low_score = fields.Integer(
        string="Propose a finding below (out of 100)",
        default=60,
        help="An answer below this proposes a finding in the improvement register; 0:"
        " never. A choice: no threshold of the kmop-norm is published.",
        groups="base.group_user",
    )

    kmop_mail_clients = fields.Boolean(
        string="Remind clients of their application",
        help="By mail, before the last day on which they can apply for the subsidy of"
        " a confirmed, subsidised dossier.",
        groups="base.group_user",
    )
    kmop_administrator_ids = fields.Many2many(
        "res.users",
        string="Administrators of the kmo-portefeuille app",
        compute="_compute_kmop_administrator_ids",
        groups="base.group_user",
    )

    kmop_audit_price = fields.Monetary(
        string="Price of an audit (per hour)",
        default=150,
        help="Proposed where a bureau's answer is entered; without VAT. Uncertain: it"
        " stood in an old copy of VLAIO's page, and what bureaus ask today wasn't"
        " found.",
        groups="base.group_user",
    )

    _kmop_audit_price_positive = models.Constraint(
        "CHECK (kmop_audit_price >= 0)", "A price can't be negative."
    )
    _kmop_survey_range = models.Constraint(
        "CHECK (kmop_survey_days > 0 AND kmop_reminder_days >= 0"
        " AND kmop_min_answers > 0 AND kmop_low_score BETWEEN 0 AND 100)",
        "Ask at least a day after the end; a mean takes at least one answer; a score"
        " lies between 0 and 100.",
    )
    _kmop_max_mb_positive = models.Constraint(
        "CHECK (kmop_evidence_max_mb > 0)", "The largest file must be at least 1 MB."
    )
    _kmop_months_positive = models.Constraint(
        "CHECK (kmop_expiring_months >= 0 AND kmop_conditional_months >= 0)",
        "A number of months can't be negative.",
    )

    # Stored: searches that depend on today read it for all companies at once.
    kmop_tz = fields.Selection(
        string="Time zone of the address",
        related="partner_id.tz",
        store=True,
        groups="base.group_user",
    )
    kmop_show_onboarding = fields.Boolean(
        string="Show the set-up",
        default=True,
        help="The first steps, above the registrations, until all of them are done.",
        groups="base.group_user",
    )

    def _compute_kmop_administrator_ids(self):
        group = self.env.ref("kmop_registration.group_kmop_manager")
        # sudo: who is told of what stays undone depends on nobody's rights
        users = self.env["res.users"].sudo()
        found = users.search(
            [("all_group_ids", "in", group.ids), ("share", "=", False)]
        )
        for company in self:
            company.kmop_administrator_ids = found.filtered(
                lambda user, company=company: company in user.company_ids
            )

    def _kmop_today(self):
        """Return today's date where the company is (its address' time zone)."""
        return datetime.now(ZoneInfo(self._kmop_get_tz())).date()

    def _kmop_get_tz(self):
        # sudo: portal users have no access to the settings of a company
        return self.sudo().kmop_tz or "Europe/Brussels"

    @api.model
    def _kmop_get_days(self):
        """Return all companies, grouped by today's date in their time zone."""
        # sudo: domains are also used on records of companies without user access
        companies = self.sudo().search_fetch(
            [("active", "in", (True, False))], ["kmop_tz"]
        )
        return companies.grouped(lambda company: company._kmop_today())

    @api.model
    def _kmop_day_domain(self, get_domain):
        """Return a domain that depends on today's date at the company of each record.

        Companies with the same date share one condition, so that an index on the date
        field is used.

        :param get_domain: takes a date and returns the domain for it
        """
        days = self._kmop_get_days()
        if len(days) == 1:
            return get_domain(*days)
        return Domain.OR(
            Domain("company_id", "in", alike.ids) & get_domain(day)
            for day, alike in days.items()
        )

    def _kmop_to_day(self, moment):
        """Return the day of a moment (in UTC), where the company is."""
        zone = ZoneInfo(self._kmop_get_tz())
        return moment.replace(tzinfo=UTC).astimezone(zone).date()

    def _kmop_to_moment(self, day):
        """Return the moment (in UTC) at which a day begins, where the company is."""
        start = datetime.combine(day, time(), ZoneInfo(self._kmop_get_tz()))
        return start.astimezone(UTC).replace(tzinfo=None)

    def _kmop_get_badges(self):
        """Return the badges of the company's own registrations, valid today."""
        # sudo: what a badge says is public
        registrations = self.env["kmop.registration"].sudo()
        own = registrations.search(
            [("company_id", "=", self.id), ("partner_id", "=", self.partner_id.id)]
        )
        return list(filter(None, (r._get_badge() for r in own)))

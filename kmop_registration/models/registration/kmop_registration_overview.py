from odoo import api, fields, models
from odoo.fields import Domain

from ...tools import format_day, read_day

# What the registration itself has to do; dossiers and evidence are counted instead.
OWN_MILESTONES = (False, "kmop.registration", "kmop.audit")


class KmopRegistration(models.Model):
    """What is counted of a registration, the lists behind it, and the first screen."""

    _inherit = "kmop.registration"

    evidence_count = fields.Integer(compute="_compute_evidence_count")
    open_finding_count = fields.Integer(compute="_compute_open_finding_count")
    satisfaction_count = fields.Integer(
        string="Answers on satisfaction",
        compute="_compute_satisfaction",
        groups="kmop_registration.group_kmop_user",
    )
    satisfaction_summary = fields.Char(
        string="Satisfaction",
        compute="_compute_satisfaction",
        groups="kmop_registration.group_kmop_user",
        help="Mean of the whole, out of 100.",
    )
    readiness_supported = fields.Integer(
        string="Supported indicators",
        compute="_compute_readiness",
        groups="kmop_registration.group_kmop_user",
    )
    readiness_required = fields.Integer(
        string="Indicators to support",
        compute="_compute_readiness",
        groups="kmop_registration.group_kmop_user",
    )
    card = fields.Json(
        compute="_compute_card", help="What a card of the overview says."
    )

    # ------------------------------------------------------------------ computes

    def _compute_evidence_count(self):
        counts = self._count_by_registration(self.env["kmop.evidence"])
        for registration in self:
            registration.evidence_count = counts.get(registration.id, 0)

    @api.depends("finding_ids.state")
    def _compute_open_finding_count(self):
        findings = self.env["kmop.finding"]
        counts = self._count_by_registration(findings, findings._live_domain())
        for registration in self:
            registration.open_finding_count = counts.get(registration.id, 0)

    def _count_by_registration(self, records, domain=Domain.TRUE):
        """Return how many of the model of ``records`` there are, by registration id."""
        groups = records._read_group(
            Domain("registration_id", "in", self.ids) & domain,
            ["registration_id"],
            ["__count"],
        )
        return {registration.id: count for registration, count in groups}

    def _compute_readiness(self):
        readiness = self.readiness()
        for registration in self:
            counts = readiness.get(registration.id, {})
            registration.readiness_supported = counts.get("supported", 0)
            registration.readiness_required = counts.get("required", 0)

    @api.depends_context("lang", "uid", "allowed_company_ids")
    def _compute_satisfaction(self):
        groups = self.env["kmop.satisfaction"]._read_group(
            [("registration_id", "in", self.ids)],
            ["registration_id"],
            ["__count", "score:avg"],
        )
        found = {registration.id: rest for registration, *rest in groups}
        for registration in self:
            count, mean = found.get(registration.id, (0, None))
            registration.satisfaction_count = count
            registration.satisfaction_summary = (
                self.env._("Too few") if mean is None else f"{round(mean)} / 100"
            )

    # ---------------------------------------------------------------- public API

    @api.readonly
    def readiness(self):
        """Count the indicators that the next audit tests, and those supported.

        An indicator is supported when accepted evidence counts for each of its
        tested aspects. Exempt ones are left out; a registration whose track is
        completed has no next audit and no entry.

        :return: ``{registration id: {"supported": x, "required": y, "requirements":
            {requirement id: {"supported": x, "required": y}}}}``
        """
        return self.env["kmop.coverage"]._count(self, Domain("exempt", "=", False))

    @api.readonly
    def satisfaction(self, date_from=None, date_to=None):
        """Reckon the clients' satisfaction, of all time or between two days.

        Means are out of 100, and None of fewer answers than the company wants for
        one. Whom a paper or a link reached isn't known, so the response rate (in
        percent, None where nobody was invited) is that of the invited.

        :return: ``{registration id: {"invited": n, "responded": n, "rate": p,
            "answered": n, "means": {"content": m, "form": m, "general": m,
            "recommendation": m, "score": m}, "bands": {"1": n, … "5": n}}}``
        """
        self.check_access("read")
        figures = self.env["kmop.satisfaction"]
        return figures._get_figures(
            self, read_day(self.env, date_from), read_day(self.env, date_to)
        )

    @api.readonly
    def get_matrix(self):
        """Tell what supports each indicator in the next audit, aspect by aspect.

        :return: ``{"id": i, "name": s, "part": s, "day": ISO date, "supported": x,
            "required": y, "aspects": [{"name": a, "label": s}], "requirements":
            [{"id": i, "name": s, "supported": x, "required": y, "indicators":
            [{"id": i, "name": s, "description": s, "cells": [cell, cell]}]}]}``.
            ``part`` is False without a next part, ``day`` while no visit is planned:
            everything is then counted as of today. Each cell is ``{"aspect": a,
            "state": "supported", "waiting", "stale", "missing" or "exempt", "ground":
            why it is exempt or False, "accepted": n, "submitted": n, "expired": n,
            "outside": n, "draft": n, "rejected": n}``
        """
        self.ensure_one()
        self.check_access("read")
        audit = self.open_audit_id
        day = audit.date_visited or audit.date_planned
        rows = self.env["kmop.coverage"]._search_rows(self)
        labels = rows._fields["aspect"]._description_selection(self.env)
        return {
            "id": self.id,
            "name": self.display_name,
            "part": self.next_part_id.display_name,
            "day": fields.Date.to_string(day) if day else False,
            **rows._count_indicators(),
            "aspects": [{"name": name, "label": label} for name, label in labels],
            "requirements": rows._get_matrix(self._get_exemptions()),
        }

    # ------------------------------------------------------------------- actions

    def _get_list(self, name, **values):
        """Return one of our actions for this registration, with these ``values``."""
        self.ensure_one()
        actions = self.env["ir.actions.act_window"]
        return {**actions._for_xml_id(f"kmop_registration.{name}"), **values}

    @api.readonly
    def action_open_evidence(self):
        return self._get_list(
            "kmop_evidence_action",
            domain=[("registration_id", "=", self.id)],
            context={"default_registration_id": self.id},
        )

    @api.readonly
    def action_open_findings(self):
        return self._get_list(
            "kmop_finding_action",
            domain=[("registration_id", "=", self.id)],
            context={"default_registration_id": self.id, "search_default_open": 1},
        )

    @api.readonly
    def action_open_satisfaction(self):
        return self._get_list(
            "kmop_satisfaction_action",
            context={
                "search_default_registration_id": self.id,
                "pivot_measures": ["score", "__count"],
            },
        )

    def action_report_satisfaction(self):
        return self._get_list(
            "kmop_satisfaction_report_action",
            context={"default_registration_id": self.id},
        )

    @api.depends_context("lang", "uid", "allowed_company_ids")
    def _compute_card(self):
        """Tell all cards at once; what the user may not read is left out."""
        requirements = self._count_by_requirement()
        milestones = self._get_next_milestones()
        findings = self._count_open_findings()
        for registration in self:
            key = registration.id
            registration.card = {
                "validity": registration._get_validity_bar(),
                "requirements": requirements.get(key, []),
                "milestone": milestones.get(key, False),
                "findings": findings.get(key, 0),
            }

    # ------------------------------------------------------------------ validity

    def _get_validity_bar(self):
        """Return ``{"state": s, "label": s, "text": s, "share": percent left}``."""
        labels = dict(self._fields["validity"]._description_selection(self.env))
        today = self.company_id._kmop_today()
        periods = self.period_ids.filtered("date_last")
        current = periods.filtered(lambda p: p.date_start <= today <= p.date_last)
        text, share = self._get_uncovered_text(periods, today), 0
        if current:
            text, share = self._get_covered_text(periods, current[0], today)
        return {
            "state": self.validity,
            "label": labels[self.validity],
            "text": text,
            "share": share,
        }

    def _get_covered_text(self, periods, current, today):
        """Say until when, with what follows without a gap, and how long that is."""
        end = current.date_chain_end
        chain = periods.filtered(lambda p: p.date_chain_end == end)
        start = min(chain.mapped("date_start"))
        left, total = (end - today).days, (end - start).days
        day = format_day(self.env, end)
        if not left:
            text = self.env._("Until today, %(day)s: the last day", day=day)
        elif left == 1:
            text = self.env._("Until %(day)s: 1 day left", day=day)
        else:
            text = self.env._("Until %(day)s: %(days)s days left", day=day, days=left)
        return text, round(100 * left / (total or 1))

    def _get_uncovered_text(self, periods, today):
        coming = periods.filtered(lambda p: p.date_start > today)
        if coming:
            day = format_day(self.env, min(coming.mapped("date_start")))
            return self.env._("Valid again from %(day)s", day=day)
        if not periods:
            return self.env._("No period is granted yet")
        end = max(periods.mapped("date_last"))
        day, days = format_day(self.env, end), (today - end).days
        if days == 1:
            return self.env._("Ended yesterday, on %(day)s", day=day)
        return self.env._("Ended on %(day)s, %(days)s days ago", day=day, days=days)

    # ----------------------------------------------------------------- readiness

    def _count_by_requirement(self):
        """Return ``{registration id: [{"id", "name", "supported", "required"}]}``.

        All requirements of the norm: an exempt one requires nothing.
        """
        coverage = self.env["kmop.coverage"]
        if not coverage.has_access("read"):
            return {}
        return {
            key: self._describe_requirements(found["requirements"])
            for key, found in coverage._count(self).items()
        }

    @api.model
    def _describe_requirements(self, counts):
        requirements = self.env["kmop.requirement"].browse(counts)
        return [
            {"id": requirement.id, "name": requirement.display_name, **counts[key]}
            for key, requirement in zip(counts, requirements, strict=True)
        ]

    # ---------------------------------------------------------------- what is next

    def _get_next_milestones(self):
        """Return the first milestone of each registration that isn't over."""
        milestones = self.env["kmop.milestone"]
        if not milestones.has_access("read"):
            return {}
        found = milestones.search(
            milestones._open_domain()
            & Domain("registration_id", "in", self.ids)
            & Domain("res_model", "in", OWN_MILESTONES),
            order="date_planned, id",
        )
        first = {
            registration.id: mine[0]
            for registration, mine in found.grouped("registration_id").items()
        }
        # Read together: they aren't next to each other in what was found.
        found.browse(m.id for m in first.values()).mapped("user_id.name")
        return {key: milestone._describe_next() for key, milestone in first.items()}

    def _count_open_findings(self):
        findings = self.env["kmop.finding"]
        if not findings.has_access("read"):
            return {}
        return self._count_by_registration(findings, findings._live_domain())

    # ----------------------------------------------------------- above the cards

    @api.model
    @api.readonly
    def get_overview(self):
        """Tell what the first screen shows above the cards.

        Everything is counted with the rights of the user, in the companies that are
        switched on, as the lists behind the counts do.

        :return: ``{"empty": bool, "can_create": bool, "worries": [{"name": s,
            "count": n}], "onboarding": [{"name": s, "done": bool}] or False}``. What
            the user can't open isn't among the worries.
        """
        self.check_access("read")
        return {
            "empty": not self.search_count([], limit=1),
            "can_create": self.has_access("create"),
            "worries": [
                {"name": name, "count": self.env[model].search_count(domain)}
                for name, (model, domain) in self._get_worries().items()
                if self.env[model].has_access("read")
            ],
            "onboarding": self._get_onboarding(),
        }

    @api.model
    def _get_worries(self):
        """Return the model and the domain by worry: a filter of the list each."""
        evidences, findings = self.env["kmop.evidence"], self.env["kmop.finding"]
        answers = self.env["survey.user_input"]
        companies = self.env.companies.ids
        worries = {
            "judge": (evidences._name, Domain("state", "=", "submitted")),
            "review": (evidences._name, evidences._to_review_domain()),
            "findings": (findings._name, findings._overdue_domain()),
            "milestones": ("kmop.milestone", Domain("state", "=", "sent")),
            "dossiers": (
                "sale.order",
                Domain("kmop_service", "!=", False)
                & Domain("state", "=", "sale")
                & Domain("kmop_completeness", "<", 100),
            ),
            "surveys": (
                answers._name,
                answers._kmop_open_domain()
                & Domain("kmop_invited", "=", True)
                & Domain("kmop_registration_id.company_id", "in", companies),
            ),
        }
        if not self.env.user.has_group("kmop_registration.group_kmop_officer"):
            del worries["judge"]
        return worries

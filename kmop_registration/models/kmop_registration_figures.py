from odoo import api, fields, models
from odoo.fields import Domain

from ..tools import read_day


class KmopRegistrationFigures(models.AbstractModel):
    """What is counted of a registration, and the lists behind the numbers."""

    _name = "kmop.registration.figures"
    _description = "Figures of a registration"

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
        groups = self.env["kmop.coverage"]._read_group(
            [("registration_id", "in", self.ids), ("exempt", "=", False)],
            ["registration_id", "requirement_id", "indicator_id"],
            ["tested:sum", "supported:sum"],
        )
        return self.env["kmop.coverage"]._sum_up(groups)

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
        readiness = rows._sum_up(rows._get_groups()).get(self.id, {})
        labels = rows._fields["aspect"]._description_selection(self.env)
        return {
            "id": self.id,
            "name": self.display_name,
            "part": self.next_part_id.display_name,
            "day": fields.Date.to_string(day) if day else False,
            "supported": readiness.get("supported", 0),
            "required": readiness.get("required", 0),
            "aspects": [{"name": name, "label": label} for name, label in labels],
            "requirements": rows._get_matrix(
                readiness.get("requirements", {}), self._get_exemptions()
            ),
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

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..models.audit.kmop_audit import OPEN_STATES
from ..models.base.constants import ASPECTS


class KmopCoverage(models.Model):
    """What supports each indicator and aspect in the next audit, as of today.

    One row for each registration, indicator and aspect of the part to come. A query
    rather than stored rows, so that it is never out of date: the day of the audit
    (today while that isn't known) decides which evidence lies in the window and
    which is past its review.
    """

    _name = "kmop.coverage"
    _description = "Coverage by evidence"
    _auto = False
    _order = "registration_id, requirement_id, indicator_id, aspect desc"

    # What the query reads: written to the database before it runs.
    _depends = {
        "kmop.audit": ["state", "norm_id", "date_planned", "date_visited"],
        "kmop.evidence": [
            "aspect",
            "date_effective",
            "date_review",
            "indicator_ids",
            "registration_id",
            "state",
            "type_id",
        ],
        "kmop.exemption": [
            "date_from",
            "date_to",
            "indicator_id",
            "registration_id",
            "requirement_id",
        ],
        "kmop.indicator": ["active", "norm_id", "requirement_id", "service"],
        "kmop.requirement": ["sequence"],
        "kmop.registration": ["date_withdrawn", "next_part_id", "service"],
        "kmop.track.part": [
            "exempt_requirement_ids",
            "project_window_months",
            "tests_application",
        ],
    }

    registration_id = fields.Many2one("kmop.registration", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    part_id = fields.Many2one("kmop.track.part", readonly=True)
    requirement_id = fields.Many2one("kmop.requirement", readonly=True)
    indicator_id = fields.Many2one("kmop.indicator", readonly=True)
    aspect = fields.Selection(ASPECTS, readonly=True)
    exempt = fields.Boolean(readonly=True, help="Not tested in the next part.")
    tested = fields.Integer(readonly=True, help="1 where the next audit tests it.")
    supported = fields.Integer(
        readonly=True, help="1 where it is tested and accepted evidence counts for it."
    )
    accepted = fields.Integer(string="Accepted evidence", readonly=True)
    submitted = fields.Integer(string="To judge", readonly=True)
    expired = fields.Integer(string="Past its review", readonly=True)
    outside = fields.Integer(string="Outside the window", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            "WITH next_audit AS (%s), support AS (%s) %s",
            self._query_next_audit(),
            self._query_support(),
            self._query_rows(),
        )

    @api.model
    def _query_next_audit(self):
        """The part that each live registration is to be audited on, norm and day."""
        return SQL(
            """
            SELECT r.id, r.company_id, r.service, r.next_part_id,
                   COALESCE(a.norm_id, t.norm_id) AS norm_id,
                   COALESCE(a.date_visited, a.date_planned, t.day) AS day
              FROM kmop_registration r
              JOIN (VALUES %(days)s) AS t (company_ids, day, norm_id)
                ON r.company_id = ANY(t.company_ids)
         LEFT JOIN kmop_audit a ON a.registration_id = r.id AND a.state IN %(states)s
             WHERE r.next_part_id IS NOT NULL AND r.date_withdrawn IS NULL
            """,
            days=SQL(", ").join(self._query_days()),
            states=OPEN_STATES,
        )

    @api.model
    def _query_days(self):
        """Yield today's date and the norm in force, per group of companies."""
        for day, companies in self.env["res.company"]._kmop_get_days().items():
            norm = self.env["kmop.norm"]._in_force_on(day).id or None
            yield SQL("(%s::int[], %s::date, %s::int)", companies.ids, day, norm)

    @api.model
    def _query_support(self):
        """Evidence counted per indicator and aspect.

        The window is for projects: a provider's own document counts until its review.
        """
        return SQL(
            """
            SELECT e.registration_id, rel.kmop_indicator_id AS indicator_id, e.aspect,
                   COUNT(*) FILTER (WHERE e.state = 'submitted') AS submitted,
                   COUNT(*) FILTER (
                       WHERE e.state = 'accepted' AND NOT d.expired AND NOT d.outside
                   ) AS accepted,
                   COUNT(*) FILTER (
                       WHERE e.state = 'accepted' AND d.expired
                   ) AS expired,
                   COUNT(*) FILTER (
                       WHERE e.state = 'accepted' AND d.outside AND NOT d.expired
                   ) AS outside
              FROM kmop_evidence e
              JOIN next_audit n ON n.id = e.registration_id
              JOIN kmop_track_part p ON p.id = n.next_part_id
              JOIN kmop_evidence_type t ON t.id = e.type_id
              JOIN kmop_evidence_kmop_indicator_rel rel ON rel.kmop_evidence_id = e.id
        CROSS JOIN LATERAL (
                       SELECT COALESCE(e.date_review < n.day, FALSE) AS expired,
                              t.scope = 'project' AND p.project_window_months > 0
                              AND e.date_effective <= n.day
                                  - make_interval(months => p.project_window_months)
                              AS outside
                   ) d
             WHERE e.state IN ('accepted', 'submitted')
          GROUP BY e.registration_id, rel.kmop_indicator_id, e.aspect
            """
        )

    @api.model
    def _query_rows(self):
        return SQL(
            """
            SELECT (n.id::bigint * 1000000 + i.id) * 2
                       + CASE aspect.name WHEN 'application' THEN 1 ELSE 0 END AS id,
                   n.id AS registration_id, n.company_id, n.next_part_id AS part_id,
                   i.requirement_id, i.id AS indicator_id, aspect.name AS aspect,
                   x.exempt,
                   CASE WHEN x.exempt THEN 0 ELSE 1 END AS tested,
                   CASE WHEN NOT x.exempt AND COALESCE(s.accepted, 0) > 0
                        THEN 1 ELSE 0 END AS supported,
                   COALESCE(s.accepted, 0) AS accepted,
                   COALESCE(s.submitted, 0) AS submitted,
                   COALESCE(s.expired, 0) AS expired,
                   COALESCE(s.outside, 0) AS outside
              FROM next_audit n
              JOIN kmop_track_part p ON p.id = n.next_part_id
              JOIN kmop_indicator i ON i.norm_id = n.norm_id AND i.active
                                   AND i.service IN (n.service, 'both')
        CROSS JOIN (VALUES ('description'), ('application')) AS aspect(name)
        CROSS JOIN LATERAL (
                       SELECT (aspect.name = 'application' AND NOT p.tests_application)
                           OR EXISTS (
                                  SELECT FROM kmop_requirement_kmop_track_part_rel rel
                                   WHERE rel.kmop_track_part_id = p.id
                                     AND rel.kmop_requirement_id = i.requirement_id
                              )
                           OR EXISTS (
                                  SELECT FROM kmop_exemption e
                                   WHERE e.registration_id = n.id
                                     AND e.requirement_id = i.requirement_id
                                     AND COALESCE(e.indicator_id, i.id) = i.id
                                     AND e.date_from <= n.day
                                     AND COALESCE(e.date_to, n.day) >= n.day
                              ) AS exempt
                   ) x
         LEFT JOIN support s ON s.registration_id = n.id AND s.indicator_id = i.id
                            AND s.aspect = aspect.name
            """
        )

    # ----------------------------------------------------------------- readiness

    @api.model
    def _count(self, registrations, domain=Domain.TRUE):
        """Return what ``readiness`` of a registration documents, of rows in ``domain``.

        Where exempt rows are among them, they require nothing. Counted by the
        database: one line comes back for each registration and requirement.
        """
        query = self._search(
            Domain("registration_id", "in", registrations.ids) & domain
        )
        names = ("registration_id", "requirement_id", "indicator_id")
        names += ("tested", "supported")
        cells = query.select(
            *(self._field_to_sql(self._table, name, query) for name in names)
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT registration_id, requirement_id,
                       COUNT(*) FILTER (WHERE tested > 0 AND supported = tested),
                       COUNT(*) FILTER (WHERE tested > 0)
                  FROM (SELECT registration_id, requirement_id,
                               SUM(tested) AS tested, SUM(supported) AS supported
                          FROM (%s) AS cell (registration_id, requirement_id,
                                             indicator_id, tested, supported)
                      GROUP BY registration_id, requirement_id, indicator_id
                       ) indicator
                  JOIN kmop_requirement r ON r.id = requirement_id
              GROUP BY registration_id, requirement_id, r.sequence, r.id
              ORDER BY registration_id, r.sequence, r.id
                """,
                cells,
            )
        )
        result = {}
        for registration_id, requirement_id, supported, required in rows:
            nothing = {"supported": 0, "required": 0, "requirements": {}}
            entry = result.setdefault(registration_id, nothing)
            entry["supported"] += supported
            entry["required"] += required
            counts = {"supported": supported, "required": required}
            entry["requirements"][requirement_id] = counts
        return result

    def _count_indicators(self):
        """Count the indicators of rows that were read already, as ``_count`` does."""
        indicators = self.filtered("tested").grouped("indicator_id").values()
        supported = [all(rows.mapped("supported")) for rows in indicators]
        return {"supported": sum(supported), "required": len(supported)}

    # -------------------------------------------------------------------- matrix

    @api.model
    def _search_rows(self, registration):
        """Return the rows of ``registration``, read by the query that finds them."""
        names = [name for name, field in self._fields.items() if field.store]
        return self.search_fetch([("registration_id", "=", registration.id)], names)

    def _get_matrix(self, exemptions):
        """Return the rows as requirements, their indicators, and a cell per aspect.

        :param exemptions: the exemptions by certificate that count
        """
        unfinished = self._count_unfinished()
        return [
            {
                "id": requirement.id,
                "name": requirement.display_name,
                **rows._count_indicators(),
                "indicators": [
                    {
                        "id": indicator.id,
                        "name": indicator.display_name,
                        "description": indicator.description,
                        "cells": [
                            row._get_cell(unfinished, exemptions) for row in cells
                        ],
                    }
                    for indicator, cells in rows.grouped("indicator_id").items()
                ],
            }
            for requirement, rows in self.grouped("requirement_id").items()
        ]

    def _count_unfinished(self):
        """Count what an owner has yet to finish, by indicator, aspect and state."""
        groups = self.env["kmop.evidence"]._read_group(
            [
                ("registration_id", "in", self.registration_id.ids),
                ("state", "in", ("draft", "rejected")),
            ],
            ["indicator_ids", "aspect", "state"],
            ["__count"],
        )
        return {(indicator, *key): count for indicator, *key, count in groups}

    def _get_cell(self, unfinished, exemptions):
        def count(state):
            return unfinished.get((self.indicator_id, self.aspect, state), 0)

        return {
            "aspect": self.aspect,
            "state": self._get_state(),
            "ground": self.exempt and self._get_exempt_ground(exemptions),
            "accepted": self.accepted,
            "submitted": self.submitted,
            "expired": self.expired,
            "outside": self.outside,
            "draft": count("draft"),
            "rejected": count("rejected"),
        }

    def _get_state(self):
        if self.exempt:
            return "exempt"
        if self.supported:
            return "supported"
        if self.submitted:
            return "waiting"
        return "stale" if self.expired or self.outside else "missing"

    def _get_exempt_ground(self, exemptions):
        covering = exemptions._covers(self.indicator_id)
        return (covering[:1] or self.part_id).display_name

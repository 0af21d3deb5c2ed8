from odoo import api, fields, models
from odoo.fields import Domain

from ..tools import format_day

# What the registration itself has to do; dossiers and evidence are counted instead.
OWN_MILESTONES = (False, "kmop.registration", "kmop.audit")


class KmopRegistrationOverview(models.AbstractModel):
    """What the cards of the first screen tell, and what stands above them."""

    _name = "kmop.registration.overview"
    _description = "Cards of registrations and what stands above them"

    card = fields.Json(
        compute="_compute_card", help="What a card of the overview says."
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
        groups = coverage._read_group(
            [("registration_id", "in", self.ids)],
            ["registration_id", "requirement_id", "indicator_id"],
            ["tested:sum", "supported:sum"],
        )
        counts = {}
        for registration, requirement, _indicator, tested, supported in groups:
            mine = counts.setdefault(registration.id, {})
            entry = mine.setdefault(requirement, {"supported": 0, "required": 0})
            entry["required"] += bool(tested)
            entry["supported"] += bool(tested) and supported == tested
        return {
            key: self._describe_requirements(found) for key, found in counts.items()
        }

    @api.model
    def _describe_requirements(self, counts):
        ordered = sorted(
            counts.items(), key=lambda item: (item[0].sequence, item[0].id)
        )
        return [
            {"id": requirement.id, "name": requirement.display_name, **entry}
            for requirement, entry in ordered
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

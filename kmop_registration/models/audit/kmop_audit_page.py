from odoo import api, fields, models
from odoo.fields import Domain

from ..registration.kmop_registration_window import DEFAULT_MONTHS
from .kmop_audit_score import AUDITOR_FIELDS, SELF_FIELDS

COVER_DATES = ("date_requested", "date_planned", "date_visited", "date_decided")
# What the page shows of a dossier, in the order of its columns.
PROJECT = (
    "number",
    "client",
    "theme",
    "start",
    "end",
    "hours",
    "subsidised",
    "amount",
    "currency",
)


class KmopAudit(models.Model):
    """What an auditor sees of an audit, through its page. Used with ``sudo()``."""

    _inherit = "kmop.audit"

    access_ids = fields.One2many("kmop.audit.access", "audit_id", string="Accesses")
    log_ids = fields.One2many(
        "kmop.audit.log", "audit_id", string="Log of the auditor's page"
    )
    decision_ids = fields.One2many(
        "kmop.audit.decision", "audit_id", string="What it was decided on"
    )

    decision_note = fields.Char(compute="_compute_decided")
    decided_evidence_count = fields.Integer(
        string="Evidence that it was decided on", compute="_compute_decided"
    )

    @api.depends("decision_ids")
    @api.depends_context("lang")
    def _compute_decided(self):
        lines = self.env["kmop.audit.decision.evidence"]
        groups = lines._read_group(
            [("decision_id.audit_id", "in", self.ids)], ["decision_id"], ["__count"]
        )
        counts = {decision.audit_id.id: count for decision, count in groups}
        for audit in self:
            decision = audit._get_decision()
            audit.decision_note = decision._get_note() if decision else False
            audit.decided_evidence_count = counts.get(audit.id, 0)

    # --------------------------------------------------------------------- access

    def _find_access(self, token, user):
        """Return the access of who has ``token``, or is logged in as its auditor.

        A live one where there are more.
        """
        partner = user.partner_id if not user._is_public() else None
        accesses = self.access_ids.sorted("id", reverse=True)
        found = accesses.filtered(lambda a: token and a._is_token(token))
        found |= accesses.filtered(lambda a: a.partner_id == partner)
        return (found.filtered(lambda a: a.state == "live") or found)[:1]

    def _get_page_responsible(self):
        """Return who looks after the audit: an active user who may."""
        concerned = self.user_id | self.registration_id.user_id
        return self.env["kmop.finding"]._choose_user(self.company_id, concerned)

    def _get_decision(self):
        """Return what the audit was decided on; an empty record while it isn't."""
        # sudo: each part of it is shown to who may see that part
        return self.sudo().decision_ids[:1]

    def _prepare_decision(self):
        """Return what a decision keeps, by name, in the reader's language."""
        summaries = self.env["report.kmop_registration.report_kmop_audit"]
        return {
            "page": self._prepare_page(),
            "projects": self._prepare_kept_projects(),
            "book": self._prepare_kept_tables(),
            "summary": summaries._prepare_kept(self),
        }

    # ------------------------------------------------------------------- evidence

    def _get_used_domain(self):
        """Return the domain of the evidence that counts for this audit.

        The same as the coverage counts. On a decided audit it finds what counted on
        the day of the decision, as far as the evidence still tells: what the decision
        itself keeps is in ``kmop.audit.decision``.
        """
        day = self._get_reference_date()
        months = self.part_id.project_window_months
        return (
            Domain("registration_id", "=", self.registration_id.id)
            & self._get_accepted_domain()
            & Domain("indicator_ids", "in", self.score_ids.indicator_id.ids)
            & self.env["kmop.evidence"]._current_domain(day, months)
        )

    def _get_accepted_domain(self):
        accepted = Domain("state", "=", "accepted")
        if not self.date_decided:
            return accepted
        # What was replaced after the decision counted on its day.
        replaced = Domain("state", "=", "superseded") & Domain(
            "superseded_by_id.date_accepted", ">", self.date_decided
        )
        return (accepted | replaced) & Domain("date_accepted", "<=", self.date_decided)

    def _get_counting_evidence(self):
        return self.env["kmop.evidence"].search(
            self._get_used_domain(), order="date_effective desc, id desc"
        )

    def _get_shown_file(self, file_id):
        """Return the frozen file, where the page lists it."""
        frozen = self.env["kmop.evidence.file"].browse(file_id).exists()
        if decision := self._get_decision():
            return frozen.filtered(decision._get_kept_file)
        domain = self._get_used_domain() & Domain("id", "=", frozen.evidence_id.id)
        return frozen if self.env["kmop.evidence"].search_count(domain) else frozen[:0]

    def _get_file_state(self, frozen, content):
        """Return ``intact``, ``altered`` or ``missing``, for a file that is shown.

        :param content: what the storage holds
        """
        decision = self._get_decision()
        if decision and decision._get_kept_file(frozen)["sha256"] != frozen.sha256:
            return "altered"
        return frozen._get_integrity(content)

    def _get_shown_attachment(self, attachment_id, partner):
        """Return the file, where it came with a message that ``partner`` may see."""
        attachment = self.env["ir.attachment"].browse(attachment_id).exists()
        shown = self._get_page_messages(partner).attachment_ids
        return attachment & shown

    # ------------------------------------------------------------------ the page

    def _get_page(self):
        """Return what the page shows, as plain values in the reader's language.

        Of a decided audit, what was kept at its decision; else what is there now.

        :return: ``{"cover": {...}, "scores": [{...}], "findings": [{...}], "window":
            (first day, last day), "evidence": [{...}], "note": when it was decided or
            None}``
        """
        evidence = (self._get_decision() or self)._get_page_evidence()
        return {**self._get_page_head(), "evidence": evidence}

    def _get_page_head(self):
        """Return what the page shows apart from the evidence."""
        if decision := self._get_decision():
            return {**decision._read("page"), "note": decision._get_note()}
        return {**self._prepare_page(), "note": None}

    def _get_page_title(self):
        """Return how the audit is called; of a decided one, how it was."""
        decision = self._get_decision()
        return decision._get_title() if decision else self.display_name

    def _prepare_page(self):
        """Return what the page shows now, apart from the evidence."""
        return {
            "cover": self._prepare_cover(),
            "scores": [
                self._prepare_score(score)
                for score in self.score_ids.sorted(self._get_page_order)
            ],
            "findings": self._prepare_findings(self.log_ids.finding_id),
            "window": self._get_page_window(),
        }

    def _prepare_cover(self):
        """Return the facts of the audit, of the day of its decision if it has one."""
        registration, part = self.registration_id, self.part_id
        provider = registration.partner_id
        day = self.date_decided or self.company_id._kmop_today()
        first, last = registration._get_dates_known_on(day)
        return {
            "title": self.display_name,
            "registration": registration.display_name,
            "provider": provider.display_name,
            "vat": provider.vat,
            "enterprise_number": provider.vat or provider.company_registry,
            "service": self._get_selected(registration, "service"),
            "number": registration.number,
            "track": registration.track_id.name,
            "step": self._get_selected(registration, "step"),
            "validity": registration._get_validity_label(day),
            "day": day,
            "date_start": first,
            "date_end": last,
            "part": part.name,
            "track_part": part.display_name,
            "tests_application": part.tests_application,
            "kind": self._get_selected(self, "kind"),
            "norm": self.norm_id.name,
            "bureau": self.bureau_id.display_name,
            "auditor": self.auditor_id.display_name,
            "state": self._get_selected(self, "state"),
            "outcome": self._get_selected(self, "outcome"),
            "date_visit": self.date_visited or self.date_planned,
            **{name: self[name] for name in COVER_DATES},
        }

    @api.model
    def _get_selected(self, record, name):
        """Return the label of a selection field's value, in the reader's language."""
        labels = dict(record._fields[name]._description_selection(self.env))
        return labels.get(record[name])

    def _prepare_score(self, score):
        indicator, requirement = score.indicator_id, score.requirement_id
        return {
            "id": score.id,
            "indicator_id": indicator.id,
            "code": indicator.code,
            "indicator": indicator.display_name,
            "description": indicator.description,
            "requirement_id": requirement.id,
            "requirement": requirement.display_name,
            "ground": score.exempt_ground,
            **{name: score[name] for name in (*SELF_FIELDS, *AUDITOR_FIELDS)},
        }

    def _prepare_findings(self, findings):
        return [
            {
                "name": finding.name,
                "severity": self._get_selected(finding, "severity"),
                "indicator": finding.indicator_id.display_name,
                "description": finding.description,
                "measure": finding.measure,
                "deadline": finding.date_deadline,
                "state": self._get_selected(finding, "state"),
            }
            for finding in findings
        ]

    def _get_page_evidence(self):
        """Return the evidence that counts now, and its files, as plain values."""
        evidences = self._get_counting_evidence()
        aspects = dict(evidences._fields["aspect"]._description_selection(self.env))
        return [
            {
                "name": evidence.name,
                "type": evidence.type_id.name,
                "aspect": evidence.aspect,
                "aspect_label": aspects[evidence.aspect],
                "date": evidence.date_effective,
                "source": evidence.source_name,
                "url": evidence.url,
                "indicators": evidence.indicator_ids.ids,
                "files": [
                    {
                        "id": file.id,
                        "name": file.name,
                        "size": file.size,
                        "sha256": file.sha256,
                        "mimetype": file.attachment_id.mimetype,
                        "kept": True,
                    }
                    for file in evidence.file_ids
                ],
            }
            for evidence in evidences
        ]

    @api.model
    def _get_page_requirements(self, page, search="", scoring=False):
        """Return the requirements with their scores and the evidence of each.

        :param page: what ``_get_page`` returns
        :param search: keep the indicators, or the evidence, that hold this text
        :param scoring: leave out the auditor's scores, which they are entering
        """
        by_indicator = {}
        for evidence in page["evidence"]:
            for indicator_id in evidence["indicators"]:
                by_indicator.setdefault(indicator_id, []).append(evidence)
        names = SELF_FIELDS if scoring else (*SELF_FIELDS, *AUDITOR_FIELDS)
        groups = {}
        for score in page["scores"]:
            evidences = self._get_matching(
                score, by_indicator.get(score["indicator_id"], []), search.casefold()
            )
            if evidences is not None:
                row = {
                    "score": score,
                    "evidences": evidences,
                    "facts": self._get_page_facts(page, score, evidences, names),
                    "summary": self._get_page_summary(len(evidences)),
                }
                key = score["requirement_id"], score["requirement"]
                groups.setdefault(key, []).append(row)
        return [
            {"id": id_, "name": name, "rows": rows}
            for (id_, name), rows in groups.items()
        ]

    def _get_page_order(self, score):
        requirement, indicator = score.requirement_id, score.indicator_id
        return requirement.sequence, requirement.id, indicator.sequence, indicator.id

    @api.model
    def _get_matching(self, score, evidences, needle):
        """Return the evidence to show of an indicator; None where it isn't shown."""
        if not needle or needle in score["indicator"].casefold():
            return evidences
        matching = [
            evidence
            for evidence in evidences
            if needle in f"{evidence['name']}\n{evidence['type']}".casefold()
        ]
        return matching or None

    @api.model
    def _get_page_facts(self, page, score, evidences, names):
        """Return what is known of an indicator: labels and values."""
        counted = [evidence["aspect"] for evidence in evidences]
        field = self.env["kmop.evidence"]._fields["aspect"]
        facts = [
            (label, self._get_page_count(page, score, aspect, counted.count(aspect)))
            for aspect, label in field._description_selection(self.env)
        ]
        fields_of_score = self.env["kmop.audit.score"]._fields
        for name in names:
            if value := score[name]:
                label = fields_of_score[name]._description_string(self.env)
                facts.append((label, value))
        return facts

    @api.model
    def _get_page_count(self, page, score, aspect, count):
        tested = aspect == "description" or page["cover"]["tests_application"]
        if score["ground"] or not tested:
            return self.env._("Not tested")
        return self._get_page_summary(count)

    @api.model
    def _get_page_summary(self, count):
        return self.env._("Accepted evidence: %(count)s", count=count)

    # ------------------------------------------------------------------- projects

    def _get_page_window(self):
        """Return the first and the last day of the dossiers of this audit."""
        months = self.part_id.project_window_months or DEFAULT_MONTHS
        registration = self.registration_id
        return registration._get_window_until(self._get_reference_date(), months)

    def _get_page_projects_domain(self):
        return self.registration_id._get_projects_domain(*self._get_page_window())

    def _count_page_projects(self):
        """Return how many dossiers the page lists."""
        if decision := self._get_decision():
            return len(decision._read("projects")["rows"])
        return self.env["sale.order"].search_count(self._get_page_projects_domain())

    def _get_page_projects(self, offset, limit):
        """Return ``limit`` of the dossiers that the page lists, as plain values."""
        if decision := self._get_decision():
            table = decision._read("projects")
            rows = table["rows"][offset : offset + limit]
            places = table["public"]
            return [
                dict(zip(PROJECT, (row[p] for p in places), strict=True))
                for row in rows
            ]
        orders = self.env["sale.order"].search(
            self._get_page_projects_domain(),
            order="kmop_date_start, id",
            limit=limit,
            offset=offset,
        )
        answers = self.env._("No"), self.env._("Yes")
        return [
            {
                "number": order.name,
                "client": order.partner_id.display_name,
                "theme": order.kmop_theme_id.name,
                "start": order.kmop_date_start,
                "end": order.kmop_date_end,
                "hours": order.kmop_hours,
                "subsidised": answers[order.kmop_subsidised],
                "amount": order.amount_untaxed,
                "currency": order.currency_id.name,
            }
            for order in orders
        ]

    # ------------------------------------------------------------------- messages

    def _get_page_messages(self, partner):
        """Return what ``partner`` wrote on this audit, and what was sent to them."""
        theirs = Domain("author_id", "=", partner.id) | Domain(
            "notified_partner_ids", "in", partner.ids
        )
        domain = (
            Domain("model", "=", self._name)
            & Domain("res_id", "=", self.id)
            & Domain("message_type", "in", ("comment", "email"))
            & Domain("subtype_id", "=", self.env.ref("mail.mt_comment").id)
            & Domain("subtype_id.internal", "=", False)
            & Domain("is_internal", "=", False)
            & theirs
        )
        return self.env["mail.message"].search(domain, order="id")

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        """Let the mail of an answer lead its auditor to the page."""
        groups = super()._notify_get_recipients_groups(
            message, model_description, msg_vals=msg_vals
        )
        # sudo: who answers needn't be an officer, and doesn't see the link
        accesses = self.sudo().access_ids.filtered(lambda a: a.state == "live")
        return [access._get_recipient_group() for access in accesses] + groups

from odoo import fields, models
from odoo.fields import Domain

from ..tools import shift
from .kmop_audit_score import AUDITOR_FIELDS, SELF_FIELDS
from .kmop_project_window import DEFAULT_MONTHS


class KmopAuditPage(models.AbstractModel):
    """What an auditor sees of an audit, through its page. Used with ``sudo()``."""

    _name = "kmop.audit.page"
    _description = "Auditor's page of an audit"

    access_ids = fields.One2many("kmop.audit.access", "audit_id", string="Accesses")
    log_ids = fields.One2many(
        "kmop.audit.log", "audit_id", string="Log of the auditor's page"
    )

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
        domain = Domain(self.env["kmop.finding"]._user_domain()) & Domain(
            "company_ids", "in", self.company_id.ids
        )
        concerned = (self.user_id | self.registration_id.user_id).filtered("active")
        users = concerned.filtered_domain(domain)
        return users[:1] or self.env["res.users"].search(domain, limit=1, order="id")

    # ------------------------------------------------------------------- evidence

    def _get_counting_domain(self):
        """Return the domain of the evidence that counts for this audit.

        The same as the coverage counts; of a decided audit, as it was decided on.
        """
        day = self._get_reference_date()
        domain = (
            Domain("registration_id", "=", self.registration_id.id)
            & Domain("state", "=", "accepted")
            & Domain("indicator_ids", "in", self.score_ids.indicator_id.ids)
            & (Domain("date_review", "=", False) | Domain("date_review", ">=", day))
        )
        if months := self.part_id.project_window_months:
            first = shift(day, -months, "months")
            domain &= Domain("type_id.scope", "!=", "project") | Domain(
                "date_effective", ">", first
            )
        if self.date_decided:
            domain &= Domain("date_accepted", "<=", self.date_decided)
        return domain

    def _get_counting_evidence(self):
        return self.env["kmop.evidence"].search(
            self._get_counting_domain(), order="date_effective desc, id desc"
        )

    def _get_shown_file(self, file_id):
        """Return the frozen file, where it is of evidence that counts."""
        frozen = self.env["kmop.evidence.file"].browse(file_id).exists()
        domain = self._get_counting_domain() & Domain("id", "=", frozen.evidence_id.id)
        return frozen if self.env["kmop.evidence"].search_count(domain) else frozen[:0]

    def _get_shown_attachment(self, attachment_id, partner):
        """Return the file, where it came with a message that ``partner`` may see."""
        attachment = self.env["ir.attachment"].browse(attachment_id).exists()
        shown = self._get_page_messages(partner).attachment_ids
        return attachment & shown

    # ------------------------------------------------------------------ the page

    def _get_page_requirements(self, search="", scoring=False):
        """Return the requirements with their scores and the evidence of each.

        :param search: keep the indicators, or the evidence, that hold this text
        :param scoring: leave out the auditor's scores, which they are entering
        """
        evidences = self._get_counting_evidence()
        by_indicator = {}
        for evidence in evidences:
            for indicator in evidence.indicator_ids:
                by_indicator.setdefault(indicator, []).append(evidence)
        names = SELF_FIELDS if scoring else (*SELF_FIELDS, *AUDITOR_FIELDS)
        groups = {}
        for score in self.score_ids.sorted(self._get_page_order):
            found = by_indicator.get(score.indicator_id, [])
            if row := self._get_page_row(score, found, search.casefold(), names):
                groups.setdefault(score.requirement_id, []).append(row)
        return [
            {"requirement": requirement, "rows": rows}
            for requirement, rows in groups.items()
        ]

    def _get_page_order(self, score):
        requirement, indicator = score.requirement_id, score.indicator_id
        return requirement.sequence, requirement.id, indicator.sequence, indicator.id

    def _get_page_row(self, score, evidences, needle, names):
        if needle and needle not in score.indicator_id.display_name.casefold():
            evidences = [e for e in evidences if needle in self._get_page_text(e)]
            if not evidences:
                return None
        return {
            "score": score,
            "evidences": evidences,
            "facts": self._get_page_facts(score, evidences, names),
            "summary": self._get_page_summary(len(evidences)),
        }

    def _get_page_facts(self, score, evidences, names):
        """Return what is known of an indicator: labels and values."""
        counted = [evidence.aspect for evidence in evidences]
        field = self.env["kmop.evidence"]._fields["aspect"]
        facts = [
            (label, self._get_page_count(score, aspect, counted.count(aspect)))
            for aspect, label in field._description_selection(self.env)
        ]
        for name in names:
            if value := score[name]:
                facts.append((score._fields[name]._description_string(self.env), value))
        return facts

    def _get_page_count(self, score, aspect, count):
        tested = aspect == "description" or self.part_id.tests_application
        if score.exempt_ground or not tested:
            return self.env._("Not tested")
        return self._get_page_summary(count)

    def _get_page_summary(self, count):
        return self.env._("Accepted evidence: %(count)s", count=count)

    def _get_page_text(self, evidence):
        return f"{evidence.name}\n{evidence.type_id.name}".casefold()

    # ------------------------------------------------------------------- projects

    def _get_page_window(self):
        """Return the first and the last day of the dossiers of this audit."""
        months = self.part_id.project_window_months or DEFAULT_MONTHS
        registration = self.registration_id
        return registration._get_window_until(self._get_reference_date(), months)

    def _get_page_projects_domain(self):
        return self.registration_id._get_projects_domain(*self._get_page_window())

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

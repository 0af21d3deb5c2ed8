from lxml import etree, html

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools import is_uninstalling
from .constants import FROZEN_STATES


class KmopEvidenceSource(models.AbstractModel):
    """What a model needs to serve as evidence. Inherit it beside the model."""

    _name = "kmop.evidence.source"
    _description = "Source of evidence"

    # Field that holds the user who is responsible for the record and owns its evidence.
    # A user who may write this field decides who can read the evidence.
    _kmop_user_field = None

    kmop_evidence_ids = fields.One2many(
        "kmop.evidence",
        "res_id",
        string="Evidence",
        domain=lambda self: self._kmop_evidence_domain(),
        copy=False,
        groups="base.group_user",
    )
    kmop_evidence_count = fields.Integer(
        string="Evidence count",
        compute="_compute_kmop_evidence_count",
        groups="base.group_user",
    )

    @api.model
    def _kmop_evidence_domain(self):
        return [("res_model", "=", self._name)]

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_kmop_evidence_count(self):
        """Count what the user may see, as the list behind the button does."""
        counts = self._kmop_get_counts()
        for record in self:
            record.kmop_evidence_count = counts.get(record.id, 0)

    def _kmop_get_counts(self):
        evidences = self.env["kmop.evidence"]
        if not evidences.has_access("read"):
            return {}
        domain = self._kmop_own_domain()
        return dict(evidences._read_group(domain, ["res_id"], ["__count"]))

    def _kmop_own_domain(self):
        """Return the domain of the evidence that is made of these records."""
        return Domain("res_model", "=", self._name) & Domain("res_id", "in", self.ids)

    # --------------------------------------------------------------------- hooks

    def _kmop_date_effective(self):
        """Return the day that the record is about."""
        return self._kmop_to_date(self.create_date)

    def _kmop_to_date(self, moment):
        """Return the day of a moment (in UTC), where the record's company is."""
        return moment and (self._kmop_company() or self.env.company)._kmop_to_day(
            moment
        )

    def _kmop_evidence_name(self):
        """Return the name of the evidence: which document, and whose."""
        names = [self.display_name]
        if "partner_id" in self._fields:
            names.append(self.partner_id.display_name)
        return " – ".join(filter(None, names))

    def _kmop_snapshot(self):
        """Return (file name, content) that shows the record as it is now, or None."""
        return None

    @api.model
    def _kmop_render_report(self, report, record):
        """Return (ending, content): a PDF, or HTML where there is no PDF tool."""
        reports = self.env["ir.actions.report"]
        if reports.get_wkhtmltopdf_state() in ("ok", "upgrade", "workers"):
            content, ending = reports._render_qweb_pdf(report, record.ids)
        else:
            page, ending = reports._render_qweb_html(report, record.ids)
            content = self._kmop_strip_scripts(page)
        return ending, content

    def _kmop_strip_scripts(self, page):
        """Return the page as a document that is kept: it runs nothing."""
        root = html.document_fromstring(page)
        etree.strip_elements(root, "script", with_tail=False)
        return html.tostring(root, encoding="utf-8", doctype="<!DOCTYPE html>")

    def _kmop_user(self):
        """Return who is responsible for the record, or an empty recordset."""
        field = self._kmop_user_field
        return self[field] if field else self.env["res.users"]

    def _kmop_owner(self, registration):
        """Return whose the evidence is: of who links it, if they are one of us."""
        if self.env.user._is_internal() and not self.env.user._is_superuser():
            return self.env.user
        return self._kmop_user() or registration.user_id or self.env.user

    def _kmop_company(self):
        """Return the company of the record, or an empty recordset."""
        return (
            self.company_id if "company_id" in self._fields else self.env["res.company"]
        )

    def _prepare_kmop_evidence(self, registration, evidence_type):
        """Return the values of the evidence that links this record."""
        self.ensure_one()
        today = registration.company_id._kmop_today()
        return {
            "name": self._kmop_evidence_name(),
            "registration_id": registration.id,
            "type_id": evidence_type.id,
            "owner_id": self._kmop_owner(registration).id,
            "date_effective": min(self._kmop_date_effective() or today, today),
            "res_model": self._name,
            "res_id": self.id,
        }

    # ------------------------------------------------------------------- linking

    def _kmop_skip_reasons(self, registration, evidence_type):
        """Return ``{reason: records}``: what can't be linked, in the user's words.

        Extend it beside the model, for all records at once. One that has several
        reasons is told under the first.
        """
        foreign = self.filtered(
            lambda record: (
                record._kmop_company()
                and record._kmop_company() != registration.company_id
            )
        )
        return {
            self.env._(
                "Linked already as %(type)s", type=evidence_type.name
            ): self._kmop_get_linked(registration, evidence_type),
            self.env._("Of another company than the registration"): foreign,
        }

    def _kmop_get_linked(self, registration, evidence_type):
        """Return which records are such evidence of the registration already."""
        # sudo: a link made by somebody else counts as well
        groups = (
            self.env["kmop.evidence"]
            .sudo()
            ._read_group(
                Domain("res_model", "=", self._name)
                & Domain("res_id", "in", self.ids)
                & Domain("registration_id", "=", registration.id)
                & Domain("state", "not in", ("rejected", "superseded"))
                & evidence_type._alike_domain("type_id"),
                ["res_id"],
            )
        )
        return self.browse(res_id for (res_id,) in groups)

    def _kmop_split(self, registration, evidence_type):
        """Return what can be linked, and ``{reason: records}`` of what can't."""
        left, skipped = self, {}
        reasons = self._kmop_skip_reasons(registration, evidence_type)
        for reason, records in reasons.items():
            if found := left & records:
                skipped[reason] = found
                left -= found
        return left, skipped

    def _kmop_link(self, registration, evidence_type, vals=None):
        """Link the records as evidence, in one batch; return what was made.

        What there is a reason to skip is left out.
        """
        records = self._kmop_split(registration, evidence_type)[0]
        # In one order, whoever links: two who link the same wait for one another once.
        records = records.sorted("id")
        return self.env["kmop.evidence"].create(
            [
                {
                    **record._prepare_kmop_evidence(registration, evidence_type),
                    **(vals or {}),
                }
                for record in records
            ]
        )

    def _kmop_with_internal_user(self):
        """Return the records as one of us: no client's own user makes evidence."""
        internal = self.env.user._is_internal()
        # superuser: a client who signs or pays online sets off what we keep of it
        return self if internal else self.with_user(SUPERUSER_ID)

    def _kmop_take_back(self, reason):
        """Reject what waits for judgement of these; say what was accepted already."""
        # sudo: whose document changes need not be allowed to judge evidence
        evidences = self.env["kmop.evidence"].sudo()
        evidences = evidences.search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        )
        evidences.filtered(lambda e: e.state == "submitted").reject(reason)
        for evidence in evidences.filtered(lambda e: e.state == "accepted"):
            evidence.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=reason,
                user_id=(evidence.registration_id.user_id or evidence.owner_id).id,
            )

    # ---------------------------------------------------------------------- CRUD

    def write(self, vals):
        if self._kmop_user_field not in vals:
            return super().write(vals)
        # sudo: who hands over a record need not see all of its evidence
        evidences = self.env["kmop.evidence"].sudo().search(self._kmop_own_domain())
        # Of the former salesperson, or of who added it while there was nobody.
        theirs = evidences.filtered(
            lambda e: e.source_user_id in (e.owner_id, e.source_user_id.browse())
        )
        result = super().write(vals)
        self.env.add_to_compute(evidences._fields["source_user_id"], evidences)
        theirs._hand_over()
        return result

    @api.ondelete(at_uninstall=True)
    def _unlink_except_kmop_accepted(self):
        if is_uninstalling(self.env):
            return
        # sudo: evidence protects its source whoever deletes it
        evidences = self.env["kmop.evidence"].sudo().search(self._kmop_own_domain())
        kept = evidences.filtered(
            lambda e: (
                e.state in FROZEN_STATES
                # What was submitted has a history, a rejection for one.
                or (e.history_ids and not self.env.su)
            )
        )[:1]
        if kept:
            raise UserError(
                self.env._(
                    "%(document)s was submitted as evidence of %(registration)s and"
                    " must be kept.",
                    document=kept.name,
                    registration=kept.registration_id.display_name,
                )
            )
        evidences.unlink()

    # ------------------------------------------------------------------- actions

    @api.readonly
    def action_kmop_open_evidence(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "kmop_registration.kmop_evidence_action"
        )
        action["domain"] = list(self._kmop_own_domain())
        action["context"] = {"create": False}
        return action

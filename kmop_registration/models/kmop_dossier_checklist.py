from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools import read_records

# What counts as being there, and how a line shows it: the best piece speaks.
PRESENT = ("submitted", "accepted")
ORDER = ("accepted", "submitted", "draft", "rejected")


class KmopDossierChecklist(models.AbstractModel):
    """Which documents a dossier needs, has and misses."""

    _name = "kmop.dossier.checklist"
    _description = "Checklist of a project dossier"

    kmop_completeness = fields.Integer(
        string="Complete (%)",
        compute="_compute_kmop_completeness",
        store=True,
        aggregator="avg",
        help="Share of the expected documents that were submitted or accepted.",
        groups="base.group_user",
    )
    kmop_checklist = fields.Json(
        string="Checklist", compute="_compute_kmop_checklist", groups="base.group_user"
    )

    @api.depends(
        "company_id",
        "kmop_service",
        "kmop_subsidised",
        "kmop_dossier_evidence_ids.state",
        "kmop_dossier_evidence_ids.type_id",
    )
    def _compute_kmop_completeness(self):
        self.kmop_completeness = 0
        dossiers = self.filtered("kmop_service")
        present = dossiers._kmop_get_present()
        alike = dossiers.grouped(
            lambda o: (o.company_id, o.kmop_service, o.kmop_subsidised)
        )
        for orders in alike.values():
            needed = set(orders[0]._kmop_get_needed_types()._get_shared().ids)
            for order in orders:
                there = needed & present.get(order._origin.id, set())
                order.kmop_completeness = 100 * len(there) // (len(needed) or 1)

    def _kmop_get_present(self):
        """Return the ids of the shared types that are there, by dossier."""
        groups = self.env["kmop.evidence"]._read_group(
            [("order_id", "in", self._origin.ids), ("state", "in", PRESENT)],
            ["order_id"],
            ["type_id:recordset"],
        )
        return {order.id: set(types._get_shared().ids) for order, types in groups}

    def _kmop_get_needed_types(self):
        """Return the kinds of document that this dossier should hold."""
        return self.env["kmop.evidence.type"]._get_needed(
            self.company_id, self.kmop_service, self.kmop_subsidised
        )

    @api.depends(
        "kmop_service",
        "kmop_subsidised",
        "kmop_trainer_ids",
        "kmop_dossier_evidence_ids.state",
        "kmop_dossier_evidence_ids.type_id",
    )
    @api.depends_context("lang", "uid")
    def _compute_kmop_checklist(self):
        self.kmop_checklist = False
        for order in self.filtered("kmop_service"):
            order.kmop_checklist = order._kmop_get_checklist()

    def _kmop_get_checklist(self):
        """Return ``[{"type": id, "name": s, "state": s, "evidence": [{"id", "name",
        "state"}], "partner": id or False, "counts": bool}]``.

        A state is that of the best piece, or ``missing``.
        """
        # sudo: what is there is there, also where a colleague added it
        evidences = (
            self.env["kmop.evidence"]
            .sudo()
            .search([("order_id", "in", self._origin.ids), ("state", "in", ORDER)])
        )
        needed = self._kmop_get_needed_types()
        by_type = evidences.grouped(lambda e: e.type_id._get_shared())
        others = evidences.type_id.filtered(
            lambda t: t._get_shared() not in needed._get_shared()
        )
        lines = [
            self._kmop_get_line(
                t, by_type.get(t._get_shared(), evidences.browse()), t in needed
            )
            for t in (needed | others).sorted()
        ]
        return lines + self._kmop_get_trainer_lines()

    def _kmop_get_line(self, evidence_type, evidences, counts, partner=None):
        found = evidences.sorted(lambda e: (ORDER.index(e.state), -e.id))
        shown = found.sudo(False)._filtered_access("read")
        return {
            "type": evidence_type.id,
            "name": evidence_type.name,
            "partner": partner.id if partner else False,
            "trainer": partner.display_name if partner else False,
            "state": found[:1].state or "missing",
            "counts": counts,
            "evidence": [{"id": e.id, "name": e.name, "state": e.state} for e in shown],
        }

    def _kmop_get_trainer_lines(self):
        """Return a line for the CV of each trainer; a CV serves all their dossiers."""
        cv = self.env["kmop.evidence.type"]._get_default_for(
            "res.partner", self.company_id
        )
        trainers = self.kmop_trainer_ids._origin
        if not (cv and trainers):
            return []
        # sudo: as above
        found = (
            self.env["kmop.evidence"]
            .sudo()
            .search(
                Domain("res_model", "=", "res.partner")
                & Domain("res_id", "in", trainers.ids)
                & Domain("state", "in", ORDER)
                & Domain("company_id", "=", self.company_id.id)
                & cv._alike_domain("type_id")
            )
        )
        by_partner = found.grouped("res_id")
        nothing = found.browse()
        return [
            self._kmop_get_line(cv, by_partner.get(p.id, nothing), False, p)
            for p in trainers
        ]

    # ---------------------------------------------------------------- public API

    def kmop_add_document(self, type_id, attachment_ids, partner_id=False):
        """Make submitted evidence of files that were dropped on a line.

        :param partner_id: the trainer whose CV it is
        :return: the id of the evidence
        Raises UserError where the dossier has no registration to add it to.
        """
        self.ensure_one()
        self.check_access("read")
        if not self.kmop_registration_id:
            raise UserError(
                self.env._("Choose the registration of this dossier first.")
            )
        files = read_records(self.env["ir.attachment"], attachment_ids)
        if not files:
            raise UserError(self.env._("Drop a file to add it to the dossier."))
        evidence_type = read_records(self.env["kmop.evidence.type"], type_id)[:1]
        if not evidence_type:
            raise UserError(self.env._("Choose what kind of document it is."))
        evidence = self.env["kmop.evidence"].create(
            self._prepare_kmop_document(evidence_type, files, partner_id)
        )
        evidence.submit()
        return evidence.id

    def _prepare_kmop_document(self, evidence_type, files, partner_id):
        partner = read_records(self.env["res.partner"], partner_id)[:1]
        owner = {"res_model": "res.partner", "res_id": partner.id} if partner else {}
        subject = partner.display_name or self.name
        return {
            "name": f"{evidence_type.name} – {subject}",
            "registration_id": self.kmop_registration_id.id,
            "type_id": evidence_type.id,
            "order_id": not partner and self.id,
            "date_effective": self._kmop_get_document_date(partner),
            "attachment_ids": [fields.Command.set(files.ids)],
            **owner,
        }

    def _kmop_get_document_date(self, partner=None):
        """Return the day of the service, or today where that is to come.

        A CV is as of today, whatever service it is added for.
        """
        today = self.company_id._kmop_today()
        return today if partner else min(self.kmop_date_start or today, today)

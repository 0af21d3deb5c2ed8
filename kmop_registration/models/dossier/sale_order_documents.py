import math
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import formatLang, split_every

from ...tools import read_records

# What counts as being there, and how a line shows it: the best piece speaks.
PRESENT = ("submitted", "accepted")
ORDER = ("accepted", "submitted", "draft", "rejected")

# An attendance list for a longer service without days set would guess too much.
MAX_DAYS = 5

# Rows that fit on a page of it, and those left free for who comes unexpectedly.
PAGE_ROWS = 12
SPARE_ROWS = 3


class SaleOrder(models.Model):
    """Which documents a dossier needs and has, and what the printed ones say."""

    _inherit = "sale.order"

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

    def _kmop_as_printed(self):
        """Return the dossiers for a template, once the user may read them."""
        self.check_access("read")
        # sudo: who prints a quote need not be allowed to read all that it mentions
        return self.sudo()

    # ------------------------------------------------------------- who provides what

    def _kmop_get_provider(self):
        return self.kmop_registration_id.partner_id or self.company_id.partner_id

    def _kmop_get_number(self):
        """Return the registration number, where it covers the service only."""
        return self._kmop_is_covered() and self.kmop_registration_id.number

    def _kmop_get_badge(self):
        """Return the badge, where the number is mentioned and holds today as well."""
        return self._kmop_get_number() and self.kmop_registration_id._get_badge()

    def _kmop_get_title(self):
        """Return what the service is called: by its product, or as it was rewritten."""
        line = self._kmop_get_main_line()
        product = line.product_id.with_context(display_default_code=False)
        title = (line.name or "").partition("\n")[0]
        title = title.removeprefix(f"[{product.default_code}] ")
        sold = product.with_context(lang=self._get_lang()).display_name
        return title if title and title != sold else product.display_name

    def _kmop_get_main_line(self):
        lines = self._kmop_get_lines()
        eligible = lines.filtered(lambda line: not line.kmop_non_eligible)
        services = lines.filtered(
            lambda line: line.product_id.kmop_service == self.kmop_service
        )
        return (services or eligible or lines)[:1]

    def _kmop_show_hours(self):
        hours = round(self.kmop_hours, 2)
        decimals = len(f"{hours:g}".partition(".")[2])
        return formatLang(self.env, hours, digits=decimals)

    def _kmop_show_number(self, enterprise):
        """Return the enterprise number: a Belgian VAT number is BE and that number.

        Odoo writes "/" for who has none.
        """
        numbers = [enterprise.company_registry, enterprise.vat]
        number = next((n for n in numbers if n and n != "/"), "")
        return number.removeprefix("BE").strip()

    # ---------------------------------------------------------------------- costs

    def _kmop_shows_costs(self):
        """Tell whether the costs are told apart: not where nothing is subsidised."""
        return bool(
            self.kmop_service and self._kmop_is_covered() and self._kmop_has_rates()
        )

    def _kmop_marks_cost(self, line):
        """Tell whether the line of the quote is marked as a non-eligible cost."""
        return (self.order_line & line).kmop_non_eligible and self._kmop_shows_costs()

    # ------------------------------------------------------------ days and people

    def _kmop_get_dates(self):
        """Return ``[(date, sessions)]``: the days, or those from start to end.

        Where they are too many, or unknown, there is one day without a date.
        """
        sessions = self.kmop_session_ids
        if sessions:
            return sorted(sessions.grouped("date").items())
        start = self.kmop_date_start
        count = start and ((self.kmop_date_end or start) - start).days + 1
        if not 0 < count <= MAX_DAYS:
            return [(False, sessions)]
        return [(start + timedelta(days=n), sessions) for n in range(count)]

    def _kmop_get_period(self):
        """Return the first and the last day, the last only where it is another."""
        days = self.kmop_session_ids.mapped("date")
        start = min(days, default=self.kmop_date_start)
        end = max(days, default=self.kmop_date_end)
        return start, end != start and end

    def _kmop_show_names(self, people):
        """Return names in a row, each in its own direction of writing."""
        return Markup(", ").join(
            Markup("<bdi>%s</bdi>") % person.name for person in people
        )

    def _kmop_get_place(self, sessions):
        """Return where the sessions of a day take place."""
        places = filter(None, sessions.mapped("place"))
        return ", ".join(dict.fromkeys(places)) or self.kmop_place

    def _kmop_is_whole_day(self, sessions):
        """Tell whether a day fills a morning and an afternoon; an unknown one may."""
        if not sessions:
            return True
        starts, ends = sessions.mapped("time_from"), sessions.mapped("time_to")
        return min(starts) < 12 and max(ends) > 13

    def _kmop_get_participants(self):
        """Return ``[(enterprise, participants)]``, that of the dossier at least."""
        people = self.kmop_participant_ids
        groups = people.grouped(lambda p: p._get_enterprise())
        return list((groups or {self.kmop_enterprise_id: people}).items())

    def _kmop_get_pages(self):
        """Return ``[[(number, participant or False)]]``: full pages, the last too."""
        people = list(self.kmop_participant_ids)
        pages = math.ceil((len(people) + SPARE_ROWS) / PAGE_ROWS)
        rows = people + [False] * (pages * PAGE_ROWS - len(people))
        return list(split_every(PAGE_ROWS, enumerate(rows, 1), list))

    def _kmop_get_attended(self):
        return self.kmop_participant_ids.filtered("attended")

import math
from datetime import timedelta

from markupsafe import Markup

from odoo import models
from odoo.tools import formatLang, split_every

# An attendance list for a longer service without days set would guess too much.
MAX_DAYS = 5

# Rows that fit on a page of it, and those left free for who comes unexpectedly.
PAGE_ROWS = 12
SPARE_ROWS = 3


class KmopDossierDocument(models.AbstractModel):
    """What the documents of a project dossier say."""

    _name = "kmop.dossier.document"
    _description = "Documents of a project dossier"

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

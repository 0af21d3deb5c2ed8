from odoo import api, fields, models
from odoo.fields import Domain

from ...tools import format_day
from .kmop_guide_step import AUDIT_NEEDS, ITEMS, NEEDS, STEP_ITEMS


class KmopRegistration(models.Model):
    """The path of a registration: what each step needs, what is done, what is next.

    Each ``_guide_…`` takes the part that its step is about and what ``readiness()``
    counts, and returns whether it is done, what to show and where it links to: None
    for the action of the line. It returns None itself where the line isn't shown.
    """

    _inherit = "kmop.registration"

    guide = fields.Json(
        compute="_compute_guide",
        groups="kmop_registration.group_kmop_user",
        help="The steps of the track, each with what it needs.",
    )

    def _get_guides(self):
        return {
            "indicators": self._guide_indicators,
            "documents": self._guide_documents,
            "track": self._guide_track,
            "bureau": self._guide_bureau,
            "requested": self._guide_requested,
            "planned": self._guide_planned,
            "visited": self._guide_visited,
            "reported": self._guide_reported,
            "decided": self._guide_decided,
            "exempted": self._guide_exempted,
            "period": self._guide_period,
            "number": self._guide_number,
            "attest": self._guide_attest,
            "conditions": self._guide_conditions,
            "dossiers": self._guide_dossiers,
            "complete": self._guide_complete,
            "answers": self._guide_answers,
            "findings": self._guide_findings,
        }

    def _get_share(self, there, all_of_them):
        return self.env._("%(there)s of %(all)s", there=there, all=all_of_them)

    # ------------------------------------------------------------------- prepare

    def _guide_indicators(self, part, readiness):
        if not readiness or part != self.next_part_id:
            return None
        there, needed = readiness["supported"], readiness["required"]
        return there >= needed, self._get_share(there, needed), None

    def _guide_documents(self, part, _readiness):
        if self._get_cycle_periods():
            return None
        types = self._get_usual_documents(part)
        there = self._count_accepted(types)
        return there >= len(types), self._get_share(there, len(types)), None

    def _get_usual_documents(self, part):
        """Return the documents of the provider that ``part`` doesn't exempt."""
        types = self.env["kmop.evidence.type"]
        types = types.search(
            types._used_domain(self.company_id)
            & Domain("scope", "=", "provider")
            & Domain("mandatory", "=", True)
            & Domain("service", "in", (self.service, "both"))
        )
        exempt = part.exempt_requirement_ids
        return types.filtered(
            lambda t: not t.requirement_ids or t.requirement_ids - exempt
        )

    def _count_accepted(self, types):
        """Return of how many ``types`` there is a piece that counts today."""
        today = self.company_id._kmop_today()
        evidences = self.env["kmop.evidence"]
        groups = evidences._read_group(
            Domain("registration_id", "=", self.id)
            & types._alike_domain("type_id")
            & Domain("state", "=", "accepted")
            & evidences._current_domain(today),
            ["type_id"],
        )
        found = types.browse().union(*(evidence_type for (evidence_type,) in groups))
        return len(found._get_shared())

    # -------------------------------------------------------------------- audits

    def _get_guide_audit(self, part):
        """Return the audit of ``part`` that counts in this cycle: the latest."""
        audits = self.audit_ids.filtered(
            lambda a: (
                a.cycle == self.cycle and a.part_id == part and a.state != "cancelled"
            )
        )
        return audits.sorted("id")[-1:]

    def _guide_audit_date(self, part, name):
        """Return the line of a date of the audit, with a link to the audit."""
        audit = self._get_guide_audit(part)
        day = audit[name]
        return day, format_day(self.env, day), self._get_audit_link(audit, part)

    def _get_audit_link(self, audit, part):
        """Link to the audit, or make it where it is the one to come."""
        if audit:
            return {"model": audit._name, "id": audit.id}
        due = part == self.next_part_id and not self.date_withdrawn
        return due and self.has_access("write") and {"action": "action_start_audit"}

    def _guide_track(self, _part, _readiness):
        return True, self.track_id.name, False

    def _guide_bureau(self, part, _readiness):
        audit = self._get_guide_audit(part)
        bureau = audit.bureau_id
        return bureau, bureau.name, self._get_audit_link(audit, part)

    def _guide_requested(self, part, _readiness):
        return self._guide_audit_date(part, "date_requested")

    def _guide_planned(self, part, _readiness):
        return self._guide_audit_date(part, "date_planned")

    def _guide_visited(self, part, _readiness):
        return self._guide_audit_date(part, "date_visited")

    def _guide_reported(self, part, _readiness):
        return self._guide_audit_date(part, "date_reported")

    def _guide_decided(self, part, _readiness):
        done, day, link = self._guide_audit_date(part, "date_decided")
        audit = self._get_guide_audit(part)
        outcome = dict(audit._fields["outcome"]._description_selection(self.env))
        text = ", ".join(filter(None, [outcome.get(audit.outcome), day]))
        return done and audit.outcome != "negative", text, link

    def _guide_exempted(self, part, readiness):
        """Count what the parts before exempted and this one tests."""
        earlier = self._get_guide_parts().filtered(lambda p: p.sequence < part.sequence)
        exempted = earlier.exempt_requirement_ids - part.exempt_requirement_ids
        if not exempted or self.next_part_id != part:
            return None
        details = readiness.get("requirements", {})
        counts = [details.get(requirement.id) for requirement in exempted]
        there = sum(count["supported"] for count in counts if count)
        needed = sum(count["required"] for count in counts if count)
        return there >= needed, self._get_share(there, needed), None

    # ---------------------------------------------------------------- registered

    def _guide_period(self, _part, _readiness):
        period = self._get_cycle_periods().sorted("date_start")[:1]
        text = period and self.env._(
            "%(start)s until %(end)s",
            start=format_day(self.env, period.date_start),
            end=format_day(self.env, period.date_last),
        )
        return period, text, False

    def _guide_number(self, _part, _readiness):
        return self.number, self.number, {"field": "number"}

    def _guide_attest(self, _part, _readiness):
        period = self._get_cycle_periods().sorted("date_start")[:1]
        if not period:
            return False, False, False
        return period.attest_attachment_ids, False, None

    # ------------------------------------------------------------------- perform

    def _guide_conditions(self, _part, _readiness):
        last = self._get_cycle_periods().sorted("date_start")[-1:]
        if not last.conditional:
            return None
        return False, format_day(self.env, last.date_last), None

    def _guide_dossiers(self, _part, _readiness):
        if not self.env["sale.order"].has_access("read"):
            return None
        return self.dossier_count, str(self.dossier_count), None

    def _guide_complete(self, _part, _readiness):
        if not self.dossier_count:
            return None
        full = Domain("kmop_completeness", ">=", 100)
        there = self._count_dossiers(full).get(self.id, 0)
        return (
            there >= self.dossier_count,
            self._get_share(there, self.dossier_count),
            None,
        )

    def _guide_answers(self, _part, _readiness):
        count, wanted = self.satisfaction_count, self.company_id.kmop_min_answers
        done = count >= wanted
        return done, str(count) if done else self._get_share(count, wanted), None

    def _guide_findings(self, _part, _readiness):
        count = self.open_finding_count
        return not count, count and self.env._("%s open", count), None

    @api.depends("step", "track_id", "number", "audit_ids.state", "period_ids")
    @api.depends_context("lang", "uid", "allowed_company_ids")
    def _compute_guide(self):
        readiness = self.readiness()
        for registration in self:
            stored = registration._origin
            counts = readiness.get(stored.id, {})
            registration.guide = stored and stored._get_guide(counts)

    def _get_guide(self, readiness):
        steps = [self._get_guide_step(c, readiness) for c in self._get_guide_codes()]
        current = self._get_guide_current(steps)
        self._mark_guide_steps(steps, current)
        return {
            "steps": steps,
            "current": current,
            "next": self._get_guide_next(steps, current),
            "notes": list(filter(None, self._get_guide_notes())),
            "parts": [self._get_guide_part(part) for part in self._get_guide_parts()],
        }

    def _get_guide_parts(self):
        return self.track_id.part_ids.sorted("sequence")

    def _get_guide_codes(self):
        """Return the steps of this track: a second part only where there is one."""
        several = len(self._get_guide_parts()) > 1
        return [code for code in STEP_ITEMS if several or code != "part2"]

    def _get_guide_current(self, steps):
        """Return the step to work on, False where the path has come to its end."""
        first = self._get_guide_parts()[:1]
        if self.step == "completed":
            return "perform" if steps[-1]["code"] != "part2" else False
        if self.step == "withdrawn":
            return False
        if self.step == "refused":
            return "part1" if self._get_next_part() == first else "part2"
        if self.step == "prepare" and all(i["done"] for i in steps[0]["items"]):
            return "request"
        return self.step

    def _mark_guide_steps(self, steps, current):
        """Give each step its state, by its place before or after the current one."""
        codes = [step["code"] for step in steps]
        if current:
            reached = codes.index(current)
        elif self.step == "completed":
            reached = len(codes)
        else:
            granted = self._get_cycle_periods()
            reached = codes.index("registered") + 1 if granted else 0
        for place, step in enumerate(steps):
            state = "done" if place < reached else "todo"
            step["state"] = "current" if step["code"] == current else state
            step["left"] = sum(not item["done"] for item in step["items"])

    def _get_guide_next(self, steps, current):
        """Return the button: the first thing that the current step misses."""
        if self.step == "refused":
            return self._get_guide_button(
                self.env._("Start another audit"), "action_start_audit"
            )
        ends = self.validity in ("expiring", "expired")
        if self.step == "completed" and ends:
            return self._get_guide_button(
                self.env._("Start the renewal"), "action_start_renewal"
            )
        if current == "perform" and ends:
            return self._get_guide_button(
                self.env._("Ask for the next audit"), "action_start_audit"
            )
        items = [i for step in steps if step["code"] == current for i in step["items"]]
        missing = [item for item in items if not item["done"] and item["link"]]
        if not missing:
            return False
        return {"label": missing[0]["todo"], "link": missing[0]["link"]}

    def _get_guide_button(self, label, action):
        writes = self.has_access("write")
        return writes and {"label": label, "link": {"action": action}}

    # ------------------------------------------------------------------- actions

    @api.readonly
    def action_open_matrix(self):
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "kmop_registration.kmop_matrix_action"
        )
        return {**action, "context": {"active_id": self.id}}

    def action_open_attest(self):
        """Open the attest of the first period of this cycle, or where to add it."""
        self.ensure_one()
        periods = self._get_cycle_periods().sorted("date_start")
        return periods[:1].action_open_attest()

    # --------------------------------------------------------------------- steps

    def _get_guide_step(self, code, readiness):
        part = self._get_guide_step_part(code)
        items = [
            self._get_guide_item(name, part, readiness) for name in STEP_ITEMS[code]
        ]
        is_audit = code in ("part1", "part2")
        need = AUDIT_NEEDS[part.audit_kind] if is_audit else NEEDS[code]
        return {
            "code": code,
            "title": self._get_guide_title(code, part if is_audit else None),
            "need": self.env._(need),
            "items": list(filter(None, items)),
        }

    def _get_guide_step_part(self, code):
        """Return the part that a step is about."""
        parts = self._get_guide_parts()
        following = self._get_next_part()
        if code == "perform" and self._get_cycle_periods():
            return following
        if code in ("perform", "part2"):
            return (following - parts[:1]) or parts[1:][-1:]
        return parts[:1]

    def _get_guide_title(self, code, part):
        labels = self._fields["step"]._description_selection(self.env)
        if not part:
            return dict(labels)[code]
        kind = self._get_guide_part(part)["audit"]
        return part.name if kind == part.name else f"{part.name}: {kind}"

    def _get_guide_item(self, name, part, readiness):
        """Return a line of a step, None where it doesn't apply or can't be seen."""
        found = self._get_guides()[name](part, readiness)
        if found is None:
            return None
        done, value, link = found
        item = ITEMS[name]
        if item.officer and not self.has_access("write"):
            link = False
        elif link is None:
            link = {"action": item.action} if item.action else False
        return {
            "name": name,
            "label": self.env._(item.label),
            "todo": item.todo and self.env._(item.todo),
            "done": bool(done),
            "value": value or False,
            "link": link,
        }

    def _get_guide_part(self, part):
        return {
            "name": part.name,
            "audit": dict(part._fields["audit_kind"]._description_selection(self.env))[
                part.audit_kind
            ],
            "months": part.validity_months,
            "exempt": part.exempt_requirement_ids.mapped("name"),
        }

    # --------------------------------------------------------------------- notes

    def _get_guide_notes(self):
        """Return what must be known of the state that the registration is in."""
        today = self.company_id._kmop_today()
        end = format_day(self.env, self.date_end)
        if self.step == "withdrawn":
            day = format_day(self.env, self.date_withdrawn)
            yield self.env._("Withdrawn: not registered from %(day)s on.", day=day)
            return
        if self.step == "refused":
            yield self.env._(
                "The decision was negative. Work on the findings, and have this part"
                " audited again."
            )
        if self.date_end and self.date_end < today:
            yield self.env._(
                "The registration ended on %(end)s: what starts later isn't covered.",
                end=end,
            )
        elif self.step == "refused" and self.date_end:
            yield self.env._("The registration itself runs until %(end)s.", end=end)
        if self.step == "completed":
            yield self._get_renewal_note()

    def _get_renewal_note(self):
        last = self._get_last_period()
        return self.env._(
            "All parts are granted, until %(end)s. Keep the dossiers complete: the"
            " renewal asks for the list of the last %(months)s months. Prepare it from"
            " %(day)s on.",
            end=format_day(self.env, self.date_end),
            months=self.coming_part_id.project_window_months,
            day=format_day(self.env, last.date_expiring),
        )

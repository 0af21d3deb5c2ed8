from odoo import api, fields, models

from ..tools import format_day
from .kmop_guide_step import AUDIT_NEEDS, ITEMS, NEEDS, STEP_ITEMS


class KmopGuide(models.AbstractModel):
    """The path of a registration: what each step needs, what is done, what is next."""

    _name = "kmop.guide"
    _description = "Guided path of a registration"
    _inherit = ["kmop.guide.item"]

    guide = fields.Json(
        compute="_compute_guide",
        groups="kmop_registration.group_kmop_user",
        help="The steps of the track, each with what it needs.",
    )

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
        found = getattr(self, f"_guide_{name}")(part, readiness)
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

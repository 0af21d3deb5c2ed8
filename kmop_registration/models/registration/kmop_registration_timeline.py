from odoo import api, fields, models

from ...tools import Scale, cluster, day_after, day_before, period_end, shift, timeline
from .kmop_timeline_style import HATCHED, LANES

# The date that an audit is drawn at, the furthest it got first.
AUDIT_DATES = ("date_decided", "date_visited", "date_planned", "date_requested")

# What a name is followed by where there is room; its length counts.
DATED = ", until 28 September 2027"

# How far before and after the periods a milestone is still drawn.
MARGIN_MONTHS = 12


class KmopRegistration(models.Model):
    """What the drawn timeline of a registration shows, and where.

    Everything is placed here, so that the screen and the printed page only draw. What
    the user may not read isn't there.
    """

    _inherit = "kmop.registration"

    timeline = fields.Json(
        compute="_compute_timeline",
        help="Periods, audits and milestones of the cycle, as the drawing needs them.",
    )

    @api.depends(
        "track_id",
        "cycle",
        "date_withdrawn",
        "period_ids.date_last",
        "audit_ids.state",
        "audit_ids.date_planned",
        "milestone_ids.state",
        "milestone_ids.date_planned",
    )
    @api.depends_context("lang", "uid", "allowed_company_ids")
    def _compute_timeline(self):
        milestones = self._get_timeline_milestones()
        # At once: period by period it would be asked again for each registration.
        self._origin.period_ids.mapped("granted_part_id")
        sees_audits = self.env["kmop.audit"].has_access("read")
        for registration in self:
            stored = registration._origin
            registration.timeline = stored and stored._get_timeline(
                stored.audit_ids if sees_audits else (), milestones.get(stored, ())
            )

    def _get_timeline_milestones(self):
        """Return the milestones that the user may read, by registration."""
        found = self.env["kmop.milestone"]
        if found.has_access("read"):
            found = found.search([("registration_id", "in", self.ids)])
        return found.grouped("registration_id")

    def _get_timeline(self, audits, milestones, today=None):
        """Return the drawing: plain data, with dates in ISO form.

        :param today: the day to draw it on, if not today
        """
        today = today or self.company_id._kmop_today()
        spans = self._get_timeline_spans(today)
        points = [self._get_audit_point(a) for a in audits if self._is_drawn(a)]
        points = [point for point in points if point["day"]]
        days = [today, *(point["day"] for point in points)]
        days += [day for span in spans for day in (span["day"], span["until"])]
        first, last = min(days), max(days)
        drawn = self._get_near(milestones, first, last)
        points += [self._get_milestone_point(m, today) for m in drawn]
        days = [first, last, *(point["day"] for point in points)]
        scale = Scale(shift(min(days), -1, "months"), shift(max(days), 1, "months"))
        return {
            **self._draw(scale, spans, points, today),
            "today": {"x": scale.x(today), "date": fields.Date.to_string(today)},
            "years": scale.years(),
            "hidden": len(milestones) - len(drawn),
        }

    def _is_drawn(self, record):
        """Tell whether a period or audit is of the cycle, or of the one before it
        where the new one hasn't been granted anything yet."""
        granted = self._get_cycle_periods()
        return record.cycle >= (self.cycle if granted else self.cycle - 1)

    @api.model
    def _get_near(self, milestones, first, last):
        first, last = (
            shift(first, -MARGIN_MONTHS, "months"),
            shift(last, MARGIN_MONTHS, "months"),
        )
        return [m for m in milestones if first <= m.date_planned <= last]

    # --------------------------------------------------------------------- spans

    def _get_timeline_spans(self, today):
        """Return the periods granted, what is missing between them, and what comes."""
        periods = self.period_ids.filtered(lambda p: p.date_last and self._is_drawn(p))
        spans, last = [], None
        for period in periods.sorted("date_start"):
            if last and period.date_start > day_after(last):
                spans.append(self._get_hole("gap", last, day_before(period.date_start)))
            spans.append(self._get_period_span(period))
            last = period.date_last
        if self.date_withdrawn:
            return spans + self._get_withdrawn_span(periods, today)
        if last and last < day_before(today):
            spans.append(self._get_hole("expired", last, day_before(today)))
        return spans + self._get_coming_spans(today)

    def _get_period_span(self, period):
        return {
            "style": "conditional" if period.conditional else "granted",
            "name": period.part_id.name,
            "day": period.date_start,
            "until": period.date_last,
            "model": period._name,
            "id": period.id,
        }

    def _get_hole(self, style, last, until):
        names = {
            "gap": self.env._("Not registered"),
            "expired": self.env._("Expired"),
        }
        return {
            "style": style,
            "name": names[style],
            "day": day_after(last),
            "until": until,
        }

    def _get_withdrawn_span(self, periods, today):
        until = max([today, *periods.mapped("date_end")])
        if until < self.date_withdrawn:
            return []
        span = {"style": "withdrawn", "name": self.env._("Withdrawn")}
        return [{**span, "day": self.date_withdrawn, "until": until}]

    def _get_coming_spans(self, today):
        """Return the parts still to be granted, each as if it were decided in time."""
        Period = self.env["kmop.registration.period"]
        granted = self._get_cycle_periods().granted_part_id
        spans, until = [], None
        for part in self.track_id.part_ids.sorted("sequence") - granted:
            if until:
                start = day_after(until)
                until = period_end(start, part.validity_months)
            else:
                start, until = Period._propose(self, part, today)
            spans.append(
                {"style": "coming", "name": part.name, "day": start, "until": until}
            )
        return spans

    # -------------------------------------------------------------------- points

    def _get_audit_point(self, audit):
        dates = [name for name in AUDIT_DATES if audit[name]]
        return {
            "lane": "audit",
            "style": audit.outcome if audit.state == "decided" else audit.state,
            "name": audit.part_id.name,
            "day": dates and audit[dates[0]],
            "facts": self._get_facts(audit, reversed(dates)),
            "model": audit._name,
            "id": audit.id,
        }

    def _get_milestone_point(self, milestone, today):
        # The day it is about; where it reminds of something past, the day it does.
        due = max(milestone.date_planned, milestone.date_anchor)
        late = milestone.state in ("planned", "sent") and due < today
        return {
            "lane": "milestone",
            "style": "late" if late else milestone.state,
            "name": milestone.name,
            "day": milestone.date_planned,
            "facts": self._get_facts(milestone, ["date_planned", "date_anchor"]),
            "model": milestone._name,
            "id": milestone.id,
        }

    def _get_facts(self, record, names):
        """Return what a mark tells apart from its name: labels and dates."""
        return [
            (
                record._fields[name]._description_string(self.env),
                fields.Date.to_string(record[name]),
            )
            for name in names
        ]

    # --------------------------------------------------------------------- paper

    @api.model
    def _get_timeline_rows(self, drawing, limit=None):
        """Return what a drawing holds by day, as paper has no tooltips."""
        items = [*drawing["spans"], *(i for m in drawing["marks"] for i in m["items"])]
        today = drawing["today"]["date"]
        if limit:
            items = [item for item in items if item["date"] >= today]
        labels = {lane["name"]: lane["label"] for lane in drawing["lanes"]}
        rows = [
            {
                **item,
                "lane": labels[item["style"].partition(".")[0]],
                "state": drawing["styles"][item["style"]]["label"],
            }
            for item in sorted(items, key=lambda item: item["date"])
        ]
        return rows[:limit]

    # ------------------------------------------------------------------- drawing

    def _draw(self, scale, spans, points, today):
        marks = []
        for lane in ("audit", "milestone"):
            mine = [{**p, "x": scale.x(p["day"])} for p in points if p["lane"] == lane]
            marks += [self._draw_mark(lane, group) for group in cluster(mine)]
        used = {f"period.{span['style']}" for span in spans}
        used.update(f"{p['lane']}.{p['style']}" for p in points)
        return {
            "size": [timeline.WIDTH, timeline.HEIGHT],
            "band": [timeline.BAND_TOP, timeline.BAND_HEIGHT],
            "axis": [timeline.LEFT, timeline.RIGHT, timeline.AXIS_Y],
            "lanes": self._get_lanes(used),
            "styles": self._get_styles(used),
            "spans": [self._draw_span(scale, span, today) for span in spans],
            "marks": marks,
        }

    def _draw_span(self, scale, span, today):
        x, end = scale.x(span["day"]), scale.x(day_after(span["until"]))
        width = max(round(end - x, 1), 2)
        middle, room = timeline.free_side(x, width, scale.x(today))
        hatched = span["style"] in HATCHED
        return {
            **self._draw_item(span),
            "style": f"period.{span['style']}",
            "until": fields.Date.to_string(span["until"]),
            "x": x,
            "width": width,
            "middle": round(middle, 1),
            "named": not hatched and timeline.fits(span["name"], room),
            "dated": timeline.fits(f"{span['name']}{DATED}", room),
            "hatch": hatched and timeline.hatch(x, width),
        }

    @api.model
    def _draw_mark(self, lane, group):
        """Return one mark for what would overlap; the most urgent gives its look."""
        order = list(LANES[lane][1])
        style = min((point["style"] for point in group), key=order.index)
        return {
            "lane": lane,
            "style": f"{lane}.{style}",
            "x": group[0]["x"],
            "y": timeline.LANE_Y[lane],
            "items": [
                {**self._draw_item(p), "style": f"{lane}.{p['style']}"} for p in group
            ],
        }

    @api.model
    def _draw_item(self, item):
        return {
            "name": item["name"],
            "date": fields.Date.to_string(item["day"]),
            "facts": item.get("facts", []),
            "model": item.get("model", False),
            "id": item.get("id", False),
        }

    def _get_lanes(self, used):
        lanes = {key.partition(".")[0] for key in used}
        return [
            {
                "name": name,
                "label": self.env._(label),
                "y": timeline.LANE_Y[name],
            }
            for name, (label, _styles) in LANES.items()
            if name in lanes
        ]

    def _translate_style(self, style):
        label = style["label"]
        return {**style, "label": self.env._(label)}

    def _get_styles(self, used):
        """Return how to draw what is there, in the order of the legend."""
        return {
            f"{lane}.{name}": self._translate_style(style)
            for lane, (_label, styles) in LANES.items()
            for name, style in styles.items()
            if f"{lane}.{name}" in used
        }

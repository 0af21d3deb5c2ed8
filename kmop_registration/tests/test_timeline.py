from datetime import date, timedelta

from lxml import html

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, freeze_time, tagged

from .budget import BudgetCommon
from .common import KmopCommon


class TimelineCommon(KmopCommon):
    def _draw(self, registration, user=None, day="2026-05-04"):
        """Return the drawing as ``user`` gets it on ``day``."""
        with freeze_time(day):
            self.env.invalidate_all()
            return registration.with_user(user or self.officer).timeline

    def _spans(self, drawing):
        return [
            (span["style"].partition(".")[2], span["date"], span["until"])
            for span in drawing["spans"]
        ]

    def _marks(self, drawing, lane):
        return [mark for mark in drawing["marks"] if mark["lane"] == lane]

    def _styles(self, drawing, lane):
        return [mark["style"].partition(".")[2] for mark in self._marks(drawing, lane)]

    def _add_milestones(self, registration, count, start=date(2026, 3, 1), step=9):
        return (
            self.env["kmop.milestone"]
            .with_user(self.officer)
            .create(
                [
                    {
                        "registration_id": registration.id,
                        "title": f"Mijlpaal {index}",
                        "date_planned": start + timedelta(days=index * step),
                    }
                    for index in range(count)
                ]
            )
        )


@tagged("post_install", "-at_install")
class TestTimeline(TimelineCommon, BudgetCommon):
    # --------------------------------------------------------------------- spans

    def test_nothing_granted_yet(self):
        drawing = self._draw(self._create_registration())
        self.assertEqual(
            self._spans(drawing),
            [
                ("coming", "2026-05-04", "2028-05-03"),
                ("coming", "2028-05-04", "2031-05-03"),
            ],
        )
        self.assertEqual(drawing["today"]["date"], "2026-05-04")

    def test_granted_and_to_come(self):
        drawing = self._draw(self._register())
        self.assertEqual(
            self._spans(drawing),
            [
                ("granted", "2026-03-01", "2028-02-29"),
                ("coming", "2028-03-01", "2031-02-28"),
            ],
        )
        first, second = drawing["spans"]
        self.assertLess(first["x"], drawing["today"]["x"])
        self.assertAlmostEqual(first["x"] + first["width"], second["x"], delta=0.2)
        self.assertLessEqual(second["x"] + second["width"], drawing["axis"][1])

    def test_gap(self):
        registration = self._register()
        self._decide(registration, date(2028, 4, 11))
        drawing = self._draw(registration, day="2028-05-04")
        self.assertEqual(
            self._spans(drawing),
            [
                ("granted", "2026-03-01", "2028-02-29"),
                ("gap", "2028-03-01", "2028-04-10"),
                ("granted", "2028-04-11", "2031-04-10"),
            ],
        )
        self.assertTrue(drawing["spans"][1]["hatch"])
        self.assertFalse(drawing["spans"][1]["named"])

    def test_expired(self):
        """From the day after the last until yesterday; what comes begins today."""
        registration = self._register()
        for day, hole in (
            ("2028-02-29", None),
            ("2028-03-01", None),
            ("2028-03-02", ("expired", "2028-03-01", "2028-03-01")),
            ("2028-06-01", ("expired", "2028-03-01", "2028-05-31")),
        ):
            spans = self._spans(self._draw(registration, day=day))
            with self.subTest(day=day):
                holes = [span for span in spans if span[0] == "expired"]
                self.assertEqual(holes, [hole] if hole else [])
                coming = max(day, "2028-03-01")
                self.assertEqual(spans[-1][:2], ("coming", coming))

    def test_conditional(self):
        registration = self._create_registration()
        self._decide(registration, date(2026, 3, 1), "conditional")
        spans = self._spans(self._draw(registration))
        self.assertEqual(spans[0], ("conditional", "2026-03-01", "2027-02-28"))
        # Its own re-audit completes the term of the part.
        self.assertEqual(spans[1], ("coming", "2027-03-01", "2028-02-29"))
        self.assertEqual(spans[2][:2], ("coming", "2028-03-01"))

    def test_withdrawn(self):
        registration = self._register()
        with freeze_time("2026-04-01"):
            registration.withdraw(date(2026, 4, 1), "Gestopt")
        self.assertEqual(
            self._spans(self._draw(registration)),
            [
                ("granted", "2026-03-01", "2026-03-31"),
                ("withdrawn", "2026-04-01", "2028-02-29"),
            ],
        )

    def test_corrected(self):
        registration = self._register()
        registration.period_ids.correct(
            date(2026, 3, 5), date(2028, 3, 4), "Datum van het attest"
        )
        spans = self._spans(self._draw(registration))
        self.assertEqual(spans[0], ("granted", "2026-03-05", "2028-03-04"))
        self.assertEqual([span[0] for span in spans], ["granted", "coming"])

    def test_renewal(self):
        """The cycle before is shown while the new one has nothing; then no more."""
        registration = self._register(track_id=self.regular.id)
        with freeze_time("2030-12-01"):
            registration.start_renewal()
        drawing = self._draw(registration, day="2030-12-02")
        self.assertEqual(
            self._spans(drawing),
            [
                ("granted", "2026-03-01", "2031-02-28"),
                ("coming", "2031-03-01", "2036-02-29"),
            ],
        )
        self._decide(registration, date(2031, 1, 15))
        drawing = self._draw(registration, day="2031-03-05")
        self.assertEqual(
            self._spans(drawing), [("granted", "2031-03-01", "2036-02-29")]
        )
        self.assertEqual(self._styles(drawing, "audit"), ["positive"])

    # -------------------------------------------------------------------- points

    def test_audits(self):
        registration = self._create_registration()
        with freeze_time("2026-05-04"):
            audit = registration.start_audit()
            self.assertFalse(self._styles(self._draw(registration), "audit"))
            for move, style in (
                (lambda: audit.request(self.bureau), "requested"),
                (lambda: audit.plan(date(2026, 6, 1)), "planned"),
                (lambda: audit.plan(date(2026, 5, 4)), "planned"),
                (audit.visit, "visited"),
                (lambda: audit.decide("negative"), "negative"),
            ):
                move()
                drawing = self._draw(registration)
                self.assertEqual(self._styles(drawing, "audit"), [style])
        item = self._marks(drawing, "audit")[0]["items"][0]
        self.assertEqual((item["model"], item["id"]), ("kmop.audit", audit.id))
        self.assertEqual(item["date"], "2026-05-04")
        self.assertEqual(len(item["facts"]), 4)

    def test_cancelled_audit(self):
        registration = self._create_registration()
        with freeze_time("2026-05-04"):
            audit = registration.start_audit()
            audit.request(self.bureau)
            audit.cancel("Ander bureau")
        drawing = self._draw(registration)
        self.assertEqual(self._styles(drawing, "audit"), ["cancelled"])

    def test_milestones(self):
        registration = self._create_registration()
        milestones = self._add_milestones(registration, 4, date(2026, 4, 1), 180)
        milestones[1].mark_done()
        milestones[2].cancel("Niet nodig")
        drawing = self._draw(registration, day="2026-04-01")
        self.assertEqual(
            self._styles(drawing, "milestone"),
            ["planned", "done", "cancelled", "planned"],
        )
        drawing = self._draw(registration, day="2026-04-02")
        self.assertEqual(self._styles(drawing, "milestone")[0], "late")

    def test_reminded_is_late_after_its_deadline(self):
        registration = self._create_registration()
        with freeze_time("2026-04-01"):
            milestone = self._add_milestones(registration, 1, date(2026, 4, 1))
            milestone.date_anchor = "2026-04-20"
            milestone.sudo().write({"state": "sent"})
        for day, style in (("2026-04-20", "sent"), ("2026-04-21", "late")):
            drawing = self._draw(registration, day=day)
            self.assertEqual(self._styles(drawing, "milestone"), [style])

    def test_crowd(self):
        """200 milestones: none is lost, no two marks overlap, and the most urgent of
        a group gives its look."""
        registration = self._create_registration()
        milestones = self._add_milestones(registration, 200)
        milestones[100:].mark_done()
        drawing = self._draw(registration, day="2026-03-01")
        marks = self._marks(drawing, "milestone")
        ids = [item["id"] for mark in marks for item in mark["items"]]
        self.assertEqual(sorted(ids), sorted(milestones.ids))
        places = [mark["x"] for mark in marks]
        distances = [b - a for a, b in zip(places, places[1:], strict=False)]
        self.assertGreaterEqual(min(distances), 25)
        self.assertLessEqual(places[-1], drawing["axis"][1])
        for mark in marks:
            styles = {item["style"] for item in mark["items"]}
            planned = "milestone.planned" in styles
            self.assertEqual(
                mark["style"], "milestone.planned" if planned else "milestone.done"
            )

    def test_far_milestones_do_not_squeeze_the_rest(self):
        registration = self._create_registration()
        self._add_milestones(registration, 1, date(2206, 1, 1))
        drawing = self._draw(registration)
        self.assertFalse(self._marks(drawing, "milestone"))
        self.assertEqual(drawing["hidden"], 1)
        self.assertEqual(len(drawing["years"]), 5)

    # -------------------------------------------------------------------- rights

    def test_rights(self):
        """Who may read less is shown less, never an error."""
        registration = self._register()
        self._add_milestones(registration, 1)
        drawing = self._draw(registration, self.reader)
        self.assertTrue(self._marks(drawing, "audit"))
        self.assertTrue(self._marks(drawing, "milestone"))
        for user in (self.salesman, self.surveyor):
            with self.subTest(user=user.login):
                drawing = self._draw(registration, user)
                self.assertEqual(len(drawing["spans"]), 2)
                self.assertEqual(drawing["marks"], [])
                self.assertEqual(
                    [lane["name"] for lane in drawing["lanes"]], ["period"]
                )
        with self.assertRaises(AccessError):
            self._draw(registration, self.stranger)

    def test_own_milestone_of_a_salesperson(self):
        registration = self._register()
        own, _other = self._add_milestones(registration, 2)
        own.user_id = self.salesman
        marks = self._marks(self._draw(registration, self.salesman), "milestone")
        self.assertEqual([i["id"] for m in marks for i in m["items"]], own.ids)

    def test_new_record_has_none(self):
        new = self.env["kmop.registration"].with_user(self.officer).new({})
        self.assertFalse(new.timeline)
        self.assertFalse(new.guide)

    # -------------------------------------------------------------------- budget

    def _count_drawing(self, registrations):
        return self._count(
            lambda: registrations.browse(registrations.ids).mapped("timeline")
        )

    def test_queries(self):
        """A fixed number, for one mark or hundreds, and for many registrations."""
        registration = self._register().with_user(self.reader)
        registration = registration.with_context(tz="Europe/Brussels")
        few = self._count_drawing(registration)
        self._add_milestones(registration, 200)
        self.assertEqual(self._count_drawing(registration), few)
        self.assertLessEqual(few, 16)
        others = self.env["res.partner"].create([{"name": f"O{i}"} for i in range(5)])
        for partner in others:
            registration |= self._register(partner_id=partner.id).with_user(self.reader)
        self.assertLessEqual(self._count_drawing(registration), few + 2)

    def test_form(self):
        """What the drawing and the path add to opening the form."""
        registration = self._register().with_user(self.reader)
        fields = self._get_specification(registration, "form")
        self.assertIn("timeline", fields)
        plain = {k: v for k, v in fields.items() if k not in ("timeline", "guide")}
        with freeze_time("2026-05-04"):
            ours = self._read_form(registration, fields)
            without = self._read_form(registration, plain)
        self.assertLessEqual(ours - without, 14)

    def test_withdrawn_later_than_anything_drawn(self):
        registration = self._create_registration(service="advice")
        with freeze_time("2026-05-04"):
            registration.withdraw("2027-01-01", "Gestopt")
        drawing = self._draw(registration)
        self.assertNotIn("withdrawn", [span[0] for span in self._spans(drawing)])


@tagged("post_install", "-at_install")
class TestTimelineOnPaper(TimelineCommon):
    def _render(self, name, record):
        content, _kind = (
            self.env["ir.actions.report"]
            .with_user(self.reader)
            ._render_qweb_html(f"kmop_registration.{name}", record.ids)
        )
        return html.fromstring(content)

    def test_audit_summary(self):
        registration = self._register()
        self._add_milestones(registration, 2, date(2026, 6, 1), 300)
        with freeze_time("2026-05-04"):
            audit = self._visit(registration, date(2026, 5, 1))
            page = self._render("report_kmop_audit", audit)
        drawing = self._draw(registration)
        svg = page.xpath("//*[@class='kmop_timeline']")[0]
        places = [f"translate({m['x']},{m['y']})" for m in drawing["marks"]]
        self.assertEqual(svg.xpath(".//g/@transform"), places)
        rects = svg.xpath("./rect[@width]/@x")
        self.assertEqual(rects, [str(span["x"]) for span in drawing["spans"]])
        # What an old browser can't draw: it would be left out in silence.
        for node in svg.iter():
            self.assertNotIn("var(", " ".join(node.attrib.values()))
        self.assertFalse(svg.xpath(".//pattern|.//use|.//foreignobject|.//style"))
        self.assertIn("Mijlpaal 1", page.text_content())

    def test_page_of_its_own(self):
        registration = self._register()
        milestones = self._add_milestones(registration, 30, date(2026, 6, 1), 3)
        page = self._render("report_kmop_registration", registration)
        self.assertEqual(len(page.xpath("//*[@class='kmop_timeline']")), 1)
        text = page.text_content()
        for milestone in milestones:
            self.assertIn(milestone.name, text)
        self.assertIn("DV.O123456", text)


@tagged("post_install", "-at_install")
class TestTimelineScreen(TimelineCommon, HttpCase):
    def test_tour(self):
        """A mark opens what it stands for, a step what it asks for."""
        registration = self._create_registration()
        today = self.company._kmop_today()
        audit = registration.start_audit()
        audit.request(self.bureau, today - timedelta(days=60))
        milestones = self._add_milestones(registration, 3, today, 1)
        self.start_tour(
            f"/odoo/kmop/{registration.id}",
            "kmop_timeline_tour",
            login=self.officer.login,
        )
        self.assertEqual(len(milestones.filtered(lambda m: m.state == "planned")), 3)
        self.assertEqual(registration.number, "DV.O123456")

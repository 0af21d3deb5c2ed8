from ast import literal_eval
from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, freeze_time, tagged

from .common import KmopCommon

TODAY = "2026-06-15 12:00:00"


class OnboardCommon(KmopCommon):
    def _open(self, user=None):
        return Form(
            self.env["kmop.registration.onboard"].with_user(user or self.officer)
        )

    def _fill(self, *lines, user=None, **vals):
        """Return the wizard, filled in as in its form: a line per part, in order."""
        with self._open(user) as form:
            form.number = "DV.O123456"
            for name, value in vals.items():
                setattr(form, name, value)
            for index, line in enumerate(lines):
                with form.part_ids.edit(index) as part:
                    for name, value in line.items():
                        setattr(part, name, value)
        return form.record

    def _take_over(self, *lines, **vals):
        wizard = self._fill(*lines, **vals)
        wizard.action_confirm()
        return wizard.registration_id

    def _find(self):
        return self.env["kmop.registration"].search(
            [("company_id", "=", self.company.id)]
        )


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestOnboard(OnboardCommon):
    def test_first_part(self):
        registration = self._take_over({"date_start": date(2025, 3, 1)})
        self.assertEqual(registration.number, "DV.O123456")
        self.assertEqual(registration.partner_id, self.company.partner_id)
        self.assertEqual(registration.track_id, self.starter)
        self.assertEqual(
            self._dates(registration.period_ids), (date(2025, 3, 1), date(2027, 2, 28))
        )
        self.assertEqual(registration.next_part_id, self.part2)
        self.assertEqual(registration.step, "perform")
        self.assertEqual(registration.validity, "valid")
        self.assertFalse(registration.audit_ids)

    def test_both_parts_with_audits(self):
        registration = self._take_over(
            {
                "date_start": date(2022, 3, 1),
                "date_visited": date(2022, 1, 20),
                "bureau_id": self.bureau,
            },
            {
                "date_start": date(2024, 3, 1),
                "date_visited": date(2024, 1, 20),
                "bureau_id": self.bureau,
            },
        )
        first, second = registration.period_ids.sorted("date_start")
        self.assertEqual(self._dates(first), (date(2022, 3, 1), date(2024, 2, 29)))
        self.assertEqual(self._dates(second), (date(2024, 3, 1), date(2027, 2, 28)))
        self.assertEqual(registration.step, "completed")
        audits = registration.audit_ids.sorted("id")
        self.assertEqual(audits.part_id, self.part1 | self.part2)
        self.assertEqual(set(audits.mapped("state")), {"decided"})
        self.assertEqual(set(audits.mapped("outcome")), {"positive"})
        self.assertEqual(
            audits.mapped("date_visited"), [date(2022, 1, 20), date(2024, 1, 20)]
        )
        self.assertEqual(first.audit_id, audits[0])
        self.assertEqual(second.gap_days, 0)

    def test_log(self):
        """Who looks at it later sees that it was taken over, and what stands in."""
        registration = self._take_over({"date_start": date(2025, 3, 1)})
        self.assertIn("Taken over", registration.period_ids.override_reason)
        body = registration.message_ids[0].body
        self.assertIn("Taken over", body)
        self.assertIn("2025", body)
        self.assertEqual(registration.message_ids[0].author_id, self.officer.partner_id)

    def test_attest(self):
        """The attest is of the period from then on: who sees that may read it."""
        attachment = (
            self.env["ir.attachment"]
            .with_user(self.officer)
            .create({"name": "attest.pdf", "raw": b"%PDF-"})
        )
        wizard = self._fill(
            {
                "date_start": date(2025, 3, 1),
                "date_visited": date(2025, 1, 20),
                "bureau_id": self.bureau,
            }
        )
        line = wizard.part_ids.filtered("date_start")
        line.attest_attachment_ids = [Command.set(attachment.ids)]
        wizard.action_confirm()
        period = wizard.registration_id.period_ids
        self.assertEqual(period.attest_attachment_ids, attachment)
        self.assertEqual(attachment.res_model, "kmop.registration.period")
        self.assertEqual(attachment.with_user(self.reader).raw, b"%PDF-")

    def test_decided_late(self):
        """A gap is history as well."""
        registration = self._take_over(
            {"date_start": date(2022, 3, 1)},
            {
                "date_start": date(2024, 6, 1),
                "date_visited": date(2024, 4, 20),
                "bureau_id": self.bureau,
            },
        )
        last = registration.period_ids.sorted("date_start")[-1]
        self.assertEqual(self._dates(last), (date(2024, 6, 1), date(2027, 5, 31)))
        self.assertEqual(last.gap_days, 92)

    def test_decided_in_time(self):
        """The next period may have been granted and begin later."""
        registration = self._take_over(
            {"date_start": date(2024, 7, 1)},
            {
                "date_start": date(2026, 7, 1),
                "date_visited": date(2026, 5, 20),
                "bureau_id": self.bureau,
            },
        )
        self.assertEqual(registration.date_end, date(2029, 6, 30))
        self.assertEqual(registration.validity, "valid")

    def test_dates_of_the_attest(self):
        registration = self._take_over(
            {
                "date_start": date(2025, 3, 1),
                "date_end": date(2027, 3, 15),
                "date_visited": date(2025, 1, 20),
                "bureau_id": self.bureau,
            }
        )
        self.assertEqual(registration.date_end, date(2027, 3, 15))

    def test_other_track(self):
        registration = self._take_over(
            {"date_start": date(2025, 3, 1)}, track_id=self.regular
        )
        self.assertEqual(registration.date_end, date(2030, 2, 28))
        self.assertEqual(registration.step, "completed")

    def test_expired(self):
        registration = self._take_over({"date_start": date(2020, 3, 1)})
        self.assertEqual(registration.validity, "expired")

    def test_nobody_is_reminded_of_the_past(self):
        registration = self._take_over(
            {
                "date_start": date(2025, 3, 1),
                "date_visited": date(2025, 1, 20),
                "bureau_id": self.bureau,
            }
        )
        planned = registration.milestone_ids.filtered(lambda m: m.state == "planned")
        self.assertTrue(planned)
        self.assertGreaterEqual(min(planned.mapped("date_anchor")), date(2026, 6, 15))
        self.assertFalse(registration.milestone_ids - planned)

    # ------------------------------------------------------------------- refusals

    def test_nonsense(self):
        day, later = date(2025, 3, 1), date(2026, 3, 1)
        bureau = {"bureau_id": self.bureau}
        for message, *lines in (
            ("Fill in from when", {}),
            ("before it begins", {"date_start": day, "date_end": date(2024, 1, 1)}),
            ("on a day to come", {"date_start": date(2026, 6, 16)}),
            ("while Part 1 runs until", {"date_start": day}, {"date_start": later}),
            ("so Part 1 was before it", {}, {"date_start": later}),
            ("has no first day", {"date_start": day}, {"date_visited": later}),
            ("both its day and its bureau", {"date_start": day, "date_visited": day}),
            ("both its day and its bureau", {"date_start": day, **bureau}),
            (
                "can't be later than the registration",
                {"date_start": day, "date_visited": date(2025, 3, 2), **bureau},
            ),
            (
                "before Part 1 was granted",
                {"date_start": date(2022, 3, 1)},
                {
                    "date_start": date(2024, 3, 1),
                    "date_visited": date(2022, 2, 1),
                    **bureau,
                },
            ),
            (
                "on a day to come",
                {"date_start": date(2024, 7, 1)},
                {"date_start": date(2026, 7, 2)},
            ),
        ):
            wizard = self._fill(*lines)
            with self.subTest(lines=lines), self.env.cr.savepoint():
                with self.assertRaisesRegex(UserError, message):
                    wizard.action_confirm()
                self.assertFalse(self._find())

    def test_other_parts(self):
        """The parts are those of the track, whoever calls."""
        wizard = self._fill(
            {"date_start": date(2022, 3, 1)}, {"date_start": date(2024, 3, 1)}
        )
        wizard.part_ids[1].part_id = self.part1
        with self.assertRaisesRegex(UserError, "one line for each part"):
            wizard.action_confirm()

    def test_again(self):
        self._take_over({"date_start": date(2025, 3, 1)})
        wizard = self._fill({"date_start": date(2025, 3, 1)})
        with self.assertRaisesRegex(UserError, "followed here already"):
            wizard.action_confirm()
        # The other service is a registration of its own.
        other = self._take_over(
            {"date_start": date(2025, 3, 1)}, service="advice", number="DV.A123456"
        )
        self.assertEqual(other.service, "advice")
        self.assertEqual(len(self._find()), 2)

    def test_a_started_one_is_used(self):
        """Who began by hand needn't begin again, also where the track was wrong."""
        registration = self._create_registration()
        registration.start_audit()
        taken = self._take_over({"date_start": date(2025, 3, 1)}, track_id=self.regular)
        self.assertEqual(taken, registration)
        self.assertEqual(taken.track_id, self.regular)
        self.assertFalse(taken.audit_ids)
        self.assertEqual(taken.date_end, date(2030, 2, 28))

    def test_an_audit_under_way(self):
        registration = self._create_registration()
        registration.start_audit().request(self.bureau)
        wizard = self._fill({"date_start": date(2025, 3, 1)})
        with self.assertRaisesRegex(UserError, "followed here already"):
            wizard.action_confirm()

    def test_number(self):
        with self._open() as form:
            self.assertFalse(form.number_warning)
            form.number = "DV.0123456"
            self.assertIn("DV.O123456", form.number_warning)
            form.number = "DV.O123456"
            self.assertFalse(form.number_warning)
            form.service = "advice"
            self.assertIn("DV.A123456", form.number_warning)

    # ---------------------------------------------------------------------- access

    def test_access(self):
        for user in (self.reader, self.salesman, self.surveyor):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._fill({"date_start": date(2025, 3, 1)}, user=user)

    def test_of_another_company(self):
        wizard = self._fill({"date_start": date(2025, 3, 1)})
        wizard.sudo().company_id = self.other_company
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            wizard.action_confirm()

    # ------------------------------------------------------------------ and then

    def test_next_steps(self):
        wizard = self._fill({"date_start": date(2025, 3, 1)})
        action = wizard.action_confirm()
        self.assertEqual(
            (action["res_model"], action["res_id"]), (wizard._name, wizard.id)
        )
        registration = wizard.registration_id
        action = wizard.action_open_evidence()
        self.assertEqual(action["context"]["default_registration_id"], registration.id)
        self.assertEqual(wizard.action_open_registration()["res_id"], registration.id)

    def test_old_quotes(self):
        with freeze_time("2024-01-10 12:00:00"):
            ancient = self._create_order(date_order="2024-01-10")
            ancient.action_confirm()
        with freeze_time("2025-01-10 12:00:00"):
            old = self._create_order(date_order="2025-01-10")
            old.action_confirm()
        draft = self._create_order()
        wizard = self._fill({"date_start": date(2025, 3, 1)})
        wizard.action_confirm()
        action = wizard.with_user(self.officer).action_open_quotes()
        found = self.env["sale.order"].search(action["domain"])
        self.assertEqual(found, old)
        self.assertNotIn(draft, found)
        view = self.env.ref("kmop_registration.sale_order_view_search")
        node = view._get_combined_arch().find(".//filter[@name='kmop_unlinked']")
        unlinked = action["domain"] + literal_eval(node.get("domain"))
        self.assertEqual(self.env["sale.order"].search(unlinked), old)
        old._kmop_link(wizard.registration_id, self.quote_type)
        self.assertFalse(self.env["sale.order"].search(unlinked))

    def test_a_started_one_of_the_same_track_is_used(self):
        registration = self._create_registration()
        audit = registration.start_audit()
        taken = self._take_over({"date_start": date(2025, 3, 1)})
        self.assertEqual((taken, taken.track_id), (registration, self.starter))
        self.assertEqual(taken.date_end, date(2027, 2, 28))
        self.assertNotEqual(audit.exists().state, "decided")


@tagged("post_install", "-at_install")
class TestOnboardTour(OnboardCommon, HttpCase):
    def test_tour(self):
        """From the empty screen, by the wizard, to files on the list of evidence."""
        self.officer.group_ids += self.env.ref("sales_team.group_sale_salesman")
        self.start_tour("/odoo/kmop", "kmop_onboard_tour", login=self.officer.login)
        registration = self._find()
        self.assertEqual(registration.number, "DV.O123456")
        self.assertEqual(registration.period_ids.part_id, self.part1)
        evidences = registration.evidence_ids
        self.assertEqual(
            set(evidences.mapped("name")), {"Privacy policy", "terms of sale"}
        )
        self.assertEqual(set(evidences.mapped("state")), {"draft"})
        self.assertEqual(set(evidences.type_id.mapped("code")), {"other"})
        loose = self.env["ir.attachment"].search(
            [("create_uid", "=", self.officer.id), ("name", "=like", "%.exe")]
        )
        self.assertFalse(loose)

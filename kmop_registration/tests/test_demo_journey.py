import io
from datetime import date, timedelta

from openpyxl import load_workbook

from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

ROOT = "kmop_registration."


# Needs the demo data: not among the standard tests, run by name.
@tagged("post_install", "-at_install", "-standard", "kmop_demo")
class TestDemoJourney(HttpCase):
    """Six years of a starter's track on the host's own demo quotes and answers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.ref("base.main_company")
        cls.company.partner_id.tz = "Europe/Brussels"
        cls.env["kmop.milestone"].search([]).state = "superseded"
        cls.env["res.lang"]._activate_lang("nl_BE")
        cls.env["ir.module.module"]._load_module_terms(["kmop_registration"], ["nl_BE"])
        cls.officer = new_test_user(
            cls.env,
            "journey",
            groups=ROOT + "group_kmop_officer,sales_team.group_sale_salesman_all_leads,"
            "survey.group_survey_user",
            name="Kwaliteit",
            email="kwaliteit@example.com",
            company_id=cls.company.id,
            lang="nl_BE",
            tz="Europe/Brussels",
        )
        cls.env = cls.env(user=cls.officer, context={"lang": "nl_BE"})
        cls.bureau = cls.env["res.partner"].sudo().create({"name": "Het Auditbureau"})
        cls.quotes = cls.env["sale.order"].search([("company_id", "=", cls.company.id)])
        cls.answers = cls.env["survey.user_input"].search(
            [("kmop_order_id", "=", False)]
        )

    def _audit(self, registration, requested, visited, decided, **decision):
        audit = registration.start_audit()
        with freeze_time(requested):
            audit.request(self.bureau)
            audit.plan(visited)
        with freeze_time(visited):
            audit.visit()
        with freeze_time(decided):
            audit.decide("positive", **decision)
        return audit

    def _link(self, records):
        """Use the wizard as a person would, from the list."""
        wizard = (
            self.env["kmop.evidence.link"]
            .with_context(active_model=records._name, active_ids=records.ids)
            .create({})
        )
        self.assertEqual(wizard.to_link_count, len(records))
        wizard.action_confirm()
        return self.env["kmop.evidence"].search([("res_model", "=", records._name)])

    def _run_cron(self, first, last):
        """Let the cron run on each day; return the mails with their day."""
        Mail = self.env["mail.mail"].sudo()
        cron = self.env.ref(ROOT + "ir_cron_kmop_milestones").sudo()
        seen, sent, day = Mail.search([]), [], first
        while day <= last:
            with freeze_time(day), self.enter_registry_test_mode():
                self.assertIs(cron.method_direct_trigger(), True)
            new = Mail.search([]) - seen
            sent += [(day, mail) for mail in new]
            seen += new
            day += timedelta(days=1)
        return sent

    def test_journey(self):
        registration = self._test_part_1()
        evidences = self._test_link(registration)
        self._test_missed_week(registration)
        self._test_part_2(registration)
        self._test_export(registration, evidences)

    def _test_part_1(self):
        with freeze_time("2027-03-01"):
            registration = self.env["kmop.registration"].create({})
        self._audit(
            registration,
            date(2027, 3, 8),
            date(2027, 4, 19),
            date(2027, 5, 10),
            number="DV.O123456",
        )
        self.assertEqual(
            (registration.date_start, registration.date_end),
            (date(2027, 5, 10), date(2029, 5, 9)),
        )
        self.assertEqual(registration.step, "perform")
        rule = self.env.ref(ROOT + "kmop_milestone_rule_end_6_months")
        milestone = registration.milestone_ids.filtered(lambda m: m.rule_id == rule)
        self.assertEqual(milestone.date_planned, date(2028, 11, 9))
        return registration

    def _test_link(self, registration):
        self.assertGreater(len(self.quotes), 10)
        self.assertGreater(len(self.answers), 1)
        with freeze_time("2027-06-01"):
            linked = self._link(self.quotes) + self._link(self.answers)
        self.assertEqual(len(linked), len(self.quotes) + len(self.answers))
        self.assertEqual(set(linked.mapped("state")), {"submitted"})
        self.assertEqual(registration.evidence_count, len(linked))
        linked.accept()
        dates = {
            e.res_id: e.date_effective for e in linked if e.res_model == "sale.order"
        }
        for quote in self.quotes:
            day = self.company._kmop_to_day(quote.date_order)
            self.assertEqual(dates[quote.id], day)
            self.assertEqual(quote.kmop_evidence_count, 1)
        return linked

    def _test_missed_week(self, registration):
        """The cron runs, is down from 9 to 15 November, and runs again."""
        # What had been due before comes in one mail.
        ((day, mail),) = self._run_cron(date(2028, 11, 6), date(2028, 11, 8))
        self.assertEqual(day, date(2028, 11, 6))
        self.assertIn("Bereid de volgende audit voor", mail.body_html)
        ((day, mail),) = self._run_cron(date(2028, 11, 16), date(2028, 11, 30))
        self.assertEqual(day, date(2028, 11, 16))
        self.assertEqual(mail.recipient_ids, self.officer.partner_id)
        self.assertEqual(
            mail.subject,
            f"{registration.display_name}: Vraag de volgende audit aan (09/05/2029)",
        )
        self.assertRegex(mail.body_html, r"Nog <strong>174</strong> dagen")
        self.assertRegex(mail.body_html, r"te laat \(dagen: 7\)")
        self.assertIn(f"/odoo/kmop/{registration.id}", mail.body_html)

    def _test_part_2(self, registration):
        self._audit(
            registration, date(2029, 1, 15), date(2029, 3, 12), registration.date_end
        )
        self.assertEqual(registration.step, "completed")
        self.assertEqual(
            [(p.date_start, p.date_end, p.gap_days) for p in registration.period_ids],
            [
                (date(2027, 5, 10), date(2029, 5, 9), 0),
                (date(2029, 5, 10), date(2032, 5, 9), 0),
            ],
        )
        for day, validity in (
            (date(2027, 5, 9), "none"),
            (date(2029, 5, 9), "valid"),
            (date(2031, 11, 8), "valid"),
            (date(2031, 11, 9), "expiring"),
            (date(2032, 5, 9), "expiring"),
            (date(2032, 5, 10), "expired"),
        ):
            with freeze_time(day):
                registration.invalidate_recordset(["validity"])
                self.assertEqual(registration.validity, validity, day)
        mails = self._run_cron(date(2031, 11, 3), date(2031, 11, 12))
        self.assertEqual(
            [day for day, _mail in mails], [date(2031, 11, d) for d in (3, 9)]
        )
        self.assertIn("te laat", mails[0][1].body_html)
        self.assertNotIn("te laat", mails[1][1].body_html)

    # -------------------------------------------------------------------- export

    def _test_export(self, registration, evidences):
        with freeze_time("2033-03-01"):
            self.authenticate("journey", "journey")
            response = self.url_open(f"/kmop/registration/{registration.id}/audit.xlsx")
        self.assertEqual(response.status_code, 200)
        workbook = load_workbook(io.BytesIO(response.content))
        self.assertEqual(
            workbook.sheetnames,
            [
                "Voorblad",
                "Vereisten",
                "Bewijsstukken",
                "Bestanden",
                "Projecten",
                "Tevredenheid",
                "Vaststellingen",
                "Audits",
                "Periodes",
                "Mijlpalen en geschiedenis",
                "Uitleg",
            ],
        )
        self._test_cover(self._read(workbook["Voorblad"]), registration)
        self._test_period_sheet(self._read(workbook["Periodes"]))
        self._test_audit_sheet(self._read(workbook["Audits"]))
        self._test_evidence_sheet(self._read(workbook["Bewijsstukken"]), evidences)

    def _read(self, sheet):
        """Return the rows of a sheet, dates as dates."""
        return [
            tuple(getattr(v, "date", lambda v=v: v)() for v in row)
            for row in sheet.iter_rows(values_only=True)
        ]

    def _test_cover(self, rows, registration):
        self.assertEqual(rows[0][0], registration.display_name)
        head = {row[0]: row[1] for row in rows[2:11]}
        self.assertEqual(
            head,
            {
                "Dienstverlener": registration.partner_id.display_name,
                "Ondernemingsnummer": registration.partner_id.vat or None,
                "Dienst": "Opleiding",
                "Registratienummer": "DV.O123456",
                "Traject": "Starterstraject",
                "Stap": "Afgerond",
                "Geldigheid op 01/03/2033": "Vervallen",
                "Geregistreerd vanaf": date(2027, 5, 10),
                "Geregistreerd tot en met": date(2032, 5, 9),
            },
        )
        exported = [row[1] for row in rows if row[0] == "Datum van deze export"]
        self.assertEqual(exported, [date(2033, 3, 1)])

    def _test_period_sheet(self, rows):
        self.assertEqual(
            [row[:5] for row in rows],
            [
                (
                    "Periode",
                    "Registratiedatum",
                    "Van",
                    "Tot en met",
                    "Onderbreking ervoor (dagen)",
                ),
                (
                    "Starterstraject: Deel 1",
                    date(2027, 5, 10),
                    date(2027, 5, 10),
                    date(2029, 5, 9),
                    0,
                ),
                (
                    "Starterstraject: Deel 2",
                    date(2029, 5, 10),
                    date(2029, 5, 10),
                    date(2032, 5, 9),
                    0,
                ),
            ],
        )

    def _test_audit_sheet(self, rows):
        self.assertEqual(
            [row[:11] for row in rows[1:]],
            [
                (
                    "Starterstraject: Deel 1",
                    "Startersaudit",
                    "Het Auditbureau",
                    None,
                    date(2027, 3, 8),
                    date(2027, 4, 19),
                    date(2027, 4, 19),
                    None,
                    date(2027, 5, 10),
                    "Beslist",
                    "✓ Positief",
                ),
                (
                    "Starterstraject: Deel 2",
                    "Opvolgingsaudit",
                    "Het Auditbureau",
                    None,
                    date(2029, 1, 15),
                    date(2029, 3, 12),
                    date(2029, 3, 12),
                    None,
                    date(2029, 5, 9),
                    "Beslist",
                    "✓ Positief",
                ),
            ],
        )

    def _test_evidence_sheet(self, rows, evidences):
        columns = ("Bewijsstukken", "Soort", "Aspect", "Datum van het stuk", "Status")
        places = [rows[0].index(name) for name in (*columns, "Aanvaard op", "Bron")]
        expected = {
            (
                evidence.name,
                evidence.type_id.name,
                "Toepassing (aantoonbaarheid)",
                evidence.date_effective,
                "✓ Aanvaard",
                evidence.date_accepted,
                evidence.source_name,
            )
            for evidence in evidences
        }
        self.assertEqual({tuple(row[i] for i in places) for row in rows[1:]}, expected)
        self.assertEqual(len(rows) - 1, len(evidences))

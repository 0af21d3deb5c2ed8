from datetime import date, timedelta
from functools import partial

from odoo.tests import freeze_time, new_test_user, tagged

from .budget import BudgetCommon
from .test_milestone import ROOT, MilestoneCommon

FEW, MANY = 50, 500
# The ORM writes this many rows at once.
ROWS = 100


@tagged("post_install", "-at_install")
class TestReminderBudget(BudgetCommon, MilestoneCommon):
    """Queries grow with batches, not with milestones."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"kmop_mail_clients": True, "email": "a@example.com"})
        client = cls.env.ref(ROOT + "kmop_milestone_role_client")
        cls.rule = cls._create_rule(
            1,
            "weeks",
            "service_start",
            offset_direction="after",
            role_id=cls.owner.id,
            template_id=cls.env.ref(ROOT + "mail_template_application").id,
            recipient_ids=[(6, 0, client.ids)],
        )
        with freeze_time("2026-03-01"):
            cls._create_registration()

    def _plan_dossiers(self, number, start):
        """Plan milestones of as many clients, due a week after ``start``."""
        clients = self.env["res.partner"].create(
            [
                {"name": f"Klant {i}", "email": f"klant{start}{i}@example.com"}
                for i in range(number)
            ]
        )
        orders = self.env["sale.order"].with_company(self.company)
        with freeze_time(start):
            orders.create(
                [
                    {
                        "partner_id": client.id,
                        "company_id": self.company.id,
                        "user_id": self.salesman.id,
                        "state": "sale",
                        "kmop_service": "training",
                        "kmop_subsidised": True,
                        "kmop_date_start": start,
                        "kmop_date_end": start,
                    }
                    for client in clients
                ]
            )

    def _count_step(self, number, start, step):
        with freeze_time(start + timedelta(days=7)):
            done = []
            queries = self._count_once(lambda: done.append(step()))
        self.assertEqual(done, [number])
        return queries

    def test_handing_out_and_sending(self):
        """Nothing per milestone, and nothing per mail."""
        milestones = self.env["kmop.milestone"].sudo()
        reminders = self.env["kmop.reminder"].sudo()
        handed, sent = {}, {}
        # The first warms up what is read once.
        for number, start in (
            (5, date(2026, 6, 1)),
            (FEW, date(2026, 7, 1)),
            (MANY, date(2026, 8, 1)),
        ):
            self._plan_dossiers(number, start)
            handed[number] = self._count_step(number, start, milestones._process_due)
            batch = min(number, 200)
            sent[number] = self._count_step(batch, start, reminders._process_waiting)
            reminders.search([("state", "=", "waiting")]).state = "withdrawn"
        growth = handed[MANY] - handed[FEW]
        self.assertLessEqual(growth, 4 * (MANY - FEW) / ROWS, handed)
        # Of 50 and of 200 mails, in four tables.
        self.assertLessEqual(sent[MANY] - sent[FEW], 12, sent)

    def test_to_dos(self):
        """People get theirs all at once, and follow what they have to do."""
        self._create_rule(6, activity_type_id=self.todo.id)
        milestones = self.env["kmop.milestone"].sudo()
        queries = []
        # The first warms up what is read once.
        for number in (2, 4, 20):
            some = self._create_registrations(number)
            milestones._plan(some)
            planned = milestones.search([("registration_id", "in", some.ids)])
            with freeze_time("2041-08-29"):
                queries.append(self._count_once(milestones._process_due))
            for milestone in planned:
                self.assertEqual(milestone.activity_ids.user_id, milestone.user_id)
                self.assertEqual(
                    milestone.message_partner_ids, milestone.user_id.partner_id
                )
            self.assertEqual(len(planned.user_id), number)
        self.assertEqual(queries[1], queries[2], queries)

    def test_planning(self):
        """Registrations of as many responsibles are planned by the batch."""
        self._create_rule(6, activity_type_id=self.todo.id)
        self._create_rule(3, recipient_ids=[(6, 0, self.administrator.ids)])
        milestones = self.env["kmop.milestone"]
        queries = []
        # The first warms up what is read once.
        for number in (2, 4, 20):
            few = self._create_registrations(number)
            plan = partial(milestones._plan, few, new=True)
            queries.append(self._count_once(plan))
        self.assertEqual(queries[1], queries[2], queries)

    def test_planning_many(self):
        self._create_rule(6)
        some = self._create_registrations(220, people=2)
        milestones = self.env["kmop.milestone"]
        queries = [
            self._count_once(partial(milestones._plan, few, new=True))
            for few in (some[:2], some[2:20], some[20:])
        ]
        self.assertLessEqual(queries[2] - queries[1], 2 * 200 / ROWS, queries)

    def _create_registrations(self, number, people=None):
        """Return registrations that nothing was planned for yet."""
        users = [
            new_test_user(
                self.env,
                f"kmop_{number}_{i}",
                groups="base.group_user,kmop_registration.group_kmop_officer",
                company_id=self.company.id,
                company_ids=[(6, 0, self.company.ids)],
            )
            for i in range(people or number)
        ]
        providers = self.env["res.partner"].create(
            [{"name": f"Opleider {number} {i}"} for i in range(number)]
        )
        rules = self.rules.search([])
        rules.active = False
        registrations = self.env["kmop.registration"].create(
            [
                {
                    "company_id": self.company.id,
                    "partner_id": provider.id,
                    "user_id": users[i % len(users)].id,
                    "track_id": self.starter.id,
                    "service": "training",
                }
                for i, provider in enumerate(providers)
            ]
        )
        self.env["kmop.registration.period"].create(
            [
                {
                    "registration_id": registration.id,
                    "part_id": self.part1.id,
                    "date_registration": "2040-03-01",
                    "date_start": "2040-03-01",
                    "date_end": "2042-02-28",
                    "override_reason": "Test",
                }
                for registration in registrations
            ]
        )
        registrations.invalidate_recordset()
        rules.active = True
        milestones = self.env["kmop.milestone"].sudo()
        found = milestones.search([("registration_id", "in", registrations.ids)])
        # As if the rules were newer than what they concern.
        self.env.cr.execute(
            "DELETE FROM kmop_milestone WHERE id = ANY(%s)", [found.ids]
        )
        self.env.invalidate_all()
        return registrations

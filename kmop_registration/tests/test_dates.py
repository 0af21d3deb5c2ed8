from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from odoo.tests import BaseCase, tagged

from ..tools import day_after, period_end


@tagged("post_install", "-at_install")
class TestDates(BaseCase):
    def test_odd_days(self):
        for start, months, end in (
            (date(2026, 3, 1), 24, date(2028, 2, 29)),
            (date(2028, 2, 29), 24, date(2030, 2, 28)),
            (date(2028, 2, 29), 48, date(2032, 2, 28)),
            (date(2028, 2, 29), 60, date(2033, 2, 28)),
            (date(2026, 2, 28), 24, date(2028, 2, 27)),
            (date(2026, 8, 31), 6, date(2027, 2, 28)),
            (date(2026, 1, 31), 1, date(2026, 2, 28)),
            (date(2026, 1, 1), 24, date(2027, 12, 31)),
            (date(2026, 12, 31), 24, date(2028, 12, 30)),
            (date(2026, 5, 15), 60, date(2031, 5, 14)),
        ):
            with self.subTest(start=start, months=months):
                self.assertEqual(period_end(start, months), end)

    def test_every_start_in_eight_years(self):
        """No day is lost or given twice between a period and what comes after it."""
        for offset in range(8 * 366):
            start = date(2026, 1, 1) + timedelta(days=offset)
            for months in (12, 24, 36, 60):
                end = period_end(start, months)
                anniversary = start + relativedelta(months=months)
                self.assertIn(day_after(end), (anniversary, anniversary + timedelta(1)))
                self.assertLessEqual(end, anniversary)

    def test_parts_add_up(self):
        """24 months and then 36 end where 60 months end."""
        for offset in range(4 * 366):
            start = date(2026, 1, 1) + timedelta(days=offset)
            second = day_after(period_end(start, 24))
            self.assertEqual(period_end(second, 36), period_end(start, 60), start)

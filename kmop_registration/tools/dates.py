"""Calendar arithmetic of registrations: dates only, every end inclusive."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo.tools import format_date


def day_after(date):
    return date + timedelta(days=1)


def day_before(date):
    return date - timedelta(days=1)


def period_end(start, months):
    """Return the last day of a period of ``months`` calendar months from ``start``.

    That is the eve of the anniversary, or the anniversary itself where its month
    is too short for the day of the start (29 February + 24 months = 28 February).
    """
    anniversary = start + relativedelta(months=months)
    if anniversary.day != start.day:
        return anniversary
    return day_before(anniversary)


def shift(date, number, unit):
    """Return ``date`` moved by ``number`` units: ``days``, ``weeks`` or ``months``."""
    return date + relativedelta(**{unit: number})


def format_day(env, day):
    """Return the day as people write it (31 Mar 2028), in the reader's language."""
    return format_date(env, day, date_format="d MMM y")

"""What a script or a remote call hands over: it can be anything that JSON holds."""

from datetime import date

from odoo import fields
from odoo.exceptions import UserError

# The largest number that the database takes for an id.
MAX_ID = 2**31 - 1

# Far enough from where the calendar ends to reckon in years from there.
YEARS = range(1900, 9000)


def read_day(env, value):
    """Return a day given as such or as its ISO string; None where there is none.

    Raises UserError for anything else.
    """
    try:
        known = not value or isinstance(value, str | date)
        day = fields.Date.to_date(value or None) if known else None
    except ValueError:
        known = day = None
    if not known or (day and day.year not in YEARS):
        raise UserError(env._("A day is written as %(example)s.", example="2026-05-31"))
    return day


def read_text(env, value):
    """Return a text, stripped, and without what no text can hold.

    Raises UserError for what isn't one.
    """
    if value and not isinstance(value, str):
        raise UserError(env._("Write this as text."))
    text = (value or "").replace("\0", "").strip()
    return text.encode("utf-8", "ignore").decode()


def read_records(model, value):
    """Return the records of ``model`` given as such, by an id or a list of ids.

    Raises UserError for anything else, and for what isn't there.
    """
    if isinstance(value, type(model)):
        return value
    ids = value if isinstance(value, list | tuple) else [value or 0]
    if not all(type(id_) is int and 0 <= id_ <= MAX_ID for id_ in ids):
        raise UserError(model.env._("This isn't a record that can be chosen."))
    return model.browse(id_ for id_ in ids if id_).exists()

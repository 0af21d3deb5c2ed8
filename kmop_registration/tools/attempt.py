"""Doing something for many records, of which some may not let it be done."""

from psycopg2 import InterfaceError, OperationalError


def attempt(records, work, failed):
    """Call ``work(records)`` in a savepoint; where it raises, find out for which.

    :param failed: called with each record that it can't be done for, and why
    """
    if not records:
        return
    try:
        with records.env.cr.savepoint():
            work(records)
    except (InterfaceError, OperationalError):
        # the database asks to begin anew, or is gone: that is no record's fault
        raise
    except Exception as error:  # a template can raise anything
        if len(records) == 1:
            failed(records, describe(error))
            return
        middle = len(records) // 2
        attempt(records[:middle], work, failed)
        attempt(records[middle:], work, failed)


def describe(error):
    """Return in one line what went wrong, without where in the code it did."""
    cause = error.__cause__ or error
    text = str(cause).strip() or type(cause).__name__
    return text.splitlines()[0][:500]

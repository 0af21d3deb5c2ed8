import pytest

from more.server import Answer

USER_ERROR = "odoo.exceptions.UserError"


@pytest.mark.parametrize(
    "answer, clear",
    [
        (Answer(7), True),
        (Answer(None, USER_ERROR, "Somebody else is working on it."), True),
        (Answer(None, USER_ERROR, "could not serialize access"), False),
        (Answer(None, "psycopg2.errors.UniqueViolation", "This exists."), False),
        (Answer(None, "RemoteDisconnected", "no response"), False),
    ],
)
def test_what_a_person_understands(answer, clear):
    assert answer.clear is clear

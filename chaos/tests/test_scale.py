import pytest

from chaos.scale import MODE

START = "2026-01-01 12:00:00,000 7 INFO kmop-scale werkzeug: 127.0.0.1 - - [1] "


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('"GET /my HTTP/1.1" 200 - 2 0.1 0.2 ro', ("/my", "200", "ro")),
        ('"POST /a/b#a.b HTTP/1.1" 200 - 2 0.1 0.2 rw', ("/a/b", "200", "rw")),
        ('"GET /a?b=c HTTP/1.1" 404 - 2 0.1 0.2 ro->rw', ("/a", "404", "ro->rw")),
        ('"GET /web/health HTTP/1.1" 200 - - - -', None),
        ("Evented Service (longpolling) running", None),
    ],
)
def test_how_a_request_was_served(line, found):
    match = MODE.search(START + line)
    assert (match and match.groups()) == found

import socket

import pytest

from devtool import serve
from devtool.errors import Stop


def test_a_taken_port_is_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Stop, match="--port"):
            serve.check_port(port)


def test_a_free_port():
    serve.check_port(serve.free_port())

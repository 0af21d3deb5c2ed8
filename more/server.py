"""Odoo servers that a check starts, asks as their users do, and kills.

Used by what is fed to Odoo's shell: the environment is that of its host.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import Any

from devtool import paths, serve
from devtool.host import NO_MAIL

# What a person may be told; anything else is a traceback to them.
CLEAR = "odoo.exceptions."
# What must not be in it, whoever says it.
RAW = ("could not serialize", "psycopg", "Traceback", "duplicate key", "deadlock")
PATIENCE = 120
# What a client sees of a server that is gone.
BROKEN = (OSError, ValueError, http.client.HTTPException)


class Server:
    """One process of ``odoo server``; killed, it can be started again."""

    def __init__(self, name: str, database: str, *options: str):
        self.log = paths.log_file(name)
        self.log.unlink(missing_ok=True)
        self.database = database
        self.options = options
        # Called in the process before it becomes Odoo's; its log isn't limited.
        self.limit = None
        self.environment = {}
        self.port = 0
        self.process = None

    def start(self) -> None:
        """Begin to serve; what is logged comes after what was."""
        self.port = serve.free_port()
        command = [
            sys.executable, "-m", "odoo", "server", "-d", self.database,
            f"--http-port={self.port}", f"--db-filter=^{self.database}$",
            *NO_MAIL, *self.options,
        ]  # fmt: skip
        with open(self.log, "ab") as log:
            keeper = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=log)
        with keeper.stdin as pipe:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe,
                env=os.environ | self.environment, preexec_fn=self.limit,
                start_new_session=True,
            )  # fmt: skip
        assert serve.answers(self.process, self.port), self.read()[-2000:]

    def kill(self) -> None:
        """End it at once, as a power cut does: no code of it can do anything."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def read(self) -> str:
        return self.log.read_text(errors="replace")


@contextmanager
def serving(*servers: Server) -> Iterator[None]:
    with ExitStack() as stack:
        for server in servers:
            stack.callback(lambda s=server: s.process and s.stop())
            server.start()
        yield


@dataclass(frozen=True)
class Answer:
    """What somebody got for a call: a result, or an error in words."""

    result: Any = None
    error: str = ""
    message: str = ""

    @property
    def won(self) -> bool:
        return not self.error

    @property
    def clear(self) -> bool:
        """Whether a person understands it; not so of a traceback."""
        raw = any(word in self.message for word in RAW)
        return self.won or (self.error.startswith(CLEAR) and not raw)


class Client:
    """A user who is logged in on one server."""

    def __init__(self, server: Server, login: str):
        self.server = server
        jar = urllib.request.HTTPCookieProcessor(CookieJar())
        self.opener = urllib.request.build_opener(jar)
        params = {"db": server.database, "login": login, "password": login}
        answer = self._post("/web/session/authenticate", params)
        assert answer.won and answer.result["uid"], answer
        self.context = {"lang": answer.result["user_context"]["lang"]}

    def call(self, model: str, method: str, *args, context=None, **kwargs) -> Answer:
        """Call a method as the web client does; ids come first."""
        kwargs["context"] = self.context | (context or {})
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self._post(f"/web/dataset/call_kw/{model}/{method}", params)

    def get(self, path: str):
        """Return the open response to a GET."""
        url = f"http://127.0.0.1:{self.server.port}{path}"
        return self.opener.open(url, timeout=PATIENCE)

    def _post(self, path: str, params: dict) -> Answer:
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params})
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.server.port}{path}",
            body.encode(),
            {"Content-Type": "application/json"},
        )
        try:
            with self.opener.open(request, timeout=PATIENCE) as response:
                data = json.load(response)
        except BROKEN as error:
            return Answer(error=type(error).__name__, message=str(error))
        if "error" not in data:
            return Answer(data.get("result"))
        found = data["error"]["data"]
        return Answer(error=found["name"], message=found["message"])

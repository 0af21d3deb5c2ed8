"""Who asks Odoo servers something over HTTP, logged in, as a browser does."""

import json
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from devtool.errors import Stop


class Visitor:
    """One session, which every server of the same company knows."""

    def __init__(self):
        self.opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def log_in(self, url: str, database: str, login: str) -> None:
        words = {"db": database, "login": login, "password": login}
        self.post(f"{url}/web/session/authenticate", words)

    def call(self, url: str, model: str, method: str, *args, **kwargs):
        """The answer to what the web client asks of a model."""
        words = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self.post(f"{url}/web/dataset/call_kw/{model}/{method}", words)

    def post(self, url: str, words: dict):
        data = json.dumps({"jsonrpc": "2.0", "params": words}).encode()
        headers = {"Content-Type": "application/json"}
        answer = json.loads(self._open(Request(url, data, headers)))
        if "error" in answer:
            raise Stop(f"{url} fails: {answer['error']['data']['message']}")
        return answer["result"]

    def get(self, url: str, **words) -> bytes:
        return self._open(Request(f"{url}?{urlencode(words)}" if words else url))

    def _open(self, request: Request) -> bytes:
        with self.opener.open(request, timeout=60) as answer:
            return answer.read()

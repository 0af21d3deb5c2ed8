"""Whatever is put in an address of ours, the answer is never an error of the server."""

import re
from urllib.parse import quote

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import KmopCommon

INTEGERS = ["0", "-1", "007", "2147483648", "9" * 40, "1e3", "\u0661"]
STRINGS = ["é", "%41%zz", "../../etc/passwd", "' OR 1=1 --", "<script>", "{{7*7}}",
           "\u202egnp.", "😀", "A" * 800, " ", "\x01", "[]"]  # fmt: skip
PARAMETERS = ["access_token", "search", "done", "page", "download", "lang", "date_from",
              "date_to", "saved", "rule", "body", "name", "indicator", "severity",
              "conformity", "List-Unsubscribe", "debug", "db"]  # fmt: skip


@tagged("post_install", "-at_install")
class TestFuzzRoutes(HttpCase, KmopCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registration = cls._create_registration()
        cls.people = (None, "kmop_officer")

    def _get_routes(self):
        """Return path and methods of each route that this addon adds."""
        http = self.env["ir.http"]
        found = http._generate_routing_rules(
            sorted(self.registry._init_modules), converters=http._get_converters()
        )
        return sorted(
            (path, tuple(endpoint.routing.get("methods") or ()))
            for path, endpoint in found
            if "kmop" in path
        )

    def _fill(self, path, integer, string):
        """Return ``path`` with its arguments filled in."""
        path = re.sub(r"<int:\w+>", quote(integer), path)
        return re.sub(r"<(string|path):\w+>", quote(string, safe=""), path)

    def _log_in(self, login):
        self.authenticate(login, login)

    def test_all_routes_are_found(self):
        routes = self._get_routes()
        self.assertGreater(len(routes), 10)
        for path, _methods in routes:
            self.assertNotIn("<", self._fill(path, "1", "x"))

    def test_arguments(self):
        arguments = [(integer, "x") for integer in INTEGERS]
        existing = str(self.registration.id), str(self.client.id)
        arguments += [(id_, string) for id_ in existing for string in STRINGS]
        self._try(arguments, {})

    def test_parameters(self):
        """Each parameter with each string, all of them at once and twice."""
        for string in (*STRINGS, "-1", "2026-02-30", "99999-01-01", "0000-00-00"):
            parameters = {name: [string, string] for name in PARAMETERS}
            self._try([(str(self.registration.id), "x")], parameters)

    def _try(self, arguments, parameters):
        with mute_logger("odoo.http"):
            for login in self.people:
                self._log_in(login)
                for path, methods in self._get_routes():
                    for filled in {self._fill(path, *pair) for pair in arguments}:
                        self._ask(filled, methods, parameters)

    def _ask(self, path, methods, parameters):
        if "POST" in methods:
            options = {"data": {"csrf_token": "x", **parameters}}
        else:
            options = {"params": parameters}
        response = self._open(path, **options)
        with self.subTest(path=path[:200], parameters=str(parameters)[:200]):
            self.assertLess(response.status_code, 500)

    def _open(self, path, hops=3, **options):
        """Follow what sends on to the page in another language; not to the login.

        A path with a literal % in it the host sends on to itself, for ever.
        """
        response = self.url_open(path, timeout=60, allow_redirects=False, **options)
        onward = response.headers.get("Location", "").split("?")[0]
        inside = onward and "/web/login" not in onward
        if hops and inside and "data" not in options:
            return self._open(onward, hops - 1, params=options["params"])
        return response

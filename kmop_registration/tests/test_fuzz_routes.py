"""Whatever is put in an address or a form of ours, the answer is no server error."""

import re
from urllib.parse import quote

from odoo import http
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .test_audit_page import AuditPageCommon

INTEGERS = ["0", "-1", "007", "2147483648", "9" * 40, "1e3", "\u0661"]
STRINGS = ["é", "%41%zz", "../../etc/passwd", "' OR 1=1 --", "<script>", "{{7*7}}",
           "\u202egnp.", "😀", "A" * 800, " ", "\x01", "[]"]  # fmt: skip
ODD = [*STRINGS, "-1", "2026-02-30", "99999-01-01", "0000-00-00"]
PARAMETERS = ["access_token", "search", "done", "page", "download", "lang", "date_from",
              "date_to", "saved", "rule", "body", "name", "indicator", "severity",
              "conformity", "List-Unsubscribe", "debug", "db"]  # fmt: skip

PAGE = "/my/kmop/audits/<int:audit_id>"
# A form that is filled in well, for each address that takes one.
FORMS = {
    "/kmop/reminders/<int:partner_id>/<string:token>": {"rule": "1"},
    f"{PAGE}/findings": {
        "name": "Lijst ontbreekt",
        "description": "In twee dossiers",
        "severity": "minor",
        "indicator": "",
    },
    f"{PAGE}/question": {"body": "Vraag"},
    f"{PAGE}/scores/<int:score_id>": {"conformity": "T", "demonstrability": "G"},
}


@tagged("post_install", "-at_install")
class TestFuzzRoutes(HttpCase, AuditPageCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.access.may_score = cls.access.share_projects = True
        # Nobody, somebody of the company, and nobody with the auditor's link.
        cls.people = ((None, ""), ("kmop_officer", ""), (None, cls.access._get_token()))
        cls.existing = {
            "audit_id": cls.audit.id,
            "partner_id": cls.client.id,
            "registration_id": cls.registration.id,
            "score_id": cls.score.id,
            "token": cls.client._kmop_get_reminder_token(),
        }

    def _get_routes(self):
        """Return path and methods of each route that this addon adds."""
        ir_http = self.env["ir.http"]
        found = ir_http._generate_routing_rules(
            sorted(self.registry._init_modules), converters=ir_http._get_converters()
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

    def _fill_well(self, path):
        """Return ``path`` with the numbers of what is there."""
        existing = {**dict.fromkeys(("file_id", "attachment_id"), 1), **self.existing}
        return re.sub(r"<\w+:(\w+)>", lambda name: str(existing.get(name[1], 1)), path)

    def _log_in(self, login):
        self.authenticate(login, login)

    def _get_csrf(self):
        """Return what a form of this session holds to show where it comes from."""
        return http.Request.csrf_token(self)

    def test_all_routes_are_found(self):
        routes = self._get_routes()
        self.assertGreater(len(routes), 10)
        for path, _methods in routes:
            self.assertNotIn("<", self._fill(path, "1", "x"))
            self.assertNotIn("<", self._fill_well(path))

    # ----------------------------------------------------------------------- addresses

    def test_arguments(self):
        arguments = [(integer, "x") for integer in INTEGERS]
        existing = str(self.registration.id), str(self.client.id), str(self.audit.id)
        arguments += [(id_, string) for id_ in existing for string in STRINGS]
        with mute_logger("odoo.http"):
            for login, token in self.people:
                self._log_in(login)
                for path, methods in self._get_routes():
                    for filled in {self._fill(path, *pair) for pair in arguments}:
                        self._ask(filled, methods, {"access_token": token})

    def test_parameters(self):
        """Each parameter with each string, all of them at once and twice."""
        with mute_logger("odoo.http"):
            for login, token in self.people:
                self._log_in(login)
                for path, methods in self._get_routes():
                    for string in ODD:
                        parameters = {name: [string, string] for name in PARAMETERS}
                        if token:
                            parameters["access_token"] = token
                        self._ask(self._fill_well(path), methods, parameters)

    # --------------------------------------------------------------------------- forms

    def _get_forms(self):
        return {path for path, methods in self._get_routes() if "POST" in methods}

    def _post(self, path, token, **changes):
        form = {**FORMS[path], "access_token": token, **changes}
        return self._ask(self._fill_well(path), ("POST",), form)

    def test_forms_reach_our_code(self):
        """What is filled in well is taken, but not when it comes from elsewhere."""
        self.assertEqual(self._get_forms(), set(FORMS))
        token = self.people[-1][1]
        self._log_in(None)
        for path in FORMS:
            with self.subTest(path=path):
                self.assertEqual(self._post(path, token).status_code, 303)
        with mute_logger("odoo.http"):
            for path in FORMS:
                # A mail program that unsubscribes somebody has no page of ours.
                status = 303 if "/reminders/" in path else 400
                with self.subTest(path=path):
                    answer = self._post(path, token, csrf_token="x")
                    self.assertEqual(answer.status_code, status)
        self.assertEqual(self.score.auditor_conformity, "T")
        self.assertEqual(self.audit.finding_ids.name, "Lijst ontbreekt")

    def test_forms(self):
        """Each value of a form in turn, the others filled in well."""
        token = self.people[-1][1]
        self._log_in(None)
        taken = 0
        with mute_logger("odoo.http"):
            for path, form in FORMS.items():
                for name in form:
                    for string in ODD:
                        answer = self._post(path, token, **{name: string})
                        taken += answer.status_code == 303
        self.assertGreater(taken, len(ODD))

    def _ask(self, path, methods, parameters):
        if "POST" in methods:
            options = {"data": {"csrf_token": self._get_csrf(), **parameters}}
        else:
            options = {"params": parameters}
        response = self._open(path, **options)
        with self.subTest(path=path[:200], parameters=str(parameters)[:200]):
            self.assertLess(response.status_code, 500)
        return response

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

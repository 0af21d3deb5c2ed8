"""Who gets what, tried out: each model, field, list, address and report by each person.

The outcome is access.csv, so that a change of access shows as a change of that file.
With KMOP_WRITE_ACCESS set, this writes it, and fails; `./dev docs` makes docs/access.md
of it. What may never be in it stands in test_access_limits.py.
"""

import csv
import functools
import io
import os
import re
from unittest.mock import patch

from odoo import http
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .access import HEAD, TABLE
from .access_links import LinkRows
from .access_models import ModelRows

OURS = "odoo.addons.kmop_registration."
SWITCH = "KMOP_WRITE_ACCESS"


@tagged("post_install", "-at_install")
class TestAccessTable(HttpCase, ModelRows, LinkRows):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Decided in setUp(), with what is there by then.
        cls._create_evidence(
            cls.registration, attachment_ids=cls._create_attachment("bewaard.txt").ids
        )

    @mute_logger("odoo.sql_db", "odoo.http", "odoo.addons.base.models.ir_model")
    def test_table_is_current(self):
        rows = [*self._get_model_rows(), *self._get_field_rows()]
        rows += [*self._get_move_rows(), *self._get_list_rows()]
        rows += [*self._get_route_rows(), *self._get_report_rows()]
        with self.subTest("context keys"):
            self.assertFalse(self.differences, "A key changed what was done.")
        found = self._write(rows)
        self.maxDiff = None
        self._rewrite(found)
        self.assertEqual(
            TABLE.read_text().splitlines(),
            found.splitlines(),
            f"Access changed. If it should: {SWITCH}=1 writes the table anew.",
        )

    def _write(self, rows):
        text = io.StringIO()
        writer = csv.DictWriter(text, HEAD, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue()

    def _rewrite(self, found):
        """Write the table where that is asked for, and fail: it is to be looked at."""
        if not os.environ.get(SWITCH):
            return
        if os.environ.get("CI"):
            self.fail(f"{SWITCH} is refused where CI is set: write the table yourself.")
        TABLE.write_text(found)
        self.fail(f"Written: look at the difference, then run without {SWITCH}.")

    def test_writing_fails(self):
        table = TABLE.with_name("written.csv")
        module = self._rewrite.__globals__
        with patch.dict(module, TABLE=table), patch.dict(os.environ):
            os.environ |= {SWITCH: "1", "CI": "1"}
            with self.assertRaisesRegex(AssertionError, "is refused where CI is set"):
                self._rewrite("kind")
            self.assertFalse(table.exists())
            del os.environ["CI"]
            self.addCleanup(table.unlink)
            with self.assertRaisesRegex(AssertionError, "look at the difference"):
                self._rewrite("kind")
            self.assertEqual(table.read_text(), "kind")

    def test_table_can_fail(self):
        """An access that is given too much makes another row."""
        exemption = self.records["kmop.exemption"]
        before = self._ask_model(exemption, self.reader)
        rights = self.env["ir.model.access"].search(
            [("model_id.model", "=", exemption._name)]
        )
        rights.write({"perm_write": True, "perm_unlink": True})
        self.assertNotEqual(self._ask_model(exemption, self.reader), before)

    # -------------------------------------------------------------------- routes

    def _get_routes(self):
        rules = self.env["ir.http"]._generate_routing_rules(
            sorted(self.registry._init_modules),
            converters=self.env["ir.http"]._get_converters(),
        )
        return sorted(
            (path, method)
            for path, endpoint in rules
            if endpoint.func.__module__.startswith(OURS)
            for method in endpoint.routing.get("methods") or ("GET",)
        )

    def _fill(self, path):
        registration = self.registration
        files = self.records["kmop.evidence.file"]
        order = self.records["sale.order"]
        values = {
            "registration_id": registration.id,
            "audit_id": self.records["kmop.audit"].id,
            "file_id": files.id,
            "attachment_id": self._answer.id,
            "export_id": self._export.id,
            "score_id": self.records["kmop.audit"]
            .score_ids.filtered(lambda score: not score.exempt_ground)[:1]
            .id,
            "page": 1,
            "partner_id": self.client.id,
            "_path": "elsewhere",
            "token": self.client._kmop_get_reminder_token(),
        }
        if path.startswith("/kmop/audit/"):
            values["audit_id"] = self.closed["kmop.audit"].id
        if "/badge/" in path:
            values["token"] = registration.sudo().badge_token
        if "/evaluate/" in path:
            values["token"] = order.sudo().kmop_survey_token
        return re.sub(r"<\w+:(\w+)>", lambda found: str(values[found[1]]), path)

    @functools.cached_property
    def _answer(self):
        """Return a file that came with an answer to the auditor."""
        audit, auditor = self.records["kmop.audit"], self.people["auditor"]
        access = audit.sudo().access_ids.filtered(
            lambda a: a.partner_id == auditor.partner_id
        )
        access._ask("Vraag")
        file = self._create_attachment("antwoord.txt")
        audit.with_user(self.officer).message_post(
            body="Antwoord",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            attachment_ids=file.ids,
        )
        return file

    @functools.cached_property
    def _export(self):
        """Return a file that was made for the officer."""
        exports = self.env["kmop.export"].with_user(self.officer)
        export = exports._request(self.registration, "zip")
        # sudo: as the job that makes it
        export.sudo()._keep(io.BytesIO(b"PK"))
        return export

    def _get_route_rows(self):
        for path, method in self._get_routes():
            filled = self._fill(path)
            yield self._get_row(
                "address",
                f"{method} {path}",
                lambda user, p=filled, m=method: self._ask(user, p, m),
            )
        page = self._fill("/my/kmop/audits/<int:audit_id>")
        linked = f"{page}?access_token={self.link}"
        yield self._get_row(
            "address",
            "GET /my/kmop/audits/<int:audit_id> with the auditor's link",
            lambda user: self._ask(user, linked),
        )
        evidence = self.records["kmop.evidence"]
        file = self._create_attachment(res_model=evidence._name, res_id=evidence.id)
        for what, attachment in {
            "a file of evidence": file,
            "a frozen file": self.records["kmop.evidence.file"].attachment_id,
        }.items():
            yield self._get_row(
                "address",
                f"GET /web/content/<id> of {what}",
                lambda user, a=attachment: self._ask(user, f"/web/content/{a.id}"),
            )

    def _ask(self, user, path, method="GET"):
        """Return the answer's number, or where it sends on to."""
        known = user != self.public
        self.authenticate(known and user.login or None, known and user.login or None)
        options = {"allow_redirects": False, "timeout": 60}
        if method == "POST":
            options["data"] = {
                "csrf_token": http.Request.csrf_token(self),
                "body": "Vraag",
                "name": "Vaststelling",
                "severity": "minor",
                "conformity": "T",
            }
        answer = self.url_open(path, **options)
        self.assertLess(answer.status_code, 500, f"{method} {path}, {user.login}")
        onward = answer.headers.get("Location", "")
        return "login" if "/web/login" in onward else str(answer.status_code)

    # ------------------------------------------------------------------- reports

    def _get_report_rows(self):
        data = self.env["ir.model.data"].search(
            [("module", "=", "kmop_registration"), ("model", "=", "ir.actions.report")]
        )
        reports = self.env["ir.actions.report"].browse(data.mapped("res_id"))
        for report in reports.sorted("report_name"):
            record = self._get_one(report.model)
            if record._transient:
                record = record.with_user(self.officer).create(self._get_vals(record))
            self.assertTrue(record, report.report_name)
            path = f"/report/html/{report.report_name}/{record.id}"
            yield self._get_row(
                "report",
                report.report_name.removeprefix("kmop_registration."),
                lambda user, path=path: self._ask(user, path),
            )

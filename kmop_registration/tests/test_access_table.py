"""Who gets what, tried out: each model, field, address and report by each person.

The outcome is access.csv, so that a change of access shows as a change of that file.
With KMOP_WRITE_ACCESS set, this writes it; `./dev docs` makes docs/access.md of it.
"""

import csv
import io
import os
import re
from pathlib import Path

from psycopg2 import IntegrityError

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .test_access_rights import AccessCommon
from .test_audit_page import AuditPageCommon
from .test_dossier import DossierCommon

TABLE = Path(__file__).with_name("access.csv")
PEOPLE = ["public", "portal", "auditor", "expired", "withdrawn", "internal", "salesman",
          "leader", "surveyor", "reader", "officer", "manager", "stranger"]  # fmt: skip
HEAD = ["kind", "what", *PEOPLE]
OURS = "odoo.addons.kmop_registration."
PLAIN = ("boolean", "char", "date", "datetime", "float", "integer", "selection", "text")


class TableCommon(AuditPageCommon, AccessCommon, DossierCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = {
            **cls.roles,
            "portal": cls._create_portal("portal_other", cls.other_company),
            "auditor": cls._create_portal("auditor_live", cls.company),
            "expired": cls._create_portal("auditor_late", cls.company),
            "withdrawn": cls._create_portal("auditor_gone", cls.company),
            "stranger": cls.stranger,
        }
        # What the host lets people take along, beside what they may read.
        inside = [user for user in cls.people.values() if user._is_internal()]
        cls.env.ref("base.group_allow_export").user_ids += cls.env.user.union(*inside)

    @classmethod
    def _create_portal(cls, login, company):
        return new_test_user(
            cls.env,
            f"kmop_{login}",
            groups="base.group_portal",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
            lang="en_US",
        )

    def setUp(self):
        super().setUp()
        self.records = self._get_records()
        audit = self.records["kmop.audit"]
        invited = {
            name: self._invite(
                audit,
                self.people[name].partner_id,
                may_score=True,
                share_projects=True,
            )
            for name in ("auditor", "expired", "withdrawn")
        }
        self._expire(invited["expired"])
        invited["withdrawn"].revoke()
        self.link = invited["auditor"]._get_token()
        self.registration.action_renew_badge()
        order = self.records["kmop.session"].order_id
        order._kmop_get_survey_url()
        self.survey = self.env["survey.survey"].create({"title": "Tevredenheid"})
        self.records |= {
            "account.move": self._create_entry(),
            "digest.digest": self.env["digest.digest"].search([], limit=1),
            "product.template": self.product.product_tmpl_id,
            "res.company": self.company,
            "res.partner": self.client,
            "sale.order": order,
            "sale.order.line": order.order_line[:1],
            "survey.question": self.env["survey.question"].create(
                {"title": "Hoe was het?", "survey_id": self.survey.id}
            ),
            "survey.survey": self.survey,
            "survey.user_input": self.env["survey.user_input"].create(
                {"survey_id": self.survey.id}
            ),
        }
        self.env.flush_all()

    def _create_entry(self):
        vals = {"name": "Diverse", "code": "KMOP", "type": "general"}
        journals = self.env["account.journal"]
        journal = journals.create({**vals, "company_id": self.company.id})
        moves = self.env["account.move"].with_company(self.company)
        return moves.create({"move_type": "entry", "journal_id": journal.id})

    # ----------------------------------------------------------------- trying it

    def _try(self, action):
        """Return if it was done; False where refused, None where the model stops it."""
        self.env.invalidate_all()
        savepoint = self.env.cr.savepoint()
        try:
            action()
            self.env.flush_all()
            return True
        except AccessError:
            return False
        except (UserError, IntegrityError):
            return None
        finally:
            savepoint.close(rollback=True)
            self.env.clear()

    def _spell(self, tried):
        """Return the letters of what is done; between brackets, of what is stopped."""
        done = "".join(name for name, outcome in tried.items() if outcome)
        stopped = "".join(name for name, outcome in tried.items() if outcome is None)
        return done + (f"({stopped})" if stopped else "") or "-"

    def _get_row(self, kind, what, answer):
        answers = {name: answer(self.people[name]) for name in PEOPLE}
        return {"kind": kind, "what": what, **answers}

    def _get_one(self, name):
        model = self.env[name]
        if model._abstract or model._transient:
            return model
        return self.records.get(name) or model.search([], limit=1)

    def _get_vals(self, model):
        """Return what a new record can't do without, and has no default for."""
        vals = {}
        for name, field in model._fields.items():
            if not field.required or field.related or name in ("id", "display_name"):
                continue
            if field.type == "many2one":
                others = model.env[field.comodel_name]
                known = self._get_one(field.comodel_name)
                if others._transient:
                    known = others.create(self._get_vals(others))
                vals[name] = known.id
            elif field.type == "selection":
                vals[name] = field.get_values(self.env)[0]
            elif field.type in ("date", "datetime"):
                vals[name] = "2026-06-01"
            elif field.type in ("char", "text", "html"):
                vals[name] = "Nieuw"
        return {name: value for name, value in vals.items() if value}


@tagged("post_install", "-at_install")
class TestAccessTable(HttpCase, TableCommon):
    @mute_logger("odoo.sql_db", "odoo.http", "odoo.addons.base.models.ir_model")
    def test_table_is_current(self):
        rows = [*self._get_model_rows(), *self._get_field_rows()]
        rows += [*self._get_route_rows(), *self._get_report_rows()]
        found = self._write(rows)
        if os.environ.get("KMOP_WRITE_ACCESS"):
            TABLE.write_text(found)
        self.maxDiff = None
        self.assertEqual(
            TABLE.read_text().splitlines(),
            found.splitlines(),
            "Access changed. If it should: KMOP_WRITE_ACCESS=1 writes the table anew.",
        )

    def _write(self, rows):
        text = io.StringIO()
        writer = csv.DictWriter(text, HEAD, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue()

    def test_table_can_fail(self):
        """An access that is given too much makes another row."""
        exemption = self.records["kmop.exemption"]
        before = self._ask_model(exemption, self.reader)
        rights = self.env["ir.model.access"].search(
            [("model_id.model", "=", exemption._name)]
        )
        rights.write({"perm_write": True, "perm_unlink": True})
        self.assertNotEqual(self._ask_model(exemption, self.reader), before)

    # -------------------------------------------------------------------- models

    def _get_model_rows(self):
        for name in sorted(self.registry):
            if name.startswith(("kmop.", "report.kmop")):
                kind = "model" if self.env[name]._auto else "no table"
                yield self._get_row(
                    "wizard" if self.env[name]._transient else kind,
                    name,
                    lambda user, name=name: self._ask_model(self._get_one(name), user),
                )

    def _ask_model(self, record, user):
        mine = record.with_user(user)
        if record._abstract:
            return self._spell({"r": self._try(lambda: mine.search_count([]))})
        if not record._transient:
            copied = record.sudo().copy_data()[0] if record else {}
            vals = {**self._get_vals(mine), **copied}
            return self._spell(self._ask_record(mine, vals))
        return self._ask_wizard(mine)

    def _ask_wizard(self, wizards):
        """A wizard is one's own, and nobody else's: it is tried on one's own."""
        savepoint = self.env.cr.savepoint()
        try:
            vals = self._get_vals(wizards)
            return self._spell(self._ask_record(wizards.create(vals), vals))
        except AccessError:
            return "-"
        except UserError:
            return "(c)"
        finally:
            savepoint.close(rollback=True)
            self.env.clear()

    def _ask_record(self, record, vals):
        name = self._get_plain(record)
        value = record.sudo()[name] if name else False
        return {
            "r": self._try(lambda: record.read([name or "id"])),
            "w": self._try(lambda: record.write({name or "id": value})),
            "c": self._try(lambda: record.browse().create(vals)),
            "u": self._try(record.unlink),
            # That one may export nothing at all, the host says in other words.
            "x": bool(self._try(lambda: record.export_data([name or "display_name"]))),
        }

    def _get_plain(self, record):
        """Return a field that can be written as it is, without doing anything."""
        names = [
            name
            for name, field in record._fields.items()
            if field.store
            and field.type in PLAIN
            and not (field.compute or field.related or field.readonly)
            and name not in getattr(record, "_guarded_fields", ())
            and not (name.startswith(("message_", "activity_")) or name == "active")
        ]
        return sorted(names)[0] if names else None

    # -------------------------------------------------------------------- fields

    def _get_field_rows(self):
        """Fields that the addon adds to the host's models; those alike share a row."""
        data = self.env["ir.model.data"].search(
            [("module", "=", "kmop_registration"), ("model", "=", "ir.model.fields")]
        )
        fields = self.env["ir.model.fields"].browse(data.mapped("res_id"))
        for model, added in sorted(fields.grouped("model").items()):
            alike, known = {}, self.registry[model]
            if model.startswith("kmop.") or known._transient:
                continue
            for name in sorted(added.mapped("name")):
                if "kmop" not in name or known._fields[name].inherited:
                    continue
                record = self.records.get(model)
                self.assertIsNotNone(record, f"Give a record of {model} to try this on")
                row = self._get_row(
                    "field", "", lambda u, r=record, n=name: self._ask_field(r, n, u)
                )
                alike.setdefault(tuple(row.items()), []).append(name)
            for row, names in alike.items():
                yield {**dict(row), "what": f"{model}: {' '.join(names)}"}

    def _ask_field(self, record, name, user):
        field, mine = record._fields[name], record.with_user(user)
        tried = {"r": self._try(lambda: mine.read([name]))}
        if not field.readonly and (field.store or field.inverse):
            # What writing does is tried on the models; here it is who may.
            may = mine.has_access("write") and mine._has_field_access(field, "write")
            tried["w"] = may
        return self._spell(tried)

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
            "attachment_id": files.attachment_id.id,
            # Of who asked for it only, which test_export_background tries.
            "export_id": self.env["kmop.export"].search([], limit=1).id or 0,
            "score_id": self.records["kmop.audit.score"].id,
            "page": 1,
            "partner_id": self.client.id,
            "_path": "elsewhere",
            "token": self.client._kmop_get_reminder_token(),
        }
        if "/badge/" in path:
            values["token"] = registration.sudo().badge_token
        if "/evaluate/" in path:
            values["token"] = order.sudo().kmop_survey_token
        return re.sub(r"<\w+:(\w+)>", lambda found: str(values[found[1]]), path)

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

"""What a remote call reaches of this addon: a list, and nothing that isn't on it."""

import inspect
import re

from psycopg2 import errors

from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw, get_public_method
from odoo.tests import HttpCase, tagged
from odoo.tools import file_open, mute_logger

from ..models.registration import kmop_guide_step
from .test_access_rights import AccessCommon

OURS = "odoo.addons.kmop_registration."

# The public surface of docs/extending.md.
API = {
    "kmop.registration": "is_registered_on readiness satisfaction start_audit"
    " start_renewal withdraw",
    "kmop.registration.period": "correct",
    "kmop.audit": "request plan visit decide cancel",
    "kmop.audit.access": "revoke",
    "kmop.evidence": "submit accept reject supersede verify",
    "kmop.finding": "propose implement check_effect refuse cancel"
    " add_report_as_evidence",
    "kmop.milestone": "mark_done cancel",
    "res.partner": "is_registered_on",
}
# What a button, a menu or a line of a list calls.
BUTTONS = {
    "kmop.audit": "action_open_decided_evidence action_open_scores"
    " action_export_xlsx action_export_zip action_open_meetings",
    "kmop.audit.access": "action_send action_show action_revoke",
    "kmop.registration": "action_renew_badge action_open_matrix action_open_attest"
    " action_open_dossiers action_start_audit action_start_renewal"
    " action_export_xlsx action_export_zip action_open_evidence action_open_findings"
    " action_open_satisfaction action_report_satisfaction",
    "sale.order": "action_kmop_invite action_kmop_remind action_kmop_complaint"
    " action_kmop_make_dossier",
    "kmop.evidence": "submit accept action_new_version action_verify",
    "kmop.evidence.file": "action_download",
    "kmop.evidence.source": "action_kmop_open_evidence",
    "kmop.export": "action_download",
    "kmop.finding": "action_propose action_implement action_add_report",
    "kmop.milestone": "action_done action_open_record",
    "kmop.registration.period": "action_open_attest",
    "kmop.sourced.mixin": "action_open_source",
    "kmop.versioned.mixin": "action_make_version",
    "survey.user_input": "action_kmop_forget",
    "kmop.audit.answer": "action_confirm",
    "kmop.audit.decide": "action_confirm",
    "kmop.audit.meeting": "action_confirm",
    "kmop.audit.move": "action_confirm",
    "kmop.audit.request": "action_send",
    "kmop.evidence.link": "action_confirm",
    "kmop.evidence.supersede": "action_confirm",
    "kmop.finding.check": "action_confirm",
    "kmop.period.correct": "action_confirm",
    "kmop.project.list": "action_show action_show_undated action_download"
    " action_add_evidence",
    "kmop.reason": "action_confirm",
    "kmop.registration.onboard": "action_confirm action_open_evidence"
    " action_open_quotes action_open_registration",
    "kmop.satisfaction.report": "action_confirm",
}
# What the scripts call: those of this addon, or the host's uploader.
SCRIPTS = {
    "sale.order": "kmop_add_document",
    "kmop.evidence.link": "link_batch",
    "kmop.evidence": "create_document_from_attachment",
    "kmop.registration": "get_matrix get_overview get_onboarding_action"
    " close_onboarding",
}

SILLY = [None, False, True, "", "x", "\0", "\ud800", "9999-12-31", "2026-02-30", 0, -1,
         1.5, 10**30, 2**31 - 1, [], [None], [[[]]], ["x"], {}, {"a": [1]},
         "{{ 7 * 7 }}", "' OR 1=1 --", "x" * 100_000]  # fmt: skip


def words(table):
    return {(model, name) for model, names in table.items() for name in names.split()}


def is_ours(cls):
    return cls.__module__.startswith(OURS) and "pool" not in cls.__dict__


def get_own_methods(cls):
    """Return the public methods that the addon adds to a model, with their class."""
    parts = [part for part in cls.__mro__ if "pool" not in part.__dict__]
    of_host = {name for part in parts if not is_ours(part) for name in vars(part)}
    return {
        name: part
        for part in reversed(parts)
        if is_ours(part)
        for name, value in vars(part).items()
        if not name.startswith("_")
        and inspect.isroutine(value)
        and not getattr(value, "_api_private", False)
        and name not in of_host
    }


def get_model(part):
    """Return the name of the model that a class defines or extends."""
    return part._name or part._inherit


class SurfaceCommon(AccessCommon):
    def _get_surface(self):
        """Return ``{(model that defines it, name): models that have it}``."""
        surface = {}
        for name in self.registry:
            for method, part in get_own_methods(self.registry[name]).items():
                surface.setdefault((get_model(part), method), set()).add(name)
        return surface


@tagged("post_install", "-at_install")
class TestPublicSurface(SurfaceCommon):
    def test_the_list_is_what_can_be_called(self):
        found = set(self._get_surface())
        api = {
            (get_model(get_own_methods(self.registry[model])[method]), method)
            for model, method in words(API)
        }
        self.assertEqual(found, api | words(BUTTONS) | words(SCRIPTS))

    def test_a_new_method_would_be_found(self):
        class Host:
            _name = _inherit = "x"

            def known(self):
                pass

        class Ours(Host):
            def known(self):
                pass

            def new(self):
                pass

            def _new(self):
                pass

        Host.__module__ = "odoo.addons.sale.models.x"
        Ours.__module__ = f"{OURS}models.x"
        self.assertEqual(set(get_own_methods(Ours)), {"new"})

    def test_each_button_is_somewhere(self):
        views = self.env["ir.model.data"].search(
            [("module", "=", "kmop_registration"), ("model", "=", "ir.ui.view")]
        )
        arches = self.env["ir.ui.view"].browse(views.mapped("res_id")).mapped("arch_db")
        named = set(re.findall(r'(?:name|action)="(\w+)"', " ".join(arches)))
        actions = self.env["ir.actions.server"].search([]).mapped("code")
        named |= set(re.findall(r"records?\.(\w+)\(", " ".join(filter(None, actions))))
        # The guide names what its links call.
        named |= set(re.findall(r'"(\w+)"', inspect.getsource(kmop_guide_step)))
        self.assertEqual({n for _m, n in words(BUTTONS)} - named, set())

    def test_each_script_calls(self):
        called = self._read_scripts()
        called += ' "create_document_from_attachment" '  # by the host's uploader
        missing = {n for _m, n in words(SCRIPTS) if f'"{n}"' not in called}
        self.assertEqual(missing, set())

    def _read_scripts(self):
        text = ""
        for asset in self.env["ir.asset"]._get_asset_paths("web.assets_backend", {}):
            if asset[0].startswith("/kmop_registration/") and asset[0].endswith(".js"):
                with file_open(asset[0].lstrip("/")) as script:
                    text += script.read()
        self.assertIn("get_matrix", text)
        return text


# What a call would sensibly hand over; the silly value comes in place of one of them.
SENSIBLE = {
    "attachment_ids": [],
    "bureau": 1,
    "by": 1,
    "date": "2026-06-01",
    "date_decided": "2026-06-01",
    "date_end": "2028-06-01",
    "date_from": "2026-01-01",
    "date_start": "2026-06-01",
    "date_to": "2026-12-31",
    "measure": "Lijst gemaakt",
    "name": "dates",
    "note": "Gezien",
    "number": "DV.O123456",
    "ok": True,
    "outcome": "positive",
    "partner_id": False,
    "reason": "Vergissing",
    "registration_date": "2026-06-01",
    "service": "training",
    "type_id": 1,
}


class PublicMethodsCommon(SurfaceCommon):
    def setUp(self):
        super().setUp()
        self.records = self._get_records()
        order = self.records["kmop.session"].order_id
        self.records |= {
            "sale.order": order,
            "res.partner": self.client,
            "survey.user_input": self._create_answer(),
            "account.move": self.env["account.move"],
        }
        self.env.flush_all()

    def _get_subjects(self, method, models):
        """Return a record of each model that has the method; of wizards, none."""
        return [
            self.records.get(model, self.env[model])
            for model in sorted(models)
            if not self.registry[model]._abstract
        ]

    def _get_parameters(self, model, method):
        parameters = inspect.signature(getattr(self.registry[model], method)).parameters
        return [name for name in parameters if name != "self"]


@tagged("post_install", "-at_install")
class TestPublicMethods(PublicMethodsCommon):
    """Whoever calls them with whatever gets an answer that people can read."""

    def _call(self, user, record, method, arguments, readonly=False):
        """Call as a remote call does, and undo it; return what it raised."""
        self.env.invalidate_all()
        model = record.with_user(user).browse()
        bound = [*arguments]
        if not getattr(getattr(self.registry[model._name], method), "_api_model", 0):
            bound.insert(0, record.ids)
        savepoint = self.env.cr.savepoint()
        try:
            if readonly:
                self.env.cr.execute("SET LOCAL transaction_read_only = on")
            call_kw(model, method, bound, {})
            self.env.flush_all()
        except ValueError as error:
            # What the host says of a button without its record.
            if "Expected singleton" not in str(error) or len(record) == 1:
                return error
        except Exception as error:
            return error
        finally:
            savepoint.close(rollback=True)
            self.env.clear()

    def _assert_told(self, error, **about):
        with self.subTest(**{name: repr(what)[:60] for name, what in about.items()}):
            if error and not isinstance(error, UserError):
                raise error

    def _get_calls(self, sensible_only=False):
        """Yield each method, with a record and its arguments, one of them silly."""
        for (_model, method), models in sorted(self._get_surface().items()):
            for record in self._get_subjects(method, models):
                names = self._get_parameters(record._name, method)
                sensible = [SENSIBLE[name] for name in names]
                yield record, method, sensible
                for place in range(len(names) if not sensible_only else 0):
                    for silly in SILLY:
                        arguments = [*sensible]
                        arguments[place] = silly
                        yield record, method, arguments

    def test_who_may_nothing(self):
        """They are refused, or told what is no secret; nothing is ever written."""
        tried = 0
        for record, method, arguments in self._get_calls(sensible_only=True):
            for role in ("public", "portal", "internal"):
                user = self.roles[role]
                error = self._call(user, record, method, arguments, readonly=True)
                about = {"role": role, "model": record._name, "method": method}
                self._assert_told(error, **about)
                tried += 1
        self.assertGreater(tried, 250)

    def test_silly_arguments(self):
        tried = 0
        with mute_logger("odoo.sql_db"):
            for record, method, arguments in self._get_calls():
                for role in ("public", "officer"):
                    error = self._call(self.roles[role], record, method, arguments)
                    about = {"role": role, "method": method, "arguments": arguments}
                    self._assert_told(error, model=record._name, **about)
                    tried += 1
        self.assertGreater(tried, 1000)

    def test_records_that_are_gone(self):
        for (_model, method), models in sorted(self._get_surface().items()):
            for record in self._get_subjects(method, models):
                gone = record.browse(2**31 - 2)
                names = self._get_parameters(record._name, method)
                arguments = [SENSIBLE[name] for name in names]
                error = self._call(self.officer, gone, method, arguments)
                self._assert_told(error, model=record._name, method=method)

    @mute_logger("odoo.sql_db")
    def test_the_check_can_fail(self):
        other = self._create_registration(service="advice")
        error = self._call(self.officer, other, "start_audit", [], readonly=True)
        self.assertIsInstance(error, errors.ReadOnlySqlTransaction)

    def test_silly_selection(self):
        """A wizard is told in the context what it is about: also that can be silly."""
        chosen = {"action": "cancel_audit", "reason": "Vergissing"}
        link = {"registration_id": self.registration.id, "type_id": self.quote_type.id}
        for model, vals in (("kmop.reason", chosen), ("kmop.evidence.link", link)):
            for silly in SILLY:
                for about in (
                    {"active_model": silly, "active_ids": [1]},
                    {"active_model": "sale.order", "active_ids": silly},
                    {"active_model": "res.users", "active_ids": self.officer.ids},
                ):
                    wizards = self.env[model].with_user(self.officer)
                    wizard = wizards.with_context(**about).create(vals)
                    error = self._call_wizard(wizard)
                    self._assert_told(error, model=model, about=about)

    def _call_wizard(self, wizard):
        try:
            with self.env.cr.savepoint():
                wizard.action_confirm()
        except Exception as error:
            return error


@tagged("post_install", "-at_install")
class TestPrivateMethods(HttpCase, SurfaceCommon):
    """What isn't on the list can't be called from outside, over any door."""

    def test_private_methods(self):
        tried = 0
        for name, cls in self.registry.items():
            model = self.env[name].with_user(self.manager)
            for part in filter(is_ours, cls.__mro__):
                for method, value in vars(part).items():
                    if method.startswith("_") and inspect.isroutine(value):
                        with self.assertRaises(AccessError):
                            get_public_method(model, method)
                        tried += 1
        self.assertGreater(tried, 1000)

    def _get_hidden(self):
        """Return private methods, among them one that only says so by its decorator."""
        cls = self.registry["kmop.registration"]
        declared = [
            name
            for name in dir(cls)
            if getattr(inspect.getattr_static(cls, name), "_api_private", False)
        ]
        self.assertTrue(declared)
        return ["_transition", "_render_badge", "__init__", declared[0]]

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.json2")
    def test_web_client(self):
        self.authenticate(self.manager.login, self.manager.login)
        for method in [*self._get_hidden(), "not_there"]:
            params = {"model": "kmop.registration", "method": method}
            params |= {"args": [self.registration.ids], "kwargs": {}}
            answer = self.url_open(
                "/web/dataset/call_kw", json={"params": params}, timeout=30
            )
            with self.subTest(method=method):
                error = answer.json()["error"]["data"]["name"]
                known = "builtins.AttributeError", "odoo.exceptions.AccessError"
                self.assertEqual(error, known[method != "not_there"])

    @mute_logger("odoo.http", "odoo.addons.web.controllers.json2")
    def test_json2(self):
        keys = self.env(user=self.manager)["res.users.apikeys"]
        key = keys.sudo()._generate("rpc", "Test", None)
        for method, status in {
            **dict.fromkeys(self._get_hidden(), 403),
            "not_there": 404,
            "readiness": 200,
        }.items():
            answer = self.url_open(
                f"/json/2/kmop.registration/{method}",
                json={"ids": self.registration.ids},
                headers={"Authorization": f"bearer {key}"},
            )
            with self.subTest(method=method):
                self.assertEqual(answer.status_code, status, answer.text[:200])
        bare = self.url_open(
            "/json/2/kmop.registration/readiness", json={"ids": self.registration.ids}
        )
        self.assertEqual(bare.status_code, 401)

"""Remote calls by people with a login of their own, who send whatever they like.

``test_forge_records``, ``test_forge_files`` and ``test_forge_fields`` try with it what
a penetration test did to the addon.
"""

import re
from pathlib import Path

from odoo.http import root
from odoo.tests import HttpCase
from odoo.tests.common import HOST, Opener
from odoo.tools import SQL, mute_logger

from .test_dossier import DossierCommon
from .test_evidence import EvidenceCommon

ADDON = Path(__file__).parents[1]
READ = re.compile(r"""(?:context|ctx)(?:\.get\(|\[|\.pop\()\s*["'](\w+)["']""")
TESTED = re.compile(r"""["'](\w+)["'] (?:not )?in (?:\w+\.)*context\b""")
GIVEN = re.compile(r"with_context\(([^()]*(?:\([^()]*\)[^()]*)*)\)")
NAME = re.compile(r"(?:^|[\s(,])(\w+)=")

# Keys that the host knows. Companies are tried apart: a wrong one is refused for its
# own reason, and would hide what else is there.
HOST_KEYS = {
    "_force_unlink": True,
    "active_test": False,
    "bin_size": True,
    "default_active": False,
    "default_public": True,
    "default_res_model": "res.partner",
    "default_state": "accepted",
    "default_user_id": 1,
    "import_file": True,
    "install_mode": True,
    "lang": "nl_BE",
    "mail_activity_automation_skip": True,
    "mail_auto_subscribe_no_notify": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "module": "kmop_registration",
    "noupdate": True,
    "prefetch_fields": False,
    "su": True,
    "tracking_disable": True,
    "tz": "Pacific/Kiritimati",
    "uid": 1,
}
# What our own keys can hold; others are sent as True.
OWN_KEYS = {
    "active_id": 1,
    "active_ids": [1],
    "active_model": "sale.order",
    "default_aspect": "application",
    "default_indicator_ids": [],
    "default_type": "service",
}
COMPANIES = "allowed_company_ids"
REFUSED = {f"odoo.exceptions.{n}Error" for n in ("Access", "User", "Validation")}


def find_own_keys():
    """Return the context keys that the addon reads or gives, anywhere in its source."""
    folders = ("controllers", "data", "models", "report", "tools", "views", "wizard")
    keys = set()
    for folder in folders:
        for path in (ADDON / folder).rglob("*"):
            if path.suffix in (".py", ".xml"):
                source = path.read_text()
                keys.update(READ.findall(source), TESTED.findall(source))
                for given in GIVEN.findall(source):
                    keys.update(NAME.findall(given))
    return keys


class ForgeCase(EvidenceCommon, DossierCommon, HttpCase):
    """Records worth forging, and people who call from outside."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("nl_BE")
        cls.employee = cls._create_user("employee", "base.group_user")
        cls.researcher = cls._create_user("researcher", "survey.group_survey_manager")
        own = dict.fromkeys(find_own_keys() - {COMPANIES}, True) | OWN_KEYS
        keys = {**own, **HOST_KEYS, COMPANIES: cls.company.ids}
        cls.keys = {k: v for k, v in keys.items() if not k.startswith("default_")}
        cls.defaults = keys
        cls.contexts = [{}, {"_force_unlink": True}, cls.keys]
        cls.both = {COMPANIES: (cls.company | cls.other_company).ids}
        cls.sessions = {}
        cls.addClassCleanup(cls._forget_sessions)

    @classmethod
    def _forget_sessions(cls):
        for sid in cls.sessions.values():
            root.session_store.delete(root.session_store.get(sid))

    # ------------------------------------------------------------------ as somebody

    def _log_in(self, user):
        """Use the session of ``user``: log in with the password, once per class."""
        self.opener = Opener(self)
        if not user:
            return
        if user.login not in self.sessions:
            credentials = {
                "db": self.env.cr.dbname,
                "login": user.login,
                "password": user.login.ljust(8, "x"),
            }
            answer = self.url_open(
                "/web/session/authenticate", json={"params": credentials}
            ).json()
            self.assertEqual(answer["result"]["uid"], user.id)
            self.sessions[user.login] = self.opener.cookies["session_id"]
            self.opener = Opener(self)
        self.opener.cookies.set("session_id", self.sessions[user.login], domain=HOST)

    def _get_session(self, sid):
        return root.session_store.get(sid)

    def _send(self, user, records, method, *args, **context):
        """Call a method as ``user``; return what comes back, and the error's name."""
        of_model = method in ("create", "load")
        args = args if of_model else (records.ids, *args)
        answer = self._send_model(user, records, method, *args, **context)
        error = answer.get("error", {}).get("data", {}).get("name")
        return answer.get("result"), error

    @mute_logger("odoo.http", "odoo.sql_db")
    def _send_model(self, user, model, method, *args, **context):
        """Call a method with no more than the given arguments; return the answer."""
        self._log_in(user)
        params = {
            "model": model._name,
            "method": method,
            "args": args,
            "kwargs": {"context": context},
        }
        path = f"/web/dataset/call_kw/{model._name}/{method}"
        answer = self.url_open(path, json={"params": params}, timeout=60).json()
        self.env.invalidate_all()
        return answer

    def _get(self, user, path):
        self._log_in(user)
        return self.url_open(path, allow_redirects=False, timeout=60)

    # --------------------------------------------------------------------- verdicts

    def _look(self, records):
        """Return all that the database holds of the records."""
        self.env.flush_all()
        self.env.invalidate_all()
        rows = []
        # sudo: what is there is compared, whoever called
        for record in records.sudo():
            table = SQL.identifier(record._table)
            query = SQL("SELECT to_jsonb(t) FROM %s t WHERE id = %s", table, record.id)
            rows.append((record, self.env.execute_query(query)))
            if not record.exists():
                continue
            for name, field in sorted(record._fields.items()):
                listed = field.store and field.type in ("one2many", "many2many")
                if listed and not name.startswith(("message_", "activity_")):
                    rows.append((name, record[name].ids))
            if record._name == "ir.attachment":
                rows.append(record._kmop_read())
        return rows

    def refuse(self, users, *calls, watched=(), keys=None, told=True):
        """Make each call, as each user and with each context: it is refused each time.

        :param calls: records, method and arguments; or records and what to write
        :param watched: records that stay as they are, beside those of the call
        :param told: False where the call may be answered, as long as nothing changes
        """
        for records, method, *args in calls:
            if isinstance(method, dict):
                method, args = "write", [method]
            seen = [*watched, *([records] if told else [])]
            before = self._look_at(seen)
            filling = [self.defaults] if method in ("create", "onchange") else []
            for user in users:
                for context in keys or [*self.contexts, *filling]:
                    savepoint = self.env.cr.savepoint()
                    error = self._send(user, records, method, *args, **context)[1]
                    changed = not error and self._look_at(seen) != before
                    # What was refused left nothing: that is looked at below.
                    savepoint.close(rollback=not error)
                    about = f"{user.login} {records} {method} {args}"[:300]
                    with self.subTest(about, keys=str(context)[:60]):
                        self.assertFalse(changed)
                        if told:
                            self.assertIn(error, REFUSED)
            self.assertEqual(self._look_at(seen), before)

    def _look_at(self, seen):
        return [self._look(records) for records in seen]

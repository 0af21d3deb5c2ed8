"""Remote calls by people with a login of their own, who send whatever they like.

Used by ``test_forge_*.py``. The points that those name are the ones of the table "What
was tried" in ``docs/security.md``.
"""

from odoo.http import root
from odoo.tests import HttpCase
from odoo.tests.common import HOST, Opener
from odoo.tools import SQL, mute_logger

from .access_keys import FORGED
from .test_dossier import DossierCommon
from .test_evidence import EvidenceCommon

# What is sent here beside the keys that access is tried with, or with another value.
# Companies are tried apart: a wrong one is refused for its own reason, and would hide
# what else is there.
KEYS = {
    **FORGED,
    "active_model": "sale.order",
    "default_indicator_ids": [],
    "default_res_model": "res.partner",
    "default_type": "service",
    "lang": "nl_BE",
    "noupdate": True,
}
COMPANIES = "allowed_company_ids"
ACCESS, USER, VALIDATION = (
    f"odoo.exceptions.{name}Error" for name in ("Access", "User", "Validation")
)
# A ValidationError isn't one: a unique index or a constraint looks like a guard.
REFUSED = (ACCESS, USER)


class ForgeCase(EvidenceCommon, DossierCommon, HttpCase):
    """Records worth forging, and people who call from outside."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("nl_BE")
        cls.employee = cls._create_user("employee", "base.group_user")
        cls.researcher = cls._create_user("researcher", "survey.group_survey_manager")
        cls.defaults = {**KEYS, COMPANIES: cls.company.ids}
        cls.keys = {
            name: value
            for name, value in cls.defaults.items()
            if not name.startswith("default_")
        }
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

    def refuse(self, users, *calls, watched=(), keys=None, told=True, errors=REFUSED):
        """Make each call, as each user and with each context: it is refused each time.

        :param calls: records, method and arguments; or records and what to write
        :param watched: records that stay as they are, beside those of the call
        :param told: False where the call may be answered, as long as nothing changes
        :param errors: the names of the errors that a refusal may have
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
                            self.assertIn(error, errors)
            self.assertEqual(self._look_at(seen), before)

    def _look_at(self, seen):
        return [self._look(records) for records in seen]

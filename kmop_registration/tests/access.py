"""How access is tried out: by each person, on a record of each kind."""

import csv
from pathlib import Path

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user

from .access_keys import FORGED, SWITCHES
from .test_audit_page import AuditPageCommon
from .test_targets import TargetsCommon

TABLE = Path(__file__).with_name("access.csv")
PEOPLE = ["public", "portal", "auditor", "expired", "withdrawn", "internal",
          "salesman", "leader", "surveyor", "reader", "officer", "manager", "chief",
          "stranger"]  # fmt: skip
# Who tries the keys: one of each kind, and fewer on lists, which are many.
KEYED = ["public", "auditor", "internal", "salesman", "reader", "officer", "stranger"]
KEYED_LISTS = ["auditor", "salesman", "reader", "officer", "stranger"]
HEAD = ["kind", "what", *PEOPLE]
PLAIN = ("boolean", "char", "date", "datetime", "float", "integer", "selection", "text")


def read_table():
    """Return the rows of the table that is kept."""
    with TABLE.open(newline="") as table:
        return list(csv.DictReader(table))


class TableCommon(AuditPageCommon, TargetsCommon):
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
        self.differences = []
        self.people = {**self.people, "chief": self.chief}
        self.env.ref("base.group_allow_export").user_ids += self.chief
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
        self.env.flush_all()

    def _get_records(self):
        """Return a record of each model of ours, and of the host's that have fields."""
        records = super()._get_records()
        order = records["kmop.session"].order_id
        order._kmop_get_survey_url()
        survey = self.env["survey.survey"].create({"title": "Tevredenheid"})
        return records | {
            "account.move": self._create_entry(),
            "digest.digest": self.env["digest.digest"].search([], limit=1),
            "product.template": self.product.product_tmpl_id,
            "res.company": self.company,
            "res.partner": self.client,
            "sale.order": order,
            "sale.order.line": order.order_line[:1],
            "survey.question": self.env["survey.question"].create(
                {"title": "Hoe was het?", "survey_id": survey.id}
            ),
            "survey.survey": survey,
            "survey.user_input": self.env["survey.user_input"].create(
                {"survey_id": survey.id}
            ),
        }

    def _create_entry(self):
        vals = {"name": "Diverse", "code": "KMOP", "type": "general"}
        journals = self.env["account.journal"]
        journal = journals.create({**vals, "company_id": self.company.id})
        moves = self.env["account.move"].with_company(self.company)
        return moves.create({"move_type": "entry", "journal_id": journal.id})

    # ----------------------------------------------------------------- trying it

    def _try(self, action, seen=None):
        """Return if it was done; False where refused, None where the model stops it.

        :param seen: tells whether it is there afterwards; what isn't, wasn't done
        """
        self.env.invalidate_all()
        savepoint = self.env.cr.savepoint()
        try:
            action()
            self.env.flush_all()
            return bool(not seen or seen())
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

    def _get_keyed_row(self, kind, what, ask):
        """Return the row, once it is the same whatever keys the context holds.

        :param ask: takes a user and a context, and returns letters
        """
        row = self._get_row(kind, what, lambda user: ask(user, {}))
        is_list = kind == "list"
        for name in KEYED_LISTS if is_list else KEYED:
            for context in self._get_contexts(is_list):
                answer = ask(self.people[name], context)
                self._compare(row, name, answer, exactly=context is SWITCHES)
        return row

    def _get_contexts(self, is_list):
        """Return what is sent along: to a list all at once, as there are many."""
        links = {
            f"default_{name.split('.')[-1]}_id": record.id
            for name, record in self.foreign.items()
        }
        forged = {**FORGED, **links}
        if is_list:
            return (forged,)
        # With these everything that looks at companies fails: not the only try.
        companies = (self.other_company + self.company).ids
        return SWITCHES, {**forged, "allowed_company_ids": companies}

    def _compare(self, row, name, answer, exactly):
        without, more = row[name], set(get_done(answer)) - set(get_done(row[name]))
        if more or (exactly and answer != without):
            about = row["kind"], row["what"], name
            self.differences.append((*about, f"without {without}, with {answer}"))

    # -------------------------------------------------------------------- records

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

    def _copy(self, record):
        """Return what makes another one; what is made is one's own."""
        vals = record.sudo().copy_data()[0] if record else {}
        vals.pop("owner_id", None)
        return vals

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


def get_done(cell):
    """Return the letters of a cell that aren't between brackets."""
    return cell.split("(")[0].strip("-")

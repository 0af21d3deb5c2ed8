"""Access that goes by way of another record: moving to it, and its lists."""

from datetime import date

from odoo.fields import Command
from odoo.tools import SQL

from .access import TableCommon
from .files import make_content

# What is changed in a line of a list, where it has one of these.
TITLES = ("title", "remark", "note", "url", "name", "measure")


class LinkRows(TableCommon):
    def setUp(self):
        super().setUp()
        self.others = self._get_others()
        self.closed = self._get_closed()
        self.env.flush_all()

    def _get_others(self):
        """Return a second record of the same company, where one is not like another."""
        registration = self._create_registration(service="advice")
        audit = registration.start_audit()
        order = self._create_order(kmop_service="training")
        evidence = self._create_evidence(registration)
        return {
            "ir.attachment": self._create_attachment("ander.txt"),
            "kmop.audit": audit,
            "kmop.audit.score": audit.score_ids[:1],
            "kmop.evidence": evidence,
            "kmop.registration": registration,
            "res.company": self.company,
            "res.partner": self.env["res.partner"].create({"name": "Ander"}),
            "sale.order": order,
        }

    def _get_closed(self):
        """Return records of the same company that are closed, by model."""
        # A registration that was withdrawn: there can be another one beside it.
        withdrawn = self._create_registration(
            service="advice", partner_id=self.bureau.id
        )
        exemption = self.records["kmop.exemption"].copy(
            {"registration_id": withdrawn.id}
        )
        withdrawn.withdraw(date(2026, 5, 1), "Gestopt")
        decided = self.records["kmop.audit.decision"].audit_id
        finding = self.records["kmop.finding"].copy({"name": "Voorbij"})
        finding.with_user(self.officer).cancel("Vergissing")
        self.assertTrue(exemption)
        return {
            "kmop.audit": decided.sudo(False),
            "kmop.evidence": self.records["kmop.evidence.file"].evidence_id,
            "kmop.finding": finding,
            "kmop.registration": withdrawn,
        }

    def _is_ours(self, record, field):
        named = record._name.startswith("kmop.") or "kmop" in field.name
        return named and "kmop_registration" in field._modules and not field.inherited

    def _get_linked(self, types):
        """Yield each of our records and host records, with its fields of ``types``."""
        for name in sorted(self.registry):
            record = self.records.get(name)
            if record is None and name.startswith("kmop."):
                record = self._get_one(name)
            if record is None or record._abstract or record._transient:
                continue
            fields = sorted(record._fields.values(), key=lambda field: field.name)
            ours = [f for f in fields if f.type in types and self._is_ours(record, f)]
            yield record, [field for field in ours if field.store]

    def _get_alike(self, kind, title, asked):
        """Yield a row for all fields whose answers are the same.

        :param asked: what to ask, by the name of the field
        """
        alike = {}
        for name, ask in asked.items():
            row = self._get_keyed_row(kind, f"{title}: {name}", ask)
            answers = tuple(value for key, value in row.items() if key != "what")
            alike.setdefault(answers, []).append((name, row))
        for rows in alike.values():
            names = " ".join(name for name, _row in rows)
            yield {**rows[0][1], "what": f"{title}: {names}"}

    # ----------------------------------------------------------------------- moves

    def _get_move_rows(self):
        for record, fields in self._get_linked(("many2one",)):
            asked = {
                field.name: lambda user, context, r=record, f=field: self._ask_move(
                    r.with_user(user).with_context(**context), f
                )
                for field in fields
                if not field.related and self._get_targets(record, field)
            }
            yield from self._get_alike("move", record._name, asked)

    def _get_targets(self, record, field):
        """Return where a record could go: elsewhere, to what is closed, far away."""
        now, model = record.sudo()[field.name], field.comodel_name
        targets = {
            "m": self._get_other(model, now),
            "d": self.closed.get(model),
            "f": self.foreign.get(model),
        }
        return {key: to for key, to in targets.items() if to and to != now}

    def _get_other(self, model, now):
        if (other := self.others.get(model)) is not None and other != now:
            return other
        if not model.startswith("kmop.") or "company_id" in self.env[model]._fields:
            return None
        return self.env[model].search([("id", "not in", now.ids)], limit=1)

    def _ask_move(self, mine, field):
        name = field.name
        return self._spell(
            {
                key: self._try(
                    lambda to=target: mine.write({name: to.id}),
                    lambda to=target: mine.sudo()[name].id == to.id,
                )
                for key, target in self._get_targets(mine, field).items()
            }
        )

    # ----------------------------------------------------------------------- lists

    def _get_list_rows(self):
        types = ("one2many", "many2many")
        for record, fields in self._get_linked(types):
            yield from self._get_parent_rows(record, record._name, fields)
            if closed := self.closed.get(record._name):
                title = f"{record._name}, closed"
                yield from self._get_parent_rows(closed, title, fields)

    def _get_parent_rows(self, parent, title, fields):
        savepoint = self.env.cr.savepoint()
        try:
            for field in fields:
                self._fill_list(parent, field)
            asked = {
                field.name: lambda user, context, f=field, v=vals: self._ask_list(
                    parent.with_user(user).with_context(**context), f, v
                )
                for field in fields
                for vals in [self._get_line(field)]
            }
            yield from self._get_alike("list", title, asked)
        finally:
            savepoint.close(rollback=True)
            self.env.clear()

    def _fill_list(self, parent, field):
        """Put something in an empty list, where its model allows it to be there."""
        everything = parent.sudo().with_context(active_test=False)
        if everything[field.name]:
            return
        child = self._get_one(field.comodel_name)
        if field.comodel_name == "ir.attachment":
            child = self._create_attachment("erin.txt")
        command = [Command.link(child.id)]
        savepoint = self.env.cr.savepoint()
        filled = False
        try:
            everything.write({field.name: command})
            self.env.flush_all()
            filled = True
        except Exception as error:
            self.assertTrue(str(error))
        finally:
            savepoint.close(rollback=not filled)

    def _ask_list(self, mine, field, vals):
        tried = {
            letter: self._try(lambda c=command: mine.write({field.name: [c]}), seen)
            for letter, command, seen in self._get_commands(mine, field, vals)
        }
        return self._spell(tried)

    def _get_commands(self, mine, field, vals):
        """Yield a letter, a command, and what tells that it did something.

        :param vals: those of a new line
        """
        name = field.name
        everything = mine.sudo().with_context(active_test=False)
        children = everything[name]
        child, model = children[:1], children.browse()
        before = child and self._get_stored(child)
        last = self._get_last(model)

        def is_out():
            return child not in everything[name]

        yield "c", Command.create({**vals}), lambda: self._get_last(model) > last
        if child:
            changed = Command.update(child.id, self._get_change(child))
            yield "w", changed, lambda: self._get_stored(child) != before
            yield "u", Command.delete(child.id), lambda: not child.exists()
            yield "t", Command.unlink(child.id), is_out
            yield "s", Command.set([]), is_out
        for letter, other in (
            ("l", self.others.get(field.comodel_name)),
            ("f", self.foreign.get(field.comodel_name)),
        ):
            if other and other not in children:
                yield (
                    letter,
                    Command.link(other.id),
                    lambda o=other: o.sudo() in everything[name],
                )

    def _get_line(self, field):
        """Return what makes a new line of a list."""
        model = self.env[field.comodel_name]
        if model._name == "ir.attachment":
            return {"name": "nieuw.txt", "raw": make_content("nieuw.txt")}
        if model._name == "res.partner":
            return {"name": "Nieuw"}
        record = self._get_one(model._name)
        vals = {**self._get_vals(model), **self._copy(record)}
        if field.type == "one2many":
            vals.pop(field.inverse_name, None)
        return vals

    def _get_change(self, child):
        """Return a change of a line that alters what is stored."""
        for name in TITLES:
            field = child._fields.get(name)
            if field and field.store and not field.compute:
                return {name: "https://anders.example.com"}
        name = self._get_plain(child) or "id"
        return {name: self._get_another(child, name)}

    def _get_another(self, child, name):
        field, value = child._fields[name], child[name]
        if field.type == "selection":
            return next(v for v in field.get_values(self.env) if v != value)
        if field.type == "boolean":
            return not value
        if field.type in ("integer", "float"):
            return value + 1
        return "2026-05-01" if field.type in ("date", "datetime") else "Anders"

    def _get_last(self, model):
        """Return the highest id, which tells whether there is one more."""
        table = SQL.identifier(model._table)
        query = SQL("SELECT COALESCE(max(id), 0) FROM %s", table)
        return self.env.execute_query(query)[0][0]

from odoo import api, fields, models, tools
from odoo.exceptions import LockError, UserError

from ...tools import is_uninstalling, own_context, read_day, read_text


class KmopGuarded(models.AbstractModel):
    """Close records by state, and let only transitions set guarded fields.

    Who may change what follows from the record's own state and from superuser mode,
    which no remote call can ask for. A context key, a default or an x2many command
    can be sent by anybody: none of them decides anything here.

    A model that inherits this declares

    - ``_guarded_fields``: what only its transitions set;
    - ``_free_fields``: by state, the fields that stay free once the record is closed.
      A state that isn't named leaves the record open. A field that is added later is
      closed until it is named.
    """

    _name = "kmop.guarded.mixin"
    _description = "Fields set by transitions only"
    _inherit = ["kmop.target.mixin"]

    _guarded_fields = frozenset()
    _free_fields = {}
    # The records that a record can belong to: moving it takes access to the new one.
    _parent_fields = frozenset({"registration_id", "audit_id", "order_id"})

    history_ids = fields.One2many(
        "kmop.history",
        "res_id",
        domain=lambda self: [("res_model", "=", self._name)],
        copy=False,
        groups="kmop_registration.group_kmop_user",
    )

    # ---------------------------------------------------------------------- CRUD

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.su:
            return super().create(vals_list)
        initial = self._get_initial_values()
        closed = self._guarded_fields | self._get_derived_fields()
        for vals in vals_list:
            self._check_guarded(
                name
                for name in closed & vals.keys()
                if vals[name] and vals[name] != initial.get(name)
            )
        records = super().create(
            [
                {k: v for k, v in vals.items() if k not in closed} | initial
                for vals in vals_list
            ]
        )
        records._check_parents(self._parent_fields)
        return records

    def write(self, vals):
        if self.env.su:
            return super().write(vals)
        changed = self._get_changed_fields(vals)
        self._check_open(changed)
        self._check_guarded(
            changed & (self._guarded_fields | self._get_derived_fields())
        )
        result = super().write(vals)
        if moved := changed & self._parent_fields:
            # Record rules checked the old parent; check access to the new one too.
            self.check_access("write")
            self._check_parents(moved)
        return result

    @api.ondelete(at_uninstall=True)
    def _unlink_except_kept(self):
        if is_uninstalling(self.env):
            return
        for record in self:
            if message := record._get_kept_message():
                raise UserError(message)
        # sudo: who deletes a record needn't be allowed to read its history
        with_history = self.sudo().filtered("history_ids")
        if with_history and not self.env.su:
            raise UserError(
                self.env._(
                    "%(record)s has a history and is kept.",
                    record=with_history[0].display_name,
                )
            )

    @api.model
    def default_get(self, fields):
        """Ignore the caller's defaults for guarded and derived fields."""
        closed = self._guarded_fields | self._get_derived_fields()
        values = super().default_get([name for name in fields if name not in closed])
        initial = self._get_initial_values()
        return values | {name: initial[name] for name in fields if initial.get(name)}

    # -------------------------------------------------------------- what is closed

    @api.model
    @tools.ormcache()
    def _get_derived_fields(self):
        """Return the stored fields that follow from others, and from nothing else."""
        return frozenset(
            name
            for name, field in self._fields.items()
            if field.store and field.compute and field.readonly and not field.inverse
        )

    @api.model
    def _get_initial_values(self):
        """Return what a new record's guarded fields hold, whoever makes it.

        Not default_get(): a remote call chooses its ``default_`` context keys, and
        any internal user keeps defaults of their own.
        """
        return {
            name: field.default(self) if field.default else False
            for name in self._guarded_fields
            if not (field := self._fields[name]).compute
        }

    def _get_changed_fields(self, vals):
        """Return the names in ``vals`` that hold another value than the records do.

        The commands of an x2many field always count as a change.
        """
        return {name for name, value in vals.items() if self._is_changed(name, value)}

    def _is_changed(self, name, value):
        field = self._fields.get(name)
        if field is None or field.type in ("one2many", "many2many"):
            return True
        return any(
            field.convert_to_cache(value, record)
            != field.convert_to_cache(record[name], record)
            for record in self
        )

    def _get_free_fields(self):
        """Return what may still be written on this record; None: everything."""
        return self._free_fields.get(self["state"]) if self._free_fields else None

    def _check_open(self, names):
        """Raise UserError where one of the fields ``names`` is closed on a record."""
        for record in self:
            free = record._get_free_fields()
            if free is not None and (closed := set(names) - free):
                raise UserError(record._get_closed_message(closed))

    def _get_closed_message(self, names):
        return self.env._(
            "%(record)s is closed: %(fields)s can't change any more.",
            record=self.display_name,
            fields=self._get_labels(names),
        )

    def _get_kept_message(self):
        """Return why this record can't be deleted, whoever asks, or None."""
        return None

    @api.model
    def _check_guarded(self, names):
        """Raise UserError when ``names`` holds any field."""
        if names := list(names):
            raise UserError(
                self.env._(
                    "%(fields)s can't be edited directly: use the buttons of this"
                    " form.",
                    fields=self._get_labels(names),
                )
            )

    @api.model
    def _get_labels(self, names):
        known = [self._fields[name] for name in names if name in self._fields]
        return ", ".join(sorted(f._description_string(self.env) for f in known))

    def _check_parents(self, names):
        """Raise AccessError for a record that belongs to what the user may not read."""
        for name in names:
            if name in self._fields and (parents := self[name]):
                parents.check_access("read")

    # ----------------------------------------------------------------- transitions

    def _transition(self, vals, step=None, reason=None):
        """Write ``vals``, guarded fields included, as the user who may write here.

        :param step: what happened, for the history; the new state by default
        :param reason: why, for the history
        """
        self.check_access("write")
        # sudo: the guard above lets nobody else set these fields
        own_context(self.sudo()).write(vals)
        # Unique indexes look at the state: it must be there before the next insert.
        self.flush_recordset(vals)
        if step := step or vals.get("state"):
            self.env["kmop.history"]._add(self, step, reason)

    def _lock(self):
        """Keep others from changing these records until the commit.

        Raises UserError if another transaction holds the lock.
        """
        try:
            # A new record that refers to this row, such as evidence, needn't wait.
            self.lock_for_update(allow_referencing=True)
        except LockError as error:
            raise UserError(
                self.env._(
                    "Somebody else is working on %(record)s right now: try again.",
                    record=self[:1].display_name,
                )
            ) from error

    def _get_today(self):
        """Return today's date in the time zone of the records' company.

        For records of several companies, return the earliest date.
        """
        companies = self.company_id or self.env.company
        return min(company._kmop_today() for company in companies)

    def _get_past_day(self, date):
        """Return ``date``, or today. Raises UserError for a day to come."""
        today = self._get_today()
        day = read_day(self.env, date) or today
        if day > today:
            raise UserError(self.env._("This can't be recorded for a day to come."))
        return day

    @api.model
    def _get_text(self, text, message):
        """Return ``text`` stripped. Raises UserError where it is empty."""
        text = read_text(self.env, text)
        if not text:
            raise UserError(message)
        return text

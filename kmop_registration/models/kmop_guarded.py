from odoo import api, fields, models
from odoo.exceptions import LockError, UserError

from ..tools import read_day, read_text


class KmopGuarded(models.AbstractModel):
    """Fields that only the model's own transitions may set.

    A context key can be forged by a remote call, superuser mode cannot: the
    transitions check access as the user and then write with ``sudo()``.
    """

    _name = "kmop.guarded"
    _description = "Fields set by transitions only"

    _guarded_fields = frozenset()

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            initial = self._get_initial_values()
            for vals in vals_list:
                self._check_guarded(
                    name
                    for name in self._guarded_fields & vals.keys()
                    if vals[name] and vals[name] != initial.get(name)
                )
            vals_list = [
                {k: v for k, v in vals.items() if k not in self._guarded_fields}
                | initial
                for vals in vals_list
            ]
        return super().create(vals_list)

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

    def write(self, vals):
        if not self.env.su:
            self._check_guarded(self._guarded_fields & vals.keys())
        return super().write(vals)

    @api.model
    def _check_guarded(self, names):
        """Raise UserError when ``names`` holds any field."""
        labels = sorted(
            self._fields[name]._description_string(self.env) for name in names
        )
        if labels:
            raise UserError(
                self.env._(
                    "%(fields)s can't be edited directly: use the buttons of this"
                    " form.",
                    fields=", ".join(labels),
                )
            )

    def _transition(self, vals):
        """Write ``vals``, guarded fields included, as the user who may write here."""
        self.check_access("write")
        # sudo: the guard above lets nobody else set these fields
        self.sudo().write(vals)
        # Unique indexes look at the state: it must be there before the next insert.
        self.flush_recordset(vals)

    # ------------------------------------------------- what all transitions need

    def _lock(self):
        """Keep others from changing these records until the commit.

        Raises UserError where another transaction is at it.
        """
        try:
            # Linking evidence refers to the row, and need not wait.
            self.lock_for_update(allow_referencing=True)
        except LockError as error:
            raise UserError(
                self.env._(
                    "Somebody else is working on %(record)s right now: try again.",
                    record=self[:1].display_name,
                )
            ) from error

    @api.model
    def _get_past_day(self, date):
        """Return ``date``, or today. Raises UserError for a day to come."""
        today = fields.Date.context_today(self)
        day = read_day(self.env, date) or today
        if day > today:
            raise UserError(self.env._("This can't be recorded for a day to come."))
        return day

    @api.model
    def _get_text(self, text, message):
        """Return ``text`` without its margins. Raises UserError where it is empty."""
        text = read_text(self.env, text)
        if not text:
            raise UserError(message)
        return text

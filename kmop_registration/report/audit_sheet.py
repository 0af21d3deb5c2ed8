"""What the sheets of the audit workbook have in common: their columns are declared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from operator import attrgetter

from odoo.tools.translate import LazyGettext

from ..tools import iterate_rows, read_names
from .xlsx_sheet import Column, Sheet


@dataclass(frozen=True, eq=False)
class Shown:
    """A column of a sheet: the field that it shows, its width and its format.

    Label and help are the field's own, except where they are given here.
    """

    name: str
    width: float
    help: LazyGettext | None = None
    kind: str = "text"
    label: LazyGettext | None = None
    # The model that the field is of, where it isn't the sheet's.
    model: str | None = None
    # The signs that go in front of the labels of a selection.
    signs: Mapping[str, str] | None = None
    # What it shows, as a function of the sheet and the record; else the field's value.
    get: Callable | None = None


class AuditSheet:
    """A sheet of the workbook: a table of records, with their fields as columns."""

    # By which the columns that an auditor sees are listed.
    name: str
    label: LazyGettext
    help: LazyGettext
    # The model that one must be allowed to read, if any.
    reads: str | None = None
    # The model whose fields the columns are, if any.
    model: str | None = None
    columns: tuple[Shown, ...] = ()

    def __init__(self, pack, names=None):
        """
        :param pack: what the workbook is of, see ``Pack``
        :param names: the columns to show, all of them if None
        """
        self.pack = pack
        self.env = pack.env
        self.shown = [
            column
            for column in self.get_declared()
            if names is None or column.name in names
        ]
        self.getters = [self.get_getter(column) for column in self.shown]

    def get_declared(self):
        return self.columns

    def is_readable(self):
        """Tell whether the user may have the sheet at all."""
        return not self.reads or self.env[self.reads].has_access("read")

    def get_missing_note(self):
        """Return what the cover says where the sheet isn't there, if anything."""
        return None

    # ---------------------------------------------------------------------- texts

    def get_name(self):
        """Return the name on the tab."""
        return self.env._(self.label)

    def get_help(self):
        """Return what the sheet is for, in one sentence."""
        return self.env._(self.help)

    def get_columns(self):
        return [self.describe(column) for column in self.shown]

    def describe(self, column):
        """Return a column in the reader's language."""
        label = column.label and self.env._(column.label)
        explained = column.help and self.env._(column.help)
        if owner := self.get_field(column):
            label = label or owner._description_string(self.env)
            explained = explained or owner._description_help(self.env)
        return Column(label or "", column.width, explained or "", column.kind)

    def get_field(self, column):
        model = column.model or self.model
        return self.env[model]._fields.get(column.name) if model else None

    # ----------------------------------------------------------------------- rows

    def add(self, book):
        """Write the sheet."""
        sheet = Sheet(book, self.get_name(), self.get_columns())
        sheet.add_table(self.get_rows())

    def get_rows(self):
        """Yield the lines of the table: the values of the columns that are shown."""
        return map(self.get_row, self.get_records())

    def get_records(self):
        raise NotImplementedError

    def get_row(self, record):
        return [get(record) for get in self.getters]

    def get_getter(self, column):
        """Return the function of a record that gives what the column shows."""
        if column.get:
            return partial(column.get, self)
        owner, read = self.get_field(column), self.get_reader(column)
        if owner and owner.type == "selection":
            labels = self.get_labels(owner, column.signs)
            return lambda record: labels.get(read(record), "")
        if owner and owner.type == "many2one":
            return lambda record: self.get_display_name(column, read(record))
        return read

    def get_reader(self, column):
        return attrgetter(column.name)

    def get_display_name(self, column, value):
        # sudo: who may read the record may know what it refers to
        return value.sudo().display_name

    def get_labels(self, owner, signs=None):
        return {
            value: mark((signs or {}).get(value), label)
            for value, label in owner._description_selection(self.env)
        }


class LongSheet(AuditSheet):
    """A sheet of which there can be tens of thousands of lines: no record is read.

    Of the columns that are no stored field, ``read_values`` finds the values.
    """

    # Fields that are read beside those that are shown.
    beside: tuple[str, ...] = ()

    def get_records(self):
        stored = {column.name for column in self.shown if self.is_stored(column)}
        names = sorted((stored | set(self.beside)) - {"id"})
        for rows in iterate_rows(self.search(), names):
            self.values = self.read_display_names(rows) | self.read_values(rows)
            yield from rows

    def search(self):
        """Return all that goes in the sheet."""
        raise NotImplementedError

    def is_stored(self, column):
        owner = self.get_field(column)
        return bool(owner and owner.store and owner.column_type)

    def read_display_names(self, rows):
        """Return how what these rows refer to is called, by field and id."""
        found = {}
        for column in self.shown:
            owner = self.get_field(column)
            if owner and owner.type == "many2one":
                ids = {getattr(row, column.name) for row in rows} - {None}
                # sudo: who may read the record may know what it refers to
                records = self.env[owner.comodel_name].sudo()
                found[column.name] = read_names(records.browse(ids))
        return found

    def read_values(self, rows):
        """Return what the other columns show, by column and id of the row."""
        return {}

    def get_display_name(self, column, value):
        return self.values[column.name].get(value)

    def get_getter(self, column):
        if column.get:
            return super().get_getter(column)
        if not self.is_stored(column):
            return lambda row: self.values[column.name].get(row.id)
        owner, read = self.get_field(column), self.get_reader(column)
        if owner.type == "boolean":
            texts = self.env._("No"), self.env._("Yes")
            return lambda row: texts[bool(read(row))]
        if column.kind == "percentage":
            return lambda row: (read(row) or 0) / 100
        if owner.type in ("float", "monetary"):
            return lambda row: float(read(row) or 0)
        return super().get_getter(column)


def mark(sign, text):
    """Return ``text`` with a sign that also tells it without colours."""
    return f"{sign} {text}" if sign and text else text

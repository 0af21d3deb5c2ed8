from collections import namedtuple

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, split_every

from .xlsx_sheet import BAD, DOUBT, GOOD, Sheet

# Rows read at a time: few queries, and no more than these in memory.
CHUNK = 1000


class KmopXlsxSheet(models.AbstractModel):
    """One sheet of the audit workbook: extend its columns and rows by ``_inherit``."""

    _name = "kmop.xlsx.sheet"
    _description = "Sheet of the audit workbook"

    @api.model
    def _get_name(self):
        """Return the name on the tab."""
        raise NotImplementedError

    @api.model
    def _get_help(self):
        """Return what the sheet is for, in one sentence."""
        raise NotImplementedError

    @api.model
    def _get_columns(self):
        """Return the columns, each with what it explains of itself."""
        raise NotImplementedError

    @api.model
    def _get_rows(self, book):
        """Yield the lines of the table; ``book`` says of which registration."""
        raise NotImplementedError

    @api.model
    def _is_readable(self):
        """Tell whether the user may have the sheet at all."""
        return True

    @api.model
    def _get_missing_note(self):
        """Return what the cover says where the sheet isn't there, if anything."""
        return None

    @api.model
    def _add(self, book):
        sheet = Sheet(book, self._get_name(), self._get_columns())
        sheet.add_table(self._get_rows(book))
        return sheet

    # ---------------------------------------------------------- for all the sheets

    @api.model
    def _iterate(self, records):
        """Yield ``records`` in chunks, each read at once, and forgotten afterwards."""
        for ids in split_every(CHUNK, records.ids):
            chunk = records.browse(ids)
            yield chunk
            self.env.invalidate_all()

    @api.model
    def _iterate_rows(self, records, names):
        """Yield ``records`` in chunks, as tuples of their columns.

        They were searched, by the rules of their reader: of the long sheets, reading
        them as records would take longer than writing all cells.
        """
        Row = namedtuple("Row", ["id", *names])
        for ids in split_every(CHUNK, records.ids):
            # In no order: the database would read the whole table to keep it.
            query = records.browse(ids)._as_query(ordered=False)
            columns = [
                records._field_to_sql(query.table, name, query)
                for name in ("id", *names)
            ]
            found = self.env.execute_query(query.select(*columns))
            rows = {row[0]: Row(*row) for row in found}
            yield [rows[id_] for id_ in ids if id_ in rows]
            self.env.invalidate_all()

    @api.model
    def _get_linked(self, model, name, ids):
        """Return the ids in the many2many field ``name``, by id, in order of id."""
        field = self.env[model]._fields[name]
        self.env[model].flush_model([name])
        groups = self.env.execute_query(
            SQL(
                "SELECT %(one)s, array_agg(%(two)s ORDER BY %(two)s) FROM %(table)s"
                " WHERE %(one)s = ANY(%(ids)s) GROUP BY %(one)s",
                one=SQL.identifier(field.column1),
                two=SQL.identifier(field.column2),
                table=SQL.identifier(field.relation),
                ids=list(ids),
            )
        )
        return dict(groups)

    @api.model
    def _get_texts(self, records, name="display_name"):
        """Return the field ``name`` of the records, by id, reading no other."""
        records.fetch([name])
        return {record.id: record[name] for record in records}

    @api.model
    def _get_order(self, model):
        """Return the place of each record of a short list, by id."""
        records = self.env[model].with_context(active_test=False).search(Domain.TRUE)
        return {id_: place for place, id_ in enumerate(records.ids)}

    @api.model
    def _get_labels(self, record, field):
        """Return the labels of a selection field, in the reader's language."""
        return dict(record._fields[field]._description_selection(self.env))

    @api.model
    def _get_label(self, record, field):
        return self._get_labels(record, field).get(record[field], "")

    @api.model
    def _mark(self, level, text):
        """Return ``text`` with a sign that also tells it without colours."""
        sign = {"good": GOOD, "doubt": DOUBT, "bad": BAD}.get(level)
        return f"{sign} {text}" if sign and text else text

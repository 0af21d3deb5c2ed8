"""Reading long lists in chunks: few queries, and few records in memory at a time."""

from collections import namedtuple

from odoo.tools import SQL, split_every

# Records read at a time.
CHUNK = 1000


def iterate_chunks(records):
    """Yield ``records`` in chunks, each read at once, and forgotten afterwards."""
    for ids in split_every(CHUNK, records.ids):
        yield records.browse(ids)
        records.env.invalidate_all()


def iterate_rows(records, names):
    """Yield ``records`` in chunks, as tuples of the columns ``names`` and their id.

    They were searched, by the rules of their reader: of the long sheets, reading them
    as records would take longer than writing all cells.
    """
    Row = namedtuple("Row", ["id", *names])
    for chunk in iterate_chunks(records):
        # In no order: the database would read the whole table to keep it.
        query = chunk._as_query(ordered=False)
        columns = [
            records._field_to_sql(query.table, name, query) for name in ("id", *names)
        ]
        found = records.env.execute_query(query.select(*columns))
        rows = {row[0]: Row(*row) for row in found}
        yield [rows[id_] for id_ in chunk.ids if id_ in rows]


def read_linked(records, name):
    """Return the ids in the many2many field ``name``, by record id, in order of id."""
    field = records._fields[name]
    records.env[field.model_name].flush_model([name])
    groups = records.env.execute_query(
        SQL(
            "SELECT %(one)s, array_agg(%(two)s ORDER BY %(two)s) FROM %(table)s"
            " WHERE %(one)s = ANY(%(ids)s) GROUP BY %(one)s",
            one=SQL.identifier(field.column1),
            two=SQL.identifier(field.column2),
            table=SQL.identifier(field.relation),
            ids=list(records.ids),
        )
    )
    return dict(groups)


def read_names(records, name="display_name"):
    """Return the field ``name`` of the records, by id, reading no other."""
    records.fetch([name])
    return {record.id: record[name] for record in records}

"""Check the records that the values of a call refer to."""

from odoo.exceptions import MissingError

from .arguments import MAX_ID


def check_targets(records, values_list):
    """Raise AccessError if values refer to a record that the user may not read.

    Stored computed fields and related fields are computed in superuser mode. In a form
    that isn't saved they would show data of any record that the form refers to.

    :param records: those that the values are for, an empty recordset for new ones
    :param values_list: dictionaries, as ``create()`` and ``onchange()`` take them
    """
    if records.env.su:
        return
    targets = {}
    for values in values_list:
        _collect(records, values, targets)
    for model_name, ids in targets.items():
        _check_readable(records.env[model_name].browse(ids))


def _check_readable(targets):
    try:
        targets.check_access("read")
    except MissingError:
        # The foreign key refuses a record that doesn't exist, with its own message.
        # sudo: only to leave out deleted records, the others are checked as the user
        targets.sudo().exists().with_env(targets.env).check_access("read")


def _collect(records, values, targets):
    """Add the ids that the values refer to, by model."""
    for name, value in values.items():
        field = records._fields.get(name)
        if field is None or not field.relational:
            continue
        comodel = records.env[field.comodel_name]
        if field.type == "many2one":
            _collect_one(comodel, value, targets)
            continue
        if not isinstance(value, list | tuple):
            value = getattr(value, "ids", ())
        for command in value:
            _collect_command(comodel, command, targets)
    _collect_references(records, values, targets)


def _collect_one(comodel, value, targets):
    if isinstance(value, dict):
        # The form of a line sends the values of its parent.
        _collect(comodel, value, targets)
        value = value.get("id")
    if isinstance(value, list | tuple):
        value = value[:1] and value[0]
    _add(comodel._name, getattr(value, "id", value), targets)


def _collect_command(comodel, command, targets):
    if not isinstance(command, list | tuple):
        _collect_one(comodel, command, targets)
        return
    for part in command[1:]:
        if isinstance(part, dict):
            line = comodel.browse(_read_id(command[1]) or ())
            _collect(line, part, targets)
        else:
            for id_ in part if isinstance(part, list | tuple) else [part]:
                _add(comodel._name, id_, targets)


def _collect_references(records, values, targets):
    """Add the records that a field with a model name and one with an id refer to."""
    for name, field in records._fields.items():
        if field.type != "many2one_reference" or not field.store:
            continue
        if values.keys() & {name, field.model_field}:
            record = records[:1]
            model_name = values.get(field.model_field, record[field.model_field])
            if isinstance(model_name, str) and model_name in records.env:
                _add(model_name, values.get(name, record[name]), targets)


def _add(model_name, value, targets):
    if id_ := _read_id(value):
        targets.setdefault(model_name, set()).add(id_)


def _read_id(value):
    """Return the id that the database would read ``value`` as, 0 for a new record.

    Raises ValueError for a text: the database reads ``"5"`` and ``"0x5"`` as a number.
    """
    if isinstance(value, str) and not value.startswith("virtual_"):
        raise ValueError(f"{value!r} is not the id of a record")
    number = value if isinstance(value, int | float) else 0
    return int(number) if 0 < number <= MAX_ID else 0

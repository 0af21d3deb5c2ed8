"""Values that are kept as text: what JSON knows, and days and moments beside it."""

import json
from datetime import date, datetime


def dump_values(value):
    """Return ``value`` as JSON: dictionaries, lists, texts, numbers, days, moments."""
    return json.dumps(value, default=_encode, ensure_ascii=False)


def load_values(text):
    """Return what ``dump_values`` was given; tuples come back as lists."""
    return json.loads(text, object_hook=_decode)


def _encode(value):
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    raise TypeError(f"{type(value).__name__} can't be kept")


def _decode(value):
    if value.keys() == {"moment"}:
        return datetime.fromisoformat(value["moment"])
    if value.keys() == {"day"}:
        return date.fromisoformat(value["day"])
    return value

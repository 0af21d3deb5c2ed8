"""docs/access.md: who gets what, of the table that the addon's tests hold to it."""

import csv
from collections.abc import Iterator

from devtool import paths

from . import pages

PAGE = paths.ROOT / "docs" / "access.md"
TABLE = paths.ADDON_DIR / "tests" / "access.csv"
MARK = "<!-- What follows is written by `./dev docs` from the table of the tests. -->"
TITLES = {
    "model": "Models",
    "wizard": "Wizards",
    "no table": "What has no table of its own",
    "field": "Fields on Odoo's own models",
    "move": "Moving to another record",
    "list": "Lists of a record",
    "address": "Addresses",
    "report": "Printed documents",
}


def text() -> str:
    return pages.text(PAGE, MARK, _sections())


def write() -> None:
    PAGE.write_text(text())


def rows() -> list[dict[str, str]]:
    with open(TABLE, newline="") as table:
        return list(csv.DictReader(table))


def _sections() -> Iterator[str]:
    found = rows()
    people = [name for name in found[0] if name not in ("kind", "what")]
    for kind, title in TITLES.items():
        yield f"## {title}\n"
        yield _line(["", *people])
        yield _line(["---"] * (len(people) + 1))
        for row in found:
            if row["kind"] == kind:
                yield _line([_what(row), *(row[name] for name in people)])
        yield ""


def _what(row: dict[str, str]) -> str:
    """Names as code; a model's fields one by one, so that lines can break."""
    model, colon, fields = row["what"].partition(": ")
    model, comma, state = model.partition(", ")
    if not colon:
        return f"`{row['what']}`"
    names = ", ".join(f"`{name}`" for name in fields.split())
    return f"`{model}`{comma}{state}: {names}"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"

"""docs/sources.md: each figure that ships, read from the records that hold it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from devtool import paths

from . import pages

PAGE = paths.ROOT / "docs" / "sources.md"
DATA = paths.ADDON_DIR / "data"
MARK = "<!-- What follows is written by `./dev docs`: change the records instead. -->"
FIGURE = re.compile(r"-?\d+(\.\d+)?|\d{4}-\d\d-\d\d")
HEAD = "| record | figures | where it was read |\n|---|---|---|"
# An order on the screen is no figure of the law.
NO_FIGURES = {"sequence", "color", "code"}
TITLES = {
    "kmop.bureau.appointment": "Audit bureaus",
    "kmop.evidence.type": "Kinds of evidence",
    "kmop.exclusion": "Excluded kinds of service",
    "kmop.indicator": "Indicators",
    "kmop.milestone.rule": "Schedule of milestones",
    "kmop.norm": "The kmop-norm",
    "kmop.requirement": "Basic requirements",
    "kmop.rule": "Rules on dossiers",
    "kmop.subsidy.rate": "Subsidy rates",
    "kmop.theme": "Themes",
    "kmop.track": "Tracks",
    "kmop.track.part": "Parts of a track",
}


@dataclass(frozen=True)
class Entry:
    """A record of data/: what it is called, its figures, where they were read."""

    model: str
    name: str
    figures: tuple[str, ...]
    source: str


def entries(folder: Path = DATA) -> Iterator[Entry]:
    """The records of the models that say where they come from, as the files have them.

    A record without a source counts as soon as it holds a figure.
    """
    for file in sorted(folder.glob("kmop_*.xml")):
        for record in ElementTree.parse(file).getroot().iter("record"):
            entry = _entry(record)
            if entry.model in TITLES and (entry.source or entry.figures):
                yield entry


def text() -> str:
    """The page: its own words, then what the records say."""
    return pages.text(PAGE, MARK, _sections())


def write() -> None:
    PAGE.write_text(text())


def _entry(record: ElementTree.Element) -> Entry:
    fields = {node.get("name"): node for node in record.iter("field")}
    return Entry(
        model=record.get("model", ""),
        name=_text(fields.get("name")) or _readable(record.get("id", "")),
        figures=tuple(sorted(_figures(fields))),
        source=_text(fields.get("source")),
    )


def _figures(fields: dict) -> Iterator[str]:
    for name in fields.keys() - NO_FIGURES:
        value = _value(fields[name])
        if name == "offset_number":
            parts = ("offset_unit", "offset_direction")
            yield " ".join([value, *(_value(fields[part]) for part in parts)])
        elif FIGURE.fullmatch(value):
            yield f"{name.replace('_', ' ')} {value}"


def _value(node: ElementTree.Element) -> str:
    return (node.get("eval") or node.text or "").strip()


def _text(node: ElementTree.Element | None) -> str:
    return " ".join((node.text or "").split()) if node is not None else ""


def _readable(identifier: str) -> str:
    """A name for what has none: its id, without the model that begins it."""
    words = identifier.removeprefix("kmop_").split("_")
    return " ".join(words[2:] or words)


def _sections() -> Iterator[str]:
    found = list(entries())
    for model, title in TITLES.items():
        mine = [entry for entry in found if entry.model == model]
        if mine:
            yield f"## {title}\n\n{HEAD}"
            yield from map(_row, _grouped(mine))
            yield ""


def _grouped(mine: list[Entry]) -> list[list[Entry]]:
    """Records that say the same about themselves share a row."""
    rows: dict[tuple, list[Entry]] = {}
    for entry in mine:
        rows.setdefault((entry.figures, entry.source), []).append(entry)
    return list(rows.values())


def _row(alike: list[Entry]) -> str:
    names = "; ".join(entry.name for entry in alike)
    figures = ", ".join(alike[0].figures) or "–"
    source = alike[0].source or "our own choice"
    return "| {} | {} | {} |".format(
        *(cell.replace("|", "\\|") for cell in (names, figures, source))
    )

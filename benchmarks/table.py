"""Rows that are alike in all benchmarks, kept as JSON, and the index made of them."""

import json
import os
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

BENCHMARKS = Path(os.environ["KMOP_BENCHMARKS"])
KEPT = BENCHMARKS / "results"
INDEX = BENCHMARKS / "README.md"


@dataclass
class Row:
    """What was measured of one item; seconds, and ratios of the same rounds."""

    title: str
    ours: float
    floor_name: str
    floor: float | None = None
    floor_ratio: float | None = None
    peer_name: str = ""
    peer: float | None = None
    peer_ratio: float | None = None
    growth: float | None = None
    queries: tuple | None = None

    @classmethod
    def of(cls, title, found, floor_name, peer_name):
        """Make a row of samples per side: ours, floor, and maybe peer and small."""
        ours, floor, peer, small = map(found.get, ("ours", "floor", "peer", "small"))
        return cls(
            title,
            ours.median,
            floor_name,
            floor.median if floor else None,
            ours.per(floor) if floor else None,
            peer_name,
            peer.median if peer else None,
            ours.per(peer) if peer else None,
            ours.per(small) if small else None,
            (small.queries if small else None, ours.queries),
        )

    @staticmethod
    def head():
        names = "ours | floor | ratio | peer | ratio | growth | queries"
        return f"| | {names} |\n| --- {'| ---: ' * 7}|"

    def detail(self, link=""):
        title = f"[{self.title}]({link})" if link else self.title
        cells = [
            title,
            show_time(self.ours),
            show_time(self.floor),
            show_ratio(self.floor_ratio),
            show_time(self.peer),
            show_ratio(self.peer_ratio),
            show_ratio(self.growth),
            show_queries(self.queries),
        ]
        return f"| {' | '.join(cells)} |"


def show_time(seconds):
    if seconds is None:
        return "–"
    if seconds >= 10:
        return f"{seconds:.0f} s"
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"


def show_ratio(ratio):
    if ratio is None:
        return "–"
    return f"{ratio:.2f} ×" if ratio < 10 else f"{ratio:,.0f} ×"


def show_queries(queries):
    """Say the queries with little and with much in the database, if they differ."""
    if not queries:
        return "–"
    few, many = queries
    return f"{many:,}" if few in (None, many) else f"{few:,} → {many:,}"


def keep(name, rows, machine, size):
    """Keep the rows of one benchmark, and write the index of all."""
    KEPT.mkdir(exist_ok=True)
    kept = {
        "date": str(date.today()),
        "machine": machine,
        "size": size,
        "rows": [asdict(row) for row in rows],
    }
    (KEPT / f"{name}.json").write_text(json.dumps(kept, indent=1) + "\n")
    INDEX.write_text(write_index())


def write_index():
    kept = {path.stem: json.loads(path.read_text()) for path in KEPT.glob("*.json")}
    parts = [write_part(name, kept[name]) for name in sorted(kept)]
    rows = "\n".join(line for lines, _where in parts for line in lines)
    notes = "\n".join(where for _lines, where in parts)
    return INDEX_TEXT.format(head=Row.head(), rows=rows, notes=notes)


def write_part(name, kept):
    """Return the lines of a benchmark in the index, and where and when it was run."""
    file = f"{name.upper()}.md"
    rows = [Row(**row) for row in kept["rows"]]
    compared = "".join(
        f"\n  - {row.title}: {row.floor_name}; {row.peer_name}" for row in rows
    )
    where = (
        f"- [{name}]({file}), measured on {kept['date']}, {kept['size']}:"
        f" {kept['machine']}{compared}"
    )
    return [row.detail(file) for row in rows], where


INDEX_TEXT = """# Benchmarks

Written by `./dev bench`; don't edit.

Each item in one row, against the least that the same takes in plain SQL, in xlsxwriter
or in the host (its floor), and against the nearest that an addon of OCA's for Odoo 19
does (its peer), measured in turns in one run. A ratio is ours to theirs: below 1, ours
is faster. Growth is ours in the full database to ours in one of a hundredth: linear
would be 100. Queries are those with a hundredth and with all, where they differ.

{head}
{rows}

Exports and reminders have a page of their own, with more of each:
[exports](EXPORT.md), [reminders](REMINDERS.md).

Where and when each was measured, then what it was compared with: floor; peer.

{notes}
"""

"""`./dev test --coverage`: which lines and branches the tests run, and why not all."""

import json
import re
import shutil
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from devtool import paths, python
from devtool.errors import Stop
from devtool.process import must, say

FOLDER = paths.HOST / "coverage"
DATA = FOLDER / "data"
PAGE = paths.ROOT / "docs" / "coverage.md"
REASONS = Path(__file__).with_name("uncovered.txt")
# Tests and the manifest are no code of the addon.
LEFT_OUT = f"{paths.ADDON_DIR}/tests/*,{paths.ADDON_DIR}/__manifest__.py"
# What Python runs before pytest.
COMMAND = (
    "-m", "coverage", "run", "--branch", "--parallel-mode",
    f"--source={paths.ADDON_DIR}", f"--omit={LEFT_OUT}", f"--data-file={DATA}",
)  # fmt: skip
DAY = re.compile(r"`./dev test --coverage` on [\d-]+")
HEAD = """# Coverage

Which lines and branches of the addon's Python the tests run. Written by
`./dev test --coverage` on {day}; not written by hand. It runs the tests with pytest,
browser tours included; what else `./dev test` does (installing, upgrading, removing,
the wheel, the checks under fault) runs more than is counted here, `migrations/` among
it. **JavaScript isn't measured**: its tests are Hoot's and the tours.

| folder | lines | run | branches | run |
|---|--:|--:|--:|--:|
{folders}

## What isn't run, and why

`:12` is a line, `:12→14` a branch that no test takes. The reasons are in
`checks/uncovered.txt`; the command fails where one lacks.
"""


@dataclass(frozen=True)
class Gap:
    """A line that no test runs, or a branch that none takes."""

    file: str
    line: int
    target: int | None
    text: str

    @property
    def place(self) -> str:
        if self.target is None:
            return f":{self.line}"
        return f":{self.line}→{self.target if self.target > 0 else 'end'}"


def start() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)


def report(compare: bool = False) -> int:
    """Write or compare the page; stop where there is no reason for what isn't run."""
    files = _measure()
    gaps = [gap for name, file in sorted(files.items()) for gap in get_gaps(name, file)]
    reasons = read_reasons(REASONS.read_text())
    text = _write(files, gaps, reasons)
    if not compare:
        PAGE.write_text(text)
        say(f"==> {paths.shown(PAGE)} is written")
    _check_reasons(gaps, reasons)
    if is_other(text, PAGE.read_text()):
        raise Stop(
            f"{paths.shown(PAGE)} says something else than the tests: write it with"
            " `./dev test --coverage` and look at what changed."
        )
    return 0


def is_other(text: str, page: str) -> bool:
    """Whether the page says something else, but for its day."""
    old, new = (DAY.sub("", one) for one in (page, text))
    return old != new


def _check_reasons(gaps: list[Gap], reasons: dict[str, str]) -> None:
    bare = [gap for gap in gaps if not get_reason(gap, reasons)]
    for gap in bare:
        say(f"    {gap.file}{gap.place}: {gap.text}")
    if bare:
        raise Stop(
            f"{len(bare)} lines or branches aren't run: write a test, or say why not in"
            f" {paths.shown(REASONS)}."
        )
    names = {name for gap in gaps for name in (gap.file, f"{gap.file}: {gap.text}")}
    if idle := sorted(reasons.keys() - names):
        raise Stop(f"{paths.shown(REASONS)} excuses what is run: {'; '.join(idle)}.")


def _measure() -> dict[str, dict]:
    """What coverage found, per file of the addon."""
    target = FOLDER / "coverage.json"
    tool = [python.PYTHON, "-m", "coverage"]
    options = [f"--data-file={DATA}"]
    for words in (["combine"], ["json", "-q", f"-o{target}"]):
        must([*tool, *words, *options], "coverage", "Coverage fails.", cwd=paths.ROOT)
    files = json.loads(target.read_text())["files"]
    return {name.removeprefix(f"{paths.ADDON}/"): one for name, one in files.items()}


def get_gaps(name: str, file: dict) -> list[Gap]:
    """Lines, and branches from lines that are run to lines that are."""
    lines = (paths.ADDON_DIR / name).read_text().splitlines()
    missing = set(file["missing_lines"])
    found = [(line, None) for line in missing]
    found += [
        (line, target)
        for line, target in file["missing_branches"]
        if line not in missing and target not in missing
    ]
    found.sort(key=lambda gap: (gap[0], gap[1] or 0))
    return [Gap(name, *gap, lines[gap[0] - 1].strip()) for gap in found]


def read_reasons(text: str) -> dict[str, str]:
    """By file, or by file and text of the line; a paragraph begins with its reason."""
    reasons = {}
    for paragraph in text.split("\n\n"):
        words = [line for line in paragraph.splitlines() if not line.startswith("#")]
        because = " ".join(line for line in words if not line.startswith("  "))
        reasons |= {line.strip(): because for line in words if line.startswith("  ")}
    return reasons


def get_reason(gap: Gap, reasons: dict[str, str]) -> str:
    return reasons.get(gap.file) or reasons.get(f"{gap.file}: {gap.text}", "")


def _write(files: dict, gaps: list[Gap], reasons: dict[str, str]) -> str:
    folders: dict[str, list[dict]] = defaultdict(list)
    for name, file in files.items():
        folders[name.split("/")[0] if "/" in name else "."].append(file["summary"])
    rows = [_row(f"`{name}`", found) for name, found in sorted(folders.items())]
    rows.append(_row("**all**", [file["summary"] for file in files.values()]))
    head = HEAD.format(day=date.today().isoformat(), folders="\n".join(rows))
    return "\n".join([head, *_list(gaps, reasons)]) + "\n"


def _row(name: str, summaries: list[dict]) -> str:
    keys = "num_statements", "covered_lines", "num_branches", "covered_branches"
    lines, run, branches, taken = (sum(one[key] for one in summaries) for key in keys)
    return (
        f"| {name} | {lines:,} | {_share(run, lines)} |"
        f" {branches:,} | {_share(taken, branches)} |"
    )


def _share(part: int, whole: int) -> str:
    """Rounded down: 100 % is all."""
    return f"{1000 * part // whole / 10:.1f} %" if whole else "–"


def _list(gaps: list[Gap], reasons: dict[str, str]) -> list[str]:
    """Per reason and file, the places."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for gap in gaps:
        reason = get_reason(gap, reasons) or "**No reason yet.**"
        found[reason][gap.file].append(gap.place)
    lines = []
    for reason, files in sorted(found.items()):
        lines += [f"{reason}", ""]
        lines += [f"- `{name}` {', '.join(places)}" for name, places in files.items()]
        lines.append("")
    return lines[:-1]

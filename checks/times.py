"""How long the full runs took; `./dev docs` writes it in the pages that tell it."""

import json
import os
from datetime import date

from devtool import paths
from devtool.errors import Stop
from devtool.process import say

FILE = paths.HOST / "times.json"
PAGES = [paths.ROOT / name for name in ("README.md", "CONTRIBUTING.md")]
MARK = "<!-- Times: `./dev docs` writes the next line, from the last full runs. -->\n"


def note(command: str, seconds: float) -> None:
    """Keep how long a full run took, and say it."""
    FILE.write_text(json.dumps(_read() | {command: round(seconds)}))
    say(f"==> `./dev {command}` took {_tell(seconds)}")


def write() -> None:
    """Without any full run on this machine, the pages stay as they are."""
    if found := _read():
        for page in PAGES:
            page.write_text(get_text(page.read_text(), found))


def get_text(text: str, found: dict[str, int]) -> str:
    """The page with its line of times replaced."""
    head, mark, tail = text.partition(MARK)
    if not mark:
        raise Stop("A page lost its mark of the times: restore it from git.")
    told = ", ".join(f"`./dev {name}` {_tell(found[name])}" for name in sorted(found))
    line = f"Measured on {date.today()}, {os.cpu_count()} cores: {told}.\n"
    return head + mark + line + tail.partition("\n")[2]


def _read() -> dict[str, int]:
    return json.loads(FILE.read_text()) if FILE.exists() else {}


def _tell(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"

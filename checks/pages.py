"""Pages of docs/ that begin in our own words; `./dev docs` writes the rest."""

from collections.abc import Iterable
from pathlib import Path

from devtool import paths
from devtool.errors import Stop


def text(page: Path, mark: str, sections: Iterable[str]) -> str:
    """The page: its own words up to the mark, then the sections."""
    head, found, _old = page.read_text().partition(mark)
    if not found:
        raise Stop(f"{paths.shown(page)} lost its mark: restore it from git.")
    return f"{head}{mark}\n\n" + "\n".join(sections)

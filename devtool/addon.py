"""What the addon's files say: has anything changed that a database must learn?"""

import ast
import hashlib
from pathlib import Path

from . import paths
from .errors import Stop

SKIPPED = {"__pycache__", "tests", "readme"}
# Records from these are loaded once and then left alone: an update is not enough.
SEEDS = {"data", "demo", "security", "__manifest__.py"}


def files(folder: Path = paths.ADDON_DIR) -> list[Path]:
    """The files an installed database depends on."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [path for path in found if not SKIPPED & _parts(path, folder)]


def fingerprint(folder: Path = paths.ADDON_DIR) -> str:
    """Two words: one for the seed records, one for the rest."""
    if not (folder / "__manifest__.py").exists():
        raise Stop(f"There is no addon in {paths.shown(folder)}: restore it from git.")
    seeds, rest = hashlib.sha256(), hashlib.sha256()
    for path in files(folder):
        part = seeds if SEEDS & _parts(path, folder) else rest
        part.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return f"{seeds.hexdigest()[:12]} {rest.hexdigest()[:12]}"


def depends(folder: Path = paths.ADDON_DIR) -> list[str]:
    manifest = ast.literal_eval((folder / "__manifest__.py").read_text())
    return manifest.get("depends", [])


def _parts(path: Path, folder: Path) -> set[str]:
    return set(path.relative_to(folder).parts)

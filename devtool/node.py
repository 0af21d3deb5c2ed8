"""What comes from Node: locked, and installed below the ignored folder."""

import hashlib
import os
import shutil
from pathlib import Path

from . import locks, paths, python
from .process import must, step

LOCK = paths.ROOT / "package-lock.json"
MODULES = paths.NODE / "node_modules"
STAMP = paths.NODE / "locked"


def ensure() -> None:
    if not _current():
        with locks.exclusive("node"):
            if not _current():
                _install()


def prettier(mode: str, files: list[Path]) -> list:
    # prettier looks plug-ins up beside itself only where they are named by path
    plugin = MODULES / "@prettier/plugin-xml/src/plugin.js"
    command = [MODULES / ".bin/prettier", f"--plugin={plugin}", "--log-level=warn"]
    return [*command, mode, *files] if files else []


def eslint(files: list[Path]) -> list:
    return [MODULES / ".bin/eslint", "--max-warnings=0", *files] if files else []


def environment() -> dict[str, str]:
    """The locked Node first, whatever else the machine has."""
    path = f"{paths.VENV / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path}


def _current() -> bool:
    return STAMP.exists() and STAMP.read_text() == _fingerprint()


def _fingerprint() -> str:
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()


def _install() -> None:
    paths.NODE.mkdir(exist_ok=True)
    STAMP.unlink(missing_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(paths.ROOT / name, paths.NODE)
    with step("Installing the linters and the accessibility checker from Node"):
        must(
            [python.tool("npm"), "ci", "--no-audit", "--no-fund"],
            "npm",
            "The packages of Node could not be installed: check the network and run"
            " the command again.",
            cwd=paths.NODE,
            env=environment(),
        )
    STAMP.write_text(_fingerprint())

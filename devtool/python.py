"""The virtual environment with the locked packages."""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from . import apt, locks, paths
from .errors import Stop
from .process import must, step

STAMP = paths.VENV / "locked"
PYTHON = paths.VENV / "bin" / "python"
TOO_NEW = (3, 14)


def ensure() -> Path:
    if not _current():
        with locks.exclusive("python"):
            if not _current():
                _install()
    return PYTHON


def tool(name: str) -> Path:
    return paths.VENV / "bin" / name


def package_folder(name: str) -> Path:
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return paths.VENV / "lib" / version / "site-packages" / name


def fingerprint() -> str:
    wanted = f"{sys.version_info[:2]}\n{paths.ROOT}\n".encode()
    return hashlib.sha256(wanted + paths.REQUIREMENTS.read_bytes()).hexdigest()


def _current() -> bool:
    """The stamp comes last, so that an interrupted installation is done again."""
    if not (STAMP.exists() and STAMP.read_text() == fingerprint()):
        return False
    return subprocess.run([PYTHON, "-c", ""], check=False).returncode == 0


def _install() -> None:
    if sys.version_info[:2] >= TOO_NEW:
        raise Stop(
            "Odoo 19 runs on Python 3.10 to 3.13: start this as `python3.13 dev ...`."
        )
    with step("Installing the Python packages (about a minute the first time)"):
        command = _environment()
        STAMP.unlink(missing_ok=True)
        must(
            [*command, "install", "--no-input", "-r", paths.REQUIREMENTS],
            "pip",
            "The Python packages could not be installed: check the network and run"
            " the command again.",
        )
        STAMP.write_text(fingerprint())


def _environment() -> list:
    """Make the virtual environment where there is none; the pip that fills it."""
    if not _usable():
        shutil.rmtree(paths.VENV, ignore_errors=True)
        bare = [] if importlib.util.find_spec("ensurepip") else ["--without-pip"]
        must(
            [sys.executable, "-m", "venv", *bare, paths.VENV],
            "venv",
            "Python could not make a virtual environment: install the package"
            " python3-venv and run the command again.",
        )
    return pip()


def pip() -> list:
    """The command that fills the virtual environment."""
    if (paths.VENV / "bin" / "pip").exists():
        return [PYTHON, "-m", "pip"]
    return [PYTHON, _borrowed_pip() / "pip"]


def _usable() -> bool:
    config = paths.VENV / "pyvenv.cfg"
    wanted = f"version = {sys.version_info[0]}.{sys.version_info[1]}."
    return PYTHON.exists() and config.exists() and wanted in config.read_text()


def _borrowed_pip() -> Path:
    """Debian splits pip off its Python: unpack it beside, rather than ask for root."""
    folder = paths.HOST / "pip"
    if not folder.exists():
        new = folder.with_name("pip.new")
        shutil.rmtree(new, ignore_errors=True)
        apt.unpack([], ["python3-pip-whl"], new)
        new.rename(folder)
    wheels = sorted(folder.glob("usr/share/python-wheels/pip-*.whl"))
    if not wheels:
        raise Stop("This Python has no pip: install the package python3-venv.")
    return wheels[-1]

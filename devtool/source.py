"""Odoo 19 itself: the developer's own checkout, Debian's package, or a clone."""

import os
import re
import shutil
from pathlib import Path

from . import apt, locks, paths
from .errors import Stop
from .process import must, step

REPOSITORY = "https://github.com/odoo/odoo.git"
# Debian's package links to the files of these.
LINKED = (
    "fonts-roboto-unhinted",
    "fonts-montserrat",
    "fonts-inconsolata",
    "libjs-jquery",
    "libjs-underscore",
    "libjs-jquery-form",
)
# Unstable's 7.x has other file names; every icon would be gone.
LINKED_OWN_RELEASE = ("fonts-font-awesome",)
# Removed from the package for its licence, but the backend bundle names it.
LEFT_OUT = "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"


def ensure() -> Path:
    """The folder that goes on PYTHONPATH."""
    if own := os.environ.get("ODOO_SOURCE"):
        return _checked(Path(own).expanduser().resolve())
    if not paths.ODOO.exists():
        with locks.exclusive("odoo"):
            if not paths.ODOO.exists():
                _download()
    return library(paths.ODOO)


def library(root: Path) -> Path:
    debian = root / "usr/lib/python3/dist-packages"
    return debian if debian.exists() else root


def version(source: Path) -> str:
    release = (source / "odoo/release.py").read_text()
    found = re.search(r"version_info = \(([^)]*)\)", release)
    return found[1].replace(" ", "") if found else "unknown"


def extra_addons(source: Path) -> list[Path]:
    """A git checkout keeps most addons beside the `odoo` folder."""
    folder = source / "addons"
    return [folder] if (folder / "sale" / "__manifest__.py").exists() else []


def _checked(source: Path) -> Path:
    if not (source / "odoo/release.py").exists():
        raise Stop(
            f"ODOO_SOURCE={source} holds no Odoo: name the folder of a checkout."
        )
    if not version(source).startswith("19,"):
        raise Stop(f"ODOO_SOURCE={source} is not Odoo 19: check out branch 19.0 there.")
    return source


def _download() -> None:
    """Into a temporary name first, so that an interrupted download leaves no half."""
    new = paths.ODOO.with_name("odoo.new")
    shutil.rmtree(new, ignore_errors=True)
    if apt.mirror():
        with step("Downloading Odoo 19 from Debian (about 130 MB)"):
            apt.unpack(list(LINKED) + ["odoo-19"], list(LINKED_OWN_RELEASE), new)
            _fill_gap(library(new))
    else:
        with step("Cloning Odoo 19 (about 1 GB)"):
            _clone(new)
    new.rename(paths.ODOO)


def _fill_gap(source: Path) -> None:
    gap = source / LEFT_OUT
    gap.parent.mkdir(parents=True, exist_ok=True)
    gap.touch()


def _clone(target: Path) -> None:
    if not shutil.which("git"):
        raise Stop("Odoo comes by git here: install git, or set ODOO_SOURCE.")
    must(
        ["git", "clone", "-q", "--depth=1", "--branch=19.0", REPOSITORY, target],
        "clone",
        "Odoo could not be cloned: check the network, or set ODOO_SOURCE to a"
        " checkout of Odoo 19, and run the command again.",
    )

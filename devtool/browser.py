"""The browser that tours and JavaScript tests run in."""

import os
import shutil
import subprocess

from . import locks
from .errors import Stop
from .process import must, step

# The names Odoo looks for.
NAMES = ("google-chrome", "chromium", "chromium-browser")
COMMAND = "apt-get install -y --no-install-recommends chromium"


def ensure() -> None:
    if not _here():
        with locks.exclusive("browser"):
            if not _here():
                _install(_root())


def _here() -> bool:
    return any(shutil.which(name) for name in NAMES)


def _root() -> list[str]:
    if not shutil.which("apt-get"):
        raise Stop("The tests need a browser: install Chromium or Chrome on PATH.")
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and not subprocess.run(
            ["sudo", "-n", "true"], stdin=subprocess.DEVNULL, capture_output=True
        ).returncode
    ):
        return ["sudo", "-n"]
    raise Stop(f"The tests need a browser: run `sudo {COMMAND}` once.")


def _install(root: list[str]) -> None:
    sentence = f"Chromium could not be installed: run `{COMMAND}` as root once."
    apt = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    apt += ["-q", "-o", "DPkg::Lock::Timeout=300"]
    install = COMMAND.split()[1:]
    with step("Installing Chromium for the browser tests"):
        must([*apt, "update"], "chromium", sentence)
        must([*apt, *install], "chromium", sentence)

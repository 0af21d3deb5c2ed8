"""checklog-odoo: a WARNING or worse fails, less what checklog-odoo.cfg names."""

import subprocess
from pathlib import Path

from . import paths, python
from .errors import Stop
from .process import say

CONFIGURATION = paths.ROOT / "checklog-odoo.cfg"


def check(log: Path) -> None:
    done = subprocess.run(
        [python.tool("checklog-odoo"), "-c", CONFIGURATION, log],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        say(done.stdout + done.stderr)
        raise Stop(f"Odoo warned: mend what the lines above name ({paths.shown(log)}).")
    say("    no warning in Odoo's log")

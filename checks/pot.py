"""The addon's translation template, from Odoo's own exporter."""

from pathlib import Path

from devtool import databases, paths
from devtool.host import Host
from devtool.process import say, step

POT = paths.ADDON_DIR / "i18n" / f"{paths.ADDON}.pot"
# They move with the clock, and an unchanged tree must give no difference.
MOVING = ('"POT-Creation-Date:', '"PO-Revision-Date:')


def write(host: Host) -> None:
    text = exported(host)
    POT.parent.mkdir(exist_ok=True)
    POT.write_text(text)
    say(f"==> {paths.shown(POT)} is current")


def is_current(host: Host) -> bool:
    return POT.exists() and POT.read_text() == exported(host)


def exported(host: Host) -> str:
    """From a database with the addon alone: others would add their terms."""
    database = databases.prepared(host, databases.BARE)
    new = Path(paths.log_file("export").with_suffix(".pot"))
    new.unlink(missing_ok=True)
    with step("Exporting the terms to translate"):
        host.log(
            "export", "i18n", "export", "-d", database, "-l", "pot", "-o", new,
            paths.ADDON,
        )  # fmt: skip
    return still(new.read_text())


def still(text: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(MOVING))

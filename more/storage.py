"""The addon with files in object storage: OCA's fs_attachment, on a local folder."""

import os
import shutil
from pathlib import Path

from devtool import databases, logcheck, paths, pytests, python
from devtool.errors import Stop
from devtool.host import Host, write_configuration
from devtool.process import must, step

NAME = "kmop-more-storage"
FOLDER = paths.HOST / "storage"
ADDONS = FOLDER / "odoo" / "addons"
STAMP = FOLDER / "installed"
KEPT = FOLDER / "kept"
# OCA's storage, and what it is built on.
PACKAGES = (
    "odoo-addon-fs_attachment==19.*",
    "odoo-addon-fs_storage==19.*",
    "fsspec==2026.*",
    "python-slugify==8.*",
    "text-unidecode==1.*",
)
MODULE = "fs_attachment"
SCRIPT = Path(__file__).with_name("stored.py")
# What reads, keeps and hands over files.
TOLD = ("storages", "attachment_guard", "evidence_freeze", "evidence_upload",
        "audit_pack", "large_files")  # fmt: skip


def check(host: Host) -> None:
    """Evidence is accepted, packed and handed over; the tests of files pass there."""
    _download()
    host = _Host(host.source, host.address, FOLDER / "odoo.conf")
    write_configuration(host.configuration, host.source, paths.ROOT, ADDONS)
    with step(f"Installing {MODULE}, and keeping a file in it"):
        databases.clone(host, databases.prepared(host, databases.BARE), NAME)
        databases.install(host, NAME, MODULE)
        logcheck.check(host.feed(SCRIPT, NAME, "stored"))
    files = tuple(pytests.ADDON_TESTS / f"test_{word}.py" for word in TOLD)
    part = pytests.Part("the addon on object storage", NAME, files)
    outcome, _line = pytests.run(part, ["-q"], host)
    outcome.check()
    databases.drop(host, NAME)


class _Host(Host):
    """Odoo with the packages of the storage, which say where it keeps its files."""

    def environment(self) -> dict[str, str]:
        env = super().environment()
        env["PYTHONPATH"] = os.pathsep.join([env["PYTHONPATH"], str(FOLDER)])
        return env | {"KMOP_STORAGE": "kept", "KMOP_STORAGE_FOLDER": str(KEPT)}


def _download() -> None:
    """Beside Odoo's own; their packages name Odoo, which is there already."""
    wanted = "\n".join(PACKAGES)
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    shutil.rmtree(FOLDER, ignore_errors=True)
    options = ["--no-deps", "--no-input", f"--target={FOLDER}"]
    with step("Downloading OCA's storage of attachments"):
        must(
            [*python.pip(), "install", *options, *PACKAGES],
            "pip-storage",
            "OCA's storage could not be installed: check the network and run the"
            " command again.",
        )
    if not (ADDONS / MODULE).exists():
        raise Stop(f"OCA's packages hold no {MODULE}.")
    STAMP.write_text(wanted)

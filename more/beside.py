"""The addon beside others that a training company has: they leave each other alone."""

import shutil
from pathlib import Path

from devtool import databases, logcheck, paths, pytests, python
from devtool.databases import BARE
from devtool.errors import Stop
from devtool.host import Host, write_configuration
from devtool.process import must, step

NAME = "kmop-more-beside"
FOLDER = paths.HOST / "beside"
ADDONS = FOLDER / "odoo" / "addons"
STAMP = FOLDER / "installed"
# OCA's own register of audits and nonconformities, and what that builds on.
PACKAGES = [
    f"odoo-addon-{name}==19.*"
    for name in (
        "document_knowledge",
        "document_page",
        "document_page_procedure",
        "mgmtsystem",
        "mgmtsystem_action",
        "mgmtsystem_nonconformity",
        "mgmtsystem_audit",
    )
]
BESIDE = databases.Kind(
    "beside",
    "without the addon",
    "sale,survey,event_sale,website_sale,sale_project,l10n_be,mgmtsystem_audit",
)
SCRIPT = Path(__file__).with_name("opened.py")
# What tells most: a page with the website's layout, quotes with a project's fields.
TOLD = (
    "registration",
    "audit",
    "audit_page",
    "evidence",
    "dossier",
    "milestone",
    "reminder_mail",
)
FILES = tuple(pytests.ADDON_TESTS / f"test_{word}.py" for word in TOLD)


def check(host: Host, files=FILES) -> None:
    """Whoever came first: each other's screens open, and a sale goes through."""
    _download()
    host = Host(host.source, host.address, FOLDER / "odoo.conf")
    write_configuration(host.configuration, host.source, paths.ROOT, ADDONS)
    _open(host, databases.prepared(host, BARE), BESIDE.modules)
    _open(host, databases.ground(host, BESIDE), paths.ADDON)
    part = pytests.Part("the addon beside others", NAME, tuple(files))
    outcome, _line = pytests.run(part, ["-q"], host)
    outcome.check()
    databases.drop(host, NAME)


def _open(host: Host, first: str, modules: str) -> None:
    with step(f"Installing {modules} in {first}"):
        databases.clone(host, first, NAME)
        databases.install(host, NAME, modules)
    logcheck.check(paths.log_file(f"install-{NAME}"))
    with step("Opening their screens, and ours, with Belgium's accounts"):
        logcheck.check(host.feed(SCRIPT, NAME, "opened"))


def _download() -> None:
    """Beside Odoo's own; their packages name Odoo, which is there already."""
    wanted = "\n".join(PACKAGES)
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    shutil.rmtree(FOLDER, ignore_errors=True)
    options = ["--no-deps", "--no-input", f"--target={FOLDER}"]
    with step("Downloading OCA's management system"):
        must(
            [*python.pip(), "install", *options, *PACKAGES],
            "pip-beside",
            "OCA's addons could not be installed: check the network and run the"
            " command again.",
        )
    if not (ADDONS / "mgmtsystem_audit").exists():
        raise Stop("OCA's packages hold no mgmtsystem_audit.")
    STAMP.write_text(wanted)

"""Debian packages, unpacked into a folder: no root, nothing installed."""

import os
import shutil
from pathlib import Path

from . import paths
from .errors import Stop
from .process import must, output

KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
)
NO_NETWORK = (
    "Debian's package mirror gave no answer: check the network and run the command"
    " again; what was downloaded before is kept."
)


def mirror() -> str:
    """The machine's own Debian mirror, or nothing where it has none."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return ""
    targets = ["apt-get", "indextargets", "--format", "$(REPO_URI)"]
    return pick_mirror(output([*targets, "Created-By: Packages"]))


def pick_mirror(uris: str) -> str:
    for uri in uris.split():
        if uri.rstrip("/").endswith("/debian"):
            return uri
    return ""


def unpack(packages: list[str], own: list[str], root: Path) -> None:
    """Unpack packages of unstable, and some of the machine's own release, below root.

    Unstable's package files only: installing them would pull its Python along.
    """
    base = _command(mirror())
    names = [f"{name}/sid" for name in packages]
    names += [f"{name}/{release()}" for name in own]
    files = paths.APT / "files"
    shutil.rmtree(files, ignore_errors=True)
    files.mkdir()
    must([*base, "update"], "apt-update", NO_NETWORK)
    must([*base, "download", *names], "apt-download", NO_NETWORK, cwd=files)
    for file in sorted(files.iterdir()):
        must(["dpkg-deb", "-x", file, root], "unpack", f"{file.name} does not unpack.")
    shutil.rmtree(files)


def release() -> str:
    """The code name of this machine's Debian."""
    for line in Path("/etc/os-release").read_text().splitlines():
        if line.startswith("VERSION_CODENAME="):
            return line.split("=", 1)[1].strip('"')
    return "stable"


def _command(uri: str) -> list[str]:
    """apt-get with private sources, lists and cache."""
    if not uri:
        raise Stop(
            "This machine has no Debian package sources: set ODOO_SOURCE to a"
            " checkout of Odoo 19 and run the command again."
        )
    for folder in ("lists/partial", "cache/archives/partial"):
        (paths.APT / folder).mkdir(parents=True, exist_ok=True)
    source_list = paths.APT / "sources.list"
    source_list.write_text(sources(uri, {"sid", release()}))
    options = {
        "Dir::Etc::SourceList": source_list,
        "Dir::Etc::SourceParts": os.devnull,
        "Dir::State::Lists": paths.APT / "lists",
        "Dir::Cache": paths.APT / "cache",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        # the folder may be closed to apt's own user
        "APT::Sandbox::User": "root",
    }
    pairs = [f"{key}={value}" for key, value in options.items()]
    return ["apt-get", "-q", *(part for pair in pairs for part in ("-o", pair))]


def sources(uri: str, suites: set[str]) -> str:
    keyring = next((path for path in KEYRINGS if path.exists()), None)
    signed = f"[signed-by={keyring}] " if keyring else ""
    return "".join(f"deb {signed}{uri} {suite} main\n" for suite in sorted(suites))

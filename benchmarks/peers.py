"""OCA's addons for Odoo 19 that do the nearest thing, installed for the occasion."""

import subprocess
import sys
import tempfile
from pathlib import Path

from turns import install as install_modules

import odoo.addons

AUDITS = (
    "document-knowledge",
    "document-page",
    "document-page-procedure",
    "mgmtsystem",
    "mgmtsystem-action",
    "mgmtsystem-audit",
    "mgmtsystem-nonconformity",
)
QUOTES = ("agreement", "agreement-sale", "partner-identification")


def download(names):
    """Download addons, without what they depend on; return ``{name: version}``."""
    folder = tempfile.mkdtemp()
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps"]
    packages = [f"odoo-addon-{name}==19.*" for name in names]
    subprocess.run([*pip, "--target", folder, *packages], check=True)
    odoo.addons.__path__.append(str(Path(folder, "odoo", "addons")))
    # odoo_addon_NAME-19.0.1.0.0.dist-info
    found = [path.stem.split("-")[:2] for path in Path(folder).glob("*.dist-info")]
    return {package.removeprefix("odoo_addon_"): version for package, version in found}


def install(database, names):
    """Install addons in a database; return their versions and the seconds it took."""
    versions = download(names)
    return versions, install_modules(database, sorted(versions))

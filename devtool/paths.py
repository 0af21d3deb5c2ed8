"""Where everything lives; all that is made lives below HOST."""

from pathlib import Path

ADDON = "kmop_registration"
ROOT = Path(__file__).resolve().parent.parent
ADDON_DIR = ROOT / ADDON
HOST = ROOT / ".host"

ODOO = HOST / "odoo"
APT = HOST / "apt"
VENV = HOST / "venv"
NODE = HOST / "node"
CLUSTER = HOST / "pg"
DATA = HOST / "data"
MAIL = HOST / "mail"
LOGS = HOST / "logs"
REPORTS = HOST / "reports"
LOCKS = HOST / "locks"
# What browser tests leave: <database>/screenshots of failures, <database>/journeys.
PICTURES = HOST / "pictures"

REQUIREMENTS = ROOT / "requirements.txt"


def log_file(name: str) -> Path:
    LOGS.mkdir(parents=True, exist_ok=True)
    return LOGS / f"{name}.log"


def report(title: str) -> Path:
    """Where pytest's report of a part of the tests stays."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    return REPORTS / f"{title.replace(' ', '-')}.xml"


def shown(path: Path) -> str:
    """The path as a person in the checkout would type it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)

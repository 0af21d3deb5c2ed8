"""A host that is ready: Odoo's source, its Python packages, a running server."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from . import paths, postgres, python, source
from .errors import Stop
from .process import logged, say, tail

# Nobody listens there: unless `./dev run` catches it, mail goes nowhere.
NO_MAIL = ("--smtp=127.0.0.1", "--smtp-port=9")
LOWEST_FREE_SPACE = 3 * 1024**3


@dataclass
class Host:
    """Odoo on its database server; every database of the tool passes through here."""

    source: Path
    address: dict[str, str] = field(default_factory=dict)
    configuration: Path = paths.HOST / "odoo.conf"

    def environment(self) -> dict[str, str]:
        env = {**os.environ, **self.address}
        env.pop("PGDATABASE", None)
        folders = [paths.VENV / "bin", postgres.binaries(), os.environ["PATH"]]
        env["PATH"] = os.pathsep.join(str(folder) for folder in folders)
        env["PYTHONPATH"] = str(self.source)
        env["ODOO_RC"] = str(self.configuration)
        return env

    def command(self, *arguments) -> list[str]:
        return [str(python.PYTHON), "-m", "odoo", *map(str, arguments)]

    def run(self, *arguments, **options) -> int:
        """Odoo in the foreground, with our terminal."""
        env = self.environment()
        return subprocess.run(self.command(*arguments), env=env, **options).returncode

    def log(self, name: str, *arguments, **options) -> Path:
        """Odoo with its output in a log file; stops where it fails."""
        env = self.environment()
        code = logged(self.command(*arguments), name, env=env, **options)
        log = paths.log_file(name)
        if code:
            say(tail(log, 25))
            raise Stop(f"Odoo failed (exit code {code}): see {paths.shown(log)}.")
        return log

    def feed(self, script: Path, database: str, log: str, *options) -> Path:
        """Run a script in Odoo's shell; from there, it finds the tool beside Odoo."""
        words = ("shell", "-d", database, "--no-http", *NO_MAIL, *options)
        with open(script) as text:
            return self.log(log, *words, stdin=text, cwd=paths.ROOT)

    def query(self, database: str, sql: str) -> str:
        return postgres.query(self.address, database, sql)


@contextmanager
def ready() -> Iterator[Host]:
    prepare()
    host = Host(source.ensure())
    with postgres.server() as address:
        host.address = address
        write_configuration(host.configuration, host.source, paths.ROOT)
        yield host


def prepare() -> None:
    """What needs no database: the folder and the Python packages."""
    check_folder()
    python.ensure()


def check_folder() -> None:
    paths.HOST.mkdir(exist_ok=True)
    if paths.HOST.stat().st_uid != os.geteuid():
        raise Stop(
            "The folder .host belongs to another user: run ./dev as that user, or"
            " remove the folder."
        )
    free = os.statvfs(paths.HOST)
    new = not (paths.ODOO.exists() and python.STAMP.exists())
    if new and free.f_bavail * free.f_frsize < LOWEST_FREE_SPACE:
        raise Stop("The first start needs 3 GB of disk: free some space.")


def write_configuration(target: Path, odoo: Path, *addons: Path) -> None:
    """With the addons of those folders, beside Odoo's own."""
    folders = [*addons, *source.extra_addons(odoo)]
    lines = [
        "[options]",
        f"addons_path = {','.join(map(str, folders))}",
        f"data_dir = {paths.DATA}",
        "http_interface = 127.0.0.1",
        "max_cron_threads = 0",
        f"screenshots = {paths.PICTURES}",
    ]
    paths.DATA.mkdir(exist_ok=True)
    new = target.with_suffix(f".{os.getpid()}")
    new.write_text("\n".join(lines) + "\n")
    new.rename(target)

"""Two PostgreSQL servers on loopback: a primary, and a replica that streams from it."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from devtool import postgres, serve
from devtool.process import logged, must

USER = "odoo"
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "''",
    "fsync": "off",
    # what is shown here is seen within the second
    "wal_receiver_status_interval": "1s",
}


@dataclass
class Cluster:
    folder: Path
    port: int

    @property
    def address(self) -> dict[str, str]:
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": USER,
            "PGPASSWORD": "",
        }

    def start(self) -> None:
        options = OPTIONS | {"port": str(self.port)}
        words = " ".join(f"-c {key}={value}" for key, value in options.items())
        log = self.folder / "server.log"
        self._control("start", "-w", "-l", log, "-o", words)

    def stop(self) -> None:
        if (self.folder / "postmaster.pid").exists():
            self._control("stop", "-m", "immediate", "-w")

    def query(self, database: str, sql: str) -> str:
        return postgres.query(self.address, database, sql)

    def _control(self, action: str, *arguments) -> None:
        name = f"{action}-{self.folder.name}"
        command = [postgres.binaries() / "pg_ctl", action, "-D", self.folder]
        must(
            [*postgres.as_servant(), *command, *arguments],
            name,
            f"PostgreSQL does not {action}.",
            cwd="/",
        )


def create_primary(folder: Path) -> Cluster:
    _make(folder, "initdb", "-D", folder, "-U", USER, "--auth=trust",
          "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")  # fmt: skip
    return Cluster(folder, serve.free_port())


def create_replica(folder: Path, primary: Cluster) -> Cluster:
    """A copy that goes on following the primary, and takes no writes."""
    _make(folder, "pg_basebackup", "-D", folder, "-R", "-X", "stream", "-c", "fast",
          "--no-sync", "-h", "127.0.0.1", "-p", primary.port, "-U", USER)  # fmt: skip
    return Cluster(folder, serve.free_port())


def copy(address: dict[str, str], database: str, target: Cluster) -> None:
    """Copy a database of the running server to another server, under its own name."""
    target.query("postgres", f'CREATE DATABASE "{database}"')
    dump, restore = (postgres.binaries() / name for name in ("pg_dump", "psql"))
    with subprocess.Popen(
        [dump, database], env={**os.environ, **address}, stdout=subprocess.PIPE
    ) as source:
        code = logged(
            [restore, "-Xq", "-v", "ON_ERROR_STOP=1", database],
            "copy",
            env={**os.environ, **target.address},
            stdin=source.stdout,
        )
    if code or source.returncode:
        raise RuntimeError(f"{database} was not copied: see .host/logs/copy.log.")


def _make(folder: Path, program: str, *arguments) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    postgres.make_folder(folder)
    must(
        [*postgres.as_servant(), postgres.binaries() / program, *arguments],
        program,
        f"{program} failed.",
        cwd="/",
    )

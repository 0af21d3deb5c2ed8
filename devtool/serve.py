"""`./dev run`: the demo, until Ctrl-C."""

import signal
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager

from . import addon, databases, ending, paths, python
from .databases import Kind
from .errors import Stop
from .host import Host
from .process import say

START_LIMIT = 120
STOP_LIMIT = 20
LOGINS = """\
    admin / admin            administrator
    kwaliteit / kwaliteit    quality officer
    verkoop / verkoop        salesperson
    auditor / auditor        auditor, on the portal"""


def serve(host: Host, name: str, port: int, kind: Kind) -> int:
    check_port(port)
    _ensure_database(host, name, kind)
    with _mail_catcher() as mail_port, _odoo(host, name, port, mail_port) as server:
        if not answers(server, port):
            raise Stop("Odoo does not start: its log above says why.")
        _welcome(name, port, kind)
        return server.wait()


def check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Stop(
                f"Port {port} is not free ({error.strerror}): choose another one"
                " with --port."
            ) from error


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _ensure_database(host: Host, name: str, kind: Kind) -> None:
    databases.check_name(name)
    if not databases.exists(host, name):
        databases.fresh(host, name, kind)
    elif not databases.refresh(host, name):
        say(f"==> The database {name} is current with {len(addon.files())} addon files")


@contextmanager
def _mail_catcher():
    """Every mail of the demo ends in a local maildir, none leaves the machine."""
    port = free_port()
    command = [python.PYTHON, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}"]
    command += ["-c", "aiosmtpd.handlers.Mailbox", paths.MAIL]
    process = subprocess.Popen(
        command,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=ending.end_with_parent,
    )
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _odoo(host: Host, name: str, port: int, mail_port: int):
    """In a session of its own: Ctrl-C reaches it once, through us."""
    command = host.command(
        "-d", name, f"--db-filter=^{name}$", f"--http-port={port}",
        "--max-cron-threads=1", "--smtp=127.0.0.1", f"--smtp-port={mail_port}",
    )  # fmt: skip
    server = subprocess.Popen(
        command,
        env=host.environment(),
        start_new_session=True,
        preexec_fn=ending.end_with_parent,
    )
    try:
        yield server
    finally:
        _stop(server)


def _stop(server: subprocess.Popen) -> None:
    if server.poll() is None:
        say("\n==> Stopping")
        server.send_signal(signal.SIGINT)
    try:
        server.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def answers(server: subprocess.Popen, port: int) -> bool:
    limit = time.monotonic() + START_LIMIT
    while server.poll() is None and time.monotonic() < limit:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/web/health", timeout=5)
            return True
        except OSError:
            time.sleep(0.3)
    return False


def _welcome(name: str, port: int, kind: Kind) -> None:
    logins = LOGINS if kind is databases.DEMO else LOGINS.split("\n")[0]
    say(
        f"\n==> Odoo is at http://127.0.0.1:{port} (database {name}); log in as\n"
        f"{logins}\n"
        f"    Mail it sends lands in {paths.shown(paths.MAIL)}, none goes out.\n"
        "    Ctrl-C stops everything.\n"
    )

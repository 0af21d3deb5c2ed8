"""`./dev chaos scale`: two servers, two workers each, a primary and its replica.

Reads must go to the replica and writes to the primary; with a worker or a server
killed and the replica stopped, everybody must still be answered, and nothing be lost.
"""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from devtool import databases, paths, python, serve
from devtool.errors import Stop
from devtool.host import NO_MAIL, Host
from devtool.process import say, step

from . import replica
from .visitor import Visitor

NAME = "kmop-scale"
FOLDER = paths.HOST / "scale"
ODOO = Path(__file__).parent / "bin" / "odoo-bin"
WORKERS = 2
PATIENCE = 60
# What Odoo's log says at the end of a request when it knows of a replica: whether the
# transaction was read-only there, read/write on the primary, or found no replica.
MODE = re.compile(r'"[A-Z]+ (\S+?)(?:[?#]\S*)? HTTP/\S+" (\d+) .* (ro|rw|ro->rw)$')
REPLICA, PRIMARY, WITHOUT = ("ro",), ("rw",), ("rw", "ro->rw")


@dataclass
class Server:
    """An Odoo server with workers, on both database servers."""

    host: Host
    primary: replica.Cluster
    copy: replica.Cluster
    name: str

    def start(self) -> None:
        self.port = serve.free_port()
        self.log = paths.log_file(f"scale-{self.name}")
        self.log.write_text("")
        self.process = subprocess.Popen(
            [
                str(python.PYTHON), str(ODOO), "-d", NAME,
                f"--db-filter=^{NAME}$", f"--workers={WORKERS}",
                "--db_host=127.0.0.1", f"--db_port={self.primary.port}",
                "--db_replica_host=127.0.0.1",
                f"--db_replica_port={self.copy.port}",
                f"--db_user={replica.USER}", "--max-cron-threads=0",
                f"--http-port={self.port}", f"--gevent-port={serve.free_port()}",
                f"--logfile={self.log}", *NO_MAIL,
            ],
            env=self.host.environment() | self.primary.address,
            start_new_session=True,
        )  # fmt: skip
        if not serve.answers(self.process, self.port):
            raise Stop(f"Odoo does not start: see {paths.shown(self.log)}.")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """All of its processes at once, as when a machine fails."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def get_workers(self) -> list[int]:
        """The processes that answer requests: copies of the first one."""
        first = _command_line(self.process.pid)
        return [
            pid for pid in _children(self.process.pid) if _command_line(pid) == first
        ]

    def mode_of(self, path: str, since: int) -> str:
        """How the last request of this path was served, once the log says so."""
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            lines = self.log.read_text().encode()[since:].decode().splitlines()
            found = [MODE.search(line) for line in lines]
            modes = [m[3] for m in found if m and m[1] == path and m[2] == "200"]
            if modes:
                return modes[-1]
            time.sleep(0.05)
        raise Stop(f"{path} is not in {paths.shown(self.log)}.")


# ------------------------------------------------------------------------ the people


class People:
    """A quality officer and an auditor, and what they ask for."""

    def __init__(self, server: Server):
        self.officer, self.auditor = Visitor(), Visitor()
        self.officer.log_in(server.url, NAME, "kwaliteit")
        self.auditor.log_in(server.url, NAME, "auditor")
        self.made = 0
        call = self.officer.call
        registrations = call(server.url, "kmop.registration", "search", [])
        self.registration = registrations[0]
        self.partner = call(server.url, "res.partner", "search", [], limit=1)[0]
        kinds = call(server.url, "kmop.evidence.type", "search", [], limit=1)
        self.values = {"registration_id": self.registration, "type_id": kinds[0]}
        shown = self.auditor.get(f"{server.url}/my/kmop/audits").decode()
        self.page = re.search(r"/my/kmop/audits/\d+", shown)[0]

    def reads(self) -> dict[str, Callable[[str], object]]:
        """Each path that only reads, and how it is asked for."""
        of_model = {
            ("kmop.registration", "get_matrix"): [[self.registration]],
            ("kmop.registration", "get_overview"): [],
            ("kmop.registration", "readiness"): [[self.registration]],
            ("kmop.registration", "satisfaction"): [[self.registration]],
            ("kmop.registration", "web_search_read"): [[], {"card": {}}],
            ("kmop.registration", "action_open_evidence"): [[self.registration]],
            ("kmop.evidence", "web_search_read"): [[], {"name": {}, "state": {}}],
            ("kmop.evidence", "verify"): [[]],
            ("kmop.coverage", "formatted_read_group"): [[], ["requirement_id"]],
            ("res.partner", "is_registered_on"): [[self.partner], "2026-01-01"],
            ("sale.order", "web_search_read"): [[], {"name": {}}],
        }
        found = {
            f"/web/dataset/call_kw/{model}/{method}": (
                lambda url, model=model, method=method, args=args: self.officer.call(
                    url, model, method, *args
                )
            )
            for (model, method), args in of_model.items()
        }
        for ending in ("audit.xlsx", "dossier.zip", "projects.xlsx"):
            path = f"/kmop/registration/{self.registration}/{ending}"
            found[path] = lambda url, path=path: self.officer.get(url + path)
        found["/my/kmop/audits"] = lambda url: self.auditor.get(url + "/my/kmop/audits")
        return found

    def writes(self) -> dict[str, Callable[[str], object]]:
        """Each path that writes: the page notes who looked at it."""
        return {
            "/web/dataset/call_kw/kmop.evidence/create": self.create,
            self.page: lambda url: self.auditor.get(url + self.page),
        }

    def create(self, url: str) -> None:
        vals = self.values | {"name": f"Scale {self.made + 1}"}
        self.officer.call(url, "kmop.evidence", "create", [vals])
        self.made += 1

    def count(self, url: str) -> int:
        domain = [("name", "like", "Scale ")]
        return self.officer.call(url, "kmop.evidence", "search_count", domain)


# -------------------------------------------------------------------------- the check


def check(host: Host) -> None:
    with _company(host) as (primary, copy, servers):
        one, two = servers
        people = People(one)
        for server in servers:
            # What is made once, such as style sheets, is made now.
            _ask(server, {**people.reads(), **people.writes()})
        with step("Reads go to the replica, writes to the primary"):
            _reads_and_writes(servers, people)
        with step("A replica that stands still shows what it knew"):
            _stand_still(copy, people, one)
        with step("Killing a worker, then a whole server"):
            _kill(one, two, people)
        with step("Stopping the replica"):
            copy.stop()
            _ask(two, {**people.reads(), **people.writes()}, WITHOUT)
        with step("Starting all again"):
            copy.start()
            one.start()
            _wait_for(copy, primary, people.made)
            _ask(one, people.reads(), REPLICA)
    say(f"    {people.made} pieces of evidence written, all there on both")


@contextmanager
def _company(host: Host) -> Iterator[tuple]:
    """Two database servers and two Odoo servers on one filestore."""
    databases.clone(host, databases.prepared(host, databases.DEMO), NAME)
    shutil.rmtree(FOLDER, ignore_errors=True)
    replica.postgres.make_folder(FOLDER)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, FOLDER, ignore_errors=True)
        stack.callback(databases.drop, host, NAME)
        with step("Making a primary, and a replica that streams from it"):
            primary = _started(stack, replica.create_primary(FOLDER / "primary"))
            replica.copy(host.address, NAME, primary)
            copy = replica.create_replica(FOLDER / "replica", primary)
            _started(stack, copy)
        with step(f"Starting two Odoo servers with {WORKERS} workers each"):
            servers = [Server(host, primary, copy, name) for name in ("one", "two")]
            for server in servers:
                stack.callback(server.kill)
                server.start()
        yield primary, copy, servers


def _started(stack: ExitStack, cluster: replica.Cluster) -> replica.Cluster:
    stack.callback(cluster.stop)
    cluster.start()
    return cluster


def _reads_and_writes(servers: list[Server], people: People) -> None:
    copy = servers[0].copy
    before = _transactions(copy)
    for server in servers:
        _ask(server, people.reads(), REPLICA)
        _ask(server, people.writes(), PRIMARY)
    asked = 2 * len(people.reads())
    limit = time.monotonic() + PATIENCE
    while (seen := _transactions(copy) - before) < asked:
        if time.monotonic() > limit:
            raise Stop(f"The replica saw {seen} transactions of {asked} reads.")
        time.sleep(0.5)
    say(f"    {asked} reads on the replica, which saw {seen} transactions")


def _ask(server: Server, asked: dict, expected: tuple[str, ...] = ()) -> None:
    """Have each answered, and served as expected."""
    for path, ask in asked.items():
        since = server.log.stat().st_size
        ask(server.url)
        mode = server.mode_of(path, since)
        if expected and mode not in expected:
            wanted = " or ".join(expected)
            raise Stop(f"{path} was served {mode}, not {wanted} ({server.name}).")


def _transactions(cluster: replica.Cluster) -> int:
    sql = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname ="
    return int(cluster.query("postgres", f"{sql} '{NAME}'"))


def _stand_still(copy: replica.Cluster, people: People, server: Server) -> None:
    """Who reads is told what the replica knows, and not what the primary does."""
    _wait_for(copy, server.primary, people.made)
    copy.query("postgres", "SELECT pg_wal_replay_pause()")
    people.create(server.url)
    time.sleep(1)
    seen = people.count(server.url)
    copy.query("postgres", "SELECT pg_wal_replay_resume()")
    if seen != people.made - 1:
        raise Stop(f"{seen} of {people.made} were read, so not from the replica.")
    _wait_for(copy, server.primary, people.made)
    if people.count(server.url) != people.made:
        raise Stop("What was written isn't read once the replica knows it.")


def _kill(one: Server, two: Server, people: People) -> None:
    workers = one.get_workers()
    if len(workers) != WORKERS:
        raise Stop(f"There are {len(workers)} workers, not {WORKERS}.")
    os.kill(workers[0], signal.SIGKILL)
    _ask(one, people.reads(), REPLICA)
    _ask(one, people.writes(), PRIMARY)
    _replaced(one, workers[0])
    one.kill()
    _ask(two, people.reads(), REPLICA)
    _ask(two, people.writes(), PRIMARY)


def _replaced(server: Server, killed: int) -> None:
    limit = time.monotonic() + PATIENCE
    while killed in (found := server.get_workers()) or len(found) < WORKERS:
        if time.monotonic() > limit:
            raise Stop("The worker that was killed isn't replaced.")
        time.sleep(0.2)


def _wait_for(copy: replica.Cluster, primary: replica.Cluster, made: int) -> None:
    """Until both database servers have all that was written, and no more."""
    sql = "SELECT COUNT(*) FROM kmop_evidence WHERE name LIKE 'Scale %'"
    limit = time.monotonic() + PATIENCE
    while True:
        found = [int(cluster.query(NAME, sql)) for cluster in (primary, copy)]
        if found == [made, made]:
            return
        if time.monotonic() > limit or found[0] != made:
            raise Stop(f"Of {made} written, primary and replica have {found}.")
        time.sleep(0.2)


def _children(parent: int) -> list[int]:
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = file.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if int(words[1]) == parent and words[0] != "Z":
            found.append(int(file.parent.name))
    return found


def _command_line(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()

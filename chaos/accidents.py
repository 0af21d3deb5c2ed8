"""Fed to Odoo's shell: servers that are killed, cut off or out of room halfway.

Halfway is where a table is held: the server waits there, with what it did so far. Every
row of TABLES is compared, before and after; and every file of the filestore.
"""

import hashlib
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from zipfile import ZipFile

from openpyxl import load_workbook

from odoo import sql_db
from odoo.fields import Command
from odoo.tools import config

from devtool import paths
from more.server import BROKEN, Answer, Client, Server, serving

ENV = globals()["env"]
DATABASE = ENV.cr.dbname
FILESTORE = Path(config.filestore(DATABASE))
LOGIN = "fault_officer"
# All of ours, and what our work leaves in Odoo's.
OTHERS = (
    "ir_attachment",
    "mail_activity",
    "mail_mail",
    "mail_message",
    "mail_tracking_value",
    "sale_order",
)
# What tells who asked for an export how that went.
TOLD = ("kmop_export", "mail_mail", "mail_message")
# Enough for an export in the background: more than 200 MB, of one file on the disk.
PIECES = 230
BATCH = 100
# What is read last for an export, and written last where a state changes.
READ_LAST, WRITTEN_LAST = "kmop_finding", "mail_message"
ROOM = 64 * 2**20
LARGEST = 4096
# A file on the disk that is larger is a part of an export.
LARGEST_PIECE = 4 * 2**20
PDF = b"%PDF-1.4\n"
# Of our own lines in the log from WARNING on, and nothing else may be among them.
EXPECTED = (
    r"Export \d+ was interrupted",
    r"Export \d+ failed",
    r"The files of evidence \[\d+\] can't be kept",
)


# -------------------------------------------------------------------------------- data


def seed(env):
    """Return what the accidents happen to, committed."""
    env["ir.cron"].search([]).active = False
    cron = env.ref("kmop_registration.ir_cron_kmop_export")
    cron.active = True
    env.company.email = env.ref("base.user_admin").email = "fault@example.com"
    groups = (
        "base.group_system",
        "kmop_registration.group_kmop_manager",
        "sales_team.group_sale_salesman_all_leads",
    )
    env["res.users"].create(
        {
            "name": "Officer",
            "login": LOGIN,
            "password": LOGIN,
            "email": "officer@example.com",
            "group_ids": [Command.link(env.ref(name).id) for name in groups],
        }
    )
    large, small = (seed_registration(env, name) for name in ("Large", "Small"))
    scan = PDF + os.urandom(2**20)
    seed_files(env, large, [scan] * PIECES).accept()
    seed_files(env, small, [PDF + os.urandom(2**18).hex().encode()] * 8).accept()
    found = {
        "large": large.id,
        "small": small.id,
        "piece": seed_files(env, small, [PDF + b"A piece of its own"]).id,
        "lost": seed_files(env, small, [PDF + b"A file that gets lost"]).id,
        "quotes": seed_quotes(env, 3 * BATCH).ids,
        "spare": seed_quotes(env, BATCH).ids,
        "pieces": seed_linked(env, small, 2).ids,
        "milestones": seed_milestones(env, small).ids,
    }
    env["kmop.evidence"].browse(found["piece"]).accept()
    env.cr.commit()
    return found


def seed_registration(env, name):
    return env["kmop.registration"].create(
        {
            "partner_id": env["res.partner"].create({"name": name}).id,
            "service": "training",
            "track_id": env.ref("kmop_registration.kmop_track_starter").id,
        }
    )


def seed_files(env, registration, contents):
    """Return submitted evidence, with a file each."""
    evidences = env["kmop.evidence"].create(
        [
            {
                "name": f"Evidence {number}",
                "registration_id": registration.id,
                "type_id": env.ref("kmop_registration.kmop_evidence_type_legal").id,
                "attachment_ids": [
                    Command.create({"name": f"{number} file.pdf", "raw": content})
                ],
            }
            for number, content in enumerate(contents)
        ]
    )
    evidences.submit()
    return evidences


def seed_quotes(env, count):
    partner = env["res.partner"].create({"name": "Client"})
    return env["sale.order"].create([{"partner_id": partner.id}] * count)


def seed_linked(env, registration, count):
    """Return evidence of quotes: accepting it makes a snapshot."""
    evidence_type = env.ref("kmop_registration.kmop_evidence_type_quote")
    evidences = seed_quotes(env, count)._kmop_link(registration, evidence_type)
    evidences.submit()
    return evidences


def seed_milestones(env, registration):
    today = env.company._kmop_today()
    return env["kmop.milestone"].create(
        [
            {
                "title": f"Milestone {number}",
                "registration_id": registration.id,
                "date_planned": today - timedelta(days=1),
                "user_id": env.ref("base.user_admin").id,
            }
            for number in range(20)
        ]
    )


# ---------------------------------------------------------------------------- database


def query(sql, *values, database=DATABASE):
    with sql_db.db_connect(database).cursor() as cr:
        cr.execute(sql, values or None)
        rows = cr.fetchall() if cr.description else []
        cr.commit()
    return rows


def take_rows(*without):
    """Return how many rows each table has, and the hash of them all."""
    ours = query(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'kmop\\_%%'"
        " AND relnamespace = 'public'::regnamespace"
    )
    tables = {name for (name,) in ours} | {*OTHERS}
    # The wizard is nobody's record.
    wizards = {n for n in tables if n.startswith("kmop_evidence_link")}
    sql = "SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM {} t"
    return {name: query(sql.format(name))[0] for name in tables - wizards - {*without}}


def check_same(before, *without):
    """Raise AssertionError where any row isn't what it was."""
    after = take_rows(*without)
    changed = [name for name in after if after[name] != before[name]]
    assert not changed, [(name, before[name], after[name]) for name in changed]


def wait_for(check, what, seconds=300):
    limit = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < limit, what
        time.sleep(0.05)
    return found


def sessions(server):
    """Return the database's processes that serve this server, and whether they wait."""
    return query(
        "SELECT pid, wait_event_type = 'Lock' FROM pg_stat_activity"
        " WHERE datname = %s AND application_name = %s",
        DATABASE,
        f"odoo-{server.process.pid}",
    )


@contextmanager
def held(table, mode):
    with sql_db.db_connect(DATABASE).cursor() as cr:
        cr.execute(f"LOCK TABLE {table} IN {mode} MODE")
        yield
        cr.rollback()


def halfway(server, table, work, blow):
    """Let ``work`` come as far as the table, strike then; return what it got."""
    mode = "ACCESS EXCLUSIVE" if table == READ_LAST else "SHARE"
    with ThreadPoolExecutor(1) as pool:
        with held(table, mode):
            result = pool.submit(work)
            wait_for(
                lambda: any(waits for _pid, waits in sessions(server)), "never halfway"
            )
            blow(server)
        answer = result.result()
    wait_for(lambda: not sessions(server) or server.process.poll() is None, "still in")
    return answer


def kill(server):
    server.kill()


def cut(server):
    """End all its connections with the database, as a failing server of that does."""
    for pid, _waits in sessions(server):
        query("SELECT pg_terminate_backend(%s, 5000)", pid)


def restart(server):
    wait_for(lambda: not sessions(server), "A killed server still holds the database")
    server.start()


# ----------------------------------------------------------------------------- files


def find_half(folder):
    """Return the files that aren't what their names say."""
    return [
        path
        for path in folder.glob("??/*")
        if hashlib.sha1(path.read_bytes()).hexdigest() != path.name
    ]


def check_filestore(folder):
    """Each file is what its name says, or is known to be collected; none is half."""
    assert not (half := find_half(folder)), f"{half} aren't whole"
    known = {name for (name,) in query("SELECT store_fname FROM ir_attachment")}
    for path in folder.glob("??/*"):
        name = f"{path.parent.name}/{path.name}"
        assert name in known or (folder / "checklist" / name).exists(), name


def read_archive(file, registration, lost=0):
    """Check each file of an archive against its own list; return the read-me."""
    with ZipFile(file) as archive:
        lines = archive.read("SHA256SUMS").decode().splitlines()
        sums = dict(reversed(line.split("  ", 1)) for line in lines)
        names = {n for n in archive.namelist() if n != "SHA256SUMS"}
        for name in names:
            digest = hashlib.sha256(archive.read(name)).hexdigest()
            assert digest == sums[name], name
        evidence = [name for name in names if name.startswith("Evidence/")]
        assert len(evidence) == count_frozen(registration) - lost, evidence
        return archive.read("Read me.txt").decode("utf-8-sig")


def count_frozen(registration):
    sql = """SELECT count(*) FROM kmop_evidence_file f
             JOIN kmop_evidence e ON e.id = f.evidence_id WHERE registration_id = %s"""
    return query(sql, registration)[0][0]


def download(client, path):
    """Return the whole of it in a file, or what went wrong."""
    file = tempfile.TemporaryFile()
    try:
        with client.get(path) as response:
            shutil.copyfileobj(response, file)
    except BROKEN as error:
        return Answer(error=type(error).__name__, message=str(error))
    file.seek(0)
    return Answer(file)


def get_dossier(client, registration):
    return download(client, f"/kmop/registration/{registration}/dossier.zip")


# ---------------------------------------------------------------------------- exports


def get_export(id_):
    return query("SELECT state, error FROM kmop_export WHERE id = %s", id_)[0]


def count_parts(id_):
    sql = """SELECT count(*) FROM ir_attachment
             WHERE res_model = 'kmop.export' AND res_id = %s"""
    return query(sql, id_)[0][0]


def wake():
    """Have the scheduler look at once, as it does each minute."""
    query("SELECT pg_notify('cron_trigger', %s)", DATABASE, database="postgres")


def ask(client, registration):
    """Ask for the dossier as the button does; return the export's id."""
    # A fresh one would be handed over again.
    query("UPDATE kmop_export SET date_done = date_done - interval '1 hour'")
    answer = client.call("kmop.registration", "action_export_zip", [registration])
    assert answer.won and answer.result["res_model"] == "kmop.export", answer
    wake()
    return answer.result["res_id"]


def wait_for_end(export):
    def ended():
        wake()
        return get_export(export)[0] not in ("waiting", "running")

    wait_for(ended, "The export never ended")
    return get_export(export)


def complete(client, registration):
    """The export that is asked for next is whole."""
    export = ask(client, registration)
    state, error = wait_for_end(export)
    assert state == "done", error
    answer = download(client, f"/kmop/export/{export}")
    read_archive(answer.result, registration)


def check_told(export):
    """Who asked reads that it failed."""
    sql = (
        "SELECT count(*) FROM mail_message WHERE model = 'kmop.export' AND res_id = %s"
    )
    assert query(sql, export) == [(1,)], "Nobody was told"


def break_export(server, client, data, blow, table=READ_LAST):
    """Strike where it reads the last table, or where it writes the given one."""
    before = take_rows("kmop_export")
    export = halfway(server, table, partial(ask, client, data["large"]), blow)
    if server.process.poll() is not None:
        check_same(before, "kmop_export")
        assert get_export(export)[0] == "running"
        restart(server)
    state, error = wait_for_end(export)
    assert not count_parts(export), "What is half stays"
    assert (state, error) == ("failed", "It was interrupted: try again."), error
    check_told(export)
    check_same(before, *TOLD)
    complete(client, data["large"])


def killed_export(server, client, data):
    break_export(server, client, data, kill)


def killed_part(server, client, data):
    """Its first part is on the disk by then, without its row: it is collected."""
    break_export(server, client, data, kill, "ir_attachment")
    check_filestore(FILESTORE)
    vacuum = ENV.ref("base.autovacuum_job").id
    assert client.call("ir.cron", "method_direct_trigger", [vacuum]).result is True
    check_filestore(FILESTORE)


def cut_export(server, client, data):
    break_export(server, client, data, cut)


def break_direct(server, client, data, blow):
    before = take_rows()
    work = partial(get_dossier, client, data["small"])
    answer = halfway(server, READ_LAST, work, blow)
    assert not answer.won, "Half an archive looked whole"
    check_same(before)
    if server.process.poll() is not None:
        restart(server)
    read_archive(get_dossier(client, data["small"]).result, data["small"])


# ---------------------------------------------------------------------------- linking


def link(client, data, wizard, ids):
    context = {"active_model": "sale.order", "active_ids": ids}
    return client.call("kmop.evidence.link", "link_batch", [wizard], context=context)


def break_link(server, client, data, blow, quotes):
    """In batches, as the browser does; the last but one is struck."""
    vals = {"registration_id": data["small"]}
    context = {"active_model": "sale.order", "active_ids": quotes}
    wizard = client.call("kmop.evidence.link", "create", vals, context=context).result
    batches = [quotes[i : i + BATCH] for i in range(0, len(quotes), BATCH)]
    first, struck = batches[:-2], batches[-2:][0]
    for batch in first:
        assert link(client, data, wizard, batch).result["linked"] == BATCH
    before = take_rows()
    work = partial(link, client, data, wizard, struck)
    answer = halfway(server, WRITTEN_LAST, work, blow)
    assert not answer.won, answer
    check_same(before)
    if server.process.poll() is not None:
        restart(server)
    # The browser's button tries that batch again; somebody else the others, too.
    linked = [link(client, data, wizard, batch).result["linked"] for batch in batches]
    assert linked == [0] * len(first) + [BATCH] * (len(batches) - len(first)), linked
    sql = """SELECT count(*), count(DISTINCT res_id), min(state), max(state)
             FROM kmop_evidence WHERE res_model = 'sale.order' AND res_id = ANY(%s)"""
    wanted = (len(quotes), len(quotes), "submitted", "submitted")
    assert query(sql, quotes) == [wanted], query(sql, quotes)


# -------------------------------------------------------------------------- accepting


def accept(client, piece):
    return client.call("kmop.evidence", "accept", [piece])


def verify(client, piece):
    """Return the verdict; JSON makes text of the id."""
    return client.call("kmop.evidence", "verify", [piece]).result[str(piece)]


def check_accepted(client, piece, files):
    """Once, with each of its files frozen once, and nothing else."""
    sql = """SELECT state, fingerprint IS NOT NULL,
                    (SELECT count(*) FROM kmop_evidence_file f
                     WHERE f.evidence_id = e.id)
             FROM kmop_evidence e WHERE id = %s"""
    assert query(sql, piece) == [("accepted", True, files)], query(sql, piece)
    assert verify(client, piece)["state"] == "intact"


def cut_accept(server, client, data):
    piece, before = data["pieces"][0], take_rows()
    answer = halfway(server, WRITTEN_LAST, partial(accept, client, piece), cut)
    assert not answer.won, answer
    check_same(before)
    check_filestore(FILESTORE)
    assert accept(client, piece).won
    check_accepted(client, piece, 1)


def cut_cron(server, client, data):
    cron = ENV.ref("kmop_registration.ir_cron_kmop_milestones").id
    run = partial(client.call, "ir.cron", "method_direct_trigger", [cron])
    before = take_rows()
    answer = halfway(server, "kmop_reminder", run, cut)
    assert answer.result is not True, answer
    check_same(before)
    assert run().result is True
    sql = """SELECT m.state, count(DISTINCT r.id), count(DISTINCT a.id)
             FROM kmop_milestone m LEFT JOIN kmop_reminder r ON r.milestone_id = m.id
             LEFT JOIN mail_activity a
                 ON a.res_model = 'kmop.milestone' AND a.res_id = m.id
             WHERE m.id = ANY(%s) GROUP BY m.id"""
    found = Counter(query(sql, data["milestones"]))
    assert found == {("sent", 1, 1): len(data["milestones"])}, found


# -------------------------------------------------------------------------- lost files


def find_file(piece):
    sql = """SELECT store_fname FROM ir_attachment WHERE res_id = %s
             AND res_model = 'kmop.evidence' ORDER BY id DESC LIMIT 1"""
    return FILESTORE / query(sql, piece)[0][0]


@contextmanager
def removed(path):
    aside = path.with_name(f"{path.name}.aside")
    path.rename(aside)
    yield
    aside.rename(path)


def lost_file(server, client, data):
    """Of accepted evidence: whoever asks is told, and the export names it."""
    piece = data["piece"]
    with removed(find_file(piece)):
        verdict = verify(client, piece)
        assert verdict == {"state": "missing", "files": {"0 file.pdf": "missing"}}, (
            verdict
        )
        text = read_archive(get_dossier(client, data["small"]).result, data["small"], 1)
        assert re.search(rf"Missing: Evidence/.*/{piece} 0 file\.pdf", text), text
    assert verify(client, piece)["state"] == "intact"


def lost_before(server, client, data):
    """Of evidence to be accepted: nothing empty is frozen in its place."""
    piece, before = data["lost"], take_rows()
    with removed(find_file(piece)):
        answer = accept(client, piece)
        assert not answer.won and answer.clear, answer
        assert "is missing from the server" in answer.message, answer
        check_same(before)
    assert accept(client, piece).won
    check_accepted(client, piece, 1)


# ------------------------------------------------------------------------------- room


class Room:
    """A disk of its own for a server, or else a limit on what it may write."""

    def __init__(self, server):
        self.server = server
        self.folder = paths.HOST / "room"
        self.folder.mkdir(exist_ok=True)
        self.own = bool(os.environ.get("KMOP_OWN_MOUNTS"))
        if self.own:
            self._mount(f"size={ROOM}")
        self.filestore = self.folder / "filestore" / DATABASE
        shutil.rmtree(self.filestore, ignore_errors=True)
        shutil.copytree(FILESTORE, self.filestore, ignore=self._is_export)
        server.options += (f"--data-dir={self.folder}",)
        server.environment = {"TMPDIR": str(self.folder)}

    def _is_export(self, folder, names):
        """What was exported before isn't asked for again, and has no room here."""
        sizes = {name: (Path(folder) / name).stat().st_size for name in names}
        return [name for name, size in sizes.items() if size > LARGEST_PIECE]

    def _mount(self, options):
        command = ["mount", "-t", "tmpfs", "-o", options, "kmop", self.folder]
        subprocess.run(command, check=True)

    def fill(self):
        """Leave no byte free."""
        if not self.own:
            self._restart(self._limit)
            return
        with open(self.folder / "ballast", "wb", buffering=0) as ballast:
            for size in (2**20, 2**12, 1):
                try:
                    while ballast.write(bytes(size)):
                        pass
                except OSError:
                    continue

    def free(self):
        """Give it as much as it wants."""
        if not self.own:
            self._restart(None)
            return
        (self.folder / "ballast").unlink(missing_ok=True)
        options = f"remount,size={16 * ROOM}"
        subprocess.run(["mount", "-o", options, self.folder], check=True)

    def _limit(self):
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST, LARGEST))

    def _restart(self, limit):
        self.server.stop()
        self.server.limit = limit
        self.server.start()

    def check(self):
        """Odoo leaves half a file, which no row names: remove it, as one must."""
        known = {name for (name,) in query("SELECT store_fname FROM ir_attachment")}
        for path in find_half(self.filestore):
            assert f"{path.parent.name}/{path.name}" not in known, path
            path.unlink()
        check_filestore(self.filestore)


def full_accept(room, client, data):
    piece, before = data["pieces"][1], take_rows()
    room.fill()
    answer = accept(client, piece)
    assert not answer.won and answer.clear, answer
    assert "can't keep the files" in answer.message, answer
    check_same(before)
    room.check()
    room.free()
    assert accept(client, piece).won
    check_accepted(client, piece, 1)


def full_export(room, client, data):
    before = take_rows(*TOLD)
    room.fill()
    export = ask(client, data["large"])
    state, error = wait_for_end(export)
    assert (state, count_parts(export)) == ("failed", 0), (state, error)
    assert "No space left" in error or "File too large" in error, error
    check_told(export)
    check_same(before, *TOLD)
    room.check()
    room.free()
    complete(client, data["large"])


def full_direct(room, client, data):
    path = f"/kmop/registration/{data['small']}/audit.xlsx"
    before = take_rows()
    room.fill()
    for asked in (path, path.replace("audit.xlsx", "dossier.zip")):
        answer = download(client, asked)
        assert not answer.won, asked
    check_same(before)
    room.check()
    room.free()
    assert load_workbook(download(client, path).result).sheetnames
    read_archive(get_dossier(client, data["small"]).result, data["small"])


# -------------------------------------------------------------------------------- all


def check_log(server):
    """Print what our own lines say; one that isn't expected misleads."""
    found = re.findall(
        r"(?:WARNING|ERROR) \S+ odoo\.addons\.kmop_registration\S*: (.*)", server.read()
    )
    unknown = [
        line for line in found if not any(re.match(known, line) for known in EXPECTED)
    ]
    assert not unknown, unknown[:5]
    return Counter(re.sub(r"\d+", "N", line).strip() for line in found)


def check_the_check():
    """A row too many, and a file that isn't whole, must not go unnoticed."""
    before = take_rows()
    query(
        "UPDATE kmop_theme SET name = name WHERE id = (SELECT min(id) FROM kmop_theme)"
    )
    check_same(before)
    note = """UPDATE kmop_evidence SET note = %s
              WHERE id = (SELECT min(id) FROM kmop_evidence)"""
    query(note, "spoilt")
    half = FILESTORE / "00" / ("0" * 40)
    half.parent.mkdir(exist_ok=True)
    half.write_bytes(b"half")
    for check in (partial(check_same, before), partial(check_filestore, FILESTORE)):
        try:
            check()
        except AssertionError:
            continue
        raise SystemExit(f"{check} found nothing")
    half.unlink()
    query(note, None)


ACCIDENTS = [
    ("a long export, killed", killed_export),
    ("a long export, killed while it is kept", killed_part),
    ("a direct export, killed", partial(break_direct, blow=kill)),
    ("linking in batches, killed",
     lambda s, c, d: break_link(s, c, d, kill, d["quotes"])),
    ("accepting, cut off from the database", cut_accept),
    ("linking, cut off", lambda s, c, d: break_link(s, c, d, cut, d["spare"])),
    ("reminders, cut off", cut_cron),
    ("a long export, cut off", cut_export),
    ("a direct export, cut off", partial(break_direct, blow=cut)),
    ("a file of accepted evidence, removed", lost_file),
    ("a file to be accepted, removed", lost_before),
]  # fmt: skip
SHORTAGES = [
    ("accepting, without room", full_accept),
    ("a direct export, without room", full_direct),
    ("a long export, without room", full_export),
]


def play(accidents, subject, server, data):
    client = Client(server, LOGIN)
    for title, accident in accidents:
        begin = time.monotonic()
        accident(subject, client, data)
        print(f"    {title}: nothing lost, doubled or half done", end="")
        print(f" ({time.monotonic() - begin:.0f} s)", flush=True)


def main():
    begin = time.monotonic()
    data = seed(ENV)
    check_the_check()
    options = ("--max-cron-threads=1",)
    server = Server("faults", DATABASE, *options)
    with serving(server):
        play(ACCIDENTS, server, server, data)
        check_filestore(FILESTORE)
    small = Server("faults-room", DATABASE, *options)
    room = Room(small)
    with serving(small):
        play(SHORTAGES, room, small, data)
    for line, count in (check_log(server) + check_log(small)).items():
        print(f"    the log says, {count} times: {line}")
    print(f"    weathered, in {time.monotonic() - begin:.0f} s")


main()
sys.stdout.flush()

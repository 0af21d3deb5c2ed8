"""What the audit workbook and the dossier take, beside two others that could do it.

`./dev bench` feeds this to Odoo's shell on a database with the addon. The workbook is
written by the addon, by xlsxwriter alone (the very same cells, one by one), and through
OCA's report_xlsx, which this installs for the occasion: in turns, in one run.

KMOP_BENCH_ROWS and KMOP_BENCH_ROUNDS make it smaller.
"""

import gc
import os
import pickle
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from xlsxwriter import Workbook

from odoo import api
from odoo.modules.registry import Registry

import odoo.addons.kmop_registration as addon
from odoo.addons.kmop_registration.report.xlsx_sheet import OPTIONS
from odoo.addons.kmop_registration.tests.xlsx_calls import (
    get_args,
    iterate_calls,
    make_formats,
)

BENCHMARKS = Path(addon.__path__[0]).parent / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
import export_peer  # noqa: E402
from common import machine  # noqa: E402
from export_seed import seed  # noqa: E402

ROWS = int(os.environ.get("KMOP_BENCH_ROWS", "50000"))
ROUNDS = int(os.environ.get("KMOP_BENCH_ROUNDS", "3"))
NAME = env.cr.dbname  # noqa: F821
REPORT = BENCHMARKS / "EXPORT.md"
# More formats than the workbook has.
STYLES = 40
RATIO, MEMORY, GAIN = 1.5, 64, 3
TICK = os.sysconf("SC_CLK_TCK")


@contextmanager
def environment():
    """An environment of the administrator; what happens in it is undone."""
    with Registry(NAME).cursor() as cr:
        yield api.Environment(cr, api.SUPERUSER_ID, {})(
            user=2, context={"lang": "en_US", "tz": "Europe/Brussels"}
        )
        cr.rollback()


# -------------------------------------------------------------------------- the three


def write_ours(env, registration):
    """Write the workbook as the route does; return its size."""
    with tempfile.TemporaryFile() as file:
        record = env["kmop.registration"].browse(registration)
        env["kmop.audit.xlsx"]._write(record, file)
        return file.tell()


def record_calls(env, registration, file):
    """Keep in ``file`` by which calls xlsxwriter writes the cells of our workbook."""
    count, calls = 0, []
    with tempfile.TemporaryFile() as workbook:
        record = env["kmop.registration"].browse(registration)
        env["kmop.audit.xlsx"]._write(record, workbook)
        for call in iterate_calls(workbook):
            calls.append(call)
            count += call[1] != "set_row"
            if len(calls) >= 20_000:
                pickle.dump(calls, file, pickle.HIGHEST_PROTOCOL)
                calls.clear()
    pickle.dump(calls, file, pickle.HIGHEST_PROTOCOL)
    return count


def write_alone(file):
    """Make those calls; return how long xlsxwriter itself was at it."""
    file.seek(0)
    clock = Clock()
    sheets = {}
    with tempfile.TemporaryFile() as target:
        book = Workbook(target, OPTIONS)
        formats = make_formats(book, STYLES)
        while calls := load(file):
            ready = []
            for number, method, args in calls:
                if number not in sheets:
                    sheets[number] = book.add_worksheet()
                ready.append((getattr(sheets[number], method), get_args(formats, args)))
            with clock:
                for method, args in ready:
                    method(*args)
        with clock:
            book.close()
    return clock


def load(file):
    try:
        return pickle.load(file)
    except EOFError:
        return None


# -------------------------------------------------------------------------- measuring


class Clock:
    """Adds up the time of what is done in it, and the processors' time.

    The latter counts the process, and the database's own for ``cr``: other work on
    the machine hardly changes it.
    """

    def __init__(self, cr=None):
        self.pid = None
        if cr:
            cr.execute("SELECT pg_backend_pid()")
            self.pid = cr.fetchone()[0]
        self.time = self.busy = 0.0

    def __enter__(self):
        gc.collect()
        self.begin = time.perf_counter(), self._count()
        return self

    def __exit__(self, *error):
        self.time += time.perf_counter() - self.begin[0]
        self.busy += self._count() - self.begin[1]

    def _count(self):
        ticks = 0
        if self.pid:
            line = Path(f"/proc/{self.pid}/stat").read_text()
            ticks = sum(map(int, line.rpartition(")")[2].split()[11:13]))
        return time.process_time() + ticks / TICK


def measure(function, *args):
    """Run ``function`` with an environment of its own; return its clock."""
    with environment() as env:
        clock = Clock(env.cr)
        with clock:
            function(env, *args)
        return clock


def read_status(name):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    return 0.0


@contextmanager
def peak(found):
    """Find how far the memory rises above where it is now, in MB."""
    gc.collect()
    idle = read_status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    yield
    found.append(read_status("VmHWM") - idle)


def stream(env, registration):
    record = env["kmop.registration"].browse(registration)
    return sum(len(piece) for piece in env["kmop.dossier.zip"]._stream(record))


def measure_memory(many, few):
    """Return the memory of the workbook and of the dossier, each in a new cursor."""
    with environment() as env:
        write_ours(env, few)
        stream(env, few)
    found = []
    for function in (write_ours, stream):
        with environment() as env, peak(found):
            function(env, many)
    return found


def row(title, clocks, cells):
    times, busy = (
        statistics.median(getattr(clock, name) for clock in clocks)
        for name in ("time", "busy")
    )
    return f"| {title} | {times:.1f} s | {busy:.1f} s | {cells / busy:,.0f} |"


def compare(ones, others, name):
    """Return how many times longer ones take than the others of the same round."""
    return statistics.median(
        getattr(one, name) / getattr(other, name)
        for one, other in zip(ones, others, strict=True)
    )


def get_verdicts(ours, alone, peer, memory):
    """Return each line of what was asked: its name, what was found, and if it's met."""
    for name, kind in (("time", "Time"), ("busy", "Processors' time")):
        found = compare(ours, alone, name)
        kept = found <= RATIO
        limit = f"at most {RATIO} ×"
        yield f"{kind}, of xlsxwriter alone", f"{found:.2f} ×", limit, kept
        found = compare(peer, ours, name)
        kept = found >= GAIN
        limit = f"at least {GAIN} ×"
        yield f"{kind} of report_xlsx, of ours", f"{found:.1f} ×", limit, kept
    for name, found in zip(("workbook", "dossier"), memory, strict=True):
        limit = f"at most {MEMORY} MB"
        yield f"Memory of the {name}", f"{found:.0f} MB", limit, found <= MEMORY


def report(rounds, cells, memory, dossier, peer_memory, version):
    ours, alone, peer = zip(*rounds, strict=True)
    size, clock = dossier
    verdicts = "\n".join(
        f"| {title} | {found} | {limit} | {'kept' if kept else 'NOT kept'} |"
        for title, found, limit, kept in get_verdicts(ours, alone, peer, memory)
    )
    return f"""# Benchmark of the exports

Written by `./dev bench`; don't edit.

Measured on {date.today()}: {machine()}; load {os.getloadavg()[1]:.1f}.

A registration with {ROWS:,} projects and {ROWS:,} pieces of accepted evidence, each
with a file: {cells:,} cells on eleven sheets. Medians of {len(rounds)} rounds, in
turns, with empty record caches. Processors' time is that of the process and of its
database connection: other work on the machine hardly changes it.

| | time | processors' time | cells per second |
| --- | ---: | ---: | ---: |
{row("The audit workbook", ours, cells)}
{row("xlsxwriter alone, the same cells", alone, cells)}
{row(f"report_xlsx {version}, the same sheets", peer, cells)}

| | measured | asked | |
| --- | ---: | ---: | --- |
{verdicts}

Memory is what comes above the idle process; report_xlsx takes
{peer_memory:,.0f} MB. The dossier, {size / 2**20:,.0f} MB with {ROWS:,} files in it,
takes {clock.time:.0f} s ({clock.busy:.0f} s of the processors').
"""


def main():
    with environment() as env:
        many, few = seed(env, ROWS)
    print("    seeded", flush=True)
    memory = measure_memory(many, few)
    print(f"    memory: {memory}", flush=True)
    rounds, peaks, sizes = [], [], []
    with tempfile.TemporaryFile() as calls:
        with environment() as env:
            cells = record_calls(env, many, calls)
        version = export_peer.install(NAME)
        for _round in range(ROUNDS):
            ours, alone = measure(write_ours, many), write_alone(calls)
            with peak(peaks):
                peer = measure(export_peer.write, many)
            rounds.append((ours, alone, peer))
            for clock in rounds[-1]:
                print(f"    {clock.time:.1f} ({clock.busy:.1f})", end="", flush=True)
            print(flush=True)
    clock = measure(lambda env: sizes.append(stream(env, many)))
    text = report(rounds, cells, memory, (sizes[0], clock), peaks[0], version)
    REPORT.write_text(text)
    print(text)


main()

"""What the audit workbook and the dossier take, beside xlsxwriter alone.

`./dev bench export` feeds this to Odoo's shell on a seeded database. xlsxwriter makes
the very same calls that write the workbook's cells; the two take turns.
"""

import gc
import pickle
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from xlsxwriter import Workbook

from odoo.addons.kmop_registration.report.xlsx_sheet import OPTIONS
from odoo.addons.kmop_registration.tests.xlsx_calls import (
    get_args,
    iterate_calls,
    make_formats,
)

from benchmarks.common import (
    copy,
    environment,
    measure,
    median,
    print_table,
    show,
    take_turns,
)

env = globals()["env"]
NAME = env.cr.dbname
# More formats than the workbook has.
STYLES = 40
BATCH = 20_000
# What the design asks: of xlsxwriter's time, and MB above the idle process.
RATIO, MEMORY = 1.5, 64


def get_first(env):
    """Return the registration that has half of all evidence."""
    return env["kmop.registration"].search([], order="id", limit=1)


def seed_files():
    """Give each accepted piece of that registration the file of the first one."""
    registration = get_first(env).id
    of_first = "(SELECT min(evidence_id) FROM kmop_evidence_file)"
    made = f"made.registration_id = {registration} AND made.id > {of_first}"
    copy(
        env.cr,
        "ir_attachment",
        "FROM ir_attachment old, kmop_evidence made"
        f" WHERE {made} AND made.state = 'accepted' AND old.id = (SELECT"
        f" attachment_id FROM kmop_evidence_file WHERE evidence_id = {of_first})",
        {"res_id": "made.id"},
    )
    copy(
        env.cr,
        "kmop_evidence_file",
        "FROM kmop_evidence_file old, kmop_evidence made, ir_attachment copy"
        f" WHERE old.evidence_id = {of_first} AND {made}"
        " AND copy.res_model = 'kmop.evidence' AND copy.res_id = made.id",
        {"evidence_id": "made.id", "attachment_id": "copy.id"},
    )
    env.cr.commit()


# -------------------------------------------------------------------------- the sides


def write_ours(env):
    """Write the workbook as the route does."""
    with tempfile.TemporaryFile() as file:
        get_first(env)._write_workbook(file)


def record_calls(env, file):
    """Keep in ``file`` by which calls xlsxwriter writes the cells of our workbook."""
    count, calls = 0, []
    with tempfile.TemporaryFile() as workbook:
        get_first(env)._write_workbook(workbook)
        for call in iterate_calls(workbook):
            calls.append(call)
            count += call[1] != "set_row"
            if len(calls) >= BATCH:
                pickle.dump(calls, file, pickle.HIGHEST_PROTOCOL)
                calls.clear()
    pickle.dump(calls, file, pickle.HIGHEST_PROTOCOL)
    return count


def write_alone(file):
    """Make those calls; return how long xlsxwriter itself was at it."""
    file.seek(0)
    seconds, sheets = 0.0, {}
    with tempfile.TemporaryFile() as target:
        book = Workbook(target, OPTIONS)
        formats = make_formats(book, STYLES)
        while calls := load(file):
            ready = []
            for number, method, args in calls:
                if number not in sheets:
                    sheets[number] = book.add_worksheet()
                ready.append((getattr(sheets[number], method), get_args(formats, args)))
            begin = time.perf_counter()
            for method, args in ready:
                method(*args)
            seconds += time.perf_counter() - begin
        begin = time.perf_counter()
        book.close()
        return seconds + time.perf_counter() - begin, 0


def load(file):
    try:
        return pickle.load(file)
    except EOFError:
        return None


def stream(env):
    return sum(len(part) for part in get_first(env)._stream_dossier())


# -------------------------------------------------------------------------- measuring


def in_new_environment(function):
    with environment(NAME) as own:
        return measure(own, lambda: function(own))


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


def main():
    seed_files()
    peaks = []
    for function in (write_ours, stream):
        with peak(peaks):
            in_new_environment(function)
    with tempfile.TemporaryFile() as calls:
        with environment(NAME) as own:
            cells = record_calls(own, calls)
        found = take_turns(
            {
                "ours": lambda: in_new_environment(write_ours),
                "alone": lambda: write_alone(calls),
                "dossier": lambda: in_new_environment(stream),
            }
        )
    ours, alone, dossier = (median(found[name]) for name in found)
    print_table(
        f"Exports: {cells:,} cells",
        ["", "measured", "asked"],
        [
            ["The audit workbook", show(ours), ""],
            ["xlsxwriter alone, the same cells", show(alone), ""],
            ["Ours to xlsxwriter", f"{ours / alone:.2f} ×", f"at most {RATIO} ×"],
            ["Memory of the workbook", f"{peaks[0]:.0f} MB", f"at most {MEMORY} MB"],
            ["The dossier", show(dossier), ""],
            ["Memory of the dossier", f"{peaks[1]:.0f} MB", f"at most {MEMORY} MB"],
        ],
    )


main()

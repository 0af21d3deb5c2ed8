"""What the audit workbook and the dossier take, beside two others that could do it.

`./dev bench` feeds this to Odoo's shell on a database with the addon. The workbook is
written by the addon, by xlsxwriter alone (the very same calls, replayed), and through
OCA's report_xlsx, which this installs for the occasion: in turns, in one run.
"""

import gc
import os
import pickle
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from unittest.mock import patch

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from odoo import api
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.sql_db import db_connect

import odoo.addons
import odoo.addons.kmop_registration as addon
from odoo.addons.kmop_registration.report.xlsx_sheet import OPTIONS, Book

ROWS = int(os.environ.get("KMOP_BENCH_ROWS", "50000"))
ROUNDS = int(os.environ.get("KMOP_BENCH_ROUNDS", "3"))
NAME = env.cr.dbname  # noqa: F821
PEER = "odoo-addon-report-xlsx==19.*"
REPORT = Path(addon.__path__[0]).parent / "benchmarks" / "EXPORT.md"
CALLS = ("write_string", "write_number", "write_datetime", "write_formula", "set_row")
RATIO, MEMORY, GAIN = 1.5, 64, 3


@contextmanager
def environment():
    """An environment of the administrator; what happens in it is undone."""
    with Registry(NAME).cursor() as cr:
        yield api.Environment(cr, api.SUPERUSER_ID, {})(
            user=2, context={"lang": "en_US", "tz": "Europe/Brussels"}
        )
        cr.rollback()


# ------------------------------------------------------------------------------ seed


def repeat(cr, table, source, changes):
    """Insert copies of rows, some columns changed."""
    cr.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_name = %s AND column_name != 'id' ORDER BY ordinal_position",
        [table],
    )
    names = [name for (name,) in cr.fetchall()]
    values = [changes.get(name, f'old."{name}"') for name in names]
    columns = ", ".join(f'"{name}"' for name in names)
    cr.execute(f"INSERT INTO {table} ({columns}) SELECT {', '.join(values)} {source}")
    # Or each foreign key would be checked as when the table was empty.
    cr.execute(f"ANALYZE {table}")


def prepare(env):
    """Return a registration with one dossier, and one accepted piece of evidence."""
    registration = env["kmop.registration"].create({"service": "training"})
    trainer = env["res.partner"].create({"name": "Bench Trainer"})
    client = env["res.partner"].create(
        {"name": "Bench Client", "is_company": True, "vat": "BE0477472701"}
    )
    product = env["product.product"].create({"name": "Bench", "type": "service"})
    order = env["sale.order"].create(
        {
            "partner_id": client.id,
            "user_id": 2,
            "kmop_service": "training",
            "kmop_theme_id": env["kmop.theme"].search([], limit=1).id,
            "kmop_date_start": date.today(),
            "kmop_date_end": date.today(),
            "kmop_trainer_ids": [Command.link(trainer.id)],
            "kmop_registration_id": registration.id,
            "order_line": [Command.create({"product_id": product.id})],
        }
    )
    order.action_confirm()
    attachment = env["ir.attachment"].create({"name": "list.txt", "raw": b"present"})
    evidence = env["kmop.evidence"].create(
        {
            "name": "Attendance list of a day of training",
            "registration_id": registration.id,
            "type_id": env.ref("kmop_registration.kmop_evidence_type_attendance").id,
            "order_id": order.id,
            "attachment_ids": [Command.link(attachment.id)],
        }
    )
    evidence.submit()
    evidence.accept()
    env.flush_all()
    return registration.id, order.id, evidence.id


def seed():
    """Return the id of a registration with many dossiers, and one of few."""
    with environment() as env:
        registration, order, evidence = prepare(env)
        advice = env["kmop.registration"].create({"service": "advice"}).id
        env.flush_all()
        cr = env.cr
        many = f"generate_series(1, {ROWS - 1}) number"
        repeat(
            cr,
            "sale_order",
            f"FROM sale_order old, {many} WHERE old.id = {order}",
            {"name": "'B' || number", "access_token": "NULL"},
        )
        made = f"made.kmop_registration_id = {registration} AND made.id != {order}"
        repeat(
            cr,
            "kmop_dossier_trainer_rel",
            "FROM kmop_dossier_trainer_rel old, sale_order made"
            f" WHERE old.order_id = {order} AND {made}",
            {"order_id": "made.id"},
        )
        seed_evidence(cr, registration, evidence, made)
        cr.commit()
    with db_connect(NAME).cursor() as cr:
        cr._cnx.autocommit = True
        cr.execute("VACUUM ANALYZE")
    return registration, advice


def seed_evidence(cr, registration, evidence, made):
    repeat(
        cr,
        "kmop_evidence",
        f"FROM kmop_evidence old, sale_order made WHERE old.id = {evidence} AND {made}",
        {
            "name": "old.name || ' ' || made.name",
            "order_id": "made.id",
            "res_model": "'sale.order'",
            "res_id": "made.id",
        },
    )
    made = f"made.registration_id = {registration} AND made.id > {evidence}"
    for relation in ("kmop_indicator", "kmop_requirement"):
        table = f"kmop_evidence_{relation}_rel"
        repeat(
            cr,
            table,
            f"FROM {table} old, kmop_evidence made"
            f" WHERE old.kmop_evidence_id = {evidence} AND {made}",
            {"kmop_evidence_id": "made.id"},
        )
    repeat(
        cr,
        "ir_attachment",
        "FROM ir_attachment old, kmop_evidence made"
        f" WHERE old.res_model = 'kmop.evidence' AND {made} AND old.id = (SELECT"
        f" attachment_id FROM kmop_evidence_file WHERE evidence_id = {evidence})",
        {"res_id": "made.id"},
    )
    repeat(
        cr,
        "kmop_evidence_file",
        "FROM kmop_evidence_file old, kmop_evidence made, ir_attachment copy"
        f" WHERE old.evidence_id = {evidence} AND {made}"
        " AND copy.res_model = 'kmop.evidence' AND copy.res_id = made.id",
        {"evidence_id": "made.id", "attachment_id": "copy.id"},
    )


# -------------------------------------------------------------------------- the three


def write_ours(env, registration):
    """Write the workbook as the route does; return its size."""
    with tempfile.TemporaryFile() as file:
        record = env["kmop.registration"].browse(registration)
        env["kmop.audit.xlsx"]._write(record, file)
        return file.tell()


def record_calls(env, registration, file):
    """Write the workbook once, keeping each call of xlsxwriter in ``file``."""
    calls, count = [], 0
    books = []

    def flush():
        pickle.dump(calls, file, pickle.HIGHEST_PROTOCOL)
        calls.clear()

    known = {}

    def get_plain(value):
        """Return what a format is made of, instead of the format."""
        if not isinstance(value, Format):
            return value
        if id(value) not in known:
            known.update({id(f): key for key, f in books[0].formats.items()})
        return "format", known[id(value)]

    def spy(name):
        method = getattr(Worksheet, name)

        def called(sheet, *args):
            nonlocal count
            plain = tuple(map(get_plain, args))
            calls.append((sheet.name, name, plain))
            count += name != "set_row"
            if len(calls) >= 20_000:
                flush()
            return method(sheet, *args)

        return called

    create = Book.__init__

    def remember(book, *args):
        create(book, *args)
        books.append(book)

    patches = [patch.object(Worksheet, name, spy(name)) for name in CALLS]
    for each in [*patches, patch.object(Book, "__init__", remember)]:
        each.start()
    write_ours(env, registration)
    patch.stopall()
    flush()
    return count


def write_alone(file):
    """Replay the calls; return how long xlsxwriter itself was at it."""
    file.seek(0)
    took = 0.0
    formats, sheets = {}, {}
    with tempfile.TemporaryFile() as target:
        book = Workbook(target, OPTIONS)
        while calls := load(file):
            ready = []
            for name, method, args in calls:
                if name not in sheets:
                    sheets[name] = book.add_worksheet(name)
                plain = [get_format(book, formats, a) for a in args]
                ready.append((getattr(sheets[name], method), plain))
            begin = time.perf_counter()
            for method, args in ready:
                method(*args)
            took += time.perf_counter() - begin
        begin = time.perf_counter()
        book.close()
        return took + time.perf_counter() - begin


def load(file):
    try:
        return pickle.load(file)
    except EOFError:
        return None


def get_format(book, formats, value):
    if not (isinstance(value, tuple) and value[:1] == ("format",)):
        return value
    if value not in formats:
        formats[value] = book.add_format(dict(value[1]))
    return formats[value]


def install_peer():
    """Install report_xlsx from its package; return its version."""
    folder = tempfile.mkdtemp()
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--target",
        folder,
    ]
    subprocess.run([*pip, PEER], check=True)
    odoo.addons.__path__.append(str(Path(folder, "odoo", "addons")))
    Registry.new(NAME, update_module=True, install_modules=["report_xlsx"])
    return next(Path(folder).glob("*.dist-info")).stem.split("-")[1]


def write_peer(env, registration):
    """Write the same three long sheets as report_xlsx's own examples do it."""
    report = env["report.report_xlsx.abstract"]
    context = {"active_model": "kmop.registration"}
    with patch.object(type(report), "generate_xlsx_report", generate):
        content, _ending = report.with_context(**context).create_xlsx_report(
            [registration], {}
        )
    return len(content)


def generate(report, workbook, _data, registrations):
    day = workbook.add_format({"num_format": "yyyy-mm-dd"})
    sheet = workbook.add_worksheet("Evidence")
    evidences = registrations.evidence_ids.sorted("id")
    for row, evidence in enumerate(evidences, 1):
        write_row(sheet, row, get_evidence(evidence), day)
    sheet = workbook.add_worksheet("Files")
    for row, file in enumerate(evidences.file_ids, 1):
        write_row(sheet, row, get_file(file), day)
    sheet = workbook.add_worksheet("Projects")
    orders = report.env["sale.order"].search(
        registrations._get_projects_domain(*registrations._get_project_window()),
        order="kmop_date_start, id",
    )
    for row, order in enumerate(orders, 1):
        write_row(sheet, row, get_project(order), day)


def write_row(sheet, row, values, day):
    for column, value in enumerate(values):
        if isinstance(value, date):
            sheet.write_datetime(row, column, value, day)
        elif value:
            sheet.write(row, column, value)


def get_label(record, name):
    return dict(record._fields[name]._description_selection(record.env))[record[name]]


def get_evidence(evidence):
    return (
        evidence.id,
        evidence.name,
        evidence.type_id.name,
        "\n".join(evidence.requirement_ids.mapped("display_name")),
        evidence.indicator_codes,
        get_label(evidence, "aspect"),
        evidence.date_effective,
        evidence.date_review,
        get_label(evidence, "state"),
        evidence.date_accepted,
        evidence.source_name,
        evidence.order_id.name,
        "\n".join(evidence.file_ids.mapped("name")),
        "\n".join(evidence.file_ids.mapped("sha256")),
        evidence.url,
        f"{evidence.get_base_url()}/odoo/kmop-evidence/{evidence.id}",
    )


def get_file(file):
    return (
        file.evidence_id.id,
        file.evidence_id.name,
        file.name,
        get_label(file, "kind"),
        file.size,
        file.sha256,
    )


def get_project(order):
    return (
        order.name,
        order.partner_id.display_name,
        order.kmop_enterprise_id.vat,
        get_label(order, "kmop_service"),
        order.kmop_theme_id.name,
        order.kmop_date_start,
        order.kmop_date_end,
        order.kmop_hours,
        "\n".join(order.kmop_trainer_ids.mapped("name")),
        order.user_id.name,
        "Yes" if order.kmop_subsidised else "No",
        order.amount_untaxed,
        order.kmop_amount_eligible,
        order.kmop_amount_other,
        order.currency_id.name,
        order.kmop_completeness / 100,
        order.kmop_date_retention,
    )


# -------------------------------------------------------------------------- measuring


def run(function, *args):
    gc.collect()
    begin = time.perf_counter()
    result = function(*args)
    return time.perf_counter() - begin, result


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


def machine():
    models = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return (
        f"{os.cpu_count()} cores, {models[0] if models else platform.machine()};"
        f" Python {platform.python_version()}; load {os.getloadavg()[1]:.1f}"
    )


def row(title, seconds, cells):
    return f"| {title} | {seconds:.1f} s | {cells / seconds:,.0f} |"


def report(times, cells, memory, dossier, version):
    ours, alone, peer = (
        statistics.median(column) for column in zip(*times, strict=True)
    )
    ratio = statistics.median(a / b for a, b, _c in times)
    gain = statistics.median(c / a for a, _b, c in times)
    size, seconds = dossier
    limit = f"at most {MEMORY} MB"
    held = [f"{found:.0f} MB" for found in memory]
    asked = [
        (
            "Time, of xlsxwriter alone",
            f"{ratio:.2f} ×",
            f"at most {RATIO} ×",
            ratio <= RATIO,
        ),
        ("Memory of the workbook", held[0], limit, memory[0] <= MEMORY),
        ("Memory of the dossier", held[1], limit, memory[1] <= MEMORY),
        (
            "Faster than report_xlsx",
            f"{gain:.1f} ×",
            f"at least {GAIN} ×",
            gain >= GAIN,
        ),
    ]
    verdicts = "\n".join(
        f"| {title} | {found} | {limit} | {'kept' if kept else 'NOT kept'} |"
        for title, found, limit, kept in asked
    )
    return f"""# Benchmark of the exports

Written by `./dev bench`; don't edit.

Measured on {date.today()}: {machine()}.

A registration with {ROWS:,} projects and {ROWS:,} pieces of accepted evidence, each
with a file: {cells:,} cells. Memory is what comes above
the idle process. Medians of {ROUNDS} rounds, in turns, with empty record
caches.

| | time | cells per second |
| --- | ---: | ---: |
{row("The audit workbook", ours, cells)}
{row("xlsxwriter alone, the same calls replayed", alone, cells)}
{row(f"report_xlsx {version}, its three long sheets only", peer, cells)}

| | measured | asked | |
| --- | ---: | ---: | --- |
{verdicts}

The dossier, {size / 2**20:,.0f} MB with {ROWS:,} files in it, takes {seconds:.0f} s.
"""


def main():
    many, few = seed()
    memory = measure_memory(many, few)
    print(f"    memory: {memory}", flush=True)
    with tempfile.TemporaryFile() as calls:
        with environment() as env:
            cells = record_calls(env, many, calls)
        version = install_peer()
        times = []
        for _round in range(ROUNDS):
            with environment() as env:
                ours, _size = run(write_ours, env, many)
            alone = write_alone(calls)
            with environment() as env:
                peer, _size = (
                    run(write_peer, env, many) if version != "none" else (1, 0)
                )
            times.append((ours, alone, peer))
            print(f"    {ours:.1f} {alone:.1f} {peer:.1f}", flush=True)
    with environment() as env:
        seconds, size = run(stream, env, many)
    text = report(times, cells, memory, (size, seconds), version)
    REPORT.write_text(text)
    print(text)


main()

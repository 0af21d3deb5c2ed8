"""Odoo's own linters, of which only what names our files counts."""

import re
import shutil

from devtool import databases, paths
from devtool.errors import Stop
from devtool.host import Host
from devtool.process import logged, say, step
from devtool.serve import free_port

# TestPyLint walks all of Odoo for minutes, and fails on Odoo itself.
TAGS = "/test_lint,-/test_lint:TestPyLint"
DATABASE = "kmop-lint"
RECORD = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ (\w+) ", re.MULTILINE)
RAN = re.compile(r"of (\d+) tests")


def test_lint(host: Host) -> bool:
    databases.clone(host, databases.prepared(host, databases.BARE), DATABASE)
    command = host.command(
        "-d", DATABASE, "-i", "test_lint", f"--test-tags={TAGS}", "--stop-after-init",
        f"--http-port={free_port()}",
    )  # fmt: skip
    with step("Running test_lint"):
        logged(command, "test-lint", env=host.environment())
    text = paths.log_file("test-lint").read_text(errors="replace")
    ran = sum(map(int, RAN.findall(text)))
    ours = complaints(text)
    say("\n".join([*ours, f"    {ran} tests, {len(ours)} complaints name our files"]))
    return bool(ran) and not ours


def complaints(log: str) -> list[str]:
    """Records of WARNING and worse, with their following lines, that name the addon."""
    marks = [*RECORD.finditer(log)]
    ends = [*(mark.start() for mark in marks[1:]), len(log)]
    found = []
    for mark, end in zip(marks, ends, strict=True):
        record = log[mark.start() : end].rstrip()
        if mark[1] in ("WARNING", "ERROR", "CRITICAL") and _ours(record):
            found.append(record)
    return found


def upgrade_code(host: Host) -> bool:
    """On a copy, and never without --dry-run: it rewrites files, the host's too."""
    copy = paths.HOST / "upgrade-code"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(paths.ADDON_DIR, copy / paths.ADDON)
    words = ["upgrade_code", "--dry-run", "--from", "18.0", "--addons-path", copy]
    code = logged(host.command(*words), "upgrade-code", env=host.environment())
    # 1 says that files would change, Odoo's own among them
    if code not in (0, 1):
        raise Stop(f"upgrade_code broke off (exit code {code}).")
    lines = paths.log_file("upgrade-code").read_text().splitlines()
    ours = [line for line in lines if paths.ADDON in line]
    shutil.rmtree(copy)
    say("\n".join([*ours, f"    {len(ours)} files of ours would change"]))
    return not ours


def _ours(record: str) -> bool:
    return str(paths.ADDON_DIR) in record or f"{paths.ADDON}." in record

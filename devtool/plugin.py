"""What pytest does more than pytest-odoo: loaded with `-p devtool.plugin`.

A WARNING in Odoo's log fails the test that it is logged in, durations are those of a
clock that no test stops, and each process of pytest-xdist has its own files.
"""

import logging
import shutil
from contextlib import contextmanager, suppress
from time import CLOCK_MONOTONIC, clock_gettime

import pytest

PHASES = pytest.StashKey()
# Odoo says this of its own test classes: a test of pages that calls a job.
HARMLESS = ("HTTPCase is already in test mode",)


class Collector(logging.Handler):
    """Keeps the lines that nobody expected: mute_logger and assertLogs come first."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        if record.name == "py.warnings":  # pytest tells these itself
            return
        if (text := record.getMessage()) not in HARMLESS:
            self.lines.append(f"{record.levelname} {record.name}: {text}")

    def take(self):
        found, self.lines = self.lines, []
        return found


collector = Collector()


def pytest_configure():
    logging.getLogger().addHandler(collector)
    with suppress(ImportError):  # without Odoo, for the tool's own tests
        import pytest_odoo

        pytest_odoo._shared_filestore = _own_filestore


@contextmanager
def _own_filestore(original, name):
    """Give the clone of a database a clone of its files; both go afterwards."""
    from odoo.tools import config

    if original == name:
        yield
        return
    old, new = config.filestore(original), config.filestore(name)
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(old, new)
    try:
        yield
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _measured(item, phase):
    """Note how long the phase takes, by a clock that freeze_time leaves alone."""
    begin = clock_gettime(CLOCK_MONOTONIC)
    try:
        return (yield)
    finally:
        seconds = clock_gettime(CLOCK_MONOTONIC) - begin
        item.stash.setdefault(PHASES, {})[phase] = seconds


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item):
    return (yield from _measured(item, "setup"))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item):
    return (yield from _measured(item, "call"))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item):
    """With that of the class, after its last test."""
    yield from _measured(item, "teardown")
    if lines := collector.take():
        pytest.fail("Odoo warned:\n" + "\n".join(lines), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    report.duration = item.stash[PHASES].get(call.when, 0)
    return report

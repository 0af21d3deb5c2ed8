"""What is started ends: on a signal, in the background, and with who started it."""

import os
import signal
import subprocess
import sys
import time

import pytest

from devtool import paths

# `./dev run` whose server is a process that sleeps.
RUN = """
import subprocess, sys
from devtool import cli, commands, ending

def run(options, rest):
    ending.watch_parent()
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    child = subprocess.Popen(command, preexec_fn=ending.end_with_parent)
    print(child.pid, flush=True)
    try:
        return child.wait()
    finally:
        child.kill()

commands.run = run
sys.exit(cli.main(["run"]))
"""
# A script that starts it, and waits.
PARENT = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", {RUN!r}])
"""


def start(script):
    """Return the process and the id of the server that it started."""
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=paths.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    return process, int(process.stdout.readline())


def is_gone(pid):
    limit = time.monotonic() + 10
    while time.monotonic() < limit:
        try:
            os.kill(pid, 0)
            with open(f"/proc/{pid}/stat") as stat:
                if stat.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_the_background(number):
    process, server = start(RUN)
    process.send_signal(number)
    assert process.wait(10) == 130
    assert is_gone(server)


@pytest.mark.parametrize("script", [RUN, PARENT], ids=["itself", "its parent"])
def test_killed_nothing_of_it_stays(script):
    process, server = start(script)
    process.kill()
    process.wait()
    assert is_gone(server)

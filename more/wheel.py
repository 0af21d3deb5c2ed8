"""The addon as others get it: a wheel, beside Odoo, with the checkout out of sight."""

import re
import shutil
from pathlib import Path

from devtool import databases, logcheck, paths, python, source
from devtool.errors import Stop
from devtool.host import NO_MAIL, Host
from devtool.process import logged, must, output, say, step, tail

NAME = "kmop-more-wheel"
FOLDER = paths.HOST / "wheel"
SITE = FOLDER / "site"
EXAMPLES = paths.ROOT / "examples"
EXAMPLE = "kmop_registration_event"
DISTRIBUTION = f"odoo_addon_{paths.ADDON}"
RAN = re.compile(r"0 failed, 0 error\(s\) of (\d+) tests")
WHERE = (
    "from odoo.tools import config; config.parse_config([], setup_logging=False)\n"
    "from odoo.modules.module import Manifest, initialize_sys_path\n"
    "initialize_sys_path()\n"
    f"print(Manifest.for_addon({paths.ADDON!r}).path)"
)


def check(host: Host) -> None:
    """Build, install, load; the example beside it is installed and tested as well."""
    with step("Building the addon's wheel and installing it"):
        wheel = _build()
        _install(wheel)
    found = _where(host)
    if SITE not in Path(found).parents:
        raise Stop(f"Odoo finds the addon in “{found}”, not in its wheel.")
    with step(f"Loading {wheel.name} in Odoo, with the example {EXAMPLE}"):
        databases.clone(host, databases.ground(host, databases.BARE), NAME)
        try:
            tests = _load(host, NAME)
        finally:
            databases.drop(host, NAME)
    say(f"    the wheel installs; {tests} tests of the example passed")


def _build() -> Path:
    """With the backend that the project locks: nothing is downloaded."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    SITE.mkdir(parents=True)
    _pip(
        "wheel",
        "--no-build-isolation",
        f"--wheel-dir={FOLDER}",
        paths.ADDON_DIR,
        sentence="The addon does not build as a wheel.",
    )
    wheels = sorted(FOLDER.glob(f"{DISTRIBUTION}-*.whl"))
    if len(wheels) != 1:
        raise Stop(f"The build made no wheel called {DISTRIBUTION}.")
    return wheels[0]


def _install(wheel: Path) -> None:
    _pip("install", f"--target={SITE}", wheel, sentence="The wheel does not install.")


def _pip(command: str, *words, sentence: str) -> None:
    options = ["--no-deps", "--no-index", "--no-input", *words]
    must([*python.pip(), command, *options], f"pip-{command}", sentence)


def _environment(host: Host) -> dict[str, str]:
    """Odoo with the wheel on its path and the examples, but not the checkout."""
    addons = [EXAMPLES, *source.extra_addons(host.source)]
    configuration = FOLDER / "odoo.conf"
    configuration.write_text(
        "[options]\n"
        f"addons_path = {','.join(map(str, addons))}\n"
        f"data_dir = {paths.DATA}\n"
        "http_interface = 127.0.0.1\n"
        "max_cron_threads = 0\n"
    )
    return host.environment() | {
        "ODOO_RC": str(configuration),
        "PYTHONPATH": f"{host.source}:{SITE}",
    }


def _where(host: Host) -> str:
    command = [python.PYTHON, "-c", WHERE]
    return output(command, env=_environment(host), cwd=FOLDER)


def _load(host: Host, name: str) -> int:
    """How many tests of the example ran."""
    command = host.command(
        "-d", name, "-i", f"{paths.ADDON},{EXAMPLE}", "--stop-after-init",
        f"--test-tags=/{EXAMPLE}", "--no-http", *NO_MAIL,
    )  # fmt: skip
    code = logged(command, "wheel", env=_environment(host), cwd=FOLDER)
    log = paths.log_file("wheel")
    ran = RAN.search(log.read_text(errors="replace"))
    if code or not ran or not int(ran[1]):
        say(tail(log, 25))
        raise Stop(f"The wheel or the example fails: see {paths.shown(log)}.")
    logcheck.check(log)
    return int(ran[1])

"""pytest, three times: the tool's own tests, the addon's, the addon's on demo data."""

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from . import paths, python
from .errors import Stop
from .host import Host
from .junit import Outcome, read
from .process import in_lane, logged, say, tail

ADDON_TESTS = paths.ADDON_DIR / "tests"
TOOL = ("devtool", "checks", "more", "chaos")
# pytest's own exit codes for "tests failed" and "no tests collected".
EXPECTED = (0, 1, 5)
# Each on a clone of the prepared database: a class is run by one of them.
TWO = ("-n", "2", "--dist", "loadscope")


@dataclass(frozen=True)
class Part:
    """Test files that share a database (or need none)."""

    title: str
    database: str
    files: tuple[Path, ...]

    def chosen(self, arguments: list[str]) -> list[str] | None:
        """pytest's arguments for this part; nothing where they name other files."""
        named = [word for word in arguments if is_file(word)]
        if not named:
            return [*map(str, self.files), *arguments] if self.files else None
        mine = [word for word in named if _path(word) in self.files]
        options = [word for word in arguments if word not in named]
        return [*mine, *options] if mine else None


def parts(bare: str, demo: str) -> list[Part]:
    addon = sorted(ADDON_TESTS.rglob("test_*.py"))
    on_demo = tuple(path for path in addon if path.name.startswith("test_demo_"))
    on_bare = tuple(path for path in addon if path not in on_demo)
    tool = [sorted(paths.ROOT.glob(f"{name}/tests/test_*.py")) for name in TOOL]
    return [
        Part("the tool itself", "", tuple(sum(tool, []))),
        Part("the addon alone", bare, on_bare),
        Part("the addon on demo data", demo, on_demo),
    ]


def is_file(word: str) -> bool:
    return not word.startswith("-") and _path(word).suffix == ".py" and _path(
        word
    ).exists()  # fmt: skip


def run(
    part: Part, arguments: list[str], host: Host | None, under: tuple[str, ...] = ()
) -> tuple[Outcome, str]:
    """The counts, and one line that sums them up; ``under`` is what runs pytest.

    The report stays, with how long each test took: .host/reports/<title>.xml.
    """
    words = part.chosen(arguments) or []
    say(f"==> pytest: {part.title}")
    report = paths.report(part.title)
    report.unlink(missing_ok=True)
    if part.database and not (arguments or under):
        words += TWO
    begin = time.monotonic()
    code = _pytest(part, [*words, f"--junit-xml={report}"], host, under)
    outcome = read(report)
    if code not in EXPECTED:
        raise Stop(f"pytest broke off (exit code {code}): see above.")
    if code == 1 and not outcome.failed:
        raise Stop("pytest failed outside of any test: see above.")
    return outcome, _line(part, outcome, time.monotonic() - begin)


def _pytest(part: Part, words: list[str], host: Host | None, under) -> int:
    command = [python.PYTHON, *under, "-m", "pytest", "-o", "cache_dir=.host/pytest"]
    env = dict(os.environ)
    if part.database:
        env = host.environment()
        command += [f"--odoo-database={part.database}", "--odoo-http"]
        command += ["--odoo-log-level=warn", "-p", "devtool.plugin"]
    else:
        # pytest-odoo cannot even be loaded without Odoo
        env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    if not in_lane():
        return subprocess.run([*command, *words], cwd=paths.ROOT, env=env).returncode
    name = f"pytest-{part.database}"
    code = logged([*command, *words], name, cwd=paths.ROOT, env=env)
    say(tail(paths.log_file(name), 100 if code else 3))
    return code


def _line(part: Part, outcome: Outcome, seconds: float) -> str:
    return (
        f"    {part.title}: {outcome.ran} run, {outcome.failed} failed,"
        f" {len(outcome.skipped)} skipped in {seconds:.0f} s"
    )


def _path(word: str) -> Path:
    return Path(word.split("::", 1)[0]).resolve()

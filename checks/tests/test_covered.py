"""What isn't run is told with its reason, or told as without one."""

import pytest

from checks import covered
from devtool.errors import Stop

NAME = "hooks.py"
REASONS = """# how this file reads

The uninstall check runs it,
in a process of its own:
  hooks.py
  models/x.py: return None
"""


@pytest.fixture
def lines():
    return (covered.paths.ADDON_DIR / NAME).read_text().splitlines()


def measure(missing_lines=(), missing_branches=()):
    return {
        "missing_lines": list(missing_lines),
        "missing_branches": list(missing_branches),
        "summary": {
            "num_statements": 20,
            "covered_lines": 20 - len(missing_lines),
            "num_branches": 3,
            "covered_branches": 3 - len(missing_branches),
        },
    }


def test_a_branch_of_a_line_that_is_not_run_is_told_once(lines):
    gaps = covered.get_gaps(NAME, measure([8], [[8, 9], [6, 8], [1, 3], [9, -6]]))
    assert [gap.place for gap in gaps] == [":1→3", ":8", ":9→end"]
    assert gaps[0].text == lines[0].strip()


def test_a_reason_is_of_a_file_or_of_a_line():
    reasons = covered.read_reasons(REASONS)
    said = "The uninstall check runs it, in a process of its own:"
    for file, text, reason in (
        ("hooks.py", "anything", said),
        ("models/x.py", "return None", said),
        ("models/x.py", "return True", ""),
        ("models/hooks.py", "anything", ""),
    ):
        gap = covered.Gap(file, 1, None, text)
        assert covered.get_reason(gap, reasons) == reason


@pytest.fixture
def report(monkeypatch, tmp_path):
    def run(file, reasons):
        told = tmp_path / "reasons.txt"
        told.write_text(reasons)
        monkeypatch.setattr(covered, "REASONS", told)
        monkeypatch.setattr(covered, "PAGE", tmp_path / "coverage.md")
        monkeypatch.setattr(covered, "_measure", lambda: {NAME: file})
        covered.report()
        return covered.PAGE.read_text()

    return run


def test_the_page_tells_shares_and_reasons(report):
    page = report(measure([8], []), REASONS.rpartition("  models")[0])
    assert "| **all** | 20 | 95.0 % | 3 | 100.0 % |" in page
    assert page.endswith("in a process of its own:\n\n- `hooks.py` :8\n")


def test_no_reason_fails(report, capsys):
    with pytest.raises(Stop, match="1 lines or branches"):
        report(measure([8], []), "")
    assert "hooks.py:8" in capsys.readouterr().out


def test_a_reason_that_excuses_nothing_fails(report):
    with pytest.raises(Stop, match="models/x.py: return None"):
        report(measure([8], []), REASONS)


def test_what_is_excused_is_there():
    """A line that changed, or a file that moved, needs its reason anew."""
    for key in covered.read_reasons(covered.REASONS.read_text()):
        name, _colon, text = key.partition(": ")
        lines = (covered.paths.ADDON_DIR / name).read_text().splitlines()
        assert not text or text in map(str.strip, lines), key

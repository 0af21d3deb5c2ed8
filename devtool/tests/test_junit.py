import pytest

from devtool.errors import Stop
from devtool.junit import Outcome, read

REPORT = """<testsuites><testsuite>
<testcase classname="a" name="good" time="1.5"/>
<testcase classname="a" name="bad"><failure/></testcase>
<testcase classname="a" name="broken"><error/></testcase>
<testcase classname="a" name="left"><skipped/></testcase>
</testsuite></testsuites>"""


def test_the_counts(tmp_path):
    (tmp_path / "r.xml").write_text(REPORT)
    outcome = read(tmp_path / "r.xml")
    assert (outcome.ran, outcome.failed, outcome.skipped) == (3, 2, ["a.left"])
    assert outcome.seconds == {"a.good": 1.5, "a.bad": 0, "a.broken": 0}


def test_the_slowest_come_first_and_then_all():
    lines = Outcome(ran=2, seconds={"a.quick": 1, "a.slow": 40}).get_slowest()
    assert [line.split() for line in lines[:2]] == [
        ["40.0", "s", "a.slow"],
        ["1.0", "s", "a.quick"],
    ]
    assert lines[-1].split()[:2] == ["41", "s"]


def test_no_report_is_no_test(tmp_path):
    assert read(tmp_path / "none.xml") == Outcome()


@pytest.mark.parametrize(
    ("outcome", "word"),
    [
        (Outcome(ran=5, skipped=["a.b"]), "a.b"),
        (Outcome(ran=5, failed=1), "1 of 5"),
        (Outcome(), "No test"),
    ],
)
def test_what_fails_a_run(outcome, word):
    with pytest.raises(Stop, match=word):
        outcome.check()


def test_all_good():
    (Outcome(ran=2) + Outcome(ran=1)).check()

import pytest

from devtool.errors import Stop
from devtool.junit import Outcome, read

REPORT = """<testsuites><testsuite>
<testcase classname="a" name="good"/>
<testcase classname="a" name="bad"><failure/></testcase>
<testcase classname="a" name="broken"><error/></testcase>
<testcase classname="a" name="left"><skipped/></testcase>
</testsuite></testsuites>"""


def test_the_counts(tmp_path):
    (tmp_path / "r.xml").write_text(REPORT)
    assert read(tmp_path / "r.xml") == Outcome(ran=3, failed=2, skipped=["a.left"])


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

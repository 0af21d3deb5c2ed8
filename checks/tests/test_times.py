import pytest

from checks import times
from devtool.errors import Stop


def test_the_line_after_the_mark_is_replaced():
    text = times.get_text(
        f"Before\n{times.MARK}Old.\nAfter\n", {"test": 512, "lint": 80}
    )
    head, _mark, tail = text.partition(times.MARK)
    line, _newline, rest = tail.partition("\n")
    assert (head, rest) == ("Before\n", "After\n")
    assert line.endswith("cores: `./dev lint` 80 s, `./dev test` 9 min.")


def test_a_page_without_its_mark_is_one_sentence():
    with pytest.raises(Stop, match="mark"):
        times.get_text("Before\n", {"test": 1})


@pytest.mark.parametrize("page", times.PAGES, ids=lambda page: page.name)
def test_the_pages_have_the_mark(page):
    assert times.MARK in page.read_text()

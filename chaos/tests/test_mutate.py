import pytest

from chaos.mutate import find_faults


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("a < b", ["(a <= b)"]),
        ("a and not b", ["(a or not b)", "a and (b)"]),
        ("é = 5\nx = True", ["é = 6\nx = True", "é = 5\nx = False"]),
        ("d = ('day', '<=', x)", ["d = ('day', '<', x)"]),
        ("self.check()", ["pass"]),
        ("a = 'text'", []),
    ],
)
def test_each_fault(source, wanted):
    assert [fault.put_in(source) for fault in find_faults(source)] == wanted

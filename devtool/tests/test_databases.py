import pytest

from devtool import databases
from devtool.errors import Stop


@pytest.mark.parametrize("name", ["kmop", "real", "a-1_b"])
def test_a_plain_name(name):
    databases.check_name(name)


@pytest.mark.parametrize("name", ["", "-x", "a b", 'a"; DROP', "é", "a.b'"])
def test_a_name_that_sql_or_a_path_would_misread(name):
    with pytest.raises(Stop):
        databases.check_name(name)

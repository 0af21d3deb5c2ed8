import pytest

from devtool import addon
from devtool.errors import Stop


@pytest.fixture
def folder(tmp_path):
    names = "models/a.py", "data/a.xml", "security/a.xml", "tests/test_a.py"
    for name in names:
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("1")
    (tmp_path / "__manifest__.py").write_text('{"depends": ["sale"]}')
    return tmp_path


def words(folder):
    return addon.fingerprint(folder).split(" ")


def test_a_changed_test_changes_nothing(folder):
    before = words(folder)
    (folder / "tests/test_a.py").write_text("2")
    assert words(folder) == before


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("data/a.xml", 0),
        ("security/a.xml", 0),
        ("__manifest__.py", 0),
        ("models/a.py", 1),
    ],
)
def test_seed_records_and_the_rest_count_apart(folder, name, changed):
    before = words(folder)
    (folder / name).write_text("{}")
    after = words(folder)
    assert [old != new for old, new in zip(before, after, strict=True)] == [
        changed == 0,
        changed == 1,
    ]


def test_what_an_update_leaves_alone_is_a_seed():
    """A record rule among it: an edited one must reach the databases of the tests."""
    kept = [path for path in addon.files() if b'noupdate="1"' in path.read_bytes()]
    parts = [path.relative_to(addon.paths.ADDON_DIR).parts for path in kept]
    assert parts and all(addon.SEEDS.intersection(part) for part in parts)


def test_a_renamed_file_counts(folder):
    before = words(folder)
    (folder / "models/a.py").rename(folder / "models/b.py")
    assert words(folder) != before


def test_depends(folder):
    assert addon.depends(folder) == ["sale"]


def test_no_addon_is_one_sentence(tmp_path):
    with pytest.raises(Stop, match="no addon"):
        addon.fingerprint(tmp_path)

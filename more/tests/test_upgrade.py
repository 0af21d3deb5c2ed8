"""Each version whose data can be out there is upgraded by a check."""

import ast
import re
import tarfile

import pytest

from devtool import paths
from more import upgrade

HEADING = re.compile(r"^## (19\.0\.\d+\.\d+\.\d+) ", re.MULTILINE)
# Nobody can have an earlier one: they are days apart, and were never handed out.
FIRST = (19, 0, 1, 4, 0)


def get_numbers(version):
    return tuple(map(int, version.split(".")))


def find_missing(changelog, current, packed):
    """Earlier versions that the changelog tells of, and no upgrade starts from."""
    told = set(HEADING.findall(changelog)) - {current}
    return {version for version in told if get_numbers(version) >= FIRST} - packed


def test_no_version_is_missing():
    changelog = (paths.ROOT / "CHANGELOG.md").read_text()
    manifest = ast.literal_eval((paths.ADDON_DIR / "__manifest__.py").read_text())
    packed = {upgrade.get_version(archive) for archive in upgrade.get_archives()}
    assert find_missing(changelog, manifest["version"], packed) == set(), (
        "The version went up: pack the one before, as more/README.md says."
    )


def test_a_missing_version_is_found():
    changelog = "# Changelog\n\n## 19.0.8.1.0 – now\n\n## 19.0.8.0.0 – then\n"
    assert find_missing(changelog, "19.0.8.1.0", set()) == {"19.0.8.0.0"}


@pytest.mark.parametrize("archive", upgrade.get_archives(), ids=upgrade.get_version)
def test_an_archive_holds_the_version_that_it_says(archive):
    with tarfile.open(archive) as packed:
        manifest = packed.extractfile(f"{paths.ADDON}/__manifest__.py").read()
    version = ast.literal_eval(manifest.decode())["version"]
    assert version == upgrade.get_version(archive)

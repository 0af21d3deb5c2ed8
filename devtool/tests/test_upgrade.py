"""Each version whose data can be out there is upgraded by a check."""

import ast
import re

import pytest

from devtool import paths, process, upgrade

HEADING = re.compile(r"^## (19\.0\.\d+\.\d+\.\d+) ", re.MULTILINE)


def get_version(text):
    return ast.literal_eval(text)["version"]


def find_missing(changelog, current):
    """Earlier versions that the changelog tells of, and no upgrade starts from."""
    return set(HEADING.findall(changelog)) - {current} - upgrade.VERSIONS.keys()


def test_no_version_is_missing():
    changelog = (paths.ROOT / "CHANGELOG.md").read_text()
    manifest = (paths.ADDON_DIR / "__manifest__.py").read_text()
    assert find_missing(changelog, get_version(manifest)) == set(), (
        "The version went up: give upgrade.VERSIONS the last commit of this one."
    )


def test_a_missing_version_is_found():
    changelog = "# Changelog\n\n## 19.0.8.1.0 – now\n\n## 19.0.8.0.0 – then\n"
    assert find_missing(changelog, "19.0.8.1.0") == {"19.0.8.0.0"}


@pytest.mark.parametrize("version, commit", upgrade.VERSIONS.items())
def test_the_commit_is_of_that_version(version, commit):
    """In a clone that isn't whole, the check itself says that it can't run."""
    shown = f"{commit}:{paths.ADDON}/__manifest__.py"
    manifest = process.output(["git", "-C", paths.ROOT, "show", shown])
    assert not upgrade._is_here(commit) or get_version(manifest) == version


def test_versions_go_up():
    numbers = [tuple(map(int, version.split("."))) for version in upgrade.VERSIONS]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("slow, count", [("", 2), ("1", len(upgrade.VERSIONS))])
def test_one_to_migrate_and_the_newest_always(monkeypatch, slow, count):
    monkeypatch.setenv("KMOP_SLOW", slow)
    chosen = upgrade.get_versions()
    assert len(chosen) == count
    assert upgrade.KILLED_FROM in chosen and chosen[-1] == list(upgrade.VERSIONS)[-1]

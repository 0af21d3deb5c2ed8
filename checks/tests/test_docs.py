"""What the pages say is still so."""

import ast
import inspect
import re

import pytest

from checks import access, figures
from devtool import cli, paths

PAGES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "benchmarks/*.md", "more/*.md", "chaos/*.md")
    for path in paths.ROOT.glob(pattern)
)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
APP_PAGE = paths.ADDON_DIR / "static" / "description"
HOOKS = re.compile(r"^    def (_(?:prepare_)?kmop_\w+)", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    links = LINK.findall(page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_page_is_linked_from_the_readme():
    text = (paths.ROOT / "README.md").read_text()
    pages = [f"docs/{page.name}" for page in (paths.ROOT / "docs").glob("*.md")]
    assert pages and [page for page in pages if f"({page})" not in text] == []


def test_every_picture_is_shown():
    text = "".join(page.read_text() for page in PAGES)
    pictures = [path.name for path in (paths.ROOT / "docs/screenshots").glob("*.png")]
    assert pictures and [one for one in pictures if f"/{one})" not in text] == []


def test_the_readme_names_every_command():
    text = (paths.ROOT / "README.md").read_text()
    names = re.findall(r'_add\(\s*subs,\s*"(\w+)"', inspect.getsource(cli))
    assert "run" in names
    assert [name for name in names if f"./dev {name}" not in text] == []


def test_sources_are_what_the_records_say():
    assert figures.PAGE.read_text() == figures.text(), "./dev docs writes it"


def test_access_is_what_the_tests_found():
    assert access.PAGE.read_text() == access.text(), "./dev docs writes it"
    rows = access.rows()
    assert {row["kind"] for row in rows} == set(access.TITLES)
    page = access.PAGE.read_text()
    assert len(rows) > 100
    assert [row for row in rows if access._what(row) not in page] == []


def test_no_figure_is_left_out():
    """Each record with a date or a number is on the page, with where it was read."""
    page = figures.PAGE.read_text()
    found = list(figures.entries())
    assert {entry.model for entry in found} == set(figures.TITLES)
    for entry in found:
        assert entry.name in page
        assert all(figure in page for figure in entry.figures)


def test_every_rule_has_its_source():
    silent = [one.name for one in figures.entries() if not one.source]
    assert silent == []


def test_a_figure_is_told_with_its_unit(tmp_path):
    (tmp_path / "kmop_x.xml").write_text(
        """<odoo><record id="kmop_rate_small" model="kmop.subsidy.rate">
        <field name="percentage" eval="30" /><field name="sequence" eval="5" />
        <field name="source">Read | there.</field></record></odoo>"""
    )
    (entry,) = figures.entries(tmp_path)
    assert entry.figures == ("percentage 30",)
    assert figures._row([entry]).endswith("| percentage 30 | Read \\| there. |")


def test_the_worked_example_is_the_code_that_is_tested():
    text = (paths.ROOT / "docs/extending.md").read_text()
    example = paths.ROOT / "examples/kmop_registration_event"
    code = "".join(path.read_text() for path in example.rglob("*.py"))
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    lines = [line for block in blocks for line in block.split("\n") if line.strip()]
    assert lines and [line for line in lines if line.strip() not in code] == []


def test_the_hooks_that_are_named_exist():
    text = (paths.ROOT / "docs/extending.md").read_text()
    source = (paths.ADDON_DIR / "models/base/kmop_evidence_source.py").read_text()
    named = set(re.findall(r"^\| `(_\w+)\(", text, re.MULTILINE))
    assert named and named <= set(HOOKS.findall(source))


def test_the_public_surface_is_the_one_that_is_tested():
    text = (paths.ROOT / "docs/extending.md").read_text().partition("## ")[0]
    told = {
        (model, name)
        for model, methods in re.findall(r"^\| `([\w.]+)` \| (.*) \|$", text, re.M)
        for name in re.findall(r"`(\w+)\(", methods)
    }
    source = ast.parse((paths.ADDON_DIR / "tests/test_public_surface.py").read_text())
    (table,) = (
        ast.literal_eval(node.value)
        for node in source.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "API"
    )
    listed = {(model, name) for model in table for name in table[model].split()}
    assert told and told == listed


def test_the_changelog_knows_the_version():
    manifest = ast.literal_eval((paths.ADDON_DIR / "__manifest__.py").read_text())
    changelog = (paths.ROOT / "CHANGELOG.md").read_text()
    assert f"## {manifest['version']} " in changelog


def test_the_app_page_stands_alone():
    """Odoo shows it from the addon's own folder, and no larger than it must be."""
    text = (APP_PAGE / "index.html").read_text()
    pictures = re.findall(r'src="([^"]+)"', text)
    assert pictures and [one for one in pictures if not (APP_PAGE / one).exists()] == []
    assert sum(path.stat().st_size for path in APP_PAGE.iterdir()) < 1_500_000
    assert "http" not in text

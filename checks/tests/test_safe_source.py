"""What opens doors in the source is there for a reason that it says, or isn't there."""

import ast
import re

import pytest

from devtool import paths

PYTHON = sorted(
    path
    for path in paths.ADDON_DIR.rglob("*.py")
    if "tests" not in path.relative_to(paths.ADDON_DIR).parts
)
TEMPLATES = sorted(paths.ADDON_DIR.rglob("*.xml"))
SCRIPTS = sorted((paths.ADDON_DIR / "static/src").rglob("*.js"))

# Who runs text as a query, and what makes a query of text that is safe to join.
RUNS_SQL = {"execute", "executemany", "execute_query", "execute_query_dict", "SQL"}
# The host's query objects: their parts were checked where they were made.
BUILDS_SQL = {"SQL", "select", "subselect", "join"}
RUNS_TEXT = {"eval", "exec", "compile", "__import__", "safe_eval", "test_python_expr"}
RUNS_PROGRAMS = {"subprocess", "pickle", "marshal", "shelve", "ctypes", "yaml"}
REASON = re.compile(r"#.*\b(sudo|superuser): \w+", re.IGNORECASE)
RAW = re.compile(
    r"t-raw|\bMarkup\(|\bmarkup\(|innerHTML|outerHTML|insertAdjacentHTML|\beval\("
    r"|new Function\(|document\.write|\.sudo\("
)
ANY_COMMENT = re.compile(r"^\s*#")


def name_of(node: ast.AST) -> str:
    """What is called: the last word of it."""
    return getattr(node, "attr", getattr(node, "id", ""))


def calls(tree: ast.AST):
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def find_built_sql(source: str) -> list[int]:
    """The lines where a query is anything but a literal, or the host's own object."""
    found = []
    for call in calls(ast.parse(source)):
        if name_of(call.func) in RUNS_SQL and call.args:
            first = call.args[0]
            made = isinstance(first, ast.Call) and name_of(first.func) in BUILDS_SQL
            ours = made and not is_text(getattr(first.func, "value", None))
            if not is_text(first) and not ours:
                found.append(call.lineno)
    return found


def raises_rights(node: ast.AST) -> bool:
    """Tell whether a call goes past the rights of who asks."""
    if not isinstance(node, ast.Call):
        return False
    name, words = name_of(node.func), [keyword.arg for keyword in node.keywords]
    said = " ".join(map(ast.unparse, [*node.args, *node.keywords]))
    root = "SUPERUSER_ID" in said or "user_root" in said
    return (
        (name == "sudo" and said != "False")
        or (name in ("with_user", "Environment", "env") and root)
        or ("su" in words and "su=False" not in said)
    )


def find_silent_sudo(source: str) -> list[int]:
    """The lines with sudo() and no reason in a comment, there or just above."""
    lines, found = source.split("\n"), set()
    for first, last, node in statements(ast.parse(source)):
        while first > 1 and ANY_COMMENT.match(lines[first - 2]):
            first -= 1
        told = any(REASON.search(line) for line in lines[first - 1 : last])
        if not told and any(map(raises_rights, ast.walk(node))):
            found |= {one.lineno for one in ast.walk(node) if raises_rights(one)}
    return sorted(found)


def statements(tree: ast.AST):
    """First and last line of each statement; of one with a body, of its head."""
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and not hasattr(node, "body"):
            yield node.lineno, node.end_lineno, node
        elif isinstance(node, (ast.If, ast.While, ast.For, ast.With)):
            for head in heads(node):
                yield node.lineno, head.end_lineno, head


def heads(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.With):
        return [item.context_expr for item in node.items]
    return [node.iter if isinstance(node, ast.For) else node.test]


def find_run_text(source: str) -> list[int]:
    """The lines where text becomes code, or markup that wasn't written here."""
    tree, found = ast.parse(source), []
    for call in calls(tree):
        bare = isinstance(call.func, ast.Name) or name_of(call.func) == "safe_eval"
        first = call.args[0] if call.args else ast.Constant("")
        if bare and name_of(call.func) in RUNS_TEXT:
            found.append(call.lineno)
        if name_of(call.func) == "Markup" and not is_text(first):
            found.append(call.lineno)
        if (name_of(call.func), name_of(getattr(call.func, "value", None))) in (
            ("system", "os"),
            ("popen", "os"),
        ):
            found.append(call.lineno)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = {alias.name.split(".")[0] for alias in node.names}
            if RUNS_PROGRAMS & {*names, getattr(node, "module", None) or ""}:
                found.append(node.lineno)
    return found


def find_raw_markup(source: str) -> list[int]:
    """The lines of a template or script that show text as markup, or go past rights."""
    lines = enumerate(source.split("\n"), start=1)
    return [number for number, line in lines if RAW.search(line)]


@pytest.mark.parametrize(
    ("files", "find"),
    [
        (PYTHON, find_built_sql),
        (PYTHON, find_silent_sudo),
        (PYTHON, find_run_text),
        (TEMPLATES + SCRIPTS, find_raw_markup),
    ],
)
def test_source(files, find):
    assert len(files) > 100
    found = [
        f"{path.relative_to(paths.ROOT)}:{line}"
        for path in files
        for line in find(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    ("find", "bad", "good"),
    [
        (find_built_sql, 'cr.execute(f"SELECT {x}")', 'cr.execute("SELECT %s", (x,))'),
        (find_built_sql, 'cr.execute("SELECT " + x)', 'cr.execute(SQL("SELECT 1"))'),
        (find_built_sql, 'SQL("SELECT %s" % x)', 'SQL("SELECT %s", x)'),
        (find_built_sql, 'SQL("{}".format(x))', 'SQL("a" " b")'),
        (find_built_sql, "cr.execute(query)", "env.execute_query(query.select())"),
        (find_built_sql, 'cr.execute(", ".join(x))', 'cr.execute(SQL(", ").join(x))'),
        (find_silent_sudo, "a.sudo().b", "# sudo: whoever asks\na.sudo().b"),
        (find_silent_sudo, "# sudo\na.sudo()", "a.sudo()  # sudo: whoever asks"),
        (find_silent_sudo, "# sudo: x\n\na.sudo()", "a.sudo(False)"),
        (find_silent_sudo, "if a.sudo():\n  # sudo: b\n  b()", "a.with_user(user)"),
        (find_silent_sudo, "a.with_user(SUPERUSER_ID)", "self.env(user=user)"),
        (find_silent_sudo, "self.env(su=True)", "# sudo: so\nself.env(su=True)"),
        (find_silent_sudo, "for b in a.sudo():\n  b()", "# superuser: x\nenv(su=1)"),
        (find_run_text, "eval(text)", "ast.literal_eval(text)"),
        (find_run_text, "safe_eval(text)", "text"),
        (find_run_text, "Markup(text)", 'Markup("<b>%s</b>") % text'),
        (find_run_text, 'Markup(f"<b>{text}</b>")', "Markup()"),
        (find_run_text, "import pickle", "import json"),
        (find_run_text, "from subprocess import run", "from os import path"),
        (find_run_text, "os.system(text)", "self.system(text)"),
        (find_raw_markup, '<t t-raw="name" />', '<t t-out="name" />'),
        (find_raw_markup, '<t t-out="Markup(name)" />', '<t t-esc="name" />'),
        (find_raw_markup, "node.innerHTML = name", "node.textContent = name"),
        (find_raw_markup, '<t t-set="a" t-value="b.sudo()" />', "pseudo code"),
    ],
)
def test_each_check_can_fail(find, bad, good):
    assert find(bad) and not find(good)

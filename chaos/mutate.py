"""`./dev mutate FILE [TEST ...]`: put in one fault after another; do tests notice?

On a copy of the addon and a database of its own. Without names, the tests are those
that are called after the file: models/kmop_coverage.py has test_coverage*.py.
"""

import ast
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devtool import databases, host, locks, paths, python
from devtool.errors import Stop
from devtool.host import Host, write_configuration
from devtool.process import say

NAME = "kmop-mutate"
FOLDER = paths.HOST / "mutate"
LIMIT = 600
OPERATORS = [(ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.Eq, ast.NotEq),
             (ast.In, ast.NotIn), (ast.Is, ast.IsNot), (ast.And, ast.Or)]  # fmt: skip
SWAPPED = dict([*OPERATORS, *(pair[::-1] for pair in OPERATORS)])
# Of domains, as text.
WORDS = [("<", "<="), (">", ">="), ("=", "!="), ("in", "not in"), ("&", "|")]
SWAPPED_WORDS = dict([*WORDS, *(pair[::-1] for pair in WORDS)])


@dataclass(frozen=True)
class Fault:
    """A part of the file, from one place to another, and what it becomes."""

    node: ast.AST
    text: str

    def put_in(self, source: str) -> str:
        begin, end = (_offset(source, *place) for place in self._get_places())
        data = source.encode()
        return (data[:begin] + self.text.encode() + data[end:]).decode()

    def _get_places(self):
        node = self.node
        return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)


def run(words: list[str]) -> int:
    file, tests = _read_arguments(words)
    with locks.exclusive("mutate"), host.ready() as ready:
        own = _prepare(ready)
        copy = FOLDER / paths.ADDON / file
        source = copy.read_text()
        if _fails(own, tests):
            raise Stop("The tests fail without any fault: mend them first.")
        faults = list(find_faults(source))
        missed = []
        for fault in faults:
            copy.write_text(fault.put_in(source))
            if not _fails(own, tests):
                missed.append(fault)
                was = ast.get_source_segment(source, fault.node)
                say(f"    NOT noticed, line {fault.node.lineno}: {was} → {fault.text}")
        copy.write_text(source)
        databases.drop(ready, NAME)
    say(f"==> {len(faults) - len(missed)} of {len(faults)} faults were noticed")
    return 0


def find_faults(source: str) -> Iterator[Fault]:
    """Each with one operator, constant or call changed, from top to bottom."""
    nodes = [node for node in ast.walk(ast.parse(source)) if hasattr(node, "lineno")]
    for node in sorted(nodes, key=lambda one: (one.lineno, one.col_offset)):
        if text := _change(node):
            yield Fault(node, text)


def _change(node: ast.AST) -> str:
    """The node with a fault in it, as text; nothing where none is known."""
    match node:
        case ast.Compare(left=left, ops=[op], comparators=values):
            new = SWAPPED.get(type(op))
            return new and f"({ast.unparse(ast.Compare(left, [new()], values))})"
        case ast.BoolOp(op=op, values=values):
            return f"({ast.unparse(ast.BoolOp(SWAPPED[type(op)](), values))})"
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return f"({ast.unparse(operand)})"
        case ast.Constant(value=bool() as value):
            return repr(not value)
        case ast.Constant(value=int() as value):
            return repr(value + 1)
        case ast.Constant(value=str() as value):
            return repr(SWAPPED_WORDS[value]) if value in SWAPPED_WORDS else ""
        case ast.Expr(value=ast.Call()):
            return "pass"
    return ""


def _offset(source: str, line: int, column: int) -> int:
    lines = source.encode().splitlines(keepends=True)
    return sum(map(len, lines[: line - 1])) + column


def _read_arguments(words: list[str]) -> tuple[Path, list[Path]]:
    """The file and its tests, both from the folder of the addon."""
    if not words or not Path(words[0]).is_file():
        raise Stop("Name a file of the addon: ./dev mutate kmop_registration/models/….")
    file, *named = (Path(word).resolve().relative_to(paths.ADDON_DIR) for word in words)
    stem = file.stem.removeprefix("kmop_")
    found = sorted(paths.ADDON_DIR.glob(f"tests/test_{stem}*.py"))
    tests = named or [path.relative_to(paths.ADDON_DIR) for path in found]
    if not tests:
        raise Stop(f"No test is called after {file.name}: name some after it.")
    return file, tests


def _prepare(ready: Host) -> Host:
    """Odoo with a copy of the addon, on a copy of the prepared database."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    shutil.copytree(paths.ADDON_DIR, FOLDER / paths.ADDON)
    databases.clone(ready, databases.prepared(ready, databases.BARE), NAME)
    own = Host(ready.source, ready.address, FOLDER / "odoo.conf")
    write_configuration(own.configuration, own.source, FOLDER)
    return own


def _fails(own: Host, tests: list[Path]) -> bool:
    """Whether any of the tests notices; one that never ends has."""
    command = [python.PYTHON, "-m", "pytest", "-xq", "-p", "no:cacheprovider"]
    command += [f"--odoo-database={NAME}", "--odoo-http"]
    command += [FOLDER / paths.ADDON / test for test in tests]
    options = {"cwd": FOLDER, "env": own.environment(), "capture_output": True}
    try:
        return subprocess.run(command, timeout=LIMIT, **options).returncode != 0
    except subprocess.TimeoutExpired:
        return True

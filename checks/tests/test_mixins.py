"""Mixins of one model don't take each other's methods unawares."""

import ast
from dataclasses import dataclass, field

from devtool import paths

FOLDERS = ("models", "report", "wizard", "controllers")


@dataclass
class Part:
    """One class: what it is called, what it builds on, what it defines."""

    name: str
    bases: list[str]
    methods: dict[str, bool] = field(default_factory=dict)


def read(source: str) -> list[Part]:
    nodes = ast.walk(ast.parse(source))
    return [make(node) for node in nodes if isinstance(node, ast.ClassDef)]


def make(node: ast.ClassDef) -> Part:
    values = {
        line.targets[0].id: line.value
        for line in node.body
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name)
    }
    name, bases = (
        ast.literal_eval(values[key]) if key in values else None
        for key in ("_name", "_inherit")
    )
    bases = [bases] if isinstance(bases, str) else bases or []
    part = Part(name or (bases or [node.name])[0], bases)
    for line in node.body:
        if isinstance(line, ast.FunctionDef):
            part.methods[line.name] = f"super().{line.name}(" in ast.unparse(line)
    return part


def ancestors(name: str, parts: dict[str, list[Part]]) -> set[str]:
    found = {base for part in parts.get(name, ()) for base in part.bases} - {name}
    return found.union(*(ancestors(base, parts) for base in found))


def find_taken(parts: list[Part]) -> list[str]:
    """Name each method that a mixin takes from one beside it, and does not call."""
    models: dict[str, list[Part]] = {}
    for part in parts:
        models.setdefault(part.name, []).append(part)
    taken = []
    for part in parts:
        for place, first in enumerate(part.bases):
            for second in part.bases[place + 1 :]:
                if first != second and second not in ancestors(first, models):
                    taken += compare(part.name, first, second, models)
    return sorted(set(taken))


def compare(model, first, second, models) -> list[str]:
    whole = [
        {
            name: calls
            for base in {side} | ancestors(side, models)
            for part in models.get(base, ())
            for name, calls in part.methods.items()
        }
        for side in (first, second)
    ]
    shared = ancestors(first, models) & ancestors(second, models)
    common = {
        n for base in shared for part in models.get(base, ()) for n in part.methods
    }
    both = whole[0].keys() & whole[1].keys() - common
    return [f"{model}: {first}.{n}, {second}.{n}" for n in both if not whole[0][n]]


def test_none_is_taken():
    files = [f for name in FOLDERS for f in (paths.ADDON_DIR / name).glob("*.py")]
    parts = [part for file in files for part in read(file.read_text())]
    assert len(parts) > 50
    assert find_taken(parts) == []


def test_one_that_is_taken_is_found():
    source = """
class A:
    _name = "a"
    def say(self): return 1
class B:
    _name = "b"
    def say(self): return 2
class C:
    _name = "c"
    _inherit = ["a", "b"]
"""
    assert find_taken(read(source)) == ["c: a.say, b.say"]
    kind = source.replace("return 1", "return super().say()")
    assert find_taken(read(kind)) == []

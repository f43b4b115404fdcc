"""Imports point one way, and what is heavy or dangerous has one user.

The layers are those of the project's layout: a module imports from lower layers only, never
sideways or up; inside a package it is free.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: Number of the layer of each module or package; the package itself holds its version only.
LAYERS = {
    "kg": 0,
    "kg.errors": 0,
    "kg.folding": 1,
    "kg.model": 1,
    "kg.resources": 1,
    "kg.settings": 1,
    "kg.sparql": 1,
    "kg.vocab": 1,
    "kg.linked": 2,
    "kg.digest": 3,
    "kg.extract": 3,
    "kg.link": 3,
    "kg.queries": 3,
    "kg.rdf": 3,
    "kg.resolve": 3,
    "kg.store": 3,
    "kg.validate": 3,
    "kg.pipeline": 4,
    "kg.training": 4,
    "kg.web": 5,
    "kg.cli": 6,
    "server": 6,
}
#: What one module or package alone may import; others may name its types in hints.
ONLY_USERS = {
    "spacy": "kg.extract",
    "flask": "kg.web",
    "werkzeug": "kg.web",
    "requests": "kg.link",
    "sklearn": "kg.training",
    "scipy": "kg.training",
    "threadpoolctl": "kg.training",
}


@dataclass(frozen=True)
class Import:
    """*names* are empty for ``import module``; *hint* is one under ``if TYPE_CHECKING``."""

    where: str
    module: str
    names: tuple[str, ...]
    hint: bool


def sources() -> list[Path]:
    files = sorted((ROOT / "kg").rglob("*.py"))
    return [*files, *(path for path in [ROOT / "server.py"] if path.exists())]


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def unit(module: str) -> str:
    """Name the module or package that stands in LAYERS: ``kg.web`` for ``kg.web.pages``."""
    return ".".join(module.split(".")[: 2 if module.startswith("kg.") else 1])


def imports(source: str, where: str = "kg.x") -> Iterator[Import]:
    """List the imports of a file, also those inside functions and for type hints."""
    tree = ast.parse(source)
    hints = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(f"{where}:{node.lineno}", alias.name, (), node in hints)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{where}:{node.lineno}: relative import; write it in full"
            names = tuple(alias.name for alias in node.names)
            yield Import(f"{where}:{node.lineno}", node.module or "", names, node in hints)


def used_units(one: Import) -> set[str]:
    """Name the units of our own that an import uses; ``from kg import rdf`` is ``kg.rdf``."""
    if one.module == "kg" and one.names:
        return {f"kg.{name}" if f"kg.{name}" in LAYERS else "kg" for name in one.names}
    own = one.module == "server" or one.module.split(".")[0] == "kg"
    return {unit(one.module)} if own else set()


def upward(module: str, source: str) -> list[str]:
    """List the imports of a module that do not point to a lower layer."""
    mine = unit(module)
    return [
        f"{one.where}: imports {used}; it is not of a lower layer"
        for one in imports(source, module)
        for used in sorted(used_units(one) - {mine})
        if LAYERS[used] >= LAYERS[mine]
    ]


def stores(source: str) -> list[int]:
    """List the lines that name ``Store`` of pyoxigraph, however it was imported."""
    tree = ast.parse(source)
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "pyoxigraph"
    }
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "Store":
            if isinstance(node.value, ast.Name) and node.value.id in names:
                lines.append(node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module == "pyoxigraph":
            lines += [node.lineno for alias in node.names if alias.name in ("Store", "*")]
    return lines


@pytest.mark.parametrize("path", sources(), ids=module_name)
def test_imports_point_down(path: Path) -> None:
    module = module_name(path)
    assert unit(module) in LAYERS, f"{module}: of no layer; put it into LAYERS"
    assert upward(module, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", sources(), ids=module_name)
def test_some_libraries_have_one_user(path: Path) -> None:
    module = module_name(path)
    for one in imports(path.read_text(encoding="utf-8"), module):
        user = ONLY_USERS.get(one.module.split(".")[0])
        assert one.hint or user in (None, unit(module)), (
            f"{one.where}: imports {one.module}; only {user} may"
        )


@pytest.mark.parametrize("path", sources(), ids=module_name)
def test_only_the_store_opens_a_store(path: Path) -> None:
    module = module_name(path)
    lines = stores(path.read_text(encoding="utf-8"))
    assert unit(module) == "kg.store" or not lines, f"{module}: pyoxigraph.Store in {lines}"


def loaded_after(statement: str) -> set[str]:
    """Run a statement in a fresh interpreter; name the modules that it loads."""
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["kg.cli", "server"])
def test_spacy_is_not_loaded_before_it_is_needed(module: str) -> None:
    if module == "server" and not (ROOT / "server.py").exists():
        pytest.skip("server.py stands in the checkout only")
    loaded = loaded_after(f"import {module}")
    assert module in loaded
    assert "spacy" not in loaded


# ------------------------------------------------------------------ the checks themselves


@pytest.mark.parametrize(
    ("module", "source", "wrong"),
    [
        ("kg.rdf.lines", "from kg.model import Term\nimport kg.rdf.meta", 0),
        ("kg.rdf.lines", "import kg.store.layout", 1),
        ("kg.rdf", "from kg import store", 1),
        ("kg.rdf", "from kg import __version__", 0),
        ("kg.vocab", "from kg.rdf import digest_lines", 1),
        ("kg.vocab", "from kg.model import Term", 1),
        ("kg.settings", "from kg.errors import KGError", 0),
        ("kg.pipeline.build", "def late():\n    from kg.web import create_app", 1),
        ("kg.web.pages", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n import kg.cli", 1),
        ("kg.cli", "from kg.web import serve\nfrom kg.store import backup", 0),
        ("server", "from kg.web import create_app", 0),
        ("kg.web", "import server", 1),
    ],
)
def test_a_breach_is_found(module: str, source: str, wrong: int) -> None:
    assert len(upward(module, source)) == wrong


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("import pyoxigraph as ox\nox.Store('x')", [2]),
        ("import pyoxigraph\ndef f(s: pyoxigraph.Store): ...", [2]),
        ("from pyoxigraph import NamedNode, Store as S", [1]),
        ("from pyoxigraph import Quad\nclass Store: ...\nStore()", []),
        ("import kg\nkg.Store", []),
    ],
)
def test_a_use_of_the_store_is_found(source: str, lines: list[int]) -> None:
    assert stores(source) == lines


def test_relative_imports_are_refused() -> None:
    with pytest.raises(AssertionError, match="relative import"):
        list(imports("from . import lines"))

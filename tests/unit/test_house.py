"""Rules of the house that no tool checks."""

from __future__ import annotations

import ast
import re
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

import labwright

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "labwright"
MODULES = sorted(SOURCE.rglob("*.py"))
CHANGES = sorted(path for path in (ROOT / "changes").iterdir() if path.name != "README.md")

each_module = pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(SOURCE).as_posix())


def settings() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@each_module
def test_a_module_is_short(module: Path) -> None:
    assert len(module.read_text(encoding="utf-8").splitlines()) <= 600


@each_module
def test_our_own_modules_are_imported_at_the_top(module: Path) -> None:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    inner = [node for function in ast.walk(tree) if is_function(function) for node in ast.walk(function)]
    assert [ast.unparse(node) for node in inner if imports_ours(node)] == []


def is_function(node: ast.AST) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))


def imports_ours(node: ast.AST) -> bool:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    return any(name.partition(".")[0] == "labwright" for name in names)


@each_module
def test_an_ignored_type_has_a_reason(module: Path) -> None:
    ignored = re.findall(r"# type: ignore\b.*", module.read_text(encoding="utf-8"))
    assert [line for line in ignored if not re.match(r"# type: ignore\[[\w, -]+\]\s+# \w", line)] == []


def test_every_layer_is_in_the_contract() -> None:
    (layers,) = (c["layers"] for c in settings()["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    named = set(re.findall(r"\w+", " ".join(layers)))
    assert {path.parent.name for path in SOURCE.glob("*/__init__.py")} - named == set()


def test_the_version_is_written_once() -> None:
    assert labwright.__version__ == metadata.version("labwright")


def test_the_change_fragments_are_well_named() -> None:
    kinds = "|".join(kind["directory"] for kind in settings()["tool"]["towncrier"]["type"])
    assert [path.name for path in CHANGES if not re.fullmatch(rf"[\w+-]+\.({kinds})\.md", path.name)] == []


def test_scripts_are_executable() -> None:
    scripts = [ROOT / ".ci" / "run", *(path for path in (ROOT / "scripts").iterdir() if path.is_file())]
    assert [path.name for path in scripts if not path.stat().st_mode & 0o111] == []

"""Rules of the house that no tool checks."""

from __future__ import annotations

import ast
import re
import tomllib
from graphlib import TopologicalSorter
from importlib import metadata
from pathlib import Path
from typing import Any

import grimp
import pytest

import labwright

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "labwright"
MODULES = sorted(SOURCE.rglob("*.py"))
WEB = SOURCE / "web"
SCRIPTS = sorted((WEB / "static").glob("*.js"))
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
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


def test_there_is_little_javascript() -> None:
    lines = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in SCRIPTS}
    assert lines
    assert {name: n for name, n in lines.items() if n > 400} == {}
    assert sum(lines.values()) <= 5000


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(WEB).as_posix())
def test_a_template_has_neither_scripts_nor_styles_in_it(template: Path) -> None:
    """The policy of pages runs none of them: who writes one finds that it does nothing."""
    text = re.sub(r"{#.*?#}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert re.findall(r"""\s(?:on\w+|style)\s*=\s*["'{]|<style|<script(?![^>]*\ssrc=)|javascript:""", text) == []


def test_every_layer_is_in_the_contract() -> None:
    contracts = settings()["tool"]["importlinter"]["contracts"]
    (layers,) = (c["layers"] for c in contracts if c.get("containers") == ["labwright"])
    named = set(re.findall(r"\w+", " ".join(layers)))
    assert {path.parent.name for path in SOURCE.glob("*/__init__.py")} - named == set()


def test_no_import_leads_back_to_where_it_came_from() -> None:
    graph = grimp.build_graph("labwright", exclude_type_checking_imports=True, cache_dir=None)
    assert len(graph.modules) >= len(MODULES)
    TopologicalSorter({name: graph.find_modules_directly_imported_by(name) for name in graph.modules}).prepare()


def test_the_version_is_written_once() -> None:
    assert labwright.__version__ == metadata.version("labwright")


def test_the_change_fragments_are_well_named() -> None:
    kinds = "|".join(kind["directory"] for kind in settings()["tool"]["towncrier"]["type"])
    assert [path.name for path in CHANGES if not re.fullmatch(rf"[\w+-]+\.({kinds})\.md", path.name)] == []


def test_scripts_are_executable() -> None:
    scripts = [ROOT / ".ci" / "run", *(path for path in (ROOT / "scripts").iterdir() if path.is_file())]
    assert [path.name for path in scripts if not path.stat().st_mode & 0o111] == []

"""What counts as the code of a make, and what does not."""

from __future__ import annotations

import importlib
import subprocess
import sys
import textwrap
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import labwright as lw
from labwright.jobs.code import Checkout, checkout_of, code_of
from labwright.jobs.environment import environment_of, read_environment
from labwright.jobs.source import Source, source_of

TABLES = """
import math
from . import helpers
from .helpers import Filter, cached as kept, GAIN
from . import params as P

class Base:
    offset = 2

    def scale(self, x):
        return x * self.offset

class A(Base):
    definition = "x : int8"

    @property
    def key_source(self):
        return Base

    def make(self, key):
        y = helpers.smooth(key["x"]) + math.pi
        return self.scale(kept(y)) + P.TABLE[0] + Filter().run(GAIN)
"""
HELPERS = """
import functools
from .params import GAIN

def smooth(x, n=3):
    return base(x) * n

def base(x):
    return x + 1

def unused(x):
    return x

class Filter:
    order: int = 3

    def run(self, x):
        return base(x) ** self.order

@functools.lru_cache
def cached(x):
    return x
"""
PARAMS = """
RATE = 1000
GAIN = RATE / 2
TABLE = list(range(3))
OTHER = 7
"""


class Package:
    """A package of three modules, in which texts can be replaced."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.texts = {"tables": TABLES, "helpers": HELPERS, "params": PARAMS}
        self.names: list[str] = []

    def source(self, module: str = "", old: str = "", new: str = "") -> Source:
        """The source of the make, with one text replaced by another."""
        assert not old or old in self.texts[module]
        return source_of(self.load({m: t.replace(old, new) if m == module else t for m, t in self.texts.items()}).A)

    def load(self, texts: dict[str, str]) -> Any:
        name = f"pipeline_{uuid.uuid4().hex[:8]}"
        self.names.append(name)
        (self.folder / name).mkdir()
        (self.folder / name / "__init__.py").write_text("")
        for module, text in texts.items():
            (self.folder / name / f"{module}.py").write_text(text)
        importlib.invalidate_caches()
        return importlib.import_module(f"{name}.tables")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Package]:
    monkeypatch.syspath_prepend(str(tmp_path))
    package = Package(tmp_path)
    yield package
    for name in [n for n in sys.modules if n.partition(".")[0] in package.names]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("tables", "math.pi", "math.e"),
        ("tables", "return Base\n", "return A\n"),
        ("tables", "x * self.offset", "x - self.offset"),
        ("tables", "offset = 2", "offset = 3"),
        ("helpers", "* n", "+ n"),
        ("helpers", "n=3", "n=4"),
        ("helpers", "x + 1", "x + 2"),
        ("helpers", "order: int = 3", "order: int = 4"),
        ("helpers", "return x\n\nclass", "return x\n\n\nclass"),
        ("helpers", "functools.lru_cache", "functools.cache"),
        ("params", "1000", "2000"),
        ("params", "range(3)", "range(4)"),
    ],
)
def test_what_a_make_reaches_counts(package: Package, module: str, old: str, new: str) -> None:
    same = old.split() == new.split()
    assert (package.source().hash == package.source(module, old, new).hash) is same


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("tables", "        y = helpers", "        # first\n\n        y = helpers"),
        ("tables", "def make(self, key):\n", 'def make(self, key):\n        """Compute."""\n'),
        ("tables", "def make(self, key):", "def make(self, key: dict[str, int]) -> float:"),
        ("tables", "y = helpers", "y: float = helpers"),
        ("tables", 'key["x"]', "key['x']"),
        ("tables", 'definition = "x : int8"', 'definition = "x : int16"'),
        ("helpers", "class Filter:\n", 'class Filter:\n    """Filters."""\n\n'),
        ("helpers", "def unused(x):\n    return x", "def unused(x):\n    return 2 * x"),
        ("helpers", "return base(x) * n", "return (base(x)\n        * n)"),
        ("params", "OTHER = 7", "OTHER = 8"),
        ("params", "RATE = 1000", "RATE = 1_000  # Hz"),
    ],
)
def test_what_does_nothing_does_not_count(package: Package, module: str, old: str, new: str) -> None:
    assert package.source().hash == package.source(module, old, new).hash


def test_it_can_be_read(package: Package) -> None:
    source = package.source()
    assert source.kind == "source"
    assert "def smooth(x, n=3):" in source.text
    assert "GAIN = RATE / 2" in source.text
    assert "unused" not in source.text
    assert [m.partition(".")[2] for m in source.modules] == ["helpers", "params", "tables"]


def test_it_is_the_same_in_every_process(package: Package, tmp_path: Path) -> None:
    module = package.load(package.texts)
    script = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        f"from {module.__name__} import A\n"
        "from labwright.jobs.source import source_of\n"
        "print(source_of(A).hash)"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", script], check=True, capture_output=True, text=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert found == {f"{source_of(module.A).hash}\n"}


def defined(text: str) -> Any:
    """The class of a text of which no file and no cell is known."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(textwrap.dedent(text), names)
    return names["A"]


def test_without_source_there_is_bytecode() -> None:
    first = defined("class A:\n    def make(self, key):\n        return 1\n")
    same = defined("class A:\n\n    def make(self, key):\n        # one\n        return 1\n")
    other = defined("class A:\n    def make(self, key):\n        return 2\n")
    assert source_of(first).kind == "bytecode"
    assert source_of(first).hash == source_of(same).hash != source_of(other).hash


def outer(x: int) -> Any:
    def make(self: Any, key: dict[str, Any]) -> int:
        return helper(x)

    return make


def helper(x: int) -> int:
    return x + 1


def test_a_make_may_be_made_by_a_function() -> None:
    made: Any = type("Made", (), {"make": outer(3)})
    assert "def helper(x):" in source_of(made).text


def made(value: Any, *, changing: bool = False) -> str:
    """The hash of a make that has a value from around it."""

    class Reading:
        def make(self, key: dict[str, Any]) -> None:
            print(value)

    class Changing:
        def make(self, key: dict[str, Any]) -> None:
            value.append(key)

    return source_of(Changing if changing else Reading).hash


@pytest.mark.parametrize(
    ("one", "other"), [(1, 2), ("a", "b"), ([1], [2]), ({"x": 1}, {"x": 2}), ({"x"}, {"y"}), ((1, [2]), (1, [3]))]
)
def test_a_value_from_around_a_make_counts(one: Any, other: Any) -> None:
    assert made(one) != made(other)
    assert made(one) == made(one)


def test_what_a_make_changes_itself_is_no_code() -> None:
    assert made([], changing=True) == made([1, 2, 3], changing=True)


def test_what_no_text_can_tell_is_passed_over() -> None:
    assert made(object()) == made(object())


def test_what_two_names_are_recursive_ends() -> None:
    def even(n: int) -> bool:
        return n == 0 or odd(n - 1)

    def odd(n: int) -> bool:
        return n != 0 and even(n - 1)

    made: Any = type("Made", (), {"make": lambda self, key: even(key["n"])})
    assert source_of(made).text.count("def ") == 2


def test_tables_and_libraries_are_no_code() -> None:
    import numpy as np

    class Other(lw.Manual):
        definition = "x : int8"

    def make(self: Any, key: dict[str, Any]) -> Any:
        return np.mean((Other & key).fetch1("x"))

    assert source_of(type("Made", (), {"make": make})).text.count("# ") == 1


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=ana", "-c", "user.email=ana@lab")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_git_tells_commit_and_changes(tmp_path: Path) -> None:
    assert checkout_of(tmp_path) == Checkout()
    for folder in ("clean", "changed"):
        place = tmp_path / folder
        place.mkdir()
        git(place, "init")
        (place / "a.py").write_text("x = 1\n")
        git(place, "add", "a.py")
        git(place, "commit", "-m", "first")
    (tmp_path / "changed" / "a.py").write_text("x = 2\n")
    (tmp_path / "clean" / "b.py").write_text("y = 1\n")
    clean, changed = checkout_of(tmp_path / "clean"), checkout_of(tmp_path / "changed")
    assert (clean.dirty, changed.dirty) == (False, True)
    assert clean.commit is not None
    assert len(clean.commit) == 40


def test_code_of_another_commit_is_the_same_source() -> None:
    made: Any = type("Made", (), {"make": outer(3), "__module__": __name__})
    code = code_of(made)
    assert code.hash != type(code)(code.source, "0" * 40, False).hash
    assert type(code)(code.source, "0123456789").version == "0123456"
    assert type(code)(code.source).version == ""


def test_the_environment_names_packages_that_are_imported() -> None:
    found = environment_of([__name__])
    assert {"pytest"} <= found.packages.keys()
    assert "labwright" not in found.packages
    assert read_environment(found.text) == found
    assert environment_of([]).hash != found.hash


def test_code_without_source_is_the_same_in_each_process() -> None:
    program = """if True:
        import labwright as lw
        from labwright.jobs.code import code_of

        class Odd(lw.Computed):
            def make(self, key):
                if key["x"] in {"apple", "pear", "plum", "fig"}:
                    self.insert1(key)

        source = code_of(Odd).source
        print(source.kind, source.hash)
    """
    said = set()
    for seed in "123":
        run = [sys.executable, "-c", f"exec({program!r}, {{'__name__': 'cell'}})"]
        said.add(subprocess.run(run, capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}).stdout)
    (only,) = said
    assert only.startswith("bytecode ")

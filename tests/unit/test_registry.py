"""Names -> objects: explicit, by path, by entry point, and a good answer when there is none."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from labwright.core.errors import CodecError, ConfigError, MissingPackageError
from labwright.core.registry import Deferred, Registry, origin


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Install a package `offering` that offers two things under the group `test.things`."""
    info = tmp_path / "offering-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: offering\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[test.things]\ngood = offering:good\nbroken = offering.absent:thing\n")
    (tmp_path / "offering.py").write_text("good = 'offered'\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("offering", None)


def things(**options: str) -> Registry[str]:
    return Registry("thing", groups=("test.things",), deferred={n: Deferred(p) for n, p in options.items()})


def test_registers_by_call_and_by_decorator() -> None:
    functions: Registry[object] = Registry("function")

    @functions.register("two")
    def two() -> int:
        return 2

    functions.register("three", 3)
    assert (functions["two"], functions["three"]) == (two, 3)
    assert list(functions) == ["three", "two"]
    assert "two" in functions
    assert "four" not in functions


def test_a_name_is_given_once() -> None:
    registry = things()
    registry.register("a", "first")
    registry.register("a", "first")
    with pytest.raises(ConfigError, match=r"There is a thing 'a' already: builtins:str.*override=True"):
        registry.register("a", "second")
    registry.register("a", "second", override=True)
    assert registry["a"] == "second"


def test_a_deferred_name_is_taken_too() -> None:
    registry = things(a="string:digits")
    with pytest.raises(ConfigError, match="'a' already: string:digits"):
        registry.register("a", "x")
    with pytest.raises(ConfigError, match="'a' already: string:digits"):
        registry.register_path("a", "string:ascii_letters")
    registry.register_path("a", "string:digits")
    registry.register_path("a", "string:hexdigits", override=True)
    assert registry["a"].startswith("0123456789abc")


def test_an_unknown_name_lists_the_names(package: Path) -> None:
    registry = things(digits="string:digits")
    with pytest.raises(ConfigError) as caught:
        registry["digit"]
    assert str(caught.value) == "There is no thing 'digit'. Did you mean 'digits'? Known: broken, digits, good."


def test_the_error_class_is_the_registry_s() -> None:
    with pytest.raises(CodecError, match=r"There is no codec 'x'\. Known: none\."):
        Registry[str]("codec", error=CodecError)["x"]


def test_paths() -> None:
    registry: Registry[object] = Registry("thing")
    assert registry["string:digits"] == "0123456789"
    assert registry["pathlib:Path.home"] == Path.home
    with pytest.raises(ConfigError, match=r"'string' has no 'digit'\. Did you mean 'digits'"):
        registry["string:digit"]
    with pytest.raises(MissingPackageError, match="pip install 'nosuchpackage'"):
        registry["nosuchpackage.part:Thing"]
    with pytest.raises(ConfigError, match=r"no module 'labwright\.nothing'"):
        registry["labwright.nothing:Thing"]


def test_a_missing_package_names_its_command() -> None:
    registry: Registry[object] = Registry("thing")
    registry.register_path("far", "nosuchpackage:Thing", package="labwright[far]")
    with pytest.raises(MissingPackageError, match=r"pip install 'labwright\[far\]'") as caught:
        registry["far"]
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_entry_points_are_found_on_the_first_miss_and_imported_when_asked_for(package: Path) -> None:
    registry = things(digits="string:digits")
    assert registry["digits"] == "0123456789"
    assert registry._scanned is False
    assert registry.names() == ["broken", "digits", "good"]
    assert "offering" not in sys.modules
    assert registry["good"] == "offered"
    with pytest.raises(MissingPackageError, match=r"offering\.absent"):
        registry["broken"]


def test_what_is_registered_wins_over_entry_points(package: Path) -> None:
    registry = things()
    registry.register("good", "mine")
    assert "broken" in registry
    assert registry["good"] == "mine"


def test_what_is_found_is_adapted() -> None:
    registry = Registry("thing", deferred={"d": Deferred("string:digits")}, adapt=lambda found: len(str(found)))
    assert (registry["d"], registry["string:hexdigits"]) == (10, 22)


def test_unregister() -> None:
    registry = things(a="string:digits")
    registry.register("b", "x")
    registry.unregister("a")
    registry.unregister("b")
    with pytest.raises(ConfigError, match="no thing 'b'"):
        registry.unregister("b")
    assert registry.names() == []


def test_many_threads_get_one_object() -> None:
    registry: Registry[object] = Registry(
        "thing", deferred={"d": Deferred("builtins:object")}, adapt=lambda _: object()
    )
    barrier = threading.Barrier(8)
    found: list[object] = []

    def ask() -> None:
        barrier.wait()
        found.append(registry["d"])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(map(id, found))) == 1


def test_origin() -> None:
    assert origin(Registry) == "labwright.core.registry:Registry"
    assert origin(Registry("x")) == "labwright.core.registry:Registry"

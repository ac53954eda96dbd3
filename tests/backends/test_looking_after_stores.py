"""Collections of garbage at the same moment, a look at a part of a store, and codecs that a package announces."""

from __future__ import annotations

import datetime
import importlib
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from tests.backends.stores import opened

import labwright as lw
from labwright.catalogue.gc import collect
from labwright.catalogue.verify import verify
from labwright.codecs.base import codecs
from labwright.sql.url import DatabaseUrl

NOW = datetime.timedelta(0)


@pytest.fixture
def lab(alone: DatabaseUrl, tmp_path: Path) -> Iterator[lw.Project]:
    with opened(alone, tmp_path, "main") as project:
        yield project


@pytest.fixture
def scan(lab: lw.Project, prefix: str) -> Any:
    schema = lw.Schema(f"{prefix}lab", connection=lab)

    @schema
    class Scan(lw.Manual):
        history = False
        definition = """
        scan : int32
        ---
        raw = null : <hash@main>
        """

    Scan.insert([(number, b"%d" % number) for number in range(40)])
    return Scan


def files(folder: Path) -> set[bytes]:
    return {path.read_bytes() for path in (folder / "main" / "_hash").rglob("*") if path.is_file()}


def test_two_collections_at_once(alone: DatabaseUrl, lab: lw.Project, scan: Any, tmp_path: Path) -> None:
    (scan & "scan >= 10").delete(prompt=False)
    together = Barrier(2)

    def collect_twice(project: lw.Project) -> None:
        for _ in range(2):
            together.wait(60)
            collect(project.database, project.stores, dry_run=False, grace=NOW)

    with opened(alone, tmp_path, "main") as other, ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(collect_twice, project) for project in (lab, other)]:
            done.result()
    assert files(tmp_path) == {b"%d" % number for number in range(10)}
    assert verify(lab.database, lab.stores).findings == ()


def test_a_part_is_looked_at(lab: lw.Project, scan: Any, tmp_path: Path) -> None:
    assert verify(lab.database, lab.stores, sample=7).checked == 7
    assert verify(lab.database, lab.stores, sample=1000).checked == 40
    for path in (tmp_path / "main" / "_hash").rglob("*"):
        if path.is_file():
            path.unlink()
    found = verify(lab.database, lab.stores, sample=3)
    assert [finding.fault for finding in found.findings] == ["missing"] * 3


CODEC = """
import labwright as lw


class Offered(lw.Codec):
    name = "offered_of_test"

    def get_dtype(self, is_store):
        return "<blob@>" if is_store else "json"

    def encode(self, value, *, key=None, store_name=None):
        return [value]

    def decode(self, stored, *, key=None):
        return stored[0]
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed package that announces a codec."""
    info = tmp_path / "offering_codecs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: offering_codecs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[labwright.codecs]\noffered_of_test = offering_codecs:Offered\n")
    (tmp_path / "offering_codecs.py").write_text(CODEC)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(codecs, "_scanned", False)
    yield
    sys.modules.pop("offering_codecs", None)
    codecs.unregister("offered_of_test")


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize("imported", [False, True])
def test_a_codec_that_a_package_announces(lab: lw.Project, prefix: str, imported: bool) -> None:
    assert "offered_of_test" in lw.list_codecs()
    if imported:  # the class registers itself, after the package was seen to announce it
        importlib.import_module("offering_codecs")
    schema = lw.Schema(f"{prefix}offered", connection=lab)

    @schema
    class Thing(lw.Manual):
        definition = """
        thing : int32
        ---
        here : <offered_of_test>
        there : <offered_of_test@main>
        """

    Thing.insert1((1, "a", "b"))
    assert Thing.fetch1("here", "there") == ("a", "b")
    assert codecs.loaded("offered_of_test") is not None

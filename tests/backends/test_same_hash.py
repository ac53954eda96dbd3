"""Two contents with one MD5 hash, which names objects on servers: neither takes the place of the other."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from tests.backends.stores import own_database

import labwright as lw
from labwright.catalogue.gc import collect
from labwright.catalogue.verify import verify
from labwright.core.errors import DataError
from labwright.storage.digest import digest
from labwright.tables.config import Config

NOW: Final = datetime.timedelta(0)
ONE: Final = bytes.fromhex(
    "d131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f8955ad340609f4b30283e488832571415a"
    "085125e8f7cdc99fd91dbdf280373c5bd8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0"
    "e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70"
)
"""The first of the two that X. Wang and H. Yu published in 2004."""
_DIFFER: Final = (19, 45, 59, 83, 109, 123)
OTHER: Final = bytes(byte ^ 0x80 if n in _DIFFER else byte for n, byte in enumerate(ONE))


@pytest.fixture
def lab(database_url: str, prefix: str, tmp_path: Path) -> Iterator[lw.Project]:
    with own_database(database_url, prefix) as url, lw.Project(url, settings=Config(tmp_path)) as project:
        project.config.update({"stores.main.protocol": "file", "stores.main.location": str(tmp_path / "main")})
        yield project


@pytest.fixture
def scan(lab: lw.Project, prefix: str) -> Any:
    schema = lw.Schema(f"{prefix}lab", connection=lab)

    @schema
    class Scan(lw.Manual):
        history = False
        definition = "scan : int32\n---\nraw : <hash@main>"

    return Scan


def put(lab: lw.Project, scan: Any, *rows: tuple[int, bytes]) -> None:
    """Insert what cannot be kept on servers, and can where SHA-256 names objects."""
    if lab.database.dialect.native_schemas:
        with pytest.raises(DataError, match=r"Another value is kept .* the same MD5 hash"):
            scan.insert(rows)
    else:
        scan.insert(rows)
        (scan & [{"scan": key} for key, _ in rows if key > 1]).delete(prompt=False)


def check(lab: lw.Project, scan: Any, wanted: dict[int, bytes]) -> None:
    assert {int(k): bytes(v) for k, v in zip(*scan.to_arrays("scan", "raw"), strict=True)} == wanted
    assert verify(lab.database, lab.stores)


def test_they_are_what_they_are_said_to_be() -> None:
    assert digest(ONE, md5=True).md5 == digest(OTHER, md5=True).md5
    assert digest(ONE).sha256 != digest(OTHER).sha256


def test_together(lab: lw.Project, scan: Any) -> None:
    put(lab, scan, (2, ONE), (3, OTHER))
    check(lab, scan, {})


def test_one_after_the_other(lab: lw.Project, scan: Any) -> None:
    scan.insert1((1, ONE))
    put(lab, scan, (2, OTHER))
    check(lab, scan, {1: ONE})


def test_after_the_other_has_become_garbage(lab: lw.Project, scan: Any) -> None:
    scan.insert1((1, ONE))
    scan.delete(prompt=False)
    collect(lab.database, lab.stores, dry_run=False, grace=NOW)
    put(lab, scan, (2, OTHER))
    check(lab, scan, {})
    collect(lab.database, lab.stores, dry_run=False, grace=NOW)
    scan.insert1((1, OTHER))
    check(lab, scan, {1: OTHER})


def test_after_the_other_was_put_by_somebody_else(lab: lw.Project, scan: Any, prefix: str) -> None:
    name = digest(ONE, md5=True).md5 if lab.database.dialect.native_schemas else digest(ONE).sha256
    lab.stores("main").store.put_create(f"_hash/{prefix}lab/{name}", ONE)
    put(lab, scan, (2, OTHER))
    scan.insert1((1, ONE))
    check(lab, scan, {1: ONE})


def test_what_was_damaged_before_anybody_knew_it_is_not_taken(lab: lw.Project, scan: Any, tmp_path: Path) -> None:
    scan.insert1((1, ONE))
    scan.delete(prompt=False)
    for _ in range(2):
        collect(lab.database, lab.stores, dry_run=False, grace=NOW)
    scan.insert1((1, ONE))
    (path,) = (p for p in (tmp_path / "main" / "_hash").rglob("*") if p.is_file())
    scan.delete(prompt=False)
    collect(lab.database, lab.stores, dry_run=False, grace=NOW)
    path.chmod(0o600)
    path.write_bytes(ONE[::-1])
    with pytest.raises(DataError, match="or the object is damaged"):
        scan.insert1((1, ONE))

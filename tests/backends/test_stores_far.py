"""Garbage, verification, copies and stagings in stores that are reached over a network."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.backends.stores import own_database
from tests.storage.servers import azure_server, s3_server, sftp_server
from tests.storage.test_buckets import azure_settings, s3_settings
from tests.storage.test_filesystems import sftp_settings

import labwright as lw
from labwright.catalogue.abandoned import remove_abandoned
from labwright.catalogue.adopt import strangers
from labwright.catalogue.claims import claims_in
from labwright.catalogue.gc import Collected, collect
from labwright.catalogue.leftovers import remove_leftovers
from labwright.catalogue.replicate import replicate
from labwright.catalogue.staging_records import staged_paths
from labwright.catalogue.verify import verify
from labwright.tables.config import Config

NOW = datetime.timedelta(0)


@pytest.fixture(scope="module", params=["s3", "azure", "sftp"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """What gives the settings of a new store."""
    if request.param == "s3":
        with s3_server() as address:
            yield lambda: s3_settings(address)
    elif request.param == "azure":
        with azure_server() as address:
            yield lambda: azure_settings(address)
    else:
        with sftp_server(tmp_path_factory.mktemp("sftp")) as running:
            yield lambda: sftp_settings(running)


@pytest.fixture
def lab(database_url: str, prefix: str, tmp_path: Path, server: Any) -> Iterator[lw.Project]:
    with own_database(database_url, prefix) as url, lw.Project(url, settings=Config(tmp_path)) as project:
        for name in ("main", "far"):
            project.config.update({f"stores.{name}.{key}": value for key, value in server().items()})
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
        tree = null : <object@main>
        """

    return Scan


def fill(scan: Any, folder: Path) -> None:
    tree = folder / "tree"
    (tree / "inner").mkdir(parents=True)
    (tree / "a.txt").write_bytes(b"same")
    (tree / "inner" / "b.txt").write_bytes(b"other")
    scan.insert([{"scan": n, "raw": b"raw %d" % n} for n in range(5)] + [{"scan": 9, "tree": tree}])


def garbage(project: lw.Project) -> Collected:
    return collect(project.database, project.stores, dry_run=False, grace=NOW)


def held(project: lw.Project, store: str = "main") -> list[str]:
    return [info.key for info in project.stores(store).store.list() if not info.key.startswith("_labwright/")]


def test_what_no_row_refers_to_goes_and_nothing_else(lab: lw.Project, scan: Any, tmp_path: Path) -> None:
    fill(scan, tmp_path)
    assert verify(lab.database, lab.stores).checked == 6
    (scan & "scan in (0, 9)").delete(prompt=False)
    assert len(garbage(lab).quarantined) == 2
    scan.insert1({"scan": 0, "raw": b"raw 0"})
    (scan & "scan = 1").delete(prompt=False)
    assert [c.is_dir for c in garbage(lab).deleted] == [True]
    assert [len(part) for part in (garbage(lab).deleted, garbage(lab).deleted)] == [1, 0]
    assert len(held(lab)) == 4
    assert sorted(map(bytes, scan.to_arrays("raw"))) == [b"raw 0", b"raw 2", b"raw 3", b"raw 4"]
    assert verify(lab.database, lab.stores).checked == 4


def test_what_is_damaged_is_found_and_mended_from_a_copy(lab: lw.Project, scan: Any, tmp_path: Path) -> None:
    fill(scan, tmp_path)
    assert replicate(lab.database, lab.stores, "main", "far").objects == 6
    assert held(lab, "far") == held(lab)
    store = lab.stores("main").store
    gone, flipped, part = held(lab)[0], held(lab)[1], next(k for k in held(lab) if k.endswith("b.txt"))
    data = store.get(flipped)
    store.delete_many([gone, flipped, part])
    store.put_create(flipped, bytes([data[0] ^ 1]) + data[1:])
    assert [f.fault for f in verify(lab.database, lab.stores).findings] == ["missing", "damaged", "missing"]
    assert len(verify(lab.database, lab.stores, repair=True).repaired) == 3
    assert verify(lab.database, lab.stores).findings == ()
    assert store.get(flipped) == data
    assert (scan & "scan = 9").fetch1("tree").fsmap["inner/b.txt"] == b"other"


def test_only_what_is_old_by_the_clock_of_the_store_is_taken_for_left_over(
    lab: lw.Project, scan: Any, tmp_path: Path, prefix: str
) -> None:
    fill(scan, tmp_path)
    store = lab.stores("main").store
    store.put_create(f"_hash/{prefix}lab/stray", b"stray")
    later = datetime.timedelta(hours=1)
    assert strangers(lab.database, lab.stores, grace=later, dry_run=False) == []
    assert [path for _, path, _ in strangers(lab.database, lab.stores, grace=NOW, dry_run=False)] == [
        f"_hash/{prefix}lab/stray"
    ]
    assert len(garbage(lab).deleted) == 1
    assert len(held(lab)) == 7
    assert remove_leftovers(lab.database, lab.stores, grace=NOW, dry_run=False) == []
    assert verify(lab.database, lab.stores).checked == 6


def test_a_staging_is_gone_on_with_or_removed(lab: lw.Project, scan: Any) -> None:
    staging = scan.staged_insert(resume="night")
    with pytest.raises(InterruptedError), staging as staged:  # noqa: PT012 - what is staged
        folder = staged.row(scan=1).store("tree", ".d")
        folder["a"], folder["b"] = b"a", b"b"
        folder["a"] = b"anew"
        raise InterruptedError
    assert len(staged_paths(lab.stores("main"))) == 1
    with scan.staged_insert(resume="night") as staged:
        staged.row(scan=1).store("tree", ".d")["b"] = b"at last"
    assert dict((scan & "scan = 1").fetch1("tree").fsmap) == {"a": b"anew", "b": b"at last"}
    with pytest.raises(InterruptedError), scan.staged_insert(resume="day") as staged:  # noqa: PT012 - what is staged
        staged.row(scan=2).store("tree", ".d")["a"] = b"a"
        raise InterruptedError
    assert remove_abandoned(lab.database, lab.stores, grace=datetime.timedelta(hours=1), dry_run=False) == []
    assert len(remove_abandoned(lab.database, lab.stores, grace=NOW, dry_run=False)) == 1
    assert len(held(lab)) == 2
    assert verify(lab.database, lab.stores).checked == 1
    assert len(list(claims_in(lab.stores("main").store))) == 1

"""Collections of garbage beside what others do at the same moment, or have written into rows and stores."""

from __future__ import annotations

import datetime
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.backends.stores import own_database

import labwright as lw
from labwright.catalogue.abandoned import remove_abandoned
from labwright.catalogue.adopt import adopt, strangers
from labwright.catalogue.gc import Collected, collect
from labwright.catalogue.leftovers import remove_leftovers
from labwright.catalogue.replicate import replicate
from labwright.catalogue.verify import verify
from labwright.sql.declare import run_all
from labwright.sql.objects import create_catalogue
from labwright.sql.url import DatabaseUrl
from labwright.storage.base import Bytes, ObjectInfo
from labwright.storage.layout import PARTS
from labwright.storage.manifest import MANIFESTS
from labwright.storage.memory import MemoryStore
from labwright.storage.protocols import protocols
from labwright.tables.config import Config

AT_ONCE = datetime.timedelta(0)


@pytest.fixture
def url(database_url: str, prefix: str) -> Iterator[DatabaseUrl]:
    with own_database(database_url, prefix) as url:
        yield url


@pytest.fixture
def project(url: DatabaseUrl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[lw.Project]:
    monkeypatch.chdir(tmp_path)
    with lw.Project(url, settings=Config(tmp_path)) as project:
        for name in ("main", "far"):
            location = str(tmp_path / name)
            project.config.update({f"stores.{name}.protocol": "file", f"stores.{name}.location": location})
        yield project


def scans(project: lw.Project, name: str) -> Any:
    schema = lw.Schema(name, connection=project)

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


def garbage(project: lw.Project, *schemas: str) -> Collected:
    return collect(project.database, project.stores, dry_run=False, grace=AT_ONCE, schemas=schemas or None)


def test_what_one_schema_puts_anew_is_not_deleted_by_another_that_knew_it(
    url: DatabaseUrl, project: lw.Project, prefix: str
) -> None:
    first, second = f"{prefix}first", f"{prefix}second"
    one, two = scans(project, first), scans(project, second)
    one.insert1((1, b"calm", None))
    two.insert(one)
    one.delete(prompt=False)
    two.delete(prompt=False)
    garbage(project)
    garbage(project, first)
    with lw.Project(url, settings=project.config) as other:
        writing = lw.virtual_schema(first, connection=other)
        thread = threading.Thread(target=garbage, args=(project, second))
        with other.connection.transaction:
            writing.Scan.insert1({"scan": 2, "raw": b"calm"})
            thread.start()
            thread.join(0.5)
        thread.join()
    assert bytes((one & "scan = 2").fetch1("raw")) == b"calm"
    assert verify(project.database, project.stores)


def test_what_another_schema_has_made_is_deleted_in_the_end(project: lw.Project, prefix: str, tmp_path: Path) -> None:
    one, two = scans(project, f"{prefix}first"), scans(project, f"{prefix}second")
    one.insert1((1, b"calm", None))
    two.insert(one)
    one.delete(prompt=False)
    two.delete(prompt=False)
    assert len(garbage(project).handed_over) == 0
    assert len(garbage(project).handed_over) == 1
    for _ in range(2):
        garbage(project)
    assert not [p for p in (tmp_path / "main" / "_hash").rglob("*") if p.is_file()]
    assert garbage(project) == Collected(dry_run=False)


@pytest.mark.parametrize("folder", ["_schema/{0}", "_schema/{0}/scan", "_schema/{0}/scan/scan=1", "_hash/{0}"])
def test_a_row_that_calls_a_folder_of_others_its_own_takes_nothing_along(
    project: lw.Project, prefix: str, tmp_path: Path, folder: str
) -> None:
    schema = f"{prefix}first"
    table = scans(project, schema)
    (tmp_path / "leaf.txt").write_bytes(b"leaf")
    table.insert([(1, b"calm", tmp_path / "leaf.txt"), (2, None, None)])
    dialect, execute = project.database.dialect, project.connection.execute
    told = json.dumps({"path": folder.format(schema), "store": "main", "is_dir": True, "size": 0})
    mark = dialect.placeholder
    execute(f"UPDATE {dialect.table(schema, 'scan')} SET tree = {mark} WHERE scan = 2", (told,), write=True)
    assert len(adopt(project.database, project.stores).problems) == 1
    strangers(project.database, project.stores, grace=AT_ONCE, dry_run=False)
    (table & "scan = 2").delete(prompt=False)
    for _ in range(3):
        garbage(project)
    assert bytes((table & "scan = 1").fetch1("raw")) == b"calm"
    assert (table & "scan = 1").fetch1("tree").read() == b"leaf"


def test_a_copying_that_fails_leaves_what_was_there_before(project: lw.Project, prefix: str, tmp_path: Path) -> None:
    table = scans(project, f"{prefix}first")
    table.insert1((1, b"calm", None))
    replicate(project.database, project.stores, "main", "far")
    copy = project.database.dialect.table(f"{prefix}first", "~copy")
    project.connection.execute(f"DELETE FROM {copy} WHERE store = 'far'", write=True)
    (there,) = (p for p in (tmp_path / "far" / "_hash").rglob("*") if p.is_file())
    there.write_bytes(b"of somebody else")
    with pytest.raises(lw.errors.DataError, match="is damaged"):
        replicate(project.database, project.stores, "main", "far")
    assert there.read_bytes() == b"of somebody else"


def test_a_copy_that_is_deleted_as_garbage_meanwhile_is_not_called_sound(
    url: DatabaseUrl, project: lw.Project, prefix: str
) -> None:
    table = scans(project, f"{prefix}first")
    table.insert1((1, b"calm", None))
    replicate(project.database, project.stores, "main", "far")
    dialect = project.database.dialect
    copies = dialect.table(f"{prefix}first", "~copy")
    project.connection.execute(f"UPDATE {copies} SET state = 'quarantined' WHERE store = 'far'", write=True)
    (key,) = (info.key for info in project.stores("far").store.list("_hash/"))
    failed: list[type[Exception]] = []

    def copying() -> None:
        with lw.Project(url, settings=project.config) as other:
            try:
                replicate(other.database, other.stores, "main", "far")
            except lw.errors.MissingExternalFile as error:
                failed.append(type(error))

    thread = threading.Thread(target=copying)
    with project.connection.transaction:  # what a collection does with one that is due
        project.connection.execute(f"UPDATE {copies} SET touched = since WHERE store = 'far'", write=True)
        thread.start()
        thread.join(1)
        project.stores("far").store.delete(key)
        project.connection.execute(f"UPDATE {copies} SET state = 'deleted' WHERE store = 'far'", write=True)
    thread.join()
    assert failed == [lw.errors.MissingExternalFile]
    assert replicate(project.database, project.stores, "main", "far").objects == 1
    assert verify(project.database, project.stores).checked == 2


@pytest.mark.parametrize("made", range(4))
def test_a_catalogue_whose_making_was_cut_off_is_made(project: lw.Project, prefix: str, made: int) -> None:
    table = scans(project, f"{prefix}first")
    assert len(table) == 0
    run_all(project.connection, list(create_catalogue(project.database.dialect, f"{prefix}first"))[:made])
    assert garbage(project) == Collected(dry_run=False)
    table.insert1((1, b"calm", None))
    assert verify(project.database, project.stores).checked == 1


def test_a_copy_that_rows_name_is_not_given_up_for_another(project: lw.Project, prefix: str) -> None:
    table = scans(project, f"{prefix}first")
    table.insert1((1, b"calm", None))
    replicate(project.database, project.stores, "main", "far")
    copies = project.database.dialect.table(f"{prefix}first", "~copy")
    project.connection.execute(f"UPDATE {copies} SET state = 'quarantined'", write=True)
    for name in ("main", "far"):
        store = project.stores(name).store
        store.delete_many([info.key for info in store.list("_hash/")])
    project.connection.execute(f"UPDATE {copies} SET state = 'live' WHERE store = 'far'", write=True)
    assert len(garbage(project).revived) == 1
    assert {f.copy.store for f in verify(project.database, project.stores).findings} == {"main", "far"}


@pytest.mark.parametrize("state", ["deleted", None])
def test_what_only_rows_know_is_looked_for(project: lw.Project, prefix: str, state: str | None) -> None:
    table = scans(project, f"{prefix}first")
    table.insert1((1, b"calm", None))
    replicate(project.database, project.stores, "main", "far")
    copies = project.database.dialect.table(f"{prefix}first", "~copy")
    change = f"UPDATE {copies} SET state = '{state}'" if state else f"DELETE FROM {copies}"
    project.connection.execute(f"{change} WHERE store = 'main'", write=True)
    assert verify(project.database, project.stores).unknown == 1
    store = project.stores("main").store
    store.delete_many([info.key for info in store.list("_hash/")])
    (finding,) = verify(project.database, project.stores, store="main").findings
    assert (finding.fault, finding.copy.store) == ("missing", "main")
    assert bool(verify(project.database, project.stores, repair=True)) is (state is not None)
    assert verify(project.database, project.stores).checked == (2 if state else 1)


def test_a_manifest_that_is_lost_is_made_anew_of_a_folder_that_is_sound(
    project: lw.Project, prefix: str, tmp_path: Path
) -> None:
    table = scans(project, f"{prefix}first")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "leaf.txt").write_bytes(b"leaf")
    table.insert1((1, None, tmp_path / "tree"))
    store = project.stores("main").store
    (manifest,) = (info.key for info in store.list(f"{MANIFESTS}/"))
    store.delete(manifest)
    assert verify(project.database, project.stores)
    assert store.head(manifest).size > 0
    store.delete(manifest)
    (leaf,) = tmp_path.glob("main/_schema/**/leaf.txt")
    leaf.write_bytes(b"else")
    assert [f.fault for f in verify(project.database, project.stores).findings] == ["missing"]


@pytest.mark.parametrize("damage", [b"{}", b""], ids=["another", "cut off"])
def test_a_manifest_that_is_damaged_is_mended(project: lw.Project, prefix: str, tmp_path: Path, damage: bytes) -> None:
    """By the folder where that is sound, and else together with it by a copy."""
    table = scans(project, f"{prefix}first")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "leaf.txt").write_bytes(b"leaf")
    table.insert1((1, None, tmp_path / "tree"))
    (manifest,) = tmp_path.glob("main/_labwright/manifest/*/*.json")
    sound = manifest.read_bytes()
    manifest.write_bytes(damage)
    assert verify(project.database, project.stores)
    assert manifest.read_bytes() == sound
    replicate(project.database, project.stores, "main", "far")
    manifest.write_bytes(damage)
    (leaf,) = tmp_path.glob("main/_schema/**/leaf.txt")
    leaf.write_bytes(b"else")
    done = verify(project.database, project.stores, repair=True)
    assert (len(done.repaired), done.findings) == (1, ())
    assert (manifest.read_bytes(), leaf.read_bytes()) == (sound, b"leaf")


def test_a_folder_that_is_called_like_a_schema_is_not_its_own(project: lw.Project, prefix: str) -> None:
    project.config.update({"stores.main.hash_prefix": f"{prefix}first"})
    one, two = scans(project, f"{prefix}first"), scans(project, f"{prefix}second")
    one.insert1((1, b"calm", None))
    two.insert1((1, b"loud", None))
    two.delete(prompt=False)
    assert len(garbage(project).quarantined) == 1
    done = garbage(project)
    assert ([c.schema for c in done.deleted], done.handed_over) == ([f"{prefix}second"], ())
    assert verify(project.database, project.stores).checked == 1


class SlowClock(MemoryStore):
    """A store whose clock is ten days behind."""

    def put_create(self, key: str, data: Bytes) -> ObjectInfo:
        super().put_create(key, data)
        info, content = self._objects[key]
        assert info.modified is not None
        self._objects[key] = replace(info, modified=info.modified - datetime.timedelta(days=10)), content
        return self._objects[key][0]


@pytest.fixture
def slow(project: lw.Project) -> Iterator[None]:
    protocols.register("slow", lambda name, _: SlowClock(name))
    project.config.update({"stores.main.protocol": "slow", "stores.main.location": None})
    yield
    protocols.unregister("slow")


def test_what_is_new_by_the_clock_of_its_store_is_left_alone(project: lw.Project, prefix: str, slow: None) -> None:
    table, store, grace = scans(project, f"{prefix}first"), project.stores("main").store, datetime.timedelta(days=7)
    table.insert1((1, b"calm", None))
    store.put_create(f"_hash/{prefix}first/on-its-way", b"new")
    store.put_create(f"{PARTS}/on-its-way", b"new")
    with table.staged_insert() as staged:
        staged.row(scan=2).store("tree")["a"] = b"a"
        assert remove_abandoned(project.database, project.stores, grace=grace, dry_run=False) == []
        assert strangers(project.database, project.stores, grace=grace, dry_run=False) == []
        assert remove_leftovers(project.database, project.stores, grace=grace, dry_run=False) == []
    assert store.get(f"_hash/{prefix}first/on-its-way") == b"new"
    assert verify(project.database, project.stores).checked == 2
    assert len(strangers(project.database, project.stores, grace=AT_ONCE, dry_run=False)) == 1
    assert len(remove_leftovers(project.database, project.stores, grace=AT_ONCE, dry_run=False)) == 1

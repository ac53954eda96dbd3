"""Collections of garbage beside what others do at the same moment, or have written into rows and stores."""

from __future__ import annotations

import datetime
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.backends.stores import own_database

import labwright as lw
from labwright.catalogue.adopt import adopt, strangers
from labwright.catalogue.gc import Collected, collect
from labwright.catalogue.replicate import replicate
from labwright.catalogue.verify import verify
from labwright.sql.url import DatabaseUrl

AT_ONCE = datetime.timedelta(0)


@pytest.fixture
def url(database_url: str, prefix: str) -> Iterator[DatabaseUrl]:
    with own_database(database_url, prefix) as url:
        yield url


@pytest.fixture
def project(url: DatabaseUrl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[lw.Project]:
    monkeypatch.chdir(tmp_path)
    with lw.Project(url) as project:
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
    for _ in range(4):
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

"""Rows that refer to objects and come into a schema otherwise than by an insert of values."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.backends.stores import own_database

import labwright as lw
from labwright.catalogue.copies import Copy, known_copies
from labwright.catalogue.gc import Collected, collect
from labwright.catalogue.verify import verify

AT_ONCE = datetime.timedelta(0)


@pytest.fixture
def project(database_url: str, prefix: str, tmp_path: Path) -> Iterator[lw.Project]:
    with own_database(database_url, prefix) as url, lw.Project(url) as project:
        project.config.update({"stores.main.protocol": "file", "stores.main.location": str(tmp_path / "main")})
        yield project


def scans(project: lw.Project, name: str, *, history: bool = False) -> Any:
    schema, keep = lw.Schema(name, connection=project), history

    @schema
    class Scan(lw.Manual):
        history = keep
        definition = """
        scan : int32
        ---
        raw = null : <hash@main>
        tree = null : <object@main>
        """

    return Scan


@pytest.fixture
def first(project: lw.Project, prefix: str, tmp_path: Path) -> Any:
    table = scans(project, f"{prefix}first")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "a.txt").write_bytes(b"leaf")
    table.insert([{"scan": i, "raw": b"%d" % i} for i in range(4)] + [{"scan": 9, "tree": tmp_path / "tree"}])
    return table


def garbage(project: lw.Project) -> Collected:
    return collect(project.database, project.stores, dry_run=False, grace=AT_ONCE)


def known(project: lw.Project, schema: str) -> list[Copy]:
    return [c for c in known_copies(project.database) if c.schema == schema]


def test_what_a_query_brings_is_known_where_it_arrives(
    project: lw.Project, prefix: str, first: Any, tmp_path: Path
) -> None:
    second = scans(project, f"{prefix}second")
    second.insert(first & "scan > 1")
    assert [c.size for c in sorted(known(project, f"{prefix}second"), key=lambda c: c.path)] == [1, 1, 4]
    assert garbage(project) == Collected(dry_run=False)
    first._schema.drop(prompt=False)
    assert garbage(project) == Collected(dry_run=False)
    assert [bytes(v) for v in (second & "scan < 9").to_arrays("raw", order_by="scan")] == [b"2", b"3"]
    assert (second & "scan = 9").fetch1("tree").fsmap["a.txt"] == b"leaf"
    assert verify(project.database, project.stores)
    second.delete(prompt=False)
    assert len(garbage(project).quarantined) == 3
    assert len(garbage(project).deleted) == 3


def test_rows_that_are_there_already_are_passed_over(project: lw.Project, prefix: str, first: Any) -> None:
    second = scans(project, f"{prefix}second")
    second.insert(first & "scan = 1")
    second.insert(first, skip_duplicates=True)
    assert len(second) == 5
    assert len(known(project, f"{prefix}second")) == 5


def test_what_was_deleted_here_is_known_again(project: lw.Project, prefix: str, first: Any) -> None:
    second = scans(project, f"{prefix}second")
    second.insert(first & "scan = 1")
    second.delete(prompt=False)
    assert not garbage(project).quarantined  # the first schema refers to it
    second.insert(first & "scan = 1")
    first.delete(prompt=False)
    garbage(project)
    garbage(project)
    assert bytes(second.fetch1("raw")) == b"1"
    assert len(known(project, f"{prefix}second")) == 1


def test_a_refused_query_leaves_nothing_in_the_catalogue(project: lw.Project, prefix: str, first: Any) -> None:
    second = scans(project, f"{prefix}second")
    second.insert1({"scan": 3, "raw": b"other"})
    with pytest.raises(lw.errors.DuplicateError):
        second.insert(first)
    assert len(known(project, f"{prefix}second")) == 1
    assert garbage(project) == Collected(dry_run=False)


def test_undone_deletions_find_their_objects(project: lw.Project, prefix: str) -> None:
    table = scans(project, f"{prefix}kept", history=True)
    table.insert([{"scan": i, "raw": b"%d" % i} for i in range(3)])
    with lw.acting_as("ana", why="by mistake"):
        table.delete(prompt=False)
    assert garbage(project) == Collected(dry_run=False)
    for scan in range(3):
        lw.undo(table.history({"scan": scan})[0], project=project)
    garbage(project)
    assert garbage(project) == Collected(dry_run=False)
    assert [bytes(v) for v in table.to_arrays("raw", order_by="scan")] == [b"0", b"1", b"2"]


def test_a_table_that_was_renamed_keeps_its_objects(project: lw.Project, prefix: str, first: Any) -> None:
    dialect, schema = project.database.dialect, f"{prefix}first"
    old, new = dialect.table(schema, "scan"), dialect.table(schema, "picture")
    bare = dialect.quote("picture") if dialect.name == "postgres" else new
    project.connection.execute(f"ALTER TABLE {old} RENAME TO {bare}", write=True)
    assert garbage(project) == Collected(dry_run=False)
    assert verify(project.database, project.stores)

"""Garbage and the classic layout: rows that hold uuids count, those of ``~external_<store>`` and of history too."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.backends.stores import own_database

import labwright as lw
from labwright.catalogue.adopt import adopt, strangers, uncatalogued
from labwright.catalogue.copies import known_copies
from labwright.catalogue.gc import Collected, collect
from labwright.catalogue.holds import hold
from labwright.catalogue.verify import verify
from labwright.sql.objects import COPY
from labwright.tables.config import Config

AT_ONCE = datetime.timedelta(0)


@dataclass(frozen=True)
class Lab:
    """A table whose values are in a store in the classic layout, without history."""

    project: lw.Project
    schema: lw.Schema
    table: Any
    folder: Path

    def stored(self) -> set[str]:
        root = self.folder / "raw"
        found = {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()}
        return {key for key in found if not key.startswith("_labwright/")}

    def collect(self) -> Collected:
        return collect(self.project.database, self.project.stores, dry_run=False, grace=AT_ONCE)

    def sql(self, text: str) -> None:
        self.project.connection.execute(text, write=True)

    def name(self, table: str) -> str:
        return self.project.database.dialect.table(self.schema.database_name, table)


@pytest.fixture
def lab(database_url: str, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stage").mkdir()
    with own_database(database_url, prefix) as url, lw.Project(url, settings=Config(tmp_path)) as project:
        project.config["stores"] = {
            "raw": {"protocol": "file", "location": str(tmp_path / "raw"), "stage": str(tmp_path / "stage")}
        }
        schema = lw.Schema(f"{prefix}lab", connection=project, generation="classic")

        @schema
        class Scan(lw.Manual):
            history = False
            definition = """
            scan : int
            ---
            movie = null : blob@raw
            notes = null : attach@raw
            path = null : filepath@raw
            """

        for i in range(3):
            (tmp_path / "notes.txt").write_text(f"{i}")
            (tmp_path / "stage" / f"{i}.bin").write_bytes(b"%d" % i)
            path = tmp_path / "stage" / f"{i}.bin"
            Scan.insert1({"scan": i, "movie": [i], "notes": tmp_path / "notes.txt", "path": path})
        yield Lab(project, schema, Scan, tmp_path)


def test_what_rows_refer_to_is_never_garbage(lab: Lab) -> None:
    assert lab.collect() == lab.collect() == Collected(dry_run=False)
    assert len(lab.stored()) == 9


def test_what_others_are_told_is_there_is_never_garbage(lab: Lab) -> None:
    lab.table.delete(prompt=False)
    assert lab.collect() == lab.collect() == Collected(dry_run=False)
    assert len(lab.stored()) == 9


def test_what_was_forgotten_is_garbage_but_for_files_of_the_user(lab: Lab) -> None:
    (lab.table & "scan > 0").delete(prompt=False)
    lab.schema.external["raw"].delete(delete_external_files=False)
    assert len(lab.collect().quarantined) == 4
    assert len(lab.collect().deleted) == 4
    left = lab.stored()
    assert len(left) == 5
    assert {"0.bin", "1.bin", "2.bin"} <= left
    assert (lab.table & "scan = 0").fetch1("movie") == [0]


def test_a_row_counts_whose_object_others_have_forgotten(lab: Lab) -> None:
    """Foreign keys forbid that, where nobody has turned them off."""
    other = "TEXT" if lab.project.connection.backend == "sqlite" else "uuid"
    kind = "binary(16)" if lab.project.connection.backend == "mysql" else other
    check = ' CHECK (length("hash") = 36)' if kind == "TEXT" else ""
    lab.sql(f"CREATE TABLE {lab.name('kept')} (hash {kind}{check})")
    lab.sql(f"INSERT INTO {lab.name('kept')} (hash) SELECT movie FROM {lab.name('scan')}")
    lab.table.delete(prompt=False)
    lab.sql(f"DELETE FROM {lab.name('~external_raw')} WHERE attachment_name IS NULL")
    lab.collect()
    lab.collect()
    assert len([key for key in lab.stored() if key.startswith(lab.schema.database_name)]) == 6


def test_what_is_held_is_not_deleted_on_demand(lab: Lab) -> None:
    hold(lab.project.database, "export of spring", known_copies(lab.project.database))
    (lab.table & "scan = 2").delete(prompt=False)
    errors = lab.schema.external["raw"].delete(delete_external_files=True)
    assert len(errors) == 2
    assert all("is held for export of spring" in text for _, _, text in errors)
    assert len(lab.stored()) == 8


def test_what_others_stored_enters_the_catalogue(lab: Lab) -> None:
    lab.sql(f"DELETE FROM {lab.name(COPY)}")
    database, stores = lab.project.database, lab.project.stores
    assert len(uncatalogued(database, stores)) == 6
    adopted = adopt(database, stores)
    assert (adopted.objects, adopted.problems) == (6, ())
    assert not uncatalogued(database, stores)
    assert verify(database, stores).checked == 6
    assert lab.collect() == Collected(dry_run=False)


def test_what_failed_inserts_left_is_found_in_the_store(lab: Lab) -> None:
    mine = lab.folder / "raw" / lab.schema.database_name / "mine.bin"
    mine.write_bytes(b"of the user")
    with pytest.raises(lw.errors.DuplicateError):
        lab.table.insert1({"scan": 0, "movie": "never seen before"})
    database, stores = lab.project.database, lab.project.stores
    assert strangers(database, stores, grace=datetime.timedelta(days=1), dry_run=False) == []
    assert len(strangers(database, stores, grace=AT_ONCE, dry_run=False)) == 1
    assert len(lab.collect().deleted) == 1
    assert len(lab.stored()) == 10
    assert mine.exists()
    assert lab.table.fetch("movie", order_by="scan").tolist() == [[0], [1], [2]]

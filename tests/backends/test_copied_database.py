"""A database that was copied, with all that it says of itself: neither collects what the other has in a store."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from tests.backends.stores import opened, own_database

import labwright as lw
from labwright.catalogue.claims import claims_in, release
from labwright.catalogue.gc import Collected, collect
from labwright.catalogue.verify import verify
from labwright.core.errors import ConfigError
from labwright.sql.url import DatabaseUrl

NOW: Final = datetime.timedelta(0)


@pytest.fixture
def url(database_url: str, prefix: str) -> Iterator[DatabaseUrl]:
    with own_database(database_url, prefix) as url:
        yield url


class Lab:
    """A schema, and another database that was made of the same files: they differ in what they know of claims."""

    def __init__(self, url: DatabaseUrl, folder: Path, prefix: str) -> None:
        self.name, self._url, self._folder = f"{prefix}lab", url, folder
        with self.project() as project:
            schema = lw.Schema(self.name, connection=project)

            @schema
            class Scan(lw.Manual):
                history = False
                definition = "scan : int32\n---\nraw : <hash@main>"

            Scan.insert1((0, b"first"))
        self.copied = self.claim

    def project(self) -> lw.Project:
        return opened(self._url, self._folder, "main")

    @property
    def claim(self) -> str:
        with self.project() as project:
            table = project.database.dialect.table(self.name, "~store")
            ((number,),) = project.connection.fetch(f"SELECT claim FROM {table}")
            return str(number)

    def go_over(self) -> None:
        """Be the other database."""
        self.copied, mine = self.claim, self.copied
        with self.project() as project:
            table, mark = project.database.dialect.table(self.name, "~store"), project.database.dialect.placeholder
            project.connection.execute(f"UPDATE {table} SET claim = {mark}", (mine,), write=True)

    def insert(self, key: int) -> None:
        with self.project() as project:
            scan: Any = lw.virtual_schema(self.name, connection=project).Scan
            scan.insert1((key, b"%d" % key))

    def collect(self) -> Collected:
        with self.project() as project:
            return collect(project.database, project.stores, dry_run=False, grace=NOW)

    def claims(self) -> list[str]:
        with self.project() as project:
            return [claim.number for claim in claims_in(project.stores("main").store)]

    def release(self, number: str) -> None:
        with self.project() as project:
            release(project.database, project.stores("main"), number, [self.name])

    def leave(self, number: str, follows: str) -> None:
        """Leave what a collection leaves that died."""
        with self.project() as project:
            store = project.stores("main").store
            (claim,) = (c for c in claims_in(store) if c.number == self.claim)
            told = {"schema": self.name, "database": claim.database} | ({"follows": follows} if follows else {})
            store.put_create(f"_labwright/claims/{number}.json", json.dumps(told).encode())


@pytest.fixture
def lab(url: DatabaseUrl, tmp_path: Path, prefix: str) -> Lab:
    return Lab(url, tmp_path, prefix)


def test_once_one_has_collected_the_other_does_not(lab: Lab) -> None:
    lab.collect()
    lab.go_over()
    with pytest.raises(ConfigError, match=r"have been copied, or restored|a copy of this database has taken it"):
        lab.collect()
    lab.go_over()
    assert lab.collect() == Collected(dry_run=False)


def test_once_the_other_has_put_something_neither_does(lab: Lab) -> None:
    lab.collect()
    lab.go_over()
    lab.insert(1)
    for _ in range(2):
        with pytest.raises(ConfigError, match="have been copied, or restored"):
            lab.collect()
        lab.go_over()
    lab.release(lab.copied)
    assert lab.collect() == Collected(dry_run=False)
    lab.go_over()
    with pytest.raises(ConfigError, match="have been copied, or restored"):
        lab.collect()


def test_who_was_restored_goes_on_when_the_claim_of_later_is_released(lab: Lab) -> None:
    lab.collect()
    lab.collect()
    lab.go_over()
    with pytest.raises(ConfigError):
        lab.collect()
    lab.release(lab.claims()[0])
    assert lab.collect() == lab.collect() == Collected(dry_run=False)


def test_a_collection_that_died_is_in_nobodys_way(lab: Lab) -> None:
    lab.collect()
    lab.leave("a" * 32, follows=lab.claim)
    assert lab.collect() == Collected(dry_run=False)
    assert lab.claims() == [lab.claim]
    before = lab.claim
    lab.collect()
    lab.leave(before, follows="b" * 32)
    assert lab.collect() == lab.collect() == Collected(dry_run=False)
    assert lab.claims() == [lab.claim]


def test_a_claim_that_was_never_noted_is_in_nobodys_way(lab: Lab) -> None:
    lab.leave("a" * 32, follows="")
    assert lab.collect() == lab.collect() == Collected(dry_run=False)


def test_a_schema_that_is_copied_or_renamed_by_hand_loses_nothing(lab: Lab, url: DatabaseUrl) -> None:
    if url.backend != "postgres":
        pytest.skip("there is no statement that renames a schema")
    renamed = f"{lab.name}_renamed"
    with lab.project() as project:
        project.connection.script([f"ALTER SCHEMA {lab.name} RENAME TO {renamed}"])
    old, lab.name = lab.name, renamed
    lab.insert(1)
    assert lab.collect() == Collected(dry_run=False)
    with lab.project() as project:
        copy, tables = lw.Schema(old, connection=project), ("~object", "~copy", "~hold", "~store", "~labwright", "scan")

        @copy
        class Scan(lw.Manual):
            history = False
            definition = "scan : int32\n---\nraw : <hash@main>"

        Scan.insert1((0, b"first"))  # found in the folder that has this name
        project.connection.script(
            [f'INSERT INTO {old}."{t}" SELECT * FROM {renamed}."{t}" ON CONFLICT DO NOTHING' for t in tables]
        )
    for _ in range(3):
        assert lab.collect() == Collected(dry_run=False)
    with lab.project() as project:
        lw.Schema(old, connection=project).drop(prompt=False)
        assert collect(project.database, project.stores, dry_run=False, grace=NOW) == Collected(dry_run=False)
        scan: Any = lw.virtual_schema(renamed, connection=project).Scan
        assert sorted(map(bytes, scan.to_arrays("raw"))) == [b"1", b"first"]
        assert verify(project.database, project.stores)

"""Collecting garbage: what rows refer to stays, what nothing refers to goes, and in doubt nothing goes."""

from __future__ import annotations

import datetime
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import labwright as lw
from labwright.catalogue.adopt import adopt, strangers, uncatalogued
from labwright.catalogue.claims import claims_in, release
from labwright.catalogue.copies import known_copies
from labwright.catalogue.gc import Collected, collect
from labwright.catalogue.holds import hold, let_go_of
from labwright.catalogue.leftovers import remove_leftovers
from labwright.catalogue.replicate import replicate
from labwright.catalogue.verify import verify
from labwright.core.errors import AccessError, ConfigError
from labwright.sql.object_references import common_now
from labwright.sql.objects import COPY
from labwright.sql.url import DatabaseUrl, parse_url
from labwright.storage.layout import PARTS
from labwright.tables.config import Config

AT_ONCE = datetime.timedelta(0)


@dataclass(frozen=True)
class Lab:
    """A table whose values are in a store, and nothing beside it."""

    project: lw.Project
    schema: lw.Schema
    table: type[lw.Manual]
    folder: Path
    url: DatabaseUrl

    def files(self) -> set[bytes]:
        return {p.read_bytes() for p in (self.folder / "_hash").rglob("*") if p.is_file()}

    def collect(self, grace: datetime.timedelta = AT_ONCE, *, dry_run: bool = False) -> Collected:
        return collect(self.project.database, self.project.stores, dry_run=dry_run, grace=grace)

    def sql(self, text: str) -> None:
        self.project.connection.execute(text, write=True)

    def name(self, table: str) -> str:
        return self.project.database.dialect.table(self.schema.database_name, table)


@pytest.fixture
def lab(alone: DatabaseUrl, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    monkeypatch.chdir(tmp_path)
    with lw.Project(alone) as project:
        project.config.update({"stores.main.protocol": "file", "stores.main.location": str(tmp_path / "main")})
        schema = lw.Schema(f"{prefix}lab", connection=project)

        @schema
        class Scan(lw.Manual):
            history = False
            definition = """
            scan : int32
            ---
            raw = null : <hash@main>
            """

        Scan.insert([(i, b"%d" % i) for i in range(5)])
        yield Lab(project, schema, Scan, tmp_path / "main", alone)


def test_nothing_is_garbage_while_rows_refer_to_it(lab: Lab) -> None:
    assert lab.collect() == Collected(dry_run=False)
    assert len(lab.files()) == 5


def test_garbage_goes_in_two_steps(lab: Lab) -> None:
    (lab.table & "scan > 2").delete(prompt=False)
    assert sorted(c.size for c in lab.collect(dry_run=True).quarantined) == [1, 1]
    assert len(lab.collect().quarantined) == 2
    assert lab.files() == {b"0", b"1", b"2", b"3", b"4"}
    waiting = lab.collect(datetime.timedelta(days=1))
    assert (len(waiting.waiting), waiting.deleted) == (2, ())
    assert len(lab.collect(dry_run=True).deleted) == 2
    assert lab.files() == {b"0", b"1", b"2", b"3", b"4"}
    assert len(lab.collect().deleted) == 2
    assert lab.files() == {b"0", b"1", b"2"}
    assert lab.collect() == Collected(dry_run=False)


def test_what_is_used_again_leaves_quarantine(lab: Lab) -> None:
    (lab.table & "scan > 2").delete(prompt=False)
    lab.collect()
    lab.table.insert1((7, b"3"))
    found = lab.collect()
    assert [c.size for c in found.deleted] == [1]
    assert bytes((lab.table & "scan = 7").fetch1("raw")) == b"3"


def test_rows_of_other_programs_count(lab: Lab) -> None:
    (lab.table & "scan = 4").delete(prompt=False)
    lab.collect()
    lab.sql(f"INSERT INTO {lab.name('scan')} (scan, raw) SELECT 9, raw FROM {lab.name('scan')} WHERE scan = 3")
    (lab.table & "scan = 3").delete(prompt=False)
    lab.collect()
    assert lab.files() == {b"0", b"1", b"2", b"3"}
    assert bytes((lab.table & "scan = 9").fetch1("raw")) == b"3"


def test_deleted_content_can_be_put_anew(lab: Lab) -> None:
    (lab.table & "scan = 4").delete(prompt=False)
    lab.collect()
    lab.collect()
    lab.table.insert1((4, b"4"))
    assert bytes((lab.table & "scan = 4").fetch1("raw")) == b"4"
    assert lab.collect() == Collected(dry_run=False)


def test_what_history_keeps_is_kept(lab: Lab) -> None:
    @lab.schema
    class Note(lw.Manual):
        definition = """
        note : int32
        ---
        file : <hash@main>
        """

    Note.insert1((1, b"first"))
    Note.update1({"note": 1, "file": b"second"})
    Note.delete(prompt=False)
    assert lab.collect() == Collected(dry_run=False)
    lw.undo(Note.history({"note": 1})[0], project=lab.project)
    assert bytes(Note.fetch1("file")) == b"second"


def test_a_writer_who_has_not_committed_keeps_its_object(lab: Lab) -> None:
    if lab.project.connection.backend == "sqlite":
        pytest.skip("one writer at a time: a collection waits for the other")
    (lab.table & "scan = 4").delete(prompt=False)
    lab.collect()
    done: list[Collected] = []

    def run() -> None:
        done.append(lab.collect())

    with lw.Project(lab.url, settings=lab.project.config) as other:
        mine = lw.virtual_schema(lab.schema.database_name, connection=other)
        with other.connection.transaction:
            mine.Scan.insert1((8, b"4"))
            thread = threading.Thread(target=run)
            thread.start()
            thread.join(0.5)
            assert thread.is_alive() or not done[0].deleted
        thread.join()
    assert done[0].deleted == ()
    assert bytes((lab.table & "scan = 8").fetch1("raw")) == b"4"


def test_a_stranger_in_the_store_stops_it(lab: Lab) -> None:
    (lab.table & "scan = 4").delete(prompt=False)
    (claim,) = claims_in(lab.project.stores("main").store)
    other = replace(claim, number="f" * 32, schema="other")
    lab.project.stores("main").store.put_create(other.key, b'{"schema": "other", "database": "elsewhere"}')
    with pytest.raises(ConfigError, match=r"is used by others .*schema 'other' of elsewhere"):
        lab.collect()
    release(lab.project.database, lab.project.stores("main"), other.number, [lab.schema.database_name])
    assert len(lab.collect().quarantined) == 1


def test_another_store_of_the_same_name_stops_it(lab: Lab, tmp_path: Path) -> None:
    lab.project.config.update({"stores.main.location": str(tmp_path / "another")})
    with pytest.raises(ConfigError, match="lacks the claim"):
        lab.collect()


def test_a_copy_of_the_database_may_not_collect(lab: Lab) -> None:
    (claim,) = claims_in(lab.project.stores("main").store)
    store = lab.project.stores("main").store
    store.delete(claim.key)
    store.put_create(claim.key, b'{"schema": "lab", "database": "the first one"}')
    with pytest.raises(ConfigError, match="of the first one"):
        lab.collect()
    release(lab.project.database, lab.project.stores("main"), claim.number, [lab.schema.database_name])
    assert lab.collect() == Collected(dry_run=False)


def test_a_dropped_schema_takes_its_claim_along(lab: Lab) -> None:
    lab.schema.drop(prompt=False)
    assert not list(claims_in(lab.project.stores("main").store))


def test_who_sees_less_may_not_collect(lab: Lab, database_url: str, prefix: str) -> None:
    if lab.project.connection.backend == "sqlite":
        pytest.skip("who reads the file reads all of it")
    schema = lab.schema.database_name
    reader = f"{prefix}r"[-20:]
    with lw.Connection(
        database_url if lab.project.connection.backend == "mysql" else _of(database_url, lab.url)
    ) as root:
        if root.backend == "postgres":
            make = [
                f"CREATE ROLE \"{reader}\" LOGIN PASSWORD 'x'",
                f'GRANT USAGE ON SCHEMA "{schema}" TO "{reader}"',
                f'GRANT SELECT ON "{schema}"."{COPY}" TO "{reader}"',
            ]
            away = [f'DROP OWNED BY "{reader}"', f'DROP ROLE "{reader}"']
        else:
            make = [
                f"CREATE USER `{reader}`@`%%` IDENTIFIED BY 'x'",
                f"GRANT SELECT ON `{schema}`.`{COPY}` TO `{reader}`@`%%`",
            ]
            away = [f"DROP USER `{reader}`@`%%`"]
        root.script(make)
        try:
            with (
                lw.Project(replace(lab.url, user=reader, password="x"), settings=lab.project.config) as project,
                pytest.raises(AccessError, match="You may not read"),
            ):
                collect(project.database, project.stores)
        finally:
            root.script(away)


def _of(url: str, within: DatabaseUrl) -> DatabaseUrl:
    return replace(parse_url(url), database=within.database)


def test_damage_is_found_and_mended(lab: Lab, tmp_path: Path) -> None:
    lab.project.config.update({"stores.far.protocol": "file", "stores.far.location": str(tmp_path / "far")})
    database, stores = lab.project.database, lab.project.stores
    assert replicate(database, stores, "main", "far").objects == 5
    assert replicate(database, stores, "main", "far").objects == 0
    files = sorted(p for p in (lab.folder / "_hash").rglob("*") if p.is_file())
    files[0].write_bytes(b"!")
    files[1].unlink()
    found = verify(database, stores)
    assert (found.checked, sorted(f.fault for f in found.findings)) == (10, ["damaged", "missing"])
    assert [f.fault for f in verify(database, stores, quick=True).findings] == ["missing"]
    assert len(verify(database, stores, repair=True).repaired) == 2
    assert verify(database, stores)
    assert lab.files() == {b"0", b"1", b"2", b"3", b"4"}
    assert lab.collect() == Collected(dry_run=False)


def test_what_cannot_be_mended_is_told(lab: Lab) -> None:
    next(p for p in (lab.folder / "_hash").rglob("*") if p.is_file()).unlink()
    found = verify(lab.project.database, lab.project.stores, repair=True)
    assert (len(found.findings), found.repaired, bool(found)) == (1, (), False)


def test_what_a_killed_writer_left_is_found_in_the_store(lab: Lab) -> None:
    database, stores = lab.project.database, lab.project.stores
    stores("main").store.put_create(f"_hash/{lab.schema.database_name}/left", b"left")
    stores("main").store.put_create("_hash/of_somebody_else/left", b"theirs")
    assert strangers(database, stores, grace=datetime.timedelta(days=1), dry_run=False) == []
    found = strangers(database, stores, grace=AT_ONCE, dry_run=False)
    assert [size for _, _, size in found] == [4]
    assert len(lab.collect().deleted) == 1
    assert b"left" not in lab.files()
    assert b"theirs" in lab.files()


def test_what_others_stored_enters_the_catalogue(lab: Lab) -> None:
    lab.sql(f"DELETE FROM {lab.name(COPY)}")
    assert len(uncatalogued(lab.project.database, lab.project.stores)) == 5
    assert adopt(lab.project.database, lab.project.stores).objects == 5
    assert verify(lab.project.database, lab.project.stores).checked == 5
    assert not uncatalogued(lab.project.database, lab.project.stores)


def test_what_is_held_is_kept(lab: Lab) -> None:
    database = lab.project.database
    hold(database, "export of spring", known_copies(database))
    lab.table.delete(prompt=False)
    assert lab.collect() == Collected(dry_run=False)
    let_go_of(database, "export of spring")
    assert len(lab.collect().quarantined) == 5


def test_what_a_killed_collection_deleted_is_given_up_or_told(lab: Lab, tmp_path: Path) -> None:
    lab.project.config.update({"stores.far.protocol": "file", "stores.far.location": str(tmp_path / "far")})
    database, stores = lab.project.database, lab.project.stores
    replicate(database, stores, "main", "far")
    (lab.table & "scan = 4").delete(prompt=False)
    lab.collect()
    for path in (tmp_path / "main", tmp_path / "far"):  # the bytes go, and then the process dies
        next(p for p in (path / "_hash").rglob("*") if p.is_file() and p.read_bytes() == b"4").unlink()
    lab.table.insert1((4, b"4"))
    lab.collect()
    assert bytes((lab.table & "scan = 4").fetch1("raw")) == b"4"
    assert verify(database, stores)


def test_a_copy_that_was_cut_off_is_known_again(lab: Lab, tmp_path: Path) -> None:
    lab.project.config.update({"stores.far.protocol": "file", "stores.far.location": str(tmp_path / "far")})
    database, stores = lab.project.database, lab.project.stores
    replicate(database, stores, "main", "far")
    lab.sql(f"DELETE FROM {lab.name(COPY)} WHERE store = 'far'")
    assert len(strangers(database, stores, grace=AT_ONCE, dry_run=False)) == 5
    assert len(lab.collect().revived) == 5
    assert verify(database, stores).checked == 10
    assert verify(database, stores)


def test_a_claim_of_a_writer_that_died_is_no_stranger(lab: Lab) -> None:
    store = lab.project.stores("main").store
    (claim,) = claims_in(store)
    store.put_create(replace(claim, number="e" * 32).key, store.get(claim.key))
    assert lab.collect() == Collected(dry_run=False)


def test_a_schema_of_another_name_is_known_by_its_claim_or_says_so(lab: Lab) -> None:
    store = lab.project.stores("main").store
    (claim,) = claims_in(store)
    store.delete(claim.key)
    text = f'{{"schema": "before", "database": {json.dumps(claim.database)}}}'
    store.put_create(claim.key, text.encode())
    if lab.project.connection.backend == "mysql":  # a schema of that name may be there, of which this is a copy
        with pytest.raises(ConfigError, match="schema 'before'"):
            lab.collect()
        release(lab.project.database, lab.project.stores("main"), claim.number, [lab.schema.database_name])
        assert list(claims_in(store)) == [claim]
    assert lab.collect() == Collected(dry_run=False)
    assert [c.schema for c in claims_in(store)] == [lab.schema.database_name]


def test_a_folder_with_the_database_and_its_store_may_move(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    for place in ("here", "there"):
        folder = tmp_path / place
        if not folder.exists():
            (tmp_path / "here").rename(folder)
        with lw.Project(f"sqlite:///{folder}/lab.db", settings=Config(folder)) as project:
            project.config.update({"stores.main.protocol": "file", "stores.main.location": str(folder / "main")})
            schema = lw.Schema("lab", connection=project)

            @schema
            class Scan(lw.Manual):
                definition = """
                scan : int32
                ---
                raw : <hash@main>
                """

            Scan.insert1((1, b"1"), skip_duplicates=True)
            assert collect(project.database, project.stores) == Collected(dry_run=True)


def test_files_of_our_own_that_nobody_needs_go(lab: Lab, tmp_path: Path) -> None:
    @lab.schema
    class Folder(lw.Manual):
        history = False
        definition = """
        number : int32
        ---
        files : <object@main>
        """

    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text(name)
    Folder.insert([(1, tmp_path / "a"), (2, tmp_path / "b")])
    (Folder & "number = 2").delete(prompt=False)
    lab.collect()
    lab.collect()
    database, stores = lab.project.database, lab.project.stores
    (lab.folder / PARTS / "died").write_bytes(b"half")
    assert remove_leftovers(database, stores, grace=datetime.timedelta(days=1), dry_run=False) == []
    assert len(remove_leftovers(database, stores, grace=AT_ONCE, dry_run=True)) == 2
    assert len(remove_leftovers(database, stores, grace=AT_ONCE, dry_run=False)) == 2
    assert verify(database, stores)
    assert remove_leftovers(database, stores, grace=AT_ONCE) == []


def test_the_grace_period_goes_by_the_clock_of_the_server(lab: Lab) -> None:
    connection, dialect = lab.project.connection, lab.project.database.dialect
    ours = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    shared = datetime.datetime.fromisoformat(common_now(connection, dialect))
    assert abs(shared - ours) < datetime.timedelta(minutes=1)  # servers of the tests run on this machine
    (lab.table & "scan = 4").delete(prompt=False)
    lab.collect()
    since = connection.fetch(f"SELECT since FROM {lab.name(COPY)} WHERE state = 'quarantined'")[0][0]
    assert datetime.datetime.fromisoformat(str(since)) >= shared

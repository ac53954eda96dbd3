"""Rows whose files are written where they are to stay: there when they are complete, and nothing of them otherwise."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile
import zarr
from tests.backends.stores import own_database
from tests.storage.servers import make_bucket, s3_server

import labwright as lw
from labwright.catalogue.abandoned import remove_abandoned
from labwright.catalogue.adopt import strangers
from labwright.catalogue.gc import collect
from labwright.catalogue.staging_records import open_stagings, staging_folder
from labwright.catalogue.verify import verify
from labwright.core.errors import (
    BucketInaccessible,
    CodecError,
    DataError,
    DuplicateError,
    IntegrityError,
    LabwrightError,
    LockError,
    MissingAttributeError,
    UnknownAttributeError,
)
from labwright.storage.base import Bytes, ObjectInfo
from labwright.storage.memory import MemoryStore
from labwright.storage.protocols import protocols
from labwright.tables.config import Config
from labwright.tables.staging import StagedInsert, StagedRow

NOW = datetime.timedelta(0)
DEFINITION = """
scan : int32
---
note = null : varchar(20)
movie = null : <zarr@main>
trace = null : <npy@main>
raw = null : <object@main>
hashed = null : <blob@main>
"""


@pytest.fixture
def lab(database_url: str, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[lw.Project]:
    """A database of its own, because garbage is looked for in all that there is."""
    monkeypatch.chdir(tmp_path)
    with own_database(database_url, prefix) as url, lw.Project(url, settings=Config(tmp_path)) as project:
        project.config.update(
            {
                "stores.main.protocol": "file",
                "stores.main.location": str(tmp_path / "main"),
                "stores.default": "main",
            }
        )
        yield project


@pytest.fixture
def scan(lab: lw.Project, prefix: str) -> type[lw.Manual]:
    return declared(lab, prefix)


def declared(project: lw.Project, prefix: str) -> type[lw.Manual]:
    schema = lw.Schema(f"{prefix}lab", connection=project)

    @schema
    class Scan(lw.Manual):
        definition = DEFINITION

    return Scan


def keys(project: lw.Project) -> list[str]:
    """What the store holds but claims."""
    found = [info.key for info in project.stores("main").store.list()]
    return [key for key in found if not key.startswith("_labwright/claims/")]


@contextmanager
def failing(kind: type[BaseException], match: str | None = None) -> Iterator[pytest.ExceptionInfo[BaseException]]:
    """A block that ends with an error."""
    with pytest.raises(kind, match=match) as caught:
        yield caught


def stop() -> None:
    raise ZeroDivisionError("zero")


def fill(row: StagedRow) -> None:
    """A row with an array, which grows, and a folder and a file beside it."""
    movie: Any = zarr.open(row.store("movie"), mode="w", shape=(20, 10), chunks=(5, 10), dtype="i2")
    movie[:] = 3
    movie.append(np.ones((3, 10), "i2"))
    with row.open("trace") as file:
        np.save(file, np.arange(5.0))
    row.store("raw")["a/b.bin"] = b"12"
    with row.open("raw", subpath="c.txt", mode="w") as file:
        file.write("é")


def check(table: type[lw.Manual], key: int) -> None:
    """The row has what `fill` has written."""
    row = (table & {"scan": key}).fetch1()
    assert (row["movie"].shape, str(row["movie"].dtype)) == ((23, 10), "int16")
    assert row["movie"].zarr[:].sum() == 3 * 200 + 30
    assert (row["trace"].shape, row["trace"][3]) == ((5,), 3.0)
    assert row["raw"].listdir() == ["a", "c.txt"]
    assert (row["raw"].is_dir, row["raw"].item_count, row["raw"].size) == (True, 2, 4)
    assert row["raw"].timestamp is not None
    assert row["raw"].open("c.txt").read() == "é".encode()
    assert all(row[name].verify() for name in ("trace", "raw"))


def test_one_row(lab: lw.Project, scan: type[lw.Manual]) -> None:
    with scan.staged_insert1 as staged:
        staged.rec["scan"] = 1
        staged.rec["note"] = "first"
        fill(staged)
        assert len(scan) == 0
    check(scan, 1)
    assert scan.fetch1("note") == "first"
    assert scan.fetch1("raw").path.startswith(f"_schema/{scan().database}/{scan().table_name}/scan=1/raw_")
    assert verify(lab.database, lab.stores).findings == ()
    assert open_stagings(lab.stores("main")) == []


def test_many_rows_are_there_at_once(lab: lw.Project, scan: type[lw.Manual]) -> None:
    with scan.staged_insert() as staged:
        for key in (1, 2, 3):
            fill(staged.row(scan=key, note=f"n{key}"))
        staged.row(scan=4)
    assert scan.to_arrays("scan", order_by="scan").tolist() == [1, 2, 3, 4]
    for key in (1, 2, 3):
        check(scan, key)
    assert verify(lab.database, lab.stores).findings == ()
    collect(lab.database, lab.stores, dry_run=False, grace=NOW)
    collect(lab.database, lab.stores, dry_run=False, grace=NOW)
    check(scan, 3)


def test_the_file_system_writes_what_is_staged(lab: lw.Project, scan: type[lw.Manual]) -> None:
    with scan.staged_insert1 as staged:
        staged.rec["scan"] = 1
        folder = staged.store("raw", "dat").root
        assert folder.endswith(".dat")
        with staged.fs.open(f"{folder}/x/y", "wb") as file:
            file.write(b"abc")
        staged.fs.pipe({f"{folder}/gone": b"1", f"{folder}/kept": b"2"})
        staged.fs.rm(f"{folder}/gone")
        assert sorted(staged.fs.find(folder)) == [f"{folder}/kept", f"{folder}/x/y"]
        with pytest.raises(DataError, match="not among what is staged"):
            staged.fs.pipe_file("_schema/of/somebody/else", b"")
        with staged.open("raw", mode="rb", subpath="kept") as read:
            assert read.read() == b"2"
    assert scan.fetch1("raw").listdir() == ["kept", "x"]
    assert scan.fetch1("raw").ext == ".dat"


def a_division(row: StagedRow) -> None:
    stop()


def an_interrupt(row: StagedRow) -> None:
    raise KeyboardInterrupt("stop")


def no_array(row: StagedRow) -> None:
    with row.open("trace") as file:
        file.write(b"no array")


def a_long_array(row: StagedRow) -> None:
    with row.open("trace") as file:
        np.save(file, np.arange(5.0))
        file.write(b"more")


def a_text_that_is_too_long(row: StagedRow) -> None:
    row.rec["note"] = "n" * 21


def an_unknown_attribute(row: StagedRow) -> None:
    row.rec["colour"] = "red"


def another_key(row: StagedRow) -> None:
    row.rec["scan"] = 77


def an_open_file(row: StagedRow) -> None:
    OPEN.append(row.open("raw", subpath="open"))
    OPEN[-1].write(b"x" * 9_000_000)


def a_value_of_its_own(row: StagedRow) -> None:
    row.rec["raw"] = b"123"


def a_hashed_value(row: StagedRow) -> None:
    row.store("hashed")


def no_mode(row: StagedRow) -> None:
    row.open("raw", mode="r+b")


OPEN: list[Any] = []
"""Files that nobody closes."""
FAULTS: list[tuple[Callable[[StagedRow], None], type[BaseException], str]] = [
    (a_division, ZeroDivisionError, "zero"),
    (an_interrupt, KeyboardInterrupt, "stop"),
    (no_array, DataError, "row 1 .*scan=2.*'trace'.*does not begin like a .npy file"),
    (a_long_array, DataError, "row 1 .*'trace'.*its header says that it has 168 bytes, and it has 172"),
    (a_text_that_is_too_long, DataError, "'note'"),
    (an_unknown_attribute, UnknownAttributeError, "colour"),
    (another_key, DataError, "it has changed"),
    (an_open_file, DataError, "still open"),
    (a_value_of_its_own, DataError, "'raw' has a value in `rec`, and files as well"),
    (a_hashed_value, CodecError, "<blob@main>.*staged for types"),
    (no_mode, DataError, "r\\+b"),
]


@pytest.mark.parametrize(("fault", "kind", "says"), FAULTS, ids=lambda value: getattr(value, "__name__", ""))
def test_nothing_is_left(
    lab: lw.Project,
    scan: type[lw.Manual],
    fault: Callable[[StagedRow], None],
    kind: type[BaseException],
    says: str,
) -> None:
    with failing(kind, match=says), scan.staged_insert() as staged:
        fill(staged.row(scan=1))
        row = staged.row(scan=2)
        fill(row)
        fault(row)
    assert len(scan) == 0
    assert keys(lab) == []


def test_a_key_that_is_taken(lab: lw.Project, scan: type[lw.Manual]) -> None:
    scan.insert1({"scan": 1})
    with failing(DuplicateError, match="scan=1"), scan.staged_insert() as staged:
        staged.row(scan=1).store("raw")
    with failing(DuplicateError, match="row 1"), scan.staged_insert() as staged:
        fill(staged.row(scan=2))
        fill(staged.row(scan=2))
    with failing(MissingAttributeError, match="'scan'"), scan.staged_insert1 as one:
        one.store("raw")
    assert keys(lab) == []


def test_two_who_stage_the_same_row(lab: lw.Project, scan: type[lw.Manual]) -> None:
    with failing(DuplicateError, match="scan=1"), scan.staged_insert1 as late:
        late.rec["scan"] = 1
        fill(late)
        with scan.staged_insert1 as early:
            early.rec["scan"] = 1
            fill(early)
        written = keys(lab)
    check(scan, 1)
    left = keys(lab)
    assert len(left) < len(written)
    assert all(any(key.startswith(scan.fetch1(n).path) for n in ("raw", "movie", "trace")) for key in schema_keys(left))
    assert open_stagings(lab.stores("main")) == []


def schema_keys(found: list[str]) -> list[str]:
    return [key for key in found if key.startswith("_schema/")]


def test_nothing_is_written_after_the_end(lab: lw.Project, scan: type[lw.Manual]) -> None:
    with scan.staged_insert1 as staged:
        staged.rec["scan"] = 1
        fill(staged)
        folder = staged.store("raw")
    with pytest.raises(DataError, match="has ended"):
        folder["a/b.bin"] = b"99"
    with pytest.raises(DataError, match="has ended"):
        folder.fs.rm(f"{folder.root}/a/b.bin")
    with pytest.raises(DataError, match="has ended"):
        staged.open("raw", subpath="new")
    check(scan, 1)


def test_a_file_is_whole_or_not_there(scan: type[lw.Manual]) -> None:
    with scan.staged_insert1 as staged:
        staged.rec["scan"] = 1
        folder = staged.store("raw")
        folder["kept"] = b"1"
        with failing(ZeroDivisionError), staged.open("raw", subpath="broken") as file:
            file.write(b"x" * 9_000_000)
            stop()
        assert list(folder) == ["kept"]
    assert scan.fetch1("raw").listdir() == ["kept"]


def test_going_on(lab: lw.Project, scan: type[lw.Manual]) -> None:
    with failing(ZeroDivisionError) as caught, scan.staged_insert(resume="monday") as staged:
        movie: Any = zarr.open(staged.row(scan=1).store("movie"), mode="w", shape=(20, 10), chunks=(5, 10), dtype="i2")
        movie[:10] = 3
        stop()
    assert "resume='monday'" in caught.value.__notes__[0]
    assert len(scan) == 0
    ((_, path, size),) = [(s.token, s.records[0].path, s.size) for s in open_stagings(lab.stores("main"))]
    assert size > 0
    with scan.staged_insert(resume="monday") as staged:
        row = staged.row(scan=1)
        movie = zarr.open(row.store("movie"), mode="a")
        assert movie[:].sum() == 3 * 100
        movie[10:] = 3
    assert scan.fetch1("movie").path == path
    assert scan.fetch1("movie").zarr[:].sum() == 3 * 200
    assert open_stagings(lab.stores("main")) == []
    assert verify(lab.database, lab.stores).findings == ()


def test_a_row_that_is_refused_is_kept_where_it_has_a_name(lab: lw.Project, scan: type[lw.Manual]) -> None:
    with failing(DataError, match="'note'"), scan.staged_insert(resume="monday") as staged:
        fill(staged.row(scan=1, note="n" * 21))
    with scan.staged_insert(resume="monday") as staged:
        row = staged.row(scan=1, note="short")
        for name in ("movie", "trace", "raw"):
            row.store(name)
    check(scan, 1)
    assert open_stagings(lab.stores("main")) == []


def test_what_died_while_it_replaced_a_file_is_mended(lab: lw.Project, scan: type[lw.Manual]) -> None:
    with failing(ZeroDivisionError), scan.staged_insert(resume="monday") as staged:
        folder = staged.row(scan=1).store("raw")
        folder["zarr.json"] = b"old"
        stop()
    store = lab.stores("main").store
    store.put_create(f"{staging_folder('monday')}/spare/1", f"{folder.root}/zarr.json".encode() + b"\0new")
    store.delete(f"{folder.root}/zarr.json")
    with scan.staged_insert(resume="monday") as staged:
        assert staged.row(scan=1).store("raw")["zarr.json"] == b"new"
    assert keys(lab) == sorted((f"{folder.root}/zarr.json", *(k for k in keys(lab) if "/manifest/" in k)))


def test_two_do_not_go_on_with_the_same(lab: lw.Project, scan: type[lw.Manual], prefix: str) -> None:
    def begin(key: int) -> str:
        with (
            lw.Project(lab.connection.url, settings=lab.config) as other,
            lw.virtual_schema(f"{prefix}lab", connection=other).Scan.staged_insert(resume="monday") as second,
        ):
            folder = second.row(scan=key).store("raw")
            folder["of"] = b"the second"
        return "it did"

    with scan.staged_insert(resume="monday") as first:
        first.row(scan=1).store("raw")["of"] = b"the first"
        with pytest.raises(LockError, match=r"Another process, or another thread .* 'monday'"):
            begin(1)
    with lab.connection.transaction:
        with scan.staged_insert(resume="monday") as first:
            first.row(scan=2).store("raw")["of"] = b"the first"
        with pytest.raises(LockError):  # the row is not stored yet
            begin(2)
    assert begin(3) == "it did"
    assert [ref.fsmap["of"] for ref in scan.to_arrays("raw", order_by="scan")] == [b"the first"] * 2 + [b"the second"]
    with failing(ZeroDivisionError), scan.staged_insert(resume="monday") as first:
        first.row(scan=4).store("raw")
        stop()
    assert begin(4) == "it did"
    assert verify(lab.database, lab.stores)


@pytest.mark.parametrize("token", ["", "../x", "a/b", ".", "é", "x" * 65])
def test_names_that_are_none(scan: type[lw.Manual], token: str) -> None:
    with pytest.raises(DataError, match="cannot name a staging"):
        scan.staged_insert(resume=token)


def test_within_a_transaction(lab: lw.Project, scan: type[lw.Manual]) -> None:
    scan.insert1({"scan": 9})
    with lab.connection.transaction:
        with scan.staged_insert1 as staged:
            staged.rec["scan"] = 1
            fill(staged)
        check(scan, 1)
    check(scan, 1)
    assert open_stagings(lab.stores("main")) == []
    before = keys(lab)
    with failing(ZeroDivisionError), lab.connection.transaction:
        with scan.staged_insert1 as staged:
            staged.rec["scan"] = 2
            with staged.open("raw", ".bin") as file:
                file.write(b"1")
        stop()
    assert keys(lab) == before
    assert len(scan) == 2


def test_what_is_inserted_goes_with_its_transaction(lab: lw.Project, scan: type[lw.Manual]) -> None:
    assert len(scan) == 0
    with failing(ZeroDivisionError), lab.connection.transaction:
        scan.insert1({"scan": 1, "trace": np.arange(5), "raw": b"1"})
        stop()
    assert keys(lab) == []


def test_self_filling_tables(lab: lw.Project, scan: type[lw.Manual], prefix: str) -> None:
    schema = lw.Schema(f"{prefix}more", connection=lab)

    @schema
    class Trial(lw.Lookup):
        definition = "trial : int32"
        contents = ((1,), (2,), (3,))

    @schema
    class Recording(lw.Imported):
        definition = """
        -> Trial
        ---
        movie : <object@main>
        """

        class Unit(lw.Part):
            definition = """
            -> master
            unit : int32
            """

        def make(self, key: dict[str, Any]) -> None:
            with self.staged_insert() as staged:
                row = staged.row(**key)
                with row.open("movie", ".bin") as file:
                    file.write(b"%d" % key["trial"])
                staged.parts["Unit"] = [{**key, "unit": 5}]
            if key["trial"] == 2:
                stop()

    with pytest.raises(LabwrightError, match="populate"), Recording.staged_insert():
        pass
    Recording.populate(suppress_errors=True)
    assert Recording.to_arrays("trial", order_by="trial").tolist() == [1, 3]
    assert len(Recording.Unit) == 2
    assert [r.read() for r in Recording.to_arrays("movie", order_by="trial")] == [b"1", b"3"]
    assert len(keys(lab)) == 2
    with pytest.raises(IntegrityError), Recording.staged_insert(allow_direct_insert=True) as staged:
        staged.row(trial=7).store("movie")["x"] = b"1"
    assert len(keys(lab)) == 2


def test_what_is_being_staged_is_no_garbage(lab: lw.Project, scan: type[lw.Manual]) -> None:
    scan.insert1({"scan": 9, "raw": b"kept"})
    with scan.staged_insert1 as staged:
        staged.rec["scan"] = 1
        fill(staged)
        assert strangers(lab.database, lab.stores, grace=NOW, dry_run=False) == []
        young = remove_abandoned(lab.database, lab.stores, grace=datetime.timedelta(hours=1), dry_run=False)
        assert young == []
    check(scan, 1)


def test_what_is_given_up_is_removed(lab: lw.Project, scan: type[lw.Manual]) -> None:
    with scan.staged_insert1 as staged:
        staged.rec["scan"] = 2
        fill(staged)
    before = keys(lab)
    with failing(ZeroDivisionError), scan.staged_insert(resume="monday") as many:
        fill(many.row(scan=1))
        stop()
    (told,) = remove_abandoned(lab.database, lab.stores, grace=NOW)
    assert (told.token, told.files, len(told.records)) == ("monday", 9, 3)
    assert len(keys(lab)) > len(before)
    remove_abandoned(lab.database, lab.stores, grace=NOW, dry_run=False)
    assert keys(lab) == before
    check(scan, 2)


def test_a_row_whose_record_was_left_keeps_its_files(lab: lw.Project, scan: type[lw.Manual]) -> None:
    store = lab.stores("main").store
    with scan.staged_insert(resume="monday") as staged:
        fill(staged.row(scan=1))
        left = {key: store.get(key) for key in keys(lab) if key.startswith(staging_folder("monday"))}
    assert len(left) == 3
    for key, content in left.items():
        store.put_create(key, content)
    with failing(DuplicateError), scan.staged_insert(resume="monday") as staged:
        staged.row(scan=1).store("raw")
    remove_abandoned(lab.database, lab.stores, grace=NOW, dry_run=False)
    assert open_stagings(lab.stores("main")) == []
    check(scan, 1)


def test_places_that_were_rows_are_not_gone_on_with(lab: lw.Project, scan: type[lw.Manual]) -> None:
    store = lab.stores("main").store
    with scan.staged_insert(resume="monday") as staged:
        staged.row(scan=1).store("raw")["x"] = b"1"
        ((left, content),) = [(k, store.get(k)) for k in keys(lab) if k.startswith(staging_folder("monday"))]
    store.put_create(left, content)
    path = scan.fetch1("raw").path
    scan.delete(prompt=False)
    with scan.staged_insert(resume="monday") as staged:
        folder = staged.row(scan=1).store("raw")
        assert list(folder) == []
        folder["x"] = b"2"
    assert scan.fetch1("raw").path != path
    for _ in range(2):
        collect(lab.database, lab.stores, dry_run=False, grace=NOW)
    assert scan.fetch1("raw").open("x").read() == b"2"


def test_who_was_idle_for_too_long_is_told(lab: lw.Project, scan: type[lw.Manual]) -> None:
    with failing(DataError, match="idle for so long"), scan.staged_insert1 as staged:
        staged.rec["scan"] = 1
        fill(staged)
        remove_abandoned(lab.database, lab.stores, grace=NOW, dry_run=False)
    assert len(scan) == 0
    assert keys(lab) == []


def test_rows_from_several_threads(lab: lw.Project, scan: type[lw.Manual]) -> None:
    with scan.staged_insert() as staged:
        rows = [staged.row(scan=key) for key in range(4)]
        threads = [threading.Thread(target=fill, args=(row,)) for row in rows]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for key in range(4):
        check(scan, key)


@pytest.mark.parametrize("where", ["memory", "s3"])
def test_in_other_stores(
    database_url: str, prefix: str, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with (
        own_database(database_url, prefix) as url,
        s3_server() as address,
        lw.Project(url, settings=Config(tmp_path)) as project,
    ):
        make_bucket(address, "lab")
        project.config.update(
            {
                "s3": {
                    "stores.main.protocol": "s3",
                    "stores.main.endpoint": address,
                    "stores.main.secure": False,
                    "stores.main.bucket": "lab",
                    "stores.main.location": "",
                    "stores.main.access_key": "a",
                    "stores.main.secret_key": "b",
                },
                "memory": {"stores.main.protocol": "memory"},
            }[where]
        )
        project.config.update({"stores.default": "main"})
        scan = declared(project, prefix)
        with scan.staged_insert1 as staged:
            staged.rec["scan"] = 1
            fill(staged)
        check(scan, 1)
        before = keys(project)
        with failing(ZeroDivisionError), scan.staged_insert1 as staged:
            staged.rec["scan"] = 2
            fill(staged)
            staged.open("raw", subpath="large").write(b"x" * 20_000_000)
            stop()
        assert keys(project) == before
        assert verify(project.database, project.stores).findings == ()


def test_an_insert_that_fails_leaves_no_object(lab: lw.Project, scan: type[lw.Manual]) -> None:
    good = [{"scan": key, "raw": b"%d" % key, "trace": np.arange(key)} for key in range(6)]
    with pytest.raises(LabwrightError, match=r"row 6.*scan=6.*'raw'"):
        scan.insert([*good, {"scan": 6, "raw": Path("missing.bin")}, *({"scan": k, "raw": b"1"} for k in (7, 8, 9))])
    assert keys(lab) == []


class FullStore(MemoryStore):
    """A store that is full when it comes to certain bytes."""

    def put_create(self, key: str, data: Bytes) -> ObjectInfo:
        if b"too much" in bytes(data):
            raise BucketInaccessible("The disk is full.")
        return super().put_create(key, data)


@pytest.fixture
def full(lab: lw.Project) -> Iterator[None]:
    protocols.register("full", lambda name, _: FullStore(name))
    lab.config.update({"stores.main.protocol": "full", "stores.main.location": None})
    yield
    protocols.unregister("full")


@pytest.mark.parametrize("name", ["raw", "hashed", "trace"])
def test_an_insert_names_the_value_that_a_store_does_not_take(
    lab: lw.Project, scan: type[lw.Manual], name: str, full: None
) -> None:
    rows: list[dict[str, Any]] = [{"scan": key, "raw": b"%d" % key, "trace": np.arange(key)} for key in range(10)]
    rows[6][name] = np.frombuffer(b"too much", "u1") if name == "trace" else b"too much"
    with pytest.raises(BucketInaccessible, match=rf"row 6 \(scan=6\), attribute '{name}': The disk is full"):
        scan.insert(rows)
    assert [key for key in keys(lab) if not key.startswith("_hash/")] == []
    assert len(scan) == 0


class InterruptedStore(MemoryStore):
    """A store in which somebody presses Ctrl-C when records are taken back, which is when the rows are there."""

    armed = True

    def delete_many(self, keys: Iterable[str]) -> None:
        given = list(keys)
        if self.armed and any(key.startswith("_labwright/staging/") for key in given):
            self.armed = False
            raise KeyboardInterrupt
        super().delete_many(given)


@pytest.fixture
def interrupted(lab: lw.Project) -> Iterator[None]:
    protocols.register("interrupted", lambda name, _: InterruptedStore(name))
    lab.config.update({"stores.main.protocol": "interrupted", "stores.main.location": None})
    yield
    protocols.unregister("interrupted")


def test_an_interrupt_after_the_rows_are_there(lab: lw.Project, scan: type[lw.Manual], interrupted: None) -> None:
    with failing(KeyboardInterrupt), scan.staged_insert() as staged:
        fill(staged.row(scan=1))
    check(scan, 1)
    assert len(open_stagings(lab.stores("main"))) == 1
    remove_abandoned(lab.database, lab.stores, grace=NOW, dry_run=False)
    assert open_stagings(lab.stores("main")) == []
    check(scan, 1)


def test_a_stream_that_the_store_does_not_take(lab: lw.Project, scan: type[lw.Manual], full: None) -> None:
    with failing(BucketInaccessible, match="disk is full"), scan.staged_insert() as staged:
        row = staged.row(scan=1)
        row.store("raw")["a"] = b"1"
        with row.open("raw", subpath="b") as file:
            file.write(b"too much")
    assert keys(lab) == []


def test_the_class_of_stagings(scan: type[lw.Manual]) -> None:
    assert isinstance(scan.staged_insert(), StagedInsert)
    assert isinstance(scan().staged_insert(), StagedInsert)


@pytest.fixture
def probe(lab: lw.Project, prefix: str) -> type[lw.Manual]:
    """A table with a part, both with files."""
    schema = lw.Schema(f"{prefix}probes", connection=lab)

    @schema
    class Probe(lw.Manual):
        definition = """
        probe : int32
        ---
        session = null : <hdf5@main>
        stack = null : <tiff@main>
        raw = null : <object@main>
        """

        class Channel(lw.Part):
            definition = """
            -> master
            channel : int32
            ---
            trace = null : <npy@main>
            note = null : varchar(20)
            """

    return Probe


def test_parts_have_files_of_their_own(lab: lw.Project, probe: Any) -> None:
    with probe.staged_insert1 as staged:
        staged.rec["probe"] = 1
        for channel in (1, 2):
            part = staged.part("Channel", channel=channel, note="both")
            with part.open("trace") as file:
                np.save(file, np.arange(5.0) * channel)
        staged.part("Channel", channel=3)
        staged.store("raw")["a"] = b"1"
    traces = probe.Channel.to_arrays("trace", order_by="channel")
    assert [None if t is None else t[2] for t in traces] == [2.0, 4.0, None]
    assert traces[0].path.startswith(
        f"_schema/{probe().database}/{probe.Channel().table_name}/probe=1/channel=1/trace_"
    )
    assert verify(lab.database, lab.stores).findings == ()
    assert open_stagings(lab.stores("main")) == []


def test_parts_of_many_rows(lab: lw.Project, probe: Any) -> None:
    with probe.staged_insert() as staged:
        staged.parts["Channel"] = [{"probe": 1, "channel": 9}]
        for number in (1, 2):
            part = staged.row(probe=number).part("Channel", channel=1)
            with part.open("trace") as file:
                np.save(file, np.arange(5.0) * number)
    assert probe.Channel.to_arrays("probe", "channel", order_by="KEY")[1].tolist() == [1, 9, 1]
    assert [t[1] for t in (probe.Channel & "channel = 1").to_arrays("trace", order_by="probe")] == [1.0, 2.0]


@pytest.mark.parametrize("fault", ["block", "part", "changed key", "twice"])
def test_parts_that_fail_leave_nothing(lab: lw.Project, probe: Any, fault: str) -> None:
    with failing(Exception), probe.staged_insert() as staged:
        row = staged.row(probe=1)
        with row.open("raw") as raw:
            raw.write(b"1")
        part = row.part("Channel", channel=1)
        with part.open("trace") as file:
            np.save(file, np.arange(5.0))
        if fault == "block":
            stop()
        elif fault == "part":
            part.rec["note"] = "x" * 50
        elif fault == "changed key":
            part.rec["probe"] = 2
        else:
            row.part("Channel", channel=1)
    assert (len(probe()), len(probe.Channel())) == (0, 0)
    assert keys(lab) == []


def test_parts_are_asked_for_in_the_right_way(lab: lw.Project, probe: Any) -> None:
    with failing(DataError, r"Probe has no part 'Chanel'. Its parts are: Channel"), probe.staged_insert1 as staged:
        staged.rec["probe"] = 1
        staged.part("Chanel")
    with failing(MissingAttributeError, "'probe'"), probe.staged_insert1 as staged:
        staged.part("Channel", channel=1)
    with failing(MissingAttributeError, "'channel'"), probe.staged_insert1 as staged:
        staged.rec["probe"] = 1
        staged.part("Channel").open("trace")
    assert keys(lab) == []


def test_files_that_are_written_to_and_fro(lab: lw.Project, probe: Any) -> None:
    with failing(OSError, r"with row\.local\(attribute\)"), probe.staged_insert1 as staged:
        staged.rec["probe"] = 1
        h5py.File(staged.open("session"), "w")
    with failing(OSError, r"with row\.local\(attribute\)"), probe.staged_insert1 as staged:
        staged.rec["probe"] = 1
        tifffile.imwrite(staged.open("stack"), np.zeros((4, 5), "u1"))
    assert keys(lab) == []
    with probe.staged_insert1 as staged:
        staged.rec["probe"] = 1
        with staged.local("session") as path, h5py.File(path, "w") as file:
            file["x"] = np.arange(3)
        with staged.local("stack") as path:
            tifffile.imwrite(path, np.ones((4, 5), "u1"))
        with staged.local("raw", subpath="camera") as path:
            (path / "in").mkdir(parents=True)
            (path / "in" / "1.raw").write_bytes(b"frame")
        with staged.local("raw", subpath="readme.txt") as path:
            path.write_text("calm")
    row = probe.fetch1()
    assert row["session"]["x"].tolist() == [0, 1, 2]
    assert row["stack"].shape == (4, 5)
    assert row["raw"].open("camera/in/1.raw").read() == b"frame"
    assert row["raw"].listdir() == ["camera", "readme.txt"]
    assert verify(lab.database, lab.stores).findings == ()


def test_nothing_on_this_machine_is_nothing_in_the_store(lab: lw.Project, probe: Any) -> None:
    with failing(DataError, "'session'.*Nothing was written"), probe.staged_insert1 as staged:
        staged.rec["probe"] = 1
        with staged.local("session"):
            pass
    with failing(ZeroDivisionError), probe.staged_insert1 as staged:
        staged.rec["probe"] = 1
        with staged.local("session") as path:
            path.write_bytes(b"half")
            stop()
    assert keys(lab) == []

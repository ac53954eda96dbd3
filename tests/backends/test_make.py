"""What a make may do, and what not: nothing is half stored, and the connection goes on, whatever it does."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.backends.classes import part, table

import labwright as lw
from labwright.core.errors import (
    DuplicateError,
    IntegrityError,
    LabwrightError,
    MakeError,
    TransactionError,
)
from labwright.jobs.make import Maker


@dataclass(frozen=True)
class Lab:
    """A parent, and a table that is computed of it."""

    schema: lw.Schema
    Scan: Any

    def computed(self, make: Any, definition: str = "-> Scan\n---\nx = null : float64", **members: Any) -> Any:
        if "Item" not in members:
            members["Item"] = part("Item", "-> master\nitem : int32")
        return table(self.schema, "Result", definition, lw.Computed, **{"make": make, **members})

    def refused(self, make: Any, error: type[BaseException], says: str | None, **members: Any) -> None:
        """Check that one key fails, that nothing of it is stored, and that the next ones are."""
        bad = {"scan": 2}

        def some(own: Any, key: dict[str, Any]) -> None:
            if key == bad:
                make(own, key)
            else:
                own.insert1(key)
                own.Item.insert1({**key, "item": 0})

        Result = self.computed(some, **members)
        with pytest.raises(error, match=says):
            Result.populate()
        self.check_that_it_goes_on(Result, bad)

    def check_that_it_goes_on(self, Result: Any, bad: dict[str, Any]) -> None:
        connection = self.schema.project.connection
        assert not connection.in_transaction
        with lw.Project(connection.url) as other:
            for cls in (Result, Result.Item):
                assert not lw.FreeTable(other, str(cls().id)) & bad, "nothing half stored"
        Result.populate({"scan": 3})
        assert len(Result & {"scan": 3}) == len(Result.Item & {"scan": 3}) == 1


@pytest.fixture
def lab(schema: lw.Schema) -> Lab:
    Scan = table(schema, "Scan", "scan : int32\n---\nsize : float64", Frame=part("Frame", "-> master\nframe : int32"))
    Scan.insert([(n, n / 2) for n in range(1, 6)])
    Scan.Frame.insert([(n, f) for n in range(1, 6) for f in range(3)])
    return Lab(schema, Scan)


def half(own: Any, key: dict[str, Any]) -> None:
    own.insert1(key)
    own.Item.insert1({**key, "item": 1})


def commit_by_hand(own: Any, key: dict[str, Any]) -> None:
    half(own, key)
    own.connection.commit_transaction()


def cancel_by_hand(own: Any, key: dict[str, Any]) -> None:
    half(own, key)
    own.connection.cancel_transaction()
    own.insert1(key)


def begin_by_hand(own: Any, key: dict[str, Any]) -> None:
    half(own, key)
    own.connection.start_transaction()


def begin_a_block(own: Any, key: dict[str, Any]) -> None:
    half(own, key)
    with own.connection.transaction:
        own.insert1(key)


def exit_(own: Any, key: dict[str, Any]) -> None:
    half(own, key)
    sys.exit(3)


def interrupt(own: Any, key: dict[str, Any]) -> None:
    half(own, key)
    raise KeyboardInterrupt


def insert_from_a_thread(own: Any, key: dict[str, Any]) -> None:
    failed: list[Exception] = []
    context = contextvars.copy_context()

    def work() -> None:
        try:
            context.run(half, own, key)
        except MakeError as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    own.insert1(key)
    raise failed[0]


def insert_from_a_task(own: Any, key: dict[str, Any]) -> None:
    async def work() -> None:
        half(own, key)

    asyncio.run(work())


def fail_in_another_table(own: Any, key: dict[str, Any]) -> None:
    half(own, key)
    own.Item.insert1({**key, "scan": 77, "item": 1})


def duplicate(own: Any, key: dict[str, Any]) -> None:
    half(own, key)
    half(own, key)


def fail_after_reading_what_it_wrote(own: Any, key: dict[str, Any]) -> None:
    half(own, key)
    assert len(own.Item & key) == 1
    raise ZeroDivisionError("after all")


def place(of: Any) -> str:
    """The table as statements name it."""
    found: str = of.db.dialect.table(of.id.schema, of.id.name)
    return found


def raw_writes(own: Any, key: dict[str, Any]) -> None:
    name = place(own)
    own.connection.query(f"INSERT INTO {name} (scan) VALUES (%s)", (key["scan"],))
    raise ZeroDivisionError("after all")


def catch_the_error(own: Any, key: dict[str, Any]) -> None:
    with contextlib.suppress(lw.LabwrightError):
        own.insert1({**key, "x": "no number"})


def take_it_back(own: Any, key: dict[str, Any]) -> None:
    half(own, key)
    own.Item().delete_quick()
    (own & key).delete_quick()


def undo_a_block(own: Any, key: dict[str, Any]) -> None:
    with contextlib.suppress(ZeroDivisionError), own.connection.atomic():
        half(own, key)
        raise ZeroDivisionError


REFUSED: dict[str, tuple[Any, type[BaseException], str | None]] = {
    "commits by hand": (commit_by_hand, TransactionError, "cannot be committed or cancelled by hand"),
    "cancels by hand": (cancel_by_hand, TransactionError, "cannot be committed or cancelled by hand"),
    "begins by hand": (begin_by_hand, TransactionError, "do not nest"),
    "begins a block": (begin_a_block, TransactionError, "do not nest"),
    "exits": (exit_, MakeError, r"Result.make ended the program by sys.exit\(3\)"),
    "is interrupted": (interrupt, KeyboardInterrupt, None),
    "inserts from a thread": (insert_from_a_thread, MakeError, "by another thread or task than the one that runs make"),
    "inserts from a task": (insert_from_a_task, MakeError, "by another thread or task"),
    "inserts a part of nothing": (fail_in_another_table, IntegrityError, r"its parent is missing.*scan=77"),
    "inserts twice": (duplicate, DuplicateError, "the key scan=2 is taken, it is in the table already"),
    "reads what it wrote": (fail_after_reading_what_it_wrote, ZeroDivisionError, "after all"),
    "writes by hand": (raw_writes, ZeroDivisionError, "after all"),
    "inserts nothing": (lambda own, key: None, MakeError, "inserted nothing for {'scan': 2}"),
    "inserts what cannot be": (catch_the_error, MakeError, "inserted nothing for {'scan': 2}"),
    "deletes what it inserted": (take_it_back, MakeError, "inserted nothing for {'scan': 2}"),
    "undoes what it inserted": (undo_a_block, MakeError, "inserted nothing for {'scan': 2}"),
    "inserts parts alone": (lambda own, key: own.Item.insert([]), MakeError, "inserted nothing for {'scan': 2}"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_make_may_not_do(case: str, lab: Lab) -> None:
    lab.refused(*REFUSED[case])


def test_returned_values_are_refused(lab: Lab) -> None:
    def make(self: Any, key: dict[str, Any]) -> int:
        half(self, key)
        return 5

    Result = lab.computed(make)
    with pytest.raises(MakeError, match=r"Result.make returned int"):
        Result.populate()
    assert len(Result) == 0


def catch_a_duplicate(own: Any, key: dict[str, Any]) -> None:
    half(own, key)
    try:
        own.insert1(key)
    except DuplicateError:
        own.Item.insert1({**key, "item": 2})


def suppress_a_missing_parent(own: Any, key: dict[str, Any]) -> None:
    half(own, key)
    with contextlib.suppress(IntegrityError):
        own.Item.insert1({"scan": 99, "item": 2})
    own.Item.insert1({**key, "item": 2})


def read_what_was_written(own: Any, key: dict[str, Any]) -> None:
    half(own, key)
    items = len(own.Item & key)
    own.Item.insert1({**key, "item": items + 1})


def skip_duplicates(own: Any, key: dict[str, Any]) -> None:
    half(own, key)
    own.Item.insert([{**key, "item": n} for n in (1, 2)], skip_duplicates=True)


def replace_rows(own: Any, key: dict[str, Any]) -> None:
    half(own, key)
    own.insert1({**key, "x": 3.0}, replace=True)
    own.Item.insert1({**key, "item": 1}, skip_duplicates=True)
    own.Item.insert1({**key, "item": 2})


def update(own: Any, key: dict[str, Any]) -> None:
    half(own, key)
    own.update1({**key, "x": 3.0})
    own.Item.insert1({**key, "item": 2})


def insert_a_query(own: Any, key: dict[str, Any]) -> None:
    own.insert((own.schema["Scan"] & key).proj(x="size"))
    own.Item.insert((own.schema["Scan"].Frame & key & "frame > 0").proj(item="frame"))


def raw_reads_and_writes(own: Any, key: dict[str, Any]) -> None:
    half(own, key)
    scan, item = place(own.schema["Scan"]()), place(own.Item())
    ((size,),) = own.connection.query(f"SELECT size FROM {scan} WHERE scan = %s", (key["scan"],)).fetchall()
    assert size == key["scan"] / 2
    own.connection.query(f"INSERT INTO {item} (scan, item) VALUES (%s, 2)", (key["scan"],))


def give_up_a_stream(own: Any, key: dict[str, Any]) -> None:
    for row in own.schema["Scan"]() * own.schema["Scan"].Frame() & key:
        assert row["scan"] == key["scan"]
        break
    rest = iter(own.schema["Scan"].Frame() & key)
    next(rest)
    half(own, key)
    own.Item.insert1({**key, "item": 2})


def parts_of_it(own: Any, key: dict[str, Any]) -> None:
    half(own, key)
    with contextlib.suppress(ZeroDivisionError), own.connection.atomic():
        own.Item.insert1({**key, "item": 7})
        raise ZeroDivisionError
    with own.connection.atomic():
        own.Item.insert1({**key, "item": 2})


def read_in_threads(own: Any, key: dict[str, Any]) -> None:
    context = contextvars.copy_context()
    found: list[float] = []
    Scan = own.schema["Scan"]
    thread = threading.Thread(target=lambda: found.append(context.run(lambda: (Scan & key).fetch1("size"))))
    thread.start()
    thread.join()
    assert found == [key["scan"] / 2]
    half(own, key)
    own.Item.insert1({**key, "item": 2})


ALLOWED: dict[str, Any] = {
    f.__name__.replace("_", " "): f
    for f in (
        catch_a_duplicate, suppress_a_missing_parent, read_what_was_written, skip_duplicates, replace_rows, update,
        insert_a_query, raw_reads_and_writes, give_up_a_stream, parts_of_it, read_in_threads,
    )
}  # fmt: skip


@pytest.mark.parametrize("case", ALLOWED)
def test_what_a_make_may_do(case: str, lab: Lab) -> None:
    Result = lab.computed(ALLOWED[case])
    assert Result.populate() == {"success_count": 5, "error_list": []}
    assert len(Result) == 5
    assert len(Result.Item) == 10
    assert set(Result.Item.to_arrays("item")) == {1, 2}


def test_inserts_come_at_once_where_a_make_may_catch_their_errors(lab: Lab) -> None:
    Scan, waits = lab.Scan, []

    def waiting(self: Any, key: dict[str, Any]) -> None:
        self.insert1(key)

    def catching(self: Any, key: dict[str, Any]) -> None:
        try:
            self.insert1(key)
        finally:
            waits.append(0)

    for number, make in enumerate((waiting, catching, eval("lambda self, key: self.insert1(key)"))):
        Made = table(lab.schema, f"Made{number}", "-> Scan", lw.Computed, make=make)
        assert len(Scan) == 5
        attempt = Maker(Made()).run([{"scan": 1}])
        waits.append(attempt.waits)
        attempt.store()
        assert len(Made) == 1
    assert waits == [True, 0, False, True]


@pytest.mark.parametrize("shared", [False, True])
def test_what_is_wrong_with_a_part_is_told_though_its_master_is_not_stored(shared: bool, lab: Lab) -> None:
    """The master is undone with it, and is not what is missing."""
    rules = {"rules": [lw.Check("bright < 9", "nothing is that bright", name="bright")]}
    definition = "-> master\nitem : int32\n---\n-> Lamp\nbright : float64"
    table(lab.schema, "Lamp", "lamp : int32").insert1({"lamp": 1})
    Result = lab.computed(_with_items, Item=type("Item", (lw.Part,), {"definition": definition, **rules}))
    with lab.schema.project.config.override({"jobs.shared_commits": shared}):
        result = Result.populate("scan < 4", suppress_errors=True)
    (first, no_lamp), (second, too_bright) = result["error_list"]
    assert (first, second) == ({"scan": 2}, {"scan": 3})
    assert "row 1: its parent is missing" in no_lamp
    assert "lamp has no row with lamp=77" in no_lamp
    assert "row 1: nothing is that bright (rule bright of" in too_bright
    assert "item=1, lamp=1, bright=10.0" in too_bright
    assert Result.to_arrays("scan").tolist() == [1]
    assert len(Result.Item()) == 3


def _with_items(self: Any, key: dict[str, Any]) -> None:
    self.insert1(key)
    self.Item.insert(
        {
            **key,
            "item": n,
            "lamp": 77 if (key["scan"], n) == (2, 1) else 1,
            "bright": 10.0 if (key["scan"], n) == (3, 1) else 0.5,
        }
        for n in range(3)
    )


def test_counted_keys(lab: Lab, prefix: str) -> None:
    classic = lw.Schema(f"{prefix}classic", generation="classic")
    Log = table(classic, "Log", "number : int auto_increment\n---\ntext : varchar(20)")
    assert len(Log) == 0

    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert1(key)
        Log.insert1({"text": f"scan {key['scan']}"})
        if key["scan"] == 5:
            raise ZeroDivisionError

    Result = lab.computed(make)
    result = Result.populate(suppress_errors=True)
    assert (result["success_count"], len(result["error_list"])) == (4, 1), result
    assert Log.to_arrays("text", order_by="number").tolist() == [f"scan {n}" for n in range(1, 5)]


def test_objects_in_stores(lab: Lab, tmp_path: Path) -> None:
    store = {"stores.local.protocol": "file", "stores.local.location": str(tmp_path)}
    lab.schema.project.config.update(store)

    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert1({**key, "trace": np.full(10, key["scan"]), "noise": np.full(9000, key["scan"])})
        if key["scan"] == 5:
            raise ZeroDivisionError

    Result = lab.computed(make, "-> Scan\n---\ntrace : <npy@local>\nnoise : <blob@local>")
    assert Result.populate(suppress_errors=True)["success_count"] == 4
    assert sorted(float(t[3]) for t in Result.to_arrays("trace")) == [1, 2, 3, 4]

    def read(self: Any, key: dict[str, Any]) -> None:
        trace, noise = (Result & key).fetch1("trace", "noise")
        self.insert1({**key, "total": float(trace[:].sum() + noise[0])})

    Total = table(lab.schema, "Total", "-> Result\n---\ntotal : float64", lw.Computed, make=read)
    assert Total.populate() == {"success_count": 4, "error_list": []}
    assert Total.to_arrays("total", order_by="KEY").tolist() == [11, 22, 33, 44]


def test_a_stream_that_is_given_up_is_checked_as_far_as_it_was_read(lab: Lab) -> None:
    changed: list[int] = []

    def make(self: Any, key: dict[str, Any]) -> None:
        row = next(iter(lab.Scan() & "scan < 4"))
        if not changed:
            changed.append(row["scan"])
            with lw.Project(self.connection.url):
                for scan in (1, 2, 3):  # since the order may be another now
                    lab.Scan.update1({"scan": scan, "size": 99.0})
        self.insert1({**key, "x": row["size"]})

    Result = lab.computed(make)
    assert Result.populate(max_calls=1)["success_count"] == 1
    assert Result.fetch1("x") == 99.0


@pytest.mark.parametrize("changed", [False, True])
def test_a_long_stream(changed: bool, lab: Lab) -> None:
    lab.Scan.Frame.insert([(1, n) for n in range(3, 25_000)])
    counts: list[int] = []

    def make(self: Any, key: dict[str, Any]) -> None:
        counts.append(sum(1 for _ in lab.Scan.Frame()))
        if changed and len(counts) == 1:
            with lw.Project(self.connection.url):
                lab.Scan.Frame.insert1((2, 7))
        self.insert1({**key, "x": counts[-1]})

    Result = lab.computed(make)
    assert Result.populate("scan = 1")["success_count"] == 1
    assert counts == ([25_012, 25_013] if changed else [25_012])
    assert Result.fetch1("x") == counts[-1]


def leave_a_transaction_open(self: Any, key: dict[str, Any]) -> Iterator[Any]:
    self.connection.start_transaction()
    computed = yield (1,)
    if computed is None:
        yield (1,)
    half(self, key)
    yield


def insert_too_early(self: Any, key: dict[str, Any]) -> Iterator[Any]:
    half(self, key)
    computed = yield (1,)
    if computed is None:
        yield (1,)
    yield


def end_early(self: Any, key: dict[str, Any]) -> Iterator[Any]:
    yield (1,)


def go_on(self: Any, key: dict[str, Any]) -> Iterator[Any]:
    computed = yield (1,)
    if computed is None:
        yield (1,)
    half(self, key)
    yield
    yield


IN_PARTS: dict[str, tuple[Callable[..., Any], type[LabwrightError], str]] = {
    "leaves a transaction open": (leave_a_transaction_open, MakeError, "began a transaction and did not end it"),
    "inserts too early": (insert_too_early, LabwrightError, "allow_direct_insert=True"),
    "ends early": (end_early, MakeError, "ended before it yielded what it computed"),
    "goes on": (go_on, MakeError, "goes on yielding after its inserts"),
}


@pytest.mark.parametrize("case", IN_PARTS)
def test_misuse_in_parts(case: str, lab: Lab) -> None:
    make, error, says = IN_PARTS[case]
    Result = lab.computed(make)
    with pytest.raises(error, match=says):
        Result.populate()
    assert not lab.schema.project.connection.in_transaction
    assert len(Result) == len(Result.Item) == 0


def test_one_bad_key_of_a_batch(lab: Lab) -> None:
    calls: list[int] = []

    def make_many(self: Any, keys: list[dict[str, Any]]) -> None:
        calls.append(len(keys))
        self.insert({**key, "x": 1 / (key["scan"] - 37)} for key in keys)

    lab.Scan.insert([(n, 1.0) for n in range(6, 101)])
    Result = lab.computed(None, make_many=make_many)
    result = Result.populate(suppress_errors=True)
    assert (result["success_count"], [key for key, _ in result["error_list"]]) == (99, [{"scan": 37}])
    assert len(Result) == 99
    assert calls[0] == 100
    assert len(calls) < 20


def test_a_batch_whose_inputs_change(lab: Lab) -> None:
    calls: list[int] = []

    def make_many(self: Any, keys: list[dict[str, Any]]) -> None:
        sizes = (lab.Scan & keys).to_arrays("size", order_by="KEY")
        calls.append(len(keys))
        if len(calls) == 1:
            with lw.Project(self.connection.url):
                lab.Scan.update1({"scan": 3, "size": 99.0})
        self.insert({**key, "x": size} for key, size in zip(keys, sizes, strict=True))

    Result = lab.computed(None, make_many=make_many)
    assert Result.populate() == {"success_count": 5, "error_list": []}
    assert Result.to_arrays("x", order_by="KEY").tolist() == [0.5, 1, 99, 2, 2.5]
    assert calls == [5, 5]


def test_a_batch_returns_nothing(lab: Lab) -> None:
    Result = lab.computed(None, make_many=lambda self, keys: keys)
    result = Result.populate(suppress_errors=True)
    assert len(result["error_list"]) == 5
    assert all("Result.make_many returned list" in said for _, said in result["error_list"])


def test_a_make_that_nobody_would_await_is_refused(lab: Lab) -> None:
    async def make(self: Any, key: dict[str, Any]) -> None:
        self.insert1({**key, "weight": 1})

    Result = lab.computed(make)
    with pytest.raises(MakeError, match=r"Result\.make is declared with `async def`"):
        Result.populate()


@pytest.mark.parametrize("begun", [False, True])
def test_a_table_that_is_first_used_within_make(begun: bool, lab: Lab) -> None:
    """It is made aside, as long as no transaction is open that could wait for that."""
    later = lw.Schema(f"{lab.schema.database_name}_later", connection=lab.schema.project)
    Rate = table(later, "Rate", "rate : int32", lw.Lookup, contents=[(3,), (5,)])

    def make(self: Any, key: dict[str, Any]) -> None:
        if begun:
            self.insert1({**key, "weight": 0})
            assert self & key
        rate = max(Rate.to_arrays("rate"))
        if begun:
            self.update1({**key, "weight": rate})
        else:
            self.insert1({**key, "weight": rate})

    Weight = table(lab.schema, "FirstUse", "-> Scan\n---\nweight : int32", lw.Computed, make=make)
    if begun:
        with pytest.raises(lw.errors.TransactionError, match="not declared yet"):
            Weight.populate()
        later.ensure_declared()
    assert Weight.populate()["error_list"] == []
    assert set(Weight.to_arrays("weight")) == {5}


@pytest.mark.parametrize("verb", ["ignore", "error", "complete", "delete", "reset"])
def test_jobs_are_not_changed_within_a_make(lab: Lab, verb: str) -> None:
    def make(self: Any, key: dict[str, Any]) -> None:
        jobs = self.jobs
        arguments: dict[str, list[Any]] = {"ignore": [key], "error": [key, "bad"], "complete": [key]}
        given = arguments.get(verb, [])
        getattr(jobs, verb)(*given)

    Result = lab.computed(make)
    found = Result.populate(reserve_jobs=True, suppress_errors=True, return_exception_objects=True)
    assert found["success_count"] == 0
    assert all("Result.jobs cannot be changed while the make of" in str(e) for _, e in found["error_list"])
    assert len(found["error_list"]) == len(Result.jobs.errors) == len(lab.Scan())

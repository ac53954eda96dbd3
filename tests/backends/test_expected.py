"""A row is changed only while it is as it was read, also when many write at once."""

from __future__ import annotations

import datetime
import decimal
import math
import threading
import uuid
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from tests.backends.classes import table

import labwright as lw
from labwright.core.alike import alike
from labwright.core.errors import ConflictError, DataError, LabwrightError, RuleError, UnknownAttributeError

DEFINITION: Final = """
rat : int32
---
n = null : int32
real = null : float64
single = null : float32
price = null : decimal(30, 4)
seen = null : datetime(3)
tag = null : uuid
tame = null : bool
stage = null : enum('young', 'old')
name = null : varchar(20)
info = null : json
trace = null : <blob>
"""
VALUES: Final[dict[str, tuple[Any, Any]]] = {
    "n": (3, 4),
    "real": (0.1 + 0.2, 0.3),
    "single": (0.1, 0.2),
    "price": (decimal.Decimal("12345678901234567890.1234"), "12345678901234567890.1235"),
    "seen": (datetime.datetime.fromisoformat("2024-02-29T12:00:00.125"), "2024-02-29 12:00:00.126"),
    "tag": (uuid.UUID(int=5), uuid.UUID(int=6)),
    "tame": (True, False),
    "stage": ("young", "old"),
    "name": ("ab", "AB"),
    "info": ({"a": [1, None, {"b": "x"}], "c": 1.5}, {"a": [True, None, {"b": "x"}], "c": 1.5}),
    "trace": ({"x": np.arange(4.0), "y": [np.nan, 1]}, {"x": np.arange(4.0) + 1e-12, "y": [np.nan, 1]}),
}


@pytest.fixture
def rats(schema: lw.Schema) -> Any:
    rat = table(schema, "Rat", DEFINITION)
    rat.insert1({"rat": 1} | {name: value for name, (value, _) in VALUES.items()})
    rat.insert1({"rat": 2})
    return rat


@pytest.mark.parametrize("name", list(VALUES))
def test_every_type_is_compared_exactly(name: str, rats: Any) -> None:
    value, other = VALUES[name]
    fetched = (rats & {"rat": 1}).fetch1(name)
    for expected in (value, fetched):
        rats.update1({"rat": 1, name: value}, expected={name: expected})
    for wrong in (other, None):
        with pytest.raises(ConflictError) as caught:
            rats.update1({"rat": 1, name: None}, expected={"rat": 1, name: wrong})
        ((told, (_, now)),) = caught.value.differences.items()
        assert told == name
        assert alike(now, fetched)
        assert not caught.value.gone
    rats.update1({"rat": 2, name: other}, expected={name: None})
    with pytest.raises(ConflictError, match=f"{name} was None"):
        rats.update1({"rat": 2, name: value}, expected={name: None})
    assert alike((rats & {"rat": 1}).fetch1(name), fetched)


def test_a_whole_row_as_it_was_read(rats: Any) -> None:
    seen = (rats & {"rat": 1}).fetch1()
    rats.update1({"rat": 1, "n": 9, "name": None}, expected=seen)
    with pytest.raises(ConflictError) as caught:
        rats.update1({"rat": 1, "n": 10}, expected=seen)
    assert caught.value.differences == {"n": (3, 9), "name": ("ab", None)}
    assert (rats & {"rat": 1}).fetch1("n") == 9


def test_a_row_that_is_gone(rats: Any) -> None:
    with pytest.raises(ConflictError, match="deleted") as caught:
        rats.update1({"rat": 7, "n": 1}, expected={"n": 1})
    assert (caught.value.gone, caught.value.differences) == (True, {})
    with pytest.raises(ConflictError, match="deleted"):
        rats.update1({"rat": 7, "n": 1}, expected={})


def test_what_makes_no_sense(rats: Any) -> None:
    for expected, error, words in (
        ({"nn": 1}, UnknownAttributeError, "what is expected"),
        ({"n": "many"}, DataError, "'n', as it is expected"),
        (["n"], DataError, "takes a dict"),
    ):
        with pytest.raises(error, match=words):
            rats.update1({"rat": 1, "n": 5}, expected=expected)
    assert (rats & {"rat": 1}).fetch1("n") == 3


def test_an_update_that_fails_leaves_the_row(schema: lw.Schema) -> None:
    rat = table(schema, "Rat", "rat : int32\n---\nn : int32", rules=[lw.Check("n > 0", "n is positive")])
    rat.insert1((1, 1))
    with pytest.raises(RuleError, match="positive"):
        rat.update1({"rat": 1, "n": -1}, expected={"n": 1})
    rat.update1({"rat": 1, "n": 2}, expected={"n": 1})
    with lw.acting_as("ana"), rat().project.connection.transaction:
        rat.update1({"rat": 1, "n": 3}, expected={"n": 2})
    newest = rat.history({"rat": 1})[0]
    assert (newest.who, newest.old, newest.new) == ("ana", {"rat": 1, "n": 2}, {"rat": 1, "n": 3})


def test_a_table_without_a_key(schema: lw.Schema) -> None:
    room = table(schema, "Room", "---\nname : varchar(9)")
    room.insert1(("east",))
    room.update1({"name": "west"}, expected={"name": "east"})
    with pytest.raises(ConflictError):
        room.update1({"name": "north"}, expected={"name": "east"})


def test_values_in_a_store(schema: lw.Schema, tmp_path: Path) -> None:
    project = schema.project
    project.config.update({"stores.raw.protocol": "file", "stores.raw.location": str(tmp_path / "raw")})
    scan = table(schema, "Scan", "scan : int32\n---\nmovie : <npy@raw>\nnote = null : <blob@raw>")
    scan.insert1((1, np.arange(5), {"a": np.zeros(2)}))
    seen = (scan & {"scan": 1}).fetch1()
    scan.update1({"scan": 1, "note": {"a": np.ones(2)}}, expected=seen)
    with pytest.raises(ConflictError) as caught:
        scan.update1({"scan": 1, "movie": np.arange(6)}, expected=seen)
    assert list(caught.value.differences) == ["note"]
    assert (scan & {"scan": 1}).fetch1("movie").shape == (5,)


def test_nobody_loses_what_another_has_written(schema: lw.Schema, database_url: str) -> None:
    counter = table(schema, "Counter", "id : int32\n---\nn : int32")
    counter.insert1((1, 0))
    writers, times = 4, 15
    barrier, conflicts, failed = threading.Barrier(writers), [0] * writers, []

    def count(number: int) -> None:
        try:
            with lw.Project(database_url) as project:
                own = lw.virtual_schema(schema.database, connection=project).Counter
                barrier.wait()
                for _ in range(times):
                    conflicts[number] += add_one(own)
        except BaseException as error:  # noqa: BLE001 - shown by the test
            failed.append(error)

    threads = [threading.Thread(target=count, args=(i,)) for i in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert counter.fetch1("n") == writers * times


def add_one(counter: Any) -> int:
    """Count on, and return how often somebody else was faster."""
    conflicts = 0
    while True:
        n = counter.fetch1("n")
        try:
            counter.update1({"id": 1, "n": n + 1}, expected={"n": n})
        except ConflictError as error:
            ((expected, now),) = error.differences.values()
            assert expected < now
            conflicts += 1
        else:
            return conflicts


@pytest.mark.parametrize("backend", ["postgres", "mysql"], indirect=True)
def test_an_old_view_within_a_transaction_is_no_excuse(schema: lw.Schema, database_url: str) -> None:
    """What a transaction has seen at its beginning may have changed since; on SQLite nobody else can write then."""
    counter = table(schema, "Counter", "id : int32\n---\nn : int32")
    counter.insert1((1, 0))
    with lw.Project(database_url) as project:
        own = lw.virtual_schema(schema.database, connection=project).Counter
        with project.connection.transaction:
            assert own.fetch1("n") == 0
            counter.update1({"id": 1, "n": 1})
            with pytest.raises(ConflictError) as caught:
                own.update1({"id": 1, "n": 5}, expected={"n": 0})
            assert caught.value.differences == {"n": (0, 1)}
    assert counter.fetch1("n") == 1


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (1, 1.0, True),
        (1, True, False),
        (math.nan, float("nan"), True),
        ([1, (2, 3)], (1, [2, 3]), True),
        ({"a": np.arange(3)}, {"a": np.arange(3)}, True),
        ({"a": np.arange(3)}, {"a": np.arange(4)}, False),
        ({"a": 1}, {"b": 1}, False),
        (np.array([1.0, np.nan]), np.array([1.0, np.nan]), True),
        (np.array([1, 2]), np.array([1.0, 2.0]), False),
        (np.array([1, 2]), [1, 2], False),
        (np.array([None, {"a": np.zeros(2)}], dtype=object), np.array([None, {"a": np.zeros(2)}], dtype=object), True),
        (np.array([(1, 2.0)], dtype="i4,f8"), np.array([(1, 3.0)], dtype="i4,f8"), False),
        (np.array(["a"]), np.array(["a"]), True),
        (np.float64(1), np.float64(1), True),
        (None, 0, False),
    ],
)
def test_what_is_alike(left: Any, right: Any, same: bool) -> None:
    assert alike(left, right) is alike(right, left) is same


def test_what_cannot_be_compared_is_not_alike() -> None:
    class Odd:
        def __eq__(self, other: object) -> bool:
            raise LabwrightError("no")

        __hash__ = None  # type: ignore[assignment]  # as Python makes it

    assert not alike(Odd(), 1)

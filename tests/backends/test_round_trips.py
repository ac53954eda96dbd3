"""How often a computation waits for the server, counted on the wire."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from tests.backends.classes import part, table
from tests.backends.conftest import Relay

import labwright as lw
from labwright.core.errors import DuplicateError, LostConnectionError, LostJobError
from labwright.jobs.make import Maker
from labwright.jobs.runner import Runner, Task
from labwright.sql.demand import Demand
from labwright.sql.statement import Statement
from labwright.sql.url import DEFAULT_PORTS, DatabaseUrl, parse_url


class Counter(Relay):
    """Counts how often clients wait for an answer: after each Sync or Query of PostgreSQL, each command of MySQL."""

    def __init__(self, url: DatabaseUrl) -> None:
        self.waits = 0
        self.bytes = 0
        self._count = self._postgres if url.backend == "postgres" else self._mysql
        self._rest: dict[socket.socket, bytes] = {}
        self._started: set[socket.socket] = set()
        super().__init__((url.host, url.port or DEFAULT_PORTS[url.backend]))

    def note(self, source: socket.socket, data: bytes, *, answers: bool) -> None:
        if answers:
            self.bytes += len(data)
        else:
            self._rest[source] = self._count(source, self._rest.get(source, b"") + data)

    def _postgres(self, client: socket.socket, data: bytes) -> bytes:
        while len(data) >= 5:
            head = int(client in self._started)
            size = head + struct.unpack_from("!i", data, head)[0]
            if len(data) < size:
                break
            if head:
                self.waits += data[:1] in (b"S", b"Q")
            elif size > 8:  # the first message, and not the one that asks for encryption
                self._started.add(client)
            data = data[size:]
        return data

    def _mysql(self, client: socket.socket, data: bytes) -> bytes:
        while len(data) >= 4 and len(data) >= (size := 4 + int.from_bytes(data[:3], "little")):
            self.waits += data[3] == 0
            data = data[size:]
        return data


@dataclass(frozen=True)
class Lab:
    """A parent, and what is computed of it, by way of a counter."""

    schema: lw.Schema
    counter: Counter
    Scan: Any

    def runner(self, make: Callable[..., Any], *, shared: bool = False, **members: Any) -> Runner:
        """What runs a make that was run a few times: all is known that is asked once, and prepared that is repeated."""
        Result = table(self.schema, "Result", "-> Scan\n---\nx : float64", lw.Computed, make=make, **members)
        with self.schema.project.config.override({"jobs.shared_commits": shared}):
            runner = Runner(Maker(Result()))
        self.waits(runner, range(23, 40))
        assert len(Result) == 17
        return runner

    def waits(self, runner: Runner, keys: Sequence[int], **task: Any) -> int:
        before = self.counter.waits
        for key in keys:
            assert {o.state for o in runner.run(Task(({"scan": key},), **task))} <= {"success"}
        assert {o.state for o in runner.flush()} <= {"success"}
        return self.counter.waits - before


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection is not asked whether it lives, however long a machine with other work takes."""
    monkeypatch.setattr("labwright.sql.shipment.LONG", float("inf"))


@pytest.fixture
def lab(database_url: str, prefix: str) -> Iterator[Lab]:
    url = parse_url(database_url)
    if url.backend == "sqlite":
        pytest.skip("a file is not asked over a wire")
    counter = Counter(url)
    with contextlib.closing(counter), lw.Project(replace(url, host="127.0.0.1", port=counter.port)):
        schema = lw.Schema(f"{prefix}lab")
        Scan = table(
            schema,
            "Scan",
            "scan : int32\n---\nname : varchar(20)\nsize : float64\nprice : decimal(9,4)\nday : date\nmovie : <blob>",
            Frame=part("Frame", "-> master\nframe : int32\n---\nbright : float64"),
        )
        Scan.insert([(n, f"Scan {n}%", n + 0.1, n, "2024-05-31", os.urandom(90_000)) for n in range(40)])
        Scan.Frame.insert([(n, frame, 0.5) for n in range(40) for frame in range(5)])
        yield Lab(schema, counter, Scan)


def trivial(self: Any, key: dict[str, Any]) -> None:
    self.insert1({**key, "x": (self.schema["Scan"] & key).fetch1("size")})


def several(self: Any, key: dict[str, Any]) -> None:
    scan = self.schema["Scan"] & key
    name, price, day = scan.fetch1("name", "price", "day")
    assert len(scan) == 1
    assert not (self.schema["Scan"] & {"scan": 77})
    self.insert1({**key, "x": len(name) + float(price) + day.year})


def test_one_trip_beside_what_make_fetches(lab: Lab) -> None:
    assert lab.waits(lab.runner(trivial), range(3, 13)) == 10 * (1 + 1)


def test_several_share_the_last_trip(lab: Lab) -> None:
    assert lab.waits(lab.runner(trivial, shared=True), range(3, 13)) == 10 + 1


def test_every_kind_of_value_is_compared_by_the_server(lab: Lab) -> None:
    assert lab.waits(lab.runner(several), range(3, 13)) == 10 * (3 + 1)


def test_several_inserts(lab: Lab) -> None:
    def make(self: Any, key: dict[str, Any]) -> None:
        trivial(self, key)
        self.Item.insert({**key, "item": n} for n in range(20))
        self.Item.insert1({**key, "item": 99})

    runner = lab.runner(make, Item=part("Item", "-> master\nitem : int32"))
    assert lab.waits(runner, range(3, 13)) == 10 * (1 + 1)


def test_demands_and_closing_statements_go_in_the_same_trip(lab: Lab) -> None:
    Job = table(lab.schema, "Job", "job : int32\n---\nstate = 0 : int32")
    Job.insert([(n, 0) for n in range(40)])
    target = Job().db.dialect.table(Job().id.schema, Job().id.name)
    runner = lab.runner(trivial)

    def waits(sql: str, key: int) -> int:
        return lab.waits(runner, [key], demands=(Demand(Statement(sql, (key,)), LostJobError()),))

    assert waits(f"UPDATE {target} SET state = 1 WHERE job = %s", 3) == 2
    assert waits(f"DELETE FROM {target} WHERE job = %s", 4) == 2
    assert (Job & "job = 3").fetch1("state") == 1
    assert not (Job & "job = 4")
    lost = Demand(Statement(f"DELETE FROM {target} WHERE job = %s", (4,)), LostJobError())
    assert [o.state for o in runner.run(Task(({"scan": 5},), (lost,)))] == ["lost"]
    assert len(lab.schema["Result"] & "scan = 5") == 0


def test_long_values_stay_where_they_are(lab: Lab) -> None:
    def make(self: Any, key: dict[str, Any]) -> None:
        movie = (self.schema["Scan"] & key).fetch1("movie")
        self.insert1({**key, "x": len(movie)})

    runner = lab.runner(make)
    before = lab.counter.bytes
    assert lab.waits(runner, range(3, 13)) == 10 * (1 + 1)
    assert lab.counter.bytes - before < 10 * 100_000


def many_rows(self: Any, key: dict[str, Any]) -> None:
    self.insert1({**key, "x": (self.schema["Scan"].Frame() & key).to_arrays("bright").sum()})


def test_rows_that_the_server_cannot_compare_take_another_trip(lab: Lab) -> None:
    runner = lab.runner(many_rows)
    more = 2 if lab.schema.project.connection.backend == "postgres" else 4
    lab.waits(runner, range(3, 13))
    assert lab.waits(runner, range(13, 23)) == 10 * (1 + more)


def test_a_failure_is_told_as_if_nothing_had_been_sent_at_once(lab: Lab) -> None:
    def make(self: Any, key: dict[str, Any]) -> None:
        trivial(self, key)
        self.Item.insert([{**key, "item": n if key["scan"] != 7 else n % 5} for n in range(8)])

    runner = lab.runner(make, Item=part("Item", "-> master\nitem : int32"))
    (failed,) = runner.run(Task(({"scan": 7},)))
    assert isinstance(failed.error, DuplicateError)
    assert "the key scan=7, item=0 is taken, row 0 has it too" in str(failed.error)
    assert len(lab.schema["Result"] & "scan = 7") == 0
    assert lab.waits(runner, [3, 4]) == 2 * (1 + 1), "the connection goes on"


def test_a_connection_that_is_lost_while_make_computes_is_made_again(lab: Lab) -> None:
    lab.runner(trivial)
    Result: Any = lab.schema["Result"]
    attempt = Maker(Result()).run([{"scan": 3}])
    lab.counter.cut()
    attempt.store()
    assert len(Result & "scan = 3") == 1


def test_an_answer_that_is_lost_leaves_the_outcome_open(lab: Lab) -> None:
    runner = lab.runner(trivial)
    Result: Any = lab.schema["Result"]
    told: list[str] = []
    attempt = Maker(Result()).run([{"scan": 3}])
    attempt.deferred.after_rollback(lambda: told.append("undone"))
    lab.counter.deafen()
    with pytest.raises(LostConnectionError, match="it is stored as a whole, or not at all") as caught:
        attempt.store()
    assert caught.value.outcome_unknown
    assert told == [], "nobody knows whether it is"
    assert len(Result & "scan = 3") == 1

    def stop_hearing(self: Any, key: dict[str, Any]) -> None:
        trivial(self, key)
        lab.counter.deafen()

    Result.make = stop_hearing
    assert [o.state for o in runner.run(Task(({"scan": 4},)))] == ["success"], "its rows are there"


@pytest.mark.parametrize("shared", [False, True])
def test_changed_inputs_are_seen_by_the_server(lab: Lab, shared: bool) -> None:
    seen: list[float] = []

    def make(self: Any, key: dict[str, Any]) -> None:
        scan = self.schema["Scan"]
        size = (scan & key).fetch1("size")
        if key["scan"] == 5 and not seen:
            seen.append(size)
            with lw.Project(self.connection.url):
                lab.Scan.update1({**key, "size": 77.5})
        self.insert1({**key, "x": size})

    runner = lab.runner(make, shared=shared)
    lab.waits(runner, range(3, 8))
    assert seen == [5.1]
    assert (lab.schema["Result"] & "scan < 8").to_arrays("x", order_by="KEY").tolist() == [3.1, 4.1, 77.5, 6.1, 7.1]

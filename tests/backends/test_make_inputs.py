"""What is stored comes of inputs as they are, however make has read them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import Queue
from threading import Thread
from typing import Any

import pytest
from tests.backends.classes import table

import labwright as lw


@pytest.fixture
def trials(schema: lw.Schema) -> Any:
    """Trials, in the order of a rank."""
    Trial = table(schema, "Trial", "trial : int32\n---\nscore : int32\nrank : int32")
    Trial.insert([(n, 10 * n, n) for n in (1, 2, 3)])
    return Trial


@pytest.fixture
def swap(trials: Any) -> Callable[[], None]:
    """Let somebody else rank two trials the other way round."""

    def swapped() -> None:
        with lw.Project(trials.connection.url) as other:
            there = lw.FreeTable(other, str(trials().id))
            there.update1({"trial": 1, "rank": 3})
            there.update1({"trial": 3, "rank": 1})

    return swapped


READS: dict[str, Callable[[Any], int]] = {
    "attributes": lambda Trial: int(Trial.to_arrays("score", order_by="rank")[0]),
    "key": lambda Trial: 10 * int(Trial.keys(order_by="rank")[0]["trial"]),
    "top": lambda Trial: int((Trial & lw.Top(None, "rank DESC")).to_arrays("score")[-1]),
    "projected": lambda Trial: int((Trial & lw.Top(None, "rank")).proj("score").to_arrays("score")[0]),
    "computed": lambda Trial: int((Trial & lw.Top(None, "rank")).proj(points="score + 0").to_arrays("points")[0]),
    "one by one": lambda Trial: next(iter((Trial & lw.Top(None, "rank")).proj("score").cursor()))[-1],
    "table": lambda Trial: int((Trial & lw.Top(None, "rank")).proj("score").to_arrow()["score"][0].as_py()),
    "own query": lambda Trial: Trial.connection.query(f"SELECT score FROM {named(Trial)} ORDER BY rank").fetchall()[0][
        0
    ],
}


def named(Trial: Any) -> str:
    """The table as queries name it."""
    return str(Trial().db.dialect.table(Trial().id.schema, Trial().id.name))


@pytest.mark.parametrize("how", READS)
def test_rows_that_come_in_another_order(how: str, schema: lw.Schema, trials: Any, swap: Callable[[], None]) -> None:
    calls = []

    def make(self: Any, key: dict[str, Any]) -> None:
        best = READS[how](trials)
        calls.append(best)
        if len(calls) == 1:
            swap()
        self.insert1({**key, "best": best})

    Best = table(schema, "Best", "-> Trial\n---\nbest : int32", lw.Computed, make=make)
    with schema.project.config.override({"jobs.make_reads": "record"}):
        Best.populate({"trial": 2})
    assert calls == [10, 30]
    assert Best.fetch1("best") == 30
    assert [stale for stale in Best.stale() if "inputs" in stale.reasons] == []


@pytest.mark.parametrize("reserve_jobs", [False, True])
def test_going_on_from_a_row_before(reserve_jobs: bool, schema: lw.Schema, trials: Any) -> None:
    def make(self: Any, key: dict[str, Any]) -> None:
        before = {"trial": key["trial"] - 1}
        total = (type(self)() & before).fetch1("total") if before["trial"] else 0
        self.insert1({**key, "total": total + (trials & key).fetch1("score")})

    Total = table(schema, "Total", "-> Trial\n---\ntotal : int32", lw.Computed, make=make)
    assert Total.populate(reserve_jobs=reserve_jobs)["success_count"] == 3
    assert [row["total"] for row in Total.to_dicts(order_by="trial")] == [10, 30, 60]


ALIKE: dict[str, tuple[str, Any, Any]] = {
    "zeros": ("float64", 0.0, -0.0),
    "short zeros": ("float32", -0.0, 0.0),
    "json": ("json", {"gain": 1}, {"gain": 1.0}),
    "case": ("varchar(9)", "a", "A"),
    "blanks": ("varchar(9)", "a", "a "),
}
"""What some databases take for the same value, and Python does not."""


@pytest.mark.parametrize("what", ALIKE)
def test_values_that_databases_call_equal(what: str, schema: lw.Schema) -> None:
    type_, before, after = ALIKE[what]
    Setting = table(schema, "Setting", f"setting : int32\n---\nvalue : {type_}")
    Setting.insert1((1, before))
    seen = []

    def make(self: Any, key: dict[str, Any]) -> None:
        seen.append(repr((Setting & key).fetch1("value")))
        self.insert1({**key, "seen": seen[-1]})
        if len(seen) == 1:
            with lw.Project(schema.project.connection.url) as other:
                lw.FreeTable(other, str(Setting().id)).update1({"setting": 1, "value": after})

    Seen = table(schema, "Seen", "-> Setting\n---\nseen : varchar(40)", lw.Computed, make=make)
    Seen.populate()
    assert Seen.fetch1("seen") == repr(Setting.fetch1("value"))
    assert Seen.stale() == []
    if schema.project.connection.backend == "postgres":
        assert seen == [repr(before), repr(after)]


BITS = {"sqlite": "blob", "postgres": "bit(8)", "mysql": "bit(8)"}


def test_bits_of_a_table_of_others(schema: lw.Schema, trials: Any, backend: str) -> None:
    named_bits = trials().db.dialect.table(trials().id.schema, "bits")
    query, value = trials.connection.query, {"sqlite": "x'{:02x}'"}.get(backend, "b'{:08b}'")
    query(f"CREATE TABLE {named_bits} (bits {BITS[backend]} NOT NULL)")
    query(f"INSERT INTO {named_bits} VALUES ({value.format(5)})")
    seen = []

    def make(self: Any, key: dict[str, Any]) -> None:
        seen.append(query(f"SELECT bits FROM {named_bits}").fetchall())
        self.insert1(key)
        if len(seen) == 1:
            with lw.Project(trials.connection.url) as other:
                other.connection.query(f"UPDATE {named_bits} SET bits = {value.format(0)}")

    Seen = table(schema, "Seen", "-> Trial", lw.Computed, make=make)
    Seen.populate({"trial": 1})
    assert len(seen) == 2
    assert seen[0] != seen[1]


def test_inputs_that_change_for_a_make_that_catches_all(
    schema: lw.Schema, trials: Any, swap: Callable[[], None]
) -> None:
    ranks = []

    def make(self: Any, key: dict[str, Any]) -> None:
        ranks.append((trials & key).fetch1("rank"))
        if len(ranks) == 1:
            swap()
        for rank in (ranks[-1], -1):
            try:
                self.insert1({**key, "rank": rank})
                return
            except lw.errors.LabwrightError:
                pass

    Rank = table(schema, "Rank", "-> Trial\n---\nrank : int32", lw.Computed, make=make)
    assert Rank.populate({"trial": 3}, reserve_jobs=True)["error_list"] == []
    assert (ranks, Rank.fetch1("rank")) == ([3, 1], 1)


@pytest.mark.parametrize("summary", ["std(score)", "variance(score)", "count(*)"])
def test_summaries_that_cannot_be_locked(summary: str, schema: lw.Schema, trials: Any) -> None:
    backend, named = trials.connection.backend, trials().db.dialect.table(trials().id.schema, trials().id.name)
    asked = {"postgres": summary.replace("std(", "stddev("), "sqlite": "sum(score)"}.get(backend, summary)

    def make(self: Any, key: dict[str, Any]) -> None:
        trials.connection.query(f"SELECT {asked} FROM {named}")
        self.insert1(key)

    Spread = table(schema, "Spread", "-> Trial", lw.Computed, make=make)
    assert Spread.populate()["success_count"] == 3


UNHELD: dict[str, Callable[[Any, Any], float]] = {
    "summary": lambda Trial, _: float(Trial.connection.query(f"SELECT avg(score) FROM {named(Trial)}").fetchone()[0]),
    "absence": lambda _, Flag: len(Flag & "trial = 1"),
    "rows": lambda _, Flag: len(Flag.to_dicts()),
    "within": lambda Trial, Flag: len((Trial - Flag).to_dicts()),
}


def flag(_: Any, Flag: Any) -> None:
    Flag.insert1({"trial": 1})


CHANGED: dict[tuple[str, str], Callable[[Any, Any], object]] = {
    **{(backend, how): flag for backend in ("postgres", "mysql") for how in ("absence", "rows", "within")},
    ("postgres", "summary"): lambda Trial, _: Trial.update1({"trial": 3, "score": 70}),
}
"""What others may do meanwhile. Elsewhere they wait."""


@pytest.mark.parametrize("how", UNHELD)
def test_what_changes_after_the_transaction_has_begun(how: str, schema: lw.Schema, trials: Any, backend: str) -> None:
    """It begins where make looks at what it has inserted; what was read before that cannot always be held."""
    Flag = table(schema, "Flag", "-> Trial")
    assert len(Flag) == 0
    found = []

    def make(self: Any, key: dict[str, Any]) -> None:
        found.append(UNHELD[how](trials, Flag))
        self.insert1({**key, "found": found[-1]})
        assert self & key
        if len(found) == 1 and (backend, how) in CHANGED:
            with lw.Project(trials.connection.url) as other:
                CHANGED[backend, how](*(lw.FreeTable(other, str(t().id)) for t in (trials, Flag)))

    Found = table(schema, "Found", "-> Trial\n---\nfound : float64", lw.Computed, make=make)
    with schema.project.config.override({"jobs.make_reads": "record"}):
        Found.populate({"trial": 2})
    assert Found.fetch1("found") == UNHELD[how](trials, Flag)
    assert Found.stale() == []


def test_reads_that_do_not_agree_in_a_transaction(schema: lw.Schema, trials: Any) -> None:
    """Somebody changes two rows between the two looks that a make takes when its transaction has begun."""
    calls = []

    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert1({**key, "low": 0, "high": 0})
        assert self & key  # which begins it
        low = (trials & "trial = 1").fetch1("rank")
        calls.append(low)
        if len(calls) == 1 and schema.project.connection.backend != "sqlite":  # where nobody can write meanwhile
            swap_scores(trials)
        high = (trials & "trial = 3").fetch1("rank")
        self.update1({**key, "low": low, "high": high})

    Span = table(schema, "Span", "-> Trial\n---\nlow : int32\nhigh : int32", lw.Computed, make=make)
    Span.populate({"trial": 2})
    assert Span.to_dicts() == [{"trial": 2, "low": calls[-1], "high": 4 - calls[-1]}]
    assert calls == ([1] if schema.project.connection.backend == "sqlite" else [1, 3])


def swap_scores(Trial: Any) -> None:
    with lw.Project(Trial.connection.url) as other:
        there = lw.FreeTable(other, str(Trial().id))
        with other.connection.transaction:
            there.update1({"trial": 1, "rank": 3})
            there.update1({"trial": 3, "rank": 1})


def test_what_make_itself_has_changed_is_not_looked_at_again(schema: lw.Schema, trials: Any) -> None:
    Note = table(schema, "Note", "note : int32\n---\nseen = 0 : int32")
    Note.insert1({"note": 1})

    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert1({**key, "seen": 0})
        before = len(self)
        count = (Note & "note = 1").fetch1("seen")
        Note.update1({"note": 1, "seen": count + 1})
        Note.connection.query(f"UPDATE {named(Note)} SET seen = seen + 1 WHERE note = %s", (1,))
        self.update1({**key, "seen": (Note & "note = 1").fetch1("seen") + before - len(self)})

    Seen = table(schema, "Seen", "-> Trial\n---\nseen : int32", lw.Computed, make=make)
    assert Seen.populate()["success_count"] == 3
    assert [row["seen"] for row in Seen.to_dicts(order_by="trial")] == [2, 4, 6]


@pytest.mark.parametrize("kept", [False, True])
def test_reads_of_threads(kept: bool, schema: lw.Schema, trials: Any, swap: Callable[[], None]) -> None:
    """Those of a thread that make starts, or that an earlier make has started."""
    ranks, project = [], schema.project
    with ThreadPoolExecutor(1) as pool:

        def ask(key: dict[str, Any]) -> int:
            with project:
                return int((trials & key).fetch1("rank"))

        def compute(self: Any, key: dict[str, Any]) -> None:
            if kept:
                rank = pool.submit(ask, key).result()
            else:
                with ThreadPoolExecutor(1) as own:
                    rank = own.submit(ask, key).result()
            ranks.append(rank)
            if len(ranks) == 2:
                swap()
            self.insert1({**key, "rank": rank})

        Rank = table(schema, "Rank", "-> Trial\n---\nrank : int32", lw.Computed, make=compute)
        Rank.populate({"trial": 2})
        Rank.populate({"trial": 3})
    assert ranks == [2, 3, 1]
    assert Rank.to_arrays("rank", order_by="trial").tolist() == [2, 1]


def test_other_threads_are_left_alone(schema: lw.Schema, trials: Any) -> None:
    """What is read by a thread that was there before is none of an input."""
    asked, told, there = Queue[int](), Queue[int](), lw.FreeTable(schema.project, str(trials().id))

    def watch() -> None:
        while asked.get():
            told.put(len(there))

    def make(self: Any, key: dict[str, Any]) -> None:
        asked.put(1)
        told.get(timeout=60)
        self.insert1(key)

    watcher = Thread(target=watch)
    watcher.start()
    try:
        Plain = table(schema, "Plain", "-> Trial", lw.Computed, make=make)
        assert Plain.populate({"trial": 1})["success_count"] == 1
    finally:
        asked.put(0)
        watcher.join()
    assert Plain.provenance({"trial": 1}).reads == ()


def test_populate_in_two_threads(schema: lw.Schema, trials: Any) -> None:
    """What one looks for is no input of what the other computes."""
    project = schema.project

    def go_on(Table: Any) -> Any:
        with project:
            return Table.populate({"trial": 2})["success_count"]

    def make(self: Any, key: dict[str, Any]) -> None:
        if key["trial"] == 1:
            with ThreadPoolExecutor(1) as pool:
                assert pool.submit(go_on, type(self)).result() == 1
        self.insert1({**key, "score": (trials & key).fetch1("score")})

    Score = table(schema, "Score", "-> Trial\n---\nscore : int32", lw.Computed, make=make)
    Score.populate({"trial": 1})
    assert [len(Score.provenance({"trial": n}).reads) for n in (1, 2)] == [1, 1]


def test_what_another_database_says_is_no_input(schema: lw.Schema, trials: Any) -> None:
    project = schema.project
    with lw.Project("sqlite:///:memory:") as elsewhere, project:
        Far = table(lw.Schema("far", connection=elsewhere), "Far", "far : int32")
        Far.insert1((7,))

        def make(self: Any, key: dict[str, Any]) -> None:
            self.insert1({**key, "far": Far.fetch1("far")})

        Near = table(schema, "Near", "-> Trial\n---\nfar : int32", lw.Computed, make=make)
        assert Near.populate()["success_count"] == 3


def test_a_query_that_never_gives_the_same(schema: lw.Schema, trials: Any) -> None:
    volatile = {"postgres": "gen_random_uuid()", "mysql": "uuid()", "sqlite": "random()"}[trials.connection.backend]

    def make(self: Any, key: dict[str, Any]) -> None:
        trials.connection.query(f"SELECT {volatile} FROM {named(trials)} WHERE trial = %s", (key["trial"],))
        self.insert1(key)

    Odd = table(schema, "Odd", "-> Trial", lw.Computed, make=make)
    with pytest.raises(lw.errors.InputsChangedError, match=r"let Python tell that. It is: SELECT .*\(\) FROM"):
        Odd.populate({"trial": 1})


def test_the_time_may_be_asked_for(schema: lw.Schema, trials: Any) -> None:
    times = []

    def make(self: Any, key: dict[str, Any]) -> None:
        times.append(trials.connection.query("SELECT CURRENT_TIMESTAMP").fetchone()[0])
        self.insert1(key)

    Timed = table(schema, "Timed", "-> Trial", lw.Computed, make=make)
    assert Timed.populate()["success_count"] == len(times) == 3
    assert Timed.provenance({"trial": 1}).reads == ()


def test_a_look_at_the_queue_is_no_input(schema: lw.Schema, trials: Any) -> None:
    def make(self: Any, key: dict[str, Any]) -> None:
        assert len(self.jobs.reserved & key) == 1
        self.insert1(key)

    Seen = table(schema, "Seen", "-> Trial", lw.Computed, make=make)
    assert Seen.populate(reserve_jobs=True)["success_count"] == 3
    assert Seen.provenance({"trial": 1}).reads == ()

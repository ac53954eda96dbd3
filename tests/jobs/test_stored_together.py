"""Computations that share a commit leave what they would have left one after the other."""

from __future__ import annotations

from typing import Any

import pytest
from tests.backends.classes import part, table

import labwright as lw

COUNT = 40


@pytest.fixture(params=[False, True], ids=["direct", "jobs"])
def jobs(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def Scan(schema: lw.Schema) -> Any:
    assert schema.project.config["jobs.shared_commits"]
    Scan = table(schema, "Scan", "scan : int32\n---\nsize : int32")
    Scan.insert((n, n * n) for n in range(COUNT))
    return Scan


def computed(schema: lw.Schema, make: Any, **members: Any) -> Any:
    return table(schema, "Result", "-> Scan\n---\nx : int32", lw.Computed, make=make, **members)


def test_masters_and_parts(schema: lw.Schema, Scan: Any, jobs: bool) -> None:
    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert1({**key, "x": (Scan & key).fetch1("size")})
        self.Peak.insert({**key, "peak": n} for n in range(key["scan"] % 4))

    Result = computed(schema, make, Peak=part("Peak", "-> master\npeak : int32"))
    assert Result.populate(reserve_jobs=jobs)["success_count"] == COUNT
    assert dict(zip(*Result.to_arrays("scan", "x"), strict=True)) == {n: n * n for n in range(COUNT)}
    assert len(Result.Peak()) == sum(n % 4 for n in range(COUNT))


def test_what_looks_at_its_own_table_sees_those_before_it(schema: lw.Schema, Scan: Any, jobs: bool) -> None:
    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert1({**key, "x": len(Result())})

    Result = computed(schema, make)
    assert Result.populate(reserve_jobs=jobs)["success_count"] == COUNT
    assert sorted(Result.to_arrays("x")) == list(range(COUNT))


def test_what_goes_on_from_the_row_before_finds_it(schema: lw.Schema, Scan: Any, jobs: bool) -> None:
    def make(self: Any, key: dict[str, Any]) -> None:
        before = (Result & {"scan": key["scan"] - 1}).to_arrays("x")
        self.insert1({**key, "x": sum(before) + 1})

    Result = computed(schema, make)
    assert Result.populate(reserve_jobs=jobs)["success_count"] == COUNT
    assert Result.to_arrays("x", order_by="KEY").tolist() == [n + 1 for n in range(COUNT)]


def test_what_looks_at_its_own_table_by_another_name_does_too(schema: lw.Schema, Scan: Any, jobs: bool) -> None:
    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert1({**key, "x": self.connection.query(f"SELECT count(*) FROM {view}").fetchone()[0]})

    Result = computed(schema, make)
    assert len(Result()) == 0, "it is there"
    dialect, own = schema.project.database.dialect, Result().id
    view = dialect.table(own.schema, "seen_results")
    schema.project.connection.query(f"CREATE VIEW {view} AS SELECT * FROM {dialect.table(own.schema, own.name)}")
    assert Result.populate(reserve_jobs=jobs)["success_count"] == COUNT
    assert sorted(Result.to_arrays("x")) == list(range(COUNT))
    schema.project.connection.query(f"DROP VIEW {view}")


def test_one_that_fails_takes_no_other_along(schema: lw.Schema, Scan: Any, jobs: bool) -> None:
    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert1({**key, "x": (Scan & key).fetch1("size")})
        self.Peak.insert({**key, "peak": n % (3 if key["scan"] == 7 else 9)} for n in range(5))

    Result = computed(schema, make, Peak=part("Peak", "-> master\npeak : int32"))
    told = Result.populate(reserve_jobs=jobs, suppress_errors=True)
    assert (told["success_count"], told.error) == (COUNT - 1, 1)
    assert set(Result.to_arrays("scan")) == set(range(COUNT)) - {7}
    assert len(Result.Peak()) == 5 * (COUNT - 1)


def test_the_same_row_twice_is_the_last_of_them(schema: lw.Schema, Scan: Any, jobs: bool) -> None:
    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert([{**key, "x": 1}, {**key, "x": 2}], replace=True)

    Result = computed(schema, make)
    assert Result.populate(reserve_jobs=jobs)["success_count"] == COUNT
    assert set(Result.to_arrays("x")) == {2}


def test_rows_of_several_shapes(schema: lw.Schema, Scan: Any, jobs: bool) -> None:
    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert1({**key, "x": key["scan"]})
        self.Note.insert1({**key, "note": 0} if key["scan"] % 2 else {**key, "note": 0, "said": "even"})

    Result = computed(schema, make, Note=part("Note", "-> master\nnote : int32\n---\nsaid = 'odd' : varchar(8)"))
    assert Result.populate(reserve_jobs=jobs)["success_count"] == COUNT
    said = dict(zip(*Result.Note().to_arrays("scan", "said"), strict=True))
    assert said == {n: "odd" if n % 2 else "even" for n in range(COUNT)}

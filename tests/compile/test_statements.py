"""Remembered statements are those that compiling anew would give, whatever the values."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import math
import threading
import uuid
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labwright.core.heading import Attribute, Heading
from labwright.core.types import Type
from labwright.query import expr
from labwright.query.comparisons import After, Where
from labwright.query.conditions import Not
from labwright.query.top import Top
from labwright.sql.compiler import compile_count, compile_exists, compile_select
from labwright.sql.decode import CodecDecoder
from labwright.sql.dialect import Dialect
from labwright.sql.mysql import MySQL
from labwright.sql.postgres import Postgres
from labwright.sql.shape import query_of, shape_of
from labwright.sql.sqlite import SQLite
from labwright.sql.statement import Statement
from labwright.sql.statements import MANY, REMEMBERED, Statements
from labwright.testing.pipelines import Pipeline, pipelines
from labwright.testing.queries import Query, queries

DIALECTS: Final[dict[str, Dialect]] = {"sqlite": SQLite(), "postgres": Postgres(), "mysql": MySQL()}
STATEMENTS: Final = {name: Statements(dialect) for name, dialect in DIALECTS.items()}

HEADING: Final = Heading(
    [
        Attribute("n", Type("int32"), in_key=True, lineage="lab.mouse.n"),
        Attribute("score", Type("float64"), nullable=True),
        Attribute("name", Type("varchar", (20,)), nullable=True),
        Attribute("sex", Type("enum", ("m", "f"))),
        Attribute("price", Type("decimal", (8, 2))),
        Attribute("tag", Type("uuid")),
        Attribute("day", Type("date")),
        Attribute("seen", Type("datetime")),
        Attribute("tame", Type("bool")),
        Attribute("info", Type("json"), nullable=True),
        Attribute("picture", Type("codec", codec="blob"), storage=Type("bytes")),
        Attribute("unknown", None, nullable=True),
    ]
)
MOUSE: Final = Query(expr.Source("lab", "mouse", HEADING))

VALUES: Final[dict[str, list[Any]]] = {
    "n": [0, 1, -7, "12", 3.0, 1 << 40],
    "score": [0.5, 2, None, math.nan, math.inf, -math.inf, -0.0],
    "name": ["", "Ada", "'; --", "%s", None, 5],
    "sex": ["m", "f", "x"],
    "price": [1, "1.50", decimal.Decimal("-3.25"), 0.1],
    "tag": [uuid.UUID(int=0), str(uuid.UUID(int=7)), uuid.UUID(int=8).bytes],
    "day": [datetime.date(2024, 2, 29), "2000-01-01"],
    "seen": [datetime.datetime.fromisoformat("2024-02-29T12:00"), "2000-01-01 10:00:00"],
    "tame": [True, False, 1, 0],
    "info.weight": [5, 5.5, "5", True, None],
    "info.weight:float64": [5, 7.25, None],
    "unknown": [1, "1", None, True, 2.5],
}


def exact(statement: Statement) -> tuple[object, ...]:
    """What tells statements apart; equal values of other types are other values."""
    return statement.sql, [(type(p), repr(p)) for p in statement.params], statement.columns


def check(node: expr.Node) -> None:
    """Twice, so that the second statement is surely a remembered one."""
    for name, dialect in DIALECTS.items():
        known = STATEMENTS[name]
        for _ in range(2):
            assert exact(known.select(node)[0]) == exact(compile_select(node, dialect))
            assert exact(known.count(node)) == exact(compile_count(node, dialect))
            assert exact(known.exists(node)) == exact(compile_exists(node, dialect))


def other(value: Any) -> Any:
    """Another value for the same place."""
    if isinstance(value, tuple):
        return tuple(tuple(map(other, row)) for row in value[::-1])
    kept = (bool, datetime.date, datetime.time, uuid.UUID)
    return value if isinstance(value, kept) else value * 2


@st.composite
def dicts(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=3, unique=True))
    return {n: draw(st.sampled_from(VALUES[n])) for n in names}


@st.composite
def conditions(draw: st.DrawFn, depth: int = 2) -> Any:
    kinds = ["dict", "keys", "text", "query", "where", "after"] + (["any", "not"] if depth else [])
    kind = draw(st.sampled_from(kinds))
    if kind == "keys":
        name = draw(st.sampled_from([n for n in VALUES if "." not in n]))
        return [
            {"n": i, name: draw(st.sampled_from(VALUES[name]))}
            for i in range(draw(st.sampled_from([1, 2, 5, 70, MANY + 1])))
        ]
    if kind == "where":
        name, operator = draw(st.sampled_from(["score", "price", "seen", "sex"])), draw(st.sampled_from(["<", ">="]))
        return Where(
            name, operator, draw(st.sampled_from([v for v in VALUES[name] if v not in (None, "x") and v == v]))
        )
    if kind == "after":
        order = draw(st.sampled_from(["KEY", "n, price", "n DESC, day DESC", "score DESC, n", "seen, n, day"]))
        return After(
            {n: draw(st.sampled_from(VALUES[n])) for n in VALUES if n in order} | {"n": draw(st.integers(0, 9))}, order
        )
    if kind == "text":
        return draw(st.sampled_from(["score > 3", "name = 'a%'", "score > 3 or name is null"]))
    if kind == "query":
        return (MOUSE & draw(dicts())).proj()
    if kind == "any":
        return [draw(conditions(depth - 1)), draw(conditions(depth - 1))]
    return Not(draw(conditions(depth - 1))) if kind == "not" else draw(dicts())


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_remembered_statement_is_what_compiling_gives(data: st.DataObject) -> None:
    query = MOUSE & data.draw(conditions())
    if data.draw(st.booleans()):
        query &= data.draw(conditions(0))
    if data.draw(st.booleans()):
        query &= Top(data.draw(st.sampled_from([None, 0, 1, 2])), "KEY", data.draw(st.integers(0, 1)))
    check(query.query_node())


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_so_for_every_operator_and_for_other_values(data: st.DataObject) -> None:
    pipeline: Pipeline = data.draw(pipelines("lab"))
    node = data.draw(queries(pipeline)).query_node()
    values: list[Any] = []
    shape = shape_of(node, values)
    assert query_of(shape, iter(values)) == node
    check(node)
    again: list[Any] = []
    changed = query_of(shape, map(other, values))
    assert shape_of(changed, again) == shape
    check(changed)


def compiled(node: expr.Node, known: Statements) -> Statement:
    return known.select(node)[0]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_queries_that_differ_in_values_share_their_text(dialect: str) -> None:
    known = Statements(DIALECTS[dialect])
    first, second = (compiled((MOUSE & {"n": n, "sex": s}).query_node(), known) for n, s in ((1, "m"), (2, "f")))
    assert first.sql is second.sql
    assert (len(first.params), len(second.params)) == (2, 2)
    assert first.params != second.params


def test_one_condition_in_two_places_is_two_values() -> None:
    """A shared part of a query is not the same in the next query of this shape."""
    known, one, two = Statements(SQLite()), MOUSE & {"n": 1}, MOUSE & {"n": 2}
    assert compiled((one & one.proj()).query_node(), known).params == (1, 1)
    assert compiled((one & two.proj()).query_node(), known).params == (1, 2)
    assert compiled((two & one.proj()).query_node(), known).params == (2, 1)


CHANGES: Final[dict[str, dict[str, Any]]] = {
    "label": {"type": Type("enum", ("m", "f", "u"))},
    "type": {"type": Type("varchar", (1,))},
    "nullable": {"nullable": True},
    "place": {"in_key": True},
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_heading_is_another_query(change: str) -> None:
    altered = HEADING.map(lambda a: dataclasses.replace(a, **CHANGES[change]) if a.name == "sex" else a)
    for query in (MOUSE, Query(expr.Source("lab", "mouse", altered)), MOUSE):
        check((query & {"n": 1}).query_node())
        check((query - {"sex": "m"}).query_node())
        check((query & Top(1, "sex")).query_node())
        statement, plan = STATEMENTS["sqlite"].select(query.query_node())
        assert statement.columns == tuple(query.heading.values())
        assert plan.names == tuple(query.heading)


def test_chosen_columns_are_part_of_the_question() -> None:
    known = Statements(SQLite())
    for names in (["n", "sex"], ["sex"], None, ["sex", "n"], ("n", "sex")):
        statement, plan = known.select(MOUSE.query_node(), names)
        assert exact(statement) == exact(compile_select(MOUSE.query_node(), SQLite(), names))
        assert plan.names == tuple(names or HEADING)


def each(change: Callable[[bytes], bytes]) -> CodecDecoder:
    """A codec that changes each value."""
    return lambda attribute: lambda column, keys: [change(value) for value in column]


def test_codecs_are_asked_each_time() -> None:
    plan = Statements(SQLite()).select(MOUSE.query_node(), ["n", "picture"])[1]
    upper, lower = (plan.with_codecs(each(change)) for change in (bytes.upper, bytes.lower))
    assert upper.rows([(1, b"aB")]) == [(1, b"AB")]
    assert lower.rows([(1, b"aB")]) == [(1, b"ab")]
    assert plan.rows([(1, b"aB")]) == [(1, b"aB")]


@given(st.lists(st.one_of(st.none(), st.uuids()), max_size=9))
def test_few_rows_are_read_as_many_are(tags: list[uuid.UUID | None]) -> None:
    heading = Heading([Attribute("tag", Type("uuid"), nullable=True), Attribute("n", Type("int32"))])
    plan = STATEMENTS["sqlite"].select(expr.Source("lab", "tags", heading))[1]
    rows = [(None if t is None else str(t), i) for i, t in enumerate(tags)]
    assert list(plan.rows(rows)) == list(zip(tags, range(len(tags)), strict=True))


def test_memory_is_bounded() -> None:
    known = Statements(SQLite())
    for n in range(REMEMBERED + 50):
        known.select((MOUSE & Top(n, "KEY")).query_node())
    assert known.remembered == REMEMBERED
    many = [{"name": str(n), "score": None} for n in range(MANY + 1)]
    check((MOUSE & many).query_node())
    known.select((MOUSE & many).query_node())
    assert known.remembered == REMEMBERED


def test_threads_may_ask_for_the_same_at_once() -> None:
    known, found = Statements(Postgres()), []
    start = threading.Barrier(8)

    def ask(n: int) -> None:
        start.wait()
        for i in range(200):
            node = (MOUSE & {"n": n} & Top(i % 7, "KEY")).query_node()
            found.append(exact(compiled(node, known)) == exact(compile_select(node, Postgres())))

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 1600

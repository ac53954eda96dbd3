"""The algebra without a database: keys, names, origins, laws, and what every operator refuses."""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labwright.core.errors import DataError, QueryError, QuerySyntaxError, UnknownAttributeError
from labwright.define.parser import parse
from labwright.define.table import TableDef, TableId, resolve_table
from labwright.query.conditions import AndList, Constant, Equal, Keys, Not
from labwright.query.expr import Restrict, Slice, Source, promote
from labwright.query.operators import U
from labwright.query.top import Top
from labwright.testing.evaluator import Row, evaluate
from labwright.testing.pipelines import pipelines
from labwright.testing.queries import Query, queries

DEFINITIONS: Final = {
    "Species": "species : varchar(20)",
    "Subject": """
        subject_id : int32
        ---
        -> [nullable] Species
        weight = null : decimal(6, 2)
        born = null : date
        tag = null : uuid
        info = null : json
        note = null : <blob>
    """,
    "Session": """
        -> Subject
        session_id : int8
        ---
        score = null : float64
        name : varchar(8)
    """,
    "Scan": """
        -> Session
        scan_id : int32
        ---
        depth : float64
        name : varchar(8)
    """,
    "Other": """
        session_id : int8
        ---
        score : float64
    """,
    "Pair": """
        -> Subject
        -> Subject.proj(partner="subject_id")
    """,
}


def resolve() -> dict[str, Query]:
    tables: dict[str, TableDef] = {}
    for name, text in DEFINITIONS.items():
        tables[name] = resolve_table(
            TableId("lab", name.lower()), parse(text), lambda r: tables[r.target[0]], lambda t: t
        )
    return {name: Query(Source("lab", t.id.name, t.heading)) for name, t in tables.items()}


Species, Subject, Session, Scan, Other, Pair = resolve().values()

KEYS: Final[dict[str, tuple[Callable[[], Query], list[str], list[str]]]] = {
    "&": (lambda: Session & "score > 3", ["subject_id", "session_id"], ["score", "name"]),
    "-": (lambda: Session - "score > 3", ["subject_id", "session_id"], ["score", "name"]),
    "proj": (Session.proj, ["subject_id", "session_id"], []),
    "proj renames the key": (lambda: Session.proj(s="subject_id"), ["s", "session_id"], []),
    "proj swaps names": (
        lambda: Session.proj(score="name", name="score"),
        ["subject_id", "session_id"],
        ["name", "score"],
    ),
    "proj takes all but one": (lambda: Session.proj(..., "-name"), ["subject_id", "session_id"], ["score"]),
    "proj computes": (lambda: Session.proj(x="score + 1"), ["subject_id", "session_id"], ["x"]),
    "proj duplicates": (lambda: Session.proj("name", x="(name)"), ["subject_id", "session_id"], ["name", "x"]),
    "* where A determines B": (lambda: Session * Subject.proj(), ["subject_id", "session_id"], ["score", "name"]),
    "* where B determines A": (lambda: Subject.proj() * Session, ["subject_id", "session_id"], ["score", "name"]),
    "* where neither does": (lambda: Session.proj() * Pair, ["subject_id", "session_id", "partner"], []),
    "* by a secondary attribute": (
        lambda: Species * Subject.proj("species"),
        ["subject_id"],
        ["species"],
    ),
    "extend": (lambda: Session.proj().extend(Subject.proj("born")), ["subject_id", "session_id"], ["born"]),
    "aggr": (lambda: Subject.aggr(Session, n="count(*)"), ["subject_id"], ["n"]),
    "aggr keeps what is chosen": (lambda: Subject.aggr(Session, "born", n="count(*)"), ["subject_id"], ["born", "n"]),
    "aggr renames the key": (lambda: Subject.aggr(Session, s="subject_id", n="count(*)"), ["s"], ["n"]),
    "U aggr": (lambda: U("name").aggr(Session, n="count(*)"), ["name"], ["n"]),
    "U aggr of all": (lambda: U().aggr(Session, n="count(*)"), [], ["n"]),
    "U &": (lambda: U("name", "score") & Session, ["name", "score"], []),
    "promotion to the key": (
        lambda: Query(promote(Session.query_node(), ["name"])),
        ["subject_id", "session_id", "name"],
        ["score"],
    ),
    "+": (lambda: Session.proj("name") + Session.proj("score"), ["subject_id", "session_id"], ["name", "score"]),
    "Top": (lambda: Session & Top(3, "score"), ["subject_id", "session_id"], ["score", "name"]),
}


@pytest.mark.parametrize("name", KEYS)
def test_every_operator_has_its_key(name: str) -> None:
    make, key, rest = KEYS[name]
    assert make().primary_key == key
    assert make().heading.secondary_attributes == rest


ERRORS: Final[dict[str, tuple[Callable[[], Any], type[QueryError], str]]] = {
    "None": (lambda: Session & None, QueryError, "cannot be None.*{'name': None}"),
    "- None": (lambda: Session - None, QueryError, "cannot be None"),
    "a number": (lambda: Session & 5, QueryError, "cannot be 5 .int.*string of SQL, a dict"),
    "unknown in text": (
        lambda: Session & "scor > 3",
        UnknownAttributeError,
        "'scor'.*Did you mean 'score'.*subject_id, session_id, score, name",
    ),
    "unknown in strict": (
        lambda: Session.restrict({"sesion_id": 1}, strict=True),
        UnknownAttributeError,
        "Did you mean 'session_id'",
    ),
    "empty text": (lambda: Session & "", QuerySyntaxError, "empty"),
    "not a condition": (lambda: Session & "name", QueryError, "compare it with a value"),
    "summary in a condition": (lambda: Session & "count(*) > 3", QueryError, "row by row.*aggr.*'n > 1'"),
    "a blob in a dict": (lambda: Subject & {"note": 5}, QueryError, "'note'.*cannot be compared"),
    "json as a whole": (lambda: Subject & {"info": {}}, QueryError, "Compare a path"),
    "namesakes, computed": (lambda: Session * Species.proj(name="'x'"), QueryError, "computed by"),
    "namesakes": (
        lambda: Session * Other,
        QueryError,
        r"lab\.session\.session_id.*lab\.other\.session_id.*\.proj\(\.\.\., other_session_id='session_id'\)",
    ),
    "namesakes without origin": (lambda: Session * Scan, QueryError, r"'name'.*\.proj\("),
    "namesakes in &": (lambda: Session & Other, QueryError, r"'session_id'.*\.proj\("),
    "join with text": (lambda: Session * "score", QueryError, "takes a table or a query, not 'score'"),
    "join with U": (lambda: Session * U("name"), QueryError, "cannot be joined.*U.* & query"),
    "U * A": (lambda: U("name") * Session, QueryError, "classic language"),
    "U - A": (lambda: U("name") - Session, QueryError, "infinitely many"),
    "A - U": (lambda: Session - U("name"), QueryError, "Nothing is left"),
    "U & text": (lambda: U("name") & "x", QueryError, "takes a table or a query"),
    "U of unknown": (lambda: U("nam") & Session, UnknownAttributeError, "Did you mean 'name'"),
    "U aggr keeps nothing": (
        lambda: U("name").aggr(Session, n="count(*)", keep_all_rows=True),
        QueryError,
        "cannot all be kept",
    ),
    "@": (lambda: Session @ Other, QueryError, r"\.join\(other, semantic_check=False\)"),
    "^": (lambda: Session ^ Other, QueryError, r"\.restrict\(other, semantic_check=False\)"),
    "left join": (lambda: Subject.proj().join(Session, left=True), QueryError, "'session_id'.*primary key.*\\.aggr"),
    "extend": (lambda: Subject.proj().extend(Session), QueryError, "needs the left side to determine"),
    "aggr without the key": (lambda: Session.aggr(Subject, n="count(*)"), QueryError, "lacks 'session_id'"),
    "aggr of many values": (
        lambda: Subject.aggr(Session, x="score"),
        QueryError,
        r"many values per group.*max\(score\)",
    ),
    "aggr mixed": (lambda: Subject.aggr(Session, x="score + max(score)"), QueryError, "'score', which has many values"),
    "aggr of unknown": (lambda: Subject.aggr(Session, x="max(scor)"), UnknownAttributeError, "Did you mean 'score'"),
    "aggr name taken": (
        lambda: Subject.aggr(Session, subject_id="count(*)"),
        QueryError,
        "'subject_id' is already there",
    ),
    "union of other keys": (lambda: Session.proj() + Subject.proj(), QueryError, "same primary key"),
    "union of the same attributes": (
        lambda: Session + Session,
        QueryError,
        "different secondary attributes.*'score', 'name'",
    ),
    "union of other origin": (
        lambda: Session.proj() + Session.proj(session_id="subject_id", subject_id="session_id"),
        QueryError,
        "origin|both sides",
    ),
    "proj of unknown": (lambda: Session.proj("scor"), UnknownAttributeError, "Did you mean 'score'"),
    "proj without unknown": (lambda: Session.proj(..., "-scor"), UnknownAttributeError, "Did you mean 'score'"),
    "proj without the key": (lambda: Session.proj(..., "-subject_id"), QueryError, "belongs to the primary key"),
    "proj name taken": (lambda: Session.proj("score", score="name"), QueryError, "'score' is already there"),
    "proj renames twice": (lambda: Session.proj(a="name", b="name"), QueryError, r"renamed twice.*b='\(name\)'"),
    "proj of a number": (lambda: Session.proj(3), QueryError, "names of attributes"),  # type: ignore[arg-type]
    "proj by a number": (lambda: Session.proj(x=3), QueryError, "by text, not by 3"),  # type: ignore[arg-type]
    "proj with a bad name": (lambda: Session.proj(**{"A b": "score"}), QueryError, "'A b' cannot name"),
    "proj summarises": (lambda: Session.proj(n="count(*)"), QueryError, "row by row.*aggr"),
    "Top by unknown": (lambda: Session & Top(1, "scor"), UnknownAttributeError, "Did you mean 'score'"),
    "Top by an expression": (lambda: Session & Top(1, "score + 1"), QueryError, "names of attributes"),
    "- Top": (lambda: Session - Top(1), QueryError, "offset"),
    "Top of a negative number": (lambda: Top(-1), QueryError, "limit.*whole number"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_has_no_meaning_is_explained(name: str) -> None:
    make, error, message = ERRORS[name]
    with pytest.raises(error) as caught:
        make()
    assert re.search(message, str(caught.value), re.DOTALL), str(caught.value)


def test_a_value_that_is_no_value_is_refused() -> None:
    with pytest.raises(DataError, match="'session_id'"):
        Session & {"session_id": "five"}


def test_semantic_check_may_be_left_out() -> None:
    assert Session.proj().join(Other, semantic_check=False).primary_key == ["subject_id", "session_id"]
    assert isinstance(Session.restrict(Other.proj(), semantic_check=False).query_node(), Restrict)


def test_a_list_of_dicts_is_one_set_of_keys() -> None:
    node = (Session & [{"subject_id": 1, "x": 0}, {"subject_id": 2, "x": 0}, {"subject_id": 1, "x": 1}]).query_node()
    assert isinstance(node, Restrict)
    assert node.condition == Keys(("subject_id",), ((1,), (2,)))


def condition(query: Query) -> Any:
    node = query.query_node()
    return node.condition if isinstance(node, Restrict) else Constant(True)


KEY: Final = uuid.UUID(int=5)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"subject_id": np.int64(5)}, Equal("subject_id", 5)),
        ({"subject_id": "5"}, Equal("subject_id", 5)),
        ({"subject_id": 5.0}, Equal("subject_id", 5)),
        ({"subject_id": 2**40}, Constant(False)),
        ({"weight": 1.5}, Equal("weight", Decimal("1.50"))),
        ({"weight": Decimal("1.555")}, Constant(False)),
        ({"weight": float("nan")}, Equal("weight", None)),
        ({"weight": np.float32("nan")}, Equal("weight", None)),
        ({"weight": pd.NA}, Equal("weight", None)),
        ({"born": "2024-02-29"}, Equal("born", datetime.date(2024, 2, 29))),
        ({"born": pd.Timestamp("2024-02-29")}, Equal("born", datetime.date(2024, 2, 29))),
        ({"born": pd.NaT}, Equal("born", None)),
        ({"born": np.datetime64("NaT")}, Equal("born", None)),
        ({"tag": str(KEY)}, Equal("tag", KEY)),
        ({"species": "NaT"}, Equal("species", "NaT")),
        ({"species": "x" * 21}, Constant(False)),
        ({"species": None}, Equal("species", None)),
        ({"elsewhere": 1}, Constant(True)),
        ({}, Constant(True)),
        ([], Constant(False)),
        ([{}], Constant(True)),
        (np.True_, Constant(True)),
        (False, Constant(False)),
        (U("species"), Constant(True)),
        (np.array([(5,)], [("subject_id", "i4")]), Equal("subject_id", 5)),
        (np.array([(5,)], [("subject_id", "i4")])[0], Equal("subject_id", 5)),
        (pd.DataFrame({"subject_id": [5, 6]}), Keys(("subject_id",), ((5,), (6,)))),
        (pd.DataFrame({"subject_id": [5, 6], "z": 0}).set_index("subject_id"), Keys(("subject_id",), ((5,), (6,)))),
        (pl.DataFrame({"subject_id": [5, 6]}), Keys(("subject_id",), ((5,), (6,)))),
    ],
    ids=repr,
)
def test_whatever_users_have_is_a_condition(given: Any, expected: Any) -> None:
    assert condition(Subject & given) == expected


def test_slices_in_the_same_order_become_one() -> None:
    node = (Session & Top(10, "score", 2) & Top(5, "score", 3)).query_node()
    assert (node.limit, node.offset) == (5, 5) if isinstance(node, Slice) else False
    node = (Session & Top(4, "score") & Top(5, None, 3)).query_node()
    assert (node.limit, node.offset) == (1, 3) if isinstance(node, Slice) else False
    node = (Session & Top(4, "score") & Top(2, "name")).query_node()
    assert isinstance(node, Slice)
    assert isinstance(node.node, Slice)


def test_composing_leaves_the_operands_as_they_are() -> None:
    before = Session.heading
    for operand in (Session & "score > 3", Session.proj(x="name"), Session * Subject.proj()):
        assert operand != Session
    assert Session.heading is before


def test_nullable_follows_the_operator() -> None:
    assert not Session.heading["name"].nullable
    assert Session.proj("score").extend(Subject.proj("born")).heading["born"].nullable
    assert (Session.proj("name") + Session.proj("score")).heading["name"].nullable
    assert Subject.aggr(Session, m="max(name)").heading["m"].nullable
    assert not Subject.aggr(Session, n="count(*)").heading["n"].nullable


# ---- laws ---------------------------------------------------------------------------------------

law = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large])


def bag(query: Query, rows: Any) -> list[str]:
    found: list[Row] = evaluate(query.query_node(), rows)
    return sorted(repr(sorted(row.items())) for row in found)


@law
@given(data=st.data())
def test_laws_of_restriction(data: st.DataObject) -> None:
    pipeline = data.draw(pipelines())
    a, b = data.draw(queries(pipeline, 2)), data.draw(queries(pipeline, 2))
    conditions: list[Any] = [f"{n} is null" for n in a.heading if a.heading[n].type] + [{n: None} for n in a.heading]
    x, y = (data.draw(st.sampled_from([*conditions, True, {}])) for _ in range(2))
    rows = pipeline.rows
    assert (a & x) & y == a & AndList([x, y])
    assert a & Not(Not(x)) == a & x
    negated = -a
    assert -negated is a
    assert bag(a & [], rows) == []
    assert a - [] == a
    assert bag(a & [x, y], rows) == bag(a & [y, x], rows)
    assert sorted(bag(a & x, rows) + bag(a - x, rows)) == bag(a, rows)
    assert bag(a - [x, y], rows) == bag(a - x - y, rows)
    try:
        met, unmet = bag(a & b, rows), bag(a - b, rows)
    except QueryError:
        return
    assert sorted(met + unmet) == bag(a, rows)


@law
@given(data=st.data())
def test_laws_of_union_and_join(data: st.DataObject) -> None:
    pipeline = data.draw(pipelines())
    a, b = data.draw(queries(pipeline, 2)), data.draw(queries(pipeline, 2))
    rows = pipeline.rows
    keys = a.proj()
    assert bag(a.proj(...), rows) == bag(a, rows)
    try:
        joined, other, doubled = a * b, b * a, keys + keys
    except QueryError:
        return
    assert bag(doubled, rows) == sorted(set(bag(keys, rows)))
    assert bag(joined, rows) == bag(other, rows)
    assert set(joined.primary_key) == set(other.primary_key) or a.heading.determines(b.heading)
    united, turned = keys + (keys & b), (keys & b) + keys
    assert bag(united, rows) == bag(turned, rows)


@law
@given(data=st.data())
def test_equal_expressions_are_equal_and_hash_alike(data: st.DataObject) -> None:
    pipeline = data.draw(pipelines())
    a = data.draw(queries(pipeline, 3))
    again = Query(a.query_node())
    assert a == again
    assert hash(a) == hash(again)
    assert a.proj(...) == again.proj(...)

"""Conditions with a value compare alike on every database, and pages follow each other without loss or repetition."""

from __future__ import annotations

import datetime
import decimal
import math
import operator
import uuid
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.backends.classes import table

import labwright as lw
from labwright.core.errors import DataError, QueryError, UnknownAttributeError

STAGES: Final = ("zygote", "larva", "adult", "a%b")
TEXTS: Final = ("", "a", "A", "ab", "a%b", "a_b", r"a\b", "a'b", "b%", "é", "É", "ab ", "😀")
DEFINITION: Final = """
id : int32
---
whole = null : int16
real = null : float64
single = null : float32
price = null : decimal(6, 2)
long = null : decimal(30, 4)
day = null : date
seen = null : datetime(3)
utc = null : datetime_utc
hour = null : time
tag = null : uuid
tame = null : bool
stage = null : enum('zygote', 'larva', 'adult', 'a%b')
name = null : varchar(20)
code = null : char(8)
raw = null : bytes
"""
DAY: Final = datetime.date(2024, 2, 29)
MOMENT: Final = datetime.datetime.fromisoformat("2024-02-29T12:00:00.25")
ROWS: Final[list[dict[str, Any]]] = [
    {
        "id": i,
        "whole": i - 3,
        "real": (i - 3) * 0.1,
        "single": np.float32(0.1) * i,
        "price": decimal.Decimal(i - 3) / 4,
        "long": decimal.Decimal(i - 3) * 10**20,
        "day": DAY + datetime.timedelta(days=i),
        "seen": MOMENT + datetime.timedelta(milliseconds=i),
        "utc": MOMENT.replace(microsecond=0, tzinfo=datetime.UTC) + datetime.timedelta(hours=i),
        "hour": datetime.time(i, 30),
        "tag": uuid.UUID(int=i << 96 | 7),
        "tame": bool(i % 2),
        "stage": STAGES[i % 4],
        "name": text,
        "code": f"x{i}",
        "raw": bytes([i, 255, 0]),
    }
    for i, text in enumerate(TEXTS)
]
EMPTY: Final = len(ROWS)
"""The number of the row in which everything is NULL."""
ORDER: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


@pytest.fixture
def rats(schema: lw.Schema) -> Any:
    rat = table(schema, "Rat", DEFINITION)
    rat.insert([*ROWS, {"id": EMPTY}])
    return rat


def ids(query: Any) -> list[int]:
    found: list[int] = query.to_arrays("id", order_by="id").tolist()
    return found


def rank(name: str, value: Any) -> Any:
    return STAGES.index(value) if name == "stage" else value


@pytest.mark.parametrize("name", list(ROWS[0]))
def test_every_type_compares_as_in_python(name: str, rats: Any) -> None:
    stored = {row["id"]: row[name] for row in rats.to_dicts() if row[name] is not None}
    for given_value in (stored[2], stored[5]):
        for sign, meets in ORDER.items():
            expected = [i for i, v in stored.items() if meets(rank(name, v), rank(name, given_value))]
            condition = lw.Where(name, sign, given_value)
            assert ids(rats & condition) == expected
            assert ids(rats - condition) == [i for i in range(EMPTY + 1) if i not in expected]
            assert ids(rats & [condition, {"id": EMPTY}]) == sorted({*expected, EMPTY})
            assert ids(rats & -condition & lw.Not(condition)) == ids(rats - condition)
    between = lw.Where(name, "between", (stored[2], stored[5]))
    low, high = rank(name, stored[2]), rank(name, stored[5])
    assert ids(rats & between) == [i for i, v in stored.items() if low <= rank(name, v) <= high]
    among = lw.Where(name, "in", [stored[2], stored[5], None] if name != "id" else [stored[2], stored[5]])
    expected = [i for i, v in stored.items() if v in (stored[2], stored[5])]
    assert ids(rats & among) == [*expected, *([EMPTY] if name != "id" else [])]


def test_missing_values_are_asked_for(rats: Any) -> None:
    for name in [n for n in ROWS[0] if n != "id"]:
        assert ids(rats & lw.Where(name, "is null")) == ids(rats & lw.Where(name, "=", None)) == [EMPTY]
        assert ids(rats & lw.Where(name, "is not null")) == ids(rats & lw.Where(name, "!=", None)) == [*range(EMPTY)]
    assert ids(rats & lw.Where("name", "in", [])) == []
    assert ids(rats - lw.Where("name", "in", [])) == [*range(EMPTY + 1)]


@pytest.mark.parametrize("text", [*TEXTS, "%", "_", "\\", "b", "x"])
def test_every_character_in_a_text_is_meant(text: str, rats: Any) -> None:
    assert ids(rats & lw.Where("name", "contains", text)) == [i for i, t in enumerate(TEXTS) if text in t]
    assert ids(rats & lw.Where("name", "startswith", text)) == [i for i, t in enumerate(TEXTS) if t.startswith(text)]
    folded = [t.lower() for t in TEXTS]
    found = ids(rats & lw.Where("name", "contains", text.upper(), ignore_case=True))
    assert found == [i for i, t in enumerate(folded) if text.lower() in t]
    found = ids(rats & lw.Where("name", "startswith", text.upper(), ignore_case=True))
    assert found == [i for i, t in enumerate(folded) if t.startswith(text.lower())]


def test_a_char_ends_where_its_text_does(rats: Any) -> None:
    assert ids(rats & lw.Where("code", "startswith", "x1")) == [1, 10, 11, 12]
    assert ids(rats & lw.Where("code", "startswith", "x1 ")) == ids(rats & lw.Where("code", "contains", " ")) == []


def test_labels_are_searched_as_text(rats: Any) -> None:
    assert ids(rats & lw.Where("stage", "contains", "%")) == [3, 7, 11]
    assert ids(rats & lw.Where("stage", "startswith", "A", ignore_case=True)) == [2, 3, 6, 7, 10, 11]
    assert ids(rats & lw.Where("stage", ">", "a%b")) == []


def test_a_value_counts_as_the_attribute_would_hold_it(rats: Any) -> None:
    assert ids(rats & lw.Where("whole", "<", "-1") & lw.Where("day", "<=", "2024-03-01")) == [0, 1]
    assert ids(rats & lw.Where("tag", "=", str(ROWS[3]["tag"]))) == [3]
    assert ids(rats & lw.Where("single", "<=", 0.1)) == [0, 1]
    assert ids(rats & lw.Where("price", ">=", 2.25)) == [12]
    assert ids(rats & lw.Where("seen", "<", MOMENT + datetime.timedelta(microseconds=700))) == [0]


def test_beyond_all_numbers(rats: Any, backend: str) -> None:
    for sign, expected in (("<", range(EMPTY)), ("<=", range(EMPTY)), (">", ()), (">=", ())):
        assert ids(rats & lw.Where("real", sign, math.inf)) == [*expected]
        assert ids(rats & lw.Where("real", sign, -math.inf)) == [i for i in range(EMPTY) if i not in expected]
    if backend == "postgres":
        rats.insert1({"id": 99, "real": math.nan})
        assert ids(rats & lw.Where("real", "=", math.nan)) == [99]


@pytest.mark.parametrize(
    ("name", "sign", "value", "error", "words"),
    [
        ("nam", "=", "a", UnknownAttributeError, "'name'"),
        ("whole", "=", 1 << 20, DataError, "'whole'.*32767"),
        ("whole", "in", [1, 1 << 20], DataError, "'whole'.*32767"),
        ("whole", ">", "much", DataError, "'whole'.*whole number"),
        ("whole", ">", None, QueryError, "'whole'.*no place in an order"),
        ("real", ">", math.nan, QueryError, "'real'.*no place in an order"),
        ("price", "<", decimal.Decimal("0.001"), DataError, "'price'.*2 digits"),
        ("stage", ">", "laval", DataError, "'stage'.*'larva'"),
        ("name", "=", "x" * 21, DataError, "'name'.*21 characters"),
        ("name", "contains", 1.5, DataError, "'name'.*give text"),
        ("seen", "<", datetime.datetime.now(datetime.UTC), DataError, "'seen'.*time zone"),
        ("whole", "contains", "1", QueryError, "'whole' is of type int16"),
        ("tag", "=", "no uuid", DataError, "'tag'.*uuid"),
    ],
)
def test_what_makes_no_sense_names_the_attribute(
    name: str, sign: str, value: Any, error: type[Exception], words: str, rats: Any
) -> None:
    with pytest.raises(error, match=words):
        rats & lw.Where(name, sign, value)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("name", "like", "a"), "no operator 'like'"),
        (("name", "Contains", "a"), "mean 'contains'"),
        (("name", "in", "abc"), "takes a list"),
        (("name", "between", (1, 2, 3)), "two values, not 3"),
        (("name", "=", "a", True), "ignore_case goes with"),
    ],
)
def test_what_makes_no_sense_anywhere(arguments: tuple[Any, ...], words: str) -> None:
    with pytest.raises(QueryError, match=words):
        lw.Where(*arguments)


def test_it_goes_wherever_a_condition_goes(schema: lw.Schema, rats: Any) -> None:
    weight = table(schema, "Weight", "-> Rat\nn : int8")
    weight.insert([(1, 1), (2, 1), (2, 2)])
    assert ids((rats & lw.Where("whole", ">", -3)) & (weight & lw.Where("n", ">", 1))) == [2]
    assert ids(rats.proj(w="whole * 2") & lw.Where("w", ">=", 18)) == [12]
    assert ids(rats.aggr(weight, n="count(*)") & lw.Where("n", "=", 2)) == [2]
    assert ids(rats & lw.AndList([lw.Where("id", ">", 3), lw.Where("name", "startswith", "a")])) == [4, 5, 6, 7, 11]
    (weight & lw.Where("n", ">=", 2)).delete(prompt=False)
    assert len(weight) == 2


def test_a_rule_may_be_made_of_it(schema: lw.Schema) -> None:
    rat = table(
        schema,
        "Rat",
        "id : int32\n---\nname : varchar(9)",
        rules=[lw.Refuse(lambda new: new & lw.Where("name", "startswith", "a_"), "no name starts so")],
    )
    rat.insert1((1, "ab"))
    with pytest.raises(lw.errors.RuleError, match="no name starts so"):
        rat.insert1((2, "a_b"))


PAGED: Final = "a : int16\nb : varchar(3)\n---\nc = null : int16\nd = null : enum('z', 'y')\ne : int16"
ORDERS: Final = (
    "KEY", "KEY DESC", "a DESC, b", "c, KEY", "c DESC, KEY", "c DESC, a DESC, b DESC", "d, KEY", "d DESC, e, KEY",
    "e, c, KEY", "e DESC, KEY DESC",
)  # fmt: skip


@pytest.fixture
def paged(schema: lw.Schema) -> Any:
    paged = table(schema, "Paged", PAGED)
    paged.insert(
        (a, b, (a * 7) % 3 or None, (None, "z", "y")[(a + len(b)) % 3], a % 2) for a in range(7) for b in ("", "x", "B")
    )
    return paged


@pytest.mark.parametrize("order", ORDERS)
def test_pages_hold_every_row_once_and_in_order(order: str, paged: Any) -> None:
    everything = paged.to_dicts(order_by=order)
    found = page = (paged & lw.Top(4, order)).to_dicts()
    while page:
        page = (paged & lw.After(page[-1], order) & lw.Top(4, order)).to_dicts()
        found = found + page
    assert found == everything
    after = lw.After(everything[9], order)
    assert (paged & after).to_dicts(order_by=order) == everything[10:]
    assert (paged - after).to_dicts(order_by=order) == everything[:10]


@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_comes_after_any_row_in_any_order(data: st.DataObject, paged: Any) -> None:
    names = data.draw(st.permutations(["a", "b", "c", "d", "e"]))[: data.draw(st.integers(1, 5))]
    order = [f"{n} {data.draw(st.sampled_from(['ASC', 'DESC']))}" for n in names]
    everything = paged.to_dicts(order_by=[*order, "KEY"])
    row = data.draw(st.sampled_from(everything))
    last = max(i for i, r in enumerate(everything) if all(r[n] == row[n] for n in names))
    assert (paged & lw.After(row, order)).to_dicts(order_by=[*order, "KEY"]) == everything[last + 1 :]


def test_a_row_that_does_not_tell_where_it_is(paged: Any) -> None:
    with pytest.raises(QueryError, match="no 'b'"):
        paged & lw.After({"a": 1}, "KEY")
    with pytest.raises(UnknownAttributeError, match="order_by"):
        paged & lw.After({"x": 1}, "x")
    with pytest.raises(DataError, match="'a'"):
        paged & lw.After({"a": 1 << 20, "b": ""})
    with pytest.raises(QueryError, match="a row as a dict"):
        lw.After(3)  # type: ignore[arg-type]  # what is tested
    assert len(paged & lw.After({}, ())) == 0


PLANS: Final = {
    "sqlite": "((a,b)>(?,?))",
    "postgres": "Index Cond: (ROW(a, (b)::text) > ROW(",
    "mysql": "'range', 'PRIMARY', 'PRIMARY', '16'",
}


def test_a_page_is_found_through_the_whole_key(paged: Any, backend: str) -> None:
    paged.insert(((a, f"{b:03d}", None, None, 0) for a in range(7, 9) for b in range(1000)), chunk_size=1000)
    project, where = paged().project, paged.full_table_name
    connection = project.connection
    if backend == "postgres":
        connection.execute(f"ANALYZE {where}")
    else:
        connection.fetch("ANALYZE" if backend == "sqlite" else f"ANALYZE TABLE {where}")
    page = paged & lw.After({"a": 8, "b": "500"}) & lw.Top(20, "KEY")
    statement = project.database.select(page.query_node())
    explain = "EXPLAIN QUERY PLAN" if backend == "sqlite" else "EXPLAIN"
    plan = "\n".join(str(row) for row in connection.fetch(f"{explain} {statement.sql}", statement.params))
    assert PLANS[backend] in plan
    assert not [step for step in ("B-TREE", "filesort", "Sort") if step in plan]

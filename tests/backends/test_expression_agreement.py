"""Whatever the expression, the three databases agree on its value."""

from __future__ import annotations

import contextlib
import math
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from tests.backends.conftest import Bench
from tests.backends.expression_bed import Bed, read
from tests.conftest import drop_schemas, server_url

from labwright.sql.connection import Connection
from labwright.sql.sqlite_functions import install


@pytest.fixture(scope="module")
def beds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Bed]]:
    """The same table in all three databases."""
    name = f"t{uuid.uuid4().hex[:8]}_"
    urls = [f"sqlite:///{tmp_path_factory.mktemp('beds') / 'test.db'}", server_url("postgres"), server_url("mysql")]
    with contextlib.ExitStack() as stack:
        found = []
        for url in urls:
            connection = stack.enter_context(Connection(url, on_connect=install if url.startswith("sqlite") else None))
            stack.callback(drop_schemas, url, name)
            if connection.backend != "sqlite":
                connection.execute(f"CREATE SCHEMA {name}bed")
            found.append(Bed(Bench(connection, f"{name}bed")))
        yield found


def either(*parts: str) -> Callable[[SearchStrategy[str]], SearchStrategy[str]]:
    """Texts with one or two smaller expressions in the places of ``{0}`` and ``{1}``."""
    return lambda smaller: st.builds(lambda p, a, b: p.format(a, b), st.sampled_from(parts), smaller, smaller)


WHOLE = st.recursive(
    st.sampled_from(["n", "u", "small", "flag", "id"]) | st.integers(-20, 20).map(str),
    either(
        "({0} + {1})",
        "({0} - {1})",
        "({0} * {1})",
        "({0} div {1})",
        "({0} % {1})",
        "-({0})",
        "abs({0})",
        "coalesce({0}, {1})",
    ),
    max_leaves=6,
)
REAL = st.recursive(
    st.sampled_from(["score", "f", "n / 3", "0.1", "1e-3"]) | WHOLE,
    either("({0} + {1})", "({0} - {1})", "({0} * {1})", "({0} / {1})", "greatest({0}, {1})", "if(flag, {0}, {1})"),
    max_leaves=5,
)
EXACT = st.recursive(
    st.sampled_from(["price", "price * 2", "price * 1.25", "n + price", "price * 100000000.5"]),
    either("({0} + {1})", "({0} - {1})", "({0} * {1})", "({0} % {1})", "least({0}, {1})", "nullif({0}, {1})", "-({0})"),
    max_leaves=4,
)
NUMBER = WHOLE | REAL | EXACT
TRUTH = st.recursive(
    st.builds("{} {} {}".format, NUMBER, st.sampled_from(["=", "<>", "<", "<=", ">", ">=", "<=>"]), NUMBER)
    | st.builds("{} between {} and {}".format, NUMBER, NUMBER, NUMBER)
    | st.builds("{} in ({}, {}, null)".format, NUMBER, NUMBER, NUMBER)
    | st.sampled_from(["flag", "name like '%c%'", "kind = 'low'", "day > '2000-01-01'", "n is null", "score", "null"]),
    either(
        "({0} and {1})",
        "({0} or {1})",
        "({0} xor {1})",
        "not ({0})",
        "({0} = ({1}))",
        "({0} is true)",
        "(({0}) is null)",
    ),
    max_leaves=5,
)


def alike(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-300)
    return type(a) is type(b) and bool(a == b)


@settings(max_examples=200)
@given(NUMBER | TRUTH)
def test_all_databases_agree(beds: list[Bed], text: str) -> None:
    scalar = read(text)
    given_, *others = ([*bed.values(scalar)] for bed in beds)
    assert all(len(o) == len(given_) and all(map(alike, given_, o)) for o in others), (given_, others)


@given(TRUTH)
def test_all_databases_choose_the_same_rows(beds: list[Bed], text: str) -> None:
    scalar = read(text)
    assert beds[0].chosen(scalar) == beds[1].chosen(scalar) == beds[2].chosen(scalar)


@given(NUMBER)
def test_all_databases_summarise_alike(beds: list[Bed], text: str) -> None:
    for function in ("sum", "avg", "min", "max", "count", "std"):
        scalar = read(f"{function}({text})")
        first, *others = (bed.values(scalar)[0] for bed in beds)
        assert all(alike(first, o) or nearly(first, o) for o in others), (function, first, others)


def nearly(a: Any, b: Any) -> bool:
    """Whether two float summaries differ by what the order of additions may do."""
    return isinstance(a, float) and isinstance(b, float) and math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-6)

"""Rows are counted up to a bound, whatever the query is."""

from __future__ import annotations

from typing import Any

import pytest
from tests.backends.classes import table
from tests.backends.statements import sent_by

import labwright as lw
from labwright.core.errors import QueryError


@pytest.fixture
def mouse(schema: lw.Schema) -> Any:
    mouse = table(schema, "Mouse", "mouse : int32\n---\nsex : enum('F', 'M')\nnote = null : <blob>")
    mouse.insert((i, "FM"[i % 2], None) for i in range(50))
    return mouse


def test_up_to_a_bound(mouse: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [mouse.count(), mouse.count(None), mouse.count(at_most=50), mouse.count(at_most=99)] == [50] * 4
    assert [mouse.count(at_most=n) for n in (0, 1, 49)] == [0, 1, 49]
    sent = sent_by(mouse().project, monkeypatch)
    assert (mouse & "sex = 'F'").count(at_most=7) == 7
    (statement,) = sent
    assert "LIMIT 7" in statement
    assert "note" not in statement


def test_of_every_kind_of_query(mouse: Any) -> None:
    assert (lw.U("sex") & mouse).count(at_most=10) == 2
    assert lw.U("sex").aggr(mouse, n="count(*)").count(at_most=1) == 1
    assert (mouse & lw.Top(5, "mouse DESC", 1)).count(at_most=9) == 5
    assert (mouse & lw.Top(None, "mouse DESC", 45)).count(at_most=9) == 5
    assert ((mouse & "mouse < 3").proj() + (mouse & "mouse > 47").proj()).count(at_most=4) == 4
    assert (mouse * mouse.proj(s="sex")).count(at_most=3) == 3
    assert (mouse & "mouse > 90").count(at_most=3) == 0


def test_a_bound_that_is_none(mouse: Any) -> None:
    for wrong in (-1, "3", 2.5, True):
        with pytest.raises(QueryError, match="at_most"):
            mouse.count(at_most=wrong)

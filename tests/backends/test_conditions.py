"""Whatever users have chooses rows, and leaves them out, alike on every database and in one statement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from tests.backends.classes import table
from tests.backends.statements import sent_by

import labwright as lw


@pytest.fixture
def lab(schema: lw.Schema) -> Any:
    """Four mice, of which the first two have weights."""
    Mouse = table(schema, "Mouse", "mouse : int32\n---\nname = null : varchar(9)")
    Weight = table(schema, "Weight", "-> Mouse\nday : int16")
    Mouse.insert([(1, "a"), (2, "A"), (3, None), (4, "d")])
    Weight.insert([(1, 1), (1, 2), (2, 1)])
    return schema


ONE_AND_THREE = np.array([(1, 0.5), (3, 0.5)], dtype=[("mouse", "i4"), ("other", "f8")])
CONDITIONS: dict[str, tuple[Callable[[Any], Any], list[int]]] = {
    "text": (lambda lab: "name = 'a'", [1]),
    "dict": (lambda lab: {"name": "A"}, [2]),
    "dict with other names": (lambda lab: {"mouse": 3, "other": 5}, [3]),
    "dict of other names": (lambda lab: {"other": 5}, [1, 2, 3, 4]),
    "empty dict": (lambda lab: {}, [1, 2, 3, 4]),
    "no value": (lambda lab: {"name": None}, [3]),
    "list": (lambda lab: [{"mouse": 1}, "mouse = 4", lab["Weight"] & "day = 1"], [1, 2, 4]),
    "lists within": (lambda lab: [[{"mouse": 1}], [{"mouse": 2}, "name is null"]], [1, 2, 3]),
    "tuple": (lambda lab: ({"mouse": 1}, {"mouse": 3}), [1, 3]),
    "set": (lambda lab: {"mouse = 1", "mouse = 2"}, [1, 2]),
    "frozen set": (lambda lab: frozenset({"mouse = 4"}), [4]),
    "generator": (lambda lab: ({"mouse": n} for n in (1, 3)), [1, 3]),
    "nothing": (lambda lab: [], []),
    "nothing at all": (lambda lab: iter(()), []),
    "all of": (lambda lab: lw.AndList(["mouse > 1", [{"mouse": 2}, {"mouse": 1}]]), [2]),
    "all of nothing": (lambda lab: lw.AndList(), [1, 2, 3, 4]),
    "not": (lambda lab: lw.Not("mouse > 1"), [1]),
    "not not": (lambda lab: lw.Not(lw.Not(lab["Weight"])), [1, 2]),
    "true": (lambda lab: True, [1, 2, 3, 4]),
    "false": (lambda lab: np.False_, []),
    "class": (lambda lab: lab["Weight"], [1, 2]),
    "query": (lambda lab: (lab["Weight"] & "day = 2").proj(), [1]),
    "minus": (lambda lab: -lab["Weight"](), [3, 4]),
    "tilde": (lambda lab: ~(lab["Weight"] & "day = 2"), [2, 3, 4]),
    "nothing in common": (lambda lab: lab["Weight"].proj(m="mouse"), [1, 2, 3, 4]),
    "pandas": (lambda lab: pd.DataFrame({"mouse": [1, 4]}), [1, 4]),
    "pandas with index": (lambda lab: pd.DataFrame({"x": [1]}, index=pd.Index([4], name="mouse")), [4]),
    "polars": (lambda lab: pl.DataFrame({"mouse": [2, 3], "other": [1, 1]}), [2, 3]),
    "structured array": (lambda lab: ONE_AND_THREE, [1, 3]),
    "record": (lambda lab: ONE_AND_THREE[1], [3]),
    "records": (lambda lab: ONE_AND_THREE.view(np.recarray), [1, 3]),
    "empty array": (lambda lab: ONE_AND_THREE[:0], []),
    "keys": (lambda lab: lab["Weight"].keys(), [1, 2]),
    "fetched frame": (lambda lab: lab["Weight"].to_pandas(), [1, 2]),
}


@pytest.mark.parametrize("kind", CONDITIONS)
def test_whatever_users_have(kind: str, lab: Any) -> None:
    make, expected = CONDITIONS[kind]
    mice = lab["Mouse"]
    assert [key["mouse"] for key in (mice & make(lab)).keys(order_by="KEY")] == expected
    rest = [key["mouse"] for key in (mice - make(lab)).keys(order_by="KEY")]
    assert rest == [n for n in (1, 2, 3, 4) if n not in expected]


def test_many_keys_are_one_statement(lab: Any, project: lw.Project, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [{"mouse": n, "day": 1} for n in range(2, 100_002)]
    frame = pd.DataFrame(keys)
    weights = lab["Weight"]
    assert len(weights) == 3
    sent = sent_by(project, monkeypatch)
    assert (weights & keys).keys() == (weights & frame).keys() == [{"mouse": 2, "day": 1}]
    assert len(weights - keys) == 2
    assert len(sent) == 3
    assert (weights & keys).delete(prompt=False) == 1
    assert len(sent) < 30
    assert weights.keys(order_by="KEY") == [{"mouse": 1, "day": 1}, {"mouse": 1, "day": 2}]

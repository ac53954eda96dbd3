"""The strategies give what types hold, and `identical` tells values apart."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from labwright.core.types import INTEGER_BOUNDS, PYTHON_TYPES, Type
from labwright.define.typenames import parse_type
from labwright.testing.equality import identical
from labwright.testing.strategies import AWKWARD_TEXTS, values_of

ARGUMENTS = {"char": (8,), "varchar": (40,), "enum": ("left", "it's"), "decimal": (65, 30), "datetime_utc": (3,)}
TYPES = [Type(kind, ARGUMENTS.get(kind, ())) for kind in PYTHON_TYPES if kind != "codec"] + [parse_type("<blob>")]


@pytest.mark.parametrize("type_", TYPES, ids=str)
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_values_are_of_the_type(type_: Type, data: st.DataObject) -> None:
    value: Any = data.draw(values_of(type_))
    assert issubclass(type(value), type_.python_type)
    if type_.is_text:
        assert "\0" not in value
        assert type_.kind == "text" or type_.kind == "enum" or len(value) <= type_.args[0]
    if type_.kind in INTEGER_BOUNDS:
        assert INTEGER_BOUNDS[type_.kind][0] <= value <= INTEGER_BOUNDS[type_.kind][1]
    if type_.kind == "decimal":
        assert len(value.as_tuple().digits) <= 65
        assert value.as_tuple().exponent == -30


@pytest.mark.parametrize(
    ("type_", "wanted"),
    [
        (Type("int64"), lambda v: v == 2**63 - 1),
        (Type("uint64"), lambda v: v == 2**64 - 1),
        (Type("varchar", (40,)), lambda v: "'" in v and "\\" in v),
        (Type("text"), lambda v: "\U0001f600" in v),
        (Type("float64"), math.isnan),
        (Type("datetime", (6,)), lambda v: v.microsecond % 1000),
    ],
    ids=lambda value: str(value) if isinstance(value, Type) else "",
)
def test_the_awkward_ones_come_up(type_: Type, wanted: Any) -> None:
    find(values_of(type_), wanted, settings=settings(max_examples=20_000, database=None))


def test_finite_means_finite() -> None:
    with pytest.raises(NoSuchExample):
        find(values_of(Type("float32"), finite=True), lambda v: not math.isfinite(v))


def test_other_codecs_have_values_of_their_own() -> None:
    with pytest.raises(ValueError, match="<attach>"):
        values_of(parse_type("<attach>"))


def test_awkward_texts_fit_every_database() -> None:
    assert not any("\0" in text for text in AWKWARD_TEXTS)
    assert all(text.encode() for text in AWKWARD_TEXTS if text)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (1, True),
        (1, 1.0),
        (0.0, -0.0),
        (1 + 0j, complex(1, -0.0)),
        (Decimal("1.0"), Decimal("1.00")),
        ([1], (1,)),
        ({1}, {True}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ([1, 2], [1]),
        (np.float64(1), 1.0),
        (np.arange(2), np.arange(2.0)),
        (np.zeros((1, 2)), np.zeros(2)),
        (np.array([None, 1], object), np.array([None, True], object)),
        (np.zeros(2, [("a", "f8")]), np.ones(2, [("a", "f8")])),
        (datetime.date(2024, 1, 1), datetime.datetime(2024, 1, 1)),  # noqa: DTZ001
    ],
    ids=lambda value: None,
)
def test_identical_tells_apart(a: object, b: object) -> None:
    assert not identical(a, b)
    assert identical(a, a)
    assert identical(b, b)


def test_nan_is_identical_to_nan() -> None:
    assert identical({"a": [float("nan"), np.array([np.nan])]}, {"a": [float("nan"), np.array([np.nan])]})

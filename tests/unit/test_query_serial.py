"""Expressions as data, and back."""

from __future__ import annotations

import datetime
import decimal
import json

from hypothesis import given
from hypothesis import strategies as st

from labwright.core.heading import Attribute, Heading
from labwright.core.types import Type
from labwright.query import expr
from labwright.query.conditions import NAN, Beyond, Compared, Equal, PathEqual
from labwright.query.scalar import json_scalar
from labwright.query.serial import from_data, to_data
from labwright.testing.pipelines import pipelines
from labwright.testing.queries import Query, queries


@given(st.data())
def test_an_expression_comes_back_as_it_was(data: st.DataObject) -> None:
    query = data.draw(pipelines().flatmap(lambda pipeline: queries(pipeline, depth=4)))
    node = query.query_node()
    back = from_data(json.loads(json.dumps(to_data(node))))
    assert back == node
    assert back.heading == node.heading


@given(st.data())
def test_the_slim_form_is_stable(data: st.DataObject) -> None:
    query = data.draw(pipelines().flatmap(lambda pipeline: queries(pipeline, depth=4)))
    told = to_data(query.query_node(), slim=True)
    assert to_data(from_data(told), slim=True) == told


def test_an_attribute_that_is_not_used_does_not_count() -> None:
    key = Attribute("mouse", Type("int32"), in_key=True)
    sex, weight = Attribute("sex", Type("enum", ("F", "M"))), Attribute("weight", Type("float64"))
    one, two = (
        Query(expr.Source("lab", "mouse", Heading(attributes))) & "sex = 'F'"
        for attributes in ([key, sex], [key, weight, sex])
    )
    assert to_data(one.query_node(), slim=True) == to_data(two.query_node(), slim=True)
    assert to_data(one.query_node()) != to_data(two.query_node())


def test_nan_stays_the_one_that_conditions_know() -> None:
    assert from_data(to_data(Equal("x", NAN))).value is NAN


def test_comparisons_come_back() -> None:
    for condition in (
        Compared("name", "startswith", "50%", True),
        Compared("price", "<=", decimal.Decimal("1.50")),
        Beyond(("a", "seen"), True, (3, datetime.date(2024, 2, 29))),
    ):
        assert from_data(json.loads(json.dumps(to_data(condition)))) == condition


def test_a_path_into_json_comes_back() -> None:
    heading = Heading([Attribute("info", Type("json"))])
    for steps in (("a",), ("b c", 0), ('"',)):
        for type_ in (None, Type("float64"), Type("decimal", (8, 2))):
            condition = PathEqual(json_scalar("info", steps, type_, heading), 3)
            assert from_data(to_data(condition)) == condition

"""Tables as JSON."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from labwright.core.heading import Attribute, Heading
from labwright.core.types import Type
from labwright.define.ast import Expression
from labwright.define.serial import table_from_dict, table_to_dict
from labwright.define.table import ForeignKey, Index, TableDef, TableId
from labwright.define.typenames import parse_type
from labwright.testing import definitions

columns = st.lists(definitions.names, min_size=1, max_size=3, unique=True).map(tuple)
ids = st.builds(TableId, definitions.names, definitions.names)
lineages = st.one_of(st.none(), st.just("lab.mouse.mouse_id"))


@st.composite
def drawn_attributes(draw: st.DrawFn, name: str) -> Attribute:
    type_ = draw(st.one_of(st.none(), definitions.types, st.sampled_from(definitions.NATIVE_SPELLINGS).map(parse_type)))
    default = draw(definitions.defaults(type_)) if type_ else None
    storage = Type("json") if type_ and type_.codec else None
    flags = draw(st.tuples(st.booleans(), st.booleans()))
    return Attribute(
        name,
        type_,
        *flags,
        default,
        draw(definitions.line_texts),
        draw(lineages),
        storage,
        draw(st.sampled_from(["", "a + 1"])),
    )


@st.composite
def foreign_keys(draw: st.DrawFn) -> ForeignKey:
    found = draw(columns)
    return ForeignKey(found, draw(ids), found, draw(st.booleans()), draw(st.booleans()), draw(definitions.line_texts))


indexed = st.lists(st.one_of(definitions.names, definitions.line_texts.map(Expression)), min_size=1, max_size=3).map(
    tuple
)


@st.composite
def tables(draw: st.DrawFn) -> TableDef:
    heading = Heading(draw(drawn_attributes(n)) for n in draw(columns))
    indexes = draw(st.lists(st.builds(Index, indexed, st.booleans()), max_size=2).map(tuple))
    references = draw(st.lists(foreign_keys(), max_size=2).map(tuple))
    return TableDef(draw(ids), heading, references, indexes, draw(definitions.line_texts), draw(columns))


@given(tables())
def test_a_table_survives_json(table: TableDef) -> None:
    found = table_from_dict(json.loads(json.dumps(table_to_dict(table))))
    assert found == table
    assert [exactly(a) for a in found.heading.values()] == [exactly(a) for a in table.heading.values()]


def exactly(attribute: Attribute) -> tuple[object, ...]:
    """What does not count when attributes are compared."""
    type_, default = attribute.type, attribute.default
    return (type_ and (type_.spelling, type_.native), default and default.quoted)


@given(tables())
def test_what_a_newer_client_adds_is_passed_over(table: TableDef) -> None:
    assert table_from_dict(with_news(table_to_dict(table))) == table


def with_news(data: Any) -> Any:
    if isinstance(data, list):
        return [with_news(d) for d in data]
    return {k: with_news(v) for k, v in data.items()} | {"from_the_future": [1]} if isinstance(data, dict) else data

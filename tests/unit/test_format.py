from __future__ import annotations

import pytest
from hypothesis import given, settings

from labwright.core.errors import DefinitionError
from labwright.core.types import Default, Type
from labwright.define.ast import AttributeSpec, IndexSpec, ReferenceSpec, TableSpec
from labwright.define.format import format_spec
from labwright.define.parser import parse
from labwright.define.typenames import parse_type, spell
from labwright.testing.definitions import table_specs, types


@settings(max_examples=200, deadline=None)
@given(table_specs())
def test_parse_undoes_format(spec: TableSpec) -> None:
    assert parse(format_spec(spec)) == spec


@settings(deadline=None)
@given(table_specs())
def test_formatted_text_is_a_fixed_point(spec: TableSpec) -> None:
    text = format_spec(spec)
    assert format_spec(parse(text)) == text


@given(types)
def test_every_type_can_be_spelled(type_: Type) -> None:
    assert parse_type(spell(type_)) == type_


def test_columns_are_aligned() -> None:
    text = """# session
    -> Subject  # who
    session=1:int # n
    ---
    notes = null : varchar(2000) # free text
    day : date
    unique index(day)"""
    assert format_spec(parse(text)).splitlines() == [
        "# session",
        "-> Subject  # who",
        "session = 1  : int            # n",
        "---",
        "notes = null : varchar(2000)  # free text",
        "day          : date",
        "unique index (day)",
    ]


def test_singleton_begins_with_the_divider() -> None:
    assert format_spec(parse("---\nname : varchar(8)")) == "---\nname : varchar(8)"


def test_quoted_numbers_stay_quoted() -> None:
    text = "a = \"0\" : int\nb = 0   : int\nc = 'x' : char(1)"
    assert format_spec(parse(text)) == 'a = "0" : int\nb = 0   : int\nc = "x" : char(1)'


def test_blobs_are_written_for_the_generation_that_reads_them() -> None:
    spec = parse("a : int\n---\nb : longblob", classic=True)
    assert format_spec(spec).endswith("b : <blob>")
    assert format_spec(spec, classic=True).endswith("b : longblob")
    raw = parse("a : int\n---\nb : longblob")
    assert format_spec(raw).endswith("b : longblob")
    assert format_spec(raw, classic=True).endswith("b : bytes")


def test_classic_reference_without_old_names() -> None:
    spec = TableSpec((ReferenceSpec(("Person",), {"owner": ""}),))
    assert format_spec(spec) == "(owner) -> Person"


def test_comments_of_several_lines_become_one() -> None:
    spec = TableSpec((AttributeSpec("a", Type("int8"), comment="one\r\ntwo"),))
    assert format_spec(spec) == "a : int8  # one two"


@pytest.mark.parametrize("value", ["a\nb", "a\0"])
def test_a_default_that_no_definition_can_hold_is_refused(value: str) -> None:
    spec = TableSpec((AttributeSpec("a", Type("varchar", (9,)), Default("literal", value)),))
    with pytest.raises(DefinitionError, match="cannot hold a line break or NUL"):
        format_spec(spec)


def test_index_columns_keep_paths_and_expressions() -> None:
    line = "index (info.weight:float, (lower(name)), a.b[0].c:decimal(4, 1))"
    spec = parse(f"-> Car\n{line}")
    assert isinstance(spec.indexes[0], IndexSpec)
    assert format_spec(spec).endswith(line)

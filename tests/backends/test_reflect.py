"""What was declared is what is read back, on every database."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.backends.conftest import OpenConnection
from tests.backends.tables import Place, dialect_of, resolve, storage_of

from labwright.core.errors import VersionError
from labwright.core.types import INTEGER_BOUNDS, Default, Type
from labwright.define.ast import AttributeSpec, Entry, IndexSpec, ReferenceSpec, TableSpec
from labwright.define.comparable import comparable
from labwright.define.table import TableDef, TableId, resolve_table
from labwright.define.typenames import parse_type, spell
from labwright.sql.ddl import declare, drop
from labwright.sql.reflect import children_of, list_schemas, schema_exists
from labwright.sql.sqlite_functions import install
from labwright.testing import definitions


@pytest.fixture
def place(open_connection: OpenConnection, prefix: str, backend: str) -> Place:
    connection = open_connection(on_connect=install if backend == "sqlite" else None)
    return Place(connection, dialect_of(connection), f"{prefix}read")


MOUSE = r"""
# mice's "best" \ 100% é
mouse_id : int auto_increment   # the 'id' \ "q" 50%
---
name = 'o''x \ 5% "q"' : varchar(20)   # called
sex = 'U' : enum('F', 'M', 'U', 'a\b', 'x%', 'it''s', '"q":')
kind = 'b' : enum('b', 'a')
again = 'a' : enum('a', 'b')
dob = null : date
born = '2024-05-31' : date
w = 1.5 : decimal(8,2)
v = -1.5 : decimal(30,3)
u = '00112233-4455-6677-8899-aabbccddeeff' : uuid
ok = True : bool
t = CURRENT_TIMESTAMP : datetime(3)
ts : timestamp
ts2 = CURRENT_TIMESTAMP : timestamp(6)
utc = CURRENT_TIMESTAMP : datetime_utc
info = null : json
one : <blob>
two : <blob@>
three : <npy@raw>
raw : longblob
plain : bytes
f = 0.25 : float32
g = -1.5e300 : float64
n = 7 : smallint unsigned
m = -7 : int
big : bigint unsigned
txt = 'lo''ng \ %' : longtext
y = 2000 : year
clock = '12:30:00.250' : time(3)
c = 'ab' : char(4)
unique index (name, sex)
index ((lower(name)))
unique index (n, (m % 10))
index (info.weight:float)
"""
SESSION = """
-> mouse
session : int8
---
-> [nullable, unique] mouse.proj(other="mouse_id")
note = '' : varchar(100)
index (note)
"""


def test_all_kinds_of_columns_are_read_as_they_were_declared(place: Place) -> None:
    tables = resolve(
        place.schema,
        {"mouse": MOUSE, "_session": SESSION, "_session__part": "-> session\nn : uuid", "#one": "---\nx = 1 : int32"},
    )
    declare(place.connection, place.dialect, tables)
    found = place.read()
    assert set(found) == {t.id.name for t in tables}
    for table in tables:
        assert comparable(found[table.id.name]) == comparable(table)
        assert spellings(found[table.id.name]) == spellings(table)


def spellings(table: TableDef) -> dict[str, str]:
    """The types as they are written; those that are inherited do not count up."""
    return {
        a.name: spell(a.type)
        for a in table.heading.values()
        if a.type and not a.type.spelling.endswith("auto_increment")
    }


def test_a_chain_of_schemas_is_followed_to_the_origin(place: Place) -> None:
    schemas = [f"{place.schema}_{n}" for n in "abc"]
    (first,) = resolve(schemas[0], {"#first": "kind : enum('b', 'a')  # which\nu : uuid  # who\n---\nx : int8"})
    (second,) = resolve(schemas[1], {"second": "-> first\n---\ny : int8"}, [first])
    (third,) = resolve(
        schemas[2], {"__third": "-> second.proj(sort='kind')\n---\n-> [nullable] first"}, [first, second]
    )
    declare(place.connection, place.dialect, [third, second, first])
    assert place.read(schemas[2])["__third"] == comparable(third)
    assert place.read(schemas[2])["__third"].heading["sort"].lineage == f"{schemas[0]}.#first.kind"


def test_children_come_from_any_schema(place: Place) -> None:
    other = f"{place.schema}_other"
    (a,) = resolve(place.schema, {"a": "x : int8\ny : int8"})
    (b,) = resolve(place.schema, {"b": "-> a.proj(z='x')"}, [a])
    (c,) = resolve(other, {"c": "-> a\n---\n-> b"}, [a, b])
    declare(place.connection, place.dialect, [a, b, c])
    found = {
        (child, fk.columns, fk.parent, fk.parent_columns)
        for child, fk in children_of(place.connection, place.dialect, [a.id, b.id])
    }
    assert found == {
        (b.id, ("z", "y"), a.id, ("x", "y")),
        (c.id, ("x", "y"), a.id, ("x", "y")),
        (c.id, ("z", "y"), b.id, ("z", "y")),
    }
    assert [child for child, _ in children_of(place.connection, place.dialect, b.id)] == [c.id]
    assert children_of(place.connection, place.dialect, []) == []


def test_schemas_are_listed_without_those_of_the_database(place: Place) -> None:
    assert not schema_exists(place.connection, place.dialect, place.schema)
    assert place.read() == {}
    declare(place.connection, place.dialect, resolve(place.schema, {"a": "x : int8"}))
    assert schema_exists(place.connection, place.dialect, place.schema)
    assert {"information_schema", "pg_catalog", "mysql"}.isdisjoint(list_schemas(place.connection, place.dialect))


def test_a_dropped_table_is_forgotten(place: Place) -> None:
    tables = resolve(place.schema, {"a": "x : enum('p', 'q')", "b": "-> a"})
    declare(place.connection, place.dialect, tables)
    drop(place.connection, place.dialect, [tables[1].id, tables[0].id])
    assert place.read() == {}
    changed = resolve(place.schema, {"a": "x : int8\n---\ny : enum('q', 'p')"})
    declare(place.connection, place.dialect, changed)
    assert place.read() == {"a": comparable(changed[0])}


def test_a_newer_format_is_refused(place: Place) -> None:
    declare(place.connection, place.dialect, resolve(place.schema, {"a": "x : int8"}))
    service = place.dialect.table(place.schema, "~labwright")
    place.connection.execute(f"UPDATE {service} SET value = '2' WHERE name = 'version'")
    with pytest.raises(VersionError, match="format 2"):
        declare(place.connection, place.dialect, resolve(place.schema, {"b": "x : int8"}))


def test_a_reference_without_noted_lineage_is_computed(place: Place) -> None:
    if not place.dialect.native_schemas:
        pytest.skip("SQLite keeps whole definitions")
    tables = resolve(place.schema, {"a": "x : int8", "b": "-> a.proj(y='x')\nz : int8\n---\nw : int8"})
    declare(place.connection, place.dialect, tables)
    place.connection.execute(f"DELETE FROM {place.dialect.table(place.schema, '~lineage')}")
    assert place.read()["b"] == comparable(tables[1])


@pytest.mark.parametrize("backend", ["mysql"], indirect=True)
def test_an_unmarked_blob_is_what_its_first_value_is(place: Place) -> None:
    declare(place.connection, place.dialect, resolve(place.schema, {"a": "x : int8"}))
    name = place.dialect.table(place.schema, "b")
    place.connection.execute(f"CREATE TABLE {name} (x int PRIMARY KEY, one longblob, two longblob, three longblob)")
    place.connection.execute(f"INSERT INTO {name} VALUES (1, %s, %s, NULL)", (b"mYm\0A", b"\x89PNG"))
    assert [str(a.type) + ":" + a.type.kind for a in place.read()["b"].heading.values() if a.type] == [
        "int:int32",
        "longblob:codec",
        "longblob:bytes",
        "longblob:bytes",
    ]


TYPES = st.one_of(
    definitions.core_types(),
    definitions.codec_types(),
    st.sampled_from([f"int{b}" for b in (8, 16, 32, 64)]).map(Type),
    st.sampled_from(definitions.NATIVE_SPELLINGS).map(parse_type),
)


def fits(type_: Type) -> bool:
    """Whether all three databases can have such a column, in a row of bearable size."""
    if type_.kind == "enum":
        return all(
            len(s.encode()) <= 63 and not s.endswith(" ") and max(s, default="") < "\U00010000" for s in type_.args
        )
    return type_.kind != "varchar" or type_.args[0] <= 255


def shrunk(type_: Type) -> Type:
    return Type("varchar", (type_.args[0] % 60 + 1,)) if type_.kind == "varchar" else type_


column_types = TYPES.map(shrunk).filter(fits)


@st.composite
def column_defaults(draw: st.DrawFn, type_: Type) -> Default | None:
    """A default that every database can hold."""
    found = draw(definitions.defaults(type_))
    if found is None or found.kind != "literal":
        return found
    if type_.kind in ("timestamp", "datetime", "datetime_utc"):
        moments = st.datetimes(
            datetime.datetime.fromisoformat("1990-01-01"), datetime.datetime.fromisoformat("2030-01-01")
        )
        return Default("literal", str(draw(moments)))
    if type_.kind == "float32":
        return Default("literal", str(draw(st.integers(-9999, 9999)) / 64)[:6].rstrip("."))
    if type_.kind == "uint64":
        assume(int(found.value) <= INTEGER_BOUNDS["int64"][1])
    return found


@st.composite
def columns(draw: st.DrawFn, name: str, *, in_key: bool = False) -> AttributeSpec:
    type_ = draw(column_types.filter(lambda t: t.may_be_key) if in_key else column_types)
    default = draw(column_defaults(type_).filter(lambda d: not (in_key and d is not None and d.kind == "null")))
    return AttributeSpec(name, type_, default, draw(definitions.comments))


@st.composite
def specs(draw: st.DrawFn) -> tuple[TableSpec, TableSpec]:
    """A parent and a child that refers to it."""
    names = draw(st.lists(definitions.names, min_size=6, max_size=9, unique=True))
    key, rest, (renamed, *own) = names[:2], names[2:4], names[4:]
    parent = TableSpec(
        tuple(draw(columns(n, in_key=True)) for n in key),
        tuple(draw(columns(n)) for n in rest),
        comment=draw(definitions.comments),
    )
    renames: dict[str, str] = draw(st.sampled_from([{}, {renamed: key[0]}]))
    in_key = draw(st.booleans())
    nullable, unique = not in_key and draw(st.booleans()), draw(st.booleans())
    reference = ReferenceSpec(("parent",), renames, nullable, unique)
    upper: list[Entry] = [draw(columns(own[0], in_key=True)), *([reference] if in_key else [])]
    lower: list[Entry] = [*(draw(columns(n)) for n in own[1:]), *([] if in_key else [reference])]
    indexed = [a.name for a in (*upper, *lower) if isinstance(a, AttributeSpec) and a.type.may_be_key]
    chosen = draw(st.lists(st.lists(st.sampled_from(indexed), min_size=1, max_size=2, unique=True), max_size=2))
    indexes = tuple(IndexSpec(tuple(c), draw(st.booleans())) for c in chosen)
    return parent, TableSpec(tuple(draw(st.permutations(upper))), tuple(lower), indexes, draw(definitions.comments))


numbers: Iterator[int] = itertools.count()


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much]
)
@given(specs())
def test_any_table_is_read_as_it_was_declared(place: Place, drawn: tuple[TableSpec, TableSpec]) -> None:
    number = next(numbers)
    parent = resolve_table(
        TableId(place.schema, f"parent{number}"),
        drawn[0],
        lambda _: pytest.fail("the parent refers to nothing"),
        storage_of,
    )
    child = resolve_table(TableId(place.schema, f"_child{number}"), drawn[1], lambda _: parent, storage_of)
    declare(place.connection, place.dialect, [child, parent])
    try:
        found = place.read()
        assert [comparable(found[t.id.name]) for t in (parent, child)] == [comparable(parent), comparable(child)]
    finally:
        drop(place.connection, place.dialect, [child.id, parent.id])

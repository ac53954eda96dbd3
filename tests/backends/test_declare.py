"""Making tables: twice, by many at once, with hostile texts, and undone when it fails."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from tests.backends.conftest import OpenConnection
from tests.backends.tables import Place, dialect_of, resolve

from labwright.core.errors import (
    DefinitionError,
    DuplicateError,
    IntegrityError,
    LabwrightError,
    TransactionError,
)
from labwright.core.heading import Heading
from labwright.core.types import Default
from labwright.define.comparable import comparable
from labwright.define.table import Index, TableId
from labwright.sql.ddl import Surroundings, create_table, declare, drop, drop_whole_schema
from labwright.sql.reflect import schema_exists
from labwright.sql.sqlite import SQLite
from labwright.sql.sqlite_functions import install


@pytest.fixture
def place(open_connection: OpenConnection, prefix: str, backend: str) -> Place:
    connection = open_connection(on_connect=install if backend == "sqlite" else None)
    return Place(connection, dialect_of(connection), f"{prefix}made")


def test_declaring_twice_changes_nothing(place: Place) -> None:
    tables = resolve(place.schema, {"a": "x : int8", "b": "-> a"})
    declare(place.connection, place.dialect, tables)
    before = place.read()
    declare(place.connection, place.dialect, tables)
    assert place.read() == before


PROCESS = """
import sys
from labwright.sql.connection import Connection
from labwright.sql.ddl import declare
from tests.backends.tables import dialect_of, resolve

url, schema = sys.argv[1:]
definitions = {f"t{n}": (f"-> t{n - 1}\\n" if n else "") + f"x{n} : enum('a', 'b')" for n in range(12)}
with Connection(url) as connection:
    sys.stdin.readline()
    declare(connection, dialect_of(connection), resolve(schema, definitions))
"""


def test_processes_declare_the_same_tables_at_the_same_time(place: Place, database_url: str) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, database_url, place.schema],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    assert set(place.read()) == {f"t{n}" for n in range(12)}


def test_all_tables_are_made_or_none(place: Place) -> None:
    tables = resolve(place.schema, {"a": "x : int8", "b": "-> a"})
    twice = replace(tables[1], indexes=(Index(("x", "x")), Index(("nobody",))))
    with pytest.raises(LabwrightError):
        declare(place.connection, place.dialect, [tables[0], twice])
    assert place.read() == {}
    declare(place.connection, place.dialect, tables)
    assert set(place.read()) == {"a", "b"}


def test_what_this_call_did_not_make_stays_when_it_fails(place: Place) -> None:
    first, second, third = resolve(place.schema, {"a": "x : int8", "b": "-> a", "c": "-> b"})
    declare(place.connection, place.dialect, [first])
    broken = replace(third, heading=third.heading.map(lambda a: replace(a, type=None)))
    with pytest.raises(LabwrightError):
        declare(place.connection, place.dialect, [first, second, broken])
    assert set(place.read()) == {"a"}


def test_a_transaction_is_no_place_to_declare_in(place: Place) -> None:
    tables = resolve(place.schema, {"a": "x : int8"})
    with place.connection.transaction, pytest.raises(TransactionError, match="before"):
        declare(place.connection, place.dialect, tables)
    declare(place.connection, place.dialect, tables)
    with place.connection.transaction, pytest.raises(TransactionError):
        drop(place.connection, place.dialect, [tables[0].id])


def test_a_table_that_others_refer_to_is_not_dropped(place: Place) -> None:
    (a,) = resolve(place.schema, {"a": "x : int8"})
    (b,) = resolve(f"{place.schema}_other", {"b": "-> a"}, [a])
    declare(place.connection, place.dialect, [a, b])
    with pytest.raises(IntegrityError, match=r"other\.b"):
        drop(place.connection, place.dialect, [a.id])
    with pytest.raises(IntegrityError, match=r"other\.b"):
        drop_whole_schema(place.connection, place.dialect, place.schema)
    drop(place.connection, place.dialect, [b.id, a.id])
    assert place.read() == {}


def test_a_schema_is_dropped_with_its_rows(place: Place) -> None:
    declare(
        place.connection, place.dialect, resolve(place.schema, {"a": "x : int8", "b": "-> a", "#c": "-> b\ny : int8"})
    )
    place.run("INSERT INTO {a} VALUES (1)")
    place.run("INSERT INTO {b} VALUES (1)")
    place.run("INSERT INTO {#c} VALUES (1, 2)")
    drop_whole_schema(place.connection, place.dialect, place.schema)
    assert not schema_exists(place.connection, place.dialect, place.schema)


def test_names_may_be_as_long_as_the_database_allows(place: Place) -> None:
    limit = min(place.dialect.max_name_bytes, 64)
    name = "a" * limit
    tables = resolve(place.schema, {name: f"{'b' * limit} : int8", "c": f"-> {name}\n---\nd : int8\nindex (d)"})
    declare(place.connection, place.dialect, tables)
    assert place.read()["c"] == comparable(tables[1])
    with pytest.raises(DefinitionError, match=f"{limit} is the limit"):
        declare(place.connection, place.dialect, [replace(tables[1], id=TableId(place.schema, "c" * (limit + 1)))])


HOSTILE = [
    "it's",
    'say "so"',
    "a\\",
    "\\'",
    "'; DROP TABLE x; --",
    "\\'; DROP TABLE x; --",
    "100%",
    "%s %(a)s %%",
    "$$ $labwright$ ?",
    "`",
    "né \N{MOUSE} \N{ZERO WIDTH SPACE}",
    "*/ /* -- #",
    'a\\"b" \\\\"',
]


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_are_only_texts(place: Place, text: str) -> None:
    (table,) = resolve(place.schema, {"a": "x : int8\n---\ny = 'v' : varchar(40)\nz : int8"})
    attributes = [
        replace(a, comment=text, default=Default("literal", text) if a.name == "y" else a.default)
        for a in table.heading.values()
    ]
    hostile = replace(table, heading=Heading(attributes), comment=text)
    declare(place.connection, place.dialect, [hostile])
    assert place.read() == {"a": comparable(hostile)}
    place.run("INSERT INTO {a} (x, z) VALUES (1, 2)")
    assert place.run("SELECT y FROM {a}") == [(text,)]


@pytest.mark.parametrize("text", [t for t in HOSTILE if max(t) < "\U00010000"])
def test_labels_are_only_texts(place: Place, text: str) -> None:
    (table,) = resolve(place.schema, {"a": "x : enum('other')\n---\ny = 'other' : enum('other')"})
    labels = ("other", text, "a:b", "")
    attributes = [
        replace(a, type=replace(a.type, args=labels, spelling=""), default=a.default and Default("literal", text))
        for a in table.heading.values()
        if a.type
    ]
    hostile = replace(table, heading=Heading(attributes))
    declare(place.connection, place.dialect, [hostile])
    assert place.read() == {"a": comparable(hostile)}
    place.run("INSERT INTO {a} (x) VALUES (?)", text)
    assert place.run("SELECT x, y FROM {a}") == [(text, text)]


def test_enums_with_the_same_labels_in_another_order_keep_theirs(place: Place) -> None:
    tables = resolve(place.schema, {"a": "x : enum('b', 'a_c')\ny : enum('a_c', 'b')\nz : enum('a', 'c_b')"})
    declare(place.connection, place.dialect, tables)
    assert place.read() == {"a": comparable(tables[0])}


def test_rows_meet_the_limits_of_their_types(place: Place) -> None:
    declare(
        place.connection,
        place.dialect,
        resolve(place.schema, {"a": "x : int8\n---\nv = '' : varchar(3)\ns = 'a' : enum('a', 'b')\nn = 0 : smallint"}),
    )
    for column, value in (("v", "long"), ("s", "c"), ("n", 40_000)):
        with pytest.raises(LabwrightError):
            place.run(f"INSERT INTO {{a}} (x, {column}) VALUES (1, ?)", value)
    place.run("INSERT INTO {a} (x, v) VALUES (2, ?)", "é\N{MOUSE}c")


def test_a_singleton_has_one_row_at_most(place: Place) -> None:
    declare(place.connection, place.dialect, resolve(place.schema, {"a": "---\nx : int8"}))
    place.run("INSERT INTO {a} (x) VALUES (1)")
    with pytest.raises(DuplicateError):
        place.run("INSERT INTO {a} (x) VALUES (2)")
    with pytest.raises(IntegrityError):
        place.run("INSERT INTO {a} VALUES (FALSE, 3)")


def test_a_missing_key_is_not_made_up(place: Place) -> None:
    declare(place.connection, place.dialect, resolve(place.schema, {"a": "x : int32\n---\ny : int8"}))
    with pytest.raises(IntegrityError):
        place.run("INSERT INTO {a} (y) VALUES (1)")


def test_keys_are_counted_up(place: Place) -> None:
    declare(place.connection, place.dialect, resolve(place.schema, {"a": "x : int auto_increment\n---\ny : int8"}))
    for y in (5, 6):
        place.run("INSERT INTO {a} (y) VALUES (?)", y)
    assert place.run("SELECT x, y FROM {a} ORDER BY x") == [(1, 5), (2, 6)]


def test_sqlite_refuses_to_count_within_a_key() -> None:
    (table,) = resolve("lab", {"a": "x : int8\ny : int auto_increment"})
    with pytest.raises(DefinitionError, match="'y'"):
        create_table(SQLite(), table, Surroundings())


def test_unique_references_and_indexes_are_held(place: Place) -> None:
    tables = resolve(
        place.schema, {"a": "x : int8", "b": "y : int8\n---\n-> [unique] a\nn : varchar(9)\nunique index ((lower(n)))"}
    )
    declare(place.connection, place.dialect, tables)
    for x in (1, 2, 3):
        place.run("INSERT INTO {a} VALUES (?)", x)
    place.run("INSERT INTO {b} VALUES (1, 1, 'Tom')")
    with pytest.raises(DuplicateError):
        place.run("INSERT INTO {b} VALUES (2, 1, 'Tim')")
    with pytest.raises(DuplicateError):
        place.run("INSERT INTO {b} VALUES (3, 2, 'TOM')")


@pytest.mark.parametrize("backend", ["mysql"], indirect=True)
@pytest.mark.parametrize("collation", ["latin1_swedish_ci", "utf8mb3_general_ci", "utf8mb4_unicode_ci"])
def test_a_child_repeats_the_collation_of_its_parent(place: Place, collation: str) -> None:
    (a,) = resolve(place.schema, {"a": "x : varchar(20)\ny : enum('p', 'it''s')"})
    declare(place.connection, place.dialect, [a])
    drop(place.connection, place.dialect, [a.id])
    charset, name = collation.partition("_")[0], place.dialect.table(place.schema, "a")
    place.connection.execute(
        f"CREATE TABLE {name} (x varchar(20), y enum('p', 'it''s'), PRIMARY KEY (x, y))"
        f" CHARSET {charset} COLLATE {collation}"
    )
    (b,) = resolve(place.schema, {"b": "-> a\n---\n-> [nullable] a.proj(z='x')"}, [a])
    declare(place.connection, place.dialect, [b])
    place.connection.execute(f"INSERT INTO {name} VALUES ('k', %s)", ("it's",))
    place.run("INSERT INTO {b} VALUES ('k', ?, NULL)", "it's")
    assert place.read()["b"].foreign_keys == b.foreign_keys


def test_a_literal_that_is_no_value_is_refused(place: Place) -> None:
    (table,) = resolve(place.schema, {"a": "x : int8\n---\ny = 1 : int8"})
    wrong = replace(table, heading=table.heading.map(lambda a: replace(a, default=Default("literal", "1); DROP"))))
    with pytest.raises(DefinitionError, match="'1\\); DROP'"):
        declare(place.connection, place.dialect, [wrong])

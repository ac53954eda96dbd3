"""Tables change with their rows, on every database."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.backends.conftest import OpenConnection
from tests.backends.tables import Place, dialect_of, resolve, storage_of

from labwright.core.errors import LabwrightError, MigrationError, TransactionError
from labwright.core.types import Type
from labwright.define.comparable import comparable
from labwright.define.diff import RenameTable
from labwright.define.evolution import Evolution
from labwright.define.table import TableDef, TableId
from labwright.sql.ddl import declare
from labwright.sql.migrate import Plan, migrate, plan_migration, read_world
from labwright.sql.migrate_in_place import standing
from labwright.sql.sqlite_functions import install


@pytest.fixture
def place(open_connection: OpenConnection, prefix: str, backend: str) -> Place:
    connection = open_connection(on_connect=install if backend == "sqlite" else None)
    return Place(connection, dialect_of(connection), f"{prefix}made")


Definitions = Mapping[str, str]


class Lab:
    """Tables in a database, and what becomes of them."""

    def __init__(self, place: Place, definitions: Definitions) -> None:
        self.place = place
        declare(place.connection, place.dialect, resolve(place.schema, definitions))

    def plan(
        self, definitions: Definitions, renames: Mapping[str, Mapping[str, str]] | None = None, **fills: str
    ) -> Plan:
        """How the tables become those of `definitions`; `fills` has expressions for attributes of the first."""
        world = read_world(self.place.connection, self.place.dialect, [self.place.schema], storage_of)
        wanted = resolve(self.place.schema, definitions, world.values())
        return plan_migration(world, (self.evolution(world, t, renames or {}, fills) for t in wanted))

    def evolution(
        self, world: Mapping[TableId, TableDef], new: TableDef, renames: Mapping[str, Mapping[str, str]], fills: Any
    ) -> Evolution:
        old = world[new.id]
        known = {n: text for n, text in fills.items() if n in new.heading}
        return Evolution(old, replace(new, hidden=old.hidden), renames.get(new.id.name, {}), known)

    def alter(self, definitions: Definitions, *, lossy: bool = False, **more: Any) -> Plan:
        plan = self.plan(definitions, **more)
        migrate(self.place.connection, self.place.dialect, plan, storage_of, lossy=lossy)
        self.check(plan)
        return plan

    def check(self, plan: Plan) -> None:
        """The tables are as they were wanted, as those are that were made so, and all is in place."""
        for e in plan.evolutions:
            found = self.place.read(e.new.id.schema)[e.new.id.name]
            assert comparable(found) == comparable(e.new)

    def insert(self, table: str, *rows: tuple[object, ...]) -> None:
        for row in rows:
            self.place.run(f"INSERT INTO {{{table}}} VALUES ({', '.join('?' * len(row))})", *row)

    def rows(self, table: str, names: str = "*") -> list[tuple[object, ...]]:
        return sorted(self.place.run(f"SELECT {names} FROM {{{table}}}"), key=repr)


ANIMALS = {
    "mouse": "mouse_id : int32\n---\nname : varchar(20)\nweight = null : float64",
    "visit": "-> mouse\nday : int16",
}


@pytest.fixture
def animals(place: Place) -> Lab:
    lab = Lab(place, ANIMALS)
    lab.insert("mouse", (1, "one", 20.5), (2, "two", None))
    lab.insert("visit", (1, 1), (1, 2), (2, 1))
    return lab


def mouse(text: str) -> Definitions:
    return {"mouse": text}


def test_attributes_come_and_go_and_move(animals: Lab) -> None:
    plan = animals.alter(
        mouse('mouse_id : int32\n---\nsex = "U" : enum("F", "M", "U")\nname : varchar(20)\nborn = null : date'),
        lossy=True,
    )
    assert animals.rows("mouse") == [(1, "U", "one", None), (2, "U", "two", None)]
    assert animals.rows("visit") == [(1, 1), (1, 2), (2, 1)]
    assert "drop attribute weight with its values" in str(plan)
    with pytest.raises(LabwrightError):
        animals.insert("visit", (3, 1))
    with pytest.raises(LabwrightError):
        animals.place.run("DELETE FROM {mouse} WHERE mouse_id = 1")
    animals.place.run("UPDATE {mouse} SET mouse_id = 7 WHERE mouse_id = 2")
    assert (7, 1) in animals.rows("visit")


def test_values_are_not_lost_unless_somebody_says_so(animals: Lab) -> None:
    with pytest.raises(MigrationError, match="'weight' would be lost"):
        animals.alter(mouse("mouse_id : int32\n---\nname : varchar(20)"))
    assert animals.rows("mouse", "weight") == [(20.5,), (None,)]


def test_a_renamed_key_is_renamed_where_it_is_inherited(animals: Lab) -> None:
    plan = animals.alter(
        mouse("animal : int32\n---\nname : varchar(20)\nweight = null : float64"),
        renames={"mouse": {"animal": "mouse_id"}},
    )
    assert [e.new.id.name for e in plan.evolutions] == ["mouse", "visit"]
    assert animals.rows("visit", "animal, day") == [(1, 1), (1, 2), (2, 1)]
    assert animals.place.read()["visit"].heading["animal"].lineage == f"{animals.place.schema}.mouse.animal"


def test_a_new_key_attribute_is_carried_down(animals: Lab) -> None:
    animals.alter(
        mouse('mouse_id : int32\nlab = "here" : varchar(8)\n---\nname : varchar(20)\nweight = null : float64')
    )
    assert animals.rows("visit", "mouse_id, lab, day") == [(1, "here", 1), (1, "here", 2), (2, "here", 1)]
    animals.alter(mouse("mouse_id : int32\n---\nname : varchar(20)\nweight = null : float64"), lossy=True)
    assert animals.rows("visit") == [(1, 1), (1, 2), (2, 1)]


def test_another_attribute_becomes_the_key(animals: Lab) -> None:
    animals.alter(mouse("name : varchar(20)\n---\nweight = null : float64"), lossy=True)
    assert animals.rows("visit", "name, day") == [("one", 1), ("one", 2), ("two", 1)]


def test_types_change_when_all_values_fit(animals: Lab) -> None:
    animals.alter(mouse("mouse_id : int64\n---\nname : varchar(3)\nweight = null : decimal(8,2)"))
    assert (
        animals.place.read()["visit"].heading["mouse_id"].type == animals.place.read()["mouse"].heading["mouse_id"].type
    )
    with pytest.raises(MigrationError, match=r"'name' cannot be varchar\(2\).*'one' where mouse_id=1; .*'two'"):
        animals.alter(mouse("mouse_id : int64\n---\nname : varchar(2)\nweight = null : decimal(8,2)"))


def test_a_value_is_required_where_all_have_one(animals: Lab) -> None:
    with pytest.raises(MigrationError, match="'weight' needs a value, and has none where mouse_id=2"):
        animals.alter(mouse("mouse_id : int32\n---\nname : varchar(20)\nweight : float64"))
    animals.alter(mouse("mouse_id : int32\n---\nname : varchar(20)\nweight = 1.5 : float64"))
    assert animals.rows("mouse", "weight") == [(1.5,), (20.5,)]


def test_expressions_give_values(animals: Lab) -> None:
    animals.alter(
        mouse("mouse_id : int32\n---\nname : varchar(20)\nweight = null : float64\nlabel : varchar(40)"),
        label="concat(name, '%', mouse_id)",
    )
    assert animals.rows("mouse", "label") == [("one%1",), ("two%2",)]
    with pytest.raises(MigrationError, match="nothing says what 'more' is to be"):
        animals.alter(
            mouse(
                "mouse_id : int32\n---\nname : varchar(20)\nweight = null : float64\nlabel : varchar(40)\nmore : int8"
            )
        )


def test_a_table_is_renamed(animals: Lab) -> None:
    schema = animals.place.schema
    world = read_world(animals.place.connection, animals.place.dialect, [schema], storage_of)
    old = world[TableId(schema, "mouse")]
    plan = plan_migration(world, [Evolution(old, RenameTable(TableId(schema, "#animal")).apply(old))])
    migrate(animals.place.connection, animals.place.dialect, plan, storage_of)
    animals.check(plan)
    assert set(animals.place.read()) == {"#animal", "visit"}
    assert animals.rows("visit") == [(1, 1), (1, 2), (2, 1)]


def test_a_name_that_is_taken_is_refused(place: Place) -> None:
    lab = Lab(place, {**ANIMALS, "other": "x : int8"})
    world = read_world(place.connection, place.dialect, [place.schema], storage_of)
    old = world[TableId(place.schema, "mouse")]
    with pytest.raises(MigrationError, match="there is a table of that name already"):
        plan_migration(world, [Evolution(old, RenameTable(TableId(place.schema, "other")).apply(old))])
    with pytest.raises(MigrationError, match="would inherit 'day', and has another attribute"):
        lab.plan(
            mouse("day : int32\n---\nname : varchar(20)\nweight = null : float64"),
            renames={"mouse": {"day": "mouse_id"}},
        )


def test_tables_change_places(place: Place) -> None:
    lab = Lab(place, {"a": "x : int8", "b": "y : int16", "c": "-> a\n---\n-> b"})
    lab.insert("a", (1,))
    lab.insert("b", (2,))
    lab.insert("c", (1, 2))
    world = read_world(place.connection, place.dialect, [place.schema], storage_of)
    a, b = (TableId(place.schema, n) for n in "ab")
    wanted = [Evolution(world[a], RenameTable(b).apply(world[a])), Evolution(world[b], RenameTable(a).apply(world[b]))]
    plan = plan_migration(world, wanted)
    migrate(place.connection, place.dialect, plan, storage_of)
    lab.check(plan)
    assert lab.rows("a") == [(2,)]
    assert lab.rows("b") == [(1,)]
    assert lab.rows("c") == [(1, 2)]


def test_labels_come_and_go_while_none_is_in_use(place: Place) -> None:
    lab = Lab(
        place,
        {
            "a": "x : int8\n---\nkind : enum('low', 'high', 'gone')",
            "b": "y : int8\n---\nk : enum('low', 'high', 'gone')",
        },
    )
    lab.insert("a", (1, "low"), (2, "high"))
    lab.insert("b", (1, "gone"))
    lab.alter({"a": "x : int8\n---\nkind : enum('high', 'mid', 'low')"})
    assert lab.rows("a") == [(1, "low"), (2, "high")]
    with pytest.raises(MigrationError, match="'high' where x=2"):
        lab.alter({"a": "x : int8\n---\nkind : enum('low', 'mid')"})
    lab.insert("a", (3, "mid"))
    with pytest.raises(LabwrightError):
        lab.insert("a", (4, "gone"))


def test_indexes_and_options_of_references_change(place: Place) -> None:
    lab = Lab(place, {"a": "x : int8", "b": "y : int8\n---\n-> [nullable] a\nt : varchar(8)\nindex (t)"})
    lab.insert("a", (1,), (2,))
    lab.insert("b", (1, 1, "p"), (2, None, "P"))
    lab.alter({"b": "y : int8\n---\n-> [nullable, unique] a\nt : varchar(8)\nunique index (t)\nindex ((lower(t)))"})
    with pytest.raises(LabwrightError):
        lab.insert("b", (3, 1, "q"))
    with pytest.raises(MigrationError, match="'x' needs a value, and has none where y=2"):
        lab.alter({"b": "y : int8\n---\n-> a\nt : varchar(8)"})
    lab.place.run("UPDATE {b} SET x = 2 WHERE y = 2")
    lab.alter({"b": "y : int8\n---\n-> a\nt : varchar(8)"})
    lab.insert("b", (3, 2, "P"))
    with pytest.raises(MigrationError, match=r"\(t\) cannot be a unique index.*2 rows with t='P'"):
        lab.alter({"b": "y : int8\n---\n-> a\nt : varchar(8)\nunique index (t)"})


def test_a_new_reference_is_checked(place: Place) -> None:
    lab = Lab(place, {"a": "x : int8", "b": "y : int8\n---\nx : int8"})
    lab.insert("a", (1,))
    lab.insert("b", (1, 1), (2, 7))
    with pytest.raises(MigrationError, match=r"the reference to .*a would be broken where y=2"):
        lab.alter({"b": "y : int8\n---\n-> a"})
    lab.insert("a", (7,))
    lab.alter({"b": "y : int8\n---\n-> a"})
    lab.alter({"b": "y : int8\n---\nx : int8"})


def test_a_key_attribute_goes_where_rows_stay_apart(place: Place) -> None:
    lab = Lab(place, {"a": "x : int8\ny : int8", "b": "-> a\nz : int8"})
    lab.insert("a", (1, 1), (2, 1))
    lab.insert("b", (1, 1, 1), (2, 1, 1))
    with pytest.raises(MigrationError, match=r"\(y\) cannot be a primary key.*2 rows with y=1"):
        lab.alter({"a": "y : int8"}, lossy=True)
    lab.alter({"a": "x : int8"}, lossy=True)
    assert lab.rows("b") == [(1, 1), (2, 1)]


def test_numbers_go_on_after_the_greatest(place: Place) -> None:
    lab = Lab(place, {"a": "x : int auto_increment\n---\nt : varchar(8)"})
    place.run("INSERT INTO {a} (t) VALUES ('p')")
    lab.alter({"a": "x : int auto_increment\n---\nt : varchar(9)"})
    place.run("INSERT INTO {a} (t) VALUES ('q')")
    assert lab.rows("a") == [(1, "p"), (2, "q")]


def test_a_table_that_refers_to_itself(place: Place) -> None:
    lab = Lab(place, {"mouse": "mouse_id : int32\n---\nname : varchar(20)"})
    world = read_world(place.connection, place.dialect, [place.schema], storage_of)
    (old,) = world.values()
    lab.insert("mouse", (1, "a"), (2, "b"))
    new = replace(old, comment="of one litter")
    migrate(place.connection, place.dialect, plan_migration(world, [Evolution(old, new)]), storage_of)
    assert place.read()["mouse"].comment == "of one litter"


def test_nothing_happens_within_a_transaction(animals: Lab) -> None:
    plan = animals.plan(mouse("mouse_id : int64\n---\nname : varchar(20)\nweight = null : float64"))
    with animals.place.connection.transaction, pytest.raises(TransactionError):
        migrate(animals.place.connection, animals.place.dialect, plan, storage_of)


def test_a_plan_is_for_the_tables_that_it_was_made_for(animals: Lab) -> None:
    text = "mouse_id : int64\n---\nname : varchar(20)\nweight = null : float64"
    first, second = animals.plan(mouse(text)), animals.plan(mouse(text.replace("int64", "int16")))
    migrate(animals.place.connection, animals.place.dialect, first, storage_of)
    migrate(animals.place.connection, animals.place.dialect, first, storage_of)
    with pytest.raises(MigrationError, match="has changed since"):
        migrate(animals.place.connection, animals.place.dialect, second, storage_of)
    animals.check(first)


PROCESS = """
import sys
from tests.backends.tables import Place, dialect_of, resolve, storage_of
from labwright.define.evolution import Evolution
from labwright.sql.connection import Connection
from labwright.sql.migrate import migrate, plan_migration, read_world
from labwright.sql.sqlite_functions import install

url, schema = sys.argv[1:]
with Connection(url, on_connect=install if url.startswith("sqlite") else None) as connection:
    world = read_world(connection, dialect_of(connection), [schema], storage_of)
    (new,) = resolve(schema, {"mouse": "mouse_id : int64\\n---\\nname : varchar(30)\\nweight = null : float64"})
    (old,) = [t for t in world.values() if t.id == new.id]
    plan = plan_migration(world, [Evolution(old, new)])
    print("ready", flush=True)
    sys.stdin.readline()
    migrate(connection, dialect_of(connection), plan, storage_of)
"""


def test_two_processes_migrate_at_once(animals: Lab, database_url: str) -> None:
    command = [sys.executable, "-c", PROCESS, database_url, animals.place.schema]
    pipe = subprocess.PIPE
    both = [subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(2)]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in both:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in both:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    assert animals.rows("visit") == [(1, 1), (1, 2), (2, 1)]
    assert animals.place.read()["visit"].heading["mouse_id"].type == Type("int64")


def test_what_needs_no_row_is_changed_as_it_stands(animals: Lab) -> None:
    more = """
    mouse_id : int32  # as on the cage
    ---
    name : varchar(20)  # 'quoted' and 50 %
    weight = null : float64
    sex = "U" : enum("F", "M", "U")  # as known
    tame = 1 : bool
    price = 1.5 : decimal(8,2)
    data = null : <blob>
    born = null : date
    """
    plan = animals.alter({"mouse": f"# a mouse\n{more}"})
    assert standing(plan.evolutions, animals.place.dialect) == list(plan.evolutions)
    assert animals.place.read()["visit"].heading["mouse_id"].comment == "as on the cage"
    assert animals.rows("mouse", "mouse_id, sex, born") == [(1, "U", None), (2, "U", None)]
    with pytest.raises(LabwrightError):
        animals.place.run("UPDATE {mouse} SET sex = 'X'")
    animals.alter({"mouse": more.replace("  # as known", "").replace("  # as on the cage", "")})
    assert animals.place.read()["mouse"].heading["sex"].comment == ""


KEPT = """
mouse_id : int32
---
name : varchar(20)
weight = null : float64
sex = "U" : enum("F", "M", "U")
notes = "" : text
"""
ON_SERVERS = {
    "another default": (KEPT.replace('sex = "U"', 'sex = "F"'), {}),
    "no default": (KEPT.replace('sex = "U"', "sex"), {}),
    "a default at last": (KEPT.replace("name :", 'name = "it\'s 5 %" :'), {}),
    "a value is required": (KEPT.replace("weight = null", "weight"), {}),
    "no value is required": (KEPT.replace("name :", "name = null :"), {}),
    "another name": (KEPT.replace("notes =", "remarks =").replace(": text", ": text  # {notes}"), {"remarks": "notes"}),
    "names change places": (
        KEPT.replace("name :", "x :").replace("notes =", "name =").replace("x :", "notes :"),
        {"name": "notes", "notes": "name"},
    ),
    "an attribute goes": (KEPT.replace("weight = null : float64\n", ""), {}),
    "another takes its name": (
        KEPT.replace("weight = null : float64\n", "").replace("notes", "weight"),
        {"weight": "notes"},
    ),
    "another name of the key": (KEPT.replace("mouse_id", "animal"), {"animal": "mouse_id"}),
    "all of it": (
        KEPT.replace("mouse_id", "animal").replace('sex = "U"', 'gender = "F"') + "more = 7 : int32  # {a} comment",
        {"animal": "mouse_id", "gender": "sex"},
    ),
}


@pytest.mark.parametrize("change", ON_SERVERS)
def test_servers_change_a_table_as_it_stands(place: Place, change: str, prefix: str) -> None:
    lab = Lab(
        place, {"mouse": KEPT, "visit": "-> mouse\nday : int16", "note": "note : int16\n---\n-> [nullable] mouse"}
    )
    lab.insert("mouse", (1, "one", 20.5, "M", "a"), (2, "two", 3.5, "U", "b"))
    lab.insert("visit", (1, 1), (2, 1))
    lab.insert("note", (1, 1), (2, None))
    text, renames = ON_SERVERS[change]
    plan = lab.plan({"mouse": text}, renames={"mouse": renames})
    stands = standing(plan.evolutions, place.dialect) == list(plan.evolutions)
    assert stands == place.dialect.native_schemas
    kept = [(n, plan.evolutions[0].old_name(n)) for n in plan.evolutions[0].new.heading]
    before = lab.rows("mouse", ", ".join(origin for _, origin in kept if origin))
    migrate(place.connection, place.dialect, plan, storage_of, lossy=True)
    lab.check(plan)
    (new,) = resolve(f"{prefix}fresh", {"mouse": text})
    declare(place.connection, place.dialect, [new])
    fresh = place.read(new.id.schema)["mouse"]
    renamed = place.read()["mouse"].heading
    assert [(a.default, a.nullable, a.type) for a in renamed.values()] == [
        (a.default, a.nullable, a.type) for a in fresh.heading.values()
    ]
    assert lab.rows("mouse", ", ".join(name for name, origin in kept if origin)) == before
    key = next(iter(renamed))
    with pytest.raises(LabwrightError):
        lab.insert("visit", (3, 1))
    with pytest.raises(LabwrightError):
        place.run(f"DELETE FROM {{mouse}} WHERE {key} = 1")
    place.run(f"UPDATE {{mouse}} SET {key} = 7 WHERE {key} = 2")
    assert lab.rows("visit", f"{key}, day") == [(1, 1), (7, 1)]
    assert lab.rows("note", f"note, {key}") == [(1, 1), (2, None)]


@pytest.mark.parametrize("indexes", [("index (name)",), ("unique index (name)", "index (weight, sex)"), ()])
def test_indexes_come_and_go_while_the_table_stands(place: Place, indexes: tuple[str, ...]) -> None:
    lab = Lab(place, {"mouse": f"{KEPT}index (sex)\nindex (name, sex)"})
    lab.insert("mouse", (1, "one", 20.5, "M", "a"), (2, "two", 3.5, "U", "b"))
    plan = lab.alter({"mouse": KEPT + "\n".join(indexes)})
    assert standing(plan.evolutions, place.dialect) == list(plan.evolutions)
    if any("unique" in index for index in indexes):
        with pytest.raises(LabwrightError):
            lab.insert("mouse", (3, "one", 20.5, "M", "a"))
    lab.alter({"mouse": f"{KEPT}index (sex)"})
    lab.insert("mouse", (3, "one", 20.5, "M", "a"))


def test_what_a_server_refuses_is_taken_back(place: Place) -> None:
    """No server has room for 33 attributes in an index."""
    names = [f"a{n}" for n in range(33)]
    text = "mouse_id : int32\n---\n" + "\n".join(f"{n} = null : int8" for n in names)
    lab = Lab(place, {"mouse": text, "visit": "-> mouse\nday : int16"})
    place.run("INSERT INTO {mouse} (mouse_id) VALUES (1)")
    change = {"mouse": f"{text}\nindex ({', '.join(names)})"}
    if place.dialect.native_schemas:
        with pytest.raises(LabwrightError):
            lab.alter(change)
        assert not place.read()["mouse"].indexes
        assert lab.rows("mouse", "mouse_id") == [(1,)]
    change = {"mouse": f"{text}\nindex ({', '.join(names[1:])})"}
    lab.alter(change)
    assert len(place.read()["mouse"].indexes) == 1

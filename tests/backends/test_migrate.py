"""Tables change with their rows, on every database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.backends.conftest import OpenConnection
from tests.backends.tables import Place, dialect_of, resolve, storage_of

from labwright.core.errors import LabwrightError, MigrationError
from labwright.define.comparable import comparable
from labwright.define.diff import RenameTable
from labwright.define.evolution import Evolution
from labwright.define.table import TableDef, TableId
from labwright.sql.ddl import declare
from labwright.sql.migrate import Plan, migrate, plan_migration, read_world
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

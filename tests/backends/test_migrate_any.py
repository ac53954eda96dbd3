"""Whatever pipeline, whatever changes: afterwards nothing differs, and every row is there with its values."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import labwright as lw
from labwright.core.heading import Attribute, Heading
from labwright.core.types import Default, Type
from labwright.define.ast import ReferenceSpec
from labwright.define.comparable import comparable
from labwright.define.convert import converter
from labwright.define.evolution import Evolution
from labwright.define.parser import parse
from labwright.define.table import Index, TableDef, TableId, resolve_table
from labwright.sql.hidden import BY, SINCE
from labwright.sql.history import shadow_columns
from labwright.sql.migrate import Plan, migrate, plan_migration, read_world
from labwright.tables.project import Project, stored_type
from labwright.testing.pipelines import Pipeline, Row, pipelines

STRESS: Final = int(os.environ.get("LABWRIGHT_STRESS", "0"))
"""How many examples to try, where somebody has the time."""
WIDER: Final[Mapping[str, Type]] = {
    "int8": Type("int32"),
    "int32": Type("decimal", (12, 1)),
    "int64": Type("varchar", (30,)),
    "varchar": Type("varchar", (20,)),
    "char": Type("varchar", (5,)),
    "float32": Type("float64"),
    "decimal": Type("decimal", (35, 5)),
    "date": Type("datetime", (3,)),
    "datetime": Type("datetime", (6,)),
    "enum": Type("enum", ("other", "high", "low", "a'b")),
    "bool": Type("int8"),
    "uuid": Type("varchar", (36,)),
}
"""Types that hold all that those of a kind do in the pipelines of these tests."""


@st.composite
def evolutions(draw: st.DrawFn, old: TableDef) -> Evolution:
    """Draw what becomes of a table."""
    inherited = {c for fk in old.foreign_keys for c in fk.columns}
    renames: dict[str, str] = {}
    found: list[Attribute] = []
    for name, attribute in old.heading.items():
        what = draw(st.sampled_from(["stay", "stay", "rename", "widen", "drop", "comment"]))
        if name in inherited or (what == "drop" and (attribute.in_key or len(old.heading) < 3)):
            found.append(attribute)
        elif what == "rename":
            renames[f"{name}_r"] = name
            lineage = f"{old.id}.{name}_r" if attribute.in_key else attribute.lineage
            found.append(replace(attribute, name=f"{name}_r", lineage=lineage))
        elif what == "widen" and attribute.type is not None:
            found.append(replace(attribute, type=WIDER.get(attribute.type.kind, attribute.type)))
        elif what != "drop":
            found.append(replace(attribute, comment="another" if what == "comment" else attribute.comment))
    key = [a for a in found if a.in_key]
    body = list(draw(st.permutations([*(a for a in found if not a.in_key), *draw(st.sampled_from([[], _added()]))])))
    if draw(st.integers(0, 3)) == 0:
        key.append(
            Attribute("k_new", Type("int16"), in_key=True, default=Default("literal", "5"), lineage=f"{old.id}.k_new")
        )
    indexes = tuple(Index((a.name,)) for a in body[:1] if a.type is not None and a.type.kind in ("int32", "date"))
    heading = Heading([*key, *body])
    return Evolution(
        old, replace(old, heading=heading, indexes=indexes, comment=draw(st.sampled_from(["", "new"]))), renames
    )


def _added() -> list[Attribute]:
    return [
        Attribute("x_null", Type("float64"), nullable=True, default=Default("null")),
        Attribute("x_text", Type("varchar", (9,)), default=Default("literal", "it's %s", quoted=True)),
    ]


SINGLE: Final = "---\ncount = 1 : int32\nkept = null : <blob>\nmore = null : json"
"""A table of one row, with values of a codec."""


def moved(pipeline: Pipeline, schema: str, data: st.DataObject) -> Iterator[tuple[TableDef, list[Row]]]:
    """The tables of a pipeline in another schema, with their rows, and a table of one row."""
    row = {"count": 7, "kept": {"a": [1, None]}, "more": {"b": 1}}
    yield _kept(resolve_table(TableId(schema, "single"), parse(SINGLE), _no_parent, stored_type), data), [row]
    for table in pipeline.tables:
        heading = table.heading.map(
            lambda a: replace(a, lineage=a.lineage and a.lineage.replace("lab.", f"{schema}.", 1))
        )
        keys = (replace(fk, parent=TableId(schema, fk.parent.name)) for fk in table.foreign_keys)
        id_ = TableId(schema, table.id.name)
        made = replace(table, id=id_, heading=heading, foreign_keys=tuple(keys))
        yield _kept(made, data), pipeline.rows["lab", table.id.name]


def _kept(table: TableDef, data: st.DataObject) -> TableDef:
    """The table, perhaps with its history."""
    if not data.draw(st.booleans(), label=f"history of {table.id.name}"):
        return table
    return replace(table, history=True, hidden=(*table.hidden, SINCE, BY))


def _no_parent(_: ReferenceSpec) -> TableDef:
    raise AssertionError


def change(project: Project, table: TableDef) -> None:
    """Update all rows, in attributes that may be null."""
    inherited = {c for fk in table.foreign_keys for c in fk.columns}
    empty = {n: None for n, a in table.heading.items() if a.nullable and not a.in_key and n not in inherited}
    found = lw.FreeTable(project.connection, str(table.id))
    for row in found.to_dicts() if empty else ():
        found.update1({**{n: row[n] for n in table.heading.primary_key}, **empty})


def rows_of(project: Project, id_: TableId) -> list[Row]:
    found: list[Row] = lw.FreeTable(project.connection, str(id_)).to_dicts()
    return found


def as_they_become(evolution: Evolution, rows: list[Row]) -> list[str]:
    """The rows after a migration, as far as they were there before."""
    return sorted(repr([(n, _value(evolution, n, row)) for n in _stays(evolution)]) for row in rows)


def _stays(evolution: Evolution) -> list[str]:
    return [n for n in evolution.new.heading if evolution.old_name(n) is not None]


def _value(evolution: Evolution, name: str, row: Row) -> Any:
    origin = evolution.old_name(name)
    assert origin is not None
    old, new = evolution.old.heading[origin].type, evolution.new.heading[name].type
    assert old is not None
    assert new is not None
    turn = converter(old, new)
    assert turn is not None
    return None if row[origin] is None else turn(row[origin])


def wanted(data: st.DataObject, world: Mapping[TableId, TableDef]) -> Plan:
    """Draw what becomes of one of the tables, and with it of others."""
    one = data.draw(st.sampled_from(list(world)), label="table")
    return plan_migration(world, [data.draw(evolutions(world[one]), label="evolution")])


@settings(max_examples=STRESS or 8, deadline=None, suppress_health_check=list(HealthCheck))
@given(pipeline=pipelines(), data=st.data())
def test_no_row_is_lost_and_nothing_differs(
    project: Project, prefix: str, pipeline: Pipeline, data: st.DataObject
) -> None:
    schema = f"{prefix}{uuid.uuid4().hex[:6]}"
    tables = dict(moved(pipeline, schema, data))
    project.database.declare(list(tables))
    for table, rows in tables.items():
        lw.FreeTable(project.connection, str(table.id)).insert(rows, allow_direct_insert=True)
    connection, dialect = project.connection, project.database.dialect
    try:
        world = read_world(connection, dialect, [schema], stored_type)
        first = {t: rows_of(project, t) for t in world}
        for table in world.values():
            change(project, table)
        before = {t: rows_of(project, t) for t in world}
        plan = wanted(data, world)
        migrate(connection, dialect, plan, stored_type, lossy=True)
        project.database.forget()
        after = read_world(connection, dialect, [schema], stored_type)
        changed = {e.old.id: e for e in plan.evolutions}
        evolutions = [changed.get(id_, Evolution(table, table)) for id_, table in world.items()]
        for e in evolutions:
            assert comparable(after[e.new.id]) == comparable(e.new)
            assert found_rows(project, e) == as_they_become(e, before[e.old.id])
        for made in lw.changes(lw.Schema(schema, connection=project)):
            lw.undo(made)
        for e in evolutions:
            kept = shadow_columns(connection, dialect, e.new.id)
            assert found_rows(project, e) == as_they_become(e, (first if kept else before)[e.old.id])
    finally:
        lw.Schema(schema, connection=project).drop(prompt=False)
        project.database.forget()


def found_rows(project: Project, e: Evolution) -> list[str]:
    """The rows of a table, as far as they were there before."""
    return sorted(repr([(n, row[n]) for n in _stays(e)]) for row in rows_of(project, e.new.id))

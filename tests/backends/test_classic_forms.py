"""What published pipelines take for granted of any database."""

from __future__ import annotations

from typing import Any

import pytest
from tests.backends.classes import table

import labwright as lw
from labwright.core.errors import IntegrityError, QueryError
from labwright.tables.project import Project


def mice(schema: lw.Schema) -> Any:
    @schema
    class Mouse(lw.Manual):
        definition = """
        name : varchar(8)
        ---
        sex = null : enum('M', 'F', 'U')
        """

    return Mouse


def test_a_query_with_an_enum_goes_into_a_table_of_another_schema(project: Project, prefix: str) -> None:
    raw, real = mice(lw.Schema(f"{prefix}raw")), mice(lw.Schema(f"{prefix}real"))
    raw.insert([("a", "F"), ("b", "U"), ("c", None)])
    real.insert(raw & "name < 'b'")
    real.insert(raw, skip_duplicates=True)
    assert real.to_dicts(order_by="KEY") == raw.to_dicts(order_by="KEY")
    assert len(real & {"sex": "F"}) == 1


def test_a_text_longer_than_a_column_of_mysql(schema: lw.Schema) -> None:
    @schema
    class Field(lw.Manual):
        definition = """
        id : int
        ---
        value = null : varchar(40000)
        """

    long = "é😀" * 20_000
    Field.insert([(1, long), (2, None), (3, "")])
    assert Field.to_arrays("value", order_by="KEY").tolist() == [long, None, ""]
    assert len(Field & {"value": long}) == 1
    assert len(Field & "value = ''") == 1


def test_a_virtual_module_of_a_schema_that_is_only_activated(project: Project, prefix: str) -> None:
    schema = lw.Schema()
    mice(schema)
    schema.activate(f"{prefix}lab")
    module = lw.create_virtual_module("module", f"{prefix}lab")
    module.Mouse.insert1(("a", "F"))
    assert lw.virtual_schema(f"{prefix}lab").Mouse.fetch1("sex") == "F"
    assert module.Mouse.database == f"{prefix}lab"


def test_a_virtual_module_may_create_its_schema(project: Project, prefix: str) -> None:
    module: Any = lw.VirtualModule("module", f"{prefix}new", create_schema=True, create_tables=True)
    mouse = mice(module.schema)
    mouse.insert1(("a", "F"))
    assert module.schema.exists
    assert len(lw.FreeTable(None, f"{prefix}new.mouse")) == 1


def test_a_free_table_by_its_name_alone(project: Project, prefix: str) -> None:
    mice(lw.Schema(f"{prefix}lab")).insert1(("a", "F"))
    assert lw.FreeTable(f"{prefix}lab.mouse").to_dicts() == lw.FreeTable(project, f"{prefix}lab.mouse").to_dicts()
    with pytest.raises(lw.LabwrightError, match=r"schema\.table"):
        lw.FreeTable("mouse")


def test_a_schema_is_dropped_by_force(project: Project, prefix: str) -> None:
    schema = lw.Schema(f"{prefix}lab")
    mice(schema).insert1(("a", "F"))
    schema.drop(force=True)
    assert not schema.exists


def test_parts_go_alone_where_that_is_forced(schema: lw.Schema) -> None:
    parts = {n: type(n, (lw.Part,), {"definition": "-> master\nn : int"}) for n in ("Left", "Right")}
    pair: Any = schema(type("Pair", (lw.Manual,), {"definition": "pair : int", **parts}))
    pair.insert([(1,), (2,)])
    for name in parts:
        getattr(pair, name).insert([(1, 1), (2, 1)])
    with pytest.raises(IntegrityError, match="part_integrity='cascade'"):
        pair.Left.delete(prompt=False)
    assert (pair.Left & "pair = 1").delete(force=True, prompt=False) == 1
    for options in ({}, {"part_integrity": "enforce"}):
        with pytest.raises(IntegrityError, match="part_integrity='ignore'"):
            pair.Left.drop(prompt=False, **options)
    with pytest.raises(QueryError, match="'cascade'"):
        pair.Left.drop(prompt=False, part_integrity="cascade")
    there = schema.project.database.tables
    pair.Left.drop(prompt=False, force=True)
    assert set(there(schema.database_name)) == {"pair", "pair__right"}
    pair.Right.drop(prompt=False, part_integrity="ignore")
    assert set(there(schema.database_name)) == {"pair", "pair__left"}  # which is made again when the schema is used
    assert len(pair) == 2


def test_a_table_that_fills_itself_is_its_target(schema: lw.Schema) -> None:
    table(schema, "Mouse", "mouse : int").insert([(1,), (2,)])
    double: Any = table(schema, "Double", "-> Mouse\n---\ntwice : int", lw.Computed)
    double.insert([(1, 2)], allow_direct_insert=True)
    assert double.target == (double & "twice > 3").target == double()
    assert (double.key_source - double.target).fetch("mouse").tolist() == [2]

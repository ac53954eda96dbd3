"""Schemas are made only where that is wanted, and under names that no database takes for another's."""

from __future__ import annotations

import pytest
from tests.backends.classes import table

import labwright as lw
from labwright.core.errors import DefinitionError, MissingTableError


def test_a_schema_that_must_not_be_made(project: lw.Project, prefix: str) -> None:
    later = lw.Schema()
    later.activate(f"{prefix}later", create_schema=False)
    for schema in (lw.Schema(f"{prefix}lab", create_schema=False), later):
        Subject = table(schema, "Subject", "id : int8")
        with pytest.raises(MissingTableError, match=f"no schema '{schema.database_name}'.*create_schema=False"):
            Subject.insert1((1,))
        assert not schema.exists


def test_tables_are_added_to_a_schema_that_is_there(schema: lw.Schema) -> None:
    table(schema, "Subject", "id : int8").insert1((1,))
    closed = lw.Schema(schema.database_name, create_schema=False)
    assert len(table(closed, "Session", "n : int8")) == 0
    assert closed.list_tables() == ["session", "subject"]


def test_of_several_schemas_none_is_made_when_one_must_not_be(project: lw.Project, prefix: str) -> None:
    closed, open_ = lw.Schema(f"{prefix}closed", create_schema=False), lw.Schema(f"{prefix}open")
    Subject = table(closed, "Subject", "id : int8")
    Session = table(open_, "Session", "-> Subject\nn : int8", context={"Subject": Subject})
    with pytest.raises(MissingTableError, match="closed"):
        len(Session)
    assert not open_.exists


def test_schemas_that_differ_in_capitals_only(project: lw.Project, prefix: str) -> None:
    table(lw.Schema(f"{prefix}lab"), "Subject", "id : int8").insert1((1,))
    other = lw.Schema(f"{prefix}Lab")
    with pytest.raises(DefinitionError, match=f"'{prefix}Lab' differs from the schema '{prefix}lab' in capitals only"):
        table(other, "Subject", "id : int8").insert1((2,))
    assert not other.exists


def test_a_schema_name_is_never_cut(project: lw.Project, prefix: str, backend: str) -> None:
    short = prefix + "s" * (63 - len(prefix))
    table(lw.Schema(short), "Subject", "id : int8").insert1((1,))
    Subject = table(lw.Schema(f"{short}s"), "Subject", "id : int8")
    if backend == "postgres":
        for use in (Subject.insert1, lambda row: len(lw.FreeTable(project, f"{short}s.subject"))):
            with pytest.raises(DefinitionError, match="has 64 bytes, and 63 is the limit"):
                use((2,))
    else:
        Subject.insert1((2,))
        assert Subject.keys() == [{"id": 2}]
    with pytest.raises(DefinitionError, match="65 characters"):
        lw.Schema(f"{short}ss")

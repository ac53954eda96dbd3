"""Virtual modules over many tables: few questions to the database, and classes that behave as declared ones."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from tests.backends.classes import part, table

import labwright as lw
from labwright.core.errors import LabwrightError
from labwright.core.types import Type
from labwright.define.ast import AttributeSpec, Entry, ReferenceSpec, TableSpec
from labwright.define.table import TableDef, TableId, resolve_table
from labwright.tables.project import stored_type

CHAIN = 5
TIERS = ("", "#", "_", "__")


def many(schemas: list[str], count: int) -> list[TableDef]:
    """Chains of tables of all tiers, each table in the next schema, and a part for every sixth."""
    made: list[TableDef] = []
    for i in range(count):
        parent = made[-1] if i % CHAIN else None
        is_part = parent is not None and i % 6 == 5 and len(schemas) == 1 and "__part" not in parent.id.name
        name = f"{parent.id.name}__part{i}" if parent is not None and is_part else f"{TIERS[i % 4]}table{i}"
        key: list[Entry] = [AttributeSpec(f"key{i}", Type("int32"))]
        if parent is not None:
            key.insert(0, ReferenceSpec(("parent",)))
        spec = TableSpec(tuple(key), (AttributeSpec("value", Type("float64")),))
        id_ = TableId(schemas[i % len(schemas)], name)
        made.append(resolve_table(id_, spec, partial(given, parent), stored_type))
    return made


def given(parent: TableDef | None, _: ReferenceSpec) -> TableDef:
    assert parent is not None
    return parent


def questions(
    database_url: str, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> tuple[int, list[lw.VirtualModule]]:
    """How often the database is asked to open schemas, and what is opened."""
    sent: list[str] = []

    def counting(sql: str, *args: Any, **options: Any) -> Any:
        sent.append(sql)
        return fetch(sql, *args, **options)

    with lw.Project(database_url) as project, monkeypatch.context() as patch:
        project.database.schemas()
        fetch = project.connection.fetch
        patch.setattr(project.connection, "fetch", counting)
        modules = [lw.VirtualModule(name, name, connection=project) for name in names]
        assert all(module.schema.masters() for module in modules)
    return len(sent), modules


@pytest.mark.parametrize("spread", [1, 3])
def test_the_number_of_questions_does_not_depend_on_the_number_of_tables(
    spread: int, database_url: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    for count in (30, 300):
        names = [f"{prefix}n{count}_{i}" for i in range(spread)]
        with lw.Project(database_url) as project:
            project.database.declare(many(names, count))
        number, modules = questions(database_url, names, monkeypatch)
        assert sum(len(list(m.schema.masters())) + len(parts_of(m)) for m in modules) == count
        asked.append(number)
    assert asked[0] == asked[1]
    assert asked[0] <= 24 * spread


def parts_of(module: lw.VirtualModule) -> list[type[lw.Part]]:
    return [p for cls in module.schema.masters() for p in module.schema.part_classes(cls)]


def test_classes_behave_as_declared_ones(schema: lw.Schema, project: lw.Project) -> None:
    Subject = table(schema, "Subject", "subject : int32", Note=part("Note", "-> master\nnote : int8"))
    table(schema, "Score", "-> Subject\n---\nscore : float64", lw.Computed)
    schema.ensure_declared()
    lab = lw.VirtualModule("lab", schema.database)
    assert issubclass(lab.Score, lw.Computed)
    assert issubclass(lab.Subject.Note, lw.Part)
    assert lab.Subject.Note.master is lab.Subject
    lab.Subject.insert([(1,), (2,)], parts={"Note": [(1, 1)]})
    assert (len(lab.Subject), len(Subject.Note)) == (2, 1)
    with pytest.raises(LabwrightError, match=r"Score cannot fill itself: define make\(self, key\)"):
        lab.Score.populate()
    with pytest.raises(LabwrightError, match="allow_direct_insert=True"):
        lab.Score.insert1((1, 0.5))
    assert lab.Score.progress() == (2, 2)
    assert lab.Subject.Note.describe() == Subject.Note.describe()
    assert lw.Diagram(lab) == lw.Diagram(schema)
    assert list(lw.Diagram(lab.Subject) + 1) == list(lw.Diagram(Subject) + 1)
    (lab.Subject & {"subject": 1}).delete(prompt=False)
    assert len(Subject.Note) == 0

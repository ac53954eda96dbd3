"""Code that is written of a schema declares the same schema again, on every database."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.backends.classes import part, table
from tests.backends.test_reflect import specs

import labwright as lw
from labwright.core.errors import DefinitionError, LabwrightError
from labwright.define.ast import AttributeSpec, TableSpec
from labwright.define.comparable import comparable
from labwright.define.parser import parse
from labwright.define.table import TableDef, TableId, resolve_table
from labwright.tables.declared import is_entered
from labwright.tables.project import stored_type
from labwright.testing.pipelines import Pipeline, pipelines

numbers: Iterator[int] = itertools.count()
PRECIOUS = [
    lw.Check("weight > 0", 'a weight\'s "positive"'),
    lw.NoOverlap(of=["subject"], start="start", end="stop", says="one stay at a time"),
    lw.SumAtMost("weight", 10.5, of=["subject"], says="at most 10.5 each"),
    lw.SumAtMost("weight", "most", of=["subject"], says="at most what the subject bears"),
]


def tables_of(project: lw.Project, schema: str) -> dict[str, TableDef]:
    project.database.forget(schema)
    return {name: comparable(t) for name, t in project.database.tables(schema).items()}


def said(table: TableDef) -> TableDef:
    """The table as one who declares it says it: each reference once, and whether it keeps its history."""
    once = {(fk.columns, fk.parent, fk.parent_columns): fk for fk in reversed(table.foreign_keys)}
    history = False if is_entered(table.id) else None
    return replace(table, foreign_keys=tuple(reversed(once.values())), history=history)


def declare_again(project: lw.Project, *names: str) -> list[str]:
    """Drop schemas, children first, and run the code that was written of them."""
    codes = [lw.virtual_schema(name, connection=project).code for name in reversed(names)]
    for name in names:
        lw.Schema(name, connection=project).drop(prompt=False)
        assert name not in project.database.schemas()
        project.database.forget(name)
    for code in codes:
        names_of_code: dict[str, Any] = {"__name__": "written"}
        exec(compile(code, "written.py", "exec"), names_of_code)
        with project.config.override({"jobs.allow_new_pk_fields_in_computed_tables": True}):
            names_of_code["schema"].ensure_declared()
    return codes


def check(project: lw.Project, *names: str) -> list[str]:
    before = [tables_of(project, name) for name in names]
    codes = declare_again(project, *names)
    assert [tables_of(project, name) for name in names] == before
    assert [lw.virtual_schema(name, connection=project).code for name in reversed(names)] == codes
    return codes


def test_a_rule_at_another_table(schema: lw.Schema, project: lw.Project, prefix: str) -> None:
    later = lw.Schema(f"{prefix}later")
    Subject = table(schema, "Subject", "subject : int32")
    Leaving = table(schema, "Leaving", "-> Subject\n---\nseverity = '' : varchar(9)")
    rule = lw.Refuse(lambda new: Surgery & new & "new.severity = ''", "tell how severe it was", at=Leaving)
    Surgery = table(later, "Surgery", "-> Subject", context={"Subject": Subject}, rules=[rule])
    later.ensure_declared()
    check(project, later.database_name, schema.database_name)


def test_everything_that_a_class_says(schema: lw.Schema, project: lw.Project, prefix: str) -> None:
    other = lw.Schema(f"{prefix}people")
    Person = table(other, "Person", 'person : varchar(9)  # """who\\" \\n')
    mother = "-> [nullable] Subject.proj(mother='subject')"
    Subject = table(schema, "Subject", f"# mice's\nsubject : int32\n---\nmost = 3 : int32\n{mother}")
    people = {"Subject": Subject, "Person": Person}
    stay = "-> Subject\nstart : int32\n---\nstop = null : int32\nweight = 1.5 : float64\n-> [nullable] Person"
    late = lw.Refuse(lambda new: Subject & new & "most = 100", "no room")
    Stay = table(schema, "Stay", stay, rules=[*PRECIOUS, late], owner="Person", history=False, context=people)
    parts = {"One": part("One", "-> master\nn : int8"), "Two": part("Two", "-> master.One\nm : int8")}
    Scan = table(schema, "Scan", "-> Stay", lw.Computed, {"Stay": Stay}, **parts)
    table(schema, "ScanKind", "kind : enum('a''b', 'c\\d')", lw.Lookup)
    table(schema, "ReScan", "-> Scan.Two\n---\n-> [unique] Person", lw.Imported, people | {"Scan": Scan})
    schema.ensure_declared()
    _, code = check(project, schema.database, other.database)
    assert (
        code.index("class Subject")
        < code.index("class Stay")
        < code.index("class Scan(")
        < code.index("    class One(")
    )
    assert f'{other.database} = lw.VirtualModule("{other.database}", "{other.database}")'.replace('"', "'") in code
    assert "    history = False\n" in code
    assert "    owner = 'Person'\n" in code
    with pytest.raises(lw.errors.RuleError, match="no room"):
        fill(lw.virtual_schema(schema.database, connection=project))


def fill(schema: Any) -> None:
    schema.Subject.insert1({"subject": 1, "most": 100})
    schema.Stay.insert1({"subject": 1, "start": 1})


def test_a_part_that_refers_to_what_refers_to_its_master(project: lw.Project, prefix: str) -> None:
    schema = lw.Schema()
    names: dict[str, Any] = {}
    names["Session"] = table(schema, "Session", "session : int8", Trial=part("Trial", "-> master\n-> Kind"))
    names["Kind"] = table(schema, "Kind", "-> Session\nkind : int8", context=names)
    schema.activate(f"{prefix}lab", connection=project, add_objects=names)
    schema.ensure_declared()
    (code,) = check(project, f"{prefix}lab")
    assert f"schema.activate('{prefix}lab')" in code


def test_the_classic_generation(project: lw.Project, prefix: str) -> None:
    schema = lw.Schema(f"{prefix}lab", connection=project, generation="classic")
    table(schema, "Image", "image : int\n---\npixels : longblob")
    assert 'generation="classic"' in schema.code
    check(project, schema.database)


def test_columns_of_the_classic_layout(project: lw.Project, prefix: str) -> None:
    schema = lw.Schema(f"{prefix}lab", connection=project, generation="classic")
    table(schema, "Image", "image : int\n---\nraw = null : longblob\npixels = null : blob@raw")
    schema.ensure_declared()
    (code,) = check(project, schema.database)
    assert "generation='classic'" in code.replace('"', "'")


def test_comments_with_what_only_some_call_a_line_break(schema: lw.Schema, project: lw.Project) -> None:
    table(schema, "Subject", "# one\x0btwo\x85three\u2028four\nsubject : int32  # a\x0cb\x1cc")
    schema.ensure_declared()
    check(project, schema.database)


def test_what_no_class_can_say_is_named(schema: lw.Schema, project: lw.Project, prefix: str) -> None:
    name = schema.database
    table(schema, "Subject", "subject : int32")
    schema.ensure_declared()

    def declare(table_name: str, text: str, parent: str = "subject") -> None:
        parents = project.database.tables(name)
        resolved = resolve_table(TableId(name, table_name), parse(text), lambda _: parents[parent], stored_type)
        project.database.declare([resolved])

    declare("Users", "user : int32")
    declare("#subject", "subject : int32")
    declare("none", "-> Users", "Users")
    declare("_use", "-> None", "none")
    declare("gone__part", "part : int8")
    virtual = lw.virtual_schema(name, connection=project)
    code = virtual.code
    assert [line for line in code.splitlines() if line.startswith("# ")] == [
        "# Left out, since no class can say it:",
        "# none: 'None' is a word of Python",
        "# Users: no class has a table of this name",
        "# #subject: its class is called as that of subject",
        "# gone__part: a part without its master gone",
        f"# _use: its reference (user) to {name}.none",
    ]
    compile(code, "written.py", "exec")
    assert "-> None" in virtual["_use"].describe()
    labels = [n.label for n in lw.Diagram(virtual).drawn.nodes]
    assert {"Users", "None", "Use", "Subject"} <= set(labels)
    assert lw.Diagram.trace(virtual["_use"]).counts().keys() == {
        project.database.dialect.full_name(name, t) for t in ("Users", "none", "_use")
    }


def test_code_is_saved(schema: lw.Schema, tmp_path: Path) -> None:
    table(schema, "Subject", "subject : int32")
    assert schema.save() == schema.code
    assert schema.save(tmp_path / "lab.py") == (tmp_path / "lab.py").read_text(encoding="utf-8") == schema.code
    with pytest.raises(LabwrightError, match="cannot be written to"):
        schema.save(tmp_path / "none" / "lab.py")


def test_a_rule_that_is_not_as_it_is_kept(schema: lw.Schema) -> None:
    table(schema, "Subject", "subject : int32", rules=[lw.Refuse.kept("{", "never", "never")])
    with pytest.raises(DefinitionError, match="not as a database keeps it"):
        schema.ensure_declared()


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_any_pipeline(data: st.DataObject, project: lw.Project, prefix: str) -> None:
    name = f"{prefix}p{next(numbers)}"
    pipeline: Pipeline = data.draw(pipelines(name, most_tables=6))
    project.database.declare([said(t) for t in pipeline.tables])
    check(project, name)


@settings(
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(drawn=specs())
def test_any_definition(project: lw.Project, prefix: str, drawn: tuple[TableSpec, TableSpec]) -> None:
    assume(all(e.type.codec is None for s in drawn for e in (*s.key, *s.body) if isinstance(e, AttributeSpec)))
    name = f"{prefix}d{next(numbers)}"
    parent = resolve_table(TableId(name, "parent"), drawn[0], lambda _: pytest.fail("no reference"), stored_type)
    child = resolve_table(TableId(name, "_child"), drawn[1], lambda _: parent, stored_type)
    project.database.declare([said(parent), said(child)])
    check(project, name)

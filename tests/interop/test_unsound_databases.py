"""Databases that are not as they should be: half made, not ours, or only partly ours to see."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.interop.comparing import rows_of

import labwright as lw
from labwright.core.errors import AccessError, LabwrightError
from labwright.sql.url import parse_url
from labwright.tables.project import Project

pytestmark = pytest.mark.parametrize("backend", ["postgres", "mysql"], indirect=True)


class Lab:
    """Two schemas: parents in one, children in the other."""

    def __init__(self, project: Project, prefix: str) -> None:
        self.parents = lw.Schema(f"{prefix}parents", connection=project)
        self.children = lw.Schema(f"{prefix}children", connection=project)

        class Parent(lw.Manual):
            definition = "p : uuid  # who\n---\nkind : enum('a', 'b')"

        class Child(lw.Manual):
            definition = "-> Parent\nc : int16\n---\nnote = '' : varchar(20)"

            class Part(lw.Part):
                definition = "-> master\nn : int8"

        self.parent = self.parents(Parent)
        self.child = self.children(Child, context={"Parent": self.parent})
        self.child.insert([])
        self.key = {"p": "00000000-0000-0000-0000-000000000007"}
        self.parent.insert1({**self.key, "kind": "b"})
        self.child.insert1({**self.key, "c": 1, "note": "here"})
        self.child.Part.insert1({**self.key, "c": 1, "n": 2})


@pytest.fixture
def lab(project: Project, prefix: str) -> Lab:
    return Lab(project, prefix)


def run(project: Project, sql: str, lab: Lab) -> None:
    """A statement in which ``{p}`` and ``{c}`` are the schemas."""
    quote = project.database.dialect.quote
    project.connection.execute(
        sql.format(p=quote(lab.parents.database_name), c=quote(lab.children.database_name)).replace("`", quote("")[0]),
        write=True,
    )
    project.database.forget()


def test_a_table_whose_making_was_cut_short(lab: Lab, project: Project) -> None:
    """There, but not noted: its lineage follows from its references."""
    run(project, "DELETE FROM {c}.`~lineage`", lab)
    theirs = lw.VirtualModule("theirs", lab.children.database_name)
    assert theirs.Child.heading["p"].lineage == f"{lab.parents.database_name}.parent.p"
    assert theirs.Child.Part.heading["c"].lineage == f"{lab.children.database_name}.child.c"
    assert len(theirs.Child * lab.parent) == 1
    run(project, "DROP TABLE {c}.`~lineage`", lab)
    assert (lw.VirtualModule("theirs", lab.children.database_name).Child * lab.parent).fetch1("note") == "here"


def test_a_child_without_its_parent(lab: Lab, backend: str, project: Project) -> None:
    """Somebody has dropped the parent by force: what is left can be read."""
    if backend == "mysql":
        with project.connection.transaction:
            run(project, "SET foreign_key_checks = 0", lab)
            run(project, "DROP TABLE {p}.parent", lab)
            run(project, "SET foreign_key_checks = 1", lab)
    else:
        run(project, "DROP TABLE {p}.parent CASCADE", lab)
    theirs = lw.VirtualModule("theirs", lab.children.database_name)
    assert theirs.schema.list_tables() == ["child", "child__part"]
    assert [(row["c"], row["note"]) for row in rows_of(theirs.Child)] == [(1, "here")]
    assert "note" in theirs.Child.describe()
    assert (theirs.Child & "c = 1").delete(prompt=False) == 1


def test_a_part_without_its_master_is_left_out(lab: Lab, backend: str, project: Project) -> None:
    run(project, "CREATE TABLE {c}.`orphan__part` (x int PRIMARY KEY)", lab)
    theirs = lw.VirtualModule("theirs", lab.children.database_name)
    assert {c.__name__ for c in theirs.schema.masters()} == {"Child"}
    assert lw.FreeTable(project, f"{lab.children.database_name}.orphan__part").to_dicts() == []


def test_tables_that_are_not_of_the_language(lab: Lab, backend: str, project: Project) -> None:
    """Foreign names, foreign types, foreign references, views: the rest is as it was."""
    odd = "point" if backend == "postgres" else "set('a', 'b')"
    run(project, f"CREATE TABLE {{c}}.`CamelCase` (`Id` int PRIMARY KEY, odd {odd})", lab)
    run(project, f"CREATE TABLE {{c}}.strange (id int PRIMARY KEY, odd {odd}, code int NOT NULL UNIQUE)", lab)
    run(project, "CREATE TABLE {c}.keyless (x int)", lab)
    run(
        project,
        "CREATE TABLE {c}.partly (y int PRIMARY KEY, x int, FOREIGN KEY (x) REFERENCES {c}.strange (code))",
        lab,
    )
    run(project, "CREATE VIEW {c}.seen AS SELECT * FROM {c}.child", lab)
    run(project, "INSERT INTO {c}.strange (id, code) VALUES (1, 5)", lab)
    theirs = lw.VirtualModule("theirs", lab.children.database_name)
    assert {c.__name__ for c in theirs.schema.masters()} == {"Child", "Strange", "Keyless", "Partly"}
    assert rows_of(theirs.Strange) == [{"id": 1, "odd": None, "code": 5}]
    assert theirs.Keyless().to_dicts() == []
    theirs.Partly.insert1((1, 5))
    assert [p.split(".")[-1].strip('"`') for p in theirs.Partly.parents()] == ["strange"]
    assert rows_of(theirs.Child)[0]["note"] == "here"


@pytest.fixture
def reader(lab: Lab, backend: str, project: Project, prefix: str, database_url: str) -> Iterator[Project]:
    """The project of somebody who may read the children and nothing of the parents."""
    user, password = f"{prefix}reader", secrets.token_hex(8)
    execute = project.connection.execute
    children = lab.children.database_name
    if backend == "postgres":
        execute(f"CREATE USER {user} PASSWORD '{password}'", write=True)
        execute(f"GRANT USAGE ON SCHEMA {children} TO {user}", write=True)
        execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {children} TO {user}", write=True)
    else:
        execute(f"CREATE USER {user}@'%%' IDENTIFIED BY '{password}'", write=True)
        execute(f"GRANT SELECT ON {children}.* TO {user}@'%%'", write=True)
    with Project(replace(parse_url(database_url), user=user, password=password)) as found:
        yield found
    if backend == "postgres":
        execute(f"DROP OWNED BY {user}", write=True)
        execute(f"DROP USER {user}", write=True)
    else:
        execute(f"DROP USER {user}@'%%'", write=True)


def test_a_reader_of_the_children_alone(lab: Lab, reader: Project) -> None:
    """Sees their rows, and is told what is not allowed."""
    theirs = lw.VirtualModule("theirs", lab.children.database_name)
    (row,) = rows_of(theirs.Child)
    assert (row["c"], row["note"]) == (1, "here")
    assert str(row["p"]) == lab.key["p"]
    assert theirs.Child.heading["p"].lineage == f"{lab.parents.database_name}.parent.p"
    assert len(theirs.Child * theirs.Child.Part) == 1
    assert "note" in theirs.Child.describe()
    with pytest.raises(AccessError):
        theirs.Child.insert1({**lab.key, "c": 2})
    with pytest.raises(LabwrightError):
        lw.FreeTable(reader, f"{lab.parents.database_name}.parent").to_dicts()

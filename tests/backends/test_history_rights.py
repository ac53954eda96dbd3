"""History where a user may not make triggers, or owns nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.backends.classes import part, table

import labwright as lw
from labwright.sql.url import parse_url
from labwright.tables.cascade import plan_delete

As = Callable[..., lw.Project]
CREATE = {
    "postgres": "CREATE ROLE {} LOGIN PASSWORD 'only-a-test'",
    "mysql": "CREATE USER {} IDENTIFIED BY 'only-a-test'",
}
RAT = "rat : int32\n---\nname = 'x' : varchar(20)"


@pytest.fixture
def as_user(project: lw.Project, database_url: str, backend: str, prefix: str) -> Iterator[As]:
    """Makes a user with some rights, and opens a project as that user."""
    if backend == "sqlite":
        pytest.skip("a file has no users")
    name = f"{prefix}u"
    made: list[lw.Project] = []
    host = "" if backend == "postgres" else "@'%%'"
    create = CREATE[backend]

    def open_one(*grants: str) -> lw.Project:
        made.append(lw.Project(replace(parse_url(database_url), user=name, password="only-a-test")))
        project.connection.script([create.format(name + host), *(f"{g} TO {name}{host}" for g in grants)])
        return made[0]

    yield open_one
    for opened in made:
        opened.close()
    if made:
        owned = [f"DROP OWNED BY {name}", f"DROP ROLE {name}"]
        project.connection.script(owned if backend == "postgres" else [f"DROP USER {name}{host}"])


def test_without_triggers_our_own_changes_are_kept(as_user: As, backend: str, prefix: str) -> None:
    if backend == "postgres":
        pytest.skip("who owns a table there may give it triggers")
    rights = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, INDEX, ALTER, REFERENCES, CREATE TEMPORARY TABLES"
    with as_user(f"GRANT {rights} ON `{prefix.replace('_', chr(92) + '_')}own`.*") as project:
        schema = lw.Schema(f"{prefix}own", connection=project)
        rat = table(schema, "Rat", RAT, Tag=part("Tag", "-> master\ntag : int32"))
        rat.insert([(1, "a"), (2, "b")])
        rat.Tag.insert([(2, 1)])
        assert not any(project.database.shadows(schema.database_name).values())
        with lw.acting_as("ana"):
            rat.update1({"rat": 1, "name": "c"})
            (rat & "rat = 2").delete(prompt=False)
        deletion, update = lw.changes(schema)
        assert (deletion.who, update.who) == ("ana", "ana")
        assert sum(n["delete"] for n in deletion.rows.values()) == 2
        lw.undo([deletion, update])
        assert rat.to_dicts(order_by="KEY") == [{"rat": 1, "name": "a"}, {"rat": 2, "name": "b"}]
        assert len(rat.Tag()) == 1


@pytest.fixture
def writer(as_user: As, backend: str, schema: lw.Schema) -> Callable[[Any], lw.Project]:
    """Opens a project as somebody who may write to one table, and read the rest but shadows."""

    def open_one(rat: Any) -> lw.Project:
        dialect = schema.project.database.dialect
        place = dialect.table(rat.id.schema, rat.id.name)
        usage = [f"GRANT USAGE ON SCHEMA {rat.id.schema}"] if backend == "postgres" else []
        others = [f"GRANT SELECT ON {dialect.table(rat.id.schema, n)}" for n in ("~labwright", "~lineage", "~table")]
        return as_user(*usage, f"GRANT SELECT, INSERT, UPDATE, DELETE ON {place}", *others)

    return open_one


def test_who_owns_nothing_is_kept_by_triggers(schema: lw.Schema, writer: Callable[[Any], lw.Project]) -> None:
    rat = table(schema, "Rat", RAT)
    rat.insert([(1, "a"), (2, "b")])
    with writer(rat) as theirs, lw.acting_as("ana"):
        seen: Any = lw.virtual_schema(schema.database_name, connection=theirs)["Rat"]
        seen.update1({"rat": 1, "name": "c"})
        (seen & "rat = 2").delete(prompt=False)
    assert [(c.op, c.who) for n in (1, 2) for c in rat.history({"rat": n})[:1]] == [
        ("update", "ana"),
        ("delete", "ana"),
    ]


def test_what_cannot_be_kept_is_said_once(
    project: lw.Project, as_user: As, backend: str, prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    name = f"{prefix}theirs"
    create = "CREATE TABLE {}.rat (rat int PRIMARY KEY, name varchar(20))"
    project.connection.script([f"CREATE SCHEMA {name}", create.format(name)])
    usage = [f"GRANT USAGE ON SCHEMA {name}"] if backend == "postgres" else []
    with (
        as_user(*usage, f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name}.rat") as theirs,
        caplog.at_level(logging.WARNING),
    ):
        rat = lw.FreeTable(theirs.connection, f"{name}.rat")
        rat.insert([(1, "a"), (2, "b")])
        rat.update1({"rat": 1, "name": "c"})
        (rat & "rat = 2").delete(prompt=False)
        assert rat.to_dicts() == [{"rat": 1, "name": "c"}]
        assert rat.changes() == []
    (said,) = [r.getMessage() for r in caplog.records if "keeps no history" in r.getMessage()]
    assert f"{name}.rat" in said


def test_who_may_not_read_the_inputs_deletes_results_without_seeing_owners(
    schema: lw.Schema, writer: Callable[[Any], lw.Project]
) -> None:
    rat = table(schema, "Rat", RAT)
    weight = table(schema, "Weight", "-> Rat\n---\nweight : float64", base=lw.Computed)
    rat.insert1((1, "a"))
    weight.insert1((1, 2.5), allow_direct_insert=True)
    with writer(weight) as theirs:
        seen: Any = lw.FreeTable(theirs.connection, str(weight.id))
        plan = plan_delete(theirs.database, seen.id, seen.query_node())
        with plan:
            assert [rows for _, rows in plan.preview()] == [1]
        assert seen.delete(prompt=False) == 1
    assert not weight()

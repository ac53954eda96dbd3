"""Labwright's own tables carry a version, and are moved from one to the next."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.cli.conftest import Command

import labwright as lw
from labwright.core.errors import ServerError, TransactionError, VersionError
from labwright.sql.ddl_writer import FORMAT, SERVICE
from labwright.sql.dialect import Dialect
from labwright.sql.service import stored_version
from labwright.sql.statement import Statement
from labwright.sql.upgrade import STEPS, Step, newest, plan_upgrades, upgrade


def note(value: str) -> object:
    def statements(dialect: Dialect, schema: str) -> list[Statement]:
        name, mark = dialect.table(schema, SERVICE), dialect.placeholder
        return [Statement(f"INSERT INTO {name} (name, value) VALUES ({mark}, {mark})", (f"note {value}", value))]

    return statements


def fails(dialect: Dialect, schema: str) -> list[Statement]:
    raise ServerError("the disk is full")


TWO = (
    Step(2, "one more note", note("a")),  # type: ignore[arg-type]  # a function within a function
    Step(3, "and another", note("b")),  # type: ignore[arg-type]  # a function within a function
)
BROKEN = (TWO[0], Step(3, "and another", fails))


@pytest.fixture
def project(database_url: str) -> Iterator[lw.Project]:
    with lw.Project(database_url) as project:
        yield project


def notes(project: lw.Project, schema: str) -> list[str]:
    name = project.database.dialect.table(schema, SERVICE)
    rows = project.connection.fetch(f"SELECT name FROM {name} WHERE substr(name, 1, 5) = 'note ' ORDER BY name")
    return [str(row[0]) for row in rows]


def version(project: lw.Project, schema: str) -> str:
    return stored_version(project.connection, project.database.dialect, schema)


def set_version(project: lw.Project, schema: str, value: str) -> None:
    name, mark = project.database.dialect.table(schema, SERVICE), project.database.dialect.placeholder
    project.connection.execute(f"UPDATE {name} SET value = {mark} WHERE name = 'version'", (value,))


def test_the_steps_lead_to_the_current_version() -> None:
    assert [step.to for step in STEPS] == list(range(2, int(FORMAT) + 1))
    assert newest() == FORMAT


def test_a_schema_has_the_current_version(project: lw.Project, lab: str) -> None:
    assert version(project, lab) == FORMAT


def test_a_plan_changes_nothing(project: lw.Project, lab: str) -> None:
    (plan,) = plan_upgrades(project.connection, project.database.dialect, [lab, "no_such_schema"], TWO)
    assert (plan.schema, plan.version, [s.to for s in plan.steps]) == (lab, "1", [2, 3])
    assert (version(project, lab), notes(project, lab)) == ("1", [])


def test_steps_are_taken_once(project: lw.Project, lab: str) -> None:
    connection, dialect = project.connection, project.database.dialect
    assert upgrade(connection, dialect, lab, TWO[:1]) == TWO[:1]
    assert (version(project, lab), notes(project, lab)) == ("2", ["note a"])
    assert upgrade(connection, dialect, lab, TWO) == TWO[1:]
    assert upgrade(connection, dialect, lab, TWO) == ()
    assert (version(project, lab), notes(project, lab)) == ("3", ["note a", "note b"])


def test_a_step_that_fails(project: lw.Project, lab: str) -> None:
    with pytest.raises(ServerError):
        upgrade(project.connection, project.database.dialect, lab, BROKEN)
    assert (version(project, lab), notes(project, lab)) == ("1", [])
    assert upgrade(project.connection, project.database.dialect, lab, TWO) == TWO


def test_not_within_a_transaction(project: lw.Project, lab: str) -> None:
    with project.connection.transaction, pytest.raises(TransactionError):
        upgrade(project.connection, project.database.dialect, lab, TWO)


def test_a_newer_schema_is_not_touched(project: lw.Project, lab: str) -> None:
    set_version(project, lab, "4")
    with pytest.raises(VersionError, match="pip install --upgrade labwright"):
        upgrade(project.connection, project.database.dialect, lab, TWO)
    assert version(project, lab) == "4"


@pytest.mark.parametrize(("found", "advice"), [("999", "pip install --upgrade labwright"), ("0", "labwright upgrade")])
def test_a_schema_of_another_version_is_not_opened(found: str, advice: str, project: lw.Project, lab: str) -> None:
    set_version(project, lab, found)
    schema = lw.Schema(lab, connection=project)

    @schema
    class Subject(lw.Manual):
        definition = "subject_id : int32"

    @schema
    class Another(lw.Manual):
        definition = "another_id : int32"

    for table in (Subject, Another):
        with pytest.raises(VersionError, match=advice):
            table.insert1({"subject_id": 3})
    with pytest.raises(VersionError, match=advice):
        lw.virtual_schema(lab, connection=project)


def test_the_command(command: Command, database_url: str, lab: str) -> None:
    for arguments in ([], ["--dry-run"]):
        assert "There is nothing to upgrade" in command.out("upgrade", "--database", database_url, *arguments)


def test_the_command_in_an_empty_database(command: Command) -> None:
    assert "no schema has tables" in command.out("upgrade", "--database", "sqlite:///x.db")


def test_the_command_refuses_a_newer_schema(command: Command, database_url: str, lab: str, project: lw.Project) -> None:
    set_version(project, lab, "999")
    for arguments in (["describe", lab], ["doctor"]):
        done = command(*arguments, "--database", database_url)
        assert done.returncode == 1
        assert "pip install --upgrade labwright" in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def test_the_command_makes_older_triggers_anew(
    command: Command, database_url: str, lab: str, project: lw.Project
) -> None:
    database = project.database
    (old,) = (id_ for id_ in [t.id for t in database.tables(lab).values() if t.history][:1])
    shadow = database.dialect.table(lab, f"~was_{old.name}")
    if database.dialect.name == "sqlite":
        name = f'"{lab}.~was_{old.name}_d"'
        target = database.dialect.table(lab, old.name)
        older = f"CREATE TRIGGER {name} AFTER DELETE ON {target} BEGIN SELECT 1; END"
        project.connection.script([f"DROP TRIGGER {name}", older])
    elif database.dialect.name == "postgres":
        project.connection.script([f"COMMENT ON TABLE {shadow} IS 'triggers'"])
    done = command("upgrade", "--database", database_url)
    assert done.returncode == 0, done.stderr
    assert ("was made anew" in done.stdout) is (database.dialect.name != "mysql")
    again = command("upgrade", "--database", database_url)
    assert "There is nothing to upgrade" in again.stdout

"""Migrations from the command line: planned on one database, reviewed, and carried out on others."""

from __future__ import annotations

import pytest
from tests.cli.conftest import Command

import labwright as lw

BEFORE = """
import labwright as lw
schema = lw.Schema("{schema}")

@schema
class Subject(lw.Manual):
    definition = '''
    subject_id : int32
    ---
    name = "" : varchar(20)
    '''

@schema
class Session(lw.Manual):
    definition = '''
    -> Subject
    session : int16
    '''
"""
AFTER = BEFORE.replace('name = "" : varchar(20)', 'nickname = "" : varchar(40)\n    weight = null : float32').replace(
    "subject_id : int32", "subject : int32  # {subject_id} its number"
)


class Team:
    """Code in a folder, and the databases that it is used with."""

    def __init__(self, command: Command, url: str, schema: str) -> None:
        self.command = command
        self.url = url
        self.schema = schema

    def write(self, code: str) -> None:
        (self.command.folder / "pipeline.py").write_text(code.replace("{schema}", self.schema))

    def __call__(self, *arguments: object, url: str = "", code: int = 0) -> str:
        done = self.command("--database", url or self.url, *arguments)
        assert done.returncode == code, done.stderr + done.stdout
        return done.stdout + done.stderr

    def insert(self, url: str) -> None:
        with lw.Project(url) as project:
            schema = lw.Schema(self.schema, connection=project)

            @schema
            class Subject(lw.Manual):
                definition = 'subject_id : int32\n---\nname = "" : varchar(20)'

            @schema
            class Session(lw.Manual):
                definition = "-> Subject\nsession : int16"

            Subject.insert([(1, "one"), (2, "two")])
            Session.insert1((2, 1))

    def rows(self, url: str, table: str) -> list[dict[str, object]]:
        with lw.Project(url) as project:
            found: list[dict[str, object]] = lw.FreeTable(project.connection, f"{self.schema}.{table}").to_dicts()
            return found


@pytest.fixture
def team(command: Command, database_url: str, prefix: str) -> Team:
    team = Team(command, database_url, f"{prefix}lab")
    team.write(BEFORE)
    team.insert(database_url)
    return team


def test_a_change_is_planned_reviewed_and_carried_out_everywhere(team: Team) -> None:
    assert "agree" in team("diff", "pipeline")
    assert "agree" in team("migrate", "plan", "pipeline")
    team.write(AFTER)
    said = team("diff", "pipeline", code=1)
    assert "rename attribute subject_id to subject" in said
    assert "session" in said

    name = f"{team.schema}.subject.nickname=name"
    assert "0001_add_weight.toml" in team("migrate", "plan", "pipeline", "--name", "Add weight", "--rename", name)
    text = (team.command.folder / "migrations" / "0001_add_weight.toml").read_text(encoding="utf-8")
    assert "#   add attribute weight = null : float32" in text
    assert 'nickname = "name"' in text
    assert "has not been carried out yet" in team("migrate", "plan", "pipeline", code=1)

    assert "rename attribute name to nickname" in team("migrate", "apply", "--dry-run")
    assert team.rows(team.url, "subject")[0] == {"subject_id": 1, "name": "one"}
    assert "As it was: backups" in (done := team("migrate", "apply"))
    assert "0001_add_weight" in done
    with lw.Project("sqlite:///:memory:") as before:
        (kept,) = (team.command.folder / "backups").glob("0001_add_weight-*.zip")
        lw.restore(kept, connection=before)
        assert (lw.FreeTable(before.connection, f"{team.schema}.subject") & "subject_id = 1").fetch1("name") == "one"
    assert team.rows(team.url, "subject")[0] == {"subject": 1, "nickname": "one", "weight": None}
    assert team.rows(team.url, "session") == [{"subject": 2, "session": 1}]
    assert "There is nothing to do" in team("migrate", "apply")
    assert "agree" in team("diff", "pipeline")
    log = team("migrate", "log", "--schema", team.schema)
    assert "0001_add_weight  done" in log
    assert "add attribute weight" in log
    assert "nothing to take back" in team("migrate", "undo")


def test_the_same_file_serves_another_kind_of_database(team: Team) -> None:
    other = f"sqlite:///{team.command.folder}/laptop.db"
    team.insert(other)
    team.write(AFTER)
    team("migrate", "plan", "pipeline", "--rename", f"{team.schema}.subject.nickname=name")
    team("migrate", "apply", url=other)
    team("migrate", "apply")
    assert team.rows(other, "session") == team.rows(team.url, "session")
    assert team.rows(other, "subject") == team.rows(team.url, "subject")


def test_a_file_for_other_tables_is_refused(team: Team) -> None:
    team.write(AFTER)
    team("migrate", "plan", "pipeline", "--lossy")
    with lw.Project(team.url) as project:
        schema = lw.Schema(team.schema, connection=project)

        @schema
        class Subject(lw.Manual):
            definition = 'subject_id : int32\n---\nname = "" : varchar(21)'

        Subject.alter(prompt=False)
    assert "was planned for other tables" in team("migrate", "apply", code=1)
    assert team.rows(team.url, "subject")[0] == {"subject_id": 1, "name": "one"}


def test_what_would_be_lost_is_said_and_nothing_done(team: Team) -> None:
    team.write(AFTER)
    team("migrate", "plan", "pipeline")
    assert "would be lost" in team("migrate", "apply", code=1)
    assert team.rows(team.url, "subject")[0] == {"subject_id": 1, "name": "one"}


def test_a_damaged_file_and_a_wrong_option_are_said(team: Team) -> None:
    (team.command.folder / "migrations").mkdir()
    (team.command.folder / "migrations" / "0001_a.toml").write_text("format = 1\nlossy = ")
    assert "cannot be read as a migration" in team("migrate", "apply", code=1)
    (team.command.folder / "migrations" / "0001_a.toml").write_text("format = 2")
    assert "newer Labwright" in team("migrate", "apply", code=1)
    assert "is not of the form" in team("migrate", "plan", "pipeline", "--rename", "a", code=1)
    assert "Say which code" in team("migrate", "plan", code=1)
    assert "cannot be imported" in team("diff", "nobody", code=1)


def test_a_schema_with_another_name_takes_its_tables_along(team: Team) -> None:
    old = team.schema
    team.schema = f"{old}_new"
    team.write(BEFORE)
    assert f"move the table to the schema {team.schema}" in team(
        "migrate", "plan", "pipeline", "--moved", f"{team.schema}={old}"
    )
    team("migrate", "apply")
    assert team.rows(team.url, "session") == [{"subject_id": 2, "session": 1}]
    with lw.Project(team.url) as project:
        assert old not in lw.list_schemas(project)
    assert "agree" in team("diff", "pipeline")


def test_a_pipeline_of_several_modules(team: Team) -> None:
    folder = team.command.folder / "parts"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    code = f"import labwright as lw\nschema = lw.Schema('{team.schema}_more')\n\n@schema\nclass Room(lw.Lookup):\n"
    (folder / "rooms.py").write_text(f"{code}    definition = 'room : int8'\n")
    (folder / "__main__.py").write_text("raise SystemExit('this is run, and not imported')\n")
    said = team("diff", "pipeline", "parts", code=1)
    assert f"{team.schema}_more.#room" in said
    assert "make the table" in team("diff", "parts.rooms", code=1)
    team.write(AFTER)
    assert "rename attribute subject_id" in team("migrate", "plan", "parts", "pipeline")
    assert "'json' defines no table" in team("diff", "pipeline", "json", code=1)
    assert "no schema 'other'" in team("diff", "pipeline", "parts", "--schema", "other", code=1)

"""What people may do is held by the database itself, for those who log in there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from tests.backends.classes import table

import labwright as lw
from labwright.core.errors import AccessError, DataError, LabwrightError
from labwright.sql.url import parse_url

PASSWORD = "only-a-test"
on_servers = pytest.mark.parametrize("backend", ["postgres", "mysql"], indirect=True)
on_postgres = pytest.mark.parametrize("backend", ["postgres"], indirect=True)


@dataclass(frozen=True)
class Lab:
    """Tables of two people, and the roles that are made for them."""

    schema: lw.Schema
    Person: Any
    Mouse: Any
    Weight: Any
    Score: Any
    prefix: str
    enter: Callable[[str], lw.Project]

    def plan(self, **roles: list[lw.Privilege]) -> lw.RolePlan:
        named = {f"{self.prefix}{name}": given for name, given in roles.items()}
        return lw.plan_roles(self.schema.project, named, prefix=self.prefix)

    def seen_by(self, project: lw.Project, cls: Any) -> Any:
        """The table as somebody else's project has it."""
        found = lw.Schema(self.schema.database_name, connection=project, create_schema=False, create_tables=False)
        return found[".".join(cls.id.class_path)]


@pytest.fixture
def lab(schema: lw.Schema, project: lw.Project, database_url: str, backend: str, prefix: str) -> Iterator[Lab]:
    Person = table(schema, "Person", "person : varchar(20)")
    Mouse = table(
        schema, "Mouse", "mouse : int32\n---\n-> Person\nname : varchar(20)\nsecret = 7 : int32", owner="Person"
    )
    Weight = table(schema, "Weight", "-> Mouse\n---\ngrams : float64")
    Score = table(
        schema, "Score", "-> Weight\n---\nscore : float64", lw.Computed,
        make=lambda self, key: self.insert1({**key, "score": (Weight & key).fetch1("grams") / 2}),
    )  # fmt: skip
    Person.insert([("ana",), ("ben",)])
    Mouse.insert([(1, "ana", "a", 1), (2, "ben", "b", 2)])
    for mouse, name in ((1, "ana"), (2, "ben")):
        with lw.acting_as(name):
            Weight.insert1((mouse, 20.0 + mouse))
    assert len(Score()) == 0
    made: list[str] = []
    connection = project.connection

    def enter(name: str) -> lw.Project:
        made.append(login := f"{prefix}u_{name}")
        connection.script(log_in_as(backend, login, f"{prefix}{name}"))
        return lw.Project(replace(parse_url(database_url), user=login, password=PASSWORD))

    yield Lab(schema, Person, Mouse, Weight, Score, prefix, enter)
    lw.plan_roles(project, {}, prefix=prefix).apply()
    roles = [f"{prefix}{name}" for name in ("ana", "ben", "cleo", "odd.name-1")]
    connection.script(gone(backend, made, roles))


def log_in_as(backend: str, login: str, role: str) -> list[str]:
    if backend == "postgres":
        return [f"CREATE ROLE {login} LOGIN PASSWORD '{PASSWORD}' IN ROLE {role}"]
    return [
        f"CREATE USER {login} IDENTIFIED BY '{PASSWORD}'",
        f"GRANT {role} TO {login}",
        f"SET DEFAULT ROLE {role} FOR {login}",
    ]


def gone(backend: str, logins: list[str], roles: list[str]) -> list[str]:
    if backend == "postgres":
        owned = [f"DROP OWNED BY {login}" for login in logins]
        return [*owned, *(f'DROP ROLE IF EXISTS "{name}"' for name in (*logins, *roles))]
    return [*(f"DROP USER {login}" for login in logins), *(f"DROP ROLE IF EXISTS `{name}`" for name in roles)]


@on_servers
def test_a_role_may_do_what_it_should_and_nothing_else(lab: Lab) -> None:
    lab.plan(ana=[lw.Privilege("read", lab.Person), lw.Privilege("insert", lab.Person)]).apply()
    with lab.enter("ana") as ana:
        person = lab.seen_by(ana, lab.Person)
        assert sorted(person.to_arrays("person")) == ["ana", "ben"]
        person.insert1(("cleo",))
        with pytest.raises(AccessError):
            (person & {"person": "cleo"}).delete_quick()
        with pytest.raises(AccessError):
            ana.connection.fetch(f"SELECT * FROM {ana.database.dialect.table(lab.schema.database_name, 'mouse')}")
    assert lab.Person.history({"person": "cleo"}) or len(lab.Person & {"person": "cleo"}) == 1


@on_servers
def test_once_is_enough(lab: Lab) -> None:
    roles = {
        "ana": [lw.Privilege("read", lab.Mouse, frozenset({"secret"})), lw.Privilege("declare", lab.Mouse)],
        "ben": [lw.Privilege("read", lab.Mouse, owners=frozenset({"ben"})), lw.Privilege("populate", lab.Score)],
    }
    first = lab.plan(**roles)
    assert first.statements
    first.apply()
    assert lab.plan(**roles).statements == ()
    assert "CREATE ROLE" not in str(lab.plan(**roles))


@on_servers
def test_what_is_hidden_cannot_be_read_nor_set(lab: Lab) -> None:
    hidden = frozenset({"secret", "mouse"})
    lab.plan(ana=[lw.Privilege(verb, lab.Mouse, hidden) for verb in ("read", "insert", "update")]).apply()
    name = lab.schema.project.database.dialect.table(lab.schema.database_name, "mouse")
    with lab.enter("ana") as ana:
        assert len(ana.connection.fetch(f"SELECT mouse, name FROM {name}")) == 2
        for statement in (
            f"SELECT secret FROM {name}",
            f"SELECT * FROM {name}",
            f"SELECT 1 FROM {name} WHERE secret = 1",
        ):
            with pytest.raises(AccessError):
                ana.connection.fetch(statement)
        with pytest.raises(AccessError):
            ana.connection.execute(f"UPDATE {name} SET secret = 3", write=True)
        ana.connection.execute(f"UPDATE {name} SET name = 'new' WHERE mouse = 1", write=True)
    assert (lab.Mouse & "mouse = 1").fetch1("name", "secret") == ("new", 1)
    lab.plan(ana=[lw.Privilege("read", lab.Mouse)]).apply()
    with lw.Project(replace(parse_url(str(ana.database.connection.url)), password=PASSWORD)) as again:
        assert len(again.connection.fetch(f"SELECT secret FROM {name}")) == 2


@on_servers
def test_who_is_not_meant_any_more_has_no_rights(lab: Lab) -> None:
    lab.plan(ana=[lw.Privilege("read", lab.Person)], ben=[lw.Privilege("read", lab.Person)]).apply()
    plan = lab.plan(ben=[lw.Privilege("read", lab.Person)])
    assert f"The role {lab.prefix}ana is left without rights" in str(plan)
    plan.apply()
    name = lab.schema.project.database.dialect.table(lab.schema.database_name, "person")
    with lab.enter("ana") as ana, pytest.raises(AccessError):
        ana.connection.fetch(f"SELECT * FROM {name}")
    with lab.enter("ben") as ben:
        assert len(ben.connection.fetch(f"SELECT * FROM {name}")) == 2


@on_servers
def test_a_worker_needs_no_more_than_to_populate(lab: Lab) -> None:
    lab.Score.jobs.refresh()
    lab.Score.populate("mouse = 1")
    can = [lw.Privilege("read", lab.Mouse), lw.Privilege("read", lab.Weight), lw.Privilege("read", lab.Person)]
    lab.plan(ana=[*can, lw.Privilege("read", lab.Score), lw.Privilege("populate", lab.Score)]).apply()
    with lab.enter("ana") as ana:
        schema = lw.Schema(lab.schema.database_name, connection=ana, create_schema=False, create_tables=False)
        Weight = lab.seen_by(ana, lab.Weight)
        Score = table(
            schema, "Score", "-> Weight\n---\nscore : float64", lw.Computed, context={"Weight": Weight},
            make=lambda self, key: self.insert1({**key, "score": (Weight & key).fetch1("grams") / 2}),
        )  # fmt: skip
        found = Score.populate(reserve_jobs=True)
        assert (found["success_count"], found["error_list"]) == (1, [])
        with pytest.raises(AccessError):
            Weight.insert1((2, 1.0))
    assert len(lab.Score()) == 2


@on_postgres
def test_rows_are_kept_apart(lab: Lab) -> None:
    """Also those that inherit their owners, and for whom all are meant none is missing."""
    mine = [
        lw.Privilege(verb, cls, owners=frozenset({"ana"}))
        for cls in (lab.Mouse, lab.Weight, lab.Score)
        for verb in ("read", "insert", "update", "delete")
    ]
    everything = [lw.Privilege("read", cls) for cls in (lab.Mouse, lab.Weight, lab.Score)]
    lab.Score.populate()
    plan = lab.plan(ana=[lw.Privilege("read", lab.Person), *mine], ben=everything)
    assert "see no rows of" in str(plan)
    plan.apply()
    with lab.enter("ana") as ana:
        mouse, weight = lab.seen_by(ana, lab.Mouse), lab.seen_by(ana, lab.Weight)
        assert mouse.to_arrays("mouse").tolist() == [1]
        assert weight.to_arrays("mouse").tolist() == [1]
        assert lab.seen_by(ana, lab.Score).to_arrays("mouse").tolist() == [1]
        mouse.insert1({"mouse": 3, "person": "ana", "name": "c"})
        with pytest.raises(LabwrightError):
            mouse.insert1({"mouse": 4, "person": "ben", "name": "d"})
        with pytest.raises(LabwrightError):
            weight.update1({"mouse": 2, "grams": 1.0})
        with pytest.raises(LabwrightError):
            mouse.update1({"mouse": 1, "person": "ben"})
        (weight & "mouse = 2").delete_quick()
        with lw.acting_as("ana"):
            weight.insert1({"mouse": 3, "grams": 1.0})
    with lab.enter("ben") as ben:
        assert sorted(lab.seen_by(ben, lab.Mouse).to_arrays("mouse")) == [1, 2, 3]
    assert sorted(lab.Weight.to_arrays("mouse")) == [1, 2, 3]
    assert sorted(lab.Mouse.to_arrays("mouse")) == [1, 2, 3]
    lab.plan(ana=everything, ben=everything).apply()
    with lw.Project(replace(parse_url(str(ben.database.connection.url)), password=PASSWORD)) as again:
        assert len(lab.seen_by(again, lab.Mouse)()) == 3


@pytest.mark.parametrize("backend", ["mysql"], indirect=True)
def test_what_the_database_cannot_is_said(lab: Lab) -> None:
    plan = lab.plan(ana=[lw.Privilege("read", lab.Mouse, owners=frozenset({"ana"}))])
    assert "are kept apart by the app alone" in str(plan)


@on_servers
def test_names_are_quoted_and_checked(lab: Lab) -> None:
    plan = lab.plan(**{"odd.name-1": [lw.Privilege("read", lab.Person)]})
    plan.apply()
    assert lab.plan(**{"odd.name-1": [lw.Privilege("read", lab.Person)]}).statements == ()
    for name in ("other", f"{lab.prefix}{'x' * 40}"):
        with pytest.raises(DataError, match="has to begin with"):
            lw.plan_roles(lab.schema.project, {name: []}, prefix=lab.prefix)


@on_postgres
def test_a_service_takes_the_roles(lab: Lab) -> None:
    name = lab.schema.project.database.dialect.table(lab.schema.database_name, "person")
    lab.schema.project.connection.script([f"CREATE ROLE {lab.prefix}svc LOGIN NOINHERIT PASSWORD '{PASSWORD}'"])
    roles = {f"{lab.prefix}ana": [lw.Privilege("read", lab.Person)], f"{lab.prefix}ben": list[lw.Privilege]()}
    plan = lw.plan_roles(lab.schema.project, roles, prefix=lab.prefix, service=f"{lab.prefix}svc")
    plan.apply()
    again = lw.plan_roles(lab.schema.project, roles, prefix=lab.prefix, service=f"{lab.prefix}svc")
    assert again.statements == ()
    url = replace(parse_url(str(lab.schema.project.connection.url)), user=f"{lab.prefix}svc", password=PASSWORD)
    with lw.Project(url) as service:
        with lw.acting_as("ana", role=f"{lab.prefix}ana"):
            assert len(service.connection.fetch(f"SELECT * FROM {name}")) == 2
        with pytest.raises(AccessError), lw.acting_as("ben", role=f"{lab.prefix}ben"):
            service.connection.fetch(f"SELECT * FROM {name}")
        with pytest.raises(AccessError):
            service.connection.fetch(f"SELECT * FROM {name}")
    lab.schema.project.connection.script([f"DROP OWNED BY {lab.prefix}svc", f"DROP ROLE {lab.prefix}svc"])


def test_a_file_has_no_roles(schema: lw.Schema, backend: str) -> None:
    if backend == "sqlite":
        with pytest.raises(LabwrightError, match="A file of SQLite has no users and roles"):
            lw.plan_roles(schema.project, {}, prefix="lw_")
    else:
        assert lw.plan_roles(schema.project, {}, prefix=f"{schema.database_name}_none").statements == ()

"""Those who may only read the parents compute all the same: what was read is checked, and nobody is kept waiting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from tests.backends.classes import table

import labwright as lw
from labwright.core.errors import AccessError, InputsChangedError
from labwright.jobs.make import Maker
from labwright.sql.url import parse_url

READ = {
    "postgres": "CREATE ROLE {} LOGIN PASSWORD 'only-a-test'",
    "mysql": "CREATE USER {} IDENTIFIED BY 'only-a-test'",
}


@dataclass(frozen=True)
class Lab:
    """A parent that belongs to others, what is computed of it, and the project of a worker."""

    Scan: Any
    Result: Any
    worker: lw.Project
    user: str

    def attempt(self) -> Any:
        return Maker(self.Result()).run([{"scan": 1}])


@pytest.fixture
def lab(schema: lw.Schema, project: lw.Project, database_url: str, backend: str, prefix: str) -> Iterator[Lab]:
    if backend == "sqlite":
        pytest.skip("a file has no users")

    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert1({**key, "x": (self.schema["Scan"] & key).fetch1("size")})

    Scan = table(schema, "Scan", "scan : int32\n---\nsize : float64")
    Result = table(schema, "Result", "-> Scan\n---\nx : float64", lw.Computed, make=make)
    Scan.insert([(n, n / 2) for n in range(6)])
    assert len(Result) == 0
    connection, name = project.connection, f"{prefix}worker"
    user = name if backend == "postgres" else f"{name}@'%%'"
    where = project.database.dialect.table
    rights = [f"GRANT SELECT ON {where(schema.database_name, 'scan')} TO {user}"]
    rights += [f"GRANT SELECT, INSERT ON {where(schema.database_name, '__result')} TO {user}"]
    rights += [f"GRANT USAGE ON SCHEMA {schema.database_name} TO {user}"] if backend == "postgres" else []
    connection.script([READ[backend].format(user), *rights])
    try:
        with lw.Project(replace(parse_url(database_url), user=name, password="only-a-test")) as worker:
            yield Lab(Scan, Result, worker, name)
    finally:
        gone = [f"DROP OWNED BY {name}", f"DROP ROLE {name}"] if backend == "postgres" else [f"DROP USER {user}"]
        connection.script(gone)


def test_they_may_compute(lab: Lab) -> None:
    with pytest.raises(AccessError):
        lab.Scan.update1({"scan": 1, "size": 9.0})
    assert lab.Result.populate("scan < 3") == {"success_count": 3, "error_list": []}
    assert lab.Result.populate() == {"success_count": 3, "error_list": []}
    assert lab.Result.to_arrays("x", order_by="KEY").tolist() == [0, 0.5, 1, 1.5, 2, 2.5]


@pytest.mark.parametrize("known", [False, True], ids=["first", "later"])
@pytest.mark.parametrize("together", [False, True])
def test_changes_are_seen(known: bool, together: bool, lab: Lab, project: lw.Project) -> None:
    if known:  # what this user may do: from then on all is sent at once
        lab.Result.populate("scan > 1")
    attempts = [lab.attempt() for _ in range(1 + together)]
    with project:
        lab.Scan.update1({"scan": 1, "size": 99.0})
    if together:
        failures = lab.worker.connection.store_together([a.deferred for a in attempts])
        assert [type(e) for e in failures] == [InputsChangedError] * 2
    else:
        with pytest.raises(InputsChangedError):
            attempts[0].store()
    assert not lab.Result & "scan = 1"
    assert lab.Result.populate("scan = 1")["success_count"] == 1
    assert (lab.Result & "scan = 1").fetch1("x") == 99.0


def test_roles_have_rights_of_their_own(lab: Lab, project: lw.Project, backend: str) -> None:
    """What one may not hold another may, over the same connection; and rights may be taken back."""
    if backend != "postgres":
        pytest.skip("to hold rows takes no right there")
    schema, connection = lab.Scan().id.schema, project.connection

    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert1({**key, "total": self.schema["Scan"].to_arrays("size").sum()})

    with project:
        lab_schema = lw.Schema(schema, connection=project)
        Total = table(lab_schema, "Total", "-> Scan\n---\ntotal : float64", lw.Computed, {"Scan": lab.Scan}, make=make)
        assert Total.populate("scan = 0")["success_count"] == 1, "from now on it is known that rows may be held"
        connection.script([f"GRANT SELECT, INSERT ON {schema}.__total TO {lab.user}"])
        with lw.acting_as("ana", role=lab.user):
            assert Total.populate("scan = 1") == {"success_count": 1, "error_list": []}

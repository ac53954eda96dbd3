"""A migration whose process dies, at whatever statement: all or nothing, or it goes on, or back."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

import pytest
from tests.backends.conftest import OpenConnection
from tests.backends.tables import Place, dialect_of, resolve, storage_of

from labwright.core.errors import LabwrightError, MigrationError
from labwright.define.comparable import comparable
from labwright.define.evolution import Evolution
from labwright.sql.connection import Connection
from labwright.sql.ddl import declare, drop_whole_schema
from labwright.sql.migrate import Plan, interrupted, migrate, plan_migration, read_world, resume, undo
from labwright.sql.migrate_log import MIGRATIONS
from labwright.sql.sqlite_functions import install

STRESS: Final = int(os.environ.get("LABWRIGHT_STRESS", "0"))
"""How often the process is killed, where somebody has the time."""
TIMES: Final = {"sqlite": 4, "postgres": 4, "mysql": 10}
BEFORE: Final = {
    "mouse": "mouse_id : int32\n---\nname : varchar(20)",
    "visit": "-> mouse\nday : int16\n---\nindex (day)",
    "visit__scan": "-> visit\nscan : int16",
    "note": "note : int16\n---\n-> [nullable] mouse",
}
AFTER: Final = (
    'animal : int64\nlab = "here" : varchar(8)\n---\nname : varchar(40)\nweight = null : float32\nindex (name)'
)


def other(place: Place) -> str:
    return f"{place.schema}_other"


def make(place: Place) -> None:
    tables = resolve(place.schema, BEFORE)
    declare(place.connection, place.dialect, [*tables, *resolve(other(place), {"cage": "-> mouse"}, tables)])
    name = place.dialect.table(other(place), "cage")
    for n in range(1, 6):
        place.run("INSERT INTO {mouse} VALUES (?, ?)", n, f"m{n}")
        place.run("INSERT INTO {visit} VALUES (?, ?)", n, 10 * n)
        place.run("INSERT INTO {visit__scan} VALUES (?, ?, ?)", n, 10 * n, 1)
        place.run("INSERT INTO {note} VALUES (?, ?)", n, n if n % 2 else None)
        place.connection.execute(f"INSERT INTO {name} VALUES ({place.dialect.placeholder})", (n,))


def plan(place: Place) -> Plan:
    world = read_world(place.connection, place.dialect, [place.schema], storage_of)
    (new,) = resolve(place.schema, {"mouse": AFTER})
    return plan_migration(world, [Evolution(world[new.id], new, {"animal": "mouse_id"})])


def rows(place: Place, table: str, names: str) -> list[tuple[object, ...]]:
    schema, _, name = table.rpartition(".")
    return sorted(place.connection.fetch(f"SELECT {names} FROM {place.dialect.table(schema, name)}"), key=repr)


def check_new(place: Place, done: Plan) -> None:
    """Everything is as it was planned, and every row there."""
    for e in done.evolutions:
        assert comparable(place.read(e.new.id.schema)[e.new.id.name]) == comparable(e.new)
    here, there = place.schema, other(place)
    assert rows(place, f"{here}.mouse", "animal, lab, name") == [(n, "here", f"m{n}") for n in range(1, 6)]
    assert rows(place, f"{here}.visit", "animal, lab, day") == [(n, "here", 10 * n) for n in range(1, 6)]
    assert rows(place, f"{here}.visit__scan", "animal, lab, day, scan") == [(n, "here", 10 * n, 1) for n in range(1, 6)]
    assert rows(place, f"{there}.cage", "animal, lab") == [(n, "here") for n in range(1, 6)]
    assert sorted(rows(place, f"{here}.note", "note, animal, lab"))[:2] == [(1, 1, "here"), (2, None, None)]


def check_old(place: Place) -> None:
    assert set(place.read()) == set(BEFORE)
    assert rows(place, f"{place.schema}.mouse", "mouse_id, name") == [(n, f"m{n}") for n in range(1, 6)]
    assert rows(place, f"{place.schema}.visit", "mouse_id, day") == [(n, 10 * n) for n in range(1, 6)]
    with pytest.raises(LabwrightError, match=r"cage|visit|note|refer|foreign"):
        place.run("DELETE FROM {mouse}")


PROCESS: Final = """
import os, signal, sys
from tests.backends.tables import Place, dialect_of, storage_of
from tests.backends.test_migrate_killed import plan
from labwright.sql.connection import Connection
from labwright.sql.migrate import migrate
from labwright.sql.sqlite_functions import install

url, schema, at, late = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4] == "late"
connection = Connection(url, on_connect=install if url.startswith("sqlite") else None)
place = Place(connection, dialect_of(connection), schema)
todo = plan(place)
execute, count = Connection.execute, 0

def counting(self, sql, *rest, **more):
    global count
    count += 1
    meant = sql.startswith(at) if at[:1].isalpha() else count == int(at)
    if meant and not late:
        os.kill(os.getpid(), signal.SIGKILL)
    result = execute(self, sql, *rest, **more)
    if meant:
        os.kill(os.getpid(), signal.SIGKILL)
    return result

Connection.execute = counting
migrate(connection, place.dialect, todo, storage_of)
print(count)
"""


def run(place: Place, url: str, at: int | str, when: str) -> subprocess.CompletedProcess[str]:
    """Migrate in a process that dies at a statement: its number, or how it begins."""
    command = [sys.executable, "-c", PROCESS, url, place.schema, str(at), when]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def places(open_connection: OpenConnection, prefix: str, backend: str) -> Iterator[Place]:
    """Schema after schema, each filled and dropped again."""
    connection: Connection = open_connection(on_connect=install if backend == "sqlite" else None)
    dialect = dialect_of(connection)

    def each() -> Iterator[Place]:
        for number in range((STRESS or TIMES[backend]) + 1):
            place = Place(connection, dialect, f"{prefix}k{number}")
            make(place)
            yield place
            drop_whole_schema(connection, dialect, other(place))
            drop_whole_schema(connection, dialect, place.schema)

    return each()


def go_back(place: Place) -> None:
    """Take a migration back, unless it is too late."""
    try:
        undo(place.connection, place.dialect, place.schema)
    except MigrationError:
        assert interrupted(place.connection, place.dialect, place.schema) is not None
    else:
        check_old(place)


def test_a_killed_migration_is_done_undone_or_goes_on(places: Iterator[Place], database_url: str, backend: str) -> None:
    first = next(places)
    todo = plan(first)
    whole = run(first, database_url, 0, "early")
    assert whole.returncode == 0, whole.stderr
    check_new(first, todo)
    moments = [(at, when) for at in range(1, int(whole.stdout) + 1) for when in ("early", "late")]
    random.Random(len(moments)).shuffle(moments)
    seen = set()
    for number, (place, (at, when)) in enumerate(zip(places, moments, strict=False)):
        todo = plan(place)
        killed = run(place, database_url, at, when)
        assert killed.returncode == -9, killed.stderr
        entry = interrupted(place.connection, place.dialect, place.schema)
        if entry is not None:
            seen.add("half")
            with pytest.raises(MigrationError, match="labwright migrate apply"):
                place.read()
            with pytest.raises(MigrationError, match="labwright migrate apply"):
                declare(place.connection, place.dialect, resolve(place.schema, {"more": "x : int8"}))
            if number % 2 == 0:
                go_back(place)
            resume(place.connection, place.dialect, place.schema)
        if "animal" not in place.read()["mouse"].heading:
            check_old(place)
            migrate(place.connection, place.dialect, plan(place), storage_of)
        check_new(place, todo)
        assert not plan(place)
    assert (seen == {"half"}) == (backend == "mysql")


def test_a_migration_of_which_not_every_schema_knows_yet(
    places: Iterator[Place], database_url: str, backend: str
) -> None:
    place = next(places)
    todo = plan(place)
    noted = f"INSERT INTO {place.dialect.table(place.schema, MIGRATIONS)}"
    assert run(place, database_url, noted, "late").returncode == -9
    assert (interrupted(place.connection, place.dialect, place.schema) is not None) == (backend == "mysql")
    resume(place.connection, place.dialect, place.schema)
    migrate(place.connection, place.dialect, todo, storage_of)
    check_new(place, todo)

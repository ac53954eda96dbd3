"""The rights of a role hold within a block, whatever is done there, and end with it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.backends.classes import table

import labwright as lw
from labwright.core.errors import AccessError, DataError, LabwrightError, TransactionError
from labwright.sql.url import parse_url

PASSWORD = "only-a-test"
on_postgres = pytest.mark.parametrize("backend", ["postgres"], indirect=True)


class Lab:
    """Tables, and roles that may read the one or write to the other."""

    def __init__(self, schema: lw.Schema) -> None:
        self.schema, self.project = schema, schema.project
        self.open = table(schema, "Open", "id : int32\n---\nn : int32")
        self.secret = table(schema, "Secret", "id : int32\n---\nn : int32")
        self.open.insert((i, i) for i in range(10))
        self.secret.insert((i, i) for i in range(10))
        name = schema.database
        self.reader, self.writer, self.login = f"{name}_reader", f"{name}_writer", f"{name}_login"
        self.run(
            f"CREATE ROLE {self.reader} NOLOGIN",
            f"CREATE ROLE {self.writer} NOLOGIN",
            f"GRANT USAGE ON SCHEMA {name} TO {self.reader}, {self.writer}",
            f"GRANT SELECT ON {name}.open TO {self.reader}, {self.writer}",
            f"GRANT INSERT, UPDATE ON {name}.open TO {self.writer}",
            f"CREATE ROLE {self.login} LOGIN NOINHERIT PASSWORD '{PASSWORD}' IN ROLE {self.reader}, {self.writer}",
        )

    def run(self, *statements: str) -> None:
        for statement in statements:
            self.project.connection.execute(statement, write=True)

    def role(self) -> str:
        return str(self.project.connection.fetch("SELECT current_user::text")[0][0])


@pytest.fixture
def lab(schema: lw.Schema) -> Iterator[Lab]:
    lab = Lab(schema)
    yield lab
    names = f"{lab.reader}, {lab.writer}, {lab.login}"
    lab.run(f"DROP OWNED BY {names}", f"DROP ROLE {names}")


@on_postgres
def test_grants_hold_in_the_block_and_nowhere_else(lab: Lab) -> None:
    me = lab.role()
    with lw.acting_as("ana", role=lab.reader):
        assert lab.role() == lab.reader
        assert len(lab.open) == 10
        assert lab.open.to_dicts(order_by="id", limit=1) == [{"id": 0, "n": 0}]
        with pytest.raises(AccessError, match="secret"):
            lab.secret.to_dicts()
        with pytest.raises(AccessError, match="open"):
            lab.open.insert1((99, 1))
        assert len(lab.open & "n > 4") == 5
    assert lab.role() == me
    assert len(lab.secret) == 10


@on_postgres
def test_what_is_written_is_kept_under_the_name_of_who_acts(lab: Lab) -> None:
    with lw.acting_as("ana", role=lab.writer):
        lab.open.insert1((20, 1))
        lab.open.insert((i, 1) for i in range(21, 90))
    assert len(lab.open) == 80
    assert lab.open.history({"id": 20})[0].who == "ana"
    with lw.acting_as("bo", role=lab.reader), pytest.raises(AccessError):
        lab.open.update1({"id": 20, "n": 2})


@on_postgres
def test_nested_blocks(lab: Lab) -> None:
    me = lab.role()
    with lw.acting_as("ana", role=lab.reader):
        with lw.acting_as("bo"):
            assert lab.role() == lab.reader
        with lw.acting_as("bo", role=lab.writer):
            assert lab.role() == lab.writer
        assert lab.role() == lab.reader
        with pytest.raises(AccessError), lw.acting_as("bo", role=lab.writer):
            len(lab.secret)
        assert lab.role() == lab.reader
    assert lab.role() == me


@on_postgres
def test_within_a_transaction(lab: Lab) -> None:
    me, connection = lab.role(), lab.project.connection
    with connection.transaction:
        lab.secret.insert1((50, 0))
        with lw.acting_as("ana", role=lab.reader):
            assert lab.role() == lab.reader
            with pytest.raises(AccessError), connection.atomic():
                len(lab.secret)
            assert lab.role() == lab.reader
        assert lab.role() == me
        fail_as(lab, lab.reader)
        assert lab.role() == me
        with lw.acting_as("ana", role=lab.reader):
            assert lab.role() == lab.reader
            fail_as(lab, lab.writer)
            assert lab.role() == lab.reader
        assert len(lab.secret) == 11
    assert lab.role() == me
    with lw.acting_as("ana", role=lab.reader), pytest.raises(TransactionError):  # noqa: SIM117 - the block is what fails
        with connection.transaction, pytest.raises(AccessError):
            len(lab.secret)
    assert lab.role() == me


def fail_as(lab: Lab, role: str) -> None:
    """Take a role in a part of the transaction that is undone."""
    with pytest.raises(DataError, match="undone"), lab.project.connection.atomic(), lw.acting_as("bo", role=role):
        raise DataError(f"{lab.role()} is to be undone")


@on_postgres
def test_streams_and_cursors(lab: Lab) -> None:
    me = lab.role()
    with lw.acting_as("ana", role=lab.reader):
        assert sum(row["n"] for row in lab.open) == 45
        assert len(list(lab.open().cursor())) == 10
        assert sum(batch.num_rows for batch in lab.open.iter_batches(3)) == 10
        with pytest.raises(AccessError, match="secret"):
            list(lab.secret)
        for row in lab.open:
            assert lab.role() == lab.reader
            if row["id"] == 3:
                break
        with lab.project.connection.transaction:
            assert sum(row["n"] for row in lab.open) == 45
            with pytest.raises(AccessError, match="secret"), lab.project.connection.atomic():
                list(lab.secret)
            assert lab.role() == lab.reader
    assert lab.role() == me
    assert sum(row["n"] for row in lab.secret) == 45


@on_postgres
def test_nothing_leaks_to_who_uses_the_connection_next(lab: Lab, database_url: str) -> None:
    """Each statement has the rights of who asks, whoever had the connection before, and whether that failed."""
    with lw.Project(database_url) as project:
        connection, wrong = project.connection, []
        names = [lab.reader, lab.writer, None]

        def ask(number: int) -> None:
            role = names[number % 3]
            for _ in range(40):
                if role is None:
                    found = connection.fetch("SELECT current_user::text = session_user::text, current_user::text")[0]
                    wrong.extend([] if found[0] else [found])
                    continue
                with lw.acting_as(f"p{number}", role=role):
                    found = connection.fetch("SELECT current_user::text, current_setting('labwright.user')")[0]
                    wrong.extend([] if found == (role, f"p{number}") else [found])
                    with pytest.raises(LabwrightError):
                        connection.fetch(f"SELECT count(*) FROM {lab.schema.database}.secret")

        threads = [threading.Thread(target=ask, args=(i,)) for i in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []


@on_postgres
def test_a_make_has_the_rights_of_the_role(lab: Lab) -> None:
    class Twice(lw.Computed):
        definition = "-> Open\n---\nn : int32"

        def make(self, key: dict[str, Any]) -> None:
            self.insert1(key | {"n": 2 * (lab.open & key).fetch1("n")})

    twice = lab.schema(Twice, context={"Open": lab.open})
    lab.schema.ensure_declared()
    with lw.acting_as("ana", role=lab.reader), pytest.raises(AccessError, match="__twice"):
        twice.populate()
    lab.run(f"GRANT SELECT ON ALL TABLES IN SCHEMA {lab.schema.database} TO {lab.reader}")
    with lw.acting_as("ana", role=lab.reader), pytest.raises(AccessError, match="permission denied"):
        twice.populate()
    assert len(twice) == 0
    lab.run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {lab.schema.database} TO {lab.writer}")
    with lw.acting_as("ana", role=lab.writer):
        twice.populate(max_calls=3)
    assert len(twice) == 3


@on_postgres
def test_a_login_without_rights_of_its_own(lab: Lab, database_url: str) -> None:
    url = database_url.split("@")[1]
    with lw.Project(f"postgresql://{lab.login}:{PASSWORD}@{url}") as project:
        seen = lw.virtual_schema(lab.schema.database, connection=lab.project)
        node = seen.Open.full_table_name
        with pytest.raises(AccessError):
            project.connection.fetch(f"SELECT 1 FROM {node}")
        with lw.acting_as("ana", role=lab.reader):
            virtual = lw.virtual_schema(lab.schema.database, connection=project)
            assert len(virtual.Open) == 10
            with pytest.raises(AccessError):
                virtual.Open.insert1((70, 1))
        with lw.acting_as("ana", role=lab.writer):
            virtual.Open.insert1((70, 1))
        with pytest.raises(AccessError):
            len(virtual.Open)
        with lw.acting_as("ana", role="pg_read_all_data"), pytest.raises(AccessError, match="take a role"):
            len(virtual.Open)
        with lw.acting_as("ana", role=lab.reader):
            assert len(virtual.Open) == 11


@on_postgres
def test_a_role_that_there_is_not(lab: Lab) -> None:
    me = lab.role()
    for wrong in ("no such role", "a'; RESET ROLE; --"):
        with lw.acting_as("ana", role=wrong):
            with pytest.raises(AccessError, match="does not exist"):
                len(lab.open)
            with pytest.raises(AccessError, match="does not exist"), lab.project.connection.transaction:
                len(lab.open)
            with pytest.raises(AccessError, match="does not exist"):
                list(lab.open)
    assert lab.role() == me


def test_names_that_no_role_has() -> None:
    for wrong in ("", " ", "x" * 64, "a\0", 3, "none"):
        with pytest.raises(DataError), lw.acting_as("ana", role=wrong):  # type: ignore[arg-type]  # what is tested
            pass


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_file_has_none(schema: lw.Schema) -> None:
    rat = table(schema, "Rat", "id : int32")
    rat.insert([(1,)])
    with lw.acting_as("ana", role="reader"):
        with pytest.raises(LabwrightError, match="has no users"):
            len(rat)
        with pytest.raises(LabwrightError, match="has no users"):
            list(rat)
        with pytest.raises(LabwrightError, match="has no users"):
            rat.insert1((2,))
        with pytest.raises(LabwrightError, match="has no users"), rat().project.connection.transaction:
            len(rat)
    assert len(rat) == 1


class Service:
    """A login of MariaDB without rights of its own, which may take two roles."""

    def __init__(self, schema: lw.Schema, url: str) -> None:
        self.name = name = schema.database_name
        opened, secret = (table(schema, title, "id : int32\n---\nn : int32") for title in ("Open", "Secret"))
        for one in (opened, secret):
            one.insert((i, i) for i in range(10))
        self.reader, self.writer, self.login = f"{name}_reader", f"{name}_writer", f"{name}_login"
        self.admin = schema.project.connection
        self.admin.script(
            [
                f"CREATE ROLE {self.reader}",
                f"CREATE ROLE {self.writer}",
                f"GRANT SELECT ON {name}.open TO {self.reader}",
                f"GRANT SELECT, INSERT, UPDATE ON {name}.open TO {self.writer}",
                f"CREATE USER {self.login} IDENTIFIED BY '{PASSWORD}'",
                f"GRANT {self.reader} TO {self.login}",
                f"GRANT {self.writer} TO {self.login}",
            ]
        )
        self.project = lw.Project(replace(parse_url(url), user=self.login, password=PASSWORD))

    def count(self, title: str) -> int:
        return int(self.project.connection.fetch(f"SELECT count(*) FROM {self.name}.{title}")[0][0])

    def add(self, number: int) -> None:
        self.project.connection.execute(f"INSERT INTO {self.name}.open (id, n) VALUES (%s, 0)", (number,), write=True)

    def drop(self) -> None:
        self.project.close()
        self.admin.script([f"DROP ROLE {self.reader}", f"DROP ROLE {self.writer}", f"DROP USER {self.login}"])


@pytest.fixture
def service(schema: lw.Schema, database_url: str) -> Iterator[Service]:
    made = Service(schema, database_url)
    yield made
    made.drop()


on_mysql = pytest.mark.parametrize("backend", ["mysql"], indirect=True)


@on_mysql
def test_a_session_has_the_rights_of_whoever_asks(service: Service) -> None:
    with pytest.raises(AccessError):
        service.count("open")
    with lw.acting_as("ana", role=service.reader):
        assert service.count("open") == 10
        assert sum(len(rows) for rows in service.project.connection.stream(f"SELECT id FROM {service.name}.open")) == 10
        for ask in (lambda: service.count("secret"), lambda: service.add(10)):
            with pytest.raises(AccessError):
                ask()
        with lw.acting_as("bo", role=service.writer):
            service.add(11)
        with pytest.raises(AccessError):
            service.add(12)
    with pytest.raises(AccessError):
        service.count("open")
    with lw.acting_as("ana", role=f"{service.name}_none"), pytest.raises(LabwrightError):
        service.count("open")
    with pytest.raises(AccessError):
        list(service.project.connection.stream(f"SELECT id FROM {service.name}.open"))


@on_mysql
def test_a_transaction_has_them_as_well(service: Service) -> None:
    connection = service.project.connection
    with lw.acting_as("ana", role=service.writer), connection.transaction:
        service.add(20)
        with pytest.raises(AccessError), connection.atomic(), lw.acting_as("bo", role=service.reader):
            service.add(21)
        service.add(22)
    with connection.transaction, pytest.raises(AccessError):
        service.count("open")
    with pytest.raises(DataError, match="undone"):
        fail_as_writer(service)
    with pytest.raises(AccessError):
        service.count("open")
    with lw.acting_as("ana", role=service.reader):
        assert service.count("open") == 12


def fail_as_writer(service: Service) -> None:
    with lw.acting_as("ana", role=service.writer), service.project.connection.transaction:
        service.add(23)
        raise DataError("undone")


@on_mysql
def test_no_role_leaks_to_another_thread(service: Service) -> None:
    wrong: list[str] = []

    def ask(number: int) -> None:
        for turn in range(30):
            if (number + turn) % 3:
                with lw.acting_as(f"p{number}", role=service.reader):
                    wrong.extend([] if service.count("open") == 10 else ["count"])
            else:
                with pytest.raises(AccessError):
                    service.count("open")

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []

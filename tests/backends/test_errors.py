# ruff: noqa: PT012 - whole blocks are what is tested
from __future__ import annotations

import logging
import shutil
import sqlite3
import stat
import subprocess
import sys
import textwrap
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.backends.conftest import Bench, OpenConnection

from labwright.core.errors import (
    AccessError,
    ConfigError,
    DataError,
    DuplicateError,
    IntegrityError,
    LabwrightError,
    LockError,
    LostConnectionError,
    MissingTableError,
    QueryError,
    QuerySyntaxError,
    ServerError,
    UnknownAttributeError,
    Violation,
)
from labwright.sql.connection import Connection
from labwright.sql.url import DatabaseUrl


@pytest.fixture
def tables(bench: Bench) -> Bench:
    end = {"sqlite": " STRICT", "mysql": " COLLATE utf8mb4_bin"}.get(bench.connection.backend, "")
    text = {"sqlite": "text"}.get(bench.connection.backend, "varchar(5)")
    bench.run(f"CREATE TABLE @parent (a integer PRIMARY KEY){end}")
    bench.run(
        f"CREATE TABLE @child (b integer PRIMARY KEY, a integer NOT NULL, c {text}, d {_small(bench)},"
        " CONSTRAINT positive CHECK (d > 0), CONSTRAINT one UNIQUE (a, c),"
        f" CONSTRAINT kin FOREIGN KEY (a) REFERENCES @parent (a)){end}"
    )
    bench.run("INSERT INTO @parent VALUES (1), (2)")
    bench.run("INSERT INTO @child VALUES (1, 1, 'x', 1)")
    return bench


def _small(bench: Bench) -> str:
    return "integer" if bench.connection.backend == "sqlite" else "smallint"


def refused(bench: Bench, kind: type[LabwrightError], sql: str, *params: object) -> Violation:
    """Return what the database objects to, which leaves the connection fit for use."""
    with pytest.raises(kind) as caught:
        bench.run(sql, *params)
    error = caught.value
    assert type(error) is kind
    assert error.__cause__ is not None
    assert str(error).endswith((".", ")"))
    assert bench.rows("SELECT 1") == [(1,)]
    assert error.violation is not None
    return error.violation


def test_duplicate_key(tables: Bench) -> None:
    violation = refused(tables, DuplicateError, "INSERT INTO @parent VALUES (?)", 1)
    assert violation.reason == "unique"
    expected = {"mysql": ((), "PRIMARY"), "postgres": (("a",), "parent_pkey"), "sqlite": (("a",), None)}
    assert (violation.columns, violation.constraint) == expected[tables.connection.backend]


def test_duplicate_in_a_unique_index(tables: Bench) -> None:
    violation = refused(tables, DuplicateError, "INSERT INTO @child VALUES (2, 1, 'x', 1)")
    expected = {"mysql": ((), "one"), "postgres": (("a", "c"), "one"), "sqlite": (("a", "c"), None)}
    assert (violation.columns, violation.constraint) == expected[tables.connection.backend]


def test_missing_parent(tables: Bench) -> None:
    violation = refused(tables, IntegrityError, "INSERT INTO @child VALUES (2, 9, 'x', 1)")
    assert violation.reason == "missing_parent"
    if tables.connection.backend != "sqlite":  # which says neither
        assert (violation.columns, violation.constraint) == (("a",), "kin")
        assert violation.table == f"{tables.schema}.child"
        assert (violation.references or "").endswith("parent")


def test_has_children(tables: Bench) -> None:
    violation = refused(tables, IntegrityError, "DELETE FROM @parent WHERE a = 1")
    assert violation.reason == "has_children"
    if tables.connection.backend != "sqlite":
        assert violation.constraint == "kin"


def test_not_null(tables: Bench) -> None:
    violation = refused(tables, IntegrityError, "INSERT INTO @child VALUES (2, ?, 'y', 1)", None)
    assert (violation.reason, violation.columns) == ("not_null", ("a",))


def test_check(tables: Bench) -> None:
    violation = refused(tables, IntegrityError, "INSERT INTO @child VALUES (2, 2, 'y', 0)")
    assert (violation.reason, violation.constraint) == ("check", "positive")


def test_too_long(tables: Bench) -> None:
    if tables.connection.backend == "sqlite":
        tables.run("INSERT INTO @child VALUES (2, 2, 'longer', 1)")
        return
    violation = refused(tables, DataError, "INSERT INTO @child VALUES (2, 2, ?, 1)", "longer")
    assert violation.reason == "too_long"


def test_out_of_range(tables: Bench) -> None:
    violation = refused(tables, DataError, "INSERT INTO @child VALUES (2, 2, 'y', ?)", 2**64)
    assert violation.reason == "out_of_range"


def test_wrong_type(tables: Bench) -> None:
    violation = refused(tables, DataError, "INSERT INTO @child VALUES (2, 2, 'y', ?)", "many")
    assert violation.reason == "bad_value"


def test_text_that_is_not_unicode(tables: Bench) -> None:
    assert refused(tables, DataError, "INSERT INTO @child VALUES (2, 2, ?, 1)", "\ud800").reason == "bad_value"


def test_zero_byte(tables: Bench) -> None:
    if tables.connection.backend == "postgres":
        assert refused(tables, DataError, "INSERT INTO @child VALUES (2, 2, ?, 1)", "a\0b").reason == "bad_value"
        return
    tables.run("INSERT INTO @child VALUES (2, 2, ?, 1)", "a\0b")
    assert tables.rows("SELECT c FROM @child WHERE b = 2") == [("a\0b",)]


def test_missing_table(tables: Bench) -> None:
    violation = refused(tables, MissingTableError, "SELECT * FROM @cousin")
    assert (violation.table or "").endswith("cousin")


def test_missing_schema(tables: Bench) -> None:
    if tables.connection.backend == "sqlite":
        pytest.skip("has no schemas")
    refused(tables, MissingTableError, "CREATE TABLE lw_no_such_schema.t (a integer)")


def test_unknown_column(tables: Bench) -> None:
    violation = refused(tables, UnknownAttributeError, "SELECT parent.size FROM @parent")
    assert violation.columns[0].endswith("size")
    refused(tables, UnknownAttributeError, "INSERT INTO @parent (size) VALUES (1)")


def test_syntax(tables: Bench) -> None:
    refused(tables, QuerySyntaxError, "SELEC 1")


def test_unknown_function(tables: Bench) -> None:
    with pytest.raises(QueryError, match=r"has no function 'yer.*Did you mean 'year'\?.*weekday, year\.") as caught:
        tables.rows("SELECT yer(1)")
    assert caught.value.violation is not None
    assert caught.value.violation.reason == "missing"


def test_existing_table(tables: Bench) -> None:
    assert refused(tables, QueryError, "CREATE TABLE @parent (a integer)").reason == "exists"


def test_too_few_values(tables: Bench) -> None:
    with pytest.raises(QueryError):
        tables.run("SELECT ?, ?", 1)
    assert tables.count("parent") == 2


def test_one_statement_at_a_time(tables: Bench) -> None:
    with pytest.raises(LabwrightError):
        tables.run("SELECT 1; DROP TABLE @child")
    assert tables.count("child") == 1


def test_a_rule_in_a_trigger(tables: Bench) -> None:
    said = "born before its mother"
    if tables.connection.backend == "postgres":
        tables.run(
            f"CREATE FUNCTION @refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''{said}''; END'"
        )
        tables.run("CREATE TRIGGER r BEFORE INSERT ON @parent EXECUTE FUNCTION @refuse()")
    elif tables.connection.backend == "mysql":
        tables.run(
            "CREATE TRIGGER @r BEFORE INSERT ON @parent FOR EACH ROW"
            f" SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{said}'"
        )
    else:
        tables.run(f"CREATE TRIGGER r BEFORE INSERT ON @parent BEGIN SELECT RAISE(ABORT, '{said}'); END")
    with pytest.raises(IntegrityError, match=said) as caught:
        tables.run("INSERT INTO @parent VALUES (7)")
    assert caught.value.violation is not None
    assert caught.value.violation.reason == "rule"


@contextmanager
def captured(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    assert "s3cret" not in caplog.text


def test_wrong_password(bench: Bench, open_connection: OpenConnection, caplog: pytest.LogCaptureFixture) -> None:
    if bench.connection.backend == "sqlite":
        pytest.skip("has no passwords")
    connection = open_connection(replace(bench.connection.url, user="lw_nobody", password="s3cret"))
    with captured(caplog), pytest.raises(AccessError, match="refuses lw_nobody") as caught:
        connection.ping()
    for error in (caught.value, caught.value.__cause__):
        assert error is not None
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        assert "s3cret" not in "".join(shown.format())


@pytest.mark.parametrize("driver", ["", "pymysql"])
def test_unreachable(bench: Bench, open_connection: OpenConnection, driver: str) -> None:
    url = bench.connection.url
    if url.backend == "sqlite":
        pytest.skip("has no server")
    options = (("driver", driver),) if driver and url.backend == "mysql" else ()
    connection = open_connection(replace(url, host="127.0.0.1", port=1, password="s3cret", options=options))
    with pytest.raises(LostConnectionError, match=r"127\.0\.0\.1:1 cannot be reached") as caught:
        connection.ping()
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert "s3cret" not in "".join(shown.format())


def test_missing_database(bench: Bench, open_connection: OpenConnection) -> None:
    if bench.connection.backend == "sqlite":
        pytest.skip("makes it")
    with pytest.raises(ConfigError, match="has no database 'lw_none'"):
        open_connection(replace(bench.connection.url, database="lw_none")).ping()


def test_read_only_role(tables: Bench, open_connection: OpenConnection) -> None:
    backend, user = tables.connection.backend, f"{tables.schema}_r"
    if backend == "sqlite":
        pytest.skip("has no roles")
    create = {"postgres": "CREATE ROLE {} LOGIN PASSWORD 'pw'", "mysql": "CREATE USER {} IDENTIFIED BY 'pw'"}
    tables.run(create[backend].format(user))
    try:
        if backend == "postgres":
            tables.run(f"GRANT USAGE ON SCHEMA {tables.schema} TO {user}")
            tables.run(f"GRANT SELECT ON @parent TO {user}")
        else:
            tables.run(f"GRANT SELECT ON {tables.schema}.* TO {user}")
        reader = tables.beside(open_connection(replace(tables.connection.url, user=user, password="pw")))
        assert reader.count("parent") == 2
        assert refused(reader, AccessError, "INSERT INTO @parent VALUES (3)").reason == "denied"
        reader.connection.close()
    finally:
        if backend == "postgres":
            tables.run(f"DROP OWNED BY {user}")
        tables.run(f"DROP {'ROLE' if backend == 'postgres' else 'USER'} {user}")


class TestFiles:
    """SQLite's own troubles."""

    @pytest.fixture
    def url(self, tmp_path: Path) -> DatabaseUrl:
        return DatabaseUrl("sqlite", path=str(tmp_path / "lab.db"), options=(("busy_timeout", "0.2"),))

    def test_the_folder_is_made(self, tmp_path: Path) -> None:
        with Connection(DatabaseUrl("sqlite", path=str(tmp_path / "a" / "b" / "lab.db"))) as connection:
            connection.ping()
        assert (tmp_path / "a" / "b" / "lab.db").exists()

    def test_the_folder_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        connection = Connection(DatabaseUrl("sqlite", path=str(tmp_path / "file" / "lab.db")))
        with pytest.raises(AccessError, match="cannot be made"):
            connection.ping()

    def test_a_folder_is_no_database(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="is a folder"):
            Connection(DatabaseUrl("sqlite", path=str(tmp_path))).ping()

    def test_another_file_is_no_database(self, url: DatabaseUrl) -> None:
        Path(url.path).write_bytes(b"GIF89a" * 1000)
        with pytest.raises(ServerError, match="is not a SQLite database") as caught:
            Connection(url).ping()
        assert url.path in str(caught.value)

    def test_a_damaged_file(self, url: DatabaseUrl) -> None:
        with Connection(url) as connection:
            connection.execute("CREATE TABLE t (a text)")
            connection.executemany("INSERT INTO t VALUES (?)", [("x" * 1000,)] * 100)
        data = bytearray(Path(url.path).read_bytes())
        data[4096:-4096] = b"\xff" * len(data[4096:-4096])
        Path(url.path).write_bytes(data)
        with Connection(url) as connection, pytest.raises(ServerError, match="is damaged"):
            connection.fetch("SELECT * FROM t")

    def test_a_missing_file_that_is_only_to_be_read(self, url: DatabaseUrl) -> None:
        with pytest.raises(AccessError, match="cannot be opened"):
            Connection(replace(url, options=(("mode", "ro"),))).ping()

    def test_read_only(self, url: DatabaseUrl) -> None:
        with Connection(url) as connection:
            connection.script(["CREATE TABLE t (a integer)", "INSERT INTO t VALUES (1)"])
        with Connection(replace(url, options=(("mode", "ro"),))) as reader:
            with reader.transaction:
                assert reader.fetch("SELECT a FROM t") == [(1,)]
            with pytest.raises(AccessError, match="is read-only"):
                reader.execute("INSERT INTO t VALUES (2)")

    def test_a_file_without_the_right_to_write(self, url: DatabaseUrl) -> None:
        with Connection(url) as connection:
            connection.execute("CREATE TABLE t (a integer)")
        path = Path(url.path)
        path.chmod(stat.S_IRUSR)
        if _writable(path):
            pytest.skip("the superuser may write every file")
        with Connection(url) as reader:
            assert reader.fetch("SELECT a FROM t") == []
            with pytest.raises(AccessError, match="is read-only"):
                reader.execute("INSERT INTO t VALUES (2)")

    def test_unknown_mode(self, url: DatabaseUrl) -> None:
        with pytest.raises(ConfigError, match="'ro', 'rw' or 'rwc'"):
            Connection(replace(url, options=(("mode", "w"),)))

    def test_locked(self, url: DatabaseUrl) -> None:
        with Connection(url) as first, Connection(url) as second:
            first.execute("CREATE TABLE t (a integer)")
            with first.transaction:
                first.execute("INSERT INTO t VALUES (1)")
                assert second.fetch("SELECT a FROM t") == []
                started = time.monotonic()
                for locked in (lambda: second.execute("INSERT INTO t VALUES (2)"), second.start_transaction):
                    with pytest.raises(LockError, match=r"more than 0\.2 s") as caught:
                        locked()
                    assert url.path in str(caught.value)
                assert time.monotonic() - started >= 0.4
            second.execute("INSERT INTO t VALUES (2)")
            assert first.fetch("SELECT count(*) FROM t") == [(2,)]

    def test_full(self, url: DatabaseUrl) -> None:
        def limit(raw: sqlite3.Connection) -> None:
            raw.execute("PRAGMA max_page_count = 20")

        with Connection(url, on_connect=limit) as connection:
            connection.execute("CREATE TABLE t (a text)")
            with pytest.raises(ServerError, match="no room left"), connection.transaction:
                connection.execute("INSERT INTO t VALUES ('small')")
                connection.executemany("INSERT INTO t VALUES (?)", [("x" * 1000,)] * 1000)
            assert connection.fetch("SELECT count(*) FROM t") == [(0,)]
            connection.execute("INSERT INTO t VALUES ('small')")

    def test_two_processes(self, url: DatabaseUrl) -> None:
        url = replace(url, options=())
        program = """
            import sys
            from labwright.sql.connection import Connection
            with Connection(f"sqlite:///{sys.argv[1]}") as connection:
                connection.execute("CREATE TABLE IF NOT EXISTS t (a integer)")
                for number in range(50):
                    connection.execute("INSERT INTO t VALUES (?)", (number,))
                    with connection.transaction:
                        (count,), = connection.fetch("SELECT count(*) FROM t")
                        connection.execute("INSERT INTO t VALUES (?)", (count,))
        """
        command = [sys.executable, "-c", textwrap.dedent(program), url.path]
        children = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
        assert [(child.communicate()[1], child.returncode) for child in children] == [(b"", 0)] * 2
        with Connection(url) as connection:
            assert connection.fetch("SELECT count(*) FROM t") == [(200,)]

    def test_a_path_stays_when_the_folder_changes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        with Connection("sqlite:///lab.db") as connection:
            (tmp_path / "elsewhere").mkdir()
            monkeypatch.chdir(tmp_path / "elsewhere")
            connection.ping()
        assert (tmp_path / "lab.db").exists()

    def test_odd_names(self, tmp_path: Path) -> None:
        path = tmp_path / "é %41?mode=ro#x 'y'" / "lab;db"
        with Connection(DatabaseUrl("sqlite", path=str(path))) as connection:
            connection.execute("CREATE TABLE t (a integer)")
        assert path.exists()
        shutil.rmtree(path.parent)

    def test_in_memory_is_one_database_for_all_threads(self) -> None:
        with Connection("sqlite:///:memory:") as connection, Connection("sqlite:///:memory:") as other:
            connection.execute("CREATE TABLE t (a integer)")
            with connection.transaction:
                connection.execute("INSERT INTO t VALUES (1)")
            for batch in connection.stream("SELECT a FROM t"):
                connection.execute("INSERT INTO t VALUES (?)", batch[0])
            assert connection.fetch("SELECT count(*) FROM t") == [(2,)]
            with pytest.raises(MissingTableError):
                other.fetch("SELECT a FROM t")


def _writable(path: Path) -> bool:
    try:
        path.open("ab").close()
    except PermissionError:
        return False
    return True

"""MySQL and MariaDB, through mysqlclient where it is installed, else PyMySQL; both give the same Python values."""

from __future__ import annotations

import contextlib
import datetime
import functools
import importlib
import os
import re
import socket
from collections.abc import Callable, Generator, Iterable, Sequence
from types import ModuleType
from typing import Any, ClassVar, Final

from labwright.core.errors import (
    ConfigError,
    DataError,
    IntegrityError,
    LabwrightError,
    LostConnectionError,
    MissingPackageError,
    QueryError,
    ServerError,
)
from labwright.sql.acting import Acting
from labwright.sql.drivers.base import (
    Fate,
    Order,
    Params,
    Raw,
    Result,
    Row,
    Savepoints,
    ServerVersion,
    column_names,
    failure,
    numbers,
    silence,
)
from labwright.sql.drivers.mysql_bytes import connection_class
from labwright.sql.drivers.mysql_errors import LOST, RETRIED, described, unreachable
from labwright.sql.url import DatabaseUrl

CONNECT_TIMEOUT: Final = 10.0

SESSION: Final = (
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY,NO_AUTO_VALUE_ON_ZERO', SESSION group_concat_max_len = 1073741824,"
    " SESSION wait_timeout = 28800, SESSION autocommit = 1"
)

_TELL: Final = "SET @labwright_user = %s, @labwright_why = %s, @labwright_change = %s, @labwright_inserts = %s"
_ALTER_USER: Final = "ALTER USER USER() IDENTIFIED BY %s"
_ALTER_USER_MARIADB: Final = "SET PASSWORD = PASSWORD(%s)"
_PACKAGES = {"mysqlclient": "MySQLdb", "pymysql": "pymysql"}


class MySQLDriver(Savepoints):
    """Speaks to a MySQL or MariaDB server."""

    backend: Final = "mysql"
    remembers: Final = True
    stamps: Final = True
    patience: Final = float("inf")
    role_lasts: ClassVar[bool] = True
    streams_longer: ClassVar[int] = 60

    def __init__(self, url: DatabaseUrl) -> None:
        self.url = url
        self._wanted = url.option("driver")
        if self._wanted and self._wanted not in _PACKAGES:
            raise ConfigError(f"The option 'driver' is one of {', '.join(_PACKAGES)}, not {self._wanted!r}.")

    @functools.cached_property
    def package(self) -> ModuleType:
        """The package in use: MySQLdb or pymysql."""
        wanted = [_PACKAGES[self._wanted]] if self._wanted else _PACKAGES.values()
        for name in wanted:
            with contextlib.suppress(ImportError):
                return importlib.import_module(name)
        raise MissingPackageError(
            "MySQL and MariaDB need the package mysqlclient (fast) or pymysql. Install one with:"
            " pip install 'labwright[mysql-fast]' or pip install 'labwright[mysql]'"
        )

    @functools.cached_property
    def _streaming(self) -> Any:
        return importlib.import_module(f"{self.package.__name__}.cursors").SSCursor

    @property
    def _is_fast(self) -> bool:
        return self.package.__name__ == "MySQLdb"

    def connect(self) -> Raw:
        package = self.package
        try:
            return connection_class(package)(**self._settings())
        except package.Error as exc:
            # The frames below hold the password.
            raise unreachable(exc, self.url) from exc.with_traceback(None)

    def _settings(self) -> dict[str, Any]:
        url, package = self.url, self.package
        flags = importlib.import_module(f"{package.__name__}.constants.CLIENT")
        given = {
            "host": url.host or "localhost",
            "port": url.port,
            "user": url.user,
            "password": url.password,
            "database": url.database,
            "unix_socket": url.option("unix_socket"),
        }
        return {
            "charset": "utf8mb4",
            "collation": "utf8mb4_bin",
            "autocommit": True,
            "client_flag": flags.FOUND_ROWS,
            "connect_timeout": max(1, round(url.seconds("connect_timeout", CONNECT_TIMEOUT))),
            "init_command": SESSION,
            "conv": _conversions(package.__name__),
            **({"binary_prefix": True, "multi_statements": False} if self._is_fast else {}),
            **(_fast_tls(url) if self._is_fast else _pure_tls(url)),
        } | {name: value for name, value in given.items() if value}

    def set_password(self, raw: Raw, new: str) -> None:
        mariadb = self.version(raw).product == "mariadb"
        raw.cursor().execute(_ALTER_USER_MARIADB if mariadb else _ALTER_USER, (new,))

    def tell(self, raw: Raw, acting: Acting) -> None:
        said = (acting.user or None, acting.why or None, acting.change or None, 1 if acting.inserts else None)
        raw.cursor().execute(_TELL, said)

    def close(self, raw: Raw) -> None:
        # Without this, closing in the middle of reading would first read to the end.
        with contextlib.suppress(OSError):
            _hang_up(self.fileno(raw))
        with contextlib.suppress(self.package.Error, OSError):
            raw.close()

    def shutdown(self) -> None:
        """Nothing is shared."""

    def before_fork(self, raw: Raw) -> bool:
        return False

    def abandon(self, raw: Raw) -> None:
        silence(self.fileno(raw))

    def fileno(self, raw: Raw) -> int:
        try:
            return int(raw.fileno() if self._is_fast else raw._sock.fileno())
        except (self.package.Error, AttributeError):
            return -1

    def ping(self, raw: Raw) -> bool:
        try:
            self.fetch(raw, "SELECT 1", ())
        except self.package.Error:
            return False
        return True

    def version(self, raw: Raw) -> ServerVersion:
        text = raw.get_server_info().removeprefix("5.5.5-")  # which MariaDB puts before for old clients
        return ServerVersion("mariadb" if "mariadb" in text.lower() else "mysql", numbers(text), text)

    def fetch(self, raw: Raw, sql: str, params: Params) -> list[Row]:
        cursor = raw.cursor()
        cursor.execute(sql, params)
        return list(cursor.fetchall())

    def execute(self, raw: Raw, sql: str, params: Params) -> Result:
        cursor = raw.cursor()
        cursor.execute(sql, params)
        rows = list(cursor.fetchall()) if cursor.description else []
        return Result(rows, cursor.rowcount, cursor.lastrowid or None, column_names(cursor))

    def execute_kept(self, raw: Raw, sql: str, params: Params) -> Result:
        return self.execute(raw, sql, params)

    def executemany(self, raw: Raw, sql: str, rows: Iterable[Params]) -> int:
        return int(raw.cursor().executemany(sql, list(rows)) or 0)

    def copy_rows(self, raw: Raw, sql: str, rows: Iterable[Params], types: Sequence[str]) -> int:
        raise QueryError("COPY is a statement of PostgreSQL; use executemany() on MySQL and MariaDB.")

    def stream(self, raw: Raw, sql: str, params: Params, size: int, own: bool) -> Generator[list[Row], None, None]:
        if not own:
            # The server sends nothing else on this connection until all rows are taken.
            rows = self.fetch(raw, sql, params)
            yield from (rows[start : start + size] for start in range(0, len(rows), size))
            return
        cursor = raw.cursor(self._streaming)
        finished = False
        try:
            cursor.execute(sql, params)
            while rows := list(cursor.fetchmany(size)):
                yield rows
            finished = True
        finally:
            if not finished:
                self._break_off(raw, cursor)
            with contextlib.suppress(self.package.Error, OSError):
                cursor.close()

    def _break_off(self, raw: Raw, cursor: Any) -> None:
        """End the connection, since else the cursor would first read what nobody wants."""
        with contextlib.suppress(OSError):
            _hang_up(self.fileno(raw))
        if not self._is_fast and cursor._result is not None:
            cursor._result.unbuffered_active = False  # or PyMySQL reads on when the cursor is destroyed

    def limit(self, raw: Raw, seconds: float | None) -> None:
        """MariaDB counts seconds, and MySQL the milliseconds of queries."""
        if self.version(raw).product == "mariadb":
            name, value = "max_statement_time", f"{seconds or 0:.3f}"
        else:
            name, value = "max_execution_time", f"{1000 * (seconds or 0):.0f}"
        raw.cursor().execute(f"SET SESSION {name} = {'DEFAULT' if seconds is None else value}")

    def begin(self, raw: Raw) -> None:
        raw.begin()

    def take_role(self, raw: Raw, role: str) -> None:
        quoted = "`" + role.replace("`", "``").replace("%", "%%") + "`"
        raw.cursor().execute(f"SET ROLE {quoted if role else 'NONE'}")

    def begin_committed(self, raw: Raw) -> None:
        raw.cursor().execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        raw.begin()

    def begin_snapshot(self, raw: Raw) -> None:
        cursor = raw.cursor()
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")

    def commit(self, raw: Raw) -> None:
        raw.commit()

    def ship(self, raw: Raw, orders: Sequence[Order], *, commit: bool) -> list[list[Row]]:
        """As one block without a name, which MariaDB has."""
        texts = [order.sql for order in orders for _ in order.rows]
        block = "; ".join(["START TRANSACTION", *texts, *(["COMMIT"] if commit else [])])
        cursor = raw.cursor()
        cursor.execute(f"BEGIN NOT ATOMIC {block}; END", [v for order in orders for row in order.rows for v in row])
        return []

    def rollback(self, raw: Raw) -> None:
        raw.rollback()

    def fate(self, exc: BaseException, raw: Raw) -> Fate:
        if not isinstance(exc, self.package.Error):
            return Fate.STATEMENT
        code = _code(exc)
        if code in LOST or isinstance(exc, self.package.InterfaceError):
            return Fate.LOST
        return Fate.RETRY if code in RETRIED else Fate.STATEMENT

    def ended(self, exc: BaseException, raw: Raw) -> bool:
        if self.fate(exc, raw) is not Fate.STATEMENT:
            return True
        # A lock that was not got in time ends the statement, or the transaction where the server is told so.
        return _code(exc) == 1205 and self.fetch(raw, "SELECT @@innodb_rollback_on_timeout", ()) == [(1,)]

    def translate(self, exc: BaseException, sql: str = "") -> LabwrightError | None:
        if isinstance(exc, UnicodeError):
            return failure(
                DataError, "The text has characters that are not Unicode, such as half a surrogate pair.", "bad_value"
            )
        package = self.package
        if not isinstance(exc, package.Error):
            return None
        if self.fate(exc, None) is Fate.LOST:
            return LostConnectionError(f"The connection to the server at {self.url.server} is lost: {exc}.")
        said = str(exc.args[1]) if len(exc.args) > 1 else str(exc)
        return described(_code(exc), said) or self._by_class(exc, said)

    def _by_class(self, exc: BaseException, said: str) -> LabwrightError:
        package = self.package
        if isinstance(exc, package.IntegrityError):
            return failure(IntegrityError, f"{said}.")
        if isinstance(exc, package.DataError) or "can not be used with MySQL" in said:
            return failure(DataError, f"A value does not fit: {said}.", "bad_value")
        if isinstance(exc, package.ProgrammingError | package.NotSupportedError):
            return failure(QueryError, f"The server refuses the statement: {said}.")
        return failure(ServerError, f"The server at {self.url.server} says: {said}.")


def _code(exc: BaseException) -> int:
    return exc.args[0] if exc.args and isinstance(exc.args[0], int) else 0


def _hang_up(fileno: int) -> None:
    if fileno >= 0:
        with socket.socket(fileno=os.dup(fileno)) as copy:
            copy.shutdown(socket.SHUT_RDWR)


def _fast_tls(url: DatabaseUrl) -> dict[str, Any]:
    mode = (
        url.option("sslmode").upper().replace("-", "_")
        or {None: "", True: "REQUIRED", False: "DISABLED"}[url.flag("use_tls")]
    )
    files = _files(url)
    return ({"ssl_mode": mode} if mode else {}) | ({"ssl": files} if files else {})


def _pure_tls(url: DatabaseUrl) -> dict[str, Any]:
    mode, files = url.option("sslmode").upper().replace("-", "_"), _files(url)
    if url.flag("use_tls") is False or mode == "DISABLED":
        return {"ssl_disabled": True}
    if not (url.flag("use_tls") or mode or files):
        return {}
    return {"ssl": {**files, "check_hostname": mode == "VERIFY_IDENTITY", "verify_mode": mode.startswith("VERIFY")}}


def _files(url: DatabaseUrl) -> dict[str, str]:
    names = {"ca": "sslrootcert", "cert": "sslcert", "key": "sslkey"}
    return {name: url.option(option) for name, option in names.items() if url.option(option)}


def _quoted_time(value: datetime.timedelta | datetime.time, _: Any = None) -> str:
    """Return a TIME literal, with its microseconds and its sign."""
    if isinstance(value, datetime.time):
        return f"'{value.isoformat()}'"
    sign, value = ("-", -value) if value < datetime.timedelta() else ("", value)
    minutes, seconds = divmod(value.days * 86400 + value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"'{sign}{hours:02}:{minutes:02}:{seconds:02}.{value.microseconds:06}'"


def _quoted_moment(value: datetime.datetime, _: Any = None) -> str:
    return f"'{value.isoformat(sep=' ')}'"


def _quoted_date(value: datetime.date, _: Any = None) -> str:
    return f"'{value.isoformat()}'"


@functools.cache
def _conversions(package: str) -> dict[Any, Any]:
    """Return a package's conversions with the same times in and out."""
    base = importlib.import_module(f"{package}.converters")
    fields = importlib.import_module(f"{package}.constants.FIELD_TYPE")
    read: dict[int, Callable[[Any], Any]] = {fields.TIME: _time, fields.DATE: _date}
    read |= dict.fromkeys((fields.DATETIME, fields.TIMESTAMP), _moment)
    write = {
        datetime.timedelta: _quoted_time,
        datetime.time: _quoted_time,
        datetime.datetime: _quoted_moment,
        datetime.date: _quoted_date,
    }
    return {**base.conversions, **read, **write}


def _text(value: str | bytes) -> str:
    return value.decode("ascii") if isinstance(value, bytes) else value


def _date(value: str | bytes) -> datetime.date | None:
    """Return a date; None for the zero dates of old tables."""
    try:
        return datetime.date.fromisoformat(_text(value))
    except ValueError:
        return None


def _moment(value: str | bytes) -> datetime.datetime | None:
    try:
        return datetime.datetime.fromisoformat(_text(value))
    except ValueError:
        return None


_TIME = re.compile(r"(-?)(\d+):(\d+):(\d+)(?:\.(\d+))?")


def _time(value: str | bytes) -> datetime.timedelta | None:
    match = _TIME.fullmatch(_text(value))
    if match is None:
        return None
    sign, hours, minutes, seconds, fraction = match.groups()
    size = datetime.timedelta(
        hours=int(hours), minutes=int(minutes), seconds=int(seconds), microseconds=int((fraction or "").ljust(6, "0"))
    )
    return -size if sign else size

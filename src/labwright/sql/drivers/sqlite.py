"""SQLite, through the standard library: one file, write-ahead log, foreign keys on."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import sqlite3
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from labwright.core.errors import (
    AccessError,
    ConfigError,
    DataError,
    DuplicateError,
    IntegrityError,
    LabwrightError,
    LockError,
    MissingTableError,
    QueryError,
    QuerySyntaxError,
    ServerError,
    TransactionError,
    UnknownAttributeError,
    VersionError,
    Violation,
)
from labwright.sql.acting import NOBODY, Acting, current
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
)
from labwright.sql.drivers.sqlite_acting import HUSH, SAY, speak, spoken, teach
from labwright.sql.drives import network_drive
from labwright.sql.functions import explain_unknown_function
from labwright.sql.url import DatabaseUrl

OLDEST: Final = (3, 37, 0)
"""The first SQLite with STRICT tables."""

BUSY_TIMEOUT: Final = 10.0

_memories = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Function:
    """A Python function that SQL statements may call."""

    name: str
    nargs: int
    call: Callable[..., Any]
    deterministic: bool = True


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A Python class with ``step`` and ``finalize`` that SQL statements may aggregate with."""

    name: str
    nargs: int
    kind: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Collation:
    """A Python function that orders two texts."""

    name: str
    compare: Callable[[str, str], int]


def register(raw: Raw, extensions: Iterable[Function | Aggregate | Collation]) -> None:
    """Make Python functions known to one raw connection; for the ``on_connect`` of a `Connection`."""
    for extension in extensions:
        match extension:
            case Function(name, nargs, call, deterministic):
                raw.create_function(name, nargs, call, deterministic=deterministic)
            case Aggregate(name, nargs, kind):
                raw.create_aggregate(name, nargs, kind)
            case Collation(name, compare):
                raw.create_collation(name, compare)


class _Timed(sqlite3.Connection):
    """A raw connection that can end a statement which takes too long."""

    _seconds: float | None = None
    _end = 0.0

    def limit(self, seconds: float | None) -> None:
        self._seconds = seconds
        self.set_progress_handler(None if seconds is None else self._is_late, _STEPS)

    def begin_to_count(self) -> None:
        if self._seconds is not None:
            self._end = time.monotonic() + self._seconds

    def execute(self, sql: str, params: Any = ()) -> sqlite3.Cursor:
        self.begin_to_count()
        return super().execute(sql, params)

    def executemany(self, sql: str, rows: Iterable[Any]) -> sqlite3.Cursor:
        self.begin_to_count()
        return super().executemany(sql, rows)

    def _is_late(self) -> bool:
        return self._seconds is not None and time.monotonic() > self._end


_STEPS: Final = 10_000
"""Steps of its machine after which SQLite asks whether it is to go on."""


class SQLiteDriver(Savepoints):
    """Speaks to one SQLite file, or to a database in memory that lives as long as the driver."""

    backend: Final = "sqlite"
    remembers: Final = False
    stamps: Final = True

    def __init__(self, url: DatabaseUrl) -> None:
        self.url = url
        self.patience = url.seconds("busy_timeout", BUSY_TIMEOUT)
        self._mode = _mode(url)
        self._memory = f"file:/labwright-{os.getpid()}-{next(_memories)}?vfs=memdb"
        self._anchor: Raw | None = None

    def connect(self) -> Raw:
        if sqlite3.sqlite_version_info < OLDEST:
            raise VersionError(
                f"Labwright needs SQLite {'.'.join(map(str, OLDEST[:2]))} or newer, and this Python has"
                f" {sqlite3.sqlite_version}. Install a newer Python."
            )
        if self.url.in_memory:
            return self._connect_memory()
        self._check_path()
        return self._open(f"{Path(self.url.path).absolute().as_uri()}?mode={self._mode}")

    def _connect_memory(self) -> Raw:
        # The database is gone with its last connection, so one is kept.
        if self._anchor is None:
            self._anchor = self._open(self._memory)
        return self._open(self._memory)

    def _check_path(self) -> None:
        path = Path(self.url.path)
        if path.is_dir():
            raise ConfigError(f"The SQLite database {str(path)!r} is a folder. Name a file in it, such as 'lab.db'.")
        if (drive := network_drive(path)) is not None:
            raise ConfigError(
                f"The SQLite file {str(path)!r} is on a network drive ({drive}), where two writers would damage it."
                " Keep it on a disk of this machine, or use PostgreSQL or MySQL to work from several machines."
            )
        if self._mode == "rwc":
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as exc:
                raise AccessError(
                    f"The folder {str(path.parent)!r} of the SQLite database cannot be made: {exc.strerror}."
                ) from exc

    def _open(self, uri: str) -> Raw:
        raw = None
        try:
            raw = sqlite3.connect(
                uri,
                factory=_Timed,
                uri=True,
                timeout=self.patience,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=512,
            )
            self._settle(raw)
        except Exception as exc:
            if raw is not None:
                raw.close()
            error = self.translate(exc)
            if error is None:
                raise
            raise error from exc
        return raw

    def _settle(self, raw: Raw) -> None:
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute("PRAGMA synchronous = NORMAL")
        teach(raw)
        for switch in ("SQLITE_DBCONFIG_DQS_DML", "SQLITE_DBCONFIG_DQS_DDL"):
            if hasattr(sqlite3, switch):  # since Python 3.12: an unknown "name" is an error and not a text
                raw.setconfig(getattr(sqlite3, switch), False)
        if not self.url.in_memory and raw.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            self._use_log(raw)

    def _use_log(self, raw: Raw) -> None:
        # The switch wants the file for itself and does not wait for it.
        deadline = time.monotonic() + self.patience
        while True:
            try:
                raw.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as exc:
                if _code(exc) in {"SQLITE_READONLY", "SQLITE_CANTOPEN"}:
                    return
                if _code(exc) not in {"SQLITE_BUSY", "SQLITE_LOCKED"} or time.monotonic() > deadline:
                    raise
            time.sleep(0.01)

    def tell(self, raw: Raw, acting: Acting) -> None:
        """The row is there as long as the transaction."""
        if acting == NOBODY:
            raw.execute(HUSH)
        else:
            raw.execute(SAY, (*speak(acting), acting.inserts))

    def close(self, raw: Raw) -> None:
        with contextlib.suppress(sqlite3.Error):
            raw.close()

    def set_password(self, raw: Raw, new: str) -> None:
        raise LabwrightError("A SQLite file has no users and no passwords; who may read the file may use it.")

    def shutdown(self) -> None:
        if self._anchor is not None:
            self._anchor.close()
            self._anchor = None

    def before_fork(self, raw: Raw) -> bool:
        # SQLite keeps the locks of a file per process; a child would believe that it holds its parent's.
        return not self.url.in_memory

    def abandon(self, raw: Raw) -> None:
        """Do nothing: closing it here would touch the files of the parent."""

    def fileno(self, raw: Raw) -> int:
        return -1

    def ping(self, raw: Raw) -> bool:
        try:
            raw.execute("SELECT 1").fetchall()
        except sqlite3.Error:
            return False
        return True

    def version(self, raw: Raw) -> ServerVersion:
        (text,) = raw.execute("SELECT sqlite_version()").fetchone()
        return ServerVersion("sqlite", numbers(text), text)

    def limit(self, raw: Raw, seconds: float | None) -> None:
        raw.limit(seconds)

    def fetch(self, raw: Raw, sql: str, params: Params) -> list[Row]:
        rows: list[Row] = raw.execute(sql, params).fetchall()
        return rows

    def execute(self, raw: Raw, sql: str, params: Params) -> Result:
        cursor = raw.execute(sql, params)
        rows = cursor.fetchall() if cursor.description else []
        rowcount = max(cursor.rowcount, len(rows) if cursor.description else -1)
        return Result(rows, rowcount, cursor.lastrowid, column_names(cursor))

    def execute_kept(self, raw: Raw, sql: str, params: Params) -> Result:
        token = spoken.set(speak(current.get()))
        try:
            return self.execute(raw, sql, params)
        finally:
            spoken.reset(token)

    def executemany(self, raw: Raw, sql: str, rows: Iterable[Params]) -> int:
        count: int = raw.executemany(sql, rows).rowcount
        return max(count, 0)

    def copy_rows(self, raw: Raw, sql: str, rows: Iterable[Params], types: Sequence[str]) -> int:
        raise QueryError("COPY is a statement of PostgreSQL; use executemany() on SQLite.")

    def stream(self, raw: Raw, sql: str, params: Params, size: int, own: bool) -> Generator[list[Row], None, None]:
        if own and self.url.in_memory and not raw.in_transaction:
            # Readers of a database in memory keep writers out, so the rows are taken at once.
            rows = self.fetch(raw, sql, params)
            yield from (rows[start : start + size] for start in range(0, len(rows), size))
            return
        cursor = raw.execute(sql, params)
        try:
            while rows := cursor.fetchmany(size):
                yield rows
                raw.begin_to_count()
        finally:
            cursor.close()

    def begin(self, raw: Raw) -> None:
        try:
            raw.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as exc:
            if _code(exc) != "SQLITE_READONLY":
                raise
            raw.execute("BEGIN")

    begin_committed = begin

    def begin_snapshot(self, raw: Raw) -> None:
        raw.execute("BEGIN")
        raw.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()  # from here on it is what others do not change

    def commit(self, raw: Raw) -> None:
        raw.execute("COMMIT")

    def ship(self, raw: Raw, orders: Sequence[Order], *, commit: bool) -> list[list[Row]]:
        self.begin(raw)
        answers = [_answer(raw, order) for order in orders]
        if commit:
            raw.execute("COMMIT")
        return answers

    def rollback(self, raw: Raw) -> None:
        if raw.in_transaction:
            raw.execute("ROLLBACK")

    def fate(self, exc: BaseException, raw: Raw) -> Fate:
        return Fate.RETRY if _code(exc) in {"SQLITE_BUSY", "SQLITE_LOCKED"} else Fate.STATEMENT

    def ended(self, exc: BaseException, raw: Raw) -> bool:
        return not raw.in_transaction

    def translate(self, exc: BaseException, sql: str = "") -> LabwrightError | None:
        if isinstance(exc, OverflowError | UnicodeError | sqlite3.InterfaceError):
            return _bad_value(exc)
        if not isinstance(exc, sqlite3.Error):
            return None
        code = _code(exc)
        if code == "SQLITE_CONSTRAINT":
            return _constraint(exc, sql)
        if code in _FILE_ERRORS:
            kind, reason, text = _FILE_ERRORS[code]
            return failure(kind, text.format(file=self.url.path, seconds=self.patience, said=exc), reason)
        return _from_text(exc)


def _answer(raw: Raw, order: Order) -> list[Row]:
    if len(order.rows) != 1:
        raw.executemany(order.sql, order.rows)
        return []
    rows: list[Row] = raw.execute(order.sql, order.rows[0]).fetchall()
    return rows


def _mode(url: DatabaseUrl) -> str:
    mode = url.option("mode", "rwc")
    if mode not in {"ro", "rw", "rwc"}:
        raise ConfigError(f"The option 'mode' of a SQLite URL is 'ro', 'rw' or 'rwc', not {mode!r}.")
    return mode


def _code(exc: BaseException) -> str:
    """Return the primary code of an error: ``SQLITE_BUSY`` for ``SQLITE_BUSY_SNAPSHOT``."""
    return _CODES.get(getattr(exc, "sqlite_errorcode", 0) & 0xFF, "")


_FILE_ERRORS: Final[dict[str, tuple[type[LabwrightError], str, str]]] = {
    "SQLITE_BUSY": (
        LockError,
        "locked",
        (
            "The SQLite file {file!r} was locked by another process or thread for more than {seconds:g} s. End what"
            " keeps it open in a transaction, raise the option 'busy_timeout', or use PostgreSQL for many writers."
        ),
    ),
    "SQLITE_LOCKED": (
        LockError,
        "locked",
        "A table in the SQLite file {file!r} is in use by another statement of this program. Finish reading first.",
    ),
    "SQLITE_READONLY": (
        AccessError,
        "read_only",
        (
            "The SQLite file {file!r} is read-only ({said}). Allow writing to the file and its folder, or open it"
            " without mode=ro."
        ),
    ),
    "SQLITE_FULL": (
        ServerError,
        "full",
        "There is no room left for the SQLite file {file!r} ({said}). Free some; nothing was half written.",
    ),
    "SQLITE_NOMEM": (ServerError, "full", "There is not enough memory for this statement ({said})."),
    "SQLITE_CORRUPT": (
        ServerError,
        "corrupt",
        (
            "The SQLite file {file!r} is damaged ({said}). Restore it from a backup; the command"
            " `sqlite3 FILE .recover` may save what is in it."
        ),
    ),
    "SQLITE_NOTADB": (
        ServerError,
        "corrupt",
        "The file {file!r} is not a SQLite database. Name another file, or one that does not exist yet.",
    ),
    "SQLITE_IOERR": (ServerError, "other", "The SQLite file {file!r} cannot be read or written ({said})."),
    "SQLITE_CANTOPEN": (
        AccessError,
        "denied",
        (
            "The SQLite file {file!r} cannot be opened ({said}). Check that it exists, or may be made, and that you may"
            " read and write its folder."
        ),
    ),
    "SQLITE_PERM": (AccessError, "denied", "The SQLite file {file!r} may not be used ({said})."),
    "SQLITE_AUTH": (AccessError, "denied", "This statement is not allowed ({said})."),
    "SQLITE_ABORT": (
        TransactionError,
        "other",
        "The transaction ended while its rows were still being read. Read them to the end first.",
    ),
    "SQLITE_INTERRUPT": (ServerError, "timeout", "The statement was interrupted."),
}

_CODES: Final = {getattr(sqlite3, name): name for name in (*_FILE_ERRORS, "SQLITE_CONSTRAINT")}

_DATATYPE: Final = 3091
"""SQLITE_CONSTRAINT_DATATYPE, which this library of Python has no name for."""

_CONSTRAINTS: Final[dict[str, tuple[type[LabwrightError], str, str]]] = {
    "PRIMARYKEY": (DuplicateError, "unique", "A row with the same {columns} is already in {table}."),
    "UNIQUE": (DuplicateError, "unique", "A row with the same {columns} is already in {table}."),
    "ROWID": (DuplicateError, "unique", "A row with the same {columns} is already in {table}."),
    "NOTNULL": (IntegrityError, "not_null", "The attribute {columns} of {table} must have a value."),
    "DATATYPE": (DataError, "bad_value", "{said}."),
}


def _constraint(exc: sqlite3.Error, sql: str) -> LabwrightError:
    said = str(exc)
    name = "DATATYPE" if exc.sqlite_errorcode == _DATATYPE else exc.sqlite_errorname.removeprefix("SQLITE_CONSTRAINT_")
    if name == "FOREIGNKEY" or said == "FOREIGN KEY constraint failed":  # which RESTRICT reports as a trigger
        return _foreign_key(sql)
    detail = said.partition("constraint failed: ")[2]
    if name == "TRIGGER":
        return failure(IntegrityError, f"{said}.", "rule")
    if name == "CHECK":
        return failure(IntegrityError, f"The check {detail} does not hold.", "check", constraint=detail)
    kind, reason, text = _CONSTRAINTS.get(name, (IntegrityError, "other", "{said}."))
    violation = _names(detail, said, reason)
    columns = ", ".join(violation.columns) or "indexed values"
    error = kind(text.format(columns=columns, table=violation.table or "the table", said=said))
    error.violation = violation
    return error


def _names(detail: str, said: str, reason: str) -> Violation:
    """Return what ``table.a, table.b`` or ``index 'i'`` or ``... column table.a`` names."""
    if index := re.fullmatch(r"index '(.*)'", detail):
        return Violation(reason, constraint=index[1])
    if typed := re.search(r" column (\S+)$", said):
        detail = typed[1]
    pairs = [name.rpartition(".") for name in detail.split(", ") if "." in name]
    return Violation(reason, pairs[0][0] if pairs else None, tuple(column for _, _, column in pairs))


def _foreign_key(sql: str) -> LabwrightError:
    if re.match(r"\s*(delete|drop)\b", sql, re.IGNORECASE):
        return failure(IntegrityError, "Rows of other tables refer to this row. Delete those first.", "has_children")
    return failure(
        IntegrityError, "The row refers to a row that does not exist. Insert that one first.", "missing_parent"
    )


def _bad_value(exc: BaseException) -> LabwrightError:
    if isinstance(exc, OverflowError):
        return failure(DataError, "The number is beyond the 64-bit integers that SQLite holds.", "out_of_range")
    if isinstance(exc, UnicodeError):
        return failure(
            DataError, "The text has characters that are not Unicode, such as half a surrogate pair.", "bad_value"
        )
    return failure(DataError, f"SQLite cannot hold this value: {exc}.", "bad_value")


_OUT_OF_RANGE: Final = (
    "A value is out of range: a whole number beyond 64 bits, a number too great for a float, or a text or"
    " bytes longer than it can hold. Compute with decimals or floats, e.g. cast(a as decimal(20, 0)) * b."
)
_TEXTS: Final[tuple[tuple[str, type[LabwrightError], str], ...]] = (
    (r"no such table: (?:main\.)?(.+)", MissingTableError, "missing"),
    (r"no such column: (.+)", UnknownAttributeError, "missing"),
    (r"table (?:.+) has no column named (.+)", UnknownAttributeError, "missing"),
    (r"(?:table|index|view|trigger) (.+) already exists", QueryError, "exists"),
    (r"type '.*' is not supported", DataError, "bad_value"),
    (r"syntax error|incomplete input|unrecognized token|misuse of", QuerySyntaxError, "other"),
)


def _from_text(exc: sqlite3.Error) -> LabwrightError:
    said = str(exc)
    if function := re.search(r"no such function: (\S+)", said):
        return failure(QueryError, explain_unknown_function(function[1], "SQLite"), "missing")
    if re.search(r"string or blob too big|integer overflow", said):  # the first also where a function of ours overflows
        return failure(DataError, _OUT_OF_RANGE, "out_of_range")
    for pattern, kind, reason in _TEXTS:
        if match := re.search(pattern, said):
            name = match[1] if match.lastindex else None
            table = name if kind is MissingTableError else None
            columns = (name,) if name and kind is UnknownAttributeError else ()
            return failure(kind, f"SQLite says: {said}.", reason, table=table, columns=columns)
    return failure(QueryError, f"SQLite refuses the statement: {said}.")

"""PostgreSQL, through psycopg 3: binary results, statements prepared after their fifth use."""

from __future__ import annotations

import contextlib
import functools
import itertools
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from types import ModuleType
from typing import Any, Final

from labwright.core.errors import (
    AccessError,
    ConfigError,
    DataError,
    DuplicateError,
    IntegrityError,
    LabwrightError,
    LockError,
    LostConnectionError,
    MissingPackageError,
    MissingTableError,
    QueryError,
    QuerySyntaxError,
    ServerError,
    TransactionError,
    UnknownAttributeError,
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
from labwright.sql.drivers.postgres_types import Loaders
from labwright.sql.functions import explain_unknown_function
from labwright.sql.url import DatabaseUrl

CONNECT_TIMEOUT: Final = 10.0
SILENCE: Final = 60
"""Seconds after which each side gives up the other, so that locks of a machine that has vanished do not stay."""

_TELL: Final = "SELECT " + ", ".join(
    f"set_config('labwright.{name}', %s, false)" for name in ("user", "why", "change", "inserts")
)
_ROLE: Final = "SELECT set_config('role', %s, true)"
"""As SET LOCAL ROLE, with the name as a value."""
_LIMIT: Final = "SELECT set_config('statement_timeout', %s, false)"
_WATCH: Final = "SELECT " + ", ".join(
    f"set_config('tcp_{name}', '{value}', false)"
    for name, value in (
        ("keepalives_idle", SILENCE // 2),
        ("keepalives_interval", SILENCE // 6),
        ("keepalives_count", 3),
        ("user_timeout", SILENCE * 1000),
    )
)
_NO_ROLE: Final = re.compile(r'^permission denied to set role|^role ".*" does not exist')
_cursors = itertools.count(1)


class PostgresDriver(Savepoints):
    """Speaks to one database of a PostgreSQL server."""

    backend: Final = "postgres"
    remembers: Final = True
    stamps: Final = False
    patience: Final = float("inf")

    def __init__(self, url: DatabaseUrl) -> None:
        self.url = url
        self._prepare = _prepare_threshold(url)

    @functools.cached_property
    def _psycopg(self) -> ModuleType:
        try:
            import psycopg
        except ImportError as exc:
            raise MissingPackageError(
                "PostgreSQL needs the package psycopg. Install it with: pip install 'labwright[postgres]'"
            ) from exc
        return psycopg

    @functools.cached_property
    def _loaders(self) -> Loaders:
        return Loaders()

    def connect(self) -> Raw:
        psycopg = self._psycopg
        try:
            raw = psycopg.connect(autocommit=True, prepare_threshold=self._prepare, **self._settings())
        except psycopg.Error as exc:
            # The frames below hold the password.
            raise self._unreachable(exc) from exc.with_traceback(None)
        self._loaders.register(raw)
        if raw.info.hostaddr:  # which a socket of this machine has not
            raw.execute(_WATCH, prepare=False)
        return raw

    def _settings(self) -> dict[str, Any]:
        url = self.url
        given = {
            "host": url.option("unix_socket") or url.host,
            "port": url.port,
            "user": url.user,
            "password": url.password,
            "dbname": url.database or "postgres",
            "sslmode": url.option("sslmode") or {None: "", True: "require", False: "disable"}[url.flag("use_tls")],
            **{name: url.option(name) for name in ("sslcert", "sslkey", "sslrootcert")},
        }
        return {
            "application_name": "labwright",
            "client_encoding": "UTF8",
            "connect_timeout": max(2, round(url.seconds("connect_timeout", CONNECT_TIMEOUT))),
            "keepalives": 1,
            "keepalives_idle": SILENCE // 2,
            "keepalives_interval": SILENCE // 6,
            "keepalives_count": 3,
            "tcp_user_timeout": SILENCE * 1000,
        } | {name: value for name, value in given.items() if value}

    def _unreachable(self, exc: BaseException) -> LabwrightError:
        said, where, user = str(exc), self.url.server, self.url.user or "the default user"
        if re.search(r"password|authentication|pg_hba|role .* does not exist", said):
            return failure(
                AccessError,
                f"PostgreSQL at {where} refuses {user}. Check the user and the password, and that the server's"
                " pg_hba.conf lets this user in from here.",
                "password",
            )
        if re.search(r"database .* does not exist", said):
            name = self.url.database or "postgres"
            return failure(
                ConfigError,
                f"PostgreSQL at {where} has no database {name!r}. Create it with: CREATE DATABASE {name}",
                "missing",
            )
        if "too many" in said:
            return failure(
                ServerError, f"PostgreSQL at {where} has no connections left. Close some, or try later.", "full"
            )
        return LostConnectionError(
            f"PostgreSQL at {where} cannot be reached: {_brief(said)}. Check that it runs, and the host and port."
        )

    def set_password(self, raw: Raw, new: str) -> None:
        user = raw.execute("SELECT current_user::text").fetchone()[0]
        checked = raw.pgconn.encrypt_password(new.encode(), user.encode())  # so that no log holds the password
        text = self._psycopg.sql.SQL("ALTER ROLE {} PASSWORD {}")
        raw.execute(text.format(self._psycopg.sql.Identifier(user), checked.decode()))

    def tell(self, raw: Raw, acting: Acting) -> None:
        said = (acting.user, acting.why, acting.change, "1" if acting.inserts else "")
        raw.execute(_TELL, said)

    def close(self, raw: Raw) -> None:
        with contextlib.suppress(self._psycopg.Error):
            raw.close()

    def shutdown(self) -> None:
        """Nothing is shared."""

    def before_fork(self, raw: Raw) -> bool:
        return False

    def abandon(self, raw: Raw) -> None:
        silence(self.fileno(raw))

    def fileno(self, raw: Raw) -> int:
        try:
            return int(raw.fileno())
        except self._psycopg.Error:
            return -1

    def ping(self, raw: Raw) -> bool:
        try:
            raw.execute("SELECT 1")
        except self._psycopg.Error:
            return False
        return True

    def version(self, raw: Raw) -> ServerVersion:
        text = raw.info.parameter_status("server_version") or ""
        return ServerVersion("postgres", numbers(text), text)

    def fetch(self, raw: Raw, sql: str, params: Params) -> list[Row]:
        rows: list[Row] = raw.execute(sql, params, binary=True).fetchall()
        if self._loaders.met:
            self._loaders.learn(raw)
        return rows

    def execute(self, raw: Raw, sql: str, params: Params) -> Result:
        cursor = raw.execute(sql, params, binary=True)
        rows = cursor.fetchall() if cursor.description else []
        return Result(rows, cursor.rowcount, names=column_names(cursor))

    def execute_kept(self, raw: Raw, sql: str, params: Params) -> Result:
        return self.execute(raw, sql, params)

    def executemany(self, raw: Raw, sql: str, rows: Iterable[Params]) -> int:
        with raw.cursor() as cursor:
            cursor.executemany(sql, rows)
            return int(max(cursor.rowcount, 0))

    def copy_rows(self, raw: Raw, sql: str, rows: Iterable[Params], types: Sequence[str]) -> int:
        with raw.cursor() as cursor:
            with cursor.copy(sql) as copy:
                if types:
                    copy.set_types(types)
                write = copy.write_row
                for row in rows:
                    write(row)
            return int(cursor.rowcount)

    def stream(self, raw: Raw, sql: str, params: Params, size: int, own: bool) -> Generator[list[Row], None, None]:
        own = own and raw.info.transaction_status == self._psycopg.pq.TransactionStatus.IDLE
        if own:
            raw.execute("BEGIN READ ONLY")
        cursor = raw.cursor(f"labwright_{next(_cursors)}", binary=True)
        try:
            cursor.execute(sql, params)
            while rows := cursor.fetchmany(size):
                yield rows
        finally:
            with contextlib.suppress(self._psycopg.Error):
                cursor.close()
        if own:
            raw.execute("COMMIT")

    def limit(self, raw: Raw, seconds: float | None) -> None:
        if seconds is None:
            raw.execute("RESET statement_timeout")
        else:
            raw.execute(_LIMIT, (str(max(1, round(seconds * 1000))),))

    def begin(self, raw: Raw) -> None:
        raw.execute("BEGIN")

    def take_role(self, raw: Raw, role: str) -> None:
        raw.execute(_ROLE, (role or "none",))

    @contextlib.contextmanager
    def alone_as(self, raw: Raw, role: str) -> Iterator[None]:
        try:
            with raw.pipeline():  # begun together with the statement, and ended with one more answer
                raw.execute("BEGIN")
                self.take_role(raw, role)
                yield
                last = raw.execute("COMMIT")
            _check_committed(last)
        except BaseException:
            with contextlib.suppress(self._psycopg.Error):
                raw.rollback()
            raise

    begin_committed = begin

    def begin_snapshot(self, raw: Raw) -> None:
        raw.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    def commit(self, raw: Raw) -> None:
        _check_committed(raw.execute("COMMIT"))

    def ship(self, raw: Raw, orders: Sequence[Order], *, commit: bool) -> list[list[Row]]:
        if commit and len(orders) == 1 and len(orders[0].rows) == 1:  # which is a transaction of its own
            return [self.execute(raw, orders[0].sql, orders[0].rows[0]).rows]
        return self._ship_several(raw, orders, commit=commit)

    def _ship_several(self, raw: Raw, orders: Sequence[Order], *, commit: bool) -> list[list[Row]]:
        failed: Exception | None = None
        cursors: list[Any] = []
        last: Any = None
        error = self._psycopg.Error
        try:
            with raw.pipeline():
                try:
                    raw.execute("BEGIN")
                    cursors.extend(_sent(raw, order) for order in orders)
                    if commit:
                        last = raw.execute("COMMIT")
                except error as exc:
                    failed = exc
        except error as exc:  # when what the server has to say was awaited
            failed = failed or exc
        if failed is not None:
            raise failed
        if last is not None:
            _check_committed(last)
        return [cursor.fetchall() if cursor.description else [] for cursor in cursors]

    def rollback(self, raw: Raw) -> None:
        raw.rollback()  # which also forgets what was to be prepared, and was passed over after an error

    def fate(self, exc: BaseException, raw: Raw) -> Fate:
        state = getattr(exc, "sqlstate", None) or ""
        if raw.closed or state.startswith("08") or state in {"57P01", "57P02", "57P03"}:
            return Fate.LOST
        if state in {"40001", "40P01"}:
            return Fate.RETRY
        if state in {"26000", "42804"} or (state == "0A000" and "cached plan" in str(exc)):
            # 42804: the table was made again with other types than those the statement was prepared for.
            return Fate.REPLAN
        return Fate.STATEMENT

    def ended(self, exc: BaseException, raw: Raw) -> bool:
        return self.fate(exc, raw) is Fate.LOST

    def translate(self, exc: BaseException, sql: str = "") -> LabwrightError | None:
        if isinstance(exc, UnicodeError):
            return failure(
                DataError, "The text has characters that are not Unicode, such as half a surrogate pair.", "bad_value"
            )
        if not isinstance(exc, self._psycopg.Error):
            return None
        state = exc.sqlstate or ""
        if not state:
            return self._without_state(exc)
        if _NO_ROLE.search(str(exc)):
            user = self.url.user or "the user who has logged in"
            advice = f"Make it, and GRANT it to {user}."
            return failure(
                AccessError, f"PostgreSQL does not let {user} take a role: {_brief(str(exc))}. {advice}", "denied"
            )
        kind, reason, text = _STATES.get(state) or _CLASSES.get(state[:2]) or (ServerError, "other", "{said}.")
        return _described(exc, kind, reason, text)

    def _without_state(self, exc: BaseException) -> LabwrightError:
        psycopg, said = self._psycopg, _brief(str(exc))
        if isinstance(exc, psycopg.DataError):
            return failure(DataError, f"PostgreSQL cannot hold or give this value: {said}.", "bad_value")
        if isinstance(exc, psycopg.ProgrammingError | psycopg.NotSupportedError):
            return failure(QueryError, f"The statement does not fit: {said}.")
        return LostConnectionError(f"The connection to PostgreSQL at {self.url.server} is lost: {said}.")


def _sent(raw: Raw, order: Order) -> Any:
    """The cursor that will have what a statement gives."""
    if len(order.rows) == 1:
        return raw.execute(order.sql, order.rows[0], binary=True)
    cursor = raw.cursor()
    cursor.executemany(order.sql, order.rows)
    return cursor


def _check_committed(cursor: Any) -> None:
    # The server answers COMMIT with ROLLBACK when a statement has failed before.
    if cursor.statusmessage == "ROLLBACK":
        raise TransactionError(
            "Nothing of the transaction is stored, since one of its statements had failed. Let that error end the"
            " block, or wrap the statement that may fail in `with connection.atomic():`."
        )


def _prepare_threshold(url: DatabaseUrl) -> int | None:
    text = url.option("prepare_threshold", "5")
    if text == "none":
        return None
    if not text.isdecimal():
        raise ConfigError(f"The option 'prepare_threshold' is a number or 'none', not {text!r}.")
    return int(text)


def _brief(said: str) -> str:
    return " ".join(said.split()).rstrip(".")


_DUPLICATE: Final = "A row with the same {columns} is already in {table}."
_LOST: Final = "The connection to PostgreSQL is lost: {said}."

_STATES: Final[dict[str, tuple[type[LabwrightError], str, str]]] = {
    "23505": (DuplicateError, "unique", _DUPLICATE),
    "23502": (IntegrityError, "not_null", "The attribute {columns} of {table} must have a value."),
    "23514": (IntegrityError, "check", "The check {constraint} of {table} does not hold."),
    "23P01": (IntegrityError, "rule", "The row overlaps with another one in {table} ({constraint})."),
    "23R01": (IntegrityError, "rule", "{said}."),
    "23503": (IntegrityError, "missing_parent", "{said}."),
    "22001": (DataError, "too_long", "A text is too long: {said}."),
    "22003": (DataError, "out_of_range", "A number is out of range: {said}."),
    "22008": (DataError, "out_of_range", "A date or time is out of range: {said}."),
    "25P02": (
        TransactionError,
        "other",
        (
            "An earlier statement of this transaction failed, so it can only be undone. Wrap a statement that may fail"
            " in `with connection.atomic():`."
        ),
    ),
    "34000": (
        TransactionError,
        "other",
        "The transaction ended while its rows were still being read. Read them to the end first.",
    ),
    "25006": (ServerError, "read_only", "The database can only be read now: {said}."),
    "26000": (
        ServerError,
        "other",
        "A prepared statement is gone ({said}). Behind a pooler use ?prepare_threshold=none.",
    ),
    "0A000": (QueryError, "other", "PostgreSQL cannot do this: {said}."),
    "3F000": (MissingTableError, "missing", "{said}."),
    "3D000": (ConfigError, "missing", "{said}."),
    "42P01": (MissingTableError, "missing", "{said}."),
    "42703": (UnknownAttributeError, "missing", "{said}."),
    "42501": (AccessError, "denied", "{said}. Ask the owner of the database for the right."),
    "42P07": (QueryError, "exists", "{said}."),
    "42710": (QueryError, "exists", "{said}."),
    "42P06": (QueryError, "exists", "{said}."),
    "42701": (QueryError, "exists", "{said}."),
    "53100": (ServerError, "full", "The disk of the PostgreSQL server is full: {said}. Nothing was half written."),
    "53200": (ServerError, "full", "The PostgreSQL server is out of memory: {said}."),
    "53300": (ServerError, "full", "The PostgreSQL server has no connections left: {said}."),
    "40001": (
        LockError,
        "serialization",
        "Another transaction changed the same rows meanwhile. Nothing of this one is stored; repeat it.",
    ),
    "40P01": (
        LockError,
        "deadlock",
        (
            "Two transactions waited for each other and this one was ended. Nothing of it is stored; repeat it, and"
            " change tables in the same order everywhere."
        ),
    ),
    "55P03": (LockError, "locked", "Somebody else holds the lock for too long: {said}."),
    "57014": (ServerError, "timeout", "PostgreSQL ended the statement: {said}."),
    "57P01": (LostConnectionError, "other", _LOST),
    "57P02": (LostConnectionError, "other", _LOST),
    "57P03": (LostConnectionError, "other", _LOST),
    "P0001": (IntegrityError, "rule", "{said}."),
    "XX001": (ServerError, "corrupt", "PostgreSQL reports damaged data: {said}."),
    "XX002": (ServerError, "corrupt", "PostgreSQL reports a damaged index: {said}."),
}

_CLASSES: Final[dict[str, tuple[type[LabwrightError], str, str]]] = {
    "08": (LostConnectionError, "other", _LOST),
    "22": (DataError, "bad_value", "A value does not fit: {said}."),
    "23": (IntegrityError, "other", "{said}."),
    "25": (TransactionError, "other", "{said}."),
    "28": (AccessError, "password", "{said}."),
    "40": (LockError, "serialization", "The transaction was ended: {said}. Nothing of it is stored; repeat it."),
    "42": (QuerySyntaxError, "other", "PostgreSQL cannot read the statement: {said}."),
    "0A": (QueryError, "other", "PostgreSQL cannot do this: {said}."),
    "58": (ServerError, "full", "The PostgreSQL server has a problem with its files: {said}."),
}


def _described(exc: Any, kind: type[LabwrightError], reason: str, text: str) -> LabwrightError:
    diag = exc.diag
    table = ".".join(name for name in (diag.schema_name, diag.table_name) if name) or None
    columns, references = _detail(diag.message_detail or "")
    if diag.column_name:
        columns = (diag.column_name,)
    if reason == "missing_parent":
        reason, text, references = _foreign_key(diag.message_detail or "", references)
    said = _brief(diag.message_primary or str(exc))
    if function := _FUNCTION.match(said):
        return failure(QueryError, explain_unknown_function(function[1], "PostgreSQL"), "missing")
    message = text.format(
        said=said,
        columns=", ".join(columns) or "values",
        table=table or "the table",
        constraint=diag.constraint_name,
        references=references,
    )
    missing = _MISSING.search(said) if reason == "missing" else None
    if missing and kind is UnknownAttributeError:
        columns = (missing[1].rpartition(".")[2],)
    elif missing and table is None:
        table = missing[1]
    return failure(
        kind, message, reason, table=table, columns=columns, constraint=diag.constraint_name, references=references
    )


_FUNCTION = re.compile(r"function (\S+\(.*\)) does not exist")
_MISSING = re.compile(r"[\"“«]?([^\"”»\s]+)[\"”»]? does not exist")
_DETAIL = re.compile(r'\((.+?)\)=\(.*"(.+)"\.?$|\((.+?)\)=', re.DOTALL)


def _detail(detail: str) -> tuple[tuple[str, ...], str | None]:
    """Return the columns and the other table of ``Key (a, b)=(1, 2) is not present in table "t".``."""
    match = _DETAIL.search(detail)
    if match is None:
        return (), None
    names = match[1] or match[3]
    return tuple(name.strip().strip('"') for name in names.split(",")), match[2]


def _foreign_key(detail: str, references: str | None) -> tuple[str, str, str | None]:
    if "referenced" in detail:
        text = "Rows of {references} refer to this row by {columns}. Delete those first."
        return "has_children", text, references
    return "missing_parent", "The row refers by {columns} to a row of {references} that does not exist.", references

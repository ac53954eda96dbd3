"""A database, as everything above sees it: statements in, rows out, transactions in between."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NoReturn, TypeVar

from labwright.core.errors import ConfigError, DataError, LabwrightError, TransactionError
from labwright.core.limits import current as permitted
from labwright.sql.acting import current
from labwright.sql.address import as_url
from labwright.sql.administration import Administration
from labwright.sql.deferred import Deferred, store_together
from labwright.sql.demand import Demand
from labwright.sql.drivers import Result, ServerVersion, driver_for
from labwright.sql.drivers.base import Params, Raw, Row
from labwright.sql.pool import POOL_SIZE, Entry, Pool
from labwright.sql.reads import Reads
from labwright.sql.recheck import Known
from labwright.sql.recovery import Recovery
from labwright.sql.session_lock import SessionLock, session_lock
from labwright.sql.transaction import Committed, Later, Snapshot, Transaction, raise_translated, take_role
from labwright.sql.url import DatabaseUrl

T = TypeVar("T")


class Connection(Administration):
    """A database that any number of threads and tasks may use at the same time.

    Statements outside a transaction borrow one of a few open connections; a transaction keeps one for the
    thread or task that began it, and nobody else sees it. Nothing is opened before the first statement.

    Parameters
    ----------
    url : DatabaseUrl or str
        Where the database is; see `parse_url`. Or the host, with user, password, port and use_tls behind it.
    **parts
        The same by name: host, user, password, port, use_tls, backend, and name for PostgreSQL's database.
    on_connect : callable or None
        Called with each raw connection after it was opened, e.g. to register functions with SQLite.
    init_fun : str or None
        A statement that is run on each of them, e.g. to set a variable of the session.
    pool_size : int
        How many connections may be in use at a time.

    Examples
    --------
    >>> with Connection("sqlite:///:memory:") as connection:
    ...     connection.fetch("SELECT ? + 1", (41,))
    [(42,)]
    """

    def __init__(
        self,
        url: DatabaseUrl | str | None = None,
        *classic: Any,
        on_connect: Callable[[Raw], object] | None = None,
        init_fun: str | None = None,
        pool_size: int = POOL_SIZE,
        **parts: Any,
    ) -> None:
        super().__init__()
        self.url = _absolute(as_url(url, classic, parts))
        self._driver = driver_for(self.url)
        self._pool = Pool(self._driver, pool_size, self._first(init_fun, on_connect) if init_fun else on_connect)
        self._current: ContextVar[Transaction | None] = ContextVar("transaction", default=None)
        self._version: ServerVersion | None = None
        self._known = Known(lambda: self.server_version.product)

    def take_no_roles(self) -> None:
        """Do what is done with the rights of the user who logs in, whatever role somebody has taken who acts."""
        self._driver.takes_roles = False

    def __repr__(self) -> str:
        return f"<Connection {self.url}>"

    def __reduce__(self) -> NoReturn:
        raise LabwrightError(
            "A connection stays in its process, and is not copied. Give the other process the settings or the address "
            f"({self.url}), and let it connect by itself."
        )

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def backend(self) -> str:
        """``'sqlite'``, ``'postgres'`` or ``'mysql'``."""
        return self.url.backend

    @property
    def is_connected(self) -> bool:
        """True when a connection is open; asks nobody."""
        return self._pool.is_connected

    @property
    def server_version(self) -> ServerVersion:
        """The product and version of the database that answers."""
        if self._version is None:
            self._version = self._alone(lambda raw, _sql, _none: self._driver.version(raw), "SELECT", None)
        return self._version

    def _first(self, statement: str, then: Callable[[Raw], object] | None) -> Callable[[Raw], None]:
        """What is done with a new connection: the user's statement, then ours."""
        driver = self._driver

        def prepare(raw: Raw) -> None:
            try:
                driver.execute(raw, statement, ())
            except BaseException as exc:
                said = driver.translate(exc, statement)
                if said is None:
                    raise
                raise ConfigError(
                    f"The statement that is run on every new connection (connection.init_function) fails: {said}"
                ) from exc
            if then is not None:
                then(raw)

        return prepare

    def set_password(self, new: Any) -> None:
        """Change the password of this connection's user, and use it for the sessions that are opened from now on.

        It is not written anywhere: settings that hold the old one have to be changed as well. On PostgreSQL the
        server is only told what the password is checked against.

        Parameters
        ----------
        new : str
            The password.

        Raises
        ------
        LabwrightError
            On SQLite, whose files have none, and where the server refuses it.
        """
        if not isinstance(new, str) or not new or "\0" in new:
            raise DataError("A password is a text that is not empty, and has no NUL character.")
        self._alone(lambda raw, _sql, _none: self._driver.set_password(raw, new), "ALTER USER", None, write=True)
        self.url = self._driver.url = replace(self.url, password=new)

    def connect(self) -> Connection:
        """Connect now rather than with the first statement, also after `close`."""
        self._pool.open()
        self.ping()
        return self

    def ping(self) -> None:
        """Ask the database for an answer; connect again when the connection was lost."""
        self.fetch("SELECT 1")

    def close(self) -> None:
        """Close everything that is open."""
        if self._mine() is not None:
            self.cancel_transaction()
        self._pool.close()

    def fetch(self, sql: str, params: Params = ()) -> list[Row]:
        """Return all rows of a query.

        Parameters
        ----------
        sql : str
            With ``?`` for each value on SQLite and ``%s`` elsewhere, where a literal ``%`` is written ``%%``.
        params : sequence
            The values.
        """
        return self._run(self._driver.fetch, sql, params)

    def execute(
        self, sql: str, params: Params = (), *, write: bool = False, kept: bool = False, later: Later | None = None
    ) -> Result:
        """Run one statement and return its rows and counts.

        Parameters
        ----------
        sql, params : str, sequence
            As for `fetch`.
        write : bool
            Says that a query changes something (by a function that it calls, say), so that it is never repeated.
        kept : bool
            Says that triggers keep what it changes, for which they are told who acts.
        later : Later, optional
            Says of an insert that a computation may send it later.
        """
        if kept:
            return self._execute_kept(sql, params)
        if later is not None and (transaction := self._mine()) is not None:
            return transaction.insert(self._driver.execute, sql, params, later) or Result([], -1)
        return self._run(self._driver.execute, sql, params, write=write)

    def _execute_kept(self, sql: str, params: Params) -> Result:
        transaction, driver = self._mine(), self._driver
        if transaction is not None:
            transaction.stamp()
            return transaction.run(driver.execute, sql, params)
        return self._alone(driver.execute if driver.remembers else driver.execute_kept, sql, params, write=True)

    def executemany(self, sql: str, rows: Iterable[Params], *, later: Later | None = None) -> int:
        """Run one statement for each row, all or nothing, and return how many rows it matched."""
        return self._many(self._driver.executemany, sql, rows, later)

    def _many(self, call: Callable[[Raw, str, Any], int], sql: str, rows: Iterable[Params], later: Later | None) -> int:
        with self.atomic():
            if later is None:
                return self._here().run(call, sql, rows)
            sent = self._here().insert(call, sql, rows, later)
            return -1 if sent is None else sent

    def copy_rows(
        self, sql: str, rows: Iterable[Params], types: Sequence[str] = (), *, later: Later | None = None
    ) -> int:
        """Load rows by PostgreSQL's ``COPY ... FROM STDIN (FORMAT BINARY)``, all or nothing; return how many.

        Parameters
        ----------
        sql : str
            The COPY statement.
        rows : iterable of sequence
            The values; may be a generator.
        types : sequence of str
            The type of each column as the server names it, which binary needs.
        """
        driver = self._driver
        return self._many(lambda raw, text, data: driver.copy_rows(raw, text, data, types), sql, rows, later)

    def script(self, statements: Iterable[str]) -> None:
        """Run several statements without values, one after the other."""
        for statement in statements:
            self.execute(statement, write=True)

    def stream(self, sql: str, params: Params = (), size: int = 10_000) -> Generator[list[Row], None, None]:
        """Yield the rows of a query in lists of at most `size`, in bounded memory.

        Outside a transaction they come over a connection of their own, so that other statements may run meanwhile.
        On MySQL and MariaDB within a transaction, and for a database in memory, all rows are taken at once.
        """
        transaction = self._mine()
        if transaction is not None and not transaction.goes_alone(sql):
            yield from self._stream_within(transaction, sql, params, size)
        else:
            yield from self._stream_alone(sql, params, size)

    def _stream_within(
        self, transaction: Transaction, sql: str, params: Params, size: int
    ) -> Generator[list[Row], None, None]:
        with closing(self._driver.stream(transaction.raw, sql, params, size, transaction.streams)) as rows:
            while (batch := _next(rows, lambda exc: transaction.fail(exc, sql))) is not None:
                yield batch

    def _stream_alone(self, sql: str, params: Params, size: int) -> Generator[list[Row], None, None]:
        finished, role = False, self._driver.role_of(current.get())
        entry = self._borrow_extra()
        try:
            if role:
                self._begin_as(entry, role)
            with closing(self._driver.stream(entry.raw, sql, params, size, True)) as rows:
                while (batch := _next(rows, lambda exc: raise_translated(self._driver, exc, sql))) is not None:
                    yield batch
            if role:
                self._driver.commit(entry.raw)
            finished = True
        finally:
            (self._pool.release_extra if finished else self._pool.discard)(entry)

    def _borrow_extra(self) -> Entry:
        seconds = permitted.get().seconds
        try:
            return self._pool.borrow_extra(None if seconds is None else seconds * self._driver.streams_longer)
        except Exception as exc:  # noqa: BLE001 - raised again, in our terms
            raise_translated(self._driver, exc)

    def _begin_as(self, entry: Entry, role: str) -> None:
        """Begin to read with the rights of a role."""
        try:
            self._driver.begin(entry.raw)
            take_role(self._driver, entry, role)
        except Exception as exc:  # noqa: BLE001 - raised again, in our terms
            raise_translated(self._driver, exc)

    def _run(self, call: Callable[[Raw, str, Any], T], sql: str, argument: Any, *, write: bool = False) -> T:
        transaction = self._current.get()
        if transaction is not None and transaction.is_mine:
            return transaction.run(call, sql, argument)
        return self._alone(call, sql, argument, write=write)

    def _alone(self, call: Callable[[Raw, str, Any], T], sql: str, argument: Any, *, write: bool = False) -> T:
        pool, recovery = self._pool, None
        while True:
            entry = pool.borrow()
            try:
                if entry.seconds != (seconds := permitted.get().seconds):
                    entry.limit(self._driver, seconds)
                if entry.told is not (acting := current.get()) and self._driver.remembers:
                    entry.tell(self._driver, acting)
                with self._as(entry, self._driver.role_of(acting)):
                    result = call(entry.raw, sql, argument)
            except BaseException as exc:  # noqa: BLE001 - raised again, in our terms
                recovery = recovery or Recovery(pool, sql, write=write)
                recovery.handle(entry, exc)
            else:
                pool.release(entry)
                return result

    def _as(self, entry: Entry, role: str) -> AbstractContextManager[None]:
        """A block for one statement, with the rights of a role or of oneself."""
        if self._driver.role_lasts:
            entry.cast(self._driver, role)
            return _AS_ONESELF
        return self._driver.alone_as(entry.raw, role) if role else _AS_ONESELF

    def _mine(self) -> Transaction | None:
        transaction = self._current.get()
        return transaction if transaction is not None and transaction.is_mine else None

    def _here(self) -> Transaction:
        transaction = self._mine()
        if transaction is None:
            raise TransactionError("There is no transaction here. Begin one with `with connection.transaction:`.")
        return transaction

    @property
    def in_transaction(self) -> bool:
        """True in the thread or task that has begun a transaction."""
        return self._mine() is not None

    @property
    def transaction(self) -> AbstractContextManager[Connection]:
        """A block that is stored as a whole at its end, or not at all when an error leaves it.

        Examples
        --------
        >>> connection = Connection("sqlite:///:memory:")
        >>> with connection.transaction:
        ...     connection.in_transaction
        True
        >>> connection.close()
        """
        return _Block(self)

    @contextmanager
    def atomic(self) -> Iterator[Connection]:
        """Do the block as a whole or not at all, within a transaction that is open, or in one of its own."""
        transaction = self._mine()
        with self.transaction if transaction is None else transaction.savepoint():
            yield self

    @contextmanager
    def committed(self) -> Iterator[Connection]:
        """Begin a transaction for the block that keeps nobody waiting for what it has only read."""
        if self.in_transaction:
            raise TransactionError("A transaction is open already. Do this outside of it.")
        self._current.set(Committed(self._pool))
        try:
            yield self
        except BaseException:
            self.cancel_transaction()
            raise
        self.commit_transaction()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let the block be no part of a computation, as long as that has begun no transaction."""
        computation = self._mine()
        if not isinstance(computation, Deferred) or not computation.waits:
            yield
            return
        token = self._current.set(None)
        try:
            with self.readers.apart():
                yield
        finally:
            self._current.reset(token)

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Read the database in the block as it is at its beginning, whatever others write meanwhile.

        Rows that are streamed have to be read to their end, or given up, before anything else is asked.
        """
        if self.in_transaction:
            raise TransactionError("A transaction is open already. Do this outside of it.")
        self._current.set(Snapshot(self._pool))
        try:
            yield self
        finally:
            self.cancel_transaction()

    @contextmanager
    def deferring(
        self, demands: Sequence[Demand] = (), reads: Reads | None = None, *, eager: bool = False
    ) -> Iterator[Deferred]:
        """Let a computation run in the block; what it inserts is stored when the caller commits what this yields."""
        self._refuse_to_nest()
        deferred = Deferred(self._pool, self._alone, self._known, self._current, demands, reads, eager=eager)
        self._current.set(deferred)
        try:
            yield deferred
        except BaseException:
            self._current.set(None)
            deferred.rollback()
            raise
        self._current.set(None)

    def store_together(self, deferred: Sequence[Deferred]) -> list[LabwrightError | None]:
        """Store several computations with one commit, each as a whole or not at all; return what went wrong.

        Raises
        ------
        LabwrightError
            When none is stored; they may be stored one by one then, but not where the outcome is unknown.
        """
        return store_together(self._pool, self._known, deferred)

    def _refuse_to_nest(self) -> None:
        if self.in_transaction:
            raise TransactionError(
                "A transaction is open already, and transactions do not nest. Use `with connection.atomic():` for a"
                " part of it that is done as a whole or not at all."
            )

    def start_transaction(self) -> None:
        """Begin a transaction that `commit_transaction` or `cancel_transaction` ends."""
        self._refuse_to_nest()
        self._current.set(Transaction(self._pool))

    def commit_transaction(self) -> None:
        """Store the transaction."""
        transaction = self._here()
        transaction.end_by_hand()
        self._current.set(None)
        transaction.commit()

    def cancel_transaction(self) -> None:
        """Undo the transaction, if there is one."""
        transaction = self._mine()
        if transaction is not None:
            transaction.end_by_hand()
        self._current.set(None)
        if transaction is not None:
            transaction.rollback()

    def stamp(self) -> None:
        """Let what the transaction changes from now on be kept as one change."""
        self._here().stamp()

    def part_with_session(self) -> None:
        """End the session when the transaction is undone, since it holds what is not given back by that."""
        self._here().part_with_session()

    def session_lock(self, name: str) -> SessionLock:
        """Return a lock by name, to be taken and released; who dies has released it."""
        return session_lock(self.url, self._driver, self._pool, name)

    def after_commit(self, callback: Callable[[], object]) -> None:
        """Call `callback` when the transaction is stored, at once when there is none, never when it is undone."""
        transaction = self._mine()
        if transaction is None:
            callback()
        else:
            transaction.after_commit(callback)

    def after_rollback(self, callback: Callable[[], object]) -> None:
        """Call `callback` when the transaction, or the part of it that is open, is undone; never when there is none."""
        transaction = self._mine()
        if transaction is not None:
            transaction.after_rollback(callback)


_AS_ONESELF: Final = nullcontext()


class _Block:
    """``with connection.transaction:``."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> Connection:
        self._connection.start_transaction()
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self._connection.commit_transaction()
        else:
            self._connection.cancel_transaction()


def _next(rows: Iterator[list[Row]], on_error: Callable[[BaseException], object]) -> list[Row] | None:
    try:
        return next(rows, None)
    except BaseException as exc:
        on_error(exc)
        raise


def _absolute(url: DatabaseUrl) -> DatabaseUrl:
    """Return `url` with a path that stays right when the program changes its folder."""
    if url.backend != "sqlite" or url.in_memory:
        return url
    return replace(url, path=str(Path(url.path).expanduser().absolute()))

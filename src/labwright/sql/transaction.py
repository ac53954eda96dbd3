"""One transaction: a raw connection of its own, savepoints, and what to do when it has been stored."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias, TypeVar

from labwright.core.errors import LabwrightError, LostConnectionError, TransactionError
from labwright.core.limits import current as permitted
from labwright.sql.acting import NOBODY, Acting, current, new_change, stamped
from labwright.sql.drivers.base import Driver, Fate, Raw
from labwright.sql.pool import Entry, Pool

logger = logging.getLogger(__name__)
T = TypeVar("T")
Owner: TypeAlias = tuple[int, object]


@dataclass(frozen=True, slots=True)
class Later:
    """Says of an insert that nothing is awaited of it but that the rows are there, so that it may be sent later.

    Parameters
    ----------
    table : str
        The table as statements name it.
    told : callable
        Makes of the error with which it fails the one that is raised.
    """

    table: str
    told: Callable[[LabwrightError], LabwrightError]


def owner() -> Owner:
    """Return who is running: the thread, and the task within it."""
    return threading.get_ident(), _task()


def _task() -> object:
    asyncio = sys.modules.get("asyncio")  # without it there are no tasks
    if asyncio is None:
        return None
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None


def raise_translated(driver: Driver, exc: BaseException, sql: str = "") -> NoReturn:
    """Raise our error for a driver's, with that as its cause; any other error as it is."""
    error = driver.translate(exc, sql)
    if error is None:
        raise exc
    raise error from exc


def take_role(driver: Driver, entry: Entry, role: str) -> None:
    """Let the rights of a role hold for what comes next in a transaction."""
    if driver.role_lasts:
        entry.cast(driver, role)
    else:
        driver.take_role(entry.raw, role)


class Transaction:
    """A transaction that has begun; `owner` is the only one to see it.

    After an error that ended it on the server, all it does is to say so.
    """

    __slots__ = (
        "_broken", "_callbacks", "_cast", "_change", "_driver", "_entry", "_failure", "_heeded", "_level", "_pool",
        "_role", "_spoke", "_undoing", "owner",
    )  # fmt: skip

    def __init__(self, pool: Pool) -> None:
        self.owner = owner()
        self._pool = pool
        self._driver = pool.driver
        self._failure: BaseException | None = None
        self._broken = False
        self._level = 0
        self._change = ""
        self._heeded: Acting | None = None
        self._spoke = False
        self._role: str | None = ""
        self._cast = False
        self._callbacks: list[Callable[[], object]] = []
        self._undoing: list[Callable[[], object]] = []
        self._entry = self._begin()

    @property
    def is_mine(self) -> bool:
        """True in the thread and task that began it, in the process that began it."""
        return self.owner == owner() and not self._entry.abandoned

    @property
    def failed(self) -> bool:
        """Whether an error has ended it."""
        return self._failure is not None

    @property
    def streams(self) -> bool:
        """Whether rows may be read one by one, since nothing else is asked meanwhile."""
        return False

    @property
    def raw(self) -> Raw:
        """The raw connection, told who acts; an error when the transaction is over."""
        self._check()
        try:
            self._heed_current()
        except BaseException as exc:  # noqa: BLE001 - raised again, in our terms
            self.fail(exc)
        return self._entry.raw

    def _start(self, raw: Raw) -> None:
        self._driver.begin(raw)

    def _begin(self) -> Entry:
        entry = self._pool.borrow()
        try:
            entry.cast(self._driver, "")
            entry.limit(self._driver, permitted.get().seconds)
            self._start(entry.raw)
        except BaseException as exc:  # noqa: BLE001 - raised again, in our terms
            lost = isinstance(exc, Exception) and self._driver.fate(exc, entry.raw) is Fate.LOST
            self._pool.discard(entry)
            if not lost:
                raise_translated(self._driver, exc)
            return self._begin_again()
        return entry

    def _begin_again(self) -> Entry:
        entry = self._pool.borrow()
        try:
            entry.cast(self._driver, "")
            entry.limit(self._driver, permitted.get().seconds)
            self._start(entry.raw)
        except BaseException as exc:  # noqa: BLE001 - raised again, in our terms
            self._pool.discard(entry)
            raise_translated(self._driver, exc)
        return entry

    def run(self, call: Callable[[Raw, str, Any], T], sql: str, argument: Any) -> T:
        """Run a statement, here only once: what came before it cannot be repeated."""
        self._check()
        try:
            self._heed_current()
            return call(self._entry.raw, sql, argument)
        except BaseException as exc:  # noqa: BLE001 - raised again, in our terms
            self.fail(exc, sql)

    def goes_alone(self, _sql: str) -> bool:
        """Whether a statement is run by itself, as it has nothing to do with what the transaction stores."""
        return False

    def insert(self, call: Callable[[Raw, str, Any], T], sql: str, argument: Any, _later: Later) -> T | None:
        """Insert rows; None where that waits until the transaction is stored."""
        return self.run(call, sql, argument)

    def end_by_hand(self) -> None:
        """Refuse to be ended by whom it is not for."""

    def stamp(self) -> None:
        """Let what is changed from now on be kept as one change."""
        if not self._change and self._driver.stamps:
            self._change = new_change()
            self._heeded = None

    def _heed_current(self) -> None:
        if self._heeded is not (acting := current.get()):
            self._heed(acting)

    def _heed(self, acting: Acting) -> None:
        """Tell the database who acts from now on, where it is not known yet."""
        told = stamped(acting, self._change) if self._change else acting
        if self._driver.remembers:
            self._spoke = self._entry.tell(self._driver, told) or self._spoke
        elif self._change:
            self._driver.tell(self._entry.raw, told)
        if self._role != (role := self._driver.role_of(acting)):
            self._cast = True
            take_role(self._driver, self._entry, role)
            self._role = role
        self._heeded = acting

    def _unsay(self) -> None:
        """Take note that the database may have forgotten who acts, as it forgot what was done."""
        self._heeded = None
        if self._spoke:
            self._entry.told = None
        if self._cast:
            self._role = None

    def fail(self, exc: BaseException, sql: str = "") -> NoReturn:
        """Note what an error did to the transaction, and raise it as ours."""
        raw = self._entry.raw
        if not isinstance(exc, Exception):
            self._failure, self._broken = exc, True
        elif self._driver.fate(exc, raw) is Fate.LOST:
            self._failure, self._broken = exc, True
            raise LostConnectionError(
                "The connection to the database was lost within a transaction. Nothing of it is stored; repeat it as a"
                " whole."
            ) from exc
        elif isinstance(exc, LabwrightError):
            raise exc
        elif self._driver.ended(exc, raw):
            self._failure = exc
        raise_translated(self._driver, exc, sql)

    def part_with_session(self) -> None:
        """End the session when this is undone, since it holds what is not given back by that."""
        self._broken = True

    def _check(self) -> None:
        if self._entry.abandoned:
            raise TransactionError("The transaction belongs to the parent of this process. Begin one here.")
        if self._failure is not None:
            raise TransactionError(
                f"The transaction was ended by an earlier error ({type(self._failure).__name__}). Nothing of it is"
                " stored; leave its block and repeat it."
            ) from self._failure

    def after_commit(self, callback: Callable[[], object]) -> None:
        """Call `callback` once the transaction is stored."""
        self._callbacks.append(callback)

    def after_rollback(self, callback: Callable[[], object]) -> None:
        """Call `callback` once what was done so far is undone, and not where nobody knows whether it is."""
        self._undoing.append(callback)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what the block did when it fails, and nothing else."""
        self._check()
        self._level += 1
        name, callbacks, undoing = f"labwright_{self._level}", len(self._callbacks), len(self._undoing)
        try:
            self._mark(name)
            try:
                yield
            except BaseException:
                del self._callbacks[callbacks:]
                self._undo(name)
                self._call_undone(undoing)
                raise
            self._release(name)
        finally:
            self._level -= 1

    def _mark(self, name: str) -> None:
        self._tell(self._driver.savepoint, name)

    def _release(self, name: str) -> None:
        self._tell(self._driver.release, name)

    def _tell(self, call: Callable[[Raw, str], None], name: str) -> None:
        self._check()
        try:
            call(self._entry.raw, name)
        except BaseException as exc:  # noqa: BLE001 - raised again, in our terms
            self.fail(exc)

    def _undo(self, name: str) -> None:
        if self._failure is not None or self._entry.abandoned:
            return
        self._unsay()
        try:
            self._driver.rollback_to(self._entry.raw, name)
            self._driver.release(self._entry.raw, name)
        except Exception as exc:  # noqa: BLE001 - the error that led here is the one to see
            self._failure, self._broken = exc, True

    def commit(self) -> None:
        """Store everything, or raise and store nothing."""
        try:
            self._check()
        except TransactionError:
            self.rollback()
            raise
        try:
            if self._change and not self._driver.remembers:
                self._driver.tell(self._entry.raw, NOBODY)
            self._driver.commit(self._entry.raw)
        except BaseException as exc:  # noqa: BLE001 - raised again, in our terms
            self._commit_failed(exc)
        self._pool.release(self._entry)
        self._call_back()

    def _commit_failed(self, exc: BaseException) -> NoReturn:
        lost = not isinstance(exc, Exception) or self._driver.fate(exc, self._entry.raw) is Fate.LOST
        self._broken = lost
        if lost:
            self._undoing.clear()
        self.rollback()
        if not lost or not isinstance(exc, Exception):
            raise_translated(self._driver, exc)
        error = LostConnectionError(
            "The connection to the database was lost while the transaction was being stored: it is stored as a whole,"
            " or not at all. Look whether its rows are there before repeating it."
        )
        error.outcome_unknown = True
        raise error from exc

    def _call_back(self) -> None:
        errors = []
        for callback in self._callbacks:
            try:
                callback()
            except Exception as exc:  # noqa: BLE001 - the others have to be called, too
                errors.append(exc)
        if errors:
            errors[0].add_note("This happened after the transaction; what it did is stored.")
            raise errors[0]

    def _call_undone(self, start: int = 0) -> None:
        callbacks = self._undoing[start:]
        del self._undoing[start:]
        for callback in callbacks:
            try:
                callback()
            except Exception:  # the error that led here is the one to see
                logger.exception("This failed after a transaction was undone.", extra={"action": "rollback"})

    def rollback(self) -> None:
        """Undo everything; never raise, since there is an error on its way already."""
        self._roll_back()
        if not self._entry.abandoned:
            self._call_undone()

    def _roll_back(self) -> None:
        if self._broken or self._entry.abandoned:
            self._pool.discard(self._entry)
            return
        self._unsay()
        try:
            self._driver.rollback(self._entry.raw)
        except Exception:  # noqa: BLE001 - closing the connection rolls back as well
            self._pool.discard(self._entry)
        except BaseException:
            self._pool.discard(self._entry)
            raise
        else:
            self._pool.release(self._entry)


class Committed(Transaction):
    """Each statement sees what is stored when it begins; rows that it reads to insert others stay free."""

    __slots__ = ()

    def _start(self, raw: Raw) -> None:
        self._driver.begin_committed(raw)


class Snapshot(Transaction):
    """A transaction that sees the database as it was at its beginning, and changes nothing."""

    __slots__ = ()

    @property
    def streams(self) -> bool:
        return True

    def _start(self, raw: Raw) -> None:
        self._driver.begin_snapshot(raw)

"""Running ``make``: nothing is locked while it computes, and its rows are stored together, in one short transaction."""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labwright.core.errors import DuplicateError, InputsChangedError, LabwrightError, MakeError
from labwright.core.generation import CLASSIC
from labwright.jobs.catching import may_catch
from labwright.jobs.inputs import InputCheck
from labwright.jobs.key_time import Overdue, ended_after, key_time
from labwright.jobs.outcome import TRANSIENT
from labwright.jobs.upstream import computing, refuse_within_make
from labwright.sql.deferred import Deferred
from labwright.sql.demand import Demand
from labwright.sql.reads import Read, Reads
from labwright.sql.statement import Statement
from labwright.tables.making import Making, making

if TYPE_CHECKING:
    from labwright.jobs.auto import AutoPopulate

Key = Mapping[str, Any]
Steps = Generator[Any, Any, Any]
Timed = Callable[[float | None], AbstractContextManager[Any]]
logger = logging.getLogger(__name__)


@dataclass
class Attempt:
    """One run of make: what it has inserted waits to be stored.

    Parameters
    ----------
    keys : tuple of mapping
        One, but for `make_many`.
    deferred : Deferred
        Its transaction.
    making : Making
        What it has inserted.
    duration : float
        Seconds.
    """

    keys: tuple[Key, ...]
    deferred: Deferred
    making: Making
    duration: float = 0.0
    started: float = 0.0
    """By this machine's clock, in seconds since 1970."""

    @property
    def waits(self) -> bool:
        """Whether it may be stored together with others; else its transaction is open."""
        return self.deferred.waits

    def close_with(self, *statements: Statement) -> None:
        """Let these be run in its transaction, last."""
        self.deferred.close_with(*statements)

    def store(self) -> None:
        """Store what it has inserted, or nothing of it.

        Raises
        ------
        InputsChangedError
            When what it has read has changed.
        LostJobError
            When the job is another's by now.
        """
        self.deferred.commit()


class Maker:
    """Runs the make of one table.

    Parameters
    ----------
    table : AutoPopulate
    kwargs : mapping
        More arguments for make.
    """

    def __init__(self, table: AutoPopulate, kwargs: Mapping[str, Any] | None = None) -> None:
        refuse_within_make(table)
        _refuse_coroutines(table)
        self.table = table
        self.kwargs = dict(kwargs or {})
        self._connection = table.connection
        self._inputs = InputCheck(table)
        self._many = hasattr(table, "make_many")
        self._in_parts = inspect.isgeneratorfunction(type(table).make)
        self._catches = may_catch(type(table))
        self._key_time = key_time(type(table))
        self.timed: Timed = nullcontext
        """What is told how long a call may take, and runs around it."""
        self._failure = 0
        self._failed: Sequence[Read] = ()
        self.must_insert = table.generation != CLASSIC
        """Whether a key without rows is an error: older code leaves keys out so, which whoever works on until all is
        done would be given again and again."""

    @property
    def takes_many(self) -> bool:
        """Whether several keys are computed in one call."""
        return self._many

    def run(self, keys: Sequence[Key], demands: Sequence[Demand] = ()) -> Attempt:
        """Run make for one key, or `make_many` for several; what it inserts is stored when the caller says so.

        Raises
        ------
        MakeError
            When make does what no result may be stored for.
        Exception
            Whatever make raises.
        """
        reads, started, began = Reads(self._inputs), time.time(), time.perf_counter()
        run = Making(self.table.id, keys, self._refuse_foreign)
        deferred: Deferred | None = None
        try:
            with (
                self._connection.readers.follow(reads),
                computing(self.table, keys),
                making(run),
                self.timed(self._key_time),
                ended_after(self._key_time),
            ):
                steps = self._prepared(keys, run)
                with self._connection.deferring(demands, reads, eager=self._catches) as deferred:
                    self._finish(*steps) if steps else self._call(keys)
                    reads.finish()
                    attempt = Attempt(tuple(keys), deferred, run, time.perf_counter() - began, started)
                    self._check_inserted(attempt)
            return attempt
        except Overdue as error:
            self._connection.cancel_transaction()  # it may have come after the last step of make
            raise MakeError(
                f"{self._name} took longer than the {self._key_time:g} s that key_time in {type(self.table).__name__}"
                ".resources gives it. Nothing was stored. The traceback tells where it was; give it more time there."
            ) from error
        except SystemExit as error:
            raise MakeError(
                f"{self._name} ended the program by sys.exit({error.code!r}). To give up a key, raise an exception, "
                "which is told with the key. Nothing was stored."
            ) from error
        except Exception as error:
            unheld = reads.found if deferred is None else deferred.unheld
            self._failure = id(error)  # the error itself would keep all that make had in memory
            self._failed = () if isinstance(error, TRANSIENT) else unheld
            if self.is_overtaken(error):
                raise InputsChangedError(f"{self._name} failed, and what it had read has changed meanwhile.") from error
            raise

    def is_overtaken(self, error: Exception) -> bool:
        """Whether what make had read, when it failed last and with this error, is not what is there any more."""
        if id(error) != self._failure or not self._failed:
            return False
        reads = Reads()
        reads.found.extend(self._failed)
        with suppress(LabwrightError):
            try:
                with self._connection.deferring((), reads) as check:
                    pass
                check.commit()
            except InputsChangedError:
                return True
        return False

    def _call(self, keys: Sequence[Key]) -> None:
        if self._many:
            returned = self.table.make_many([dict(k) for k in keys], **self.kwargs)  # type: ignore[attr-defined]  # checked
        else:
            returned = self.table.make(dict(keys[0]), **self.kwargs)
        if returned is not None:
            raise MakeError(
                f"{self._name} returned {type(returned).__name__}; what it computes goes into the table by "
                "self.insert1(...), and it returns nothing. Nothing was stored."
            )

    def _prepared(self, keys: Sequence[Key], run: Making) -> tuple[Steps, Any] | None:
        """Let a make in parts fetch and compute, where it may insert nothing yet; None for one that is whole."""
        if self._many or not self._in_parts:
            return None
        run.inserts = False
        steps: Steps = self.table.make(dict(keys[0]), **self.kwargs)
        try:
            self._step(steps, "what it fetched")
            computed = self._step(steps, "what it computed")
        finally:
            left_open = self._connection.in_transaction
            self._connection.cancel_transaction()
        if left_open:
            raise MakeError(f"{self._name} began a transaction and did not end it. Nothing of it was stored.")
        run.inserts = True
        return steps, computed

    def _finish(self, steps: Steps, computed: Any) -> None:
        """Let it insert; it may yield once more when that is done, and has to end then."""
        try:
            steps.send(computed)
            next(steps)
        except StopIteration:
            return
        raise MakeError(f"{self._name} goes on yielding after its inserts; nothing was stored.")

    @property
    def _name(self) -> str:
        return f"{type(self.table).__name__}.{'make_many' if self._many else 'make'}"

    def _step(self, steps: Steps, what: str) -> Any:
        try:
            return next(steps)
        except StopIteration:
            raise MakeError(
                f"{self._name} ended before it yielded {what}. A make in parts yields twice: fetched = ...; "
                "computed = yield fetched; if computed is None: computed = ...; yield computed; inserts."
            ) from None

    def _refuse_foreign(self, row: str) -> None:
        self._object(
            f"{self._name} inserted a row with {row}, which is none of the key that it was called for. Each key has "
            "its own call, so that its rows come and go together.",
            refuse=self.table.generation != CLASSIC,
        )

    def _check_inserted(self, attempt: Attempt) -> None:
        making = attempt.making
        missing = making.missing()
        # What was inserted may be gone again, or have come by a statement of the user's own.
        if making.unknown or not attempt.waits or attempt.deferred.has_undone:
            missing = [key for key in making.keys if not self.table & key]
        if missing:
            self._object(
                f"{self._name} inserted nothing for {dict(missing[0])}, so that populate would call it again and "
                "again. Insert a row that says there is nothing, or leave the key out of key_source.",
                refuse=self.must_insert,
            )

    def _object(self, sentence: str, *, refuse: bool) -> None:
        """Refuse, or only say so where the code is older than the rule."""
        if refuse:
            raise MakeError(sentence)
        logger.warning(sentence, extra={"action": "make"})


def _refuse_coroutines(table: AutoPopulate) -> None:
    for name in ("make", "make_many"):
        if inspect.iscoroutinefunction(getattr(type(table), name, None)):
            raise MakeError(
                f"{type(table).__name__}.{name} is declared with `async def`. Nobody awaits it: make computes and "
                "inserts before it returns. Write `def`, and `asyncio.run(...)` within it for what has to be awaited."
            )


def is_there(table: AutoPopulate, key: Key, error: LabwrightError) -> bool:
    """Whether a make that failed is no failure: somebody else has stored the rows meanwhile."""
    return isinstance(error, DuplicateError) and bool(table & key)

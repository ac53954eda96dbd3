"""Running make for key after key, and storing what comes of it: each by itself, or several with one commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from labwright.core.errors import InputsChangedError, LabwrightError, LostConnectionError
from labwright.jobs.make import Attempt, Maker, is_there
from labwright.jobs.outcome import Outcome, State, state_of
from labwright.sql.demand import Demand
from labwright.sql.statement import Statement

Key = Mapping[str, Any]
Closing = Callable[[Attempt], Sequence[Statement]]
AT_ONCE: Final = 100
"""So many keys share a commit at most."""
PATIENCE: Final = 0.1
"""Seconds of computing after which they are stored."""
HEAVY: Final = 16 * 2**20
"""Bytes of results after which they are stored, so that large ones do not pile up in memory."""
TRIES: Final = 3
"""How often make is run when what it reads keeps changing."""


@dataclass(frozen=True, slots=True)
class Task:
    """Keys that make is to be run for at once: one, but for `make_many`.

    Parameters
    ----------
    keys : tuple of mapping
    demands : tuple of Demand
        What has to hold for the results to be stored: one for each key, or none.
    """

    keys: tuple[Key, ...]
    demands: tuple[Demand, ...] = ()


class Runner:
    """Runs make for tasks, and stores the results.

    Parameters
    ----------
    maker : Maker
    closing : callable
        Gives the statements that are stored together with an attempt.
    """

    def __init__(self, maker: Maker, *, closing: Closing = lambda _: ()) -> None:
        self._maker = maker
        self._table = str(maker.table.id)
        self._shared: bool = maker.table.project.config["jobs.shared_commits"]
        self._closing = closing
        self._waiting: list[tuple[Task, Attempt]] = []
        self._spent = 0.0
        self._weight = 0

    def run(self, task: Task) -> Iterator[Outcome]:
        """Run make, and yield what became of this and earlier keys, as far as it is known."""
        try:
            attempt = self._compute(task)
        except Exception as error:  # noqa: BLE001 - it is told
            waited = bool(self._waiting)
            yield from self.flush()
            changed = isinstance(error, InputsChangedError) or (waited and self._maker.is_overtaken(error))
            yield from self._again(task) if changed else self._failed(task, error)
            return
        except BaseException:
            yield from self.flush()
            raise
        if not attempt.waits or not self._shared:
            yield from self.flush()
            yield from self._stored(task, attempt)
            return
        self._waiting.append((task, attempt))
        self._spent += attempt.duration
        self._weight += attempt.deferred.weight
        if len(self._waiting) >= AT_ONCE or self._spent > PATIENCE or self._weight > HEAVY:
            yield from self.flush()

    def _compute(self, task: Task) -> Attempt:
        attempt = self._maker.run(task.keys, task.demands)
        attempt.close_with(*self._closing(attempt))
        return attempt

    def flush(self) -> Iterator[Outcome]:
        """Store what waits."""
        waiting, self._waiting, self._spent, self._weight = self._waiting, [], 0.0, 0
        if len(waiting) < 2:
            for task, attempt in waiting:
                yield from self._stored(task, attempt)
            return
        try:
            failures = self._maker.table.connection.store_together([a.deferred for _, a in waiting])
        except LostConnectionError as error:
            for task, attempt in waiting:
                yield from self._failed(task, error, attempt)
        except LabwrightError:
            for task, _ in waiting:  # such as a deadlock, which is nobody's fault
                yield from self._again(task)
        else:
            for (task, attempt), failure in zip(waiting, failures, strict=True):
                yield from self._told(task, attempt, failure)

    def _told(self, task: Task, attempt: Attempt, failure: LabwrightError | None) -> Iterator[Outcome]:
        if failure is None:
            yield from self._succeeded(attempt)
        elif isinstance(failure, InputsChangedError):
            yield from self._again(task)
        else:
            yield from self._failed(task, failure, attempt)

    def _stored(self, task: Task, attempt: Attempt) -> Iterator[Outcome]:
        try:
            attempt.store()
        except InputsChangedError:
            yield from self._again(task)
        except Exception as error:  # noqa: BLE001 - it is told
            yield from self._failed(task, error, attempt)
        else:
            yield from self._succeeded(attempt)

    def _again(self, task: Task) -> Iterator[Outcome]:
        """Compute anew what has been overtaken, and store it by itself."""
        for tries in range(1, TRIES + 1):
            try:
                attempt = self._compute(task)
                attempt.store()
            except InputsChangedError as error:
                if tries == TRIES:
                    yield from self._failed(task, error)
                    return
                time.sleep(0.01 * tries)
            except Exception as error:  # noqa: BLE001 - it is told
                yield from self._failed(task, error)
                return
            else:
                yield from self._succeeded(attempt)
                return

    def _succeeded(self, attempt: Attempt) -> Iterator[Outcome]:
        for key in attempt.keys:
            yield Outcome(key, "success", None, attempt.duration / len(attempt.keys), self._table)

    def _failed(self, task: Task, error: Exception, attempt: Attempt | None = None) -> Iterator[Outcome]:
        if len(task.keys) > 1 and state_of(error) == "error":
            yield from self._halved(task)
            return
        duration = attempt.duration / len(task.keys) if attempt else 0.0
        for key in task.keys:
            if isinstance(error, LabwrightError) and self._is_there(key, error):
                state: State = "success" if isinstance(error, LostConnectionError) else "skipped"
                yield Outcome(key, state, None, duration, self._table)
            else:
                yield Outcome(key, state_of(error), error, duration, self._table)

    def _halved(self, task: Task) -> Iterator[Outcome]:
        """Compute a batch that failed in smaller ones, so that only the keys that are bad fail."""
        middle = len(task.keys) // 2
        for half in (slice(middle), slice(middle, None)):
            yield from self._again(Task(task.keys[half], task.demands[half]))

    def _is_there(self, key: Key, error: LabwrightError) -> bool:
        """Whether its rows are there all the same: somebody else's, or ours where nobody could say so."""
        unknown = isinstance(error, LostConnectionError) and error.outcome_unknown
        try:
            return bool(self._maker.table & key) if unknown else is_there(self._maker.table, key, error)
        except LostConnectionError:
            return False

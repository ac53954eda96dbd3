"""What an engine is: something that starts workers, says how they are, and ends them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol, runtime_checkable

from labwright.jobs.order import WorkOrder
from labwright.jobs.resources import Resources

State = Literal["starting", "running", "finished", "failed", "gone"]
OVER: Final = frozenset({"finished", "failed", "gone"})
MAX_WORDS: Final = 2000
"""So many of the last characters of a worker's log are kept."""


@dataclass(frozen=True, slots=True)
class Worker:
    """How a worker is.

    Parameters
    ----------
    id : str
        What its engine calls it: the number of a process, a task of Dask, a job of Slurm.
    state : {'starting', 'running', 'finished', 'failed', 'gone'}
        ``failed`` ended by an error that it told; ``gone`` ended without a word: killed, cancelled, preempted, its
        machine lost.
    last_words : str
        The end of its log, or why it is in this state.
    report : Any
        What it returned, as far as the engine carries that back.
    error : BaseException, optional
        What it raised, where the engine has it.
    """

    id: str
    state: State
    last_words: str = ""
    report: Any = None
    error: BaseException | None = field(default=None, compare=False)

    @property
    def is_over(self) -> bool:
        """Whether it has ended, one way or the other."""
        return self.state in OVER


@runtime_checkable
class Executor(Protocol):
    """Starts workers. Which keys they compute is no business of it: those they take from the database.

    `labwright.testing.executor_suite.ExecutorSuite` has the tests that every executor passes.

    Attributes
    ----------
    name : str
        For messages.
    can_kill : bool
        Whether it can end a worker that does not listen.
    interval : float
        Seconds between two looks at the workers.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> import labwright as lw
    >>> from labwright.jobs.engines.futures import Futures
    >>> with ThreadPoolExecutor(2) as pool:
    ...     isinstance(Futures(pool), lw.Executor)
    True
    """

    name: str
    can_kill: bool
    interval: float

    def start(self, order: WorkOrder, count: int, resources: Resources) -> list[str]:
        """Start workers that run ``order.run()``, all or none; return what they are called.

        Raises
        ------
        EngineError
            When it cannot, and trying again is of no use.
        LostConnectionError
            When it cannot now, but may later.
        """
        ...

    def look(self, workers: Sequence[str]) -> list[Worker]:
        """Say how each of `workers` is, in their order. It raises what `start` raises."""
        ...

    def stop(self, workers: Sequence[str], crew: str, *, force: bool = False) -> None:
        """Let workers of a crew finish the key they are at and end, or kill them; over ones are left alone."""
        ...

    def close(self) -> None:
        """Give back what the executor itself holds; it does not wait for workers."""
        ...


def last_words(text: str) -> str:
    """The end of a text."""
    text = text.strip()
    return text if len(text) <= MAX_WORDS else f"...{text[-MAX_WORDS:]}"


__all__ = ["Executor", "State", "Worker", "last_words"]

"""Filling a table: key after key in this process, by itself or beside other workers."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from labwright.core.errors import LabwrightError, LostConnectionError, QueryError, UnknownAttributeError
from labwright.jobs.key_source import key_source_of
from labwright.jobs.make import Maker
from labwright.jobs.outcome import Outcome
from labwright.jobs.progress import Progress
from labwright.jobs.provenance import Provenance
from labwright.jobs.report import WorkReport
from labwright.jobs.runner import AT_ONCE, Runner, Task

if TYPE_CHECKING:
    from labwright.jobs.auto import AutoPopulate

Order = Literal["original", "reverse", "random"]
ORDERS: Final = ("original", "reverse", "random")


class PopulateResult(dict[str, Any]):
    """What populate did: a dict with ``success_count`` and ``error_list``, and counts of all that can become of a key.

    Parameters
    ----------
    counts : mapping
        How many keys there were of each state.
    errors : list of tuple
        Key and error.

    Examples
    --------
    >>> result = PopulateResult({"success": 2, "skipped": 1}, [])
    >>> result, result.skipped
    ({'success_count': 2, 'error_list': []}, 1)
    """

    def __init__(self, counts: Mapping[str, int], errors: list[tuple[dict[str, Any], Any]]) -> None:
        super().__init__(success_count=counts["success"], error_list=errors)
        self._counts = counts

    @property
    def success(self) -> int:
        """Keys that were computed."""
        return self._counts["success"]

    @property
    def error(self) -> int:
        """Keys whose make failed."""
        return self._counts.get("error", 0)

    @property
    def skipped(self) -> int:
        """Keys that somebody else has stored meanwhile, or has now."""
        return self._counts.get("skipped", 0)

    @property
    def retried(self) -> int:
        """Attempts that failed for no fault of the code; the keys were tried again, or will be."""
        return self._counts.get("retry", 0)


@dataclass
class Tally:
    """Counts what became of keys.

    Parameters
    ----------
    suppress_errors : bool
        Whether to go on after an error.
    return_exception_objects : bool
        Whether to keep exceptions rather than their text.
    """

    suppress_errors: bool = False
    return_exception_objects: bool = False
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("success", "error", "skipped", "retry"), 0))
    errors: list[tuple[dict[str, Any], Any]] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Count one; raise its error where errors are not suppressed."""
        self.counts["skipped" if outcome.state == "lost" else outcome.state] += 1
        if outcome.state != "error" or outcome.error is None:
            return
        if not self.suppress_errors or isinstance(outcome.error, LostConnectionError):
            raise outcome.error
        self.errors.append((dict(outcome.key), outcome.error if self.return_exception_objects else outcome.message))

    def add_report(self, report: WorkReport, table: str) -> None:
        """Count what a worker elsewhere reports of a table; raise the error that ended it."""
        for state, count in report.counts.get(table, {}).items():
            self.counts["skipped" if state == "lost" else state] += count
        if report.raised is not None:
            raise report.raised
        objects = self.return_exception_objects
        told = [(key, said) for name, key, said in report.errors if name == table]
        self.errors += [(key, LabwrightError(said) if objects else said) for key, said in told]

    def result(self) -> PopulateResult:
        """All of it."""
        return PopulateResult(self.counts, self.errors)


def tallied(outcomes: Generator[Outcome, None, None], tally: Tally, progress: Progress) -> None:
    """Count all outcomes, and show them."""
    with closing(outcomes), progress:
        for outcome in outcomes:
            progress.add(outcome)
            tally.add(outcome)


def outcomes(
    maker: Maker, keys: Iterable[Mapping[str, Any]], stopping: Callable[[], bool]
) -> Generator[Outcome, None, None]:
    """Run make for all keys, without a queue."""
    provenance = Provenance(maker.table)
    provenance.ensure()
    runner = Runner(maker, closing=provenance.closing)
    for task in tasks(keys, AT_ONCE if maker.takes_many else 1):
        if stopping():
            break
        yield from map(_final, runner.run(task))
    yield from map(_final, runner.flush())


def _final(outcome: Outcome) -> Outcome:
    """There is no queue that would try it again."""
    return outcome.given_up() if outcome.state == "retry" else outcome


def tasks(keys: Iterable[Mapping[str, Any]], at_once: int) -> Iterator[Task]:
    """Keys as tasks of at most so many."""
    gathered: list[Mapping[str, Any]] = []
    for key in keys:
        gathered.append(key)
        if len(gathered) == at_once:
            yield Task(tuple(gathered))
            gathered = []
    if gathered:
        yield Task(tuple(gathered))


def ordered(keys: Sequence[dict[str, Any]], order: Order) -> list[dict[str, Any]]:
    """The keys in the order in which they are to be computed."""
    found = list(keys)
    if order == "reverse":
        found.reverse()
    elif order == "random":
        random.shuffle(found)
    return found


def check_can_populate(
    table: AutoPopulate, order: str, keys: Any, make_kwargs: Any, **counts: tuple[int | None, int]
) -> None:
    """Refuse what makes no sense before anything runs; `counts` have the least that each may be."""
    if table.restriction:
        raise QueryError(
            f"populate is called on the table, with the restriction as argument: {type(table).__name__}.populate(...)."
        )
    for name, (count, least) in counts.items():
        check_count(name, count, least)
    check_make_kwargs(make_kwargs)
    _check_keys(table, keys)
    if order not in ORDERS:
        raise LabwrightError(f"order is {', '.join(map(repr, ORDERS[:-1]))} or {ORDERS[-1]!r}, not {order!r}.")
    check_no_transaction(table, "populate")


def check_count(name: str, count: Any, least: int = 0) -> None:
    """Refuse what is no whole number from `least`; None is nothing that was said."""
    if count is not None and (not hasattr(count, "__index__") or count < least):
        raise LabwrightError(f"{name} must be a whole number from {least}, not {count!r}.")


def check_make_kwargs(given: Any) -> None:
    """Refuse what cannot be given to make."""
    if given is not None and not isinstance(given, Mapping):
        raise LabwrightError(f"make_kwargs is a dict of arguments for make, not {given!r}.")


def check_no_transaction(table: AutoPopulate, what: str) -> None:
    """Refuse to begin within a transaction."""
    if table.connection.in_transaction:
        raise LabwrightError(
            f"{what} opens transactions of its own, one for each key, and there is one open already. Call it outside "
            "of it."
        )


def _check_keys(table: AutoPopulate, keys: Any) -> None:
    """Refuse keys that say nothing of any key: as conditions they would mean all of them."""
    if not isinstance(keys, (list, tuple)):
        return
    names = set(key_source_of(table).primary_key)
    for key in keys:
        if isinstance(key, Mapping) and not names & set(key):
            raise UnknownAttributeError(
                f"{dict(key)!r} in keys is no key of {type(table).__name__}: it has none of {', '.join(sorted(names))}."
            )

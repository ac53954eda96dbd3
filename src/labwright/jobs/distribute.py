"""Letting other processes and machines fill tables, and gathering what they report."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from labwright.core.errors import LabwrightError
from labwright.jobs.engines.base import Executor
from labwright.jobs.engines.crew import Crew
from labwright.jobs.engines.processes import Processes
from labwright.jobs.key_source import missing_keys, restricted_source
from labwright.jobs.order import order_for, table_path
from labwright.jobs.patience import patiently
from labwright.jobs.populate import Tally
from labwright.jobs.progress import progress_of_queues
from labwright.jobs.queue import Queue
from labwright.jobs.report import WorkReport
from labwright.jobs.resources import Resources, resources_of
from labwright.jobs.table import JobTable
from labwright.tables.query import QueryExpression

if TYPE_CHECKING:
    from labwright.jobs.auto import AutoPopulate

MAX_KEYS: Final = 10_000
"""So many keys can be sent in place of a query."""


def distribute(
    tables: Sequence[AutoPopulate],
    executor: Executor,
    count: int,
    *,
    resources: Resources = Resources(),  # noqa: B008 - a frozen value
    restrictions: Sequence[Any] = (),
    tick: Callable[[], object] = lambda: None,
    **order: Any,
) -> Generator[WorkReport, None, None]:
    """Start workers that fill tables, and yield what each reports that ends; lost ones are replaced.

    Parameters
    ----------
    tables : sequence of AutoPopulate
        Parents before children.
    executor : Executor
        What starts workers.
    count : int
        How many.
    resources : Resources
        What each needs.
    restrictions : sequence of conditions
    tick : callable
        Called every second.
    **order
        The other parts of a `WorkOrder`.

    Raises
    ------
    EngineError
        When the engine cannot start workers, or they end early each time.
    """
    project, queues = tables[0].project, [Queue(table) for table in tables]
    portable = [portable_restriction(tables[0], r) for r in restrictions]
    work = order_for(project, map(type, tables), *portable, **order)

    def left() -> bool:
        return any(patiently(queue.due_in) is not None for queue in queues)

    with Crew(executor, work, count=count, resources=resources, work_left=left) as crew:
        told: set[str] = set()
        over = False
        while not over:
            over = crew.wait(timeout=1.0)
            tick()
            for worker in (*crew.lost, *crew.workers):
                if worker.id not in told and isinstance(worker.report, WorkReport):
                    told.add(worker.id)
                    yield worker.report
        crew.check()


def portable_restriction(table: AutoPopulate, restriction: Any) -> Any:
    """A restriction that workers elsewhere understand: of a query its keys.

    Raises
    ------
    LabwrightError
        When there are too many of them.
    """
    query = restriction() if isinstance(restriction, type) else restriction
    if not isinstance(query, QueryExpression):
        return restriction
    keys = missing_keys(table, restricted_source(table, [query])).keys(limit=MAX_KEYS + 1)
    if len(keys) > MAX_KEYS:
        raise LabwrightError(
            f"The restriction is a query with more than {MAX_KEYS} keys, which is too much to send to other processes. "
            "Say it as a text or a dict, or put it into key_source."
        )
    return keys


def spread(
    table: AutoPopulate,
    restrictions: Sequence[Any],
    tally: Tally,
    processes: int,
    *,
    max_calls: int | None,
    tick: Callable[[], object],
    retry: bool,
    display: bool,
    **order: Any,
) -> None:
    """Fill a table by several processes of this machine; where `retry` says so, with the keys that failed before."""
    table_path(type(table))
    if max_calls is not None:  # in all, and not for each of them
        restrictions = [
            missing_keys(table, restricted_source(table, restrictions)).keys(limit=min(max_calls, MAX_KEYS))
        ]
    if order["refreshes"]:
        Queue(table).refresh(*restrictions)
    if retry:
        failed_jobs(table, restrictions).reset()
    if Queue(table).due_in(restrictions, order["priority"]) is None:
        return
    with (
        progress_of_queues([table], restrictions, display=display) as progress,
        closing(Processes()) as executor,
        closing(
            distribute(
                [table], executor, processes, resources=resources_of([type(table)]), restrictions=restrictions,
                tick=in_turn(tick, progress.tick), suppress_errors=tally.suppress_errors, **order,
            )
        ) as reports,
    ):  # fmt: skip
        for report in reports:
            tally.add_report(report, str(table.id))


def in_turn(*calls: Callable[[], object]) -> Callable[[], None]:
    """Call all of them."""

    def call() -> None:
        for one in calls:
            one()

    return call


def failed_jobs(table: AutoPopulate, restrictions: Sequence[Any]) -> JobTable:
    """The jobs that failed, of the keys that meet all conditions."""
    found = table.jobs.errors.restrict(restricted_source(table, restrictions), semantic_check=False)
    assert isinstance(found, JobTable)
    return found

"""Bringing tables up to date, with all that they need."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

from labwright.core.errors import LabwrightError
from labwright.define.table import TableId
from labwright.jobs.auto import AutoPopulate
from labwright.jobs.distribute import distribute, in_turn
from labwright.jobs.engines.in_process import InProcess
from labwright.jobs.engines.registry import Engine, open_engine
from labwright.jobs.key_source import fitting, key_source_of, lasting
from labwright.jobs.populate import PopulateResult, Tally, check_count, check_make_kwargs, check_no_transaction
from labwright.jobs.progress import Progress, progress_of_queues
from labwright.jobs.signals import stoppable
from labwright.jobs.worker import Worker
from labwright.sql.database import Database
from labwright.tables.project import Project
from labwright.tables.schema import Schema, blueprints


def run(
    *targets: Any,
    restrictions: Any = (),
    suppress_errors: bool = True,
    max_calls: int | None = None,
    make_kwargs: Mapping[str, Any] | None = None,
    engine: Any = None,
    workers: int | None = None,
    display_progress: bool = False,
) -> dict[str, PopulateResult]:
    """Bring tables up to date, and before them all that they need, in the order of their dependencies.

    Keys are taken from the queues of the tables, so that any number of workers may do the same at once; those that
    other workers hold are waited for.

    Parameters
    ----------
    *targets : table classes or Schema
        What to bring up to date; of a schema all tables that fill themselves.
    restrictions : condition or sequence of conditions
        Only keys that meet all of them, of tables that have the attributes which they name.
    suppress_errors : bool
        Go on after an error with the keys that do not need what failed.
    max_calls : int, optional
        Call ``make`` at most so many times.
    make_kwargs : mapping, optional
        More arguments for ``make``.
    engine : str, Executor, concurrent.futures.Executor, or a Dask client or cluster, optional
        What starts workers, e.g. ``'processes'`` or ``'slurm'``; by default what the setting ``engines.default`` says,
        which is this process.
    workers : int, optional
        How many; by default as the settings say of the engine. Elsewhere each makes `max_calls` calls at most.
    display_progress : bool
        Show a bar for each table in a terminal or notebook; now and then a line where standard error goes into a log.

    Returns
    -------
    dict of PopulateResult
        By table, in the order in which they were filled.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     @schema
    ...     class Square(lw.Computed):
    ...         definition = '''
    ...         -> Mouse
    ...         ---
    ...         square : int32
    ...         '''
    ...         def make(self, key):
    ...             self.insert1({**key, "square": key["mouse"] ** 2})
    ...     @schema
    ...     class Cube(lw.Computed):
    ...         definition = '''
    ...         -> Square
    ...         ---
    ...         cube : int32
    ...         '''
    ...         def make(self, key):
    ...             self.insert1({**key, "cube": key["mouse"] * (Square & key).fetch1("square")})
    ...     Mouse.insert([(2,), (3,)])
    ...     results = lw.run(Cube)
    ...     {table: result.success for table, result in results.items()}
    {'lab.__square': 2, 'lab.__cube': 2}
    """
    check_count("max_calls", max_calls)
    check_count("workers", workers, 1)
    check_make_kwargs(make_kwargs)
    tables = needed(targets)
    check_no_transaction(tables[0], "run")
    restrictions = lasting(restrictions if isinstance(restrictions, (list, tuple)) else [restrictions])
    check_restrictions(tables, restrictions)
    tallies = {str(table.id): Tally(suppress_errors) for table in tables}
    told: dict[str, Any] = {"max_calls": max_calls, "make_kwargs": dict(make_kwargs or {})}
    with (
        tables[0].connection.readers.apart(),
        stoppable() as stopping,
        open_engine(engine, tables[0].project.config) as opened,
        progress_of_queues(tables, restrictions, display=display_progress) as progress,
    ):
        if isinstance(opened.executor, InProcess):
            worker = Worker(tables, restrictions=restrictions, stopping=stopping, **told)
            run_here(worker, tallies, progress)
        else:
            told |= {"suppress_errors": suppress_errors, "tick": in_turn(stopping.raise_stopped, progress.tick)}
            run_elsewhere(tables, restrictions, tallies, opened, workers, **told)
    stopping.leave()
    return {table: tally.result() for table, tally in tallies.items()}


def run_here(worker: Worker, tallies: Mapping[str, Tally], progress: Progress) -> None:
    """Fill tables in this process."""
    with closing(worker.run("empty")) as outcomes:
        for outcome in outcomes:
            progress.add(outcome)
            tallies[outcome.table].add(outcome)


def run_elsewhere(
    tables: Sequence[AutoPopulate],
    restrictions: Sequence[Any],
    tallies: Mapping[str, Tally],
    engine: Engine,
    workers: int | None,
    **told: Any,
) -> None:
    """Let workers that an engine starts fill tables."""
    reports = distribute(
        tables,
        engine.executor,
        engine.workers if workers is None else workers,
        resources=engine.resources(map(type, tables)),
        restrictions=restrictions,
        **told,
    )
    with closing(reports):
        for report in reports:
            for table, tally in tallies.items():
                tally.add_report(report, table)


def check_restrictions(tables: Sequence[AutoPopulate], restrictions: Sequence[Any]) -> None:
    """Refuse a restriction that concerns none of the tables: some name in it is wrong.

    Raises
    ------
    UnknownAttributeError
        As the last of the tables says it.
    """
    for restriction in restrictions:
        if not any(fitting(table, [restriction]) for table in tables):
            key_source_of(tables[-1]) & restriction


def needed(targets: Sequence[Any]) -> list[AutoPopulate]:
    """The tables that fill themselves among `targets` and all that they depend on, parents first.

    Raises
    ------
    LabwrightError
        When there is none, or one has no class here that could fill it.
    """
    found = [cls() for cls in _classes(targets)]
    if not found:
        raise LabwrightError("Say what to bring up to date: classes of tables, or a schema that has such.")
    for table in found:
        table.ready()
    database, project = found[0].db, found[0].project
    ids = _ancestors(database, [table.id for table in found])
    given = {table.id: type(table) for table in found if fills_itself(type(table))}
    classes = {**_by_id(project, {id_.schema for id_ in ids}), **given}
    filling = [id_ for id_ in ids if id_.parsed.tier in ("imported", "computed")]
    if not filling:
        names = ", ".join(type(table).__name__ for table in found)
        raise LabwrightError(f"There is nothing to compute for {names}: nothing that it is made of fills itself.")
    missing = [id_ for id_ in filling if id_ not in classes]
    if missing:
        raise LabwrightError(
            f"Nothing here says how to fill {', '.join(map(str, missing))}. Import the module that defines it, with a "
            "class that has a make."
        )
    return [t for id_ in filling if isinstance(t := classes[id_](), AutoPopulate)]


def in_order(tables: Sequence[Any]) -> list[AutoPopulate]:
    """The same tables, parents first, and nothing else.

    Raises
    ------
    LabwrightError
        When one of them has no class here that could fill it, or there is none.
    """
    found = {table.id: table for table in (cls() for cls in _classes(tables))}
    odd = [type(table).__name__ for table in found.values() if not fills_itself(type(table))]
    if odd or not found:
        raise LabwrightError(
            f"Nothing here says how to fill {', '.join(odd) or 'no table'}. Name tables that fill themselves, and "
            "import the modules that define them."
        )
    for table in found.values():
        table.ready()
    database = next(iter(found.values())).db
    return [found[id_] for id_ in _ancestors(database, list(found)) if id_ in found]


def _classes(targets: Iterable[Any]) -> Iterator[Any]:
    for target in targets:
        if isinstance(target, Schema):
            yield from filter(fills_itself, target)
        elif isinstance(target, type) and getattr(target, "tier", None) is not None:
            yield target
        elif hasattr(target, "table_def"):
            yield type(target)
        else:
            raise LabwrightError(f"A table or a schema can be brought up to date, not {target!r}.")


def _ancestors(database: Database, targets: Sequence[TableId]) -> list[TableId]:
    """The tables that `targets` depend on, and they themselves, parents first."""
    order: dict[TableId, None] = {}

    def visit(id_: TableId) -> None:
        if id_ in order:
            return
        tables = database.tables(id_.schema)
        parts = [t for t in tables.values() if t.id.parsed.master == id_.name]
        parents = [fk.parent for t in (tables[id_.name], *parts) for fk in t.foreign_keys]
        for parent in parents:
            master = parent.parsed.master
            owner = parent if master is None else TableId(parent.schema, master)
            if owner != id_:
                visit(owner)
        order[id_] = None

    for target in targets:
        visit(target)
    return list(order)


def _by_id(project: Project, schemas: Collection[str]) -> dict[TableId, Any]:
    """The classes that there are for tables of these schemas; others are left alone: they may be of other projects."""
    concerned = (schema for schema in blueprints(project) if schema.database_name in schemas)
    return {cls().id: cls for schema in concerned for cls in schema if fills_itself(cls)}


def fills_itself(cls: type) -> bool:
    """Whether a class says how its table is filled; one that was made of the catalogue does not."""
    steps = ("make_fetch", "make_compute", "make_insert")
    return issubclass(cls, AutoPopulate) and (
        cls.make is not AutoPopulate.make or hasattr(cls, "make_many") or all(hasattr(cls, step) for step in steps)
    )

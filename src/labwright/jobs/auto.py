"""Tables that fill themselves: for every key of the key source that is not there yet, ``make`` is called once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from labwright.core.errors import LabwrightError, MissingTableError
from labwright.core.verb import told, verb
from labwright.define.ast import Tier
from labwright.define.table import ForeignKey, TableDef
from labwright.jobs.distribute import spread
from labwright.jobs.explain import Explanation, explain
from labwright.jobs.key_source import lasting, missing_keys, restricted_source
from labwright.jobs.make import Maker
from labwright.jobs.populate import (
    Order,
    PopulateResult,
    Tally,
    check_can_populate,
    ordered,
    outcomes,
    tallied,
)
from labwright.jobs.progress import progress_of_keys, progress_of_queues
from labwright.jobs.reproducible import Reproducible
from labwright.jobs.signals import stoppable
from labwright.jobs.stale import WhatStale, check_stale, delete_stale
from labwright.jobs.table import JobTable
from labwright.jobs.upstream import Upstream, upstream_of
from labwright.jobs.worker import Worker
from labwright.query import expr
from labwright.query.expr import Node
from labwright.tables.query import QueryExpression
from labwright.tables.table import answers_for_classes


@answers_for_classes
class AutoPopulate(Reproducible):
    """The base of `Imported` and `Computed`: tables that fill themselves, by calling `make` for each missing key.

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
    ...     Mouse.insert([(2,), (3,)])
    ...     issubclass(Square, lw.AutoPopulate)
    ...     _ = Square.populate()
    ...     Square.to_dicts()
    True
    [{'mouse': 2, 'square': 4}, {'mouse': 3, 'square': 9}]
    """

    resources: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    """What a worker needs that fills the table: ``dict(cpus=4, gpus=1, memory="32 GB", time="2 h")``.

    ``key_time="10 min"`` is how long one call of make may take.
    """

    @told
    def target(self) -> AutoPopulate:
        """The table that is filled: this one, all of it."""
        return type(self)()

    @told
    def jobs(self) -> JobTable:
        """The queue of the table, as a query: ``Weight.jobs.errors``, ``Weight.jobs & "mouse > 3"``."""
        if self.schema.was_dropped(self.id.name):
            raise MissingTableError(
                f"{self.id} was dropped, and its jobs with it. {type(self).__name__}.populate() makes it anew."
            )
        return JobTable(self)

    @verb
    def explain(self, key: Mapping[str, Any], /, *restrictions: Any) -> Explanation:
        r"""Say why the rows of a key are there, or why they are not.

        Parameters
        ----------
        key : mapping
            Of one row; of a part of the key it tells what becomes of all that have it.
        *restrictions : conditions
            What `populate` was given, to be told which of them leaves the key out.

        Examples
        --------
        >>> import labwright as lw
        >>> with lw.Project("sqlite:///:memory:") as project:
        ...     schema = lw.Schema("lab", connection=project)
        ...     @schema
        ...     class Mouse(lw.Manual):
        ...         definition = "mouse : int32"
        ...     @schema
        ...     class Weight(lw.Computed):
        ...         definition = "-> Mouse"
        ...     print(Weight.explain({"mouse": 4}))
        Weight of mouse=4 cannot be computed yet. There is no row of Mouse with mouse=4.
        """
        return explain(self.target, key, restrictions)

    @property
    def key_source(self) -> Any:
        """The keys for which there should be rows: by default the join of the parents in the primary key.

        Override it to restrict them, e.g. ``return Session & "is_complete"``.
        """
        self.ready()
        node: Node | None = None
        for fk in _key_references(self.table_def):
            parent = _parent_node(self, fk)
            node = parent if node is None else expr.join(node, parent)
        if node is None:
            raise LabwrightError(
                f"{type(self).__name__} has no reference in its primary key, so nothing says which rows it should "
                "have. Add one above the divider, or define key_source."
            )
        return QueryExpression(node, [self])

    @property
    def upstream(self) -> Upstream:
        """Within make the rows of the tables it depends on that belong to the key: ``self.upstream[Session]``.

        It follows references that rename, and tables in between: ``self.upstream[Session.Trial]`` are the trials of the
        key's session. Tables are given as classes or by name.
        """
        return upstream_of(self)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "_make_tuples" in vars(cls) and "make" not in vars(cls):  # as early pipelines call it
            cls.make = vars(cls)["_make_tuples"]  # type: ignore[method-assign]  # another name of the same

    def make(self, key: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Compute and insert the rows for `key`. Override it, or the three methods it is made of.

        In three parts, nothing is locked while it computes: ``make_fetch(key)`` returns a tuple, ``make_compute(key,
        *fetched)`` another, ``make_insert(key, *computed)`` inserts.
        """
        missing = [n for n in ("make_fetch", "make_compute", "make_insert") if not hasattr(self, n)]
        if missing:
            raise LabwrightError(
                f"{type(self).__name__} cannot fill itself: define make(self, key), or make_fetch, make_compute and "
                f"make_insert; {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing."
            )
        fetched = self.make_fetch(key, **kwargs)  # type: ignore[attr-defined]  # checked above
        computed = yield fetched
        if computed is None:
            computed = self.make_compute(key, *fetched)  # type: ignore[attr-defined]  # checked above
            yield computed
        self.make_insert(key, *computed)  # type: ignore[attr-defined]  # checked above
        yield

    @verb
    def populate(
        self,
        /,
        *restrictions: Any,
        keys: list[dict[str, Any]] | None = None,
        suppress_errors: bool = False,
        return_exception_objects: bool = False,
        reserve_jobs: bool = False,
        order: Order = "original",
        limit: int | None = None,
        max_calls: int | None = None,
        display_progress: bool = False,
        processes: int | None = 1,
        make_kwargs: Mapping[str, Any] | None = None,
        stale: WhatStale = "ignore",
        prompt: bool | None = None,
        priority: int | None = None,
        refresh: bool | None = None,
    ) -> PopulateResult:
        """Call ``make`` for every key that is not there yet, each whole or not at all.

        Parameters
        ----------
        *restrictions : conditions
            Only keys that meet all of them.
        keys : list of dict, optional
            Exactly these keys, of those that are not there yet.
        suppress_errors : bool
            Go on after an error, and report all of them at the end.
        return_exception_objects : bool
            Report exceptions rather than their text.
        reserve_jobs : bool
            Take the keys from the table's queue, so that any number of workers may populate at once.
        order : {'original', 'reverse', 'random'}
            In which keys are taken, without a queue.
        limit : int, optional
            Look at so many keys at most.
        max_calls : int, optional
            Call ``make`` at most so many times.
        display_progress : bool
            Show a bar in a terminal or notebook; now and then a line where standard error goes into a log.
        processes : int, optional
            Compute in so many processes of this machine, which take their keys from the queue; None for as many as it
            has processors. The table has to be defined in a module.
        make_kwargs : mapping, optional
            More arguments for ``make``.
        stale : {'ignore', 'recompute'}
            What becomes of rows that are out of date (see `stale`): they stay, or are deleted with all that depends on
            them, and computed again.
        prompt : bool, optional
            Whether to ask before rows are deleted for that; by default as the setting ``safemode`` says.
        priority : int, optional
            With `reserve_jobs`: only jobs of this priority, or that go before it.
        refresh : bool, optional
            With `reserve_jobs`: whether to look for new keys first; by default as ``jobs.auto_refresh`` says.

        Returns
        -------
        PopulateResult
            A dict with ``success_count``, and ``error_list`` of (key, error). As attributes, how many keys ended in
            ``success`` and ``error``, were ``skipped`` since somebody else has them, or ``retried``.
        """
        check_can_populate(
            self, order, keys, make_kwargs, limit=(limit, 0), max_calls=(max_calls, 0), processes=(processes, 1)
        )
        check_stale(stale)
        tally = Tally(suppress_errors, return_exception_objects)
        chosen = lasting(restrictions if keys is None else (*restrictions, keys))
        if stale == "recompute":
            delete_stale(self, restricted_source(self, chosen), prompt)
        most = min((n for n in (limit, max_calls) if n is not None), default=None)
        many = (os.cpu_count() or 1) if processes is None else processes
        refreshes = not reserve_jobs or (self.project.config["jobs.auto_refresh"] if refresh is None else refresh)
        with self.connection.readers.apart(), stoppable() as stopping:
            if many > 1:
                spread(
                    self, chosen, tally, many, max_calls=most, tick=stopping.raise_stopped, retry=not reserve_jobs,
                    display=display_progress, make_kwargs=dict(make_kwargs or {}), refreshes=refreshes,
                    priority=priority,
                )  # fmt: skip
            elif reserve_jobs:
                worker = Worker(
                    [self], restrictions=chosen, max_calls=most, make_kwargs=make_kwargs, refreshes=refreshes,
                    priority=priority, stopping=stopping,
                )  # fmt: skip
                shown = progress_of_queues([self], chosen, most, display=display_progress)
                tallied(worker.run("claimed"), tally, shown)
            else:
                wanted = missing_keys(self, restricted_source(self, chosen))
                todo = ordered(wanted.keys(order_by="KEY", limit=most), order)
                found = outcomes(Maker(self, make_kwargs), todo, stopping)
                tallied(found, tally, progress_of_keys(self, len(todo), display=display_progress))
        stopping.leave()
        return tally.result()

    @verb
    def progress(self, /, *restrictions: Any, display: bool = False) -> tuple[int, int]:
        """How many keys remain, and how many there are.

        Returns
        -------
        tuple of int
            (remaining, total)
        """
        wanted = restricted_source(self, restrictions)
        remaining, total = len(missing_keys(self, wanted)), len(wanted)
        if display:
            share = 100 * (1 - remaining / total) if total else 100.0
            print(f"{type(self).__name__}: {total - remaining} of {total} done ({share:.1f}%)")  # noqa: T201 - asked for
        return remaining, total


def _key_references(table: TableDef) -> list[ForeignKey]:
    key = set(table.heading.primary_key)
    return [fk for fk in table.foreign_keys if set(fk.columns) <= key]


def _parent_node(table: AutoPopulate, fk: ForeignKey) -> Node:
    """The parent's key under the names that it has in the table."""
    parent = table.db.find(fk.parent)
    source = expr.Source(parent.id.schema, parent.id.name, parent.heading)
    return expr.project(source, (), fk.renames)


class Imported(AutoPopulate):
    """Rows that are read from outside, e.g. from files, for rows of the parents.

    Examples
    --------
    >>> import os
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     @schema
    ...     class Files(lw.Imported):
    ...         definition = '''
    ...         -> Mouse
    ...         ---
    ...         files : int32
    ...         '''
    ...         def make(self, key):
    ...             self.insert1({**key, "files": len(os.listdir("."))})
    ...     Mouse.insert1((7,))
    ...     Files.populate()["success_count"]
    ...     Files.fetch1("files")
    1
    0
    """

    tier: ClassVar[Tier | None] = "imported"


class Computed(AutoPopulate):
    """Rows that are computed from the parents' rows alone.

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
    ...     Mouse.insert1((7,))
    ...     Square.populate()["success_count"]
    ...     Square.fetch1("square")
    1
    49
    """

    tier: ClassVar[Tier | None] = "computed"


__all__ = ["AutoPopulate", "Computed", "Imported"]

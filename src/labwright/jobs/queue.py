"""The queue of one table: which keys are to be computed, and who computes them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from labwright.core.errors import DefinitionError, LostJobError, MissingAttributeError, MissingTableError
from labwright.core.heading import Heading
from labwright.core.types import Type
from labwright.core.values import adapt
from labwright.define.job_table import MAX_MESSAGE, job_id, job_table
from labwright.define.table import TableDef
from labwright.jobs.job import Job, Refreshed, WorkerId
from labwright.jobs.key_source import key_source_of, missing_keys, restricted_source
from labwright.jobs.nothing import no_rows
from labwright.query import expr
from labwright.query.conditions import (
    Condition,
    InQuery,
    Matching,
    as_operand,
    conjunction,
    make_condition,
    names_in,
    negate,
)
from labwright.query.expr import Source
from labwright.query.top import Top
from labwright.sql.declare import alone, table_names
from labwright.sql.decode import DecodePlan
from labwright.sql.demand import Demand
from labwright.sql.dialect import Fragment
from labwright.sql.job_ddl import column_types, ensure_jobs
from labwright.sql.job_states import held
from labwright.sql.jobs import EVERYTHING, Jobs, jobs_of
from labwright.sql.runs import fills_itself
from labwright.sql.statement import Statement

if TYPE_CHECKING:
    from labwright.jobs.auto import AutoPopulate

T = TypeVar("T")
LOST: Final = 3
"""So many workers may be lost with a key before it is given up."""
PATIENCE: Final = 3600.0
"""Seconds to wait for others who refresh the same queue."""
MAX_STACK: Final = 1 << 20
"""Characters of a traceback."""
_CUT: Final = "...truncated"
_MAX_NAME: Final = 255
_PRIORITY: Final = Type("int16")


class Queue:
    """The jobs of a table that fills itself.

    Several workers take keys from it at once, and none takes what another holds. A worker holds a key by a lease that
    it renews; when that ends, another may take the key, and what the first one computes is refused by its token.

    Parameters
    ----------
    table : AutoPopulate

    Examples
    --------
    >>> import labwright as lw
    >>> from labwright.jobs.job import WorkerId
    >>> from labwright.jobs.queue import Queue
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     @schema
    ...     class Weight(lw.Computed):
    ...         definition = "-> Mouse"
    ...     Mouse.insert([(1,), (2,)])
    ...     queue = Queue(Weight())
    ...     queue.refresh()
    ...     [job.key for job in queue.claim(WorkerId.new(), 10, lease=60)]
    Refreshed(added=2, removed=0)
    [{'mouse': 1}, {'mouse': 2}]
    """

    def __init__(self, table: AutoPopulate) -> None:
        self.table = type(table)()
        self._made: Jobs | None = None

    @property
    def table_def(self) -> TableDef:
        """The table of jobs, for queries.

        Raises
        ------
        DefinitionError
            When another table has the same.
        """
        self.table.ready()
        self._refuse_twin()
        heading = key_source_of(self.table).query_node().heading
        own = self.table.table_def.heading
        key = [heading[n] for n in heading.primary_key]
        return job_table(self.table.id, [own[a.name] if a.type is None and a.name in own else a for a in key])

    def _refuse_twin(self) -> None:
        """Refuse an imported and a computed table of one name: they would have their jobs in one table."""
        own = job_id(self.table.id)
        same = [i for t in self.table.db.tables(own.schema).values() if fills_itself(i := t.id) and job_id(i) == own]
        if len(same) > 1:
            names = " and ".join(str(i) for i in sorted(same, key=str))
            raise DefinitionError(
                f"The jobs of {names} would be in the same table, {own.name}. Give one of these classes another name,"
                " or fill them without a queue: populate() alone, without reserve_jobs or processes."
            )

    @property
    def source(self) -> Source:
        """All jobs, as a node of the algebra; the table is made where it is not there."""
        return self._jobs().source

    def look(self) -> None:
        """Let the table of jobs be one without rows for who only looks, where it is not there."""
        db, id_ = self.table.db, job_id(self.table.id)
        place = id_.schema, id_.name
        if id_ in db.derived or id_.name in table_names(db.connection, db.dialect, id_.schema):
            db.absent.pop(place, None)
            self.ensure()
        else:
            db.absent[place] = no_rows(self.table_def.heading, key_source_of(self.table).query_node())

    def ensure(self) -> None:
        """Make the table of jobs where it is not there; make it anew where the key has changed and nobody works.

        Raises
        ------
        AccessError
            When the user may not make it; says what a data engineer has to run.
        LockError
            When jobs of another key are reserved.
        VersionError
            When it was made by another version of Labwright.
        """
        self._made = None
        self._jobs()

    def _jobs(self) -> Jobs:
        """What writes the statements, once the table is known to be there."""
        if self._made is None:
            self._made = self._prepared(self.table_def)
        return self._made

    def _prepared(self, table: TableDef) -> Jobs:
        db = self.table.db
        known: Jobs | None = db.derived.get(table.id)
        if known is not None and known.table == table:
            return known
        own = self.table.table_def.heading
        spelled = column_types(db.connection, db.dialect, self.table.id)
        own_types = {n: spelled[n] for n in table.heading.primary_key if n in own and n in spelled}
        ensure_jobs(db.connection, db.dialect, table, own_types)
        db.absent.pop((table.id.schema, table.id.name), None)
        db.derived[table.id] = made = jobs_of(db.dialect, table, own_types)
        return made

    def run(self, call: Callable[[Jobs], T]) -> T:
        """Do something to the jobs; once more where others have dropped the table meanwhile."""
        jobs = self._jobs()
        try:
            return call(jobs)
        except MissingTableError:
            self.table.db.derived.pop(jobs.table.id, None)
            self.ensure()
            return call(self._jobs())

    def change(self, call: Callable[[Jobs], Any]) -> int:
        """Run a statement and return how many jobs it touched."""
        connection = self.table.db.connection

        def run(jobs: Jobs) -> int:
            statement = call(jobs)
            return connection.execute(statement.sql, statement.params, write=True).rowcount

        return self.run(run)

    def refresh(
        self,
        *restrictions: Any,
        priority: int | None = None,
        delay: float = 0.0,
        stale_timeout: float | None = None,
    ) -> Refreshed:
        """Bring in the keys that are neither there nor in the queue, and remove what is not to be computed any more.

        Parameters
        ----------
        *restrictions : conditions
            Only keys that meet all of them are brought in.
        priority : int, optional
            Of the new jobs; lower goes first.
        delay : float
            Seconds before which the new jobs are not claimed.
        stale_timeout : float, optional
            0 leaves jobs that wait although their keys are gone; by default as ``jobs.stale_timeout`` says.
        """
        settings = self.table.project.config.settings.jobs
        stale = (settings.stale_timeout if stale_timeout is None else stale_timeout) > 0
        connection, dialect = self.table.db.connection, self.table.db.dialect

        def run(jobs: Jobs) -> Refreshed:
            added = self._added(jobs, restrictions, priority, delay)
            with connection.committed(), alone(connection, dialect, f"jobs {self.table.id}", PATIENCE):
                removed = self._prune(jobs, ("pending", "error") if stale else ("error",))
                done = Refreshed(connection.execute(added.sql, added.params, write=True).rowcount, removed)
            jobs.learn(connection, done.added)
            return done

        return self.run(run)

    def _added(self, jobs: Jobs, restrictions: Sequence[Any], priority: int | None, delay: float) -> Statement:
        """The statement that brings in new keys."""
        default = self.table.project.config.settings.jobs.default_priority
        new = missing_keys(self.table, restricted_source(self.table, restrictions))
        level = adapt(_PRIORITY, default if priority is None else priority)
        return jobs.add(expr.without(new.query_node(), jobs.source), level, delay)

    def enter(self, *restrictions: Any, priority: int | None = None) -> int:
        """Bring in keys at once, without looking at the others; return how many were new."""
        return self.change(lambda jobs: self._added(jobs, restrictions, priority, 0.0))

    def _prune(self, jobs: Jobs, stale: Sequence[str]) -> int:
        """Remove jobs whose keys are gone from the key source or have rows, and notes of success without rows."""
        wanted = InQuery(jobs.key, restricted_source(self.table, ()).query_node())
        target = type(self.table)().proj()
        there = InQuery(tuple(n for n in jobs.key if n in target.primary_key), target.query_node())
        removals = (
            jobs.drop(stale, negate(wanted)),
            jobs.drop(("pending", "error"), there),
            jobs.drop(("success",), negate(there)),
        )
        execute = self.table.db.connection.execute
        return sum(execute(s.sql, s.params, write=True).rowcount for s in removals)

    def claim(
        self,
        worker: WorkerId,
        limit: int,
        *,
        lease: float,
        restrictions: Sequence[Any] = (),
        attempts: int = LOST,
        priority: int | None = None,
    ) -> list[Job]:
        """Reserve the jobs that are next, for nobody else to have while the lease lasts.

        Parameters
        ----------
        worker : WorkerId
        limit : int
            How many at most.
        lease : float
            Seconds.
        restrictions : sequence of conditions
            Only keys that meet all of them.
        attempts : int
            So many workers may be lost with a key before it is given up, with an error that says so.
        priority : int, optional
            Only jobs of this priority, or that go before it.

        Returns
        -------
        list of Job
            In the order in which they are to be computed.
        """
        db = self.table.db

        def run(jobs: Jobs) -> list[Job]:
            where = self._where(jobs, restrictions, priority)
            rows = jobs.claim(db.connection, _holder(worker), limit, lease, attempts, where)
            if len(rows) < limit:
                lost = jobs.reap(attempts)
                db.connection.execute(lost.sql, lost.params, write=True)
            found = self._told(jobs, rows)
            return sorted(found, key=lambda job: (job.priority, job.id))

        return self.run(run)

    def held(self, worker: WorkerId, id_: int, token: int) -> Job | None:
        """The job of a number, as long as a worker holds it; None otherwise."""
        look_up = self.table.db.look_up
        found = self.run(lambda jobs: self._told(jobs, look_up(held(jobs, worker.uuid, id_, token))))
        return found[0] if found else None

    def _told(self, jobs: Jobs, rows: Sequence[tuple[Any, ...]]) -> list[Job]:
        key = DecodePlan([jobs.table.heading[n] for n in jobs.key], self.table.db.dialect)
        keys = key.dicts([row[4:] for row in rows])
        return [
            Job(int(n), key, int(token), int(attempt), int(priority))
            for (n, token, attempt, priority, *_), key in zip(rows, keys, strict=True)
        ]

    def _where(self, jobs: Jobs, restrictions: Sequence[Any], priority: int | None = None) -> Fragment:
        condition = self._condition(jobs.table.heading, restrictions)
        where = EVERYTHING if condition is None else jobs.where(condition)
        return where if priority is None else jobs.up_to(where, priority)

    def _condition(self, heading: Heading, restrictions: Sequence[Any]) -> Condition | None:
        """What jobs have to meet: of the key itself where that tells all, else that the key is in the key source."""
        given = [as_operand(r) for r in restrictions]
        if not given:
            return None
        if not any(isinstance(r, Top) for r in given):
            source = key_source_of(self.table)
            matching = Matching(generation=source.generation)
            condition = conjunction(make_condition(source.query_node().heading, r, matching) for r in given)
            if set(names_in(condition)) <= set(heading.primary_key):
                return condition
        return InQuery(tuple(heading.primary_key), restricted_source(self.table, given).query_node())

    def beat(
        self, worker: WorkerId, jobs: Collection[Job], *, lease: float, progress: Mapping[int, float] | None = None
    ) -> set[int]:
        """Let the leases of jobs begin anew.

        Parameters
        ----------
        worker : WorkerId
        jobs : collection of Job
        lease : float
            Seconds from now.
        progress : mapping, optional
            How far some of them are, from 0 to 1, by their numbers.

        Returns
        -------
        set of int
            The numbers of those that are still held; the others belong to somebody else by now, or to nobody.
        """
        if not jobs:
            return set()
        pairs, connection = _pairs(jobs), self.table.db.connection
        rows = self.run(lambda made: made.beat(connection, pairs, lease, progress or {}))
        return {int(number) for (number,) in rows}

    def renewal(self, jobs: Collection[Job], lease: float) -> Statement:
        """The statement by which another process renews the leases of jobs."""
        return self._jobs().renew(_pairs(jobs), lease)

    def fence(self, job: Job) -> Demand:
        """What has to hold for the results of a job to be stored; it is done with when they are."""
        jobs = self._jobs()
        keep = self.table.project.config.settings.jobs.keep_completed
        statement = (jobs.complete if keep else jobs.take_out)(job.id, job.token)
        return Demand(
            statement,
            LostJobError(
                f"The lease of {dict(job.key)} in {self.table.id} ended before its results could be stored, and "
                "somebody else has taken it, or it was ignored or removed. Nothing of this attempt is stored."
            ),
        )

    def fail(self, job: Job, message: str, stack: str, *, retry_in: float | None = None) -> bool:
        """Note an error; the job is tried again after `retry_in` seconds, or left for somebody to look at.

        Returns
        -------
        bool
            False when the job is not ours any more; nothing is noted then.
        """
        told, trace = shortened(message, MAX_MESSAGE), shortened(stack, MAX_STACK)
        return bool(self.change(lambda jobs: jobs.fail(job.id, job.token, told, trace, retry_in)))

    def release(self, jobs: Collection[Job], delay: float = 0.0) -> int:
        """Give jobs back for somebody to claim after `delay` seconds; the attempt does not count.

        Returns
        -------
        int
            How many were still ours.
        """
        pairs = _pairs(jobs)
        return self.change(lambda made: made.release(pairs, delay)) if pairs else 0

    def give_back(self, worker: WorkerId) -> int:
        """Give all back that a worker may have claimed without having heard of it; the attempts do not count.

        Returns
        -------
        int
            How many there were.
        """
        return self.change(lambda made: made.give_back(worker.uuid))

    def ignore(self, *keys: Mapping[str, Any]) -> None:
        """Let keys be computed by nobody; who computes one of them now may not store it.

        Raises
        ------
        MissingAttributeError
            When one has no value for each attribute of the key.
        """
        level = self.table.project.config.settings.jobs.default_priority

        def run(jobs: Jobs) -> None:
            rows = [(*self._encoded(jobs, key), level) for key in keys]
            self.table.db.connection.executemany(jobs.ignore(), rows)

        if keys:
            self.run(run)

    def _encoded(self, jobs: Jobs, key: Mapping[str, Any]) -> list[Any]:
        missing = [n for n in jobs.key if key.get(n) is None]
        if missing:
            raise MissingAttributeError(
                f"A key of {jobs.table.id} needs a value for {', '.join(map(repr, missing))}. Given: {dict(key)}."
            )
        attributes = [jobs.table.heading[n] for n in jobs.key]
        return [jobs.dialect.encode(a.stored, adapt(a.type, key[a.name])) for a in attributes if a.type is not None]

    def reset(self, *restrictions: Any) -> int:
        """Let keys that failed or are ignored be computed again, those that meet all conditions; return how many."""
        return self.change(lambda jobs: jobs.reset(self._where(jobs, restrictions)))

    def due_in(self, restrictions: Sequence[Any] = (), priority: int | None = None) -> float | None:
        """Return the seconds until a job may be claimable, at least 0; None when there is none to wait for."""
        connection = self.table.db.connection

        def run(jobs: Jobs) -> float | None:
            statement = jobs.due_in(self._where(jobs, restrictions, priority))
            ((seconds,),) = connection.fetch(statement.sql, statement.params)
            return None if seconds is None else max(0.0, float(seconds))

        return self.run(run)


def _holder(worker: WorkerId) -> tuple[Any, ...]:
    """What is noted of a worker, in the order of the statement."""
    names = (worker.user, worker.host, worker.engine_job, worker.version)
    user, host, engine_job, version = (name[:_MAX_NAME] for name in names)
    return worker.uuid, user, host, worker.pid, engine_job, version


def _pairs(jobs: Collection[Job]) -> list[tuple[int, int]]:
    return [(job.id, job.token) for job in jobs]


def shortened(text: str, most: int) -> str:
    """Return `text` as every database can hold it, with at most so many characters.

    Examples
    --------
    >>> shortened("a long story", 20), shortened("a much longer story", 15)
    ('a long story', 'a m...truncated')
    """
    sound = text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    return sound if len(sound) <= most else sound[: most - len(_CUT)] + _CUT

"""What a worker holds whose ``make`` runs elsewhere: in another language, or where the database cannot be reached."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from labwright.core.errors import LostJobError, MakeError
from labwright.jobs.job import Job, WorkerId
from labwright.jobs.make import Attempt
from labwright.jobs.provenance import Provenance
from labwright.jobs.shared import SharedQueue
from labwright.jobs.upstream import refuse_jobs_within_make
from labwright.sql.reads import Reads
from labwright.tables.making import Making, making

if TYPE_CHECKING:
    from labwright.jobs.auto import AutoPopulate

LEASE: Final = 60.0


class Claims:
    """The keys of one table that one worker holds, who computes them elsewhere and brings the rows here.

    It is what a worker does within `populate`, step by step: claim keys, renew their leases, store the rows together
    with the end of the job, or say what went wrong. What such a worker has read is not known here, so it is not looked
    at again before its rows are stored, and `stale` does not see that it has changed.

    Parameters
    ----------
    table : AutoPopulate
    worker : WorkerId

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
    ...         definition = '''
    ...         -> Mouse
    ...         ---
    ...         weight : float64
    ...         '''
    ...     Mouse.insert([(1,), (2,)])
    ...     _ = Weight.jobs.refresh()
    ...     claims = lw.Claims(Weight(), lw.WorkerId.new())
    ...     for job in claims.claim(10):
    ...         with claims.storing(job):
    ...             Weight.insert1({**job.key, "weight": 20.0})
    ...     Weight.to_dicts(order_by="KEY")
    [{'mouse': 1, 'weight': 20.0}, {'mouse': 2, 'weight': 20.0}]
    """

    def __init__(self, table: AutoPopulate, worker: WorkerId) -> None:
        refuse_jobs_within_make(f"{type(table).__name__}.jobs")
        self.table = type(table)()
        self.worker = worker
        self._queue = SharedQueue(self.table)

    def claim(self, limit: int = 1, *restrictions: Any, lease: float = LEASE) -> list[Job]:
        """Reserve the keys that are next; nobody else has them while the lease lasts.

        Parameters
        ----------
        limit : int
            How many at most.
        *restrictions : conditions
            Only keys that meet all of them.
        lease : float
            Seconds.
        """
        return self._queue.claim(self.worker, limit, lease=lease, restrictions=restrictions)

    def held(self, id_: int, token: int) -> Job:
        """The job of a number, which this worker holds.

        Raises
        ------
        LostJobError
            When it does not, or not any more.
        """
        found = self._queue.held(self.worker, id_, token)
        if found is None:
            raise LostJobError(
                f"The lease of job {id_} of {self.table.id} ended, and somebody else has taken it, or it was ignored "
                "or removed. Nothing of this attempt is stored. Claim other keys."
            )
        return found

    def renew(self, jobs: Collection[Job], *, lease: float = LEASE, progress: float | None = None) -> set[int]:
        """Let leases begin anew, and tell how far the work is.

        Parameters
        ----------
        jobs : collection of Job
        lease : float
            Seconds from now.
        progress : float, optional
            From 0 to 1.

        Returns
        -------
        set of int
            The numbers of those that are still held. To go on with the others is of no use.
        """
        told = {} if progress is None else {job.id: progress for job in jobs}
        return self._queue.beat(self.worker, jobs, lease=lease, progress=told)

    @contextmanager
    def storing(self, job: Job, *, duration: float = 0.0) -> Iterator[None]:
        """Store what is inserted in the block, in the table and its parts, with the end of the job, or nothing.

        Parameters
        ----------
        job : Job
        duration : float
            The seconds that it took to compute, as they are noted.

        Raises
        ------
        LostJobError
            When the job is another's by now.
        MakeError
            When no row was inserted for the key, or a row of another one.
        """
        provenance = Provenance(self.table, self.worker, self.worker.engine)
        provenance.ensure()
        run, reads, connection = Making(self.table.id, [job.key], self._refuse), Reads(), self.table.connection
        with making(run), connection.deferring([self._queue.fence(job)], reads) as deferred:
            yield
            if run.missing():
                self._refuse("no row at all")
        attempt = Attempt((job.key,), deferred, run, duration, time.time() - duration)
        attempt.close_with(*self._queue.closing(attempt.keys), *provenance.closing(attempt))
        attempt.store()

    def _refuse(self, row: str) -> None:
        raise MakeError(
            f"The rows that are stored with a job are those of its key in {self.table.id} and its parts; there is "
            f"{row}. Nothing was stored."
        )

    def fail(self, job: Job, message: str, stack: str = "") -> bool:
        """Say that a key failed; it is not tried again before somebody says so.

        Returns
        -------
        bool
            False when it is another's by now; nothing is noted then.
        """
        return self._queue.fail(job, message, stack)

    def release(self, jobs: Collection[Job]) -> int:
        """Give keys back, for others to have at once; return how many were still held. The attempt does not count."""
        return self._queue.release(jobs)


__all__ = ["LEASE", "Claims"]

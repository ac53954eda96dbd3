"""A process that takes keys from a queue, and stores, gives back, fails or forgets them as chance has it."""

from __future__ import annotations

import random
import sys
import time
from typing import Any

import labwright as lw
from labwright.core.errors import LockError
from labwright.jobs.job import Job, WorkerId
from labwright.jobs.queue import Queue


def store(queue: Queue, job: Job) -> bool:
    demand, database = queue.fence(job), queue.table.db
    for _ in range(20):
        try:
            with database.connection.transaction:
                if database.execute(demand.statement) != 1:
                    return False
                queue.table.insert1(job.key, allow_direct_insert=True)
        except LockError:
            continue
        else:
            return True
    raise AssertionError("one deadlock after the other")


def work(queue: Queue, worker: WorkerId, chance: random.Random) -> None:
    while queue.due_in() is not None:
        lease = chance.choice([0.0, 60.0, 60.0, 60.0])
        for job in queue.claim(worker, chance.randint(1, 7), lease=lease, attempts=1000):
            what = chance.random()
            if what < 0.1:
                queue.release([job])
            elif what < 0.2:
                queue.fail(job, "by chance", "", retry_in=0.01)
            else:
                print(job.id, job.token, int(store(queue, job)), int(lease > 0))
        time.sleep(0.001)


def main(url: str, schema: str, what: str, seed: str) -> None:
    with lw.Project(url) as project:
        score: Any = lw.virtual_schema(schema, connection=project).Score
        queue = Queue(score())
        print("ready", flush=True)
        sys.stdin.readline()
        if what == "refresh":
            print(queue.refresh().added)
        elif what == "claim":
            for job in iter(lambda: queue.claim(WorkerId.new(), 1 + int(seed) % 5, lease=60), []):
                print(*(j.id for j in job))
        else:
            work(queue, WorkerId.new(), random.Random(int(seed)))


if __name__ == "__main__":
    main(*sys.argv[1:])

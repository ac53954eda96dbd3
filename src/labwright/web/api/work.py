"""Computing keys elsewhere: claim them, hold on to them, bring their rows."""

from __future__ import annotations

import uuid

from fastapi import APIRouter

from labwright.web.api.here import OfTable
from labwright.web.api.models import Claim, Claimed, Count, Failed, JobModel, Kept, Release, Renewal, Result
from labwright.web.api.problems import problems, told
from labwright.web.api.rows import loaded, loaded_parts
from labwright.web.api.values import dumper, loading
from labwright.web.desk.jobs.working import Working

router = APIRouter(tags=["work"])


@router.post("/work/{table}/claim", responses=problems(409))
def claim_keys(sheet: OfTable, given: Claim) -> Claimed:
    """Take the keys that are next; nobody else has them while the lease lasts."""
    worker = given.worker or str(uuid.uuid4())
    with loading(sheet.heading) as loader:
        only = loaded(sheet, [given.key], loader)
    working = Working(sheet, worker, given.program, given.host, given.pid)
    dump = dumper(sheet.heading, "described")
    jobs = working.claim(given.limit, given.lease, only if given.key else ())
    named = [(job, {n: v for n, v in job.key.items() if n in sheet.heading}) for job in jobs]
    return Claimed(
        worker=worker,
        jobs=[JobModel(id=job.id, token=job.token, key=dump(key), attempt=job.attempt) for job, key in named],
    )


@router.post("/work/{table}/renew", responses=problems(409))
def renew_leases(sheet: OfTable, given: Renewal) -> Kept:
    """Let leases begin anew. Keys that are not held any more belong to somebody else by now."""
    working = Working(sheet, given.worker)
    jobs = [job for held in given.jobs if (job := working.find(held.id, held.token))]
    return Kept(held=sorted(working.renew(jobs, given.lease, given.progress)))


@router.post("/work/{table}/complete", status_code=201, responses=problems(409))
def complete(sheet: OfTable, given: Result) -> Count:
    """Store the rows of a key, and of its parts, with the end of its job; refused when it is another's by now."""
    working = Working(sheet, given.worker)
    with told(sheet), loading(sheet.heading) as loader:
        job = working.held(given.id, given.token)
        rows, parts = loaded(sheet, given.rows, loader), loaded_parts(sheet, given.parts)
        working.complete(job, rows, parts, given.duration)
    return Count(count=len(rows))


@router.post("/work/{table}/fail", responses=problems(409))
def fail(sheet: OfTable, given: Failed) -> Kept:
    """Say that a key failed; it is not tried again before somebody says so."""
    working = Working(sheet, given.worker)
    with told(sheet):
        job = working.held(given.id, given.token)
        return Kept(held=[job.id] if working.fail(job, given.message, given.stack) else [])


@router.post("/work/{table}/release", responses=problems(409))
def release(sheet: OfTable, given: Release) -> Count:
    """Give keys back, for others to have at once; the attempts do not count."""
    working = Working(sheet, given.worker)
    jobs = [job for held in given.jobs if (job := working.find(held.id, held.token))]
    return Count(count=working.release(jobs))

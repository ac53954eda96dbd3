"""Having tables computed, and seeing who is at it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from labwright.web.api.here import AtDesk, OfTable
from labwright.web.api.models import Losses, Model, Row, Said
from labwright.web.api.problems import problems, told
from labwright.web.api.rows import preview
from labwright.web.api.values import dumper, moment
from labwright.web.desk.jobs.filling import Filling
from labwright.web.desk.jobs.launching import launch
from labwright.web.desk.jobs.logs import logs_of
from labwright.web.desk.jobs.staling import out_of_date, recompute
from labwright.web.desk.jobs.status import statuses
from labwright.web.desk.picture import Links, picture
from labwright.web.desk.refusals import ClashError
from labwright.web.desk.sheet import Sheet
from labwright.web.site import computes_here

router = APIRouter(tags=["jobs"])
SVG: Any = {200: {"description": "The picture.", "content": {"image/svg+xml": {"schema": {"type": "string"}}}}}


class Queued(Model):
    """A key in the queue."""

    key: Row
    attempts: int
    user: str = Field(description="Who computes it; empty while nobody does.")
    host: str
    since: str | None
    due: str | None = Field(description="When it is begun, or comes back from whoever gives no sign of life; UTC.")
    progress: float | None


class AtWork(Model):
    """A worker that holds keys."""

    worker: str
    host: str
    pid: int
    user: str
    jobs: int
    lease_left: float = Field(description="Seconds until its keys come back unless it gives a sign of life.")
    progress: float | None


class Durations(Model):
    """How long the newest computations took, in seconds."""

    count: int
    median: float
    most: float = Field(description="19 of 20 took no longer.")


class Progress(Model):
    """How the computation of a table goes on."""

    workers: list[AtWork]
    own_workers: int = Field(description="How many this server has started.")
    trouble: str = Field(description="Why those ended early; empty where they did not.")
    durations: Durations | None
    stale: int | None = Field(description="Rows that are out of date; null where nobody has looked.")


class OutOfDate(Model):
    """Rows that are out of date."""

    keys: list[Row]
    reasons: dict[str, int]
    going: Losses = Field(description="What is deleted before they are computed again.")


class Agreed(Model):
    """What somebody agrees to who has seen what goes."""

    confirm: str = Field(max_length=100, description="As `stale` has told.")


class Status(Model):
    """How a table stands."""

    table: str
    tier: str
    refers_to: list[str]
    rows: int | None = Field(description="About how many; null for who does not see all of them.")
    total: int | None = Field(description="Keys, of a table that fills itself.")
    done: int | None
    running: int | None
    failed: int | None
    stale: int | None


@router.get("/diagram", responses=problems())
def read_diagram(desk: AtDesk) -> list[Status]:
    """Tell how all tables hang together and stand, parents first, as it was counted last."""
    standings = statuses(desk)
    return [_status(sheet, standings.get(sheet.name)) for sheet in desk.sheets()]


def _status(sheet: Sheet, standing: Any) -> Status:
    progress = standing and standing.progress
    return Status(
        table=sheet.name, tier=sheet.tier, refers_to=[link.sheet.name for link in sheet.references],
        rows=standing and standing.rows, total=progress and progress.total, done=progress and progress.done,
        running=progress and progress.reserved, failed=progress and progress.error, stale=standing and standing.stale,
    )  # fmt: skip


@router.get("/diagram.svg", response_class=Response, responses={**SVG, **problems()})
def draw_diagram(
    request: Request,
    desk: AtDesk,
    schema: Annotated[list[str], Query(max_length=100, description="Only these schemas.")] = [],  # noqa: B006
) -> Response:
    """Draw all tables that you may read, with how they stand."""
    root = request.state.root
    links = Links(f"{root}/about/{{}}", f"{root}/diagram?open={{}}")
    return Response(str(picture(desk, schema, schema, links)), media_type="image/svg+xml")


@router.get("/jobs/{table}/progress", responses=problems())
def read_progress(sheet: OfTable) -> Progress:
    """Tell who computes a table, how long it takes, and whether rows were found to be out of date."""
    filling, crews = Filling(sheet), sheet.desk.workspace.crews
    workers = [AtWork(**{name: getattr(one, name) for name in AtWork.model_fields}) for one in filling.workers()]
    took = filling.durations()
    return Progress(
        workers=workers,
        own_workers=crews.running(sheet.name),
        trouble=crews.trouble(sheet.name) if filling.may_steer else "",
        durations=None if took is None else Durations(count=took.count, median=took.median, most=took.most),
        stale=filling.standing().stale,
    )


@router.get("/jobs/{table}/queue", responses=problems())
def list_queue(
    sheet: OfTable,
    state: Literal["pending", "reserved", "ignored"] = "pending",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> list[Queued]:
    """List the keys that wait, are computed, or are ignored, in the order in which they are computed."""
    found = Filling(sheet).jobs(state, limit)
    return [
        Queued(
            key=_key(sheet, job.key), attempts=job.attempts, user=job.user or "", host=job.host or "",
            since=moment(job.reserved_time), due=moment(job.scheduled_time), progress=job.progress,
        )
        for job in found
    ]  # fmt: skip


def _key(sheet: Sheet, key: Mapping[str, Any]) -> Row:
    known = {name: value for name, value in key.items() if name in sheet.heading}
    return dumper(sheet.heading, "described")(known)


@router.get("/jobs/{table}/logs", responses=problems())
def read_logs(sheet: OfTable) -> dict[str, str]:
    """Read the end of what the last workers of this server have written, by worker; only who may know all of it can."""
    return dict(logs_of(Filling(sheet)))


@router.post("/jobs/{table}/launch", responses=problems(409))
def launch_workers(request: Request, sheet: OfTable) -> Said:
    """Queue what is to be computed; where the server computes, it starts a worker for that and what it is made of."""
    with told(sheet):
        return Said(said=launch(Filling(sheet), here=computes_here(request)))


@router.post("/jobs/{table}/stop", responses=problems(409))
def stop_workers(sheet: OfTable) -> Said:
    """Let the workers that this server has started give back what they are at, and end."""
    found = Filling(sheet).stop()
    return Said(said="The workers of this server have stopped." if found else "No worker of this server is at it.")


@router.get("/jobs/{table}/stale", responses=problems())
def list_stale(sheet: OfTable) -> OutOfDate:
    """Look which rows are out of date, and what goes before they are computed again."""
    with told(sheet):
        found = out_of_date(Filling(sheet))
    keys = [_key(sheet, key) for key in found.keys]
    return OutOfDate(keys=keys, reasons=dict(found.reasons), going=preview(found.losses))


@router.post("/jobs/{table}/recompute", responses=problems(409))
def recompute_stale(request: Request, sheet: OfTable, given: Agreed) -> Said:
    """Delete rows that are out of date, with all that depends on them, and have them computed again."""
    filling = Filling(sheet)
    with told(sheet):
        found = out_of_date(filling)
        if preview(found.losses).confirm != given.confirm:
            raise ClashError("This is not what `stale` has told. Look again at what would go.")
        recompute(filling, found.agreed)
        return Said(said=launch(filling, here=computes_here(request)))

"""What is computed, what waits, and what has failed; and having it computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

import labwright as lw
from labwright.web.desk.jobs.board import TIERS
from labwright.web.desk.jobs.filling import Filling
from labwright.web.desk.jobs.launching import launch
from labwright.web.desk.jobs.logs import logs_of
from labwright.web.desk.jobs.staling import agreed, out_of_date, recompute
from labwright.web.desk.jobs.status import age, statuses
from labwright.web.desk.keys import key_of
from labwright.web.desk.sentences import sentence
from labwright.web.fields import FieldError
from labwright.web.pages.diagram import show_about
from labwright.web.pages.forms import Given, takes_form
from labwright.web.pages.render import address, render, see
from labwright.web.site import computes_here, desk_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from starlette.requests import Request
    from starlette.responses import Response

    from labwright.web.desk.desk import Desk

NEXT: Final = 20
"""Keys of the queue that are shown."""


def jobs(request: Request) -> Response:
    """Show how far all tables are that fill themselves."""
    desk = desk_of(request)
    standings = statuses(desk)
    found = [f for f in _fillings(desk) if f.sheet.name in standings]
    busy = [f for f in found if _is_busy(standings[f.sheet.name].progress)]
    return render(
        request, _part(request, "jobs"), fillings=found, standings=standings, age=age(desk),
        workers=[(f, f.workers()) for f in busy], crews=desk.workspace.crews,
    )  # fmt: skip


def _part(request: Request, name: str) -> str:
    """A page, or what is in it when that is fetched again."""
    return f"{name}_part.html" if "hx-request" in request.headers else f"{name}.html"


def _is_busy(progress: Any) -> bool:
    return progress is not None and progress.reserved > 0


def _fillings(desk: Desk) -> list[Filling]:
    return [Filling(sheet) for sheet in desk.sheets() if sheet.tier in TIERS]


def of_table(request: Request) -> Response:
    """Show the queue of one table, who is at it, and what has failed."""
    return _of_table(request, _filling(request))


def _of_table(request: Request, filling: Filling, said: str = "", problem: str = "", status: int = 200) -> Response:
    counts, workers = filling.counts(), filling.workers()
    return render(
        request, _part(request, "failures"), status, filling=filling, counts=counts, workers=workers,
        standing=filling.standing(), running=filling.jobs("reserved"), waiting=filling.jobs("pending", NEXT),
        ignored=filling.jobs("ignored", NEXT), durations=filling.durations(), said=said, problem=problem,
        failures=filling.failures() if filling.may_steer else [], crews=filling.sheet.desk.workspace.crews,
        logs=logs_of(filling),
    )  # fmt: skip


def retry(request: Request) -> Response:
    """Try all again, or one key."""
    filling = _filling(request)
    key = request.path_params.get("key")
    filling.retry(None if key is None else filling.read(key))
    return _back(filling)


@takes_form
def retry_kind(request: Request, given: Given) -> Response:
    """Try all again that has failed in one way."""
    filling = _filling(request)
    for failure in filling.failures():
        if failure.kind == given.get("kind", ""):
            filling.retry(failure.keys)
    return _back(filling)


def ignore(request: Request) -> Response:
    """Give up a key."""
    filling = _filling(request)
    filling.ignore(filling.read(request.path_params["key"]))
    return _back(filling)


def clear(request: Request) -> Response:
    """Forget all that has failed; what is still to be computed comes into the queue again when that is looked for."""
    filling = _filling(request)
    filling.clear()
    return _back(filling)


def _back(filling: Filling) -> Response:
    return see(address(filling.sheet, verb="jobs"))


@takes_form
def start(request: Request, given: Given) -> Response:
    """Queue what is to be computed, and have it computed where the server does that."""
    filling = _filling(request)
    try:
        said = launch(filling, here=computes_here(request))
    except lw.LabwrightError as error:
        return _of_table(request, filling, problem=sentence(error, filling.sheet), status=422)
    return _done(request, filling, said, given)


def _done(request: Request, filling: Filling, said: str, given: Given) -> Response:
    """Show what was done beside the diagram, or on the page of the queue."""
    about = given.get("back") == "about"
    if about and "hx-request" in request.headers:
        return show_about(request, filling.sheet, said)
    return see(address(filling.sheet, verb="about" if about else "jobs"))


@takes_form
def stop(request: Request, given: Given) -> Response:
    """Let the workers of this server give back what they are at."""
    filling = _filling(request)
    filling.stop()
    return _done(request, filling, "The workers of this server have stopped, and given back what they were at.", given)


def explain(request: Request) -> Response:
    """Ask why the row of a key is not there, and say it."""
    filling = _filling(request)
    given = {n: v for n, v in request.query_params.items() if n in filling.fields}
    key, problems = _typed(filling, given)
    told = filling.explain(key) if given and not problems else ""
    return render(
        request, "explain.html", 422 if given and problems else 200, filling=filling, given=given,
        problems=problems if given else {}, told=told,
    )  # fmt: skip


def _typed(filling: Filling, given: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    key, problems = {}, {}
    for name, field in filling.fields.items():
        try:
            key[name] = field.parse(given.get(name, ""))
        except FieldError as error:
            problems[name] = str(error)
    return key, problems


def explain_row(request: Request) -> Response:
    """Say how the row of a key came about."""
    filling = _filling(request)
    key = key_of(filling.sheet, request.path_params["key"])
    return render(request, "explain.html", filling=filling, given={}, problems={}, told=filling.explain(key))


def stale(request: Request) -> Response:
    """Look which rows are out of date, and show what would be computed again."""
    return _stale(request, _filling(request))


def _stale(request: Request, filling: Filling, problem: str = "", status: int = 200) -> Response:
    found = out_of_date(filling)
    return render(
        request, "stale.html", status, filling=filling, found=found, problem=problem, number=agreed(found.losses)
    )


@takes_form
def renew(request: Request, given: Given) -> Response:
    """Delete the rows that are out of date, and have them computed again."""
    filling = _filling(request)
    try:
        recompute(filling, given.get("agreed", ""))
        launch(filling, here=computes_here(request))
    except lw.LabwrightError as error:
        return _stale(request, filling, sentence(error, filling.sheet), 422)
    return _back(filling)


def _filling(request: Request) -> Filling:
    return Filling(desk_of(request).sheet(request.path_params["table"]))


ROUTES: Final = (
    Route("/jobs", jobs),
    Route("/jobs/{table}", of_table),
    Route("/launch/{table}", start, methods=["POST"]),
    Route("/stop/{table}", stop, methods=["POST"]),
    Route("/retry/{table}", retry, methods=["POST"]),
    Route("/retry-kind/{table}", retry_kind, methods=["POST"]),
    Route("/retry/{table}/{key}", retry, methods=["POST"]),
    Route("/ignore/{table}/{key}", ignore, methods=["POST"]),
    Route("/clear/{table}", clear, methods=["POST"]),
    Route("/explain/{table}", explain),
    Route("/explain/{table}/{key}", explain_row),
    Route("/stale/{table}", stale),
    Route("/stale/{table}", renew, methods=["POST"]),
)

"""What somebody was told, and by what they want to be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from labwright.web.http.visitor import next_page
from labwright.web.notices.choosing import address_of, choose, chosen, keep_address
from labwright.web.notices.kind import MEANING, Channel, Kind
from labwright.web.notices.mail import is_address
from labwright.web.notices.outbox import SendError
from labwright.web.notices.reading import mark_read, told, unread
from labwright.web.notices.webhook import check
from labwright.web.pages.forms import takes_parts
from labwright.web.pages.render import render, see
from labwright.web.site import desk_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import FormData
    from starlette.requests import Request
    from starlette.responses import Response


def notices(request: Request) -> Response:
    """Show what the person was told."""
    desk = desk_of(request)
    return render(request, "notices.html", notices=told(desk.workspace.keeping, desk.person.name))


def bell(request: Request) -> Response:
    """How much there is that they have not read; the menu asks when there is something new."""
    desk = desk_of(request)
    return render(request, "bell.html", count=unread(desk.workspace.keeping, desk.person.name))


def follow_notice(request: Request) -> Response:
    """Go where a notice leads, and have it read."""
    desk, number = desk_of(request), request.path_params["number"]
    found = next((n for n in told(desk.workspace.keeping, desk.person.name) if n.number == number), None)
    mark_read(desk.workspace.keeping, desk.person.name, number)
    return see(next_page(found.link, "/notices") if found is not None and found.link else "/notices")


def read_all(request: Request) -> Response:
    """Have all read."""
    desk = desk_of(request)
    mark_read(desk.workspace.keeping, desk.person.name)
    return see("/notices")


def choices(request: Request) -> Response:
    """Show what they have chosen."""
    return _choices(request)


def _choices(
    request: Request, problems: Mapping[str, str] | None = None, values: Mapping[str, str] | None = None
) -> Response:
    desk = desk_of(request)
    keeping, person = desk.workspace.keeping, desk.person
    own = address_of(keeping, person.name)
    return render(
        request, "notices_choose.html", 422 if problems else 200, meaning=MEANING, channels=list(Channel),
        chosen=chosen(keeping, person.name), secret=own.secret if own.webhook else "", account=person.email,
        values=values or {"mail": own.mail, "webhook": own.webhook}, problems=problems or {},
        has_server=bool(desk.workspace.project.config["notices.smtp_host"]),
    )  # fmt: skip


@takes_parts
def keep(request: Request, given: FormData) -> Response:
    """Keep what they choose."""
    ticked = [(str(n), str(v)) for n, v in given.multi_items() if n not in ("mail", "webhook")]
    values = {name: str(given.get(name, "")).strip() for name in ("mail", "webhook")}
    desk = desk_of(request)
    problems = _problems(values, desk.workspace.project.config["notices.webhook_hosts"])
    if problems:
        return _choices(request, problems, values)
    keeping, person = desk.workspace.keeping, desk.person.name
    keep_address(keeping, person, values["mail"], values["webhook"])
    choose(keeping, person, {k: {c for c in Channel if (k.value, c.value) in ticked} for k in Kind})
    return see("/notices/choose")


def _problems(values: Mapping[str, str], allowed: list[str]) -> dict[str, str]:
    problems = {}
    if values["mail"] and not is_address(values["mail"]):
        problems["mail"] = "This is no mail address."
    try:
        if values["webhook"]:
            check(values["webhook"], allowed)
    except SendError as error:
        problems["webhook"] = str(error)
    return problems


ROUTES: Final = (
    Route("/notices", notices),
    Route("/notices/bell", bell),
    Route("/notices/read", read_all, methods=["POST"]),
    Route("/notices/choose", choices),
    Route("/notices/choose", keep, methods=["POST"]),
    Route("/notices/{number}", follow_notice, methods=["POST"]),
)

"""A look at arrays, pictures and files that rows hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

import labwright as lw
from labwright.web.desk.keys import key_of
from labwright.web.desk.preview.looking import KINDS, Subject, preview, subject
from labwright.web.desk.refusals import NotThereError
from labwright.web.fields import field_of
from labwright.web.pages.panel import Panel
from labwright.web.pages.render import address, render
from labwright.web.site import desk_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from labwright.web.desk.desk import Desk
    from labwright.web.desk.sheet import Sheet

STYLES: Final = ("previews.css",)
_PICTURED: Final = (lw.ImageRef, lw.VideoRef, lw.TiffRef)


@dataclass(frozen=True)
class Link:
    """What can be looked at of a row: where, and the picture of it, if there is one without looking."""

    name: str
    summary: str
    href: str
    picture: str


def look(request: Request) -> Response:
    """Show a part of a value, what is known of it, and how to see other parts."""
    sheet, key, name, found = _asked(request)
    seen = preview(sheet, found)
    return render(
        request, "preview.html", sheet=sheet, key=key, name=name, preview=seen, path=found.path,
        picture=_where(sheet, key, name, "picture", at=",".join(map(str, found.at)), path=found.path),
        here=_where(sheet, key, name, "preview"),
    )  # fmt: skip


def picture(request: Request) -> Response:
    """Send the picture of it; nothing is read where the browser has it already."""
    sheet, _, _, found = _asked(request)
    mark = f'"{found.mark}"'
    if mark in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers={"ETag": mark})
    seen = preview(sheet, found)
    if seen.kind != "picture":
        raise NotThereError("There is no picture of this.")
    return Response(seen.png, media_type="image/png", headers={"ETag": mark})


def _asked(request: Request) -> tuple[Sheet, dict[str, Any], str, Subject]:
    sheet = desk_of(request).sheet(request.path_params["table"])
    key, name = key_of(sheet, request.path_params["key"]), request.path_params["attribute"]
    asked = request.query_params
    places = ",".join(asked.getlist("at"))
    return sheet, key, name, subject(sheet, key, name, places, asked.get("path", ""))


def _where(sheet: Sheet, key: Mapping[str, Any], name: str, verb: str, **query: str) -> str:
    asked = urlencode({n: v for n, v in query.items() if v}, safe=",/")
    return f"{address(sheet, key, verb)}/{name}{'?' if asked else ''}{asked}"


def panel(_: Desk, sheet: Sheet, row: Mapping[str, Any]) -> Panel | None:
    """What can be looked at of a row, for its page."""
    fields = [(name, field_of(a)) for name, a in sheet.heading.items()]
    links = [
        Link(name, f.format(row.get(name)), _where(sheet, row, name, "preview"), _picture(sheet, row, name))
        for name, f in fields
        if f.kind in KINDS and row.get(name, ...) is not None
    ]
    return Panel("A look inside", "previews.html", {"links": links}, styles=STYLES) if links else None


def _picture(sheet: Sheet, row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    is_pictured = isinstance(value, _PICTURED) or (isinstance(value, lw.NpyRef) and value.ndim >= 2)
    return _where(sheet, row, name, "picture") if is_pictured else ""


ROUTES: Final = (
    Route("/preview/{table}/{key}/{attribute}", look),
    Route("/picture/{table}/{key}/{attribute}", picture),
)

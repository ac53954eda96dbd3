"""Files of rows, always to be stored and never to be shown; and the address of a row as a picture for a camera."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from starlette.responses import Response
from starlette.routing import Route

import labwright as lw
from labwright.web.desk.contents import files_of, open_content
from labwright.web.desk.keys import key_of
from labwright.web.http.projects import home_of
from labwright.web.http.sending import send
from labwright.web.pages.render import address, render
from labwright.web.site import desk_of

if TYPE_CHECKING:
    from starlette.requests import Request


def file(request: Request) -> Response:
    """Send the file that an attribute of a row holds; of a folder the list of its files, or one of them."""
    sheet = desk_of(request).sheet(request.path_params["table"])
    key, name = key_of(sheet, request.path_params["key"]), request.path_params["name"]
    path = request.query_params.get("path", "")
    folder = sheet.row(key).get(name)
    if isinstance(folder, lw.ObjectRef) and folder.is_dir and not path:
        return render(request, "files.html", sheet=sheet, row=key, name=name, paths=files_of(folder))
    return send(request, open_content(sheet, key, name, path))


def code(request: Request) -> Response:
    """The address of a row as a QR code."""
    import segno

    sheet = desk_of(request).sheet(request.path_params["table"])
    key = key_of(sheet, request.path_params["key"])
    sheet.row(key)
    picture = io.BytesIO()
    segno.make(home_of(request) + address(sheet, key), micro=False).save(
        picture, kind="svg", scale=4, border=2, light="white"
    )
    return Response(picture.getvalue(), media_type="image/svg+xml")


ROUTES: Final = (
    Route("/file/{table}/{key}/{name}", file),
    Route("/qr/{table}/{key}.svg", code),
)

"""Files that are sent, whole or in part, a piece at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING, Final, Literal, Protocol
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

if TYPE_CHECKING:
    from starlette.requests import Request

PIECE: Final = 2**18
BYTES: Final = "application/octet-stream"
_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class File(Protocol):
    """What can be sent: its name, its size in bytes, where to read it, and what to do after that."""

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def file(self) -> IO[bytes]: ...
    @property
    def close(self) -> Callable[[], object]: ...


def disposition(name: str, how: Literal["attachment", "inline"] = "attachment") -> dict[str, str]:
    """The header by which a browser keeps a file under its name, or shows it.

    Examples
    --------
    >>> print(disposition("gel é.png")["Content-Disposition"])
    attachment; filename="gel _.png"; filename*=UTF-8''gel%20%C3%A9.png
    """
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    return {"Content-Disposition": f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"}


def send(request: Request, content: File) -> Response:
    """A file to be kept, or the part of it that is asked for; it is closed in any case.

    Nothing tells one state of a file from another, so that who asks by ``If-Range`` gets all of it.
    """
    headers = {**disposition(content.name), "Accept-Ranges": "bytes"}
    wanted = None if "if-range" in request.headers else _wanted(request.headers.get("range", ""), content.size)
    if wanted is None:
        start, stop, status = 0, content.size, 200
    elif wanted[0] >= content.size:
        content.close()
        return Response(status_code=416, headers={"Content-Range": f"bytes */{content.size}"})
    else:
        (start, stop), status = wanted, 206
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{content.size}"
    headers["Content-Length"] = str(stop - start)
    return StreamingResponse(_pieces(content, start, stop), status, headers, BYTES)


def _pieces(content: File, start: int, stop: int) -> Iterator[bytes]:
    try:
        content.file.seek(start)
        while start < stop and (piece := content.file.read(min(PIECE, stop - start))):
            start += len(piece)
            yield piece
    finally:
        content.close()


def _wanted(text: str, size: int) -> tuple[int, int] | None:
    """From where to where of a file is asked for; None for all of it."""
    found = _RANGE.fullmatch(text.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        return max(0, size - int(found[2])), size
    stop = min(size, int(found[2]) + 1) if found[2] else size
    return (int(found[1]), stop) if int(found[1]) < stop or int(found[1]) >= size else None

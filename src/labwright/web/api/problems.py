"""What went wrong, as programs expect it: problem details (RFC 9457), with a sentence for people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

import labwright as lw
from labwright.web.desk.refusals import RefusalError
from labwright.web.desk.sentences import DENIED, TOO_SLOW, is_too_slow, sentence
from labwright.web.fields import FieldError, excerpt

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

    from labwright.web.desk.sheet import Sheet

KIND: Final = "application/problem+json"
LONGEST: Final = 2000
"""Characters of what is told: of each thing that was sent a description may find something wrong."""
CLASHES: Final = (
    lw.errors.ConflictError,
    lw.errors.DuplicateError,
    lw.errors.IntegrityError,
    lw.errors.LockError,
    lw.errors.LostJobError,
)
"""What is refused for what is there, rather than for what was sent."""
PASSING: Final = (lw.errors.LostConnectionError, lw.errors.ServerError)


class Problem(BaseModel):
    """What went wrong."""

    title: str
    status: int
    detail: str


class ToldError(RefusalError):
    """What the database refuses, in a sentence for whoever asked."""

    heading = "The database refuses this"

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class StaleError(RefusalError):
    """The row is not what the program believes."""

    status = 412
    heading = "Changed meanwhile"


_MEANINGS: Final = {
    401: "No token was shown that holds.",
    403: "You may not do this.",
    404: "There is nothing of this name, or nothing that you may read.",
    409: "It does not go with what is there.",
    412: "The row is not what `If-Match` says.",
    413: "More was sent than is taken at once.",
    416: "There are no such bytes.",
    422: "It cannot be understood, or the database cannot hold it.",
    503: "The database cannot be reached at present, or takes too long.",
}
ALWAYS: Final = (400, 401, 403, 404, 413, 422, 503)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How problems are documented: those of all addresses, and some more."""
    content = {KIND: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {s: {"description": _MEANINGS.get(s, "It cannot be understood."), "content": content} for s in
            sorted({*ALWAYS, *statuses})}  # fmt: skip


@contextmanager
def told(sheet: Sheet, row: dict[str, Any] | None = None) -> Iterator[None]:
    """Tell what the database refuses without naming what the person may not see."""
    try:
        yield
    except lw.LabwrightError as error:
        raise ToldError(status_of(error), sentence(error, sheet, row)) from error
    except FieldError as error:
        raise ToldError(422, str(error)) from error


def status_of(error: lw.LabwrightError) -> int:
    """What an error is in HTTP."""
    if isinstance(error, PASSING):
        return 503
    if isinstance(error, lw.errors.AccessError):
        return 403
    return 409 if isinstance(error, CLASHES) else 422


def handle_problems(app: FastAPI) -> None:
    """Let all that goes wrong in an API be told as a problem."""
    app.add_exception_handler(RefusalError, _refused)
    app.add_exception_handler(lw.LabwrightError, _failed)
    app.add_exception_handler(FieldError, _misread)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _broken)


def problem(status: int, title: str, detail: str, headers: Any = None) -> JSONResponse:
    """An answer that tells a problem."""
    content = Problem(title=title, status=status, detail=excerpt(detail, LONGEST)).model_dump()
    return JSONResponse(content, status, media_type=KIND, headers=headers)


def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RefusalError)
    return problem(error.status, error.heading, error.text)


def _failed(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, lw.LabwrightError)
    told_ = TOO_SLOW if is_too_slow(error) else DENIED if isinstance(error, lw.errors.AccessError) else str(error)
    return problem(status_of(error), ToldError.heading, told_)


def _misread(_: Request, error: Exception) -> JSONResponse:
    return problem(422, "Not understood", str(error))


def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    found = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
    return problem(422, "Not understood", "; ".join(dict.fromkeys(found)))


def _broken(*_: object) -> JSONResponse:
    text = "Something went wrong on the server. Look whether what was asked is done before you ask again."
    return problem(500, "This did not work", text)


def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    titles = {404: "Not found", 405: "Not possible here"}
    return problem(error.status_code, titles.get(error.status_code, "Not understood"), error.detail, error.headers)

"""Pages made of templates."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse, RedirectResponse

from labwright.web.desk.importing.draft import may_import
from labwright.web.desk.jobs.watch import event_of
from labwright.web.desk.keys import quoted
from labwright.web.desk.row_signing import signatures_of
from labwright.web.fields import field_of
from labwright.web.http.projects import place_of
from labwright.web.http.visitor import login_of
from labwright.web.notices.reading import unread
from labwright.web.pages.markdown import markdown
from labwright.web.site import administers, site_of, workspace_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.responses import Response

    from labwright.web.desk.sheet import Sheet

SCREENS: Final = (
    ("/", "Today"),
    ("/diagram", "Diagram"),
    ("/tables", "Tables"),
    ("/plots", "Plots"),
    ("/notebook", "Notebook"),
    ("/jobs", "Jobs"),
)
"""The address and the name of each screen that the menu leads to."""


def render(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """A page."""
    given = {"request": request, "screens": SCREENS, **_known(request), **values}
    return HTMLResponse(_environment().get_template(template).render(given), status)


def _known(request: Request) -> dict[str, Any]:
    """What each page shows of who looks at it, and of the server."""
    login = login_of(request)
    return {
        "login": login,
        "person": login and login.person,
        "is_administrator": administers(request),
        "projects": {name: place_of(name) for name in site_of(request).workspaces},
    }


def live(request: Request) -> str:
    """Where a page is told what to fetch again, beginning with what it shows; empty where nobody has come in."""
    if login_of(request) is None:
        return ""
    return f"/events?since={quote(workspace_of(request).watch.place)}"


def unread_by(request: Request) -> int:
    """How many notices whoever asks has not read."""
    login = login_of(request)
    return unread(workspace_of(request).keeping, login.person.name) if login is not None else 0


def see(address: str) -> Response:
    """Send the browser to another page, after something was done."""
    return RedirectResponse(address, 303)


def address(sheet: Sheet, row: Any = None, verb: str = "t") -> str:
    """Where a table is, or a row of it.

    Parameters
    ----------
    sheet : Sheet
    row : mapping, optional
        Holds the key.
    verb : str
        What is done there: ``t`` to look at it.
    """
    where = f"/{verb}/{quote(sheet.name)}"
    if row is None:
        return where
    return f"{where}/{quoted(sheet, row)}"


def name_of(sheet: Sheet, row: Any) -> str:
    """What a row is called: its table, and its key."""
    return " ".join([sheet.title, ", ".join(field_of(sheet.heading[n]).format(row[n]) for n in sheet.key)]).strip()


def with_query(request: Request, **changes: str | None) -> str:
    """The address of this page with another query; None leaves a name out."""
    kept = [(n, v) for n, v in request.query_params.multi_items() if n not in changes]
    return "?" + urlencode([*kept, *((n, v) for n, v in changes.items() if v is not None)])


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("labwright.web"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {f.__name__: f for f in (address, field_of, by_schema, name_of, with_query)}
    made.globals |= {f.__name__: f for f in (event_of, live, unread_by, markdown, may_import, signatures_of)}
    return made


def by_schema(sheets: Iterable[Sheet]) -> dict[str, list[Sheet]]:
    """Tables by the schema that they are in; parts stand with their masters."""
    found: dict[str, list[Sheet]] = {}
    for sheet in sheets:
        found.setdefault(sheet.schema, []).append(sheet)
    return found

"""The rows of a table, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.background import BackgroundTask
from starlette.responses import FileResponse, PlainTextResponse
from starlette.routing import Route

from labwright.web.desk.changing.many import changeable
from labwright.web.desk.grid.exporting import FORMATS, file_name, written
from labwright.web.desk.grid.facets import facets_of
from labwright.web.desk.grid.listing import Listing, exact_listing, read_listing
from labwright.web.desk.grid.paging import COUNTED, END, Page, count, read_page
from labwright.web.desk.grid.saved_views import query_of, saved_views
from labwright.web.desk.jobs.watch import event_of
from labwright.web.desk.past import recent
from labwright.web.desk.screens.offers import Offers
from labwright.web.fields import Filter
from labwright.web.http.headers import PERSONAL
from labwright.web.http.projects import home_of
from labwright.web.pages.actions import action_address
from labwright.web.pages.asking import form_of, query_asked
from labwright.web.pages.lines import heads_of, lines_of, marks_of, with_place
from labwright.web.pages.render import address, render, see
from labwright.web.roles.role import Verb
from labwright.web.site import desk_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from labwright.web.desk.grid.view import Pairs
    from labwright.web.desk.sheet import Sheet

LATE: Final = 5
"""A change that was just made is among so many of the person's last ones."""


def grid(request: Request) -> Response:
    """Show a page of the rows that meet the filters in the query string."""
    sheet, pairs = _asked(request)
    listing = read_listing(sheet, pairs)
    given = dict(pairs)
    page = read_page(listing.view, listing.conditions, listing.order, given.get("after"), given.get("before"))
    return render(
        request, "grid.html", sheet=sheet, listing=listing, heads=heads_of(listing, pairs),
        lines=lines_of(listing, page.rows), marks=marks_of(listing, pairs), count=_counted(listing, page, given),
        places=_places(page, pairs), form=form_of(listing, pairs), query=query_of(pairs), formats=tuple(FORMATS),
        views=saved_views(sheet), event=event_of(sheet.name), done=_done(sheet, given.get("done", "")),
        has_plots=any(not plot.per_row for plot in Offers(sheet.desk).plots(sheet)),
        actions=[(a.title, action_address(a, sheet)) for a in Offers(sheet.desk).actions(sheet) if not a.per_row],
        may_change=bool(sheet.key and changeable(sheet)), may_delete=bool(sheet.key) and sheet.may(Verb.DELETE),
    )  # fmt: skip


def _asked(request: Request) -> tuple[Sheet, Pairs]:
    return desk_of(request).sheet(request.path_params["table"]), request.query_params.multi_items()


def _counted(listing: Listing, page: Page, given: dict[str, str]) -> str:
    """How many rows there are, in words; empty where that takes another look at all, for which the page asks later."""
    if page.following is None and not {"after", "before"} & given.keys():
        return _in_words(len(page.rows))
    return "" if listing.is_narrowed else _in_words(count(listing.view, ()))


def counted(request: Request) -> Response:
    """Tell how many rows meet the filters, as a part of a page."""
    sheet, pairs = _asked(request)
    listing = exact_listing(sheet, pairs)
    return PlainTextResponse(_in_words(count(listing.view, listing.conditions)))


def _in_words(found: int) -> str:
    if found > COUNTED:
        return f"more than {COUNTED:,} rows"
    return f"{found:,} row{'' if found == 1 else 's'}"


def _places(page: Page, pairs: Pairs) -> dict[str, str]:
    """Where the other pages are, by what they are called."""
    is_first = not {"after", "before"} & dict(pairs).keys()
    found = {} if is_first else {"First": f"?{query_of(pairs)}"}
    if page.preceding is not None:
        found["Previous"] = with_place(pairs, before=page.preceding)
    if page.following is not None:
        found |= {"Next": with_place(pairs, after=page.following), "Last": with_place(pairs, before=END)}
    return found


def _done(sheet: Sheet, number: str) -> str:
    """The number of a change that the person has just made, to be taken back."""
    made = recent(sheet.desk, by=sheet.desk.person.name, limit=LATE) if number else []
    return number if any(change.id == number for change in made) else ""


def ask(request: Request) -> Response:
    """Go to the rows that the form of a grid describes."""
    sheet = desk_of(request).sheet(request.path_params["table"])
    return see(f"{address(sheet)}?{query_asked(sheet, request.query_params)}")


def facets(request: Request) -> Response:
    """Show which values are most frequent: as a part of a page where one has asked for that."""
    sheet, pairs = _asked(request)
    listing = read_listing(sheet, pairs)
    found = facets_of(listing)
    links = {
        (facet.name, value.filter): query_of(
            dict.fromkeys([*pairs, (Filter(facet.name, "eq", value.filter).key, value.filter)])
        )
        for facet in found.facets
        for value in facet.values
    }
    template = "facet_list.html" if request.headers.get("HX-Request") else "facets.html"
    return render(request, template, sheet=sheet, found=found, links=links, query=query_of(pairs))


def export(request: Request) -> Response:
    """Give all rows as a file, which is whole before any of it is sent."""
    sheet, pairs = _asked(request)
    listing = exact_listing(sheet, pairs)
    format_ = dict(pairs).get("format", "csv")
    home = home_of(request)
    path = written(listing, format_, lambda row: home + address(sheet, row))
    name, type_ = file_name(listing, format_), FORMATS[format_][0]
    headers = {"Cache-Control": PERSONAL}
    return FileResponse(path, headers=headers, media_type=type_, filename=name, background=BackgroundTask(path.unlink))


ROUTES: Final = (
    Route("/t/{table}", grid),
    Route("/ask/{table}", ask),
    Route("/count/{table}", counted),
    Route("/facets/{table}", facets),
    Route("/export/{table}", export),
)

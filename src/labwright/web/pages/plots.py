"""Plots that a lab has declared: all of them, those of a table, one of them, and what a browser draws of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from starlette.routing import Route

import labwright as lw
from labwright.web.desk.keys import key_of
from labwright.web.desk.refusals import BadRequestError, RefusalError
from labwright.web.desk.screens.columns import computed_cells, computed_columns
from labwright.web.desk.screens.drawing import conditions_of, draw, looked_at
from labwright.web.desk.screens.offers import SET, BrokenError, Offers, read_options
from labwright.web.desk.sentences import sentence
from labwright.web.http.headers import allow_plots
from labwright.web.pages.panel import Panel
from labwright.web.pages.render import address, render
from labwright.web.site import desk_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from labwright.web.desk.desk import Desk
    from labwright.web.desk.screens.offers import Pairs
    from labwright.web.desk.sheet import Sheet

SCRIPTS: Final = ("plots.js",)
STYLES: Final = ("plots.css",)


@dataclass(frozen=True)
class Canvas:
    """A place where a plot is drawn.

    Parameters
    ----------
    title, text : str
    page : str
        The address of its own page.
    drawing : str
        That of what is drawn.
    """

    title: str
    text: str
    page: str
    drawing: str


def canvas_of(plot: Any, pairs: Pairs = (), sheet: Sheet | None = None, row: Any = None) -> Canvas:
    """The place of a plot of rows that meet filters, or of one row."""
    key = "" if row is None or sheet is None else f"/{address(sheet, row).rpartition('/')[2]}"
    query = f"?{urlencode(pairs)}" if pairs else ""
    where = f"{quote(plot.name)}{key}{query}"
    return Canvas(plot.title, plot.text, f"/plot/{where}", f"/draw/{where}")


def gallery(request: Request) -> Response:
    """List all plots, by table, with pages and dashboards."""
    offers = Offers(desk_of(request))
    tables: dict[str, tuple[Sheet, list[Any]]] = {}
    for plot in offers.plots():
        sheet = (offers.sheets(plot) or [])[0]
        tables.setdefault(sheet.name, (sheet, []))[1].append(plot)
    return render(
        request, "plots.html", tables=tables.values(), pages=offers.pages(), dashboards=offers.dashboards()
    )  # fmt: skip


def of_table(request: Request) -> Response:
    """Draw all plots of a table, of the rows that meet the filters in the query string."""
    desk = desk_of(request)
    sheet = desk.sheet(request.path_params["table"])
    pairs = request.query_params.multi_items()
    canvases = [canvas_of(plot, pairs) for plot in Offers(desk).plots(sheet) if not plot.per_row]
    allow_plots(request)
    return render(
        request, "plots_of.html", sheet=sheet, canvases=canvases, query=urlencode(pairs),
        problems=looked_at(sheet, pairs).problems,
    )  # fmt: skip


def one(request: Request) -> Response:
    """Draw one plot, beside its options."""
    desk = desk_of(request)
    plot = Offers(desk).plot(request.path_params["name"])
    sheet = (Offers(desk).sheets(plot) or [])[0]
    row = _row(request, plot, sheet)
    pairs = request.query_params.multi_items()
    options = read_options(plot, pairs)
    filters = [(name, text) for name, text in pairs if not name.startswith(SET)]
    allow_plots(request)
    return render(
        request, "plot.html", 422 if options.problems else 200, sheet=sheet, plot=plot, row=row, options=options,
        filters=filters, query=urlencode(filters), canvas=canvas_of(plot, pairs, sheet, row), prefix=SET,
        problems=looked_at(sheet, pairs).problems,
    )  # fmt: skip


def _row(request: Request, plot: Any, sheet: Sheet) -> Mapping[str, Any] | None:
    if plot.per_row is not ("key" in request.path_params):
        raise BadRequestError(f"The plot {plot.title!r} is of {'one row' if plot.per_row else 'rows, not of one'}.")
    return sheet.row(key_of(sheet, request.path_params["key"])) if plot.per_row else None


def drawing(request: Request) -> Response:
    """Send what is drawn, as a part of a page; what went wrong in its place."""
    try:
        figure = _figure(request, desk_of(request))
    except BrokenError as error:
        return render(request, "undrawn.html", error.status, text=error.text, details=error.details)
    except RefusalError as error:
        return render(request, "undrawn.html", error.status, text=error.text, details="")
    return render(request, "drawn.html", figure=figure, alternative=request.query_params.get("title", ""))


def _figure(request: Request, desk: Desk) -> Any:
    plot = Offers(desk).plot(request.path_params["name"])
    sheet = (Offers(desk).sheets(plot) or [])[0]
    row, pairs = _row(request, plot, sheet), request.query_params.multi_items()
    options = read_options(plot, pairs)
    if options.problems:
        raise BadRequestError(" ".join(f"{name}: {text}" for name, text in options.problems.items()))
    conditions = conditions_of(looked_at(sheet, pairs)) if row is None else [{name: row[name] for name in sheet.key}]
    try:
        return draw(desk, plot, conditions, options.values)
    except lw.LabwrightError as error:
        raise BadRequestError(sentence(error, sheet)) from error


def panel(desk: Desk, sheet: Sheet, row: Mapping[str, Any]) -> Panel | None:
    """The plots of a row, for its page."""
    plots = [plot for plot in Offers(desk).plots(sheet) if plot.per_row]
    if not plots:
        return None
    canvases = [canvas_of(plot, (), sheet, row) for plot in plots]
    return Panel("Plots", "canvases.html", {"canvases": canvases}, SCRIPTS, STYLES, has_plots=True)


def computed_panel(_: Desk, sheet: Sheet, row: Mapping[str, Any]) -> Panel | None:
    """The computed columns of a row, for its page."""
    columns = computed_columns(sheet)
    cells = computed_cells(sheet, columns, [row])
    values = [(c.title, c.text, cell) for c, cell in zip(columns, cells[0], strict=True)]
    return Panel("Computed from it", "computed.html", {"values": values}) if values else None


ROUTES: Final = (
    Route("/plots", gallery),
    Route("/plots/{table}", of_table),
    Route("/plot/{name}", one),
    Route("/plot/{name}/{key}", one),
    Route("/draw/{name}", drawing),
    Route("/draw/{name}/{key}", drawing),
)

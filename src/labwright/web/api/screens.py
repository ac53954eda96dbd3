"""Plots and actions that a lab has declared."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from pydantic import Field

from labwright.web.api.here import AtDesk
from labwright.web.api.models import Model, Overridden, Row, Said
from labwright.web.api.problems import problems, told
from labwright.web.api.values import loading
from labwright.web.desk.desk import Desk
from labwright.web.desk.keys import key_of
from labwright.web.desk.refusals import BadRequestError
from labwright.web.desk.screens.acting import act
from labwright.web.desk.screens.drawing import conditions_of, draw, looked_at
from labwright.web.desk.screens.offers import Offers, read_options
from labwright.web.desk.sheet import Sheet

router = APIRouter(tags=["screens"])
Name = Annotated[str, Path(description="Such as `weight_curves`.", max_length=200)]
OneRow = Annotated[str, Path(description="The key of the row, as in the address of its page.", max_length=2000)]


class Declared(Model):
    """Something that a lab has declared."""

    name: str
    title: str
    text: str
    table: str
    per_row: bool = Field(description="Whether it is of one row.")
    options: dict[str, str] = Field(description="What can be chosen or has to be given, with its type.")


class Drawn(Model):
    """A figure."""

    kind: Literal["plotly", "vega", "image"]
    content: Any = Field(description="The figure as JSON, or the picture as a `data:` address.")


class Doing(Model):
    """What an action is to be done with."""

    fields: Row = Field(default_factory=dict, description="What its form would have.")
    overridden: Overridden = ""


@router.get("/plots", responses=problems())
def list_plots(desk: AtDesk) -> list[Declared]:
    """List the plots of tables that may be read."""
    return [_declared(desk, plot) for plot in Offers(desk).plots()]


@router.get("/actions", responses=problems())
def list_actions(desk: AtDesk) -> list[Declared]:
    """List the actions that may be done."""
    offers = Offers(desk)
    return [_declared(desk, action) for sheet in desk.sheets() for action in offers.actions(sheet)]


@router.get("/plots/{name}", responses=problems())
def draw_plot(desk: AtDesk, name: Name, request: Request) -> Drawn:
    """Draw a plot of rows: filters are as those of rows, and options have `set-` before their names."""
    plot, sheet = _plot(desk, name, per_row=False)
    conditions = conditions_of(looked_at(sheet, request.query_params.multi_items()))
    return _drawn(desk, plot, sheet, conditions, request)


@router.get("/plots/{name}/{key}", responses=problems())
def draw_plot_of_row(desk: AtDesk, name: Name, key: OneRow, request: Request) -> Drawn:
    """Draw a plot of one row."""
    plot, sheet = _plot(desk, name, per_row=True)
    found = key_of(sheet, key)
    sheet.row(found)
    return _drawn(desk, plot, sheet, [found], request)


@router.post("/actions/{name}", responses=problems(409))
def do_action(desk: AtDesk, name: Name, given: Doing) -> Said:
    """Do what is done to no row in particular."""
    return _done(desk, name, None, given)


@router.post("/actions/{name}/{key}", responses=problems(409))
def do_action_to_row(desk: AtDesk, name: Name, key: OneRow, given: Doing) -> Said:
    """Do something to a row, as one change."""
    return _done(desk, name, key, given)


def _declared(desk: Desk, declared: Any) -> Declared:
    options = {name: str(a.type) for name, a in declared.options.items()}
    table = (Offers(desk).sheets(declared) or [])[0].name
    return Declared(
        name=declared.name, title=declared.title, text=declared.text, table=table, per_row=declared.per_row,
        options=options,
    )  # fmt: skip


def _plot(desk: Desk, name: str, *, per_row: bool) -> tuple[Any, Sheet]:
    plot = Offers(desk).plot(name)
    if plot.per_row is not per_row:
        raise BadRequestError(f"The plot {name!r} is of {'one row' if plot.per_row else 'rows, not of one'}.")
    return plot, (Offers(desk).sheets(plot) or [])[0]


def _drawn(desk: Desk, plot: Any, sheet: Sheet, conditions: list[Any], request: Request) -> Drawn:
    options = read_options(plot, request.query_params.multi_items())
    if options.problems:
        raise BadRequestError(" ".join(f"{name}: {text}" for name, text in options.problems.items()))
    with told(sheet):
        figure = draw(desk, plot, conditions, options.values)
    return Drawn(kind=figure.kind, content=figure.content if figure.kind == "image" else json.loads(figure.content))


def _done(desk: Desk, name: str, key: str | None, given: Doing) -> Said:
    offers = Offers(desk)
    action = offers.action(name)
    sheet = (offers.sheets(action) or [])[0]
    if action.per_row is (key is None):
        raise BadRequestError(f"{name!r} is done to {'one row' if action.per_row else 'no row in particular'}.")
    missing = [n for n, a in action.options.items() if a.required and n not in given.fields]
    if missing or not given.fields.keys() <= set(action.options):
        raise BadRequestError(f"{name!r} takes {', '.join(action.options) or 'nothing'}.")
    with told(sheet), loading(action.options) as loader:
        row = None if key is None else key_of(sheet, key)
        return Said(said=act(desk, action, row, loader.row(given.fields), given.overridden))

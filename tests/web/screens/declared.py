"""What a lab has declared for tests of pages."""

from __future__ import annotations

from typing import Any, Literal

from tests.web.lab import ANA

import labwright as lw
from labwright.web.app import create_app
from labwright.web.desk.workspace import Workspace
from labwright.web.site import Site


def app_with(schema: lw.Schema, screens: lw.Screens) -> Any:
    """The app, for the one person at this machine."""
    workspace = Workspace(schema.project, [schema], schemas=[schema.database_name], screens=screens)
    return create_app(Site({"lab": workspace}), ANA)


def declare(schema: lw.Schema) -> lw.Screens:
    """One of everything, and some that fail."""
    plots, entering = declare_plots(schema), declare_entering(schema)
    return lw.Screens((*plots, *entering, *declare_pages(schema, plots, entering)))


def declare_plots(schema: lw.Schema) -> tuple[Any, ...]:
    mouse, session = schema["Mouse"], schema["Session"]

    @lw.plot(mouse)
    def weights(mice: Any, *, bins: int = 20, sex: Literal["F", "M", "all"] = "all") -> dict[str, Any]:
        """How heavy the mice are.

        On arrival.
        """
        found = mice if sex == "all" else mice & {"sex": sex}
        return {
            "data": [{"type": "histogram", "x": found.to_arrays("weight", order_by="KEY"), "nbinsx": bins}],
            "layout": {"xaxis": {"title": {"text": "weight (g)"}}},
        }

    @lw.plot(mouse)
    def weight_by_number(mice: Any) -> dict[str, Any]:
        """Weight by number."""
        return {
            "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
            "data": {"values": mice.proj("weight", "sex").to_dicts(order_by="KEY")},
            "mark": "point",
            "transform": [{"filter": "datum.weight > 21"}],
            "encoding": {
                "x": {"field": "mouse", "type": "quantitative"},
                "y": {"field": "weight", "type": "quantitative"},
                "color": {"field": "sex", "type": "nominal"},
            },
        }

    @lw.plot(mouse, session, per_row=True)
    def sessions_of(mice: Any, sessions: Any) -> Any:
        """Its sessions."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(4, 3))
        figure.subplots().bar(["sessions"], [len(sessions & mice)])
        return figure

    @lw.plot(session)
    def wrong(sessions: Any) -> Any:
        """One that fails."""
        raise ValueError("no such electrode")

    @lw.plot(session)
    def ones(sessions: Any) -> dict[str, Any]:
        """Sessions by mouse."""
        return {"data": [{"x": sessions.to_arrays("mouse", order_by="KEY"), "type": "bar"}]}

    return weights, weight_by_number, sessions_of, wrong, ones


def declare_entering(schema: lw.Schema) -> tuple[Any, ...]:
    mouse = schema["Mouse"]

    @lw.column(mouse)
    def size(mouse: Any) -> str:
        return "heavy" if mouse["weight"] > 30 else "light"

    @lw.action(mouse, form="weight : float64  # (g)\nremark = '' : varchar(100)")
    def weigh(mice: Any, *, weight: float, remark: str = "") -> str:
        """Weigh."""
        if remark == "fail":
            raise RuntimeError("the scale is broken")
        mice.update(mice.rows.fetch1("KEY"), {"weight": weight})
        return f"It has {weight:g} g <now>."

    @lw.action(mouse, per_row=False, verb="insert", form="count : int16")
    def receive(mice: Any, *, count: int) -> str:
        """Receive mice."""
        first = max(mice.rows.to_arrays("mouse")) + 1
        rows = [{"mouse": int(first) + n, "name": f"n{n}", "arrival": "2026-03-01"} for n in range(count)]
        mice.insert(rows)
        return f"{count} mice."

    @lw.check(mouse)
    def named(mouse: Any) -> Any:
        if mouse["name"] == mouse["name"].upper():
            yield lw.Doubt("name", "Names are not shouted.")

    return receive, weigh, size, named, lw.ranges(mouse, usual={"weight": (5, 60)}, possible={"weight": (0, None)})


def declare_pages(schema: lw.Schema, plots: tuple[Any, ...], entering: tuple[Any, ...]) -> tuple[Any, ...]:
    mouse, weights, weight_by_number, receive = schema["Mouse"], *plots[:2], entering[0]

    @lw.page("Colony", mouse)
    def colony(mice: Any, *, least: float = 34.0) -> list[Any]:
        return [
            f"# Mice\n**{len(mice)}** of them <script>alert(1)</script> ![x](https://elsewhere.example/x.png)",
            mice & f"weight >= {least}",
            (mouse & "mouse < 3"),
            mice.proj(grams="weight * 1000") & "mouse = 1",
            weight_by_number,
            {"data": [{"type": "bar", "x": ["F", "M"], "y": [1, 2]}]},
            receive,
            lw.Frame("https://panel.lab.example/app", "Raster"),
        ]

    @lw.page("Broken")
    def broken() -> list[Any]:
        raise ValueError("not today")

    overview = lw.dashboard("Overview", ["All of it.", weights, weight_by_number, mouse], by=["sex", "mouse"])
    return colony, broken, overview

"""What we bring along runs in a browser under the policy of our pages."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp
from tests.web.conftest import OpenVisits
from tests.web.visits import Visits

VENDOR = Path(__file__).parents[2] / "src" / "labwright" / "web" / "static" / "vendor"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{inline}; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'"
)
PAGE = """<!doctype html><html lang="en"><title>Mice</title><link rel="icon" href="data:,">{head}
<main aria-busy="true"><h1>Mice</h1>{body}</main><script type="module" src="/island.js?{name}"></script>"""

VEGA = ("vega/vega.min.js", "vega-lite/vega-lite.min.js", "vega-embed/vega-embed.min.js")
FILES = {
    "htmx": ("htmx.org/htmx.min.js", "htmx.org/hx-sse.min.js"),
    "editor": ("easymde/easymde.min.js", "easymde/easymde.min.css"),
    "plotly": ("plotly.js-strict-dist-min/plotly-strict.min.js",),
    "webgl": ("plotly.js-strict-dist-min/plotly-strict.min.js",),
    "vega": VEGA,
    "vega-eval": VEGA,
}
BODIES = {
    "htmx": """<button hx-get="/mouse" hx-target="#mouse">One</button><p id="mouse"></p>
        <div hx-sse:connect="/events"><p hx-get="/mouse" hx-trigger="mice from:body" id="told"></p></div>""",
    "editor": '<label for="note">Note</label><textarea id="note">**bold**</textarea>',
}
MARKS = [{"x": x, "y": x * x, "sex": "MF"[x % 2]} for x in range(20)]
BARS = {
    "data": {"values": MARKS},
    "mark": "bar",
    "params": [{"name": "limit", "value": 5, "bind": {"input": "range", "min": 0, "max": 20}}],
    "transform": [{"calculate": "datum.y * 2 + 1", "as": "z"}, {"filter": "datum.x > limit"}],
    "encoding": {"x": {"field": "x", "type": "ordinal"}, "y": {"field": "z", "type": "quantitative"}},
}
ISLANDS = {
    "htmx": "",
    "editor": """globalThis.editor = new EasyMDE({element: document.querySelector("#note"), spellChecker: false,
        autoDownloadFontAwesome: false, toolbar: false, status: false, inputStyle: "contenteditable"});""",
    "plotly": f"""await Plotly.newPlot("plot", [{{type: "scatter", x: {[mark["x"] for mark in MARKS]},
        y: {[mark["y"] for mark in MARKS]}}}], {{title: {{text: "Squares"}}}}, {{displaylogo: false}});""",
    "webgl": """await Plotly.newPlot("plot", [{type: "scattergl", mode: "markers", x: [1, 2], y: [3, 4]}]);""",
    "vega": f"""globalThis.plot = await vegaEmbed("#plot", {json.dumps(BARS)}, {{ast: true, actions: false}});""",
    "vega-eval": f"""await vegaEmbed("#plot", {json.dumps(BARS)}, {{actions: false}}).catch(() => 0);""",
}


def tag(file: str) -> str:
    address = f"/vendor/{file}"
    return (
        f'<link rel="stylesheet" href="{address}">' if file.endswith(".css") else f'<script src="{address}"></script>'
    )


async def page_of(request: Request) -> Response:
    name = request.path_params["name"]
    inline = " 'unsafe-inline'" if "inline" in request.query_params else ""
    head = "".join(map(tag, FILES[name]))
    html = PAGE.format(head=head, body=BODIES.get(name, '<div id="plot"></div>'), name=name)
    return HTMLResponse(html, headers={"Content-Security-Policy": POLICY.format(inline=inline)})


async def island(request: Request) -> Response:
    return Response(
        ISLANDS[request.url.query] + "\ndocument.querySelector('main').ariaBusy = 'false';",
        media_type="text/javascript",
    )


async def mouse(request: Request) -> Response:
    return HTMLResponse("<b>Mouse 7</b>")


async def events(request: Request) -> Response:
    async def told() -> AsyncIterator[str]:
        yield "event: mice\ndata: changed\n\n"

    return StreamingResponse(told(), media_type="text/event-stream")


APP = Starlette(
    routes=[
        Route("/page/{name}", page_of),
        Route("/island.js", island),
        Route("/mouse", mouse),
        Route("/events", events),
        Mount("/vendor", StaticFiles(directory=VENDOR)),
    ]
)


@pytest.fixture
def lab(serve: Callable[[ASGIApp], str], visits: OpenVisits) -> Visits:
    return visits(serve(APP))


def show(lab: Visits, name: str, query: str = "") -> None:
    """Open a page with one of the libraries on it."""
    lab.open(f"/page/{name}{query}")


def look(lab: Visits, name: str, query: str = "") -> None:
    """Open a page on which something goes wrong."""
    lab.page.goto(f"{lab.site}/page/{name}{query}")
    lab.rest()


def test_htmx_fetches_a_fragment_and_hears_events(lab: Visits) -> None:
    show(lab, "htmx")
    lab.page.get_by_role("button").click()
    expect(lab.page.locator("#mouse")).to_have_text("Mouse 7")
    expect(lab.page.locator("#told")).to_have_text("Mouse 7")


def test_easymde_edits(lab: Visits) -> None:
    show(lab, "editor")
    lab.page.locator(".CodeMirror").click()
    lab.page.keyboard.type("mouse ")
    assert "mouse" in lab.page.evaluate("() => editor.value()")


@pytest.mark.parametrize("name", ["plotly", "webgl"])
def test_plotly_draws_where_styles_may_be_inline(lab: Visits, name: str) -> None:
    show(lab, name, "?inline")
    drawn = {"plotly": ".scatterlayer .js-line", "webgl": "canvas.gl-canvas-context"}[name]
    expect(lab.page.locator(drawn).first).to_be_attached()


def test_vega_draws_and_filters_with_its_interpreter(lab: Visits) -> None:
    show(lab, "vega", "?inline")
    expect(lab.page.locator("#plot canvas, #plot svg").first).to_be_visible()
    assert lab.page.evaluate("() => plot.view.data('data_0').map(row => row.z).slice(0, 2)") == [73, 99]


def test_vega_without_it_is_forbidden(lab: Visits) -> None:
    with lab.expecting("content security policy: script-src forbids eval|'unsafe-eval'"):
        look(lab, "vega-eval", "?inline")


@pytest.mark.parametrize("name", ["plotly", "vega"])
def test_plots_need_inline_styles(lab: Visits, name: str) -> None:
    with lab.expecting("content security policy: style-src|inline style"):
        look(lab, name)

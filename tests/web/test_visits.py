"""Each thing that must not happen on a page is found when it does happen."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp
from tests.web.conftest import OpenVisits, StartProgram
from tests.web.visits import Visits

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"
PAGE = """<!doctype html><html lang="en"><title>Mice</title><link rel="icon" href="/style.css">
<link rel="stylesheet" href="/style.css"><main><h1>Mice</h1>{body}</main>"""
STYLE = """.wide { width: 1500px } .back { margin-left: -20px }
@media (prefers-color-scheme: dark) { body { background: #111; color: #eee } a { color: #9cf } }"""

BODIES = {
    "/": '<p>There are 3 <a href="/next">mice</a>.<p><label>Name <input name="name"></label>',
    "/next": "<p>There is one mouse.",
    "/inline-script": "<script>document.title = 'Cats'</script>",
    "/inline-style": '<p style="color: red">Red',
    "/foreign": '<img alt="A cat" src="http://cats.example/cat.png">',
    "/unlabelled": '<input name="name">',
    "/wide": '<p class="wide">A long mouse',
    "/crossed": '<p class="top"><a href="/">All mice</a><a href="/next" class="back">One mouse</a>',
}
SCRIPTS = {
    "/console": "console.error('the cat is here')",
    "/warning": "console.warn('a cat comes')",
    "/uncaught": "null.cat",
    "/click": "document.body.onclick = () => console.error('a cat was hit')",
    "/eval": "try { eval('1') } catch {}",
    "/fetch": "fetch('/nowhere')",
    "/cut-off": "fetch('/broken').then(answer => answer.text()).catch(() => 0)",
    "/busy": """const main = document.querySelector("main");
        main.ariaBusy = "true";
        setTimeout(() => { main.ariaBusy = "false"; main.append("Counted"); }, 300);""",
}
BODIES |= {path: f'<script src="{path}.js"></script>' for path in SCRIPTS}


async def page_of(request: Request) -> Response:
    return HTMLResponse(PAGE.format(body=BODIES[request.url.path]), headers={"Content-Security-Policy": POLICY})


async def script(request: Request) -> Response:
    return Response(SCRIPTS[request.url.path.removesuffix(".js")], media_type="text/javascript")


async def style(request: Request) -> Response:
    return Response(STYLE, media_type="text/css")


async def broken(request: Request) -> Response:
    return Response("too little", headers={"Content-Length": "1000"})


async def cookie(request: Request) -> Response:
    answer = PlainTextResponse(request.cookies.get("name", "nobody"))
    answer.set_cookie("name", "Ana")
    return answer


MICE = Starlette(
    routes=[
        *(Route(path, page_of) for path in BODIES),
        *(Route(f"{path}.js", script) for path in SCRIPTS),
        Route("/style.css", style),
        Route("/broken", broken),
        Route("/cookie", cookie),
    ]
)


@pytest.fixture
def lab(serve: Callable[[ASGIApp], str], visits: OpenVisits) -> Visits:
    return visits(serve(MICE))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_a_good_page_passes(lab: Visits, width: int, scheme: str) -> None:
    lab.open("/")
    lab.page.get_by_role("link", name="mice").click()
    lab.check()
    assert lab.page.url == f"{lab.site}/next"
    assert lab.page.evaluate("() => innerWidth") == width
    assert lab.page.evaluate("() => matchMedia('(prefers-color-scheme: dark)').matches") is (scheme == "dark")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/console", "console error: the cat is here"),
        ("/warning", "console warning: a cat comes"),
        ("/uncaught", "uncaught: Cannot read properties of null"),
        ("/inline-script", "content security policy: script-src-elem forbids inline"),
        ("/inline-style", "content security policy: style-src-attr forbids inline"),
        ("/eval", "content security policy: script-src forbids eval"),
        ("/foreign", "leaves the origin: http://cats.example/cat.png|img-src forbids http://cats.example"),
        ("/fetch", "answered 404: GET .*/nowhere"),
        ("/cut-off", "failed: GET .*/broken: net::ERR"),
        ("/unlabelled", r"axe: label \(critical\) at <input"),
        ("/wide", 'wider than the window: .* px of content in .* px: .*class="wide"'),
        ("/crossed", "one above the other: .*All mice.* and .*One mouse"),
    ],
)
def test_what_must_not_happen_is_said(lab: Visits, path: str, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        lab.open(path)


@pytest.mark.parametrize("policy", ["", "img-src *; style-src 'self'"])
def test_a_request_to_somebody_else_is_found_without_a_policy(
    serve: Callable[[ASGIApp], str], visits: OpenVisits, policy: str
) -> None:
    async def foreign(request: Request) -> Response:
        return HTMLResponse(PAGE.format(body=BODIES["/foreign"]), headers={"Content-Security-Policy": policy})

    lab = visits(serve(Starlette(routes=[Route("/", foreign), Route("/style.css", style)])))
    with pytest.raises(AssertionError, match="leaves the origin: http://cats"):
        lab.open("/")


def test_what_goes_wrong_after_the_check_is_said_at_the_end(lab: Visits) -> None:
    lab.open("/click")
    lab.page.get_by_role("heading").click()
    with pytest.raises(AssertionError, match="a cat was hit"):
        lab.end()
    lab.complaints.clear()


def test_a_refusal_may_be_what_is_wanted(lab: Visits) -> None:
    with pytest.raises(AssertionError, match="answered 404"):
        lab.open("/nowhere")
    lab.complaints.clear()
    with pytest.raises(AssertionError, match="html-has-lang"):
        lab.open("/nowhere", status=404)
    lab.complaints.clear()


def test_what_is_expected_passes_and_has_to_happen(lab: Visits) -> None:
    with lab.expecting("the cat is here"):
        lab.page.goto(f"{lab.site}/console")
    lab.check()
    lab.patience = 0.2
    with pytest.raises(AssertionError, match="nothing went wrong as expected"), lab.expecting("cat"):
        lab.page.goto(lab.site)


def test_a_page_is_looked_at_when_it_is_no_longer_busy(lab: Visits) -> None:
    lab.open("/busy")
    assert lab.page.get_by_text("Counted").is_visible()


def test_people_do_not_share_cookies(lab: Visits, open_page: Callable[[], Page]) -> None:
    def name(page: Page) -> str:
        page.goto(f"{lab.site}/cookie")
        return page.inner_text("body")

    other = open_page()
    assert [name(lab.page), name(lab.page), name(other), name(other)] == ["nobody", "Ana", "nobody", "Ana"]


def test_a_picture_is_the_same_each_time(lab: Visits, tmp_path: Path) -> None:
    lab.open("/")
    first = lab.screenshot("mice").read_bytes()
    lab.open("/next")
    other = lab.screenshot("next").read_bytes()
    lab.open("/")
    lab.page.get_by_label("Name").focus()
    lab.page.get_by_label("Name").blur()
    assert lab.screenshot("mice").read_bytes() == first != other
    assert (tmp_path / "mice.png").exists()


def test_pictures_for_the_documentation_are_asked_for(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABWRIGHT_SCREENSHOTS", "1")
    assert Visits(page, "http://127.0.0.1", Path("elsewhere")).pictures.parts[-3:] == ("docs", "images", "web")


def test_the_browser_leaves_no_loop_running(browser: Browser) -> None:
    assert browser.is_connected()

    async def three() -> int:
        return 3

    assert asyncio.run(three()) == 3


SERVE = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route
page = lambda request: HTMLResponse('<!doctype html><html lang="en"><title>Mice</title><main><h1>Mice</h1></main>')
uvicorn.run(Starlette(routes=[Route("/", page)]), port=int(sys.argv[1]))
"""


def test_a_program_is_killed_and_comes_back(program: StartProgram, visits: OpenVisits) -> None:
    server = program(sys.executable, "-c", SERVE, "{port}")
    lab = visits(server.url)
    lab.open("/")
    server.kill()
    with lab.expecting("ERR_CONNECTION_REFUSED"), pytest.raises(Exception, match="ERR_CONNECTION_REFUSED"):
        lab.page.goto(server.url)
    server.start()
    lab.open("/")


def test_a_program_that_ends_says_why(program: StartProgram) -> None:
    with pytest.raises(AssertionError, match="no cheese"):
        program(sys.executable, "-c", "raise SystemExit('no cheese')")

"""A browser, servers, and what holds on every page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser, Page
from starlette.types import ASGIApp
from tests.web.chromium import driving, launched, new_context
from tests.web.serving import Program, serving
from tests.web.visits import Visits


class OpenVisits(Protocol):
    """Begin to visit a site, with the test's page or another one."""

    def __call__(self, site: str, page: Page | None = None) -> Visits: ...


class StartProgram(Protocol):
    """Start a server as a program; ``{port}`` in the command is its port."""

    def __call__(
        self, *command: str, variables: Mapping[str, str] | None = None, folder: Path | None = None
    ) -> Program: ...


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser of all tests."""
    with launched() as browser:
        yield browser


@pytest.fixture
def width() -> int:
    """The width of the window; a test that is parametrised by `width` has another one, such as 390."""
    return 1440


@pytest.fixture
def scheme() -> str:
    """What colours the person likes: a test may be parametrised by `scheme`, light and dark."""
    return "light"


@pytest.fixture
def open_page(browser: Browser, width: int, scheme: str) -> Iterator[Callable[[], Page]]:
    """Open a page for another person, who has cookies of his own."""
    with driving(browser), ExitStack() as stack:

        def open_one() -> Page:
            context = new_context(browser, width, scheme)
            stack.callback(context.close)
            return context.new_page()

        yield open_one


@pytest.fixture
def page(open_page: Callable[[], Page]) -> Page:
    """A page in an empty browser."""
    return open_page()


@pytest.fixture
def visits(open_page: Callable[[], Page], tmp_path: Path) -> Iterator[OpenVisits]:
    """Visit a site: ``lab = visits(url)``, then ``lab.open("/path")``; see :class:`tests.web.visits.Visits`."""
    begun: list[Visits] = []

    def begin(site: str, page: Page | None = None) -> Visits:
        begun.append(Visits(page or open_page(), site, tmp_path))
        return begun[-1]

    yield begin
    for visit in begun:
        visit.end()


@pytest.fixture
def serve() -> Iterator[Callable[[ASGIApp], str]]:
    """Serve an app in a thread until the test ends; returns its address."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(serving(app))


@pytest.fixture
def program(tmp_path: Path) -> Iterator[StartProgram]:
    """Start a server in a process of its own, which is stopped when the test ends."""
    with ExitStack() as stack:

        def start(*command: str, variables: Mapping[str, str] | None = None, folder: Path | None = None) -> Program:
            started = Program(list(command), tmp_path / "server.log", variables, folder)
            started.start()
            stack.callback(started.stop)
            return started

        yield start

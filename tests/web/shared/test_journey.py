"""Coming in and looking after a server, in a browser and by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect
from starlette.types import ASGIApp
from tests.web import seen
from tests.web.accounts.bench import OFFICE, PASSWORD
from tests.web.conftest import OpenVisits
from tests.web.keyboard import Keyboard
from tests.web.lab import build
from tests.web.shared.server import Server, server_of
from tests.web.visits import Visits

import labwright as lw

pytestmark = [pytest.mark.parametrize("backend", ["sqlite"])]
PIN = "7392"


@pytest.fixture
def open_server(project: lw.Project, prefix: str) -> Iterator[Server]:
    """A server that a browser reaches without TLS, as no other does."""
    schema = lw.Schema("lab", connection=project)
    build(schema)
    with server_of(schema, f"{prefix}accounts", is_secure=False) as server:
        yield server


@pytest.fixture
def lab(open_server: Server, serve: Callable[[ASGIApp], str], visits: OpenVisits) -> Visits:
    """Somebody who visits it."""
    return visits(serve(open_server.app))


def log_in(keys: Keyboard, name: str, rig: str = "") -> None:
    """Come in, or make the computer a rig."""
    keys.skip()
    keys.fill("Name", name)
    keys.fill("Password", PASSWORD)
    if rig:
        keys.to("summary", "rig")
        keys.press("Enter")
        keys.fill("Name of the rig", rig)
    keys.follow("button", "Log in")


def test_somebody_administers_the_server_by_keyboard(lab: Visits, open_server: Server) -> None:
    keys, page = Keyboard(lab), lab.page
    lab.look("/tables")
    lab.screenshot("login")
    log_in(keys, "root")
    keys.follow("link", "Administration")
    keys.skip()
    keys.follow("link", "Rights")
    lab.screenshot("rights")
    keys.skip()
    keys.follow("link", "People")
    keys.skip()
    keys.to("combobox", "Role")
    page.keyboard.type("tech")
    keys.fill("Lab", "north", role="combobox")
    keys.follow("button", "Make an invitation")
    address = page.locator("pre code").inner_text()
    lab.look_around()
    keys.skip()
    keys.follow("link", "rea")
    keys.skip()
    keys.follow("button", "See what rea sees")
    expect(page.get_by_text("You see what Rea Der sees")).to_be_visible()
    keys.follow("button", "Be root again")
    expect(page.get_by_role("heading", level=1)).to_have_text("Rea Der")
    for path in seen.SHARED:
        if path.startswith("/admin"):
            lab.look(path)
            lab.page.goto(lab.site + path)
            keys.walk()
    lab.open("/admin/people")
    lab.screenshot("administration")
    keys.follow("button", "Log out")
    lab.look("/invitation/" + address.rpartition("/")[2])


def test_somebody_looks_after_their_account_by_keyboard(lab: Visits, open_server: Server) -> None:
    keys, page = Keyboard(lab), lab.page
    lab.open("/login?next=/me")
    log_in(keys, "res")
    keys.skip()
    keys.fill("What a new one is for", "script")
    keys.follow("button", "Make a token")
    expect(page.get_by_text("This is the token.")).to_be_visible()
    lab.look_around()
    keys.skip()
    keys.follow("button", "Set up an app")
    expect(page.get_by_role("img")).to_be_visible()
    lab.look_around()
    lab.look("/me")
    lab.look("/me/second-factor")
    open_server.clock.move(minutes=11)
    lab.look("/prove?next=/me")
    keys.skip()
    keys.fill("Password of res", PASSWORD)
    keys.follow("button", "Go on")
    expect(page.get_by_role("heading", level=1)).to_have_text("Res Searcher")
    keys.follow("button", "Log out")
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")


def test_people_take_turns_at_a_rig_by_keyboard(lab: Visits, open_server: Server) -> None:
    open_server.entrance.accounts.pins.set(open_server.person("tec"), PIN, OFFICE)
    keys = Keyboard(lab)
    lab.open("/login")
    log_in(keys, "res", rig="rig 1")
    lab.look_around()
    keys.skip()
    keys.fill("Name", "tec")
    keys.fill("PIN", PIN)
    keys.follow("button", "Go on")
    expect(lab.page.get_by_role("heading", level=1)).to_have_text("Today")

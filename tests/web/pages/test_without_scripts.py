"""One whole visit in a browser that runs no scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.types import ASGIApp
from tests.backends.stores import opened
from tests.web.accounts.bench import PASSWORD
from tests.web.chromium import PATIENCE, driving
from tests.web.lab import MICE, build
from tests.web.shared.server import server_of

import labwright as lw
from labwright.lab.notebook import Notebook

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])
HOME = "notebook"
"""The schema of the lab book, which is that of the lab here."""


@pytest.fixture
def schema(database_url: str, tmp_path: Path) -> Iterator[lw.Schema]:
    with opened(database_url, tmp_path) as project:
        schema = lw.Schema(HOME, connection=project)
        build(schema)
        Notebook(project=project)
        yield schema


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a browser that runs no scripts."""
    with driving(browser):
        context = browser.new_context(java_script_enabled=False, locale="en-GB")
        context.set_default_timeout(PATIENCE * 1000)
        yield context.new_page()
        context.close()


def test_a_day_without_scripts(schema: lw.Schema, page: Page, serve: Callable[[ASGIApp], str]) -> None:
    mouse = schema["Mouse"]
    with server_of(schema, "accounts", is_secure=False) as server:
        site = serve(server.app)
        page.goto(f"{site}/t/{HOME}.Mouse")
        log_in(page)
        find(page)
        enter(page, mouse)
        correct(page, mouse)
        look_before_deleting(page, mouse)
        take_in(page, mouse)
        write(page)
        page.get_by_role("button", name="Log out").click()
        page.goto(f"{site}/t/{HOME}.Mouse")
        expect(page.get_by_role("button", name="Log in")).to_be_visible()


def log_in(page: Page) -> None:
    page.get_by_label("Name", exact=True).fill("dan")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mouse")


def find(page: Page) -> None:
    page.get_by_label("Search everything").fill("m17")
    page.get_by_label("Search everything").press("Enter")
    page.get_by_role("link", name="17").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("17")


def enter(page: Page, mouse: Any) -> None:
    page.goto(page.url.partition("/t/")[0] + f"/t/{HOME}.Mouse")
    page.get_by_role("link", name="New row").first.click()
    page.get_by_label("mouse").fill("900")
    page.get_by_label("name").fill("Ida")
    page.get_by_label("weight").fill("heavy")
    page.get_by_label("arrival").fill("2026-03-01")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_text("'heavy' is not a number.")).to_be_visible()
    page.get_by_label("weight").fill("21.5")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("900")
    assert (mouse & "mouse = 900").fetch1("weight") == 21.5


def correct(page: Page, mouse: Any) -> None:
    page.get_by_role("link", name="Change", exact=True).click()
    page.get_by_label("name").fill("Ada")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("900")
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("cell", name="Ada")).to_be_visible()
    page.go_back()
    assert (mouse & "mouse = 900").fetch1("name") == "Ada"


def look_before_deleting(page: Page, mouse: Any) -> None:
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("main")).to_contain_text("1")
    assert mouse & "mouse = 900"
    page.get_by_role("main").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mouse")
    assert not mouse & "mouse = 900"


def take_in(page: Page, mouse: Any) -> None:
    page.get_by_role("link", name="Import").first.click()
    page.get_by_label("Or rows copied").fill("mouse\tname\tarrival\n901\tBo\t2026-03-02\n902\tCy\tyesterday\n")
    page.get_by_role("button", name="Read the rows").click()
    page.get_by_role("button", name="Check 2 rows").click()
    expect(page.get_by_text("cannot be entered").first).to_be_visible()
    assert len(mouse()) == MICE
    page.locator("input[value='yesterday']").fill("2026-03-03")
    page.get_by_role("button", name="Check these rows again").click()
    page.get_by_role("button", name="Enter 2 rows").click()
    expect(page.get_by_role("button", name="Undo").or_(page.get_by_text("entered")).first).to_be_visible()
    assert (mouse & "mouse > 900").to_arrays("name", order_by="KEY").tolist() == ["Bo", "Cy"]


def write(page: Page) -> None:
    page.get_by_role("link", name="Notebook").click()
    page.get_by_role("link", name="New entry").click()
    page.get_by_label("Title").fill("A day without scripts")
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("Text").fill("Two *mice* came.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A day without scripts")
    expect(page.locator("em")).to_have_text("mice")

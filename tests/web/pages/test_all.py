"""What holds on every screen: in narrow and wide windows, in light and dark, by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from starlette.types import ASGIApp
from tests.backends.classes import table
from tests.web import seen
from tests.web.conftest import OpenVisits
from tests.web.keyboard import Keyboard
from tests.web.lab import app_of
from tests.web.shared import routes
from tests.web.visits import Visits

import labwright as lw

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])
PASTED = "mouse\tname\tarrival\tweight\n3\tIda\t2026-03-01\theavy\n901\tUdo\t2026-03-01\t21"


@pytest.fixture
def begun(lab: Visits, schema: lw.Schema) -> str:
    """An import with rows of all kinds."""
    lab.open(f"/import/{schema.database_name}.Mouse")
    lab.page.get_by_label("Or rows copied").fill(PASTED)
    lab.page.get_by_role("button", name="Read the rows").click()
    lab.page.get_by_role("button", name="Check 2 rows").click()
    expect(lab.page.locator("[aria-invalid]")).to_have_count(2)
    lab.look_around()
    return lab.page.url.partition("?")[0].rpartition("/")[2]


@pytest.mark.parametrize("share", [0, 1])
def test_nothing_is_wrong_with_any_page(lab: Visits, schema: lw.Schema, begun: str, share: int) -> None:
    for path in seen.LAB[share::2]:
        lab.look(path.format(s=schema.database_name, i=begun))


@pytest.mark.parametrize("width", [390])
def test_every_page_is_gone_through_by_keyboard(lab: Visits, schema: lw.Schema, begun: str) -> None:
    keys = Keyboard(lab)
    for path in seen.LAB:
        lab.page.goto(lab.site + path.format(s=schema.database_name, i=begun))
        assert keys.walk() > 10


def test_nothing_is_wrong_where_nothing_is_yet(
    schema: lw.Schema, serve: Callable[[ASGIApp], str], visits: OpenVisits
) -> None:
    table(schema, "Mouse", "mouse : int32\n---\nname : varchar(20)")
    schema["Mouse"]().ready()
    lab = visits(serve(app_of(schema)))
    for path in seen.EMPTY:
        lab.look(path.format(s=schema.database_name))


def test_what_is_not_there(lab: Visits, schema: lw.Schema) -> None:
    for path, status in seen.REFUSED.items():
        lab.look(path.format(s=schema.database_name), status)
        assert lab.page.get_by_role("heading", level=1).inner_text() == (
            "Not found" if status == 404 else "Not allowed"
        )


def test_nothing_is_wrong_with_what_opens(lab: Visits, schema: lw.Schema) -> None:
    page, name = lab.page, schema.database_name
    lab.open(f"/t/{name}.Mouse?sex=F&sort=-weight")
    for text in ("Views", "Export"):  # one closes the other
        page.locator("summary").filter(has_text=text).press("Enter")
        lab.look_around()
    for text in ("Filters", "Columns and order", "Most frequent values"):
        page.locator("summary").filter(has_text=text).press("Enter")
    expect(page.locator(".facets")).to_contain_text("60")
    lab.look_around()
    lab.open(f"/jobs/{name}.Score")
    page.locator("summary").filter(has_text="Where in the code").press("Enter")
    lab.look_around()
    lab.open(f"/t/{name}.Mouse/1")
    page.locator("summary").filter(has_text="QR code").press("Enter")
    lab.look_around()
    lab.open(f"/new/{name}.Session")
    page.locator("summary").filter(has_text="template").press("Enter")
    page.get_by_role("button", name="Add Trial").press("Enter")
    page.get_by_label("mouse").press_sequentially("m1")
    expect(page.locator(".options li")).to_have_count(11)
    lab.look_around()
    lab.open(f"/edit/{name}.Mouse/1")
    page.get_by_label("weight").fill("heavy")
    with lab.expecting("^answered 422: POST"):
        page.get_by_label("weight").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved")
    lab.look_around()
    lab.open("/diagram")
    page.get_by_role("link", name=re.compile("Score")).press("Enter")
    expect(page.locator("#node")).to_contain_text("computed")
    lab.look_around()


def test_every_page_is_looked_at(backend: str) -> None:
    gets = [name.removeprefix("GET ") for name in routes.PAGES if name.startswith("GET ")]
    assert seen.unseen(gets) == []
    assert not seen.NO_PAGES.keys() - gets

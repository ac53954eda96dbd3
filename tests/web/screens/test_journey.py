"""A scientist looks at plots, and does what the lab has made buttons for."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from tests.web import seen
from tests.web.conftest import OpenVisits
from tests.web.keyboard import Keyboard

import labwright as lw

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])


def test_plots_dashboard_page_and_action_by_keyboard(site: str, visits: OpenVisits, schema: lw.Schema) -> None:
    lab, name = visits(site), schema.database_name
    keys, page = Keyboard(lab), lab.page
    keys.open("/plots")
    keys.follow("link", "How heavy the mice are")
    expect(page.locator(".js-plotly-plot .bars .point").first).to_be_attached()
    keys.skip()
    keys.fill("bins", "3")
    keys.follow("button", "Draw")
    expect(page.locator(".bars .point").first).to_be_attached()
    expect(page.locator(".bars .point")).not_to_have_count(20)
    keys.skip()
    keys.to("summary", "The data as a table")
    keys.press("Enter")
    lab.check()
    expect(page.get_by_role("cell", name="20.125")).to_be_visible()
    keys.open("/dashboard/overview")
    keys.to("combobox", "sex")
    page.keyboard.type("F")
    keys.follow("button", "Show")
    expect(page.locator(".vega-embed svg .mark-symbol path").first).to_be_attached()
    lab.screenshot("dashboard", full_page=True)
    lab.open("/page/colony")
    expect(page.locator(".js-plotly-plot .bars .point")).to_have_count(2)
    lab.open(f"/plots/{name}.Mouse?weight.ge=34")
    keys.open(f"/t/{name}.Mouse/1")
    expect(page.get_by_alt_text("A picture")).to_be_visible()
    keys.follow("link", "Weigh")
    keys.skip()
    keys.fill(re.compile("^weight"), "75")
    with lab.expecting("^answered 422: POST"):
        keys.press("Enter")
    lab.look_around()
    keys.skip()
    keys.fill("Why it is right nevertheless", "it is a rat")
    lab.screenshot("action")
    keys.follow("button", "Weigh")
    expect(page.get_by_role("main").get_by_role("status")).to_contain_text("It has 75 g")


def test_nothing_is_wrong_with_what_a_lab_declares(site: str, visits: OpenVisits, schema: lw.Schema) -> None:
    lab = visits(site)
    for path in seen.DECLARED:
        lab.look(path.format(s=schema.database_name))


@pytest.mark.parametrize("scheme", ["dark"])
@pytest.mark.parametrize("width", [390])
def test_plots_are_drawn_in_the_colours_that_one_likes(site: str, visits: OpenVisits) -> None:
    lab = visits(site)
    lab.open("/plot/weights")
    ink = lab.page.locator(".xtitle").evaluate("e => getComputedStyle(e).fill")
    assert ink == "rgb(230, 236, 234)"
    lab.open("/dashboard/overview")


def test_what_fails_breaks_nothing_else(site: str, visits: OpenVisits, schema: lw.Schema) -> None:
    lab = visits(site)
    with lab.expecting("^answered 500: GET .*/draw/wrong"):
        lab.page.goto(f"{site}/plots/{schema.database_name}.Session")
    lab.check()
    expect(lab.page.locator(".message")).to_contain_text("'One that fails' failed")
    lab.look("/page/broken", status=500)

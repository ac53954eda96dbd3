"""The grid in a browser, by keyboard alone, and its pages as they are sent."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import expect
from starlette.testclient import TestClient
from tests.web.keyboard import Keyboard
from tests.web.lab import app_of, build
from tests.web.serving import wait_until
from tests.web.visits import Visits

import labwright as lw
from labwright.web.accounts.person import Person
from labwright.web.app import create_app
from labwright.web.desk.workspace import Workspace
from labwright.web.roles.role import Role
from labwright.web.site import Site

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])
PASTE = """() => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", "mouse\\tname\\tarrival\\n900\\tIda\\t2026-03-01\\n");
    const pasted = new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true});
    document.querySelector("table.grid td").dispatchEvent(pasted);
}"""
HOME = {"Origin": "http://localhost"}


@pytest.fixture
def client(schema: lw.Schema) -> Iterator[TestClient]:
    build(schema)
    with TestClient(app_of(schema), base_url="http://localhost", follow_redirects=False) as client:
        yield client


def mice(text: str) -> list[int]:
    return [int(n) for n in re.findall(r'<tr data-key="(\d+)"', text)]


def test_a_grid_by_keyboard(lab: Visits, schema: lw.Schema) -> None:
    keys, page = Keyboard(lab), lab.page
    keys.open("/t/lab.Mouse")
    expect(page.locator("tbody tr")).to_have_count(50)
    keys.fill("Words to look for", "m11", role="searchbox")
    keys.press("Enter")
    lab.check()
    assert page.locator("tbody tr").count() == 11
    keys.skip()
    keys.to("gridcell", "11")
    keys.press("ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight", "F2")
    box = page.get_by_role("textbox", name="weight")
    expect(box).to_have_value("33.75")
    expect(box).to_be_focused()
    keys.type("heavy")
    with lab.expecting("^answered 422: POST"):
        keys.press("Enter")
    expect(page.get_by_role("gridcell").get_by_text("is not a number")).to_be_visible()
    lab.check()
    expect(page.get_by_role("textbox", name="weight")).to_be_focused()
    keys.type("36,75")
    keys.press("Enter")
    expect(page.get_by_role("gridcell", name="36.75")).to_have_count(1)
    assert (schema["Mouse"] & {"mouse": 110}).fetch1("weight") == 36.75
    expect(page.locator('tr[data-key="111"] td:focus')).to_have_count(1)
    keys.press("F2")
    expect(page.get_by_role("textbox", name="weight")).to_be_focused()
    (schema["Mouse"]).update1({"mouse": 111, "weight": 50})
    keys.type("40")
    with lab.expecting("^answered 409: POST"):
        keys.press("Enter")
    expect(page.get_by_text("Somebody has made it 50.0 meanwhile")).to_be_visible()
    lab.check()
    lab.screenshot("grid-conflict")
    keys.press("Escape")
    expect(page.locator('tr[data-key="111"] td:focus')).to_have_count(1)
    keys.press(" ", "ArrowDown", " ")
    expect(page.get_by_text("2 ticked:")).to_be_visible()
    keys.to("button", "Change", back=True)
    keys.press("Enter")
    lab.check()
    keys.skip()
    keys.to("combobox", "Column")
    page.keyboard.type("sex")
    keys.fill("New value", "U")
    keys.press("Enter")
    lab.check()
    lab.screenshot("grid-change")
    keys.skip()
    keys.follow("button", "Change 2 rows")
    assert (schema["Mouse"] & {"sex": "U"}).to_arrays("mouse", order_by="KEY").tolist() == [111, 112]
    keys.skip()
    keys.follow("button", "Undo")
    assert not schema["Mouse"] & {"sex": "U"}
    lab.open("/t/lab.Mouse")
    page.evaluate(PASTE)
    page.wait_for_url("**/import/**")
    lab.check()
    expect(page.get_by_role("heading", level=1)).to_have_text("Columns of pasted rows")
    assert len(schema["Mouse"]()) == 120


def test_looking_for_rows(lab: Visits, schema: lw.Schema) -> None:
    page = lab.page
    lab.open("/t/lab.Session")
    moments = itertools.count()

    def is_told() -> bool:  # what is written before the page listens need not be told
        minutes, seconds = divmod(next(moments), 60)
        schema["Session"].update1({"mouse": 5, "session": 1, "started": f"2026-02-05 11:{minutes:02}:{seconds:02}"})
        page.wait_for_timeout(100)
        return page.get_by_text("Rows of this table have changed").is_visible()

    wait_until(is_told, "the page is told that rows have changed")
    page.get_by_role("link", name="Show them").click()
    lab.check()
    expect(page.get_by_role("gridcell", name="02-05 11:")).to_have_count(1)
    page.locator("#columns summary").click()
    page.get_by_label("Mouse:sex", exact=True).check()
    page.locator("#columns").get_by_role("button", name="Apply").click()
    lab.check()
    page.locator("#filters summary").click()
    page.get_by_label("Column of filter 1").select_option("Mouse:sex")
    enabled = page.get_by_label("Comparison of filter 1").locator("option:not([disabled])")
    assert enabled.evaluate_all("found => found.map(o => o.value)") == ["eq", "ne", "in", "is_null", "not_null"]
    page.get_by_label("Value of filter 1").fill("M")
    lab.screenshot("grid-filters", full_page=True)
    page.locator("#filters").get_by_role("button", name="Apply").click()
    lab.check()
    expect(page.get_by_role("main").get_by_role("status")).to_have_text("3 rows")
    page.get_by_text("Most frequent values").click()
    expect(page.locator(".facets")).to_contain_text("Mouse:sex")
    page.get_by_role("link", name=re.compile("^started")).click()
    lab.check()
    page.get_by_role("link", name=re.compile("^Mouse:sex$")).click(modifiers=["Shift"])
    lab.check()
    assert ("sort", "started,Mouse:sex") in parse_qsl(urlsplit(page.url).query)
    page.get_by_text("Views", exact=True).click()
    page.get_by_label("Name of this view").fill("males of late")
    page.get_by_label("Pin it").check()
    page.get_by_role("button", name="Keep this view").click()
    lab.check()
    lab.open("/t/lab.Session")
    page.get_by_text("Views", exact=True).click()
    lab.check()
    lab.screenshot("grid-views")
    page.get_by_role("link", name="males of late").click()
    lab.check()
    expect(page.get_by_role("main").get_by_role("status")).to_have_text("3 rows")
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as file:
        page.get_by_role("link", name="CSV").click()
    assert file.value.path().read_text("utf-8-sig").splitlines()[0] == "mouse,session,started,Mouse:sex"
    assert re.fullmatch(r"lab\.Session_part_\d{4}-\d\d-\d\d\.csv", file.value.suggested_filename)
    lab.open("/t/lab.Mouse")
    lab.screenshot("grid")


def test_pages_go_to_the_end_and_back(client: TestClient) -> None:
    def links(text: str) -> dict[str, str]:
        nav = text.partition('aria-label="Pages"')[2]
        return {name: where.replace("&amp;", "&") for where, name in re.findall(r'href="([^"]*)"[^>]*>(\w+)</a>', nav)}

    seen, text = [], client.get("/t/lab.Mouse?sort=-weight").text
    while True:
        seen.append(mice(text))
        if "Next" not in (found := links(text)):
            break
        text = client.get("/t/lab.Mouse" + found["Next"]).text
    assert [n for page in seen for n in page] == list(range(120, 0, -1))
    assert mice(client.get("/t/lab.Mouse" + found["Previous"]).text) == seen[-2]
    assert mice(client.get("/t/lab.Mouse" + found["First"]).text) == seen[0]
    last = client.get("/t/lab.Mouse" + links(client.get("/t/lab.Mouse?sort=-weight").text)["Last"]).text
    assert mice(last) == list(range(50, 0, -1))


def test_what_the_form_describes(client: TestClient) -> None:
    given: list[tuple[str, Any]] = [
        ("q", " m1 "), ("on", "weight"), ("is", "ge"), ("to", "21"), ("on", "sex"), ("is", "eq"), ("to", "F"),
        ("on", "sex"), ("is", "eq"), ("to", "U"), ("on", "notes"), ("is", "is_null"), ("to", ""), ("on", ""),
        ("is", "eq"), ("to", "x"), ("by", "weight"), ("way", "down"), ("by", "name"), ("way", "up"), ("by", ""),
        ("way", "up"), ("show", "name"), ("show", "weight"), ("column", "name"), ("place", "2"), ("column", "weight"),
        ("place", "1"),
    ]  # fmt: skip
    answer = client.get("/ask/lab.Mouse", params=given)
    assert answer.status_code == 303
    there = urlsplit(answer.headers["location"])
    assert parse_qsl(there.query) == [
        ("weight.ge", "21"), ("sex", "F"), ("sex", "U"), ("notes.is_null", "1"), ("q", "m1"),
        ("sort", "-weight,name"), ("columns", "weight,name"),
    ]  # fmt: skip
    page = client.get(answer.headers["location"]).text
    assert mice(page)[:3] == [120, 118, 116]
    for text in ("weight ≥ 21", "sex = F", "notes is empty", "with “m1”", 'aria-sort="descending"'):
        assert text in page


def test_filters_that_do_not_work_are_told_and_kept(client: TestClient) -> None:
    page = client.get("/t/lab.Mouse?weight.ge=heavy&nothing=1&Session:x=2").text
    assert "weight: &#39;heavy&#39; is not a number" in page
    assert "nothing: There is no column" in page
    assert 'value="heavy"' in page


def test_many_rows_are_not_changed_by_filters_that_do_not_work(client: TestClient, schema: lw.Schema) -> None:
    for path in ("/change", "/remove"):
        assert client.get(f"{path}/lab.Mouse", params={"query": "weight.ge=heavy"}).status_code == 422
    given = {"query": "weight.ge=heavy", "count": "120"}
    assert client.post("/remove/lab.Mouse", data=given, headers=HOME).status_code == 422
    assert client.get("/export/lab.Mouse?weight.ge=heavy").status_code == 422
    assert len(schema["Mouse"]()) == 120


def test_many_rows_are_changed_as_they_were_when_they_were_looked_at(client: TestClient, schema: lw.Schema) -> None:
    given = {"query": "sex=F", "on": "weight", "to": "9"}
    page = client.post("/change/lab.Mouse", data=given, headers=HOME)
    assert "Change 60 rows" in page.text
    mark = re.findall(r'name="mark" value="(\w+)"', page.text)[0]
    schema["Mouse"].update1({"mouse": 2, "weight": 1})
    late = client.post("/change/lab.Mouse", data={**given, "mark": mark}, headers=HOME)
    assert (late.status_code, "Somebody has changed" in late.text) == (409, True)
    mark = re.findall(r'name="mark" value="(\w+)"', late.text)[0]
    done = client.post("/change/lab.Mouse", data={**given, "mark": mark, "why": "scales"}, headers=HOME)
    assert done.status_code == 303
    assert "Undo" in client.get(done.headers["location"]).text
    assert len(schema["Mouse"] & {"weight": 9}) == 60


def test_many_rows_are_deleted(client: TestClient, schema: lw.Schema) -> None:
    page = client.get("/remove/lab.Mouse?row=1&row=2").text
    count = re.findall(r'name="count" value="(\d+)"', page)[0]
    given = {"row": ["1", "2"], "count": "1"}
    assert client.post("/remove/lab.Mouse", data=given, headers=HOME).status_code == 409
    assert len(schema["Mouse"]()) == 120
    assert client.post("/remove/lab.Mouse", data={**given, "count": count}, headers=HOME).status_code == 303
    assert len(schema["Mouse"]()) == 118


@pytest.mark.parametrize("path", ["/cell/lab.Mouse/1/mouse", "/cell/lab.Mouse/1/nothing", "/cell/lab.Score/1,1/score"])
def test_cells_that_cannot_be_changed(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 422
    assert client.post(path, data={"base": ""}, headers=HOME).status_code == 422


def test_texts_of_others_are_texts(client: TestClient, schema: lw.Schema) -> None:
    evil = "<img src=x onerror=alert(1)>"
    schema["Mouse"].update1({"mouse": 1, "name": evil[:20], "notes": evil})
    for path in ("/t/lab.Mouse", "/facets/lab.Mouse", "/cell/lab.Mouse/1/notes", "/change/lab.Mouse?row=1"):
        assert "<img" not in client.get(path).text
    for query in ("q", "sort", "columns", "name.has", "done"):
        assert "<img" not in client.get("/t/lab.Mouse", params={query: evil}).text
    saved = client.post("/views/lab.Mouse", data={"name": evil, "query": f"q={evil}"}, headers=HOME)
    assert "<img" not in client.get(saved.headers["location"]).text


def test_rows_are_counted_when_that_takes_longer(client: TestClient) -> None:
    assert "120 rows" in client.get("/t/lab.Mouse").text
    assert 'data-from="/count/lab.Mouse?sex=F"' in client.get("/t/lab.Mouse?sex=F").text
    assert client.get("/count/lab.Mouse?sex=F").text == "60 rows"
    assert client.get("/count/lab.Mouse?sex=nothing").status_code == 422


@pytest.fixture
def reader(schema: lw.Schema) -> Iterator[TestClient]:
    build(schema)
    workspace = Workspace(schema.project, [schema], schemas=[schema.database_name])
    app = create_app(Site({"lab": workspace}), Person("rea", role=Role.READER))
    with TestClient(app, base_url="http://localhost", follow_redirects=False) as client:
        yield client


def test_who_may_only_read_is_offered_nothing_else_and_refused_it(reader: TestClient, schema: lw.Schema) -> None:
    page = reader.get("/t/lab.Mouse").text
    for text in ('name="row"', "data-changeable", "data-import", "New row", "/change/", "/remove/"):
        assert text not in page
    for path in ("/change/lab.Mouse?row=1", "/remove/lab.Mouse?row=1", "/cell/lab.Mouse/1/weight"):
        assert reader.get(path).status_code == 403
    before = schema["Mouse"].to_dicts(order_by="KEY")
    for path, given in (
        ("/change/lab.Mouse", {"row": "1", "on": "weight", "to": "9"}),
        ("/remove/lab.Mouse", {"row": "1", "count": "1"}),
        ("/cell/lab.Mouse/1/weight", {"weight": "9", "base": "20.125"}),
    ):
        assert reader.post(path, data=given, headers=HOME).status_code == 403
    assert schema["Mouse"].to_dicts(order_by="KEY") == before
    for path in ("/t/lab.Nothing", "/export/lab.Nothing", "/facets/lab.Nothing", "/count/lab.Nothing"):
        assert reader.get(path).status_code == 404
    for path in ("/change/lab.Mouse", "/remove/lab.Mouse", "/views/lab.Mouse", "/views/lab.Mouse/pin"):
        assert reader.post(path, data={"name": "x"}, headers={"Origin": "http://evil.example"}).status_code == 403

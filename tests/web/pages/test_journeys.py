"""What a scientist does, from screen to screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.web.conftest import OpenVisits
from tests.web.keyboard import Keyboard
from tests.web.lab import BAD
from tests.web.visits import Visits

import labwright as lw

on_every_database = pytest.mark.parametrize("backend", ["sqlite", "postgres", "mysql"])
in_a_file = pytest.mark.parametrize("backend", ["sqlite"])


def open_form(lab: Visits, verb: str, name: str) -> Page:
    lab.open(f"/{verb}/{name}")
    return lab.page


def save(lab: Visits, status: int | None = None) -> None:
    button = lab.page.get_by_role("button", name="Save")
    if status is None:
        button.click()
    else:
        with lab.expecting(f"^answered {status}: POST"):
            button.click()
    lab.check()


@on_every_database
def test_a_row_is_entered(lab: Visits, schema: lw.Schema) -> None:
    page = open_form(lab, "new", f"{schema.database_name}.Mouse")
    page.get_by_label("mouse").fill("500")
    page.get_by_label("name").fill("Überläufer <b>&")
    page.get_by_label("sex").select_option("F")
    page.get_by_label("weight").fill("21,5")
    page.get_by_label("arrival").fill("2026-03-01")
    save(lab)
    expect(page.get_by_role("heading", level=1)).to_have_text("Mouse 500")
    row = (schema["Mouse"] & {"mouse": 500}).fetch1()
    assert (row["name"], row["sex"], row["weight"], row["notes"]) == ("Überläufer <b>&", "F", 21.5, None)


@on_every_database
def test_two_people_change_the_same_row(
    lab: Visits, site: str, visits: OpenVisits, open_page: Callable[[], Page], schema: lw.Schema
) -> None:
    path = f"/edit/{schema.database_name}.Mouse/7"
    other = visits(site, open_page())
    lab.open(path)
    other.open(path)
    other.page.get_by_label("name").fill("theirs")
    save(other)
    lab.page.get_by_label("name").fill("mine")
    lab.page.get_by_label("weight").fill("33")
    save(lab, 409)
    row = lab.page.get_by_role("row").filter(has_text="m7")
    expect(row).to_contain_text("theirs")
    expect(row).to_contain_text("mine")
    lab.screenshot("conflict", full_page=True)
    lab.look_around()
    keys = Keyboard(lab)
    keys.to("radio", "name: theirs")
    keys.press("ArrowRight")
    expect(lab.page.get_by_role("radio", name="name: yours")).to_be_checked()
    keys.follow("button", "Save")
    assert (schema["Mouse"] & {"mouse": 7}).fetch1("name", "weight") == ("mine", 33)


@in_a_file
def test_what_refers_to_a_row_is_followed_by_keyboard(lab: Visits, schema: lw.Schema) -> None:
    keys = Keyboard(lab)
    keys.open(f"/t/{schema.database_name}.Mouse/1")
    keys.follow("link", "Session")
    keys.skip()
    keys.follow("link", "1")
    expect(lab.page.get_by_role("heading", level=2).first).to_have_text("Belongs to")
    keys.follow("link", "Mouse 1")
    expect(lab.page.get_by_role("heading", level=1)).to_have_text("Mouse 1")


@in_a_file
def test_failures_are_looked_at_ignored_and_tried_again_by_keyboard(lab: Visits, schema: lw.Schema) -> None:
    score: Any = schema["Score"]
    keys, page = Keyboard(lab), lab.page
    keys.open("/jobs")
    keys.follow("link", "1")
    expect(page.get_by_role("heading", level=3)).to_contain_text("ValueError")
    expect(page.get_by_role("main")).to_contain_text("this mouse has no score")
    keys.skip()
    keys.follow("link", "Why is a row not there?")
    keys.skip()
    keys.fill("mouse", str(BAD))
    keys.fill("session", "1")
    keys.press("Enter")
    lab.check()
    expect(page.get_by_role("main").get_by_role("status")).to_contain_text("It failed")
    keys.open(f"/jobs/{schema.database_name}.Score")
    keys.follow("button", "Ignore")
    expect(page.get_by_role("heading", name="Ignored")).to_be_visible()
    assert len(score.jobs.ignored) == 1
    keys.skip()
    keys.follow("button", "Try again")
    expect(page.get_by_role("main")).to_contain_text("Nothing has failed")
    assert score.jobs.pending.to_arrays("mouse").tolist() == [BAD]


@in_a_file
def test_a_change_is_taken_back_by_keyboard(lab: Visits, schema: lw.Schema) -> None:
    keys, page = Keyboard(lab), lab.page
    keys.open(f"/t/{schema.database_name}.Mouse/9")
    keys.follow("link", "Change")
    keys.skip()
    keys.fill("name", "oops")
    keys.follow("button", "Save")
    keys.skip()
    keys.follow("link", "History")
    expect(page.get_by_role("row", name="name m9 oops")).to_have_count(1)
    lab.screenshot("history")
    keys.follow("link", "Labwright")
    keys.skip()
    keys.follow("button", "Undo")
    assert (schema["Mouse"] & {"mouse": 9}).fetch1("name") == "m9"
    expect(page.get_by_role("main")).to_contain_text("taken back")


@in_a_file
def test_a_deletion_is_looked_at_first_and_taken_back_by_keyboard(lab: Visits, schema: lw.Schema) -> None:
    keys, page = Keyboard(lab), lab.page
    keys.open(f"/t/{schema.database_name}.Mouse/1")
    keys.follow("link", "Delete")
    expect(page.get_by_role("row", name=f"{schema.database_name}.Session.Trial")).to_contain_text("3")
    assert len(schema["Mouse"] & {"mouse": 1}) == 1
    lab.screenshot("delete")
    keys.skip()
    keys.follow("button", "Delete 6 rows")
    assert len(schema["Mouse"] & {"mouse": 1}) == 0
    keys.open("/")
    keys.follow("button", "Undo")
    assert len(schema["Session"].Trial & {"mouse": 1}) == 3

"""Entering a row by keyboard, with a server that is killed meanwhile."""

from __future__ import annotations

import re
import socket
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import httpx2
import pytest
from playwright.sync_api import expect
from tests.web.conftest import StartProgram
from tests.web.keyboard import Keyboard
from tests.web.lab import build
from tests.web.serving import Program
from tests.web.visits import Visits

import labwright as lw


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("width", [390])
def test_a_session_with_trials_is_entered_by_keyboard(lab: Visits, schema: lw.Schema) -> None:
    keys, page = Keyboard(lab), lab.page
    keys.open("/new/lab.Session")
    keys.fill("mouse", "m11", role="combobox")
    expect(page.get_by_role("option")).to_have_count(11)  # ten, and that there are more
    page.keyboard.press("ArrowDown")
    lab.check()
    page.keyboard.press("Enter")
    expect(page.get_by_label("mouse")).to_have_value("11")
    expect(page.get_by_role("listbox")).to_have_count(0)
    keys.fill("session", "4")
    keys.fill("started", "2026-03-01 10:00")
    for number in (1, 2, 3):
        keys.to("button", "Add Trial")
        keys.press("Enter")
        expect(page.get_by_role("group", name=f"Trial {number}")).to_be_visible()
        page.keyboard.type(str(number))
        page.keyboard.press("Tab")
        page.keyboard.type("yes")
    keys.to("button", "Remove Trial 2", back=True)
    keys.press("Enter")
    expect(page.get_by_text("Kept as a draft.")).to_be_visible()
    lab.check()
    keys.open("/")
    keys.follow("link", "Session")
    expect(page.get_by_role("heading", level=1)).to_have_text("New Session")
    expect(page.locator("fieldset")).to_have_count(2)
    keys.skip()
    keys.follow("button", "Save")
    expect(page.get_by_role("heading", level=1)).to_have_text("Session 11, 4")
    assert (schema["Session"].Trial & {"mouse": 11}).to_arrays("trial", order_by="KEY").tolist() == [1, 3]
    lab.open("/")
    expect(page.get_by_role("heading", name="Begun and not finished")).to_have_count(0)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_what_is_chosen_within_is_of_what_was_chosen_before(lab: Visits, schema: lw.Schema) -> None:
    page = lab.page
    lab.open("/new/lab.Session.Trial")
    page.get_by_label("mouse").fill("m2")
    page.get_by_role("option", name=re.compile("^2 m2 ")).click()
    page.locator("#field-session").click()
    expect(page.locator(".options:not([hidden]) li")).to_have_text(["2, 1 2026-02-02 10:00:00"])
    lab.screenshot("entry-pick")
    page.locator(".options:not([hidden]) li").click()
    expect(page.locator("#field-session")).to_have_value("1")
    page.get_by_role("button", name="New Mouse").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("New Mouse")
    page.get_by_role("link", name="Cancel").click()
    expect(page.locator("#field-session")).to_have_value("1")
    lab.open("/edit/lab.Session/1,1")
    page.get_by_role("group", name="Trial 2").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("group", name="Trial 2 (will be deleted)")).to_be_visible()
    lab.check()
    lab.screenshot("entry-parts", full_page=True)
    lab.open("/t/lab.Session/1,1")
    page.get_by_text("QR code").click()
    expect(page.locator('img[src*="/qr/"]')).not_to_have_js_property("naturalWidth", 0)
    lab.screenshot("row", full_page=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project in a file, with a lab."""
    with lw.Project(f"sqlite:///{tmp_path / 'lab.db'}") as project:
        build(lw.Schema("lab", connection=project))
    return tmp_path


def test_a_draft_survives_a_server_that_is_killed_while_it_saves(folder: Path, program: StartProgram) -> None:
    file = folder / "lab.db"
    server = program(*COMMAND, f"sqlite:///{file}", folder=folder)
    number, whole = "a" * 32, {**TYPED, "Trial.0.correct": "yes"}
    with httpx2.Client(base_url=server.url, headers={"Origin": server.url}, timeout=60) as client:
        assert client.post("/draft/lab.Session", data={**TYPED, ".draft": number}).status_code == 204
        with closing(sqlite3.connect(file, isolation_level=None)) as held:
            held.execute("BEGIN IMMEDIATE")  # nobody else can write
            with closing(send(server, {**whole, ".draft": number})):
                assert client.get("/static/app.css").status_code == 200  # what was sent before is being done
                server.kill()
            held.execute("ROLLBACK")
        server.start()
        assert client.get("/t/lab.Session/9,1").status_code == 404
        assert number in client.get("/").text
        page = client.get(f"/new/lab.Session?.draft={number}").text
        assert 'name="Trial.0.trial" value="1"' in page
        answer = client.post("/new/lab.Session", data={**whole, ".draft": number})
        assert answer.headers["location"] == "/t/lab.Session/9,1"
        assert number not in client.get("/").text


COMMAND = (sys.executable, "-m", "labwright", "serve", "--port", "{port}", "--database")
TYPED = {"mouse": "9", "session": "1", "started": "2026-03-01 10:00", "Trial.0.trial": "1"}


def send(server: Program, typed: dict[str, str]) -> socket.socket:
    """Send a form, and wait for no answer."""
    body = urlencode(typed)
    head = f"POST /new/lab.Session HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nOrigin: {server.url}\r\n"
    kind = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    connection = socket.create_connection(("127.0.0.1", server.port))
    connection.sendall(f"{head}{kind}{body}".encode())
    return connection

"""A page whose server is killed, and comes back."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect
from starlette.types import ASGIApp
from tests.web.accounts.bench import PASSWORD
from tests.web.conftest import OpenVisits, StartProgram
from tests.web.lab import build
from tests.web.shared.server import server_of

import labwright as lw
from labwright.web.pages import events

COMMAND = (sys.executable, "-m", "labwright", "serve", "--port", "{port}", "--database")
AWAY = "The server does not answer."
LISTENING = "addEventListener('htmx:sse:after:connection', () => document.documentElement.dataset.hears = '')"
OF_NEWS = r"/events|htmx:sse:error"
"""What a browser says of a stream that breaks off."""


def test_a_page_tells_that_its_server_is_away_and_goes_on(
    tmp_path: Path, program: StartProgram, visits: OpenVisits
) -> None:
    with lw.Project(f"sqlite:///{tmp_path / 'lab.db'}") as project:
        schema = lw.Schema("lab", connection=project)
        build(schema)
        server = program(*COMMAND, f"sqlite:///{tmp_path / 'lab.db'}", folder=tmp_path)
        lab = visits(server.url)
        page = lab.page
        page.add_init_script(LISTENING)
        lab.open("/t/lab.Mouse")
        expect(page.locator("html[data-hears]")).to_have_count(1, timeout=lab.patience * 1000)
        told = page.get_by_role("status").filter(has_text=AWAY)
        with lab.expecting(r"^failed: GET .*/events"):
            server.kill()
            expect(told).to_be_visible(timeout=lab.patience * 1000)
        lab.check(but=OF_NEWS)
        server.start()
        expect(told).to_have_count(0, timeout=lab.patience * 1000)
        schema["Mouse"].insert1({"mouse": 500, "name": "late", "arrival": "2026-01-02"})
        expect(page.get_by_text("Rows of this table have changed")).to_be_visible(timeout=lab.patience * 1000)
        lab.check(but=OF_NEWS)
        lab.complaints = [said for said in lab.complaints if not re.search(OF_NEWS, said)]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_page_tells_that_its_session_has_ended(
    schema: lw.Schema, prefix: str, serve: Callable[[ASGIApp], str], visits: OpenVisits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "HEARTBEAT", 0.1)
    build(schema)
    with server_of(schema, f"{prefix}accounts", is_secure=False) as server:
        lab = visits(serve(server.app))
        page = lab.page
        lab.open("/login")
        page.get_by_label("Name", exact=True).fill("res")
        page.get_by_label("Password").fill(PASSWORD)
        page.add_init_script(LISTENING)
        page.get_by_role("button", name="Log in").click()
        expect(page.locator("html[data-hears]")).to_have_count(1, timeout=lab.patience * 1000)
        server.entrance.accounts.sessions.revoke_all(server.person("res"))
        told = page.get_by_role("status").filter(has_text="Your session has ended.")
        expect(told).to_be_visible(timeout=lab.patience * 1000)
        lab.check(but=OF_NEWS)
        with page.context.expect_page() as opened:
            told.get_by_role("link").click()
        expect(opened.value.get_by_role("button", name="Log in")).to_be_visible()
        lab.complaints = [said for said in lab.complaints if not re.search(OF_NEWS, said)]
        page.goto("about:blank")

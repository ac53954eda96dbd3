"""The page that people come to, and what they were told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import expect
from starlette.testclient import TestClient
from starlette.types import ASGIApp
from tests.backends.classes import table
from tests.web.conftest import OpenVisits
from tests.web.keyboard import Keyboard
from tests.web.lab import ANA, app_of, build

import labwright as lw
from labwright.web.desk import tasks
from labwright.web.desk.desk import Desk
from labwright.web.desk.grid.saved_views import pin_view, save_view
from labwright.web.desk.mine import failing
from labwright.web.desk.tasks import Task
from labwright.web.desk.workspace import Workspace
from labwright.web.notices.choosing import address_of, chosen
from labwright.web.notices.following import follow
from labwright.web.notices.kind import Channel, Kind
from labwright.web.notices.notify import notify
from labwright.web.roles.rights import Rights

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])


@pytest.fixture
def client(schema: lw.Schema) -> Iterator[TestClient]:
    build(schema)
    person = table(schema, "Person", "person : varchar(20)")
    cage = table(schema, "Cage", "cage : int32\n---\n-> Person", owner="Person")
    person.insert([("ana",), ("ben",)])
    cage.insert([(1, "ana"), (2, "ben"), (3, "ana")])
    with TestClient(app_of(schema), base_url="http://localhost", follow_redirects=True) as client:
        yield client


@pytest.fixture
def desk(client: TestClient, schema: lw.Schema) -> Desk:
    app: Any = client.app
    while not hasattr(app, "state"):
        app = getattr(app, "_app", None) or app.app
    workspace: Workspace = app.state.site.workspaces["lab"]
    return Desk(workspace, ANA, Rights.of(ANA))


def test_what_is_theirs(client: TestClient) -> None:
    page = client.get("/").text
    assert '/t/lab.Cage/1"' in page
    assert '/t/lab.Cage/2"' not in page
    assert '/t/lab.Cage?person=ana"' in page


def test_what_is_to_be_done(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = [datetime(2099, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)]
    monkeypatch.setattr(tasks, "sources", [lambda _: [Task(str(m), f"Weigh {m.year}", "/tables", m) for m in moments]])
    page = client.get("/").text
    assert page.index("Weigh 2020") < page.index("Weigh 2099")


def test_what_failed_of_theirs(client: TestClient, desk: Desk) -> None:
    assert "1 failed" in client.get("/").text  # of the only person here
    assert failing(desk) == []
    follow(desk.workspace.keeping, "ana", "lab.Score", 0)
    assert [sheet.name for sheet, _ in failing(desk)] == ["lab.Score"]


def test_what_they_have_pinned(client: TestClient, desk: Desk) -> None:
    sheet = desk.sheet("lab.Mouse")
    save_view(sheet, "heavy mice", "weight.ge=30")
    assert "heavy mice" not in client.get("/").text
    pin_view(sheet, "ana", "heavy mice", True)
    assert 'href="/t/lab.Mouse?weight.ge=30">heavy mice' in client.get("/").text


def test_notices_are_seen_followed_and_read(client: TestClient, desk: Desk) -> None:
    notify(desk.workspace.keeping, "ana", "mention", "<b>Ben</b> wrote of you", "/t/lab.Mouse/1")
    other = notify(desk.workspace.keeping, "ben", "mention", "Ana wrote of you", "/t/lab.Mouse/2")
    notify(desk.workspace.keeping, "ana", "alert", "The disk is full", "https://elsewhere.example/")
    assert "2 new notices" in client.get("/tables").text
    page = client.get("/notices").text
    assert "&lt;b&gt;Ben&lt;/b&gt; wrote of you" in page
    assert "Ana wrote" not in page
    numbers = re.findall('action="/notices/([0-9a-f]{32})"', page)
    ends = {client.post(f"/notices/{number}").url.path for number in numbers}
    assert ends == {"/t/lab.Mouse/1", "/notices"}
    assert "new notice" not in client.get("/notices/bell").text
    assert client.post(f"/notices/{other}").url.path == "/notices"
    assert notify(desk.workspace.keeping, "ben", "mention", "Ana wrote again")
    assert "Mark all as read" not in client.get("/notices").text


def test_they_choose_what_to_be_told(client: TestClient, desk: Desk) -> None:
    given = {
        "mail": "ana@lab.example",
        "webhook": "https://chat.lab.example/x",
        "alert": ["app", "webhook"],
        "due": "mail",
    }
    page = client.post("/notices/choose", data=given).text
    keeping = desk.workspace.keeping
    assert chosen(keeping, "ana")[Kind.ALERT] == {Channel.APP, Channel.WEBHOOK}
    assert chosen(keeping, "ana")[Kind.MENTION] == set()
    assert address_of(keeping, "ana").secret in page


@pytest.mark.parametrize(
    ("name", "value"), [("mail", "a@b, c@d"), ("webhook", "http://127.0.0.1/"), ("webhook", "javascript:x")]
)
def test_what_is_no_address_is_refused(client: TestClient, desk: Desk, name: str, value: str) -> None:
    answer = client.post("/notices/choose", data={"alert": "app", name: value})
    assert answer.status_code == 422
    assert f'id="wrong-{name}"' in answer.text
    assert address_of(desk.workspace.keeping, "ana").mail == ""


def test_a_stream_says_what_it_is(client: TestClient) -> None:
    assert 'hx-sse:connect="/events?since=' in client.get("/").text


def test_today_leads_on_by_keyboard(
    schema: lw.Schema, desk: Desk, serve: Callable[[ASGIApp], str], visits: OpenVisits
) -> None:
    save_view(desk.sheet("lab.Mouse"), "heavy mice", "weight.ge=30")
    pin_view(desk.sheet("lab.Mouse"), "ana", "heavy mice", True)
    follow(desk.workspace.keeping, "ana", "lab.Score", 0)
    notify(desk.workspace.keeping, "ana", "mention", "Ben wrote of you", "/t/lab.Mouse/1")
    lab = visits(serve(app_of(schema)))
    keys, page = Keyboard(lab), lab.page
    keys.open("/new/lab.Session")
    keys.fill("session", "2")
    keys.follow("button", "Keep as a draft")
    keys.open("/edit/lab.Mouse/8")
    keys.fill("name", "Ida")
    keys.follow("button", "Save")
    lab.look("/")
    lab.screenshot("today")
    for name, title in (
        ("heavy mice", "Mouse"),
        ("Cage 3", "Cage 3"),
        ("lab.Score", "Jobs of Score"),
        ("Session", "New Session"),
    ):
        keys.open("/")
        keys.follow("link", name)
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
    keys.follow("link", re.compile("1 new notice"))
    keys.skip()
    keys.follow("button", re.compile("Ben wrote of you"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Mouse 1")
    keys.to("searchbox", "Search everything")
    keys.type("m11")
    keys.press("Enter")
    lab.check()
    lab.screenshot("search")
    keys.skip()
    keys.follow("link", "Mouse 11")
    expect(page.get_by_role("heading", level=1)).to_have_text("Mouse 11")

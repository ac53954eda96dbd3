"""Coming in, showing anew who one is, taking turns, leaving."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient
from tests.web.accounts.bench import OFFICE, PASSWORD
from tests.web.serving import wait_until
from tests.web.shared.server import Server, said

from labwright.web.pages import events

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])  # the accounts themselves are tried on all three


def test_a_stranger_is_led_to_the_login_and_back(server: Server) -> None:
    client = server.client()
    assert said(client.get("/tables?x=1")) == "/login?next=%2Ftables%3Fx%3D1"
    page = client.get("/login?next=%2Ftables%3Fx%3D1")
    assert 'value="/tables?x=1"' in page.text
    given = {"name": "res", "password": PASSWORD, "next": "/tables?x=1"}
    assert said(client.post("/login", data=given)) == "/tables?x=1"
    assert client.get("/tables").status_code == 200
    assert "Res Searcher" in client.get("/tables").text


def test_links_of_others_lead_nowhere_else(server: Server) -> None:
    for wanted in ("https://evil.example", "//evil.example", "/\\evil.example"):
        given = {"name": "res", "password": PASSWORD, "next": wanted}
        assert said(server.client().post("/login", data=given)) == "/"


def test_a_wrong_password_says_no_more_than_that(server: Server) -> None:
    answers = [server.client().post("/login", data={"name": n, "password": "wrong"}) for n in ("res", "nobody")]
    assert [a.status_code for a in answers] == [422, 422]
    assert answers[0].text.replace("res", "nobody") == answers[1].text.replace("res", "nobody")


def test_guessing_is_throttled(server: Server) -> None:
    client = server.client()
    for _ in range(5):
        assert client.post("/login", data={"name": "res", "password": "wrong"}).status_code == 422
    assert client.post("/login", data={"name": "res", "password": PASSWORD}).status_code == 422
    server.clock.move(minutes=2)
    assert client.post("/login", data={"name": "res", "password": PASSWORD}).status_code == 303


def test_a_session_that_was_there_before_is_worth_nothing(server: Server) -> None:
    client = server.client("res")
    old = client.cookies["__Host-lw_session"]
    assert client.post("/login", data={"name": "tec", "password": PASSWORD}).status_code == 303
    assert client.cookies["__Host-lw_session"] != old
    assert server.entrance.login(old) is None
    assert "Tec Nician" in client.get("/tables").text


def test_logging_out(server: Server) -> None:
    client = server.client("res")
    secret = client.cookies["__Host-lw_session"]
    assert said(client.post("/logout")) == "/login"
    assert server.entrance.login(secret) is None
    assert client.get("/tables").status_code == 303


def test_who_is_deactivated_is_out_at_once(server: Server) -> None:
    client = server.client("res")
    server.entrance.accounts.deactivate("res", OFFICE, by="root")
    assert client.get("/tables").status_code == 303
    assert client.post("/login", data={"name": "res", "password": PASSWORD}).status_code == 422


def test_who_is_to_sign_shows_anew_who_they_are(server: Server) -> None:
    client = server.client("res")
    assert said(client.get("/prove?next=/tables")) == "/tables"
    server.clock.move(minutes=11)
    page = client.get("/prove?next=/tables")
    assert page.status_code == 200
    assert "Password of res" in page.text
    old = client.cookies["__Host-lw_session"]
    assert client.post("/prove", data={"password": "wrong", "next": "/tables"}).status_code == 422
    assert said(client.post("/prove", data={"password": PASSWORD, "next": "/tables"})) == "/tables"
    assert client.cookies["__Host-lw_session"] != old
    assert said(client.get("/prove?next=/tables")) == "/tables"


def rig(server: Server) -> TestClient:
    client = server.client()
    given = {"name": "root", "password": PASSWORD, "device": "Rig 3"}
    assert said(client.post("/login", data=given)) == "/pin"
    return client


def test_people_take_turns_at_a_rig(server: Server) -> None:
    server.entrance.accounts.pins.set(server.person("tec"), "7392", OFFICE)
    client = rig(server)
    assert said(client.get("/tables")) == "/pin?next=%2Ftables"
    assert "Who is at Rig 3?" in client.get("/pin").text
    assert client.post("/pin", data={"name": "tec", "pin": "7391"}).status_code == 422
    assert said(client.post("/pin", data={"name": "tec", "pin": "7392", "next": "/tables"})) == "/tables"
    assert "Tec Nician" in client.get("/tables").text
    assert said(client.post("/logout")) == "/pin"
    assert said(client.post("/login/rig/end")) == "/login"
    assert said(client.get("/pin")) == "/login?next=%2F"


def test_the_secret_of_a_rig_is_nobodys_session(server: Server) -> None:
    client = rig(server)
    secret = client.cookies["__Host-lw_device"]
    client.cookies.clear()
    answer = client.get("/tables", headers={"cookie": f"__Host-lw_session={secret}"})
    assert answer.status_code == 303


def left(server: Server) -> object:
    return server.entrance.accounts.deactivate("res", OFFICE, by="root")


def logged_out(server: Server) -> object:
    return server.entrance.accounts.sessions.revoke_all(server.person("res"))


@pytest.mark.parametrize("ends", [left, logged_out])
def test_who_has_left_is_told_no_news(
    server: Server, monkeypatch: pytest.MonkeyPatch, ends: Callable[[Server], object]
) -> None:
    """The stream of their page ends; those of others go on."""
    monkeypatch.setattr(events, "HEARTBEAT", 0.05)
    watch, ended = server.site.workspaces["lab"].watch, dict[str, str]()

    def listen(name: str) -> None:
        ended[name] = server.let_in(name).get("/events").text

    pages = {name: threading.Thread(target=listen, args=(name,), daemon=True) for name in ("res", "tec")}
    for page in pages.values():
        page.start()
    wait_until(lambda: watch.listening == 2, "both listen")
    ends(server)
    pages["res"].join(30)
    assert list(ended) == ["res"]
    wait_until(lambda: watch.listening == 1, "one listens")
    watch.close()
    pages["tec"].join(30)
    assert ended["tec"].startswith(": here")


def test_a_page_that_only_listens_keeps_nobody_in(server: Server) -> None:
    sessions = server.entrance.accounts.sessions
    secret = sessions.open(server.person("res"), OFFICE)
    found = []
    for _ in range(9):
        found.append(sessions.is_alive(secret))
        server.clock.move(hours=1)
    assert found == [True] * 8 + [False]

"""Who asks: sessions in cookies and tokens in headers, at the app."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from tests.web.accounts.bench import OFFICE, PASSWORD, Bench

from labwright.web.accounts.person import Person
from labwright.web.accounts.sessions import Session
from labwright.web.http.cookies import Cookie
from labwright.web.http.entrance import Entrance
from labwright.web.http.protect import protect
from labwright.web.http.visitor import OnePerson, Visitors, caller_of, login_of
from labwright.web.roles.rights import READING
from labwright.web.roles.role import Verb

COOKIE = Cookie("session", is_secure=True)
ORIGIN = {"origin": "https://lab"}


def whoami(request: Request) -> Response:
    login = login_of(request)
    assert login is not None
    assert request.state.person == login.person
    may = sorted(verb for verb in Verb if login.rights().scope(verb, "lab", "Mouse"))
    return JSONResponse([login.person.name, may])


@pytest.fixture
def visitor(here: Bench) -> TestClient:
    def log_in(request: Request) -> Response:
        name = request.query_params["name"]
        answer = PlainTextResponse("in")
        COOKIE.write(answer, here.accounts.log_in(name, PASSWORD, caller=caller_of(request.scope)))
        return answer

    routes = [
        Route("/login", log_in, methods=["POST"]),
        Route("/me", whoami, methods=["GET", "POST"]),
        Route("/api/v1/me", whoami, methods=["GET", "POST"]),
    ]
    app = protect(Visitors(Starlette(routes=routes), Entrance(here.accounts)), hosts=["lab"], is_secure=True)
    return TestClient(app, base_url="https://lab", follow_redirects=False)


def log_in(visitor: TestClient, name: str = "ana") -> str:
    answer = visitor.post(f"/login?name={name}", headers=ORIGIN)
    assert answer.text == "in"
    return str(answer.cookies[COOKIE.full_name])


def name_at(visitor: TestClient, path: str = "/me", **headers: str) -> Any:
    return visitor.get(path, headers=headers).json()[0]


def test_strangers_are_asked_to_log_in(visitor: TestClient) -> None:
    answer = visitor.get("/me?a=1&b=//x")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Fme%3Fa%3D1%26b%3D%2F%2Fx")
    assert visitor.post("/me", headers=ORIGIN).status_code == 401
    answer = visitor.get("/api/v1/me")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_cookie_tells_who_asks(visitor: TestClient) -> None:
    log_in(visitor)
    assert name_at(visitor) == "ana"
    assert name_at(visitor, "/api/v1/me") == "ana"


def test_a_planted_cookie_is_not_taken_over(visitor: TestClient) -> None:
    """Fixation: what was in the browser before the login is worth nothing after it."""
    visitor.cookies.set(COOKIE.full_name, "planted", domain="lab")
    assert log_in(visitor) != "planted"
    visitor.cookies.clear()
    for planted in ("planted", "", "x" * 5000):
        assert visitor.get("/me", headers={"cookie": f"{COOKIE.full_name}={planted}"}).status_code == 303


def test_a_second_cookie_of_the_name_makes_both_worthless(visitor: TestClient) -> None:
    secret = log_in(visitor)
    visitor.cookies.clear()
    cookie = f"{COOKIE.full_name}={secret}"
    assert name_at(visitor, cookie=f"other=1; {cookie}") == "ana"
    assert visitor.get("/me", headers={"cookie": f"{cookie}; {COOKIE.full_name}=planted"}).status_code == 303
    assert visitor.get("/me", headers={"cookie": f"lw_session={secret}"}).status_code == 303


def test_a_token_is_for_the_api_and_sets_no_cookie(visitor: TestClient, here: Bench) -> None:
    token = here.accounts.tokens.create(here.ana, "script", READING, OFFICE)
    answer = visitor.post("/api/v1/me", headers={"authorization": f"Bearer {token}"})
    assert answer.json() == ["ana", ["read"]]
    assert "set-cookie" not in answer.headers
    assert visitor.get("/me", headers={"authorization": f"Bearer {token}"}).status_code == 303
    assert visitor.get("/api/v1/me", headers={"authorization": f"Basic {token}"}).status_code == 401
    assert visitor.get(f"/api/v1/me?token={token}").status_code == 401
    assert visitor.get("/api/v1/me", headers={"cookie": f"{COOKIE.full_name}={token}"}).status_code == 401


def test_what_brings_a_token_has_no_cookies(visitor: TestClient, here: Bench) -> None:
    """A bad token does not fall back on a session, which would let the origin go unchecked."""
    log_in(visitor)
    assert visitor.post("/api/v1/me", headers={"authorization": "Bearer lw_x"}).status_code == 401
    assert visitor.post("/me", headers={"authorization": "Bearer x"}).status_code == 401
    token = here.accounts.tokens.create(here.ben, "script", READING, OFFICE)
    assert name_at(visitor, "/api/v1/me", authorization=f"Bearer {token}") == "ben"


def test_a_form_of_another_site_is_refused_in_our_cookies(visitor: TestClient) -> None:
    log_in(visitor)
    for headers in ({}, {"origin": "null"}, {"origin": "https://evil.example"}, {"origin": "https://lab:8443"}):
        assert visitor.post("/me", headers=headers).status_code == 403
    assert visitor.post("/me", headers=ORIGIN).status_code == 200


def test_who_is_logged_out_is_out(visitor: TestClient, here: Bench) -> None:
    here.accounts.log_out(log_in(visitor), OFFICE)
    assert visitor.get("/me").status_code == 303


def test_where_a_session_was_begun_is_known(visitor: TestClient, here: Bench) -> None:
    log_in(visitor)
    session: Session = here.accounts.sessions.of(here.ana)[0]
    assert (session.caller.address, session.caller.agent) == ("testclient", "testclient")


def test_the_app_of_one_person_knows_who_it_is() -> None:
    app = OnePerson(Starlette(routes=[Route("/me", whoami)]), Person("ana"))
    assert TestClient(app).get("/me").json()[0] == "ana"

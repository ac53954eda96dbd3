"""One's own account."""

from __future__ import annotations

import re

import pyotp
import pytest
from starlette.testclient import TestClient
from tests.web.accounts.bench import OFFICE, PASSWORD
from tests.web.shared.server import Server, said

from labwright.web.roles.role import Role

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])  # the accounts themselves are tried on all three


def test_an_account_is_made_by_an_invitation(server: Server) -> None:
    text = server.entrance.accounts.invitations.create(Role.RESEARCHER, OFFICE, by="root", lab="south")
    client = server.client()
    assert "researcher" in client.get(f"/invitation/{text}").text
    given = {"name": "eve", "full_name": "Eve", "email": "", "password": "short"}
    answer = client.post(f"/invitation/{text}", data=given)
    assert answer.status_code == 422
    assert 'value="eve"' in answer.text
    assert said(client.post(f"/invitation/{text}", data={**given, "password": PASSWORD, "role": "admin"})) == "/"
    assert "Eve" in client.get("/tables").text
    made = server.entrance.accounts.people.find("eve")
    assert made is not None
    assert (made.role, made.lab) == (Role.RESEARCHER, "south")
    assert server.client().get(f"/invitation/{text}").status_code == 404


def test_sessions_are_listed_and_ended(server: Server) -> None:
    here, there, other = server.client("res"), server.client("res"), server.client("tec")
    page = here.get("/me").text
    ends = re.findall(r'action="(/me/sessions/\w{64}/end)"', page)
    assert len(ends) == 1
    assert other.post(ends[0]).status_code == 404
    assert there.get("/me").status_code == 200
    assert said(here.post(ends[0])) == "/me"
    assert there.get("/me").status_code == 303
    assert here.get("/me").status_code == 200
    third = server.client("res")
    assert said(here.post("/me/sessions/end")) == "/me"
    assert third.get("/me").status_code == 303
    assert ("end session", "res", True) in server.events()


def test_a_token_is_shown_once_and_revoked(server: Server) -> None:
    client, program = server.client("res"), server.client()
    given = {"label": "script", "may": "read", "schemas": "*", "days": "30"}
    found = re.search(r"<code>(lw_[^<]+)</code>", client.post("/me/tokens", data=given).text)
    assert found is not None
    assert found[1] not in client.get("/me").text
    headers = {"authorization": f"Bearer {found[1]}"}
    assert program.get("/api/v1/tables", headers=headers).status_code == 200
    revoke = re.search(r'action="(/me/tokens/\w+/revoke)"', client.get("/me").text)
    assert revoke is not None
    assert server.client("tec").post(revoke[1]).status_code == 404
    assert said(client.post(revoke[1])) == "/me"
    assert program.get("/api/v1/tables", headers=headers).status_code == 401


def test_a_token_never_may_more_than_its_person(server: Server) -> None:
    client = server.client("rea")
    given = {"label": "script", "may": "write", "schemas": "*", "days": "30"}
    found = re.search(r"<code>(lw_[^<]+)</code>", client.post("/me/tokens", data=given).text)
    assert found is not None
    answer = server.client().post(
        f"/api/v1/tables/{server.schema.database_name}.Mouse/rows",
        json={"rows": [{"mouse": 900, "name": "x", "arrival": "2026-01-01"}]},
        headers={"authorization": f"Bearer {found[1]}"},
    )
    assert answer.status_code == 403


def test_the_password_is_changed(server: Server) -> None:
    here, there = server.client("res"), server.client("res")
    assert here.post("/me/password", data={"password": "password"}).status_code == 422
    assert here.post("/me/password", data={"password": "five cows on a hill"}).status_code == 200
    assert there.get("/me").status_code == 303
    server.client("res", "five cows on a hill")


def code_of(client: TestClient, server: Server) -> tuple[pyotp.TOTP, str]:
    address = re.search(r"<code>otpauth://totp/[^<]*secret=([A-Z2-7]+)", client.get("/me/second-factor").text)
    assert address is not None
    totp = pyotp.TOTP(address[1])
    return totp, totp.at(server.clock())


def test_a_second_factor(server: Server) -> None:
    client = server.client("res")
    assert said(client.get("/me/second-factor")) == "/me"
    assert said(client.post("/me/second-factor/begin")) == "/me/second-factor"
    assert "data:image/png;base64," in client.get("/me/second-factor").text
    totp, code = code_of(client, server)
    assert client.post("/me/second-factor", data={"code": "000000"}).status_code == 422
    shown = client.post("/me/second-factor", data={"code": code})
    recovery = re.findall(r"<li><code>([a-z2-7-]{19})</code>", shown.text)
    assert len(recovery) == 10
    server.clock.move(minutes=2)
    given = {"name": "res", "password": PASSWORD}
    assert server.client().post("/login", data=given).status_code == 422
    assert server.client().post("/login", data={**given, "code": totp.at(server.clock())}).status_code == 303
    assert server.client().post("/login", data={**given, "code": recovery[0]}).status_code == 303
    assert "9 recovery codes" in client.get("/me").text
    assert client.post("/me/second-factor/codes").status_code == 200
    assert said(client.post("/me/second-factor/off")) == "/me"
    assert server.client().post("/login", data=given).status_code == 303


def test_how_one_comes_in_is_changed_by_who_has_just_come_in(server: Server) -> None:
    """A browser that was left open is not enough."""
    client = server.client("res")
    server.clock.move(minutes=11)
    for path in ("password", "tokens", "second-factor/begin", "second-factor/off", "pin", "sessions/end"):
        answer = client.post(f"/me/{path}", data={"password": "five cows on a hill", "label": "x", "pin": "7392"})
        assert said(answer) == "/prove?next=%2Fme", path
    server.client("res")
    assert server.entrance.accounts.tokens.of(server.person("res")) == []


def test_a_pin_is_set_and_removed(server: Server) -> None:
    client, pins = server.client("tec"), server.entrance.accounts.pins
    assert client.post("/me/pin", data={"pin": "1234"}).status_code == 422
    assert said(client.post("/me/pin", data={"pin": "7392"})) == "/me"
    assert pins.has(server.person("tec"))
    assert said(client.post("/me/pin", data={"pin": ""})) == "/me"
    assert not pins.has(server.person("tec"))


@pytest.mark.parametrize("path", ["/me", "/login", "/pin", "/prove", "/invitation/x"])
def test_where_nobody_logs_in_there_is_no_account(single: TestClient, path: str) -> None:
    assert single.get(path).status_code in {303, 403, 404}

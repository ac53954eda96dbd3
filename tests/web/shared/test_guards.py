"""Other sites, other names, no TLS, and a provider of identities, at the whole app."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx2
import pytest
from starlette.testclient import TestClient
from tests.web.accounts.identities import CLIENT, SECRET, Identities
from tests.web.serving import serving
from tests.web.shared.routes import USES, filled
from tests.web.shared.server import ORIGIN, Server, said

from labwright.web.accounts.oidc import Oidc
from labwright.web.accounts.provider import Provider
from labwright.web.roles.role import Role

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])  # none of it gets as far as the database


def changes(server: Server) -> Iterator[tuple[str, str]]:
    found = (filled(name, use, server.schema.database_name, "1") for name, use in USES.items())
    return ((method, path) for method, path in found if method != "GET")


def test_no_other_site_changes_anything(server: Server) -> None:
    client = server.let_in("root")
    for origin in ("https://evil.example", "null", "http://lab", f"{ORIGIN}:8443"):
        for method, path in changes(server):
            assert client.request(method, path, headers={"origin": origin}).status_code == 403, (origin, path)
    del client.headers["origin"]
    for method, path in changes(server):
        assert client.request(method, path).status_code == 403, path


def test_it_answers_to_its_names_alone(server: Server) -> None:
    client = server.let_in("root")
    for host in ("evil.example", "lab.evil.example", "", "lab@evil.example"):
        assert client.get("/tables", headers={"host": host}).status_code == 421


def test_what_has_not_come_by_tls_is_refused(server: Server) -> None:
    client = TestClient(server.app, base_url="http://lab", follow_redirects=False)
    for path in ("/login", "/tables", "/static/app.css", "/api/v1/tables"):
        assert client.get(path).status_code == 403
    answer = server.client().get("/login")
    assert "max-age" in answer.headers["strict-transport-security"]


@pytest.fixture
def provided(server: Server) -> Iterator[Server]:
    """The same server, with a provider of identities."""
    identities = Identities(server.clock)
    with serving(identities.app()) as issuer:
        identities.issuer = issuer
        provider = Provider(issuer, CLIENT, SECRET, "The institute", roles={"lab": Role.RESEARCHER})
        server.entrance.oidc = Oidc(server.entrance.accounts, provider)
        yield server


def visit(client: TestClient, **given: str) -> str:
    """Go by way of the provider, and tell where one comes out."""
    where = said(client.post("/login/provider", data=given))
    back = httpx2.get(where, follow_redirects=False).headers["location"]
    assert back.startswith(f"{ORIGIN}/login/back?")
    return said(client.get(f"/login/back?{urlsplit(back).query}"))


def test_somebody_comes_by_way_of_a_provider(provided: Server) -> None:
    client = provided.client()
    assert "The institute" in client.get("/login").text
    assert visit(client, next="/tables") == "/tables"
    login = provided.entrance.login(client.cookies["__Host-lw_session"])
    assert login is not None
    assert login.session is not None
    assert (login.person.name, login.session.how) == ("cleo", "oidc")
    assert client.get("/tables").status_code == 200


def test_who_has_an_account_adds_the_provider_to_it(provided: Server) -> None:
    client = provided.client("rea")
    assert visit(client, next="/me", link="yes") == "/me"
    assert visit(provided.client(), next="/tables") == "/tables"
    assert provided.entrance.accounts.people.find("cleo") is None


def test_the_answer_to_another_browser_opens_nothing(provided: Server) -> None:
    where = said(provided.client().post("/login/provider", data={}))
    back = httpx2.get(where, follow_redirects=False).headers["location"]
    answer = provided.client().get(f"/login/back?{urlsplit(back).query}")
    assert answer.status_code == 422
    assert "did not let you in" in answer.text

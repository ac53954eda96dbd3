"""Looking after people, what they may do, and the server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.backends.classes import table
from tests.web.accounts.bench import OFFICE, PASSWORD
from tests.web.serving import wait_until
from tests.web.shared.server import ORIGIN, Server, said

import labwright as lw
from labwright.cli.care import Care
from labwright.tables.config import Config
from labwright.web.app import create_app
from labwright.web.care import postman
from labwright.web.care.backups import Backups
from labwright.web.notices.reading import told
from labwright.web.roles.grant import Grant
from labwright.web.roles.role import Role, Scope, Verb

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])  # the accounts themselves are tried on all three
PAGES = ("/admin", "/admin/people", "/admin/people/res", "/admin/grants", "/admin/sessions", "/admin/audit")


@pytest.fixture
def root(server: Server) -> TestClient:
    """The browser of who administers the server."""
    return server.client("root")


def test_every_page_is_there_and_for_nobody_else(server: Server, root: TestClient) -> None:
    others = [server.client(name) for name in ("dan", "res", "tec", "rea")]
    for path in (*PAGES, "/admin/backups"):
        assert root.get(path).status_code == 200, path
        assert [other.get(path).status_code for other in others] == [403] * 4, path
    assert 'href="/admin"' in root.get("/tables").text
    assert 'href="/admin"' not in others[0].get("/tables").text


def test_somebody_is_invited(server: Server, root: TestClient) -> None:
    page = root.post("/admin/people", data={"role": "technician", "lab": "south", "days": "1"})
    link = re.search(rf"<code>{ORIGIN}(/invitation/[\w-]+)</code>", page.text)
    assert link
    client = server.client()
    assert said(client.post(link[1], data={"name": "eve", "password": PASSWORD})) == "/"
    assert (server.person("eve").role, server.person("eve").lab) == (Role.TECHNICIAN, "south")


def invited(root: TestClient, **given: str) -> str:
    """Where an invitation leads."""
    page = root.post("/admin/people", data={"days": "1", **given})
    link = re.search(rf"<code>{ORIGIN}(/invitation/[\w-]+)</code>", page.text)
    assert link, page.text
    return link[1]


def test_nobody_takes_schemas_by_a_name(server: Server, root: TestClient) -> None:
    taken = lw.Schema("eve_ephys", connection=server.schema.project)
    len(table(taken, "Scan", "scan : int32")())  # a schema is there with its first table
    try:
        link = invited(root, role="researcher")
        refused = server.client().post(link, data={"name": " Eve ", "password": PASSWORD})
        assert (refused.status_code, "would be yours" in refused.text) == (422, True)
        assert server.entrance.accounts.people.find("eve") is None
        assert said(server.client().post(link, data={"name": "eva", "password": PASSWORD})) == "/"
        named = invited(root, role="researcher", name="Eve")
        assert 'value="eve"' in server.client().get(named).text
        assert said(server.client().post(named, data={"name": "other", "password": PASSWORD})) == "/"
        assert server.person("eve").role is Role.RESEARCHER
        assert root.post("/admin/people", data={"name": "a_b", "days": "1"}).status_code == 422
    finally:
        taken.drop(prompt=False)


def test_invitations_end_with_who_has_made_them(server: Server, root: TestClient) -> None:
    root.post("/admin/people/dan", data={"role": "admin"})
    link = invited(server.client("dan"), role="admin")
    assert server.client().get(link).status_code == 200
    root.post("/admin/people/dan/deactivate")
    assert server.client().get(link).status_code == 404
    root.post("/admin/people/dan/activate")
    assert server.client().post(link, data={"name": "evil", "password": PASSWORD}).status_code == 404


def test_a_role_is_changed_and_counts_at_once(server: Server, root: TestClient) -> None:
    client = server.client("rea")
    path = f"/new/{server.schema.database_name}.Mouse"
    assert client.get(path).status_code == 403
    answer = root.post("/admin/people/rea", data={"role": "data_manager", "full_name": "Rea", "lab": "", "email": ""})
    assert said(answer) == "/admin/people/rea"
    assert client.get(path).status_code == 200
    assert server.entrance.accounts.audit.events("rea", "change person")[0].actor == "root"


def test_the_only_admin_stays(server: Server, root: TestClient) -> None:
    assert root.post("/admin/people/root", data={"role": "reader"}).status_code == 422
    assert root.post("/admin/people/root/deactivate").status_code == 422
    assert root.get("/admin").status_code == 200


def test_who_has_left_is_out_and_may_come_back(server: Server, root: TestClient) -> None:
    client = server.client("res")
    root.post("/admin/people/res/deactivate")
    assert client.get("/tables").status_code == 303
    root.post("/admin/people/res/activate")
    assert client.get("/tables").status_code == 303
    assert server.client("res").get("/tables").status_code == 200


def test_a_forgotten_password_and_a_lost_telephone(server: Server, root: TestClient) -> None:
    given = re.search(r"<code>([\w-]{19})</code>", root.post("/admin/people/res/password").text)
    assert given
    assert server.client("res", given[1]).get("/tables").status_code == 200
    assert said(root.post("/admin/people/res/second-factor/off")) == "/admin/people/res"


def test_sessions_and_tokens_of_others_are_ended(server: Server, root: TestClient) -> None:
    client = server.client("res")
    server.entrance.accounts.tokens.create(server.person("res"), "script", {Verb.READ}, OFFICE)
    page = root.get("/admin/sessions").text
    for kind in ("sessions", "tokens"):
        path = re.search(rf'action="(/admin/people/res/{kind}/\w+/(?:end|revoke))"', page)
        assert path
        assert root.post(path[1].replace("/res/", "/tec/")).status_code == 404
        assert said(root.post(path[1])) == "/admin/people/res"
    assert client.get("/tables").status_code == 303
    assert server.entrance.accounts.tokens.of(server.person("res"))[0].is_revoked


def test_seeing_what_somebody_sees(server: Server, root: TestClient) -> None:
    name = server.schema.database_name
    server.entrance.accounts.grants.put(
        [Grant(Role.READER, None, "*", "Mouse", frozenset({Verb.READ}), hidden=frozenset({"weight"}))],
        OFFICE, by="root",
    )  # fmt: skip
    server.entrance.look_again()
    server.clock.move(seconds=1)
    assert said(root.post("/admin/people/rea/view")) == "/"
    page = root.get(f"/t/{name}.Mouse/1").text
    assert "You see what Rea Der sees" in page
    assert "weight" not in page
    assert root.get("/admin").status_code == 403
    assert root.get("/me").status_code == 403
    for path in (f"/new/{name}.Mouse", "/me/password", "/prove", "/login", f"/api/v1/tables/{name}.Mouse/rows"):
        assert root.post(path, data={"mouse": "900"}).status_code == 403, path
    server.clock.move(seconds=1)
    assert said(root.post("/view-as/end")) == "/admin/people/rea"
    assert "weight" in root.get(f"/t/{name}.Mouse/1").text
    assert [e for e, who, _ in server.events() if who == "rea"][:2] == ["view as oneself", "view as"]


def test_seeing_as_another_admin_changes_nothing_either(server: Server, root: TestClient) -> None:
    server.entrance.accounts.people.change(replace(server.person("dan"), role=Role.ADMIN), OFFICE, by="root")
    root.post("/admin/people/dan/view")
    assert root.get("/admin/people").status_code in {200, 403}
    assert root.post("/admin/people", data={"role": "admin"}).status_code == 403


def test_who_administers_no_more_sees_as_nobody(server: Server, root: TestClient) -> None:
    server.entrance.accounts.people.change(replace(server.person("dan"), role=Role.ADMIN), OFFICE, by="root")
    root.post("/admin/people/rea/view")
    server.entrance.accounts.people.change(replace(server.person("root"), role=Role.READER), OFFICE, by="dan")
    assert "You see what" not in root.get("/tables").text


def give(client: TestClient, **given: str) -> int:
    return client.post("/admin/grants", data={"scope": "all", "table": "*", "schema": "*", **given}).status_code


def test_a_grant_is_given_and_the_others_of_the_role_stay(server: Server, root: TestClient) -> None:
    client, path = server.client("rea"), f"/new/{server.schema.database_name}.Mouse"
    verbs = {"verb.read": "1", "verb.insert": "1"}
    assert give(root, who="role:reader", schema=server.schema.database_name, **verbs) == 303
    assert client.get(path).status_code == 200
    assert {g.schema for g in server.entrance.accounts.grants.all() if g.role is Role.READER} == {
        "*", server.schema.database_name,
    }  # fmt: skip
    assert "insert, read" in root.get("/admin/grants").text
    taken = {"who": "role:reader", "schema": server.schema.database_name, "table": "*", "scope": "all"}
    assert said(root.post("/admin/grants/take", data=taken)) == "/admin/grants"
    assert client.get(path).status_code == 403
    assert client.get(f"/t/{server.schema.database_name}.Mouse").status_code == 200


def test_the_last_grant_of_a_role_is_taken(server: Server, root: TestClient) -> None:
    """It may do nothing then, instead of what roles begin with."""
    client, path = server.client("rea"), f"/t/{server.schema.database_name}.Mouse"
    for _ in range(2):
        root.post("/admin/grants/take", data={"who": "role:reader", "schema": "*", "table": "*", "scope": "all"})
        assert client.get(path).status_code == 404
    root.post("/admin/grants/take", data={"who": "role:admin", "schema": "*", "table": "*", "scope": "all"})
    assert root.get("/admin/grants").status_code == 200
    assert root.get(path).status_code == 404


def test_a_grant_to_one_person(server: Server, root: TestClient) -> None:
    assert give(root, who="person:nobody", **{"verb.read": "1"}) == 404
    assert give(root, who="", **{"verb.read": "1"}) == 422
    assert give(root, who="person:rea", scope="own", **{"verb.insert": "1"}) == 303
    grant = next(g for g in server.entrance.accounts.grants.all() if g.person == "rea")
    assert (grant.verbs, grant.scope) == (frozenset({Verb.INSERT}), Scope.OWN)
    assert "insert (own)" in root.get("/admin/people/rea").text
    assert 'href="/admin/grants?who=person%3Area&amp;' in root.get("/admin/grants").text.replace("&amp;amp;", "&amp;")


def test_the_record_is_read_page_by_page(server: Server, root: TestClient) -> None:
    for number in range(120):
        server.clock.move(seconds=1)
        server.entrance.accounts.audit.note("test", "tec", OFFICE, number=number)
    first = root.get("/admin/audit?person=tec&event=test").text
    assert "number: 119" in first
    assert "number: 19<" not in first
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = root.get(f"/admin/audit{following[1].replace('&amp;', '&')}").text
    assert "number: 19<" in second
    assert "number: 20<" not in second
    assert root.get("/admin/audit?before=nonsense").status_code == 200


def test_what_changes_the_server_takes_the_password(server: Server, root: TestClient) -> None:
    server.clock.move(minutes=11)
    for path in ("people", "people/res", "people/res/deactivate", "people/res/view", "grants", "grants/take"):
        answer = root.post(f"/admin/{path}", data={"role": "admin"})
        assert said(answer).startswith("/prove?next=%2Fadmin%2F"), path


@pytest.fixture
def cared(server: Server, database_url: str, tmp_path: Path) -> Iterator[Server]:
    """The same server, of which the command line knows how it is."""
    project = lw.Project(database_url, settings=Config(tmp_path))
    care, backups = Care({"lab": (project, [server.schema])}), Backups(project, "lab", tmp_path / "backups")
    site = replace(server.site, care=care, backups={"lab": backups})
    yield replace(server, site=site, app=create_app(site, hosts=["lab"]))
    backups.wait()


def test_a_backup_is_taken_and_sound(cared: Server) -> None:
    root, backups = cared.client("root"), cared.site.backups["lab"]
    assert said(root.post("/admin/backups")) == "/admin/backups"
    backups.wait()
    (made,) = backups.all()
    assert made.name in root.get("/admin/backups").text
    assert backups.folder is not None
    assert not lw.verify_backup(backups.folder / made.name).problems
    assert cared.client("dan").post("/admin/backups").status_code == 403


def test_who_looks_after_the_server_is_told_that_a_backup_is_missing(
    cared: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postman, "INTERVAL", 0.05)
    keeping = cared.site.workspaces["lab"].keeping
    with TestClient(cared.app):
        wait_until(lambda: bool(told(keeping, "root")), "the first round")
    assert [(notice.kind, notice.link) for notice in told(keeping, "root")] == [("alert", "/admin/backups")]
    assert "No backup was taken yet" in told(keeping, "root")[0].text
    assert told(keeping, "dan") == []


def test_how_the_server_is(cared: Server) -> None:
    root = cared.client("root")
    assert "What people may do is checked by this app alone" in root.get("/admin").text
    assert "SQLite" in root.post("/admin", data={"what": "doctor"}).text
    assert "it can be written" in root.post("/admin", data={"what": "stores"}).text
    assert "They agree" in root.post("/admin", data={"what": "code"}).text
    assert cared.client("dan").post("/admin", data={"what": "doctor"}).status_code == 403


def test_the_one_person_of_a_machine_looks_after_it(single: TestClient) -> None:
    page = single.get("/admin").text
    assert "nobody logs in" in page
    assert "/admin/people" not in page
    assert single.get("/admin/people").status_code == 404

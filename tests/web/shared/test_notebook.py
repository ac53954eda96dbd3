"""The lab book of a server that several share: who signs has shown lately who they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.backends.stores import opened
from tests.web.accounts.bench import PASSWORD
from tests.web.shared.server import Server, said, server_of

import labwright as lw
from labwright.lab.notebook import Notebook

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])


@pytest.fixture
def notebook(database_url: str, tmp_path: Path) -> Iterator[Notebook]:
    with opened(database_url, tmp_path) as project:
        yield Notebook(project=project)


@pytest.fixture
def server(notebook: Notebook) -> Iterator[Server]:
    with server_of(lw.Schema("notebook", connection=notebook.schema.project), "accounts") as server:
        yield server


def begun(server: Server, name: str) -> str:
    answer = server.client(name).post("/notebook/new", data={"title": f"by {name}", "day": "2026-11-23"})
    return said(answer).removesuffix("/edit")


def test_who_signs_shows_who_they_are(server: Server, notebook: Notebook) -> None:
    place, client = begun(server, "res"), server.client("res")
    server.clock.now += timedelta(minutes=11)
    for answer in (client.get(f"{place}/sign"), client.post(f"{place}/sign")):
        assert said(answer) == "/prove?next=%2Fnotebook%2F1%2Fsign"
    assert not notebook.page(1).sealed
    answer = client.post("/prove", data={"password": PASSWORD, "next": f"{place}/sign"})
    assert said(answer) == f"{place}/sign"
    assert "You sign" in client.get(f"{place}/sign").text
    assert said(client.post(f"{place}/sign")) == place
    (signature,) = notebook.page(1).signatures
    assert (signature.person, signature.full_name, signature.how) == ("res", "Res Searcher", "by password")


def test_each_role_does_what_it_may(server: Server, notebook: Notebook) -> None:
    place = begun(server, "tec")
    tec, res, rea = (server.client(name) for name in ("tec", "res", "rea"))
    assert rea.get(place).status_code == 200
    for path in ("edit", "files", "links", "keep", "discard", "preview", "lock", "comment", "sign", "stamp", "restore"):
        answer = rea.post(f"{place}/{path}", data={"text": "x", "title": "x", "day": "2026-11-23"})
        assert answer.status_code in (403, 422), path
    assert rea.post("/notebook/new", data={"title": "x", "day": "2026-11-23"}).status_code == 403
    assert res.post(f"{place}/edit", data={"title": "x", "text": "", "day": "2026-11-23"}).status_code == 403
    assert said(res.post(f"{place}/comment", data={"text": "well"})) == place
    assert res.post(f"{place}/sign").status_code == 422
    assert said(tec.post(f"{place}/sign")) == place
    assert said(res.post(f"{place}/sign")) == place
    assert [s.person for s in notebook.page(1).signatures] == ["tec", "res"]
    for name in ("root", "dan"):
        for path in ("edit", "files", "links", "keep"):
            assert server.client(name).post(f"{place}/{path}", data={"title": "x"}).status_code == 403
        assert server.client(name).post("/delete/notebook.Entry/1").status_code == 422
    assert notebook.verify(1).is_good


def test_strangers_see_nothing(server: Server) -> None:
    place, stranger = begun(server, "res"), server.client()
    for path in (
        "/notebook",
        place,
        f"{place}/export/pdf",
        f"{place}/export/eln",
        f"{place}/verify",
        f"{place}/files/1/a",
    ):
        assert said(stranger.get(path)).startswith("/login?next=")


def test_a_form_of_another_site_does_nothing(server: Server, notebook: Notebook) -> None:
    place, client = begun(server, "res"), server.client("res")
    client.headers["origin"] = "https://evil.example"
    for path in ("sign", "lock", "comment", "edit"):
        assert client.post(f"{place}/{path}", data={"text": "x"}).status_code == 403
    assert not notebook.page(1).sealed

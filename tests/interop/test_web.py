"""A pipeline that DataJoint has made and filled is opened in the app, without a line of Python about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.interop.peers import Peer
from tests.interop.pipelines import present
from tests.interop.rows import bare_subject, litters, pups, subjects
from tests.web.lab import ANA
from tests.web.pages.form import ORIGIN, Visitor

import labwright as lw
from labwright.web.app import create_app
from labwright.web.desk.workspace import Workspace
from labwright.web.site import Site

pytestmark = pytest.mark.parametrize("backend", ["postgres", "mysql"], indirect=True)
LINK = re.compile(r'href="(/(?:t|edit|new|about|history|delete|facets|explain|jobs|import)/[^"#]+)"')


@pytest.fixture
def theirs(peer: Peer, backend: str, prefix: str) -> str:
    """The name of a schema that the peer has filled, with what it has computed and what has failed."""
    name = f"{prefix}lab"
    peer.run("import numpy\n" + present(backend), schema_name=name)
    peer.run("for row in rows: Subject.insert1(row)", rows=[*subjects(backend), bare_subject(41, backend)])
    peer.run("Litter.insert(litters); Pup.insert(pups)", litters=litters(backend), pups=pups(backend))
    peer.run("Scan.populate('subject < 4'); Summary.populate(); FrameStat.populate(); None")
    return name


@pytest.fixture
def client(theirs: str, prefix: str, project: lw.Project) -> Iterator[TestClient]:
    workspace = Workspace(project, schemas=[theirs], kept=f"{prefix}app")
    app = create_app(Site({"lab": workspace}), ANA)
    with TestClient(app, base_url=ORIGIN, headers={"Origin": ORIGIN}) as client:
        yield client


def test_every_page_of_it_is_there(client: TestClient, theirs: str) -> None:
    """From the list of tables on, whatever leads into it: grids, rows, forms, and what would go with a row."""
    found, seen = ["/tables", "/diagram", "/jobs", f"/t/{theirs}.Subject?sex=F&sort=-born"], set[str]()
    while found and len(seen) < 150:
        path = found.pop(0).replace("&amp;", "&")
        if path in seen:
            continue
        seen.add(path)
        answer = client.get(path)
        assert answer.status_code in (200, 303), (path, answer.status_code)
        found += [where for where in LINK.findall(answer.text) if where not in seen]
    kinds = {path.split("/")[1] for path in seen}
    assert {"t", "edit", "new", "about", "history", "delete", "import"} <= kinds, kinds
    for title in ("Subject", "Species", "Litter", "Pup", "Scan", "Scan.Frame", "Summary", "FrameStat"):
        assert f"/t/{theirs}.{title}" in {path.partition("?")[0] for path in seen}, title


def test_rows_are_entered_corrected_and_deleted_and_the_peer_reads_them(
    client: TestClient, peer: Peer, theirs: str
) -> None:
    ana = Visitor(client).open(f"/new/{theirs}.Species").send(species="rattus", legs="4")
    assert (ana.status, ana.where) == (200, f"/t/{theirs}.Species/rattus")
    ana.open(f"/edit/{theirs}.Species/rattus").send(legs="3")
    assert peer.run("(Species & {'species': 'rattus'}).fetch1('legs')") == 3
    assert client.post(f"/delete/{theirs}.Species/rattus", follow_redirects=False).status_code == 303
    assert peer.run("len(Species & {'species': 'rattus'})") == 0
    ana.open(f"/new/{theirs}.Species").send(species="mus", legs="4")
    assert (ana.status, ana.told) == (422, ["There is a Species mus already."])


def test_programs_read_it_by_the_api(client: TestClient, peer: Peer, theirs: str) -> None:
    tables = {table["name"]: table for table in client.get("/api/v1/tables").json()}
    assert {f"{theirs}.{name}" for name in ("Subject", "Scan.Frame", "Summary")} <= set(tables)
    rows: list[dict[str, Any]] = client.get(f"/api/v1/tables/{theirs}.Litter/rows").json()["rows"]
    assert [(row["dam"], row["litter"], row["size"]) for row in rows] == [
        (row["dam"], row["litter"], row["size"]) for row in peer.run("Litter.to_dicts(order_by='KEY')")
    ]

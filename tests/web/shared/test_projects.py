"""Several projects on one server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from starlette.testclient import TestClient
from tests.backends.classes import table
from tests.web.accounts.bench import PASSWORD
from tests.web.shared.server import ORIGIN, Server, said, server_of

import labwright as lw

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])  # what is tried here is where pages lead to
NASTY = (
    "//evil.example", "///evil.example/", "/\\evil.example", "/%2Fevil.example", "/%5Cevil.example", "/.//evil.example",
    "//evil.example/tables/", "/p//evil.example", "/p/%2Fevil.example/tables", "//evil.example/../tables",
    "/%09/evil.example",
)  # fmt: skip
LEADING = re.compile(r"""\s(?:href|src|action|formaction|data-root|hx-[a-z:-]+)=["'](/[^"']*)["']""")


@pytest.fixture
def both(project: lw.Project, prefix: str, tmp_path: Path) -> Iterator[Server]:
    """A server of two projects, each with a table of the same name in a schema of the same name."""
    (tmp_path / "other").mkdir()
    with lw.Project(f"sqlite:///{tmp_path}/other/lab.db") as another:
        here, there = (lw.Schema(f"{prefix}lab", connection=one) for one in (project, another))
        for schema, name in ((here, "Ida"), (there, "Otto")):
            table(schema, "Mouse", "mouse : int32\n---\nname : varchar(20)").insert1((1, name))
        with server_of(here, f"{prefix}accounts", others={"other lab": there}) as server:
            yield server


def page(client: TestClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code, said(answer))
    return answer.text


def test_each_is_below_its_name_and_the_first_is_at_home(both: Server) -> None:
    client, name = both.client("res"), both.schema.database_name
    assert "Ida" in page(client, f"/t/{name}.Mouse/1")
    assert "Ida" in page(client, f"/p/lab/t/{name}.Mouse/1")
    assert "Otto" in page(client, f"/p/other%20lab/t/{name}.Mouse/1")
    assert client.get(f"/p/nothing/t/{name}.Mouse/1").status_code == 404
    assert '<a href="/p/other%20lab/">other lab</a>' in page(client, "/")


def test_what_is_taken_along_leads_into_its_project(both: Server) -> None:
    client, name = both.client("res"), both.schema.database_name
    for place, root in (("", ""), ("/p/other%20lab", "/p/other%20lab")):
        assert f'"{root}/about/{name}.Mouse"' in page(client, f"{place}/api/v1/diagram.svg")


def test_a_change_is_made_where_the_form_was(both: Server) -> None:
    client, name = both.client("dan"), both.schema.database_name
    answer = client.post(f"/p/other%20lab/new/{name}.Mouse", data={"mouse": "2", "name": "Olga"})
    assert said(answer) == f"/p/other%20lab/t/{name}.Mouse/2"
    assert "Olga" in page(client, said(answer))
    assert client.get(f"/t/{name}.Mouse/2").status_code == 404


def test_programs_are_served_below_the_name_too(both: Server) -> None:
    client, name = both.client("res"), both.schema.database_name
    rows = client.get(f"/p/other%20lab/api/v1/tables/{name}.Mouse/rows").json()["rows"]
    assert [row["name"] for row in rows] == ["Otto"]
    assert both.client().get(f"/p/other%20lab/api/v1/tables/{name}.Mouse/rows").status_code == 401


def test_no_page_leads_out_of_its_project(both: Server) -> None:
    """Whoever is in one project gets into another by the list of projects alone."""
    client, begin = both.client("root"), "/p/other%20lab/"
    seen, found = set[str](), [begin]
    while found and len(seen) < 60:
        path = found.pop(0).partition("#")[0]
        if path in seen or "/events" in path or path.endswith((".css", ".js", ".svg")):
            continue
        seen.add(path)
        answer = client.get(path)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        led = [m[1] for m in LEADING.finditer(answer.text)]
        out = [where for where in led if not where.startswith((begin, "/p/lab/", "/static/"))]
        assert not out, (path, out)
        found += [where for where in led if where.startswith(begin)]
    assert {f"{begin}tables", f"{begin}t/{both.schema.database_name}.Mouse/1"} <= seen


def test_a_stranger_comes_back_to_the_project(both: Server) -> None:
    client = both.client()
    where = said(client.get("/p/other%20lab/tables"))
    assert where == "/p/other%20lab/login?next=%2Ftables"
    given = {"name": "res", "password": PASSWORD, "next": "/tables"}
    assert said(client.post("/p/other%20lab/login", data=given)) == "/p/other%20lab/tables"


def test_texts_of_people_stay_what_they_are(both: Server) -> None:
    client, name = both.client("dan"), both.schema.database_name
    client.post(f"/p/other%20lab/new/{name}.Mouse", data={"mouse": "3", "name": 'a href="/t/x"'})
    assert "a href=&#34;/t/x&#34;" in page(client, f"/p/other%20lab/t/{name}.Mouse/3")


@pytest.mark.parametrize("place", ["", "/p/lab", "/p/other%20lab"])
def test_no_address_leads_to_another_server(both: Server, place: str) -> None:
    """Whatever stands behind the name of a project, what it leads to is here."""
    stranger, client = both.client(), both.client("root")
    for rest in NASTY:
        answers = [one.get(f"{place}{rest}") for one in (stranger, client)]
        answers += [one.get(f"{place}/login?next={rest}") for one in (stranger, client)]
        given = {"name": "res", "password": PASSWORD, "next": rest}
        answers.append(both.client().post(f"{place}/login", data=given))
        answers.append(client.get(f"{place}/prove?next={rest}"))
        for answer in answers:
            assert answer.status_code < 500
            assert urlsplit(urljoin(f"{ORIGIN}/", said(answer))).netloc == urlsplit(ORIGIN).netloc, (rest, said(answer))
            found = [m[1] for m in LEADING.finditer(answer.text)]
            assert not [where for where in found if where[1:2] in ("/", "\\")], rest

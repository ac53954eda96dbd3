"""What programs do with the lab book, and with signatures of rows."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.backends.classes import table
from tests.backends.stores import opened
from tests.web.api.test_rights import Granting

import labwright as lw
from labwright.lab.notebook import Notebook
from labwright.web.accounts.person import Person
from labwright.web.app import create_app
from labwright.web.desk.desk import Desk
from labwright.web.desk.row_signing import Signing
from labwright.web.desk.workspace import Workspace
from labwright.web.roles.grant import Grant
from labwright.web.roles.rights import Rights
from labwright.web.roles.role import Role, Scope, Verb

READ = frozenset({Verb.READ})
WRITING = frozenset({Verb.READ, Verb.INSERT, Verb.SIGN})
OWN = frozenset({Verb.UPDATE, Verb.DELETE})
ANA = Person("ana", "Ana", role=Role.RESEARCHER)


def grant(verbs: frozenset[Verb], table: str = "*", **more: Any) -> Grant:
    return Grant(Role.RESEARCHER, None, "*", table, verbs, **more)


USUAL = (grant(WRITING), grant(OWN, scope=Scope.OWN))


class Book:
    """Asks the API about the lab book, as whoever is named."""

    def __init__(self, notebook: Notebook, schema: lw.Schema, workspace: Workspace) -> None:
        self.notebook, self.schema, self.workspace = notebook, schema, workspace
        self.mouse = f"{schema.database_name}.Mouse"

    def as_(self, name: str, *grants: Grant) -> Callable[..., Any]:
        """Somebody who asks about the lab book."""
        ask = self.at(name, *grants)
        return lambda method, path, *body, **more: ask(method, f"/notebook{path}", *body, **more)

    def at(self, name: str, *grants: Grant) -> Callable[..., Any]:
        """Somebody who asks the API."""
        person = Person(name, name.title(), role=Role.RESEARCHER)
        site = Granting({"lab": self.workspace}, rights=Rights.of(person, grants or USUAL))
        client = TestClient(create_app(site, person), "http://127.0.0.1")

        def ask(method: str, path: str, body: Any = None, **more: Any) -> Any:
            given = {} if body is None else {"json": body}
            return client.request(method, f"/api/v1{path}", **given, **more)

        return ask


@pytest.fixture
def project(database_url: str, tmp_path: Path, prefix: str) -> Iterator[lw.Project]:
    """A project with settings of its own."""
    with opened(database_url, tmp_path) as project:
        project.config["notebook.schema_name"] = f"{prefix}notebook"
        yield project


@pytest.fixture
def book(project: lw.Project, prefix: str, schema: lw.Schema) -> Book:
    notebook = Notebook(f"{prefix}notebook", project=project)
    table(schema, "Mouse", "mouse : int32\n---\nname : varchar(20)").insert([(3, "Ida"), (4, "Bo")])
    return Book(notebook, schema, Workspace(project, schemas=[f"{prefix}*"], kept=f"{prefix}app"))


def test_an_entry_is_written_found_and_taken_along(book: Book) -> None:
    ask = book.as_("ana")
    made = ask("POST", "", {"title": " A gel ", "text": f"[[{book.mouse}/3]]", "day": "2026-11-23"})
    assert made.status_code == 201, made.text
    entry = made.json()
    assert (entry["title"], entry["author"], entry["day"]) == ("A gel", "ana", "2026-11-23")
    assert entry["links"] == [{"table": book.mouse, "key": {"mouse": 3}, "in_text": True}]
    place = f"/{entry['entry']}"
    file = ask("POST", f"{place}/files?name=../bands.csv", content=b"1,2").json()
    assert (file["name"], file["size"], file["media_type"]) == ("bands.csv", 3, "text/csv")
    read = ask("GET", f"{place}/files/{file['number']}")
    assert (read.content, "attachment" in read.headers["content-disposition"]) == (b"1,2", True)
    assert ask("POST", f"{place}/links", {"table": book.mouse, "key": "4"}).status_code == 201
    gone = ask("POST", f"{place}/unlink", {"table": book.mouse, "key": {"mouse": 4}}).json()
    assert [link["key"] for link in gone["links"]] == [{"mouse": 3}]
    assert ask("POST", f"{place}/unlink", {"table": book.mouse, "key": {"mouse": 4}}).status_code == 404
    ask("POST", f"{place}/comments", {"text": "well done"})
    assert [c["text"] for c in ask("GET", place).json()["comments"]] == ["well done"]
    second = ask("POST", "", {"title": "Another", "day": "2026-11-24", "amends": entry["entry"]}).json()
    assert ask("GET", place).json()["amendments"] == [second["entry"]]
    first = ask("GET", "?limit=1").json()
    assert [row["title"] for row in first["rows"]] == ["Another"]
    assert [r["title"] for r in ask("GET", "", params={"after": first["after"]}).json()["rows"]] == ["A gel"]
    for query in ("q=GEL", "author=ana&until=2026-11-23", f"table={book.mouse}"):
        assert [row["entry"] for row in ask("GET", f"?{query}").json()["rows"]] == [entry["entry"]], query
    assert ask("GET", "/export/pdf").content[:5] == b"%PDF-"
    names = zipfile.ZipFile(io.BytesIO(ask("GET", f"{place}/export/eln").content)).namelist()
    assert any(name.endswith("bands.csv") for name in names)
    assert ask("GET", "/export/pdf?author=nobody").status_code == 422
    assert ask("DELETE", f"{place}/files/{file['number']}").json()["files"] == []


def test_a_change_is_held_against_what_it_was(book: Book) -> None:
    ask = book.as_("ana")
    place = f"/{ask('POST', '', {'title': 'A gel'}).json()['entry']}"
    change = {"changes": {"title": "Our gel"}, "base": {"title": "A gel"}}
    assert ask("PATCH", place, change).json()["title"] == "Our gel"
    assert ask("PATCH", place, change).status_code == 409
    values = [event["values"] for event in ask("GET", f"{place}/history").json() if event["what"] == "update"]
    assert values == [{"title": {"old": "A gel", "new": "Our gel"}}]
    locked = ask("POST", f"{place}/lock").json()
    assert locked["locked_by"] == "ana"
    refused = ask("PATCH", place, {"changes": {"text": "x"}})
    assert (refused.status_code, "locked" in refused.json()["detail"]) == (409, True)
    assert book.as_("ben")("POST", f"{place}/unlock", {}).status_code == 403
    assert book.as_("ana", grant(READ))("POST", f"{place}/unlock", {}).status_code == 403
    assert ask("POST", f"{place}/unlock", {"why": "more to say"}).json()["locked_by"] == ""
    for wrong in (
        {"title": " "}, {"title": "x" * 201}, {"title": "x", "day": "2026-02-30"}, {"title": "x", "day": 0},
        {"title": "x", "author": "ben"}, {},
    ):  # fmt: skip
        assert ask("POST", "", wrong).status_code == 422, wrong
    assert ask("POST", "", {"title": "x", "amends": 999}).status_code == 404


def test_what_is_signed_stays(book: Book) -> None:
    ask = book.as_("ana")
    number = ask("POST", "", {"title": "A gel"}).json()["entry"]
    ask("POST", f"/{number}/files?name=a.txt", content=b"1")
    assert ask("GET", f"/{number}/verify").json()["good"] is False
    book.notebook.sign(number, "ana", "Ana", "by password")
    found = ask("GET", f"/{number}/verify").json()
    assert (found["good"], found["problems"]) == (True, [])
    assert [s["person"] for s in ask("GET", f"/{number}").json()["signatures"]] == ["ana"]
    for method, path, more in (
        ("PATCH", "", {"body": {"changes": {"title": "y"}}}), ("POST", "/files?name=b", {"content": b"2"}),
        ("DELETE", "/files/1", {}), ("POST", "/links", {"body": {"table": book.mouse, "key": "3"}}),
    ):  # fmt: skip
        answer = ask(method, f"/{number}{path}", **more)
        assert answer.status_code == 409, (path, answer.text)
    assert ask("POST", f"/{number}/sign").status_code in (404, 405)


def test_others_change_nothing_and_see_what_they_may(book: Book) -> None:
    ask = book.as_("ana")
    number = ask("POST", "", {"title": "Secret gel", "text": "bands"}).json()["entry"]
    ask("POST", f"/{number}/files?name=a.txt", content=b"1")
    deeds: list[tuple[str, str, dict[str, Any]]] = [
        ("PATCH", "", {"body": {"changes": {"title": "no"}}}), ("POST", "/files?name=b", {"content": b"2"}),
        ("DELETE", "/files/1", {}), ("POST", "/links", {"body": {"table": book.mouse, "key": "3"}}),
        ("POST", "/lock", {}),
    ]  # fmt: skip
    looks = ["", "/history", "/verify", "/export/pdf", "/export/eln", "/files/1"]
    ben, shy = book.as_("ben"), book.as_("ben", grant(WRITING, scope=Scope.OWN))
    for method, path, more in deeds:
        assert ben(method, f"/{number}{path}", **more).status_code == 403, path
        assert shy(method, f"/{number}{path}", **more).status_code == 404, path
    for path in looks:
        assert shy("GET", f"/{number}{path}").status_code == 404, path
    assert shy("GET", "?q=secret").json()["rows"] == []
    half = book.as_("ben", grant(READ, hidden=frozenset({"text"})))
    assert "bands" not in half("GET", f"/{number}").text + half("GET", f"/{number}/history").text
    assert half("GET", "?q=bands").json()["rows"] == []
    assert half("GET", f"/{number}/export/pdf").status_code == 403
    assert book.as_("ben", grant(READ, "Mouse"))("GET", "").status_code == 404


def test_signatures_of_rows_are_read_and_verified(book: Book) -> None:
    all_ = grant(frozenset(Verb))
    ana, half = book.at("ana", all_), book.at("ben", grant(READ, hidden=frozenset({"name"})))
    place = f"/tables/{book.mouse}/rows/3"
    assert ana("GET", f"{place}/signatures").json() == []
    assert ana("GET", f"{place}/verify").json()["good"] is False
    signing = Signing(Desk(book.workspace, ANA, Rights.of(ANA, [all_])).sheet(book.mouse), {"mouse": 3})
    signing.sign("by password", "author", signing.hash())
    (found,) = ana("GET", f"{place}/signatures").json()
    assert (found["person"], found["meaning"], found["hash"]) == ("ana", "author", signing.hash())
    assert ana("GET", f"{place}/verify").json()["good"] is True
    ana("PATCH", place, {"changes": {"name": "Eva"}})
    assert ana("GET", f"{place}/verify").json()["problems"] == ["The row is not what ana has signed."]
    assert half("GET", f"{place}/verify").status_code == 403
    assert book.at("ben", grant(READ, "Other"))("GET", f"{place}/signatures").status_code == 404

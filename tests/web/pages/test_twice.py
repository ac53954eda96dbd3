"""What is sent twice is done once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.backends.classes import table
from tests.web.lab import ANA
from tests.web.pages.form import ORIGIN, Visitor

import labwright as lw
from labwright.web.app import create_app
from labwright.web.desk.workspace import Workspace
from labwright.web.site import Site


@pytest.fixture
def lab(schema: lw.Schema) -> lw.Schema:
    """Tables whose keys the database counts, so that a row can be there twice."""
    table(
        schema,
        "Note",
        "note : int unsigned auto_increment\n---\ntext : varchar(50)",
        rules=[lw.Check("text != 'not wanted'", says="Nobody wants this.")],
    )
    schema.ensure_declared()
    return schema


@pytest.fixture(params=["together", "apart"])
def is_apart(request: pytest.FixtureRequest, backend: str) -> bool:
    """Whether the app keeps what is its own in transactions of its own, as where people take roles."""
    if request.param == "apart" and backend != "postgres":
        return False
    return bool(request.param == "apart")


@pytest.fixture
def clients(lab: lw.Schema, database_url: str, is_apart: bool) -> Iterator[Callable[[], TestClient]]:
    """Browsers of one person."""
    with lw.Project(database_url) as another:
        own = another if is_apart else lab.project
        kept = f"{lab.database_name}_kept"
        workspace = Workspace(lab.project, [lab], schemas=[lab.database_name], own=own, kept=kept)
        app = create_app(Site({"lab": workspace}), ANA)
        with TestClient(app):
            yield lambda: TestClient(app, base_url=ORIGIN, headers={"Origin": ORIGIN})


def notes(lab: lw.Schema) -> list[str]:
    found: list[str] = lab["Note"]().to_arrays("text", order_by="KEY").tolist()
    return found


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What comes of all of them, which begin together."""
    begin, found = threading.Barrier(len(calls)), list[Any]()

    def run(call: Callable[[], Any]) -> None:
        begin.wait(30)
        found.append(call())

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == len(calls)
    return found


def test_a_form_that_comes_again_enters_no_other_row(lab: lw.Schema, clients: Callable[[], TestClient]) -> None:
    where = f"/new/{lab.database_name}.Note"
    ana = Visitor(clients()).open(where)
    form = {**ana.values, "text": "once", ".do": "save"}
    again = [clients().post(where, data=form, follow_redirects=False) for _ in range(2)]
    assert [(a.status_code, a.headers["location"]) for a in again] == [(303, f"/t/{lab.database_name}.Note")] * 2
    assert notes(lab) == ["once"]
    assert clients().post(where, data={**form, "text": "twice"}, follow_redirects=False).status_code == 303
    ana.open(where).send(text="once")
    assert notes(lab) == ["once", "twice", "once"], "what is written anew is another row"


def test_a_form_that_comes_twice_at_once(lab: lw.Schema, clients: Callable[[], TestClient]) -> None:
    where = f"/new/{lab.database_name}.Note"
    for text in ("one", "two", "three"):
        form = {**Visitor(clients()).open(where).values, "text": text, ".do": "save"}
        answers = at_once(*(partial(clients().post, where, data=form, follow_redirects=False) for _ in range(3)))
        assert {a.status_code for a in answers} <= {303, 422}
        assert 303 in {a.status_code for a in answers}
    assert notes(lab) == ["one", "two", "three"]


def test_what_was_refused_can_be_sent_again(lab: lw.Schema, clients: Callable[[], TestClient]) -> None:
    """Only what was entered counts as sent."""
    where = f"/new/{lab.database_name}.Note"
    form = {**Visitor(clients()).open(where).values, "text": "not wanted", ".do": "save"}
    assert clients().post(where, data=form).status_code == 422
    assert clients().post(where, data=form).status_code == 422
    assert notes(lab) == []


def test_an_import_that_is_confirmed_twice_at_once_is_entered_once(
    lab: lw.Schema, clients: Callable[[], TestClient]
) -> None:
    client, where = clients(), f"/import/{lab.database_name}.Note"
    answer = client.post(f"{where}/paste", data={"text": "text\nfirst\nsecond\n"}, follow_redirects=False)
    begun = answer.headers["location"].removesuffix("/columns")
    assert client.post(f"{begun}/columns", data={"column.0": "text"}, follow_redirects=False).status_code == 303
    at_once(*(partial(clients().post, f"{begun}/enter", data={"rows": "all"}) for _ in range(3)))
    assert sorted(notes(lab)) == ["first", "second"]
    assert "entered" in client.get(begun).text

"""What is sent to hurt the server is refused as a mistake: by each address, in each place, on each database."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from starlette.testclient import TestClient
from tests.backends.stores import opened
from tests.web.api.test_description import FOUND
from tests.web.lab import ANA, build

import labwright as lw
from labwright.lab.notebook import Notebook
from labwright.web.api.notebook import LARGEST
from labwright.web.api.problems import KIND
from labwright.web.app import create_app
from labwright.web.desk.importing.limits import UPLOAD
from labwright.web.desk.workspace import Workspace
from labwright.web.http.body_limit import LIMIT
from labwright.web.site import Site

TEXTS = ("\0", "x" * 30_000, "9" * 5000, "' OR 1=1 --", "\u202e", "-1", "1e999", "../../etc/passwd", "%", "~", "a,b")
"""What is put in the place of anything; a lone half of a pair is no text, and can only come in JSON or as bytes."""
ODD: tuple[Any, ...] = (-1, 2**63, 10**400, 1e308, float("nan"), float("inf"), True, None, [], {}, [[]])
VALUES = (*TEXTS, "\ud800", *ODD)
BODIES = (b"[" * 200_000, b'{"a":' * 100_000, b"\xff", b"", b"null", b"9" * 10_000, b"[]", b'"x"')
Place = tuple[Any, ...]


@pytest.fixture
def project(database_url: str, tmp_path: Path, prefix: str) -> Iterator[lw.Project]:
    """A project with settings of its own."""
    with opened(database_url, tmp_path) as project:
        project.config["notebook.schema_name"] = f"{prefix}notebook"
        yield project


@pytest.fixture
def client(schema: lw.Schema, prefix: str) -> TestClient:
    build(schema)
    Notebook(f"{prefix}notebook", project=schema.project).write("A gel", author="ana")
    workspace = Workspace(schema.project, [schema], schemas=[f"{prefix}*"], kept=f"{prefix}app")
    return TestClient(create_app(Site({"lab": workspace}), ANA), "http://127.0.0.1", raise_server_exceptions=False)


def spots(value: Any, place: Place = ()) -> Iterator[Place]:
    """Where something else can be put."""
    if place:
        yield place
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield from spots(one, (*place, name))


def put(value: Any, place: Place, new: object) -> Any:
    changed = copy.deepcopy(value)
    at = changed
    for name in place[:-1]:
        at = at[name]
    at[place[-1]] = new
    return changed


class Sender:
    """Sends what the examples of the description say, with something else in one place."""

    def __init__(self, client: TestClient, schema: str) -> None:
        self.client, self.schema = client, schema
        self.texts, self.values = cycle(TEXTS), cycle(VALUES)

    def attack(self, method: str, path: str, one: Mapping[str, Any]) -> None:
        shown = {w: {p["name"]: p.get("example", "pdf") for p in one.get("parameters", ()) if p["in"] == w} for w in
                 ("path", "query")}  # fmt: skip
        places, query = self._ours(shown["path"]), {n: v for n, v in shown["query"].items() if v != "pdf"}
        content = one.get("requestBody", {}).get("content", {})
        body = self._ours(content.get("application/json", {}).get("example"))
        for name in places:
            self._send(method, path, {**places, name: next(self.texts)}, query, body)
        for name in shown["query"]:
            self._send(method, path, places, {**query, name: next(self.texts)}, body)
        for place in spots(body):
            for _ in range(2):
                self._send(method, path, places, query, put(body, place, next(self.values)))
        for raw in BODIES if content else ():
            self._send(method, path, places, query, raw)

    def _ours(self, example: Any) -> Any:
        return json.loads(json.dumps(example).replace("lab.", f"{self.schema}."))

    def _send(self, method: str, path: str, places: Any, query: Any, body: Any) -> None:
        for name, value in places.items():
            path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
        sent = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        kind = {"Content-Type": "application/json"}
        answer = self.client.request(method, f"/api/v1{path}?{urlencode(query)}", content=sent, headers=kind)
        assert answer.status_code < 500, (method, path[:200], query, str(body)[:500], answer.text)
        assert len(answer.content) < 5000 or answer.status_code < 400, (method, path[:200])
        assert answer.status_code < 400 or answer.headers["content-type"] == KIND, (method, path[:200], answer.text)


def test_no_place_takes_what_breaks_the_server(client: TestClient, schema: lw.Schema) -> None:
    sender = Sender(client, schema.database_name)
    for method, path, one in FOUND:
        sender.attack(method, path, one)
    assert client.get("/api/v1/tables").status_code == 200


@pytest.mark.parametrize("backend", ["sqlite"])
def test_more_than_is_taken_is_not_read(client: TestClient) -> None:
    for path, most in (
        ("tables/lab.Mouse/rows", LIMIT), ("import/lab.Mouse", UPLOAD), ("notebook/1/files", LARGEST),
        ("notebook", LIMIT), ("bulk/lab.Mouse", 2**29), ("content/lab.Mouse/1/movie", 2**29),
    ):  # fmt: skip
        for size, is_refused in ((most, False), (most + 1, True)):
            answer = client.post(f"/api/v1/{path}", content=b"x", headers={"Content-Length": str(size)})
            assert (answer.status_code == 413, answer.headers["content-type"]) == (is_refused, KIND), path


DEEP = (30, 150, 300, 900, 5000)


def test_what_is_nested_deep_or_very_long_is_refused_in_few_words(client: TestClient, schema: lw.Schema) -> None:
    mouse = json.dumps({"op": "table", "table": f"{schema.database_name}.Mouse"})
    for deep in DEEP:
        condition = '{"not":' * deep + '{"equal": {"mouse": 1}}' + "}" * deep
        value = '{"fn": "add", "args": [' * deep + '"mouse"' + ", 1]}" * deep
        inner = '{"op": "restrict", "where": [], "of":' * deep + mouse + "}" * deep
        for tree in (
            f'{{"op": "restrict", "of": {mouse}, "where": [{condition}]}}',
            f'{{"op": "project", "of": {mouse}, "compute": {{"x": {value}}}}}',
            inner,
        ):
            kind = {"Content-Type": "application/json"}
            answer = client.post("/api/v1/query/count", content=f'{{"query": {tree}}}', headers=kind)
            assert answer.status_code in ({200} if deep == DEEP[0] else {200, 400, 422}), (deep, answer.text[:500])
            assert len(answer.content) < 5000, deep
    many = [{"attribute": "mouse", "is": "ge", "value": n} for n in range(1001)]
    long = {"op": "restrict", "of": json.loads(mouse), "where": many}
    assert client.post("/api/v1/query/count", json={"query": long}).status_code == 422
    filters = "&".join(["mouse.ge=1"] * 3000)
    assert client.get(f"/api/v1/tables/{schema.database_name}.Mouse/count?{filters}").status_code in (200, 422)


MANY = 20_000


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_mistake_that_is_made_often_is_told_once(client: TestClient, schema: lw.Schema) -> None:
    """What is wrong with each of very many things takes minutes to find, and nobody reads it."""
    name, mouse = schema.database_name, {"op": "table", "table": f"{schema.database_name}.Mouse"}
    names: dict[str, Any] = {f"a{n}": [] for n in range(MANY)}
    bodies: list[tuple[str, Any]] = [
        (f"/tables/{name}.Mouse/rows", {"rows": [1] * MANY}),
        (f"/tables/{name}.Mouse/rows", {"rows": [{}], "parts": names}),
        (f"/tables/{name}.Mouse/losses", {"where": [1] * MANY}),
        (f"/tables/{name}.Mouse/losses", {"where": [{"any": [{"all": [1] * MANY}]}]}),
        (f"/tables/{name}.Mouse/losses", {"where": [{"equal": {f"A{n}": n for n in range(MANY)}}]}),
        ("/query", {"query": {"op": "project", "of": mouse, "compute": names}}),
        ("/query", {"query": {"op": "project", "of": mouse, "keep": [1] * MANY}}),
        ("/query", {"query": mouse, "order": [1] * MANY}),
        (f"/schemas/{name}/tables", {"name": "New", "definition": "new : int32", "parts": names}),
    ]
    for path, body in bodies:
        answer = client.post(f"/api/v1{path}", json=body)
        assert (answer.status_code, answer.json()["detail"].count(";")) == (422, 0), answer.text

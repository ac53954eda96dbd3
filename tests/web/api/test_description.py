"""The API describes all of itself: what each address does, takes and refuses, with examples that are understood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.web.lab import app_of, build

import labwright as lw
from labwright.lab.notebook import Notebook
from labwright.web.api.app import create_api
from labwright.web.api.examples import BODIES, FILES, PLACES, QUERIES
from labwright.web.api.problems import ALWAYS
from labwright.web.site import Site

DESCRIBED = create_api(Site({})).openapi()
Operation = Mapping[str, Any]
FOUND: list[tuple[str, str, Operation]] = [
    (method.upper(), path, one) for path, methods in DESCRIBED["paths"].items() for method, one in methods.items()
]
OPERATIONS = [pytest.param(*one, id=f"{one[0]} {one[1]}") for one in FOUND]


@pytest.mark.parametrize(("method", "path", "one"), OPERATIONS)
def test_each_address_is_described(method: str, path: str, one: Operation) -> None:
    assert one["description"]
    assert {str(status) for status in ALWAYS} <= one["responses"].keys()
    for status, answer in one["responses"].items():
        assert answer["description"]
        if status >= "400":
            assert answer["content"]["application/problem+json"]["example"]["status"] == int(status)
    for given in one.get("parameters", ()):
        if given["in"] == "path":
            assert "example" in given or "enum" in given["schema"], given["name"]
    content = one.get("requestBody", {}).get("content", {})
    json = content.get("application/json")
    assert json is None or "example" in json


def test_each_example_is_of_an_address() -> None:
    names = {one["operationId"] for _, _, one in FOUND}
    assert {*BODIES, *FILES, *PLACES, *QUERIES} <= names


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder: Path = tmp_path_factory.mktemp("examples")
    with lw.Project(f"sqlite:///{folder / 'lab.db'}") as project:
        schema = lw.Schema("lab", connection=project)
        build(schema)
        notebook = Notebook(project=project)
        notebook.write("A gel", author="ana")
        with TestClient(app_of(schema, notebook.schema), "http://127.0.0.1") as client:
            yield client


@pytest.mark.parametrize(("method", "path", "one"), OPERATIONS)
def test_each_example_is_understood(client: TestClient, method: str, path: str, one: Operation) -> None:
    """What is not there, or not any more, is no fault of an example."""
    shown = {(p["in"], p["name"]): p.get("example") for p in one.get("parameters", ())}
    places = {name: "pdf" if value is None else value for (where, name), value in shown.items() if where == "path"}
    query = {name: value for (where, name), value in shown.items() if where == "query" and value is not None}
    bodies = one.get("requestBody", {}).get("content", {})
    kind, body = next(((k, b["example"]) for k, b in bodies.items() if "example" in b), ("", None))
    sent: dict[str, Any] = {} if body is None else {"json": body}
    if isinstance(body, str):
        sent = {"content": body.encode(), "headers": {"Content-Type": kind}}
    answer = client.request(method, f"/api/v1{path.format_map(places)}", params=query, **sent)
    assert answer.status_code in {200, 201, 404, 409}, answer.text
    if method == "GET" and not {"attribute", "name", "number"} & places.keys():
        assert answer.status_code == 200, answer.text

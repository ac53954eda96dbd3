"""The API is as it says of itself, whatever is sent: no error of the server, and answers as they are described."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.backends.classes import table
from tests.web.lab import app_of, build

import labwright as lw
from labwright.lab.notebook import Notebook
from labwright.web.api.app import create_api
from labwright.web.api.formats import TYPES
from labwright.web.site import Site


class AtHome:
    """Lets an app be asked by the name that it has on its own machine."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = [(n, v) for n, v in scope["headers"] if n not in (b"host", b"cookie")]
            scope = {**scope, "headers": [*headers, (b"host", b"127.0.0.1")]}
        await self._app(scope, receive, send)


ROUTES = sorted(
    (method.upper(), path) for path, methods in create_api(Site({})).openapi()["paths"].items() for method in methods
)
THING = """
thing : int32
---
trace = null : <blob>
settings = null : json
raw = null : bytes
picture = null : <attach>
size = null : decimal(6, 2)
at = null : datetime_utc
"""
EXAMPLES = 15
"""For each address."""
THERE: dict[str, list[Any]] = {
    "table": ["lab.Mouse", "lab.Session", "lab.Session.Trial", "lab.Score", "lab.Thing"],
    "key": ["1", "1,1", "3,1", "7"],
    "attribute": ["name", "weight", "picture", "trace", "settings", "nothing"],
    "schema": ["lab", "other"],
    "entry": [1, 2, 3],
    "number": [1],
}
"""What is there, or might be."""


def places(parameters: dict[str, object]) -> st.SearchStrategy[dict[str, object]]:
    """Some of the parameters of an address, as those of what is there."""
    found = {name: st.sampled_from(THERE[name]) for name in parameters if name in THERE}
    return st.fixed_dictionaries({}, optional=found)


@schemathesis.serializer(*TYPES.values())
def as_bytes(_: object, value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[schemathesis.BaseSchema]:
    folder: Path = tmp_path_factory.mktemp("api")
    with lw.Project(f"sqlite:///{folder / 'lab.db'}") as project:
        schema = lw.Schema("lab", connection=project)
        build(schema)
        table(schema, "Thing", THING).insert1({"thing": 7, "trace": [1, 2.5], "settings": {"gain": 2}, "raw": b"ab"})
        notebook = Notebook(project=project)
        entry = notebook.write("A gel", "Two bands.", author="ana", about=[schema["Mouse"] & {"mouse": 1}])
        notebook.attach(entry, b"1,2", "bands.csv", "text/csv")
        notebook.sign(notebook.write("Signed", author="ana"), "ana", "Ana Silva", "by password")
        yield schemathesis.openapi.from_asgi("/api/v1/openapi.json", AtHome(app_of(schema, notebook.schema)))


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=[f"{m} {p}" for m, p in ROUTES])
def test_each_address_answers_as_it_says(described: schemathesis.BaseSchema, method: str, path: str) -> None:
    operation = described[path][method]

    @hypothesis.given(case=operation.as_strategy(), data=st.data())
    @hypothesis.settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    def answers(case: Any, data: st.DataObject) -> None:
        case.path_parameters = {**case.path_parameters, **data.draw(places(case.path_parameters))}
        case.call_and_validate(excluded_checks=[schemathesis.checks.positive_data_acceptance])

    answers()

"""A program that uses the API of a lab."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.types import ASGIApp
from tests.backends.conftest import project, schema
from tests.web.lab import app_of, build

import labwright as lw

__all__ = ["project", "schema"]


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    kind: str
    body: Any


@dataclass(frozen=True)
class Client:
    """Asks the API."""

    site: str
    schema: lw.Schema

    def __call__(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Send a request; ``{s}`` in the path is the schema."""
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.site}/api/v1{path.format(s=self.schema.database_name)}"
        asked = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers}, method=method)
        try:
            with urllib.request.urlopen(asked) as answer:
                return _answer(answer)
        except urllib.error.HTTPError as error:
            with error:
                return _answer(error)

    def get(self, path: str) -> Any:
        """What is read, which has to be there."""
        answer = self("GET", path)
        assert answer.status == 200, answer
        return answer.body


def _answer(answer: Any) -> Answer:
    text = answer.read().decode()
    kind = answer.headers.get_content_type()
    is_json = kind == "application/json" or kind.endswith("+json")  # lines of JSON are not JSON
    return Answer(answer.status, kind, json.loads(text) if is_json else text)


@pytest.fixture
def api(schema: lw.Schema, serve: Callable[[ASGIApp], str]) -> Client:
    build(schema)
    return Client(serve(app_of(schema)), schema)

"""A server that several share, with somebody of each role."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from tests.backends.conftest import project, schema
from tests.web.lab import app_of, build
from tests.web.shared.server import Server, server_of

import labwright as lw

__all__ = ["project", "schema"]


@pytest.fixture
def server(schema: lw.Schema, prefix: str) -> Iterator[Server]:
    """The app on a lab with rows, with accounts."""
    build(schema)
    with server_of(schema, f"{prefix}accounts") as server:
        yield server


@pytest.fixture
def single(schema: lw.Schema) -> TestClient:
    """The app of the one person at this machine."""
    return TestClient(app_of(schema), base_url="http://localhost", follow_redirects=False)

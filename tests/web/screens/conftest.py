"""The app on a lab that has declared screens of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp
from tests.web.lab import build
from tests.web.pages.conftest import project, schema
from tests.web.screens.declared import app_with, declare

import labwright as lw

__all__ = ["project", "schema"]


@pytest.fixture
def declared(schema: lw.Schema) -> lw.Screens:
    """What a lab with rows has declared."""
    build(schema)
    return declare(schema)


@pytest.fixture
def client(schema: lw.Schema, declared: lw.Screens) -> Iterator[TestClient]:
    """A program that asks for pages."""
    address = "http://127.0.0.1:8421"
    with TestClient(app_with(schema, declared), base_url=address, headers={"Origin": address}) as client:
        yield client


@pytest.fixture
def site(schema: lw.Schema, declared: lw.Screens, serve: Callable[[ASGIApp], str]) -> str:
    """The address of the app."""
    return serve(app_with(schema, declared))

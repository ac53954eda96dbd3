"""The app on a lab of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.types import ASGIApp
from tests.backends.conftest import project
from tests.web.conftest import OpenVisits
from tests.web.lab import app_of, build
from tests.web.visits import Visits

import labwright as lw

__all__ = ["project"]


@pytest.fixture
def schema(project: lw.Project, backend: str, prefix: str) -> lw.Schema:
    """A schema of the test's own; in a file it has the name that pictures show."""
    return lw.Schema("lab" if backend == "sqlite" else f"{prefix}lab", connection=project)


@pytest.fixture
def site(schema: lw.Schema, serve: Callable[[ASGIApp], str]) -> str:
    """The address of the app on a lab with rows."""
    build(schema)
    return serve(app_of(schema))


@pytest.fixture
def lab(site: str, visits: OpenVisits) -> Visits:
    """Somebody who visits it."""
    return visits(site)

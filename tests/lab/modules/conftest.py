"""The modules of ready-made tables in each database; they are declared once, and the tests use names of their own."""

from __future__ import annotations

import importlib
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.backends.stores import opened
from tests.conftest import drop_schemas, server_url

import labwright as lw

MODULES = ("lab", "subject", "colony", "design", "session", "trial", "device", "ephys", "imaging", "behaviour")


@pytest.fixture(scope="session", params=["sqlite", "postgres", "mysql"])
def backend(request: pytest.FixtureRequest) -> str:
    """The kind of database."""
    return str(request.param)


@pytest.fixture(scope="session")
def shared_url(backend: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the database."""
    return f"sqlite:///{tmp_path_factory.mktemp('modules') / 'test.db'}" if backend == "sqlite" else server_url(backend)


@pytest.fixture(scope="session")
def shared_prefix(shared_url: str) -> Iterator[str]:
    """What the names of the schemas begin with; they are dropped at the end."""
    prefix = f"t{uuid.uuid4().hex[:8]}_"
    yield prefix
    drop_schemas(shared_url, prefix)


@pytest.fixture(scope="session")
def shared_project(
    shared_url: str, shared_prefix: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[lw.Project]:
    """A project that the tests of all modules share."""
    with opened(shared_url, tmp_path_factory.mktemp("project")) as project:
        yield project


@pytest.fixture(scope="session")
def modules(shared_project: lw.Project, shared_prefix: str) -> Iterator[dict[str, Any]]:
    """All modules, active."""
    with fresh("lab", "subject") as [lab, subject]:
        subject.activate(shared_prefix, connection=shared_project)
        subject.schema.ensure_declared()
        lab.schema.ensure_declared()
        yield {"lab": lab, "subject": subject}


@pytest.fixture(scope="session")
def lab(modules: dict[str, Any]) -> Any:
    """The module of people, places and protocols."""
    return modules["lab"]


@pytest.fixture(scope="session")
def subject(modules: dict[str, Any]) -> Any:
    """The module of subjects."""
    return modules["subject"]


@contextmanager
def fresh(*names: str) -> Iterator[list[Any]]:
    """Modules as a process has them that has just started: not yet active."""
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_module(name)}
    try:
        yield [importlib.import_module(f"labwright.lab.{name}") for name in names]
    finally:
        for name in [name for name in sys.modules if _is_module(name)]:
            del sys.modules[name]
        sys.modules.update(kept)


def _is_module(name: str) -> bool:
    return name.startswith("labwright.lab.") and name.split(".")[2] in MODULES

"""Accounts on each database."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from tests.conftest import drop_schemas, server_url
from tests.web.accounts.bench import Bench, SetClock, accounts_in, bench

import labwright as lw
from labwright.web.accounts.accounts import Accounts


class Places:
    """A schema on each database, made when it is first needed: to make so many tables for each test takes long."""

    def __init__(self, file: str) -> None:
        self._file, self._projects = file, dict[str, lw.Project]()
        self.prefix = f"t{uuid.uuid4().hex[:8]}_"

    def url(self, backend: str) -> str:
        return f"sqlite:///{self._file}" if backend == "sqlite" else server_url(backend)

    def project(self, backend: str) -> lw.Project:
        if backend not in self._projects:
            self._projects[backend] = lw.Project(self.url(backend))
        return self._projects[backend]

    def close(self) -> None:
        for backend, project in self._projects.items():
            project.close()
            drop_schemas(self.url(backend), self.prefix)


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    places = Places(str(tmp_path_factory.mktemp("accounts") / "test.db"))
    yield places
    places.close()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def accounts(backend: str, places: Places, clock: SetClock) -> Accounts:
    """Accounts of nobody."""
    accounts = accounts_in(places.project(backend), f"{places.prefix}accounts", clock)
    for cls in reversed([*accounts.tables.classes.values()]):
        cls().delete_quick()
    return accounts


@pytest.fixture
def here(accounts: Accounts, clock: SetClock) -> Bench:
    """Accounts of Ana and Ben."""
    return bench(accounts, clock)

"""What all tests share: a database of each kind, and names that no other test uses."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NoReturn
from urllib.parse import unquote, urlsplit

import hypothesis
import psycopg
import pymysql
import pytest

hypothesis.settings.register_profile("dev", max_examples=50, deadline=None)
hypothesis.settings.register_profile("ci", max_examples=50, deadline=None, derandomize=True)
hypothesis.settings.register_profile("thorough", max_examples=2000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))

LOCK_PATIENCE = 20
"""Seconds after which the cleaning gives up on a transaction that a test has left open."""


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Let `-m sqlite`, `-m postgres` and `-m mysql` choose databases, and `-m 'not postgres'` leave one out."""
    for item in items:
        if isinstance(item, pytest.Function) and hasattr(item, "callspec"):
            backend = item.callspec.params.get("backend")
            if backend is not None:
                item.add_marker(str(backend))


class Failures:
    """Says at once what has failed, for a run that is not let come to its end."""

    def __init__(self, config: pytest.Config) -> None:
        self._terminal: pytest.TerminalReporter = config.pluginmanager.getplugin("terminalreporter")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print the test, and the line in which it failed."""
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None) or ""
            self._terminal.ensure_newline()
            self._terminal.write_line(f"FAILED {report.nodeid} after {report.duration:.0f} s: {str(crash)[:500]}")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Report failures where the results of all processes come together."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Failures(config))


@pytest.fixture(params=["sqlite", "postgres", "mysql"])
def backend(request: pytest.FixtureRequest) -> str:
    """The kind of database: the test runs once for each."""
    return str(request.param)


@pytest.fixture
def database_url(backend: str, tmp_path: Path) -> str:
    """The address of a database of this kind: a file of the test's own, or a server that all tests share."""
    return f"sqlite:///{tmp_path / 'test.db'}" if backend == "sqlite" else server_url(backend)


@pytest.fixture
def prefix(database_url: str) -> Iterator[str]:
    """The beginning of schema names that are the test's own; such schemas are dropped after it."""
    name = f"t{uuid.uuid4().hex[:8]}_"
    yield name
    drop_schemas(database_url, name)


def server_url(backend: str) -> str:
    variable = f"LABWRIGHT_TEST_{backend.upper()}"
    return os.environ.get(variable) or go_without(f"{variable} is not set: scripts/servers starts a server and sets it")


def go_without(reason: str) -> NoReturn:
    """Skip the test, or fail it where every server has to be there."""
    required = any(os.environ.get(v, "").lower() in ("1", "true") for v in ("CI", "LABWRIGHT_REQUIRE_SERVERS"))
    (pytest.fail if required else pytest.skip)(reason)


def drop_schemas(url: str, prefix: str) -> None:
    DROPPERS[urlsplit(url).scheme](url, prefix)


def drop_nothing(url: str, prefix: str) -> None:
    """A SQLite file goes with the test's folder."""


def drop_postgres(url: str, prefix: str) -> None:
    with psycopg.connect(url, autocommit=True, options=f"-c lock_timeout={LOCK_PATIENCE}s") as connection:
        found = connection.execute("SELECT nspname FROM pg_namespace WHERE starts_with(nspname::text, %s)", [prefix])
        for (name,) in found.fetchall():
            connection.execute(psycopg.sql.SQL("DROP SCHEMA {} CASCADE").format(psycopg.sql.Identifier(name)))


def drop_mysql(url: str, prefix: str) -> None:
    parts = urlsplit(url)
    with pymysql.connect(
        host=parts.hostname or "127.0.0.1",
        port=parts.port or 3306,
        user=parts.username or "root",
        password=unquote(parts.password or ""),
        autocommit=True,
        init_command=f"SET lock_wait_timeout = {LOCK_PATIENCE}, foreign_key_checks = 0",
    ) as connection:
        cursor = connection.cursor()
        cursor.execute("SHOW DATABASES WHERE LEFT(`Database`, %s) = %s", [len(prefix), prefix])
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP DATABASE `{name.replace('`', '``')}`")


DROPPERS: dict[str, Callable[[str, str], None]] = {
    "sqlite": drop_nothing,
    "postgresql": drop_postgres,
    "mysql": drop_mysql,
}

"""A connection to each database with a schema of its own, and a relay that can be cut."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

import pytest
from tests.backends.stores import own_database

from labwright.sql.connection import Connection
from labwright.sql.url import DEFAULT_PORTS, DatabaseUrl, parse_url
from labwright.tables.project import Project
from labwright.tables.schema import Schema


@dataclass(frozen=True)
class Bench:
    """A connection, and how its database spells things."""

    connection: Connection
    schema: str

    @property
    def mark(self) -> str:
        return "?" if self.connection.backend == "sqlite" else "%s"

    def sql(self, text: str) -> str:
        """Return `text` for this database: ``?`` marks values and ``@t`` is the table t of the test's schema."""
        place = "" if self.connection.backend == "sqlite" else f"{self.schema}."
        return text.replace("@", place).replace("?", self.mark)

    def run(self, text: str, *params: object) -> int:
        return self.connection.execute(self.sql(text), params).rowcount

    def rows(self, text: str, *params: object) -> list[tuple[object, ...]]:
        return self.connection.fetch(self.sql(text), params)

    def count(self, table: str) -> object:
        return self.rows(f"SELECT count(*) FROM @{table}")[0][0]

    def beside(self, connection: Connection) -> Bench:
        """Return the same schema as seen over another connection."""
        return replace(self, connection=connection)


class OpenConnection(Protocol):
    """Opens connections to the test's database, or to another one, and closes them after the test."""

    def __call__(self, url: DatabaseUrl | None = None, **settings: Any) -> Connection: ...


@pytest.fixture
def open_connection(database_url: str) -> Iterator[OpenConnection]:
    def open_one(url: DatabaseUrl | None = None, **settings: Any) -> Connection:
        return stack.enter_context(Connection(url or parse_url(database_url), **settings))

    with contextlib.ExitStack() as stack:
        yield open_one


@pytest.fixture
def bench(open_connection: OpenConnection, prefix: str) -> Bench:
    bench = Bench(open_connection(), f"{prefix}bench")
    if bench.connection.backend != "sqlite":
        bench.connection.script([f"CREATE SCHEMA {bench.schema}"])
    return bench


class Relay:
    """Stands between a client and a server, and fails on demand."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._deaf = False
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """End all connections."""
        while self._pairs:
            for end in self._pairs.pop():
                _shut(end)

    def deafen(self) -> None:
        """Pass on what the client says next, and hang up when the server answers."""
        self._deaf = True

    def note(self, source: socket.socket, data: bytes, *, answers: bool) -> None:
        """Take note of what is passed on."""

    def close(self) -> None:
        """Refuse connections from now on."""
        _shut(self._listener)
        self._listener.close()
        self._thread.join(5)
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                self._pairs.append((client, server))
                threading.Thread(target=self._pass, args=(client, server, False), daemon=True).start()
                threading.Thread(target=self._pass, args=(server, client, True), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self.note(source, data, answers=answers)
                if answers and self._deaf:
                    self._deaf = False
                    break
                target.sendall(data)
        for end in (source, target):
            _shut(end)
            end.close()


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def relay(bench: Bench) -> Iterator[Relay]:
    url = bench.connection.url
    if url.backend == "sqlite":
        pytest.skip("a file has no server to lose")
    relay = Relay((url.host, url.port or DEFAULT_PORTS[url.backend]))
    yield relay
    relay.close()


@pytest.fixture
def relayed(bench: Bench, relay: Relay, open_connection: OpenConnection) -> Bench:
    """The test's schema over a connection that can be cut."""
    return bench.beside(open_connection(replace(bench.connection.url, host="127.0.0.1", port=relay.port)))


@pytest.fixture
def alone(database_url: str, prefix: str) -> Iterator[DatabaseUrl]:
    """A database in which nothing but the test's schemas can be seen."""
    with own_database(database_url, prefix) as url:
        yield url


@pytest.fixture
def project(database_url: str, prefix: str) -> Iterator[Project]:
    """The project of the test: its tables are here unless they say otherwise."""
    with Project(database_url) as project:
        yield project


@pytest.fixture
def schema(project: Project, prefix: str) -> Schema:
    """A schema without tables, in the test's project."""
    return Schema(f"{prefix}lab")

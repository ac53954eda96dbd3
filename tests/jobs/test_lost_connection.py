"""A worker whose connection is lost just when it gives back what it has not computed."""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.backends.classes import table
from tests.backends.conftest import Relay

import labwright as lw
from labwright.jobs.worker import Worker
from labwright.sql.url import DEFAULT_PORTS, DatabaseUrl, parse_url

RELEASE = re.compile(rb"attempts.? = .attempts.? - 1")


class Spiteful(Relay):
    """Hangs up when jobs are given back."""

    def note(self, source: socket.socket, data: bytes, *, answers: bool) -> None:
        if not answers and RELEASE.search(data):
            raise ConnectionError


@pytest.fixture
def far(database_url: str) -> Iterator[DatabaseUrl]:
    url = parse_url(database_url)
    relay = Spiteful((url.host, url.port or DEFAULT_PORTS[url.backend]))
    yield replace(url, host="127.0.0.1", port=relay.port)
    relay.close()


@pytest.mark.parametrize("backend", ["postgres", "mysql"])
def test_jobs_cannot_be_given_back(
    far: DatabaseUrl, prefix: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("labwright.jobs.post.RETURN", 0.3)
    caplog.set_level(logging.WARNING, "labwright")
    seen: list[dict[str, Any]] = []

    def make(self: Any, key: dict[str, Any]) -> None:
        seen.append(key)
        self.insert1(key)

    with lw.Project(far):
        schema = lw.Schema(f"{prefix}lab")
        Session = table(schema, "Session", "session : int32")
        Result = table(schema, "Result", "-> Session", lw.Computed, make=make)
        Session.insert([(n,) for n in range(10)])
        worker = Worker([Result()], stopping=lambda: len(seen) > 1)
        assert [outcome.state for outcome in worker.run()] == ["success"] * 2
        assert len(Result()) == 2
        assert len(Result.jobs.reserved) > 0
    assert "have to wait" in caplog.text

"""The house's own fixtures: every database answers, and names under a prefix are free."""

from __future__ import annotations

import re

from labwright.sql.connection import Connection


def test_a_connection_opens(database_url: str) -> None:
    with Connection(database_url) as connection:
        assert list(connection.fetch("SELECT 1")) == [(1,)]


def test_a_prefix_is_a_plain_name(prefix: str) -> None:
    assert re.fullmatch(r"t[0-9a-f]{8}_", prefix)


def test_a_schema_can_be_left_behind(prefix: str, backend: str, database_url: str) -> None:
    create = {"sqlite": "CREATE TABLE {}left (id INTEGER)"}.get(backend, "CREATE SCHEMA {}left")
    with Connection(database_url) as connection:
        connection.execute(create.format(prefix))

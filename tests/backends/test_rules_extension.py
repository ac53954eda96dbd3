"""Intervals on a PostgreSQL whose administrator has not installed the extension for them, nor lets users do so."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.backends.classes import table

import labwright as lw
from labwright.core.errors import RuleError
from labwright.sql.url import parse_url


@pytest.fixture
def plain(project: lw.Project, database_url: str, backend: str, prefix: str) -> Iterator[lw.Project]:
    """A project in a database without it, of a user who owns a schema there and no more."""
    if backend != "postgres":
        pytest.skip("only there intervals need an extension")
    name, url = f"{prefix}plain", replace(parse_url(database_url), database=f"{prefix}plain")
    project.connection.script([f"CREATE DATABASE {name}", f"CREATE ROLE {name} LOGIN PASSWORD 'only-a-test'"])
    try:
        with lw.Connection(url) as owner:
            owner.script([f"CREATE SCHEMA {prefix}lab AUTHORIZATION {name}"])
        with lw.Project(replace(url, user=name, password="only-a-test")) as opened:
            yield opened
    finally:
        project.connection.script([f"DROP DATABASE {name}", f"DROP ROLE {name}"])


def test_a_trigger_holds_intervals_apart(plain: lw.Project, prefix: str) -> None:
    rule = lw.NoOverlap(of=["mouse"], start="start", end="end", says="one cage at a time")
    schema = lw.Schema(f"{prefix}lab", connection=plain)
    stay: Any = table(schema, "Stay", "mouse : int32\nstart : date\n---\nend = null : date", rules=[rule])
    first, second, third = (datetime.date(2024, 1, n) for n in (1, 2, 3))
    stay.insert([(1, first, second), (1, second, None), (2, first, None)])
    assert plain.connection.fetch("SELECT extname FROM pg_extension WHERE extname = 'btree_gist'") == []
    for bad in [(1, third, None), (2, second, third), (3, third, third)]:
        with pytest.raises(RuleError, match="one cage at a time"):
            stay.insert1(bad)
    with pytest.raises(RuleError, match="one cage at a time"):
        stay.update1({"mouse": 1, "start": first, "end": third})
    stay.insert1((3, first, second))
    stay.drop(prompt=False)
    functions = "SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = %s"
    assert plain.connection.fetch(functions, (f"{prefix}lab",)) == []

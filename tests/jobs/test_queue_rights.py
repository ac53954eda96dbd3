"""What a queue takes: rights on the server, and an index that holds what can be claimed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.jobs.beds import LEASE, Bed, make_bed

import labwright as lw
from labwright.core.errors import AccessError
from labwright.jobs.queue import Queue
from labwright.sql.connection import Connection
from labwright.sql.job_ddl import column_types
from labwright.sql.jobs import EVERYTHING, jobs_of
from labwright.sql.url import parse_url

PASSWORD = "only-a-test"


@pytest.fixture
def reader(bed: Bed, database_url: str, backend: str, prefix: str) -> Iterator[tuple[Connection, lw.Project]]:
    """A project of a user who may change rows in the test's schema, and make no tables there."""
    if backend == "sqlite":
        pytest.skip("a file has no users")
    bed.Score().ready()
    admin, name, schema = bed.db.connection, f"{prefix}u", bed.schema.database_name
    if backend == "postgres":
        make = [f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'", f"GRANT USAGE ON SCHEMA {schema} TO {name}"]
        make += [f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {name}"]
        gone = [f"DROP OWNED BY {name}", f"DROP ROLE {name}"]
    else:
        make = [f"CREATE USER {name}@'%%' IDENTIFIED BY '{PASSWORD}'"]
        make += [f"GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.* TO {name}@'%%'"]
        gone = [f"DROP USER {name}@'%%'"]
    admin.script(make)
    try:
        with lw.Project(replace(parse_url(database_url), user=name, password=PASSWORD)) as project:
            yield admin, project
    finally:
        admin.script(gone)


def test_who_may_make_no_tables_is_told_what_to_ask_for(bed: Bed, reader: tuple[Connection, lw.Project]) -> None:
    admin, project = reader
    schema = bed.schema.database_name
    score: Any = lw.virtual_schema(schema, connection=project).Score
    queue = Queue(score())
    with pytest.raises(AccessError, match="~job_score is needed to share the work") as caught:
        queue.refresh()
    statements = str(caught.value).partition("or run:\n")[2]
    assert statements.startswith("CREATE TABLE")
    admin.script(s.replace("%", "%%") for s in statements.removesuffix(";").split(";\n"))
    if admin.backend == "postgres":
        admin.script(
            [f'GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}."~job_score" TO {project.connection.url.user}']
        )
    assert queue.refresh().added == 5


def test_who_may_make_no_tables_may_look(bed: Bed, reader: tuple[Connection, lw.Project]) -> None:
    _, project = reader
    score: Any = lw.virtual_schema(bed.schema.database_name, connection=project).Score
    assert (len(score.jobs), score.jobs.errors.to_dicts(), score.progress()) == (0, [], (5, 5))
    assert (score.stale(), score.provenance.to_dicts(), score.jobs.counts().remaining) == ([], [], 5)


def test_claims_go_by_the_index(schema: lw.Schema) -> None:
    bed = make_bed(schema, range(3000))
    bed.queue.refresh()
    db, table = bed.db, bed.queue.table_def
    jobs = jobs_of(db.dialect, table, column_types(db.connection, db.dialect, bed.Score().id))
    statement = jobs.reserving(("", "", "", 0, "", ""), 2, LEASE, 3, EVERYTHING)
    explain = "EXPLAIN QUERY PLAN " if db.connection.backend == "sqlite" else "EXPLAIN "
    plan = "\n".join(str(row) for row in db.connection.fetch(explain + statement.sql, statement.params))
    assert PLANS[db.connection.backend] in plan
    assert "sort" not in plan.lower()
    assert "b-tree" not in plan.lower()


PLANS = {
    "sqlite": "~job_score due",
    "postgres": 'Index Scan using "~job_score_priority_scheduled_time__id_idx"',
    "mysql": "'_due'",
}
